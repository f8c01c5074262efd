"""Bodies of objects lie sealed: under S3's own keys, under KMS's, under the customer's."""

import base64
import hashlib
import json
import os

import pytest
from botocore.exceptions import ClientError, ResponseStreamingError

BIG = os.urandom(300_000)
KEY = os.urandom(32)
OTHER = os.urandom(32)


def code(call, **members):
    with pytest.raises(ClientError) as raised:
        call(**members)
    return raised.value.response["Error"]["Code"]


@pytest.fixture(scope="module")
def s3(yagura):
    return yagura.client("s3", "us-east-1")


@pytest.fixture(scope="module")
def kms(yagura):
    return yagura.client("kms", "us-east-1")


@pytest.fixture
def bucket(s3):
    name = f"sealed-{os.urandom(6).hex()}"
    s3.create_bucket(Bucket=name)
    return name


def stored(yagura):
    """All that lies below the data folder."""
    for folder, _, names in os.walk(yagura.data):
        for name in names:
            with open(os.path.join(folder, name), "rb") as file:
                yield file.read()


@pytest.mark.parametrize("body", [b"", b"plain words that nobody may find", BIG], ids=["empty", "small", "large"])
def test_bodies_lie_sealed_and_come_back_whole_or_in_part(yagura, s3, bucket, body):
    assert s3.put_object(Bucket=bucket, Key="a", Body=body)["ServerSideEncryption"] == "AES256"
    answer = s3.get_object(Bucket=bucket, Key="a")
    assert answer["Body"].read() == body and answer["ServerSideEncryption"] == "AES256"
    assert s3.head_object(Bucket=bucket, Key="a")["ContentLength"] == len(body)
    if body:
        for start, end in ((0, 0), (1, len(body) - 2), (len(body) - 1, len(body) - 1), (len(body) // 3, len(body) // 2)):
            part = s3.get_object(Bucket=bucket, Key="a", Range=f"bytes={start}-{end}")["Body"].read()
            assert part == body[start:end + 1]
        assert not any(body[:32] in file for file in stored(yagura))


def test_a_changed_file_is_not_given_out(yagura, s3, bucket):
    s3.put_object(Bucket=bucket, Key="a", Body=BIG)
    blobs = yagura.data / "blobs"
    path = max((file for file in blobs.rglob("*") if file.is_file()), key=lambda file: file.stat().st_mtime)
    with open(path, "r+b") as file:
        file.seek(200_000)
        byte = file.read(1)
        file.seek(200_000)
        file.write(bytes([byte[0] ^ 1]))
    assert s3.get_object(Bucket=bucket, Key="a", Range="bytes=0-1000")["Body"].read() == BIG[:1001]
    with pytest.raises(ResponseStreamingError):
        s3.get_object(Bucket=bucket, Key="a")["Body"].read()


@pytest.mark.parametrize("body", [b"small", BIG], ids=["small", "large"])
def test_kms_keys_seal_as_the_caller(s3, kms, bucket, body):
    key = kms.create_key()["KeyMetadata"]
    put = s3.put_object(Bucket=bucket, Key="a", Body=body, ServerSideEncryption="aws:kms", SSEKMSKeyId=key["KeyId"], BucketKeyEnabled=True,
                        SSEKMSEncryptionContext=base64.b64encode(json.dumps({"team": "red"}).encode()).decode())
    assert put["SSEKMSKeyId"] == key["Arn"] and put["BucketKeyEnabled"]
    answer = s3.get_object(Bucket=bucket, Key="a")
    assert answer["Body"].read() == body and answer["SSEKMSKeyId"] == key["Arn"]
    kms.disable_key(KeyId=key["KeyId"])
    assert code(s3.get_object, Bucket=bucket, Key="a") == "KMS.DisabledException"
    assert code(s3.put_object, Bucket=bucket, Key="b", Body=b"", ServerSideEncryption="aws:kms", SSEKMSKeyId=key["KeyId"]) == "KMS.DisabledException"
    assert s3.head_object(Bucket=bucket, Key="a")["SSEKMSKeyId"] == key["Arn"]
    kms.enable_key(KeyId=key["KeyId"])
    assert s3.get_object(Bucket=bucket, Key="a")["Body"].read() == body


def test_s3s_own_key_of_kms_is_made_when_it_is_first_asked_for(yagura, bucket):
    s3 = yagura.client("s3", "us-east-1")
    first = s3.put_object(Bucket=bucket, Key="a", Body=b"x", ServerSideEncryption="aws:kms")["SSEKMSKeyId"]
    assert s3.put_object(Bucket=bucket, Key="b", Body=BIG, ServerSideEncryption="aws:kms")["SSEKMSKeyId"] == first
    assert s3.get_object(Bucket=bucket, Key="b")["Body"].read() == BIG
    assert code(s3.put_object, Bucket=bucket, Key="c", Body=b"", ServerSideEncryption="aws:kms", SSEKMSKeyId="no-such") == "KMS.NotFoundException"
    assert code(s3.put_object, Bucket=bucket, Key="c", Body=b"", ServerSideEncryption="aws:kms:dsse") == "NotImplemented"
    assert code(s3.put_object, Bucket=bucket, Key="c", Body=b"", ServerSideEncryption="rot13") == "InvalidArgument"
    assert code(s3.put_object, Bucket=bucket, Key="c", Body=b"", SSEKMSKeyId=first) == "InvalidArgument"


def test_the_customers_key_is_needed_and_is_kept_nowhere(yagura, s3, bucket):
    with_key = {"SSECustomerAlgorithm": "AES256", "SSECustomerKey": KEY}
    md5 = base64.b64encode(hashlib.md5(KEY).digest()).decode()
    assert s3.put_object(Bucket=bucket, Key="a", Body=BIG, **with_key)["SSECustomerKeyMD5"] == md5
    assert s3.get_object(Bucket=bucket, Key="a", **with_key)["Body"].read() == BIG
    assert code(s3.get_object, Bucket=bucket, Key="a") == "InvalidRequest"
    assert code(s3.get_object, Bucket=bucket, Key="a", SSECustomerAlgorithm="AES256", SSECustomerKey=OTHER) == "AccessDenied"
    assert code(s3.head_object, Bucket=bucket, Key="a") == "400"
    s3.put_object(Bucket=bucket, Key="b", Body=b"x")
    assert code(s3.get_object, Bucket=bucket, Key="b", **with_key) == "InvalidRequest"
    assert code(s3.put_object, Bucket=bucket, Key="a", Body=b"", ServerSideEncryption="AES256", **with_key) == "InvalidArgument"
    assert code(s3.put_object, Bucket=bucket, Key="a", Body=b"", SSECustomerAlgorithm="AES256", SSECustomerKey=b"short") == "InvalidArgument"
    found = [file for file in stored(yagura) if KEY in file or base64.b64encode(KEY) in file]
    assert not found
