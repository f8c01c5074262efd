"""Multipart uploads, tags and locks of objects."""

import base64
import datetime
import hashlib
import io
import os
import zlib

import boto3.s3.transfer
import pytest
from botocore.exceptions import ClientError

MIB = 1024 * 1024
FIRST = os.urandom(5 * MIB + 7)
LAST = os.urandom(100_001)


def refused(call, **members):
    with pytest.raises(ClientError) as raised:
        call(**members)
    return raised.value.response["Error"]


@pytest.fixture(scope="module")
def s3(yagura):
    return yagura.client("s3", "us-east-1")


@pytest.fixture
def bucket(s3):
    name = f"uploads-{os.urandom(6).hex()}"
    s3.create_bucket(Bucket=name)
    return name


@pytest.fixture
def locked(s3):
    name = f"locked-{os.urandom(6).hex()}"
    s3.create_bucket(Bucket=name, ObjectLockEnabledForBucket=True)
    return name


def uploaded(s3, upload, bodies, **more):
    """Uploads the bodies, and gives the list for completion."""
    parts = []
    for number, body in enumerate(bodies, 1):
        answer = s3.upload_part(**upload, PartNumber=number, Body=body, **more)
        parts.append({"PartNumber": number, "ETag": answer["ETag"],
                      **{name: value for name, value in answer.items() if "ChecksumAlgorithm" in more and name.startswith("Checksum")}})
    return {"Parts": parts}


def begun(s3, bucket, key="a", **more):
    answer = s3.create_multipart_upload(Bucket=bucket, Key=key, **more)
    return {"Bucket": bucket, "Key": key, "UploadId": answer["UploadId"]}


def etag(*bodies):
    digests = b"".join(hashlib.md5(body).digest() for body in bodies)
    return f'"{hashlib.md5(digests).hexdigest()}-{len(bodies)}"'


@pytest.mark.parametrize("algorithm, kind", [("CRC32", "COMPOSITE"), ("CRC32", "FULL_OBJECT"), ("SHA256", "COMPOSITE")])
def test_parts_become_an_object(s3, bucket, algorithm, kind):
    upload = begun(s3, bucket, ChecksumAlgorithm=algorithm, ChecksumType=kind, Metadata={"color": "red"}, ContentType="text/x")
    parts = uploaded(s3, upload, [FIRST, LAST], ChecksumAlgorithm=algorithm)
    listed = s3.list_parts(**upload)
    assert [part["Size"] for part in listed["Parts"]] == [len(FIRST), len(LAST)] and listed["ChecksumType"] == kind
    assert [one["UploadId"] for one in s3.list_multipart_uploads(Bucket=bucket)["Uploads"]] == [upload["UploadId"]]
    done = s3.complete_multipart_upload(**upload, MultipartUpload=parts, MpuObjectSize=len(FIRST) + len(LAST))
    assert done["ETag"] == etag(FIRST, LAST) and done["ChecksumType"] == kind
    if (algorithm, kind) == ("CRC32", "FULL_OBJECT"):
        assert base64.b64decode(done["ChecksumCRC32"]) == zlib.crc32(FIRST + LAST).to_bytes(4, "big")
    if algorithm == "SHA256":
        both = hashlib.sha256(hashlib.sha256(FIRST).digest() + hashlib.sha256(LAST).digest()).digest()
        assert done["ChecksumSHA256"] == base64.b64encode(both).decode() + "-2"
    answer = s3.get_object(Bucket=bucket, Key="a")
    assert answer["Body"].read() == FIRST + LAST and answer["Metadata"] == {"color": "red"} and answer["ContentType"] == "text/x"
    span = s3.get_object(Bucket=bucket, Key="a", Range=f"bytes={len(FIRST) - 3}-{len(FIRST) + 2}")
    assert span["Body"].read() == (FIRST + LAST)[len(FIRST) - 3:len(FIRST) + 3]
    part = s3.get_object(Bucket=bucket, Key="a", PartNumber=2, ChecksumMode="ENABLED")
    assert part["Body"].read() == LAST and part["PartsCount"] == 2
    name = f"Checksum{algorithm}"
    assert part.get(name) == (parts["Parts"][1][name] if kind == "COMPOSITE" else None)
    assert "Uploads" not in s3.list_multipart_uploads(Bucket=bucket)
    again = s3.complete_multipart_upload(**upload, MultipartUpload=parts)
    assert again["ETag"] == done["ETag"]


def test_what_is_wrong_with_a_completion_is_told(s3, bucket):
    upload = begun(s3, bucket)
    parts = uploaded(s3, upload, [b"tiny", b"last"])["Parts"]
    complete = s3.complete_multipart_upload
    assert refused(complete, **upload, MultipartUpload={"Parts": parts})["Code"] == "EntityTooSmall"
    assert refused(complete, **upload, MultipartUpload={"Parts": parts[::-1]})["Code"] == "InvalidPartOrder"
    assert refused(complete, **upload, MultipartUpload={"Parts": [{**parts[1], "ETag": "0" * 32}]})["Code"] == "InvalidPart"
    assert refused(complete, **upload, MultipartUpload={"Parts": [{"PartNumber": 7, "ETag": parts[0]["ETag"]}]})["Code"] == "InvalidPart"
    assert refused(complete, **upload, MultipartUpload={"Parts": parts[1:]}, MpuObjectSize=5)["Code"] == "InvalidRequest"
    assert refused(s3.upload_part, **upload, PartNumber=10001, Body=b"")["Code"] == "InvalidArgument"
    assert refused(s3.upload_part, **{**upload, "UploadId": "none"}, PartNumber=1, Body=b"")["Code"] == "NoSuchUpload"
    s3.put_object(Bucket=bucket, Key="a", Body=b"there")
    assert refused(complete, **upload, MultipartUpload={"Parts": parts[1:]}, IfNoneMatch="*")["Code"] == "PreconditionFailed"
    s3.abort_multipart_upload(**upload)
    assert refused(complete, **upload, MultipartUpload={"Parts": parts[1:]})["Code"] == "NoSuchUpload"
    assert refused(s3.list_parts, **upload)["Code"] == "NoSuchUpload"
    assert s3.get_object(Bucket=bucket, Key="a")["Body"].read() == b"there"


def test_parts_are_copied_from_objects(s3, bucket):
    s3.put_object(Bucket=bucket, Key="source", Body=FIRST)
    s3.put_object(Bucket=bucket, Key="small", Body=b"0123456789")
    upload = begun(s3, bucket, "b", Tagging="team=red")
    whole = s3.upload_part_copy(**upload, PartNumber=1, CopySource={"Bucket": bucket, "Key": "source"})["CopyPartResult"]
    piece = s3.upload_part_copy(**upload, PartNumber=2, CopySource={"Bucket": bucket, "Key": "small"}, CopySourceRange="bytes=2-5")
    parts = [{"PartNumber": 1, "ETag": whole["ETag"]}, {"PartNumber": 2, "ETag": piece["CopyPartResult"]["ETag"]}]
    s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts})
    assert s3.get_object(Bucket=bucket, Key="b")["Body"].read() == FIRST + b"2345"
    assert s3.get_object_tagging(Bucket=bucket, Key="b")["TagSet"] == [{"Key": "team", "Value": "red"}]
    upload = begun(s3, bucket, "c")
    copy = {"PartNumber": 1, "CopySource": {"Bucket": bucket, "Key": "small"}}
    assert refused(s3.upload_part_copy, **upload, **copy, CopySourceRange="bytes=5-20")["Code"] == "InvalidArgument"
    assert refused(s3.upload_part_copy, **upload, **copy, CopySourceIfMatch="no")["Code"] == "PreconditionFailed"


def test_uploads_are_sealed_with_the_customers_key(s3, bucket):
    key = {"SSECustomerAlgorithm": "AES256", "SSECustomerKey": os.urandom(32)}
    upload = begun(s3, bucket, **key)
    assert refused(s3.upload_part, **upload, PartNumber=1, Body=b"x")["Code"] == "InvalidRequest"
    parts = uploaded(s3, upload, [FIRST, LAST], **key)
    s3.complete_multipart_upload(**upload, MultipartUpload=parts)
    assert s3.get_object(Bucket=bucket, Key="a", **key)["Body"].read() == FIRST + LAST
    assert refused(s3.get_object, Bucket=bucket, Key="a")["Code"] == "InvalidRequest"


def test_lists_of_uploads_come_in_pages(s3, bucket):
    ids = [begun(s3, bucket, key)["UploadId"] for key in ("a", "a", "d/1", "d/2", "e")]
    found, markers = [], {}
    while True:
        page = s3.list_multipart_uploads(Bucket=bucket, MaxUploads=2, **markers)
        found += [one["UploadId"] for one in page.get("Uploads", [])]
        if not page["IsTruncated"]:
            break
        markers = {"KeyMarker": page["NextKeyMarker"], "UploadIdMarker": page["NextUploadIdMarker"]}
    assert found == ids
    folded = s3.list_multipart_uploads(Bucket=bucket, Delimiter="/")
    assert [one["Prefix"] for one in folded["CommonPrefixes"]] == ["d/"] and len(folded["Uploads"]) == 3
    assert [one["Key"] for one in s3.list_multipart_uploads(Bucket=bucket, Prefix="d/")["Uploads"]] == ["d/1", "d/2"]


def test_s3transfer_brings_large_files_in_parts(s3, bucket):
    body = os.urandom(20 * MIB + 123)
    config = boto3.s3.transfer.TransferConfig(multipart_threshold=5 * MIB, multipart_chunksize=5 * MIB, max_concurrency=4)
    s3.upload_fileobj(io.BytesIO(body), bucket, "large", Config=config)
    assert s3.head_object(Bucket=bucket, Key="large")["ETag"].endswith('-5"')
    out = io.BytesIO()
    s3.download_fileobj(bucket, "large", out, Config=config)
    assert out.getvalue() == body


def test_tags_of_an_object(s3, bucket):
    s3.put_object(Bucket=bucket, Key="a", Body=b"x", Tagging="b=2&a=1&c")
    assert s3.get_object_tagging(Bucket=bucket, Key="a")["TagSet"] == [
        {"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}, {"Key": "c", "Value": ""}]
    assert s3.head_object(Bucket=bucket, Key="a")["TagCount"] == 3
    s3.put_object_tagging(Bucket=bucket, Key="a", Tagging={"TagSet": [{"Key": "z", "Value": "9"}]})
    assert s3.get_object_tagging(Bucket=bucket, Key="a")["TagSet"] == [{"Key": "z", "Value": "9"}]
    many = [{"Key": f"k{number}", "Value": ""} for number in range(11)]
    assert refused(s3.put_object_tagging, Bucket=bucket, Key="a", Tagging={"TagSet": many})["Code"] == "BadRequest"
    s3.delete_object_tagging(Bucket=bucket, Key="a")
    assert s3.get_object_tagging(Bucket=bucket, Key="a")["TagSet"] == []
    assert refused(s3.get_object_tagging, Bucket=bucket, Key="none")["Code"] == "NoSuchKey"


def soon(**delta):
    return datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0) + datetime.timedelta(**delta)


def test_locked_versions_stay(s3, locked):
    version = s3.put_object(Bucket=locked, Key="a", Body=b"x", ObjectLockMode="GOVERNANCE", ObjectLockRetainUntilDate=soon(days=2))["VersionId"]
    one = {"Bucket": locked, "Key": "a", "VersionId": version}
    assert refused(s3.delete_object, **one)["Code"] == "AccessDenied"
    assert s3.get_object_retention(**one)["Retention"]["Mode"] == "GOVERNANCE"
    shorter = {"Mode": "GOVERNANCE", "RetainUntilDate": soon(days=1)}
    assert refused(s3.put_object_retention, **one, Retention=shorter)["Code"] == "AccessDenied"
    s3.put_object_retention(**one, Retention={"Mode": "GOVERNANCE", "RetainUntilDate": soon(days=3)})
    s3.put_object_retention(**one, Retention=shorter, BypassGovernanceRetention=True)
    s3.put_object_legal_hold(**one, LegalHold={"Status": "ON"})
    assert s3.head_object(**one)["ObjectLockLegalHoldStatus"] == "ON"
    assert refused(s3.delete_object, **one, BypassGovernanceRetention=True)["Code"] == "AccessDenied"
    failed = s3.delete_objects(Bucket=locked, Delete={"Objects": [{"Key": "a", "VersionId": version}]}, BypassGovernanceRetention=True)
    assert failed["Errors"][0]["Code"] == "AccessDenied"
    s3.put_object_legal_hold(**one, LegalHold={"Status": "OFF"})
    assert s3.get_object_legal_hold(**one)["LegalHold"]["Status"] == "OFF"
    assert s3.delete_object(Bucket=locked, Key="a")["DeleteMarker"]
    s3.delete_object(**one, BypassGovernanceRetention=True)
    assert refused(s3.get_object, **one)["Code"] == "NoSuchVersion"


def test_compliance_yields_to_nobody(s3, locked):
    version = s3.put_object(Bucket=locked, Key="a", Body=b"x")["VersionId"]
    one = {"Bucket": locked, "Key": "a", "VersionId": version}
    assert refused(s3.get_object_retention, **one)["Code"] == "NoSuchObjectLockConfiguration"
    s3.put_object_retention(**one, Retention={"Mode": "COMPLIANCE", "RetainUntilDate": soon(days=2)})
    less = {"Mode": "GOVERNANCE", "RetainUntilDate": soon(days=5)}
    assert refused(s3.put_object_retention, **one, Retention=less, BypassGovernanceRetention=True)["Code"] == "AccessDenied"
    assert refused(s3.delete_object, **one, BypassGovernanceRetention=True)["Code"] == "AccessDenied"
    s3.put_object_retention(**one, Retention={"Mode": "COMPLIANCE", "RetainUntilDate": soon(days=3)})


def test_the_buckets_lock_is_the_objects(s3, locked, bucket):
    s3.put_object_lock_configuration(Bucket=locked, ObjectLockConfiguration={
        "ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 3}}})
    s3.put_object(Bucket=locked, Key="a", Body=b"x")
    head = s3.head_object(Bucket=locked, Key="a")
    assert head["ObjectLockMode"] == "GOVERNANCE"
    assert datetime.timedelta(days=2.9) < head["ObjectLockRetainUntilDate"] - soon() < datetime.timedelta(days=3.1)
    held = {"Bucket": bucket, "Key": "a", "Body": b"", "ObjectLockLegalHoldStatus": "ON"}
    assert refused(s3.put_object, **held)["Code"] == "InvalidRequest"
    early = {"ObjectLockMode": "GOVERNANCE", "ObjectLockRetainUntilDate": soon(days=-1)}
    assert refused(s3.put_object, Bucket=locked, Key="a", Body=b"", **early)["Code"] == "InvalidArgument"
