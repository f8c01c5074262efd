"""S3 as AWS answered it: requests that the client signs and digests by hand, keys, and locks."""

import base64
import concurrent.futures
import datetime
import hashlib
from xml.etree import ElementTree

import botocore.config
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from recorded_s3_objects import DATA, LOCK, S3, SSEC, SUMS, Bucket, began, case, customer, like, soon, sums_of
from recorded_s3_signed import HTTP, told

WHEN_ASKED = botocore.config.Config(request_checksum_calculation="when_required", response_checksum_validation="when_required",
                                     signature_version="s3v4", s3={"addressing_style": "path"})


def silent(bucket):
    """Nothing is digested but what the case asks for."""
    bucket.s3 = bucket.aws.client("s3", config=WHEN_ASKED)
    return bucket


@case(SUMS + "test_s3_checksum_no_automatic_sdk_calculation")
def sums_by_hand(bucket):
    right = base64.b64encode(hashlib.sha256(DATA).digest()).decode()
    silent(bucket)
    def put(**headers):
        members = {"ChecksumSHA256": headers["x-amz-checksum-sha256"]} if "x-amz-checksum-sha256" in headers else {}
        if "x-amz-sdk-checksum-algorithm" in headers:
            members["ChecksumAlgorithm"] = headers["x-amz-sdk-checksum-algorithm"]
        url = bucket.s3.generate_presigned_url("put_object", Params={"Bucket": bucket.name, "Key": "k", **members})
        return HTTP.request("PUT", url, body=DATA, headers=headers)
    def head(**headers):
        answer = put(**headers)
        assert answer.status == 200, answer.data
        return bucket.call("head_object", "k", ChecksumMode="ENABLED")
    sha, algorithm = "x-amz-checksum-sha256", "x-amz-sdk-checksum-algorithm"
    out = {"wrong-checksum": told(put(**{sha: "bad"})), "head-obj-right-checksum": head(**{sha: right}),
           "head-obj-only-checksum-algo": head(**{algorithm: "SHA256"}),
           "head-obj-diff-checksum-algo": head(**{algorithm: "CRC32", sha: right}), "head-obj-no-checksum": head()}
    out["get-obj-attrs-no-checksum"] = sums_of(bucket, "k")
    out["copy-obj-default-checksum"] = bucket.call("copy_object", "copy", CopySource=f"{bucket.name}/k")
    return {**out, "get-copy-obj-attrs-no-checksum": sums_of(bucket, "copy")}


# ---- keys that the caller brings -------------------------------------------------------------------------------------

def key_words(bucket, **recorded_as):
    for letter, word in recorded_as.items():
        bucket.words[base64.b64encode(hashlib.md5(letter.encode() * 32).digest()).decode()] = word


@case(SSEC + "test_copy_object_with_sse_c")
def copies_under_keys(bucket):
    key, source = customer("a"), {f"CopySource{name}": value for name, value in customer("a").items()}
    key_words(bucket, a="JMwgiexXqwuPqIPjYFmIZQ==")
    where = {"CopySource": f"{bucket.name}/src"}
    put = like(bucket, bucket.put("src", b"copy", **key), ETag='"b876fdc9f53c719dd2a6130ba9715a69"', ChecksumCRC32="qIrZrA==")
    plain = bucket.call("copy_object", "plain", **where, **source)
    sealed = bucket.call("copy_object", "sealed", **where, **source, **key)
    like(bucket, plain["CopyObjectResult"], ETag='"6af8307c2460f2d208ad254f04be4b0d"')
    like(bucket, sealed["CopyObjectResult"], ETag='"5e04d65f8c04ad2392df8d14c98443a5"')
    def refused(**members):
        return bucket.refused("copy_object", "no", **where, **members)
    return {"put-obj-sse-c": put, "copy-obj-sse-c-target-no-sse-c": plain, "copy-obj-sse-c": sealed,
            "get-obj-no-sse-c-param": bucket.refused("get_object", "sealed"), "copy-obj-no-src-sse-c": refused(**key),
            "copy-obj-wrong-src-sse-c-algo": refused(**{**source, "CopySourceSSECustomerAlgorithm": "KMS"}),
            "copy-obj-wrong-target-sse-c-algo": refused(**source, **{**key, "SSECustomerAlgorithm": "KMS"}),
            "copy-obj-target-double-encryption": refused(**source, **key, ServerSideEncryption="AES256")}


# ---- keys of KMS -----------------------------------------------------------------------------------------------------

def key_of(bucket):
    return bucket.aws.client("kms").create_key()["KeyMetadata"]


def sealed_by_default(bucket, key, bucket_key):
    by = {"SSEAlgorithm": "aws:kms", **({"KMSMasterKeyID": key} if key else {})}
    return bucket.call("put_bucket_encryption", ServerSideEncryptionConfiguration={
        "Rules": [{"ApplyServerSideEncryptionByDefault": by, "BucketKeyEnabled": bucket_key}]})


@case("test_s3_api.py::TestS3BucketEncryption::test_s3_bucket_encryption_sse_kms")
def sealed_bucket(bucket):
    key = key_of(bucket)["KeyId"]
    out = {"put-bucket-enc": sealed_by_default(bucket, key, True), "get-bucket-enc": bucket.call("get_bucket_encryption")}
    out["put-object-encrypted"] = like(bucket, bucket.put("k", b"test-encrypted"), ETag='"88206b4eb968f907bf407d28fb04ceff"')
    out["head-object-encrypted"], out["get-object-encrypted"] = bucket.call("head_object", "k"), bucket.read("k")
    out["put-bucket-enc-bucket-key-disabled"] = sealed_by_default(bucket, key, False)
    out["put-object-encrypted-bucket-key-disabled"] = like(bucket, bucket.put("k", b"test-encrypted"), ETag='"7dfb290d8f2cc85b35a86adf9bceb32a"')
    return out


@case(S3 + "test_s3_sse_default_kms_key")
def usual_key(bucket):
    other = Bucket(bucket.aws)
    out = {}
    def add(name, where, etag, **asked):
        out[f"put-obj-default-kms-s3-key{name}"] = like(bucket, where.put("k", b"test-sse", **asked), ETag=etag)
        out[f"get-obj-default-kms-s3-key{name}"] = where.read("k")
    add("", bucket, '"8c4f00a5f79a9d26aaf8462d148bd5bf"', ServerSideEncryption="aws:kms")
    add("-bucket-2", other, '"59252a09a794c20170ced454936d6299"', ServerSideEncryption="aws:kms")
    out["put-bucket-encryption-default-kms-s3-key"] = sealed_by_default(bucket, None, True)
    out["get-bucket-encryption-default-kms-s3-key"] = bucket.call("get_bucket_encryption")
    add("-from-bucket", bucket, '"8a33ac88b9e72b00c035aac8388183f5"')
    return out


@case(S3 + "test_copy_object_kms")
def copy_to_key(bucket):
    key = key_of(bucket)["Arn"]
    bucket.put("k", b"hello world")
    out = {"get-object": bucket.read("k")}
    out["copy-object"] = copy = bucket.call("copy_object", "copy", CopySource=f"{bucket.name}/k", BucketKeyEnabled=True,
                                            SSEKMSKeyId=key, ServerSideEncryption="aws:kms")
    got = bucket.read("copy")
    assert got["ETag"] == copy["CopyObjectResult"]["ETag"]
    copy["CopyObjectResult"]["ETag"] = "copy-etag"
    return {**out, "get-copied-object": {**got, "ETag": "etag"}}


# ---- locks -----------------------------------------------------------------------------------------------------------

def retain(mode="GOVERNANCE", **delta):
    return {"Retention": {"Mode": mode, "RetainUntilDate": soon(**delta)}}


@case(LOCK + "test_s3_object_retention_exc", ObjectLockEnabledForBucket=True)
def wrong_retention(bucket):
    plain = Bucket(bucket.aws)
    plain.put("k")
    absent = bucket.aws.name("no-bucket")
    silent(bucket)
    bucket.put("k", b"test")
    put, far = "put_object_retention", soon(days=10)
    out = {"put-object-retention-no-bucket": bucket.aws.refused(bucket.s3.put_object_retention, Bucket=absent, Key="k", **retain(days=1)),
           "put-object-retention-no-key": bucket.refused(put, "non-existing-key", **retain(days=1)),
           "get-object-retention-never-set": bucket.refused("get_object_retention", "k"),
           "put-object-missing-retention-fields": bucket.refused(put, "k", Retention={"RetainUntilDate": far})}
    bucket.call(put, "k", Retention={"Mode": "GOVERNANCE", "RetainUntilDate": far})
    past = datetime.datetime(2020, 1, 1, tzinfo=datetime.timezone.utc)
    return {**out, "update-retention-no-bypass": bucket.refused(put, "k", **retain(days=5)),
            "update-retention-past-date": bucket.refused(put, "k", BypassGovernanceRetention=True,
                                                         Retention={"Mode": "GOVERNANCE", "RetainUntilDate": past}),
            "update-retention-bad-value": bucket.refused(put, "k", BypassGovernanceRetention=True, **retain("BAD-VALUE", days=1)),
            "put-object-retention-regular-bucket": plain.refused(put, "k", **retain(days=1)),
            "get-object-retention-regular-bucket": plain.refused("get_object_retention", "k")}


# ---- without a client's help -----------------------------------------------------------------------------------------

def fetched(bucket, path="", headers=None, region="us-east-1", method="GET"):
    """What a signed request as written is answered, as text."""
    known = bucket.aws.server.credentials
    request = AWSRequest(method, f"{bucket.aws.server.endpoint}/{bucket.name}{path}", headers=headers or {})
    S3SigV4Auth(Credentials(known["accessKeyId"], known["secretAccessKey"]), "s3", region).add_auth(request)
    return HTTP.request(method, request.url, headers=dict(request.headers.items()))


def tree(element):
    """As the recordings write XML."""
    children = {child.tag.rpartition("}")[2]: tree(child) for child in element}
    return children or element.text


def answered(answer):
    root = ElementTree.fromstring(answer.data)
    return {root.tag.rpartition("}")[2]: tree(root)}


@case(S3 + "test_get_object_attributes_with_space")
def attributes_with_space(bucket):
    put = bucket.put("k", b"test-data", ChecksumAlgorithm="SHA256")
    bucket.words[put["ETag"].strip('"')] = "70b68ae721a61941a1a62724dde5d5e4"
    bucket.words[put["ChecksumSHA256"]] = "2dhlzFTsYGePGxGQhK15rn+TV9HEUZxkV94zFLf7uoo="
    def get(names):
        answer = answered(fetched(bucket, "/k?attributes", {"x-amz-object-attributes": names}))
        return {name: {"@xmlns": "http://s3.amazonaws.com/doc/2006-03-01/", **members} for name, members in answer.items()}
    return {"get-attrs-with-whitespace": get("Checksum, ETag, ObjectSize, StorageClass"),
            "get-attrs-without-whitespace": get("Checksum,ETag,ObjectSize,StorageClass")}


@case("test_s3_list_operations.py::TestS3ListObjects::test_list_objects_with_prefix[%2F]")
def list_by_encoded_delimiter(bucket):
    bucket.put("test/foo/bar/123", b"content 123")
    bucket.words = {bucket.s3.list_buckets()["Owner"]["ID"]: "<owner-id>"}
    return {"list-objects": bucket.call("list_objects", Prefix="test/", Delimiter="%2F", MaxKeys=1, EncodingType="url"),
            "list-objects-no-encoding": answered(fetched(bucket, "?prefix=test&delimiter=%2F"))}


@case(S3 + "test_s3_put_more_than_1000_items")
def many(bucket):
    with concurrent.futures.ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda number: bucket.put(f"test-key-{number}", f"test-{number}".encode()), range(1010)))
    owner = bucket.s3.list_buckets()["Owner"]["ID"]
    out = {f"get_object-{number}": bucket.read(f"test-key-{number}") for number in (1009, 0)}
    page = bucket.call("list_objects", Delimiter="/")
    assert len(page["Contents"]) == 1000
    out["list-objects"] = {**page, "Contents": "<content>"}
    out["list-objects-next_marker"] = bucket.call("list_objects", Marker=page["NextMarker"])
    for objects in (page["Contents"], out["list-objects-next_marker"]["Contents"]):
        bucket.call("delete_objects", Delete={"Objects": [{"Key": one["Key"]} for one in objects]})
    bucket.words = {owner: "<owner-id>"}
    return out


@case(S3 + "test_s3_multipart_upload_acls")
def grants_of_uploads(bucket):
    bucket.call("delete_bucket_ownership_controls")
    bucket.call("delete_public_access_block")
    bucket.call("put_bucket_acl", ACL="public-read")
    out = {"bucket-acl": bucket.call("get_bucket_acl")}
    for number, members in enumerate(({}, {"ACL": "private"}, {"ACL": "public-read-write"})):
        _, upload = began(bucket, f"key{number}", **members)
        part = bucket.call("upload_part", f"key{number}", **upload, Body=b"x", PartNumber=1)
        bucket.call("complete_multipart_upload", f"key{number}", **upload, MultipartUpload={"Parts": [{"ETag": part["ETag"], "PartNumber": 1}]})
        out[f"permission-acl-key{number}"] = bucket.call("get_object_acl", f"key{number}")
    return out


@case(S3 + "test_set_external_hostname")
def location(bucket):
    _, upload = began(bucket, "test.file")
    part = bucket.call("upload_part", "test.file", **upload, Body=b"test content 123", PartNumber=1)
    done = bucket.call("complete_multipart_upload", "test.file", **upload, MultipartUpload={"Parts": [{"ETag": part["ETag"], "PartNumber": 1}]})
    assert HTTP.request("HEAD", done["Location"]).status == 403  # it is there, for those who may read it
    return {"multipart-upload": done, "get-object": done}


# ---- metadata in encoded words ---------------------------------------------------------------------------------------

def with_metadata(bucket, **metadata):
    """As boto3 sends what is ASCII."""
    put = bucket.put("k", b"", Metadata={name.replace("_", "-"): value for name, value in metadata.items()})
    return {"put-object": put, "get-object": bucket.read("k")}


@case(S3 + "test_user_metadata_rfc2047_encoded")
def encoded_metadata(bucket):
    name, letters = "=?UTF-8?Q?test=5F=E2=80=94=5Ffile%E2%80%94=5F=C3=A9=5F2=3F.pdf?=", base64.b64encode("ÄMÄZÕÑ S3".encode()).decode()
    return with_metadata(bucket, asciib64_encoded="=?UTF-8?B?YWJj?=", fake_encoded="=?UTF-8?Q?actually-ascii?=", non_ascii=name,
                         non_ascii_2=f"=?UTF-8?B?{letters}?=", non_ascii_binary="=?UTF-8?B?AAECAw==?=",
                         replacement_chars="=?UTF-8?B?gYKDhIWGhw==?=", safe_chars="!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~")
