"""Objects of S3 as boto3 sees them: bodies of all sizes, versions, lists, conditions, copies, checksums, hostile names."""

import base64
import hashlib
import os
import urllib.error
import urllib.request
import uuid
import zlib

import pytest
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.exceptions import ClientError
from botocore.httpsession import URLLib3Session

REGION = "us-east-1"


@pytest.fixture(scope="module")
def s3(yagura):
    return yagura.client("s3", REGION)


@pytest.fixture
def bucket(s3):
    name = f"objects-{uuid.uuid4().hex[:12]}"
    s3.create_bucket(Bucket=name)
    yield name
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=name):
        for one in page.get("Versions", []) + page.get("DeleteMarkers", []):
            s3.delete_object(Bucket=name, Key=one["Key"], VersionId=one["VersionId"])
    s3.delete_bucket(Bucket=name)


def refusal(call, **arguments):
    with pytest.raises(ClientError) as raised:
        call(**arguments)
    return raised.value.response


def code(call, **arguments):
    return refusal(call, **arguments)["Error"]["Code"]


# --- buckets

def test_a_bucket_is_made_found_and_removed(s3):
    name = f"made-{uuid.uuid4().hex[:12]}"
    assert s3.create_bucket(Bucket=name)["Location"] == f"/{name}"
    assert s3.create_bucket(Bucket=name)["ResponseMetadata"]["HTTPStatusCode"] == 200  # again: no error in us-east-1
    assert name in [one["Name"] for one in s3.list_buckets()["Buckets"]]
    assert [one["Name"] for one in s3.list_buckets(Prefix=name)["Buckets"]] == [name]
    assert s3.head_bucket(Bucket=name)["BucketRegion"] == REGION
    assert s3.get_bucket_location(Bucket=name).get("LocationConstraint") is None
    s3.put_object(Bucket=name, Key="k", Body=b"")
    assert code(s3.delete_bucket, Bucket=name) == "BucketNotEmpty"
    s3.delete_object(Bucket=name, Key="k")
    s3.delete_bucket(Bucket=name)
    assert code(s3.head_bucket, Bucket=name) == "404"
    assert code(s3.list_objects_v2, Bucket=name) == "NoSuchBucket"


@pytest.mark.parametrize("name", ["ab", "Upper", "under_score", "-dash", "dot.", "a..b", "192.168.5.4", "xn--b", "b-s3alias", "a" * 64])
def test_names_that_no_bucket_may_have(yagura, name):
    client = yagura.client("s3", REGION, config=Config(s3={"addressing_style": "path"}))
    assert code(client.create_bucket, Bucket=name) == "InvalidBucketName"


def test_a_bucket_belongs_to_one_region(yagura, s3):
    europe, name = yagura.client("s3", "eu-west-1"), f"europe-{uuid.uuid4().hex[:12]}"
    assert code(europe.create_bucket, Bucket=name) == "IllegalLocationConstraintException"
    assert code(europe.create_bucket, Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"}) == \
        "IllegalLocationConstraintException"
    europe.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    assert code(europe.create_bucket, Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}) == \
        "BucketAlreadyOwnedByYou"
    assert s3.get_bucket_location(Bucket=name)["LocationConstraint"] == "eu-west-1"
    assert s3.list_objects_v2(Bucket=name)["KeyCount"] == 0  # boto3 is redirected, and follows
    europe.delete_bucket(Bucket=name)


# --- bodies

@pytest.mark.parametrize("size", [0, 1, 16384, 16385, 262145, 9_000_000])
def test_a_body_comes_back_whole_and_in_pieces(s3, bucket, size):
    body = os.urandom(size)
    put = s3.put_object(Bucket=bucket, Key="b", Body=body)
    assert put["ETag"] == f'"{hashlib.md5(body).hexdigest()}"'
    got = s3.get_object(Bucket=bucket, Key="b")
    assert got["Body"].read() == body and got["ContentLength"] == size and got["AcceptRanges"] == "bytes"
    assert s3.head_object(Bucket=bucket, Key="b")["ContentLength"] == size
    for wanted, piece in (("bytes=0-0", body[:1]), (f"bytes={size // 2}-", body[size // 2:]), ("bytes=-7", body[-7:])):
        if piece:
            part = s3.get_object(Bucket=bucket, Key="b", Range=wanted)
            assert part["Body"].read() == piece and part["ResponseMetadata"]["HTTPStatusCode"] == 206
            assert part["ContentRange"].endswith(f"/{size}")
    beyond = refusal(s3.get_object, Bucket=bucket, Key="b", Range=f"bytes={size}-")
    assert beyond["Error"]["Code"] == "InvalidRange" and beyond["Error"]["ActualObjectSize"] == str(size)


def test_what_an_object_bears_comes_back(s3, bucket):
    s3.put_object(Bucket=bucket, Key="h", Body=b"x", ContentType="text/plain", CacheControl="no-store", ContentLanguage="ja",
                  ContentDisposition="inline", ContentEncoding="identity", Metadata={"Colour": "blue"}, StorageClass="STANDARD_IA")
    got = s3.get_object(Bucket=bucket, Key="h")
    assert (got["ContentType"], got["CacheControl"], got["ContentLanguage"], got["Metadata"], got["StorageClass"]) == \
        ("text/plain", "no-store", "ja", {"colour": "blue"}, "STANDARD_IA")
    changed = s3.get_object(Bucket=bucket, Key="h", ResponseContentType="a/b", ResponseCacheControl="public")
    assert (changed["ContentType"], changed["CacheControl"]) == ("a/b", "public")
    assert code(s3.put_object, Bucket=bucket, Key="h", Body=b"", Metadata={"a": "x" * 2048}) == "MetadataTooLarge"


@pytest.mark.parametrize("algorithm, size", [("CRC32", 100), ("CRC32", 300000), ("SHA1", 100), ("SHA256", 20000)])
def test_checksums_are_kept_and_shown(s3, bucket, algorithm, size):
    body = os.urandom(size)
    put = s3.put_object(Bucket=bucket, Key="c", Body=body, ChecksumAlgorithm=algorithm)
    got = s3.get_object(Bucket=bucket, Key="c", ChecksumMode="ENABLED")
    assert got["Body"].read() == body
    assert got[f"Checksum{algorithm}"] == put[f"Checksum{algorithm}"] and got["ChecksumType"] == "FULL_OBJECT"
    shown = s3.get_object_attributes(Bucket=bucket, Key="c", ObjectAttributes=["Checksum", "ETag", "ObjectSize", "StorageClass"])
    assert shown["Checksum"][f"Checksum{algorithm}"] == put[f"Checksum{algorithm}"] and shown["ObjectSize"] == size


def test_without_a_checksum_there_is_one_all_the_same(yagura, s3, bucket):
    silent = yagura.client("s3", REGION, config=Config(request_checksum_calculation="when_required", signature_version="s3v4"))
    silent.put_object(Bucket=bucket, Key="c", Body=b"123456789")
    shown = s3.head_object(Bucket=bucket, Key="c", ChecksumMode="ENABLED")
    assert base64.b64decode(shown["ChecksumCRC64NVME"]).hex() == "ae8b14860a799888"  # the algorithm's own check value
    named = silent.generate_presigned_url("put_object", Params={"Bucket": bucket, "Key": "n", "ChecksumAlgorithm": "SHA256"})
    headers = {"x-amz-sdk-checksum-algorithm": "SHA256"}
    with urllib.request.urlopen(urllib.request.Request(named, b"123456789", headers, method="PUT")) as answer:
        assert answer.status == 200
    shown = s3.head_object(Bucket=bucket, Key="n", ChecksumMode="ENABLED")
    assert "ChecksumCRC64NVME" in shown and "ChecksumSHA256" not in shown  # the name alone asks for nothing


@pytest.mark.parametrize("size", [10, 20000, 400000])
def test_a_wrong_checksum_leaves_nothing(s3, bucket, size):
    body = os.urandom(size)
    wrong = base64.b64encode(b"\0" * 4).decode()
    assert code(s3.put_object, Bucket=bucket, Key="w", Body=body, ChecksumCRC32=wrong) == "BadDigest"
    assert code(s3.put_object, Bucket=bucket, Key="w", Body=body, ContentMD5=base64.b64encode(b"\0" * 16).decode()) == "BadDigest"
    assert code(s3.put_object, Bucket=bucket, Key="w", Body=body, ContentMD5="short") == "InvalidDigest"
    assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 0


def chunks(body, size, trailer):
    pieces = [body[at:at + size] for at in range(0, len(body), size)]
    return b"".join(b"%x\r\n%b\r\n" % (len(one), one) for one in pieces) + b"0\r\n" + trailer + b"\r\n"


@pytest.mark.parametrize("size", [5000, 700000])
def test_a_trailer_carries_the_checksum(yagura, s3, bucket, size):
    """As SDKs send over TLS: chunks without signatures, the checksum behind them."""
    body = os.urandom(size)
    kind = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
    signer = S3SigV4Auth(Credentials(yagura.credentials["accessKeyId"], yagura.credentials["secretAccessKey"]), "s3", REGION)
    signer.payload = lambda _: kind
    for key, wrong, status in (("t", 0, 200), ("u", 1, 400)):
        trailer = b"x-amz-checksum-crc32:" + base64.b64encode((zlib.crc32(body) ^ wrong).to_bytes(4, "big")) + b"\r\n"
        request = AWSRequest("PUT", f"{yagura.endpoint}/{bucket}/{key}", data=chunks(body, 65536, trailer), headers={
            "content-encoding": "aws-chunked", "x-amz-trailer": "x-amz-checksum-crc32", "x-amz-content-sha256": kind,
            "x-amz-decoded-content-length": str(size)})
        signer.add_auth(request)
        answer = URLLib3Session().send(request.prepare())
        assert answer.status_code == status, answer.text
    got = s3.get_object(Bucket=bucket, Key="t", ChecksumMode="ENABLED")
    assert got["Body"].read() == body and "ContentEncoding" not in got
    assert base64.b64decode(got["ChecksumCRC32"]) == zlib.crc32(body).to_bytes(4, "big")
    assert code(s3.head_object, Bucket=bucket, Key="u") == "404"


# --- versions

def test_versions_come_and_go(s3, bucket):
    s3.put_object(Bucket=bucket, Key="v", Body=b"before")
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"
    first, second = (s3.put_object(Bucket=bucket, Key="v", Body=body)["VersionId"] for body in (b"one", b"two" * 10000))
    gone = s3.delete_object(Bucket=bucket, Key="v")
    assert gone["DeleteMarker"]
    missing = refusal(s3.get_object, Bucket=bucket, Key="v")
    assert missing["Error"]["Code"] == "NoSuchKey" and missing["ResponseMetadata"]["HTTPHeaders"]["x-amz-delete-marker"] == "true"
    assert code(s3.get_object, Bucket=bucket, Key="v", VersionId=gone["VersionId"]) == "MethodNotAllowed"
    assert s3.get_object(Bucket=bucket, Key="v", VersionId=first)["Body"].read() == b"one"
    assert s3.get_object(Bucket=bucket, Key="v", VersionId="null")["Body"].read() == b"before"
    assert code(s3.get_object, Bucket=bucket, Key="v", VersionId="x" * 32) == "InvalidArgument"  # nobody was ever given it
    assert code(s3.get_object, Bucket=bucket, Key="v", VersionId="no id") == "InvalidArgument"
    pages = list(s3.get_paginator("list_object_versions").paginate(Bucket=bucket, PaginationConfig={"PageSize": 1}))
    seen = [one["VersionId"] for page in pages for one in page.get("Versions", []) + page.get("DeleteMarkers", [])]
    assert seen == [gone["VersionId"], second, first, "null"]
    s3.delete_object(Bucket=bucket, Key="v", VersionId=gone["VersionId"])
    assert s3.get_object(Bucket=bucket, Key="v")["VersionId"] == second
    assert code(s3.get_object, Bucket=bucket, Key="v", VersionId=gone["VersionId"]) == "NoSuchVersion"
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Suspended"})
    assert "VersionId" not in s3.put_object(Bucket=bucket, Key="v", Body=b"null again")  # as AWS answered it
    assert s3.get_object(Bucket=bucket, Key="v", VersionId="null")["Body"].read() == b"null again"


# --- lists

def test_lists_page_in_the_order_of_bytes(s3, bucket):
    names = ["a", "a b", "a/1", "a/2", "a/deep/3", "b", "é/1", "é/2", "日本", "\U0001f600", "z"]
    for name in names:
        s3.put_object(Bucket=bucket, Key=name, Body=b"")
    ordered = sorted(names, key=lambda name: name.encode())
    for size in (1, 3, 1000):
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, PaginationConfig={"PageSize": size})
        assert [one["Key"] for page in pages for one in page["Contents"]] == ordered
        pages = s3.get_paginator("list_objects").paginate(Bucket=bucket, PaginationConfig={"PageSize": size})
        assert [one["Key"] for page in pages for one in page["Contents"]] == ordered
    for size in (1, 2, 1000):
        pages = list(s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Delimiter="/", PaginationConfig={"PageSize": size}))
        assert [one["Prefix"] for page in pages for one in page.get("CommonPrefixes", [])] == ["a/", "é/"]
        assert [one["Key"] for page in pages for one in page.get("Contents", [])] == [one for one in ordered if "/" not in one]
    below = s3.list_objects_v2(Bucket=bucket, Prefix="a/", Delimiter="/", StartAfter="a/1", FetchOwner=True)
    assert [one["Key"] for one in below["Contents"]] == ["a/2"] and below["CommonPrefixes"] == [{"Prefix": "a/deep/"}]
    assert len(below["Contents"][0]["Owner"]["ID"]) == 64
    assert s3.list_objects_v2(Bucket=bucket, MaxKeys=0)["KeyCount"] == 0
    assert code(s3.list_objects_v2, Bucket=bucket, ContinuationToken="?") == "InvalidArgument"
    versions = s3.list_object_versions(Bucket=bucket, Delimiter="/", Prefix="é")
    assert versions["CommonPrefixes"] == [{"Prefix": "é/"}]


def test_many_go_at_once(s3, bucket):
    for name in "abc":
        s3.put_object(Bucket=bucket, Key=name, Body=b"")
    gone = s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "a"}, {"Key": "b"}, {"Key": "never there"},
                                                               {"Key": "c", "ETag": '"other"'}]})
    assert [one["Key"] for one in gone["Deleted"]] == ["a", "b", "never there"]
    assert [(one["Key"], one["Code"]) for one in gone["Errors"]] == [("c", "PreconditionFailed")]
    assert "Deleted" not in s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "c"}], "Quiet": True})
    assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 0


# --- conditions

def test_conditions_of_reads_and_writes(s3, bucket):
    tag = s3.put_object(Bucket=bucket, Key="c", Body=b"1", IfNoneMatch="*")["ETag"]
    made = s3.head_object(Bucket=bucket, Key="c")["LastModified"]
    assert code(s3.put_object, Bucket=bucket, Key="c", Body=b"2", IfNoneMatch="*") == "PreconditionFailed"
    assert code(s3.put_object, Bucket=bucket, Key="c", Body=b"2", IfMatch='"other"') == "PreconditionFailed"
    assert code(s3.put_object, Bucket=bucket, Key="d", Body=b"2", IfMatch=tag) == "NoSuchKey"
    assert code(s3.delete_object, Bucket=bucket, Key="c", IfMatch='"other"') == "PreconditionFailed"
    assert code(s3.get_object, Bucket=bucket, Key="c", IfMatch='"other"') == "PreconditionFailed"
    assert code(s3.get_object, Bucket=bucket, Key="c", IfNoneMatch=tag) == "304"
    assert code(s3.get_object, Bucket=bucket, Key="c", IfModifiedSince=made) == "304"
    assert s3.get_object(Bucket=bucket, Key="c", IfMatch=tag, IfUnmodifiedSince="2001-01-01")["Body"].read() == b"1"
    assert code(s3.get_object, Bucket=bucket, Key="c", IfUnmodifiedSince="2001-01-01") == "PreconditionFailed"
    s3.put_object(Bucket=bucket, Key="c", Body=b"2", IfMatch=tag)


# --- copies

def test_copies(s3, bucket):
    body = os.urandom(100_000)
    s3.put_object(Bucket=bucket, Key="from é?", Body=body, Metadata={"a": "1"}, ContentType="x/y")
    source = {"Bucket": bucket, "Key": "from é?"}
    s3.copy_object(Bucket=bucket, Key="to", CopySource=source)
    got = s3.get_object(Bucket=bucket, Key="to")
    assert (got["Body"].read(), got["Metadata"], got["ContentType"]) == (body, {"a": "1"}, "x/y")
    s3.copy_object(Bucket=bucket, Key="to", CopySource=source, MetadataDirective="REPLACE", Metadata={"b": "2"},
                   ChecksumAlgorithm="SHA256")
    s3.delete_object(Bucket=bucket, Key="from é?")
    got = s3.get_object(Bucket=bucket, Key="to", ChecksumMode="ENABLED")
    assert (got["Body"].read(), got["Metadata"]) == (body, {"b": "2"})
    assert base64.b64decode(got["ChecksumSHA256"]) == hashlib.sha256(body).digest()
    itself = {"Bucket": bucket, "Key": "to"}
    assert code(s3.copy_object, Bucket=bucket, Key="to", CopySource=itself) == "InvalidRequest"
    assert code(s3.copy_object, Bucket=bucket, Key="x", CopySource=itself, CopySourceIfNoneMatch="*") == "PreconditionFailed"
    assert code(s3.copy_object, Bucket=bucket, Key="x", CopySource=source) == "NoSuchKey"


# --- names

@pytest.mark.parametrize("key", ["../../etc/passwd", "/", "//", ".", "..", "a//b", "a/./b", "con\x01trol\x1f", "tab\tnl\n", "ü" * 512,
                                 "%2e%2e%2f", "a?b=c&d#e", "\\..\\", "‮rtl", "﷽", "quote\"'<>&"])
def test_no_key_becomes_a_file_name(yagura, s3, bucket, key):
    body = os.urandom(20_000)
    s3.put_object(Bucket=bucket, Key=key, Body=body)
    assert s3.get_object(Bucket=bucket, Key=key)["Body"].read() == body
    names = [one["Key"] for one in s3.list_objects_v2(Bucket=bucket)["Contents"]]
    assert names == [key]
    for path in (yagura.data / "blobs").rglob("*"):
        assert path.is_dir() or (len(path.name) == 32 and set(path.name) <= set("0123456789abcdef"))


def test_keys_that_no_object_can_have(s3, bucket):
    assert code(s3.put_object, Bucket=bucket, Key="x" * 1025, Body=b"") == "KeyTooLongError"


# --- links

def test_presigned_links(yagura, s3, bucket):
    client = yagura.client("s3", REGION, config=Config(signature_version="s3v4"))
    put = client.generate_presigned_url("put_object", Params={"Bucket": bucket, "Key": "p"})
    urllib.request.urlopen(urllib.request.Request(put, data=b"linked", method="PUT")).read()
    get = client.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "p"})
    assert urllib.request.urlopen(get).read() == b"linked"
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(get.split("?")[0])
    assert refused.value.code == 403


# --- another S3

def test_bytes_may_lie_in_a_bucket_of_another_s3(yagura, s3, bucket, servers, monkeypatch):
    """A second server keeps its objects in this one's bucket; a start finds them again."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", yagura.credentials["accessKeyId"])
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", yagura.credentials["secretAccessKey"])
    place = f"s3://{bucket}/inner?region={REGION}&endpoint={yagura.endpoint}"
    inner = servers("--blobs", place)
    client, body = inner.client("s3", REGION), os.urandom(300_000)
    client.create_bucket(Bucket="inner-objects")
    client.put_object(Bucket="inner-objects", Key="large", Body=body)
    client.put_object(Bucket="inner-objects", Key="small", Body=b"in the row")
    assert len(s3.list_objects_v2(Bucket=bucket, Prefix="inner/")["Contents"]) == 1
    assert not [path for path in (inner.data / "blobs").rglob("*") if path.is_file()]
    client.copy_object(Bucket="inner-objects", Key="copy", CopySource="inner-objects/large", ChecksumAlgorithm="SHA256")
    inner.stop()
    client = inner.start().client("s3", REGION)
    assert client.get_object(Bucket="inner-objects", Key="large")["Body"].read() == body
    assert client.get_object(Bucket="inner-objects", Key="copy", Range="bytes=1000-1999")["Body"].read() == body[1000:2000]
    assert client.get_object(Bucket="inner-objects", Key="small")["Body"].read() == b"in the row"
