"""S3 as AWS answered it: objects."""

import base64
import datetime
import functools
import hashlib

import botocore.config

import recorded

S3 = "test_s3.py::TestS3::"
SUMS = "test_s3.py::TestS3PutObjectChecksum::"
PARTS = "test_s3.py::TestS3MultipartUploadChecksum::"
LOCK = "test_s3.py::TestS3ObjectLockRetention::"
HOLD = "test_s3.py::TestS3ObjectLockLegalHold::"
SSEC = "test_s3.py::TestS3SSECEncryption::"
RULES = "test_s3.py::TestS3BucketLifecycle::"
CRUD = "test_s3_api.py::TestS3ObjectCRUD::"
IF = "test_s3_api.py::TestS3ObjectWritePrecondition::"
COPY_IF = "test_s3_api.py::TestS3Multipart::test_upload_part_copy_with_copy_source_"
ABSENT_VERSION = "HPniJFCxqTsMuIH9KX8K8wEjNUgmABCD"
MIB = 1024 * 1024
JSON = b'{"key": "value"}'


class Bucket:
    """A bucket of a case's own, and what these recordings write for its names."""

    def __init__(self, aws, **more):
        self.aws, self.s3, self.name, self.words = aws, aws.client("s3"), aws.name("bucket"), {}
        self.s3.create_bucket(Bucket=self.name, **more)
        aws.later(self.empty)

    def empty(self):
        for upload in self.s3.list_multipart_uploads(Bucket=self.name).get("Uploads", []):
            self.s3.abort_multipart_upload(Bucket=self.name, Key=upload["Key"], UploadId=upload["UploadId"])
        listed = self.s3.list_object_versions(Bucket=self.name)
        for one in [*listed.get("Versions", []), *listed.get("DeleteMarkers", [])]:
            self.s3.delete_object(Bucket=self.name, Key=one["Key"], VersionId=one["VersionId"], BypassGovernanceRetention=True)
        self.s3.delete_bucket(Bucket=self.name)

    def versioned(self, status="Enabled"):
        self.s3.put_bucket_versioning(Bucket=self.name, VersioningConfiguration={"Status": status})
        return self

    def call(self, operation, *key, **members):
        return getattr(self.s3, operation)(Bucket=self.name, **({"Key": key[0]} if key else {}), **members)

    def refused(self, operation, *key, **members):
        return self.aws.refused(self.call, operation, *key, **members)

    def put(self, key="test-key", body=b"test", **members):
        return self.call("put_object", key, Body=body, **members)

    def get(self, key="test-key", **members):
        return self.call("get_object", key, **members)

    def read(self, key="test-key", **members):
        """Its body read at once, so that it may change or go afterwards."""
        answer = self.get(key, **members)
        return {**answer, "Body": answer["Body"].read()}


def shown(value, words):
    """Times, and the names that these recordings write by one word."""
    if isinstance(value, dict):
        return {key: shown(member, words) for key, member in value.items()}
    if isinstance(value, (list, tuple)):
        return [shown(member, words) for member in value]
    if isinstance(value, datetime.datetime):
        return "datetime"
    return words.get(value, value) if isinstance(value, str) else value


def named(aws, bucket):
    owner = bucket.s3.list_buckets()["Owner"]["ID"]
    who = aws.client("sts").get_caller_identity()["Arn"]
    return {bucket.name: "bucket", owner: "i-d", who: "i-d", who.rsplit("/", 1)[-1]: "display-name"}


def case(name, *arguments, words=False, **bucket):
    """The case's function gets a bucket; words: the recording writes names as words, not as <placeholders>."""
    def register(function):
        @functools.wraps(function)
        def run(aws, *more):
            made = Bucket(aws, **bucket)
            out = function(made, *more)
            return shown(out, {**(named(aws, made) if words else {}), **made.words})
        recorded.case(name, *arguments)(run)
        return function
    return register


def owners(bucket, word):
    """For recordings that write owners by a word and other names as <placeholders>."""
    bucket.words = {name: word if meaning == "i-d" else meaning
                    for name, meaning in named(bucket.aws, bucket).items() if name != bucket.name}


def like(bucket, answer, **recorded_as):
    """Digests of bytes that the recording doesn't tell, and ETags that are none."""
    bucket.words |= {answer[name]: value for name, value in recorded_as.items()}
    return answer


LOCKED = {"ETag": '"f4b85168936b954f2d82998d6d3775c5"', "ChecksumCRC32": "l5fLBg=="}


def began(bucket, key, **more):
    upload = bucket.call("create_multipart_upload", key, **more)
    return upload, {"UploadId": upload["UploadId"]}


# ---- objects ---------------------------------------------------------------------------------------------------------

@case(S3 + "test_put_and_get_object_with_utf8_key", "Ā0Ä", b"abc123")
@case(S3 + "test_put_and_get_object_with_hash_prefix", "#key-with-hash-prefix", b"test 123")
def any_key(bucket, key, body):
    return {"put-object": bucket.put(key, body), "get-object": {**bucket.read(key), "Body": ""}}


@case(S3 + "test_get_object_no_such_bucket")
def no_bucket(bucket):
    return {"expected_error": bucket.aws.refused(bucket.s3.get_object, Bucket=bucket.aws.name("does-not-exist"), Key="foobar")}


@case(S3 + "test_delete_bucket_no_such_bucket")
def delete_no_bucket(bucket):
    return {"expected_error": bucket.aws.refused(bucket.s3.delete_bucket, Bucket="does-not-exist-localstack-test")}


@case(S3 + "test_get_object_after_deleted_in_versioned_bucket")
def deleted_in_versioned(bucket):
    bucket.versioned().put("my-key", b"abcdefgh")
    out = {"get-object": bucket.read("my-key")}
    bucket.call("delete_object", "my-key")
    return {**out, "get-object-after-delete": bucket.refused("get_object", "my-key")}


@case(CRUD + "test_delete_object")
def delete_object(bucket):
    return {"put-object": bucket.put("test-delete", b"test-delete"), "delete-object": bucket.call("delete_object", "test-delete"),
            "delete-nonexistent-object": bucket.call("delete_object", "test-delete"),
            "delete-nonexistent-object-versionid": bucket.refused("delete_object", "test-delete", VersionId=ABSENT_VERSION)}


@case(CRUD + "test_get_object_with_version_unversioned_bucket")
def version_of_unversioned(bucket):
    return {"put-object": bucket.put("test-version", b"test-version"),
            "get-obj-with-version": bucket.refused("get_object", "test-version", VersionId=ABSENT_VERSION),
            "get-obj-with-null-version": bucket.get("test-version", VersionId="null")}


@case("test_s3_api.py::TestS3BucketCRUD::test_delete_bucket_with_objects")
def delete_with_objects(bucket):
    bucket.put("test-delete", b"test-delete")
    return {"delete-with-obj": bucket.refused("delete_bucket"), "delete-obj": bucket.call("delete_object", "test-delete"),
            "delete-bucket": bucket.call("delete_bucket")}


@case(CRUD + "test_delete_object_versioned")
def delete_versioned(bucket):
    key = "test-delete"
    out = {"put-object": bucket.versioned().put(key, b"test-delete")}
    version = out["put-object"]["VersionId"]
    out["delete-object"] = marker = bucket.call("delete_object", key)
    out["get-deleted-object"] = bucket.refused("get_object", key)
    out["get-object-with-version"] = bucket.read(key, VersionId=version)
    out["get-delete-marker"] = bucket.refused("get_object", key, VersionId=marker["VersionId"])
    out["delete-object-2"] = bucket.call("delete_object", key)
    out["list-object-versions"] = bucket.call("list_object_versions", Prefix=key)
    out["delete-delete-marker"] = bucket.call("delete_object", key, VersionId=marker["VersionId"])
    out["delete-object-version"] = bucket.call("delete_object", key, VersionId=version)
    out["get-deleted-object-with-version"] = bucket.refused("get_object", key, VersionId=version)
    out["delete-with-bad-version"] = bucket.refused("delete_object", key, VersionId=version[:-4] + "ABCD")
    out["delete-wrong-key"] = bucket.call("delete_object", "wrong-key")
    return out


@case(CRUD + "test_get_object_range")
def ranges(bucket):
    bucket.put("test-key", b"0123456789")
    ask = {"get-0-8": "0-8", "get-1-1": "1-1", "get-1-0": "1-0", "get-1-": "1-", "get--1-": "-1-", "get--2": "-2", "get--9": "-9",
           "get--15": "-15", "get-0-100": "0-100", "get-0-0": "0-0", "get-0--1": "0--1", "get-multiple-ranges": "0-4,6-9"}
    out = {name: bucket.read(Range=f"bytes={span}") for name, span in ask.items()}
    out["get-wrong-format"], out["get--"] = bucket.read(Range="0-8"), bucket.read(Range="bytes=-")
    for name, span in (("get--0", "-0"), ("get-100-200", "100-200")):
        out[name] = bucket.refused("get_object", "test-key", Range=f"bytes={span}")
    out["get-0-8-checksum"] = bucket.read(Range="bytes=0-8", ChecksumMode="ENABLED")
    out["put-after-failed"] = like(bucket, bucket.put(), ETag='"be497c2168e374f414a351c49379c01a"', ChecksumCRC32="/Im61Q==")
    return out


@case("test_s3_api.py::TestS3BucketVersioning::test_object_version_id_format")
def version_format(bucket):
    return {"put-object": bucket.versioned().put("test-version-id-format", b"")}


@case("test_s3_api.py::TestS3DeletePrecondition::test_delete_object_if_match_modified_non_express")
def delete_if_modified(bucket):
    bucket.put("test-precondition", b"")
    at = bucket.call("head_object", "test-precondition")["LastModified"]
    return {"delete-obj-if-match-last-modified": bucket.refused("delete_object", "test-precondition", IfMatchLastModifiedTime=at)}


@case(S3 + "test_delete_non_existing_keys_in_non_existing_bucket")
def delete_keys_no_bucket(bucket):
    return {"error-non-existent-bucket": bucket.aws.refused(
        bucket.s3.delete_objects, Bucket=bucket.aws.name("non-existent-bucket"), Delete={"Objects": [{"Key": "dummy1"}, {"Key": "dummy2"}]})}


@case(S3 + "test_delete_non_existing_keys_quiet")
def delete_quietly(bucket):
    return {"deleted-resp": bucket.call("delete_objects", Delete={"Objects": [{"Key": "dummy1"}, {"Key": "dummy2"}], "Quiet": True})}


@case(S3 + "test_precondition_failed_error")
def if_match(bucket):
    bucket.put("foo", b'{"foo": "bar"}')
    return {"get-object-if-match": bucket.refused("get_object", "foo", IfMatch='"not good etag"')}


@case(S3 + "test_head_object_fields")
def head_fields(bucket):
    bucket.put("my-key", b"abcdefgh")
    return {"head-object": bucket.call("head_object", "my-key"), "head-object-404": bucket.refused("head_object", "my-key-2")}


# ---- checksums -------------------------------------------------------------------------------------------------------

for _algorithm in ("CRC32", "CRC32C", "SHA1", "SHA256", "CRC64NVME"):
    @case(PARTS + f"test_multipart_checksum_type_default_for_checksum[{_algorithm}]", _algorithm, words=True)
    def default_type(bucket, algorithm):
        return {"create-mpu-default-checksum-type": bucket.call(
            "create_multipart_upload", "test-multipart-checksum-default", ChecksumAlgorithm=algorithm)}

    @case(PARTS + f"test_multipart_upload_part_checksum_exception[{_algorithm}]", _algorithm)
    def part_sum_wrong(bucket, algorithm):
        _, upload = began(bucket, "test-multipart-checksum-exc", ChecksumAlgorithm=algorithm)
        def put(value):
            return bucket.refused("upload_part", "test-multipart-checksum-exc", **upload, Body=b"test data..", PartNumber=1,
                                  **{f"Checksum{algorithm}": value})
        sizes = {"CRC32": 4, "CRC32C": 4, "SHA1": 20, "SHA256": 32, "CRC64NVME": 8}
        return {"put-wrong-checksum-no-b64": put("invalid-checksum-value"),
                "put-wrong-checksum-value": put(base64.b64encode(b"x" * sizes[algorithm]).decode())}


# ---- uploads ---------------------------------------------------------------------------------------------------------

@case(S3 + "test_multipart_no_such_upload")
def no_upload(bucket):
    key = "test-multipart-no-such-upload"
    return {"upload-exc": bucket.refused("upload_part", key, Body=b"hello", PartNumber=1, UploadId="fakeid"),
            "complete-exc": bucket.refused("complete_multipart_upload", key, UploadId="fakeid",
                                           MultipartUpload={"Parts": [{"ETag": "e", "PartNumber": 1}]}),
            "abort-exc": bucket.refused("abort_multipart_upload", key, UploadId="fakeid")}


@case(S3 + "test_multipart_key_validation")
def other_key(bucket):
    _, upload = began(bucket, "test-key")
    key, part = "wrong-key", bucket.call("upload_part", "test-key", **upload, Body=b"test", PartNumber=1)
    parts = {"Parts": [{"ETag": part["ETag"], "PartNumber": 1}]}
    return {"upload-part-wrong-key-name": bucket.refused("upload_part", key, **upload, Body=b"test", PartNumber=1),
            "complete-multipart-wrong-key-name": bucket.refused("complete_multipart_upload", key, **upload, MultipartUpload=parts),
            "list-parts-wrong-key-name": bucket.refused("list_parts", key, **upload),
            "abort-multipart-wrong-key-name": bucket.refused("abort_multipart_upload", key, **upload)}


@case(S3 + "test_multipart_complete_multipart_too_small")
def too_small(bucket):
    key = "test-upload-part-exc"
    _, upload = began(bucket, key)
    one, two = (bucket.call("upload_part", key, **upload, Body=b"data", PartNumber=number) for number in (1, 2))
    parts = {"Parts": [{"ETag": part["ETag"], "PartNumber": number} for number, part in ((1, one), (2, two))]}
    return {"upload-part1": one, "upload-part2": two,
            "complete-exc-no-parts": bucket.refused("complete_multipart_upload", key, **upload),
            "complete-exc-too-small": bucket.refused("complete_multipart_upload", key, **upload, MultipartUpload=parts)}


@case(S3 + "test_get_object_part")
def object_part(bucket):
    key = "test.file"
    _, upload = began(bucket, key)
    bodies = [b"a" * (5 * MIB + 16), b"test content 123"]
    parts = [{"ETag": bucket.call("upload_part", key, **upload, Body=body, PartNumber=number)["ETag"], "PartNumber": number}
             for number, body in enumerate(bodies, 1)]
    out = {"multipart-upload": like(bucket, bucket.call("complete_multipart_upload", key, **upload, MultipartUpload={"Parts": parts}),
                                    ETag='"2848839dc84e13fa00a0944e760e233b-2"', ChecksumCRC64NVME="44QnbGeotHE=")}
    bucket.put("no-multipart", b"test-123")
    return {**out, "head-object-part": bucket.call("head_object", key, PartNumber=2), "get-object-part": bucket.read(key, PartNumber=2),
            "get-object-part-with-checksum": bucket.read(key, PartNumber=2, ChecksumMode="ENABLED"),
            "part-doesnt-exist": bucket.refused("get_object", key, PartNumber=10),
            "part-with-range": bucket.refused("get_object", key, PartNumber=2, Range="bytes=0-8"),
            "part-no-multipart": bucket.refused("get_object", "no-multipart", PartNumber=2),
            "get-obj-no-multipart": bucket.read("no-multipart", PartNumber=1)}


@case("test_s3_list_operations.py::TestS3ListParts::test_list_parts_pagination", words=True)
def parts_by_pages(bucket):
    key = "test-list-part-pagination"
    _, upload = began(bucket, key)
    out = {"list-parts-empty": bucket.call("list_parts", key, **upload)}
    for number in (1, 2):
        bucket.call("upload_part", key, **upload, Body=b"data", PartNumber=number)
    pages = {"list-parts-all": {}, "list-parts-1": {"MaxParts": 1}, "list-parts-next": {"MaxParts": 1, "PartNumberMarker": 1},
             "list-parts-wrong-part": {"MaxParts": 1, "PartNumberMarker": 10}}
    return {**out, **{name: bucket.call("list_parts", key, **upload, **page) for name, page in pages.items()}}


# ---- conditions ------------------------------------------------------------------------------------------------------

KEY = "test-precondition"


@case(IF + "test_put_object_if_match")
def put_if_match(bucket):
    out = {"put-obj": bucket.put(KEY, b"test")}
    etag = out["put-obj"]["ETag"]
    out["put-obj-if-match-wrong-etag"] = bucket.refused("put_object", KEY, IfMatch="d41d8cd98f00b204e9800998ecf8427e")
    out["put-obj-overwrite"] = bucket.call("put_object", KEY, IfMatch=etag)
    out["del-obj"] = bucket.call("delete_object", KEY)
    out["put-obj-if-match-key-not-exists"] = bucket.refused("put_object", KEY, IfMatch=etag)
    out["put-obj-after-del"] = bucket.call("put_object", KEY)
    return out


@case(IF + "test_put_object_if_match_validation")
def put_if_match_odd(bucket):
    key = "test-precondition-validation"
    return {"put-obj-if-match-star-value": bucket.refused("put_object", key, IfMatch="*"),
            "put-obj-if-match-bad-value": bucket.refused("put_object", key, IfMatch="notanetag"),
            "put-obj-if-match-bad-value-2": bucket.refused("put_object", key, IfMatch="d41d8cd98f00b204e9800998ecf8427e")}


@case(IF + "test_put_object_if_none_match_versioned_bucket")
def put_if_none_match_versioned(bucket):
    out = {"put-obj": bucket.versioned().call("put_object", KEY)}
    out["put-obj-if-none-match"] = bucket.refused("put_object", KEY, IfNoneMatch="*")
    out["del-obj"] = bucket.call("delete_object", KEY)
    out["put-obj-after-del"] = bucket.call("put_object", KEY, IfNoneMatch="*")
    return {**out, "list-object-versions": bucket.call("list_object_versions")}


def one_part(bucket):
    _, upload = began(bucket, KEY)
    part = bucket.call("upload_part", KEY, **upload, Body=b"test", PartNumber=1)
    return _, {**upload, "MultipartUpload": {"Parts": [{"ETag": part["ETag"], "PartNumber": 1}]}}


@case(IF + "test_multipart_if_none_match_with_put")
def upload_if_none_match(bucket):
    made, done = one_part(bucket)
    return {"create-multipart": made, "put-obj": bucket.call("put_object", KEY),
            "complete-multipart-if-none-match-put-during": bucket.refused("complete_multipart_upload", KEY, **done, IfNoneMatch="*")}


@case(IF + "test_multipart_if_match_with_put_identical")
def upload_if_match_identical(bucket):
    out = {"put-obj": bucket.put(KEY, b"test")}
    etag = out["put-obj"]["ETag"]
    out["create-multipart"], done = one_part(bucket)
    out["put-obj-during"] = bucket.put(KEY, b"test")
    out["complete-multipart-if-match-put-during"] = bucket.refused("complete_multipart_upload", KEY, **done, IfMatch=etag)
    out["create-multipart-again"], done = one_part(bucket)
    out["complete-multipart-if-match-put-before-restart"] = bucket.call("complete_multipart_upload", KEY, **done, IfMatch=etag)
    return out


@case(IF + "test_multipart_if_match_with_delete")
def upload_if_match_deleted(bucket):
    out = {"put-obj": bucket.put(KEY, b"test")}
    etag = out["put-obj"]["ETag"]
    out["create-multipart"], done = one_part(bucket)
    out["del-obj"] = bucket.call("delete_object", KEY)
    out["complete-multipart-after-del"] = bucket.refused("complete_multipart_upload", KEY, **done, IfMatch=etag)
    out["put-obj-2"] = bucket.put(KEY, b"test")
    out["complete-multipart-if-match-after-put"] = bucket.refused("complete_multipart_upload", KEY, **done, IfMatch=etag)
    return out


@case(IF + "test_multipart_if_match_etag")
def upload_if_match(bucket):
    out = {"put-obj": bucket.put(KEY, b"test")}
    etag = out["put-obj"]["ETag"]
    out["create-multipart"], done = one_part(bucket)
    out["complete-multipart-if-match"] = whole = bucket.call("complete_multipart_upload", KEY, **done, IfMatch=etag)
    out["create-multipart-overwrite"], done = one_part(bucket)
    out["complete-multipart-if-match-true-etag"] = bucket.refused("complete_multipart_upload", KEY, **done, IfMatch=etag)
    out["complete-multipart-if-match-overwrite-multipart"] = bucket.call("complete_multipart_upload", KEY, **done, IfMatch=whole["ETag"])
    return out


PAST, FUTURE = datetime.datetime(2020, 1, 1), datetime.datetime.now() + datetime.timedelta(days=1)
GOOD = {"if_match_success": lambda etag: {"CopySourceIfMatch": etag},
        "if_match_none_success": lambda etag: {"CopySourceIfNoneMatch": "none match"},
        "if_unmodified_since_success": lambda etag: {"CopySourceIfUnmodifiedSince": FUTURE},
        "if_modified_since_success": lambda etag: {"CopySourceIfModifiedSince": PAST},
        "if_match_and_if_unmodified_since_match": lambda etag: {"CopySourceIfMatch": etag, "CopySourceIfUnmodifiedSince": PAST}}
for _name, _members in GOOD.items():
    @case(COPY_IF + _name, _name, _members, words=True)
    def part_copied(bucket, name, members):
        etag = bucket.put("source_file.txt", b"0123456789")["ETag"]
        _, upload = began(bucket, "destination_file.txt")
        word = {"if_match_success": "-if-match", "if_match_none_success": "-if-none-match",
                "if_unmodified_since_success": "-if-unmodified-since", "if_modified_since_success": "-if-modified-since"}.get(name, "")
        return {f"upload-part-copy{word}": bucket.call("upload_part_copy", "destination_file.txt", **upload, PartNumber=1,
                                                       CopySource=f"{bucket.name}/source_file.txt", **members(etag)),
                "list-parts": bucket.call("list_parts", "destination_file.txt", **upload)}


@case(COPY_IF + "if_match_failed", "upload-part-copy-source-if-match", {"CopySourceIfMatch": "not the etag"})
@case(COPY_IF + "if_none_match_and_if_unmodified_since_match_failed", "upload-part-copy-source-unmodified-since-and-if-none-match",
      {"CopySourceIfNoneMatch": "none", "CopySourceIfUnmodifiedSince": PAST})
def part_not_copied(bucket, name, members):
    bucket.put("source_file.txt", b"0123456789")
    _, upload = began(bucket, "destination_file.txt")
    return {name: bucket.refused("upload_part_copy", "destination_file.txt", **upload, PartNumber=1,
                                 CopySource=f"{bucket.name}/source_file.txt", **members)}


# ---- tags ------------------------------------------------------------------------------------------------------------

@case("test_s3_api.py::TestS3BucketObjectTagging::test_put_object_with_tags")
def tags(bucket):
    key = "test-put-object-tagging"
    def put(tagging):
        bucket.put(key, b"test-tagging", Tagging=tagging)
        return bucket.call("get_object_tagging", key)
    out = {"put-object": bucket.put(key, b"test-tagging", Tagging="tag1=tag1&tag2=tag2&tag="),
           "get-object-tags": bucket.call("get_object_tagging", key),
           "put-object-tags": bucket.call("put_object_tagging", key, Tagging={"TagSet": [{"Key": "tag3", "Value": "tag3"}]}),
           "get-object-tags-override": bucket.call("get_object_tagging", key),
           "head-obj": bucket.call("head_object", key), "get-obj": bucket.read(key)}
    out["get-object-tags-wrong-format-qs"] = put("wrongquery&wrongagain")
    out["get-object-tags-wrong-format-qs-2"] = put("key1&&&key2")
    return out


@case("test_s3_api.py::TestS3BucketObjectTagging::test_put_object_tagging_none_value")
def no_tags(bucket):
    bucket.put("test-key", b"abc")
    return {"put-none-tag-set": bucket.call("put_object_tagging", "test-key", Tagging={"TagSet": []}),
            "get-object-tags-none": bucket.call("get_object_tagging", "test-key")}


@case(S3 + "test_delete_object_tagging")
def delete_tags(bucket):
    bucket.put("test-key-tagging", b"something")
    out = {"get-obj": bucket.read("test-key-tagging")}
    bucket.call("delete_object_tagging", "test-key-tagging")
    return {**out, "get-obj-after-tag-deletion": bucket.read("test-key-tagging")}


for _directive in ("COPY", "REPLACE", None):
    @case(S3 + f"test_s3_copy_tagging_directive[{_directive}]", _directive)
    def copy_tags(bucket, directive):
        asked = {"TaggingDirective": directive} if directive else {}
        def copy(tagging):
            return bucket.call("copy_object", "dest", CopySource=f"{bucket.name}/src", Tagging=tagging, **asked)
        out = {"put-object": bucket.put("src", b"test", Tagging="key1=value1"), "get-object-tag": bucket.call("get_object_tagging", "src")}
        out["copy-object"] = copy("key2=value2")
        out["get-copy-object-tag"] = bucket.call("get_object_tagging", "dest")
        out["copy-object-tag-empty"] = copy("")
        return {**out, "get-copy-object-tag-empty": bucket.call("get_object_tagging", "dest")}


# ---- locks -----------------------------------------------------------------------------------------------------------

def soon(**delta):
    return datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(**delta)


def locked(days=10, mode="GOVERNANCE"):
    return {"ObjectLockMode": mode, "ObjectLockRetainUntilDate": soon(days=days)}


@case(LOCK + "test_object_lock_delete_markers", ObjectLockEnabledForBucket=True)
def lock_and_marker(bucket):
    out = {"put-object-with-lock": like(bucket, bucket.put("test-object-lock", b"x" * 20, **locked()), **LOCKED)}
    out["head-object-with-lock"] = bucket.call("head_object", "test-object-lock")
    out["put-delete-marker"] = marker = bucket.call("delete_object", "test-object-lock")
    version = {"VersionId": marker["VersionId"]}
    out["put-object-retention-delete-marker"] = bucket.refused(
        "put_object_retention", "test-object-lock", **version, Retention={"Mode": "GOVERNANCE", "RetainUntilDate": soon(days=1)})
    out["get-object-retention-delete-marker"] = bucket.refused("get_object_retention", "test-object-lock", **version)
    out["head-object-locked-delete-marker"] = bucket.refused("head_object", "test-object-lock", **version)
    return out


@case(HOLD + "test_put_get_object_legal_hold", ObjectLockEnabledForBucket=True)
def hold(bucket):
    def put(status):
        return bucket.call("put_object_legal_hold", LegalHold={"Status": status}, Key="k")
    return {"put-obj": bucket.put("k", b"test"), "get-legal-hold-unset": bucket.refused("get_object_legal_hold", "k"),
            "put-object-legal-hold": put("ON"), "head-object-with-legal-hold": bucket.call("head_object", "k"),
            "get-legal-hold-set": bucket.call("get_object_legal_hold", "k"), "put-object-legal-hold-off": put("OFF")}


@case(HOLD + "test_delete_locked_object", ObjectLockEnabledForBucket=True)
def delete_held(bucket):
    key = "test-delete-locked"
    out = {"put-obj": bucket.put(key, b"test")}
    version = {"VersionId": out["put-obj"]["VersionId"]}
    out["put-object-legal-hold"] = bucket.call("put_object_legal_hold", key, LegalHold={"Status": "ON"})
    out["delete-object-locked"] = bucket.refused("delete_object", key, **version)
    out["delete-objects-locked"] = bucket.call("delete_objects", Delete={"Objects": [{"Key": key, **version}]})
    out["put-object-legal-hold-off"] = bucket.call("put_object_legal_hold", key, LegalHold={"Status": "OFF"})
    return out


@case(HOLD + "test_put_object_with_legal_hold", ObjectLockEnabledForBucket=True)
def put_held(bucket):
    return {"put-obj": bucket.put("k", b"test", ObjectLockLegalHoldStatus="ON"), "head-object-with-legal-hold": bucket.call("head_object", "k"),
            "put-object-legal-hold-off": bucket.call("put_object_legal_hold", "k", LegalHold={"Status": "OFF"})}


@case(HOLD + "test_s3_copy_object_legal_hold", ObjectLockEnabledForBucket=True)
def copy_held(bucket):
    body = b'{"key": "value"}'
    out = {"put-object": bucket.put("src", body, ObjectLockLegalHoldStatus="ON"), "head-object": bucket.call("head_object", "src")}
    out["copy-legal-hold"] = bucket.call("copy_object", "dest", CopySource=f"{bucket.name}/src")
    out["head-dest-key"] = bucket.call("head_object", "dest")
    bucket.call("put_object_legal_hold", "src", LegalHold={"Status": "OFF"})
    return out


@case(LOCK + "test_s3_object_lock_mode_validation", ObjectLockEnabledForBucket=True)
def lock_modes(bucket):
    return {"put-obj-locked-error-no-retain-date": bucket.refused("put_object", "k", ObjectLockMode="GOVERNANCE"),
            "put-obj-locked-error-no-mode": bucket.refused("put_object", "k", ObjectLockRetainUntilDate=soon(days=1)),
            "put-obj-locked-bad-value": bucket.refused("put_object", "k", **locked(mode="BAD-VALUE")),
            "create-mpu-locked-bad-value": bucket.refused("create_multipart_upload", "k", **locked(mode="BAD-VALUE"))}


@case(LOCK + "test_object_lock_extend_duration", ObjectLockEnabledForBucket=True)
def lock_longer(bucket):
    def retain(days):
        return {"Retention": {"Mode": "GOVERNANCE", "RetainUntilDate": soon(days=days)}}
    return {"put-object-with-lock": like(bucket, bucket.put("k", b"x" * 20, **locked(1)), **LOCKED),
            "head-object-with-lock": bucket.call("head_object", "k"),
            "put-object-retention-extend": bucket.call("put_object_retention", "k", **retain(3)),
            "head-object-with-lock-extended": bucket.call("head_object", "k"),
            "put-object-retention-reduce": bucket.refused("put_object_retention", "k", **retain(2))}


# ---- sealing ---------------------------------------------------------------------------------------------------------

def customer(letter):
    key = letter * 32
    return {"SSECustomerAlgorithm": "AES256", "SSECustomerKey": key}


@case(S3 + "test_s3_sse_validate_kms_key")
def wrong_keys(bucket):
    aws = bucket.aws
    def put(key):
        return bucket.refused("put_object", "k", Body=b"test-sse", ServerSideEncryption="aws:kms", SSEKMSKeyId=key)
    absent = "134f2428-cec1-4b25-a1ae-9048164dba47"
    far = aws.client("kms", region="eu-central-1").create_key(Description="test")["KeyMetadata"]
    bucket.put("src", b"x")
    return {"create-kms-key": far, "put-obj-wrong-kms-key": put("fake-key-id"), "put-obj-wrong-kms-key-real-uuid": put(absent),
            "put-obj-wrong-kms-key-real-uuid-arn": put(f"arn:aws:kms:{aws.region}:{aws.account}:key/{absent}"),
            "put-obj-different-region-kms-key": put(far["Arn"]), "put-obj-different-region-kms-key-no-arn": put(far["KeyId"]),
            "create-multipart-wrong-kms-key": bucket.refused("create_multipart_upload", "m", ServerSideEncryption="aws:kms",
                                                             SSEKMSKeyId="fake-key-id"),
            "copy-obj-wrong-kms-key": bucket.refused("copy_object", "c", CopySource=f"{bucket.name}/src", ServerSideEncryption="aws:kms",
                                                     SSEKMSKeyId="fake-key-id")}


@case(SSEC + "test_multipart_upload_sse_c_validation", words=True)
def uploads_under_keys(bucket):
    key, one, other = "test-sse-c-multipart", customer("a"), customer("b")
    def part(upload, **members):
        return bucket.refused("upload_part", key, Body=b"test", PartNumber=1, **upload, **members)
    plain_made, plain = began(bucket, key)
    sealed_made, sealed = began(bucket, key, **one)
    md5 = base64.b64encode(hashlib.md5(b"a" * 32).digest()).decode()
    bucket.words = {md5: "JMwgiexXqwuPqIPjYFmIZQ=="}
    return {"create-mpu-no-sse-c": plain_made, "mpu-no-sse-c-upload-part-with-sse-c": part(plain, **one),
            "create-mpu-sse-c": sealed_made, "mpu-sse-c-upload-part-no-sse-c": part(sealed),
            "mpu-sse-c-upload-part-wrong-sse-c": part(sealed, **other)}


# ---- checksums of whole uploads --------------------------------------------------------------------------------------

UPLOADED = "test-multipart-checksum"


def finished(bucket, upload, parts, **more):
    return bucket.call("complete_multipart_upload", UPLOADED, **upload, MultipartUpload={"Parts": parts}, **more)


@case(PARTS + "test_complete_multipart_parts_checksum_full_object_default", words=True)
def full_by_default(bucket):
    made, upload = began(bucket, UPLOADED, ChecksumAlgorithm="CRC64NVME")
    part = bucket.call("upload_part", UPLOADED, **upload, Body=b"aaa", PartNumber=1, ChecksumCRC64NVME="Rnr2/5P7Gsk=")
    done = finished(bucket, upload, [{"ETag": part["ETag"], "PartNumber": 1}])
    return {"create-mpu-checksum-crc64": made, "upload-part": part, "complete-multipart-checksum": done,
            "get-object-with-checksum": {**bucket.read(UPLOADED, ChecksumMode="ENABLED"), "Body": ""},
            "head-object-with-checksum": bucket.call("head_object", UPLOADED, ChecksumMode="ENABLED"),
            "get-object-attrs": bucket.call("get_object_attributes", UPLOADED, ObjectAttributes=["Checksum", "ETag", "ObjectParts"])}


for _kind in ("COMPOSITE", "FULL_OBJECT"):
    @case(PARTS + f"test_multipart_upload_part_copy_checksum[{_kind}]", _kind, words=True)
    def copied_part_sum(bucket, kind):
        out = {"put-object": bucket.put("test-part-checksum", b"this is a part")}
        made, upload = began(bucket, UPLOADED, ChecksumAlgorithm="CRC32C", ChecksumType=kind)
        copy = bucket.call("upload_part_copy", UPLOADED, **upload, PartNumber=1, CopySource=f"{bucket.name}/test-part-checksum")
        parts = bucket.call("list_parts", UPLOADED, **upload)
        result = copy["CopyPartResult"]
        done = finished(bucket, upload, [{"ETag": result["ETag"], "PartNumber": 1, "ChecksumCRC32C": result["ChecksumCRC32C"]}])
        return {**out, "create-mpu-checksum-sha256": made, "upload-part-copy": copy, "list-parts": parts,
                "complete-multipart-checksum": done, "get-object-with-checksum": bucket.read(UPLOADED, ChecksumMode="ENABLED"),
                "head-object-with-checksum": bucket.call("head_object", UPLOADED, ChecksumMode="ENABLED"),
                "get-object-attrs": bucket.call("get_object_attributes", UPLOADED, ObjectAttributes=["Checksum", "ETag", "ObjectParts"])}

    @case(S3 + f"test_get_object_part_checksum[{_kind}]", _kind)
    def part_sum_of_object(bucket, kind):
        made, upload = began(bucket, UPLOADED, ChecksumAlgorithm="CRC32C", ChecksumType=kind)
        part = bucket.call("upload_part", UPLOADED, **upload, Body=b"test content 123", PartNumber=1, ChecksumCRC32C="fwuu0Q==")
        done = finished(bucket, upload, [{"ETag": part["ETag"], "PartNumber": 1, "ChecksumCRC32C": part["ChecksumCRC32C"]}])
        return {"create-mpu-checksum": made, "upload-part": part, "complete-multipart-checksum": done,
                "head-object-part": bucket.call("head_object", UPLOADED, PartNumber=1, ChecksumMode="ENABLED"),
                "get-object-part": bucket.read(UPLOADED, PartNumber=1, ChecksumMode="ENABLED")}


@case(PARTS + "test_multipart_parts_checksum_exceptions_composite", words=True)
def composite_wrong(bucket):
    key = "test-multipart-checksum-exc"
    out = {"create-mpu-wrong-checksum-algo": bucket.refused("create_multipart_upload", key, ChecksumAlgorithm="TEST"),
           "create-mpu-no-checksum-algo-with-type": bucket.refused("create_multipart_upload", key, ChecksumType="COMPOSITE")}
    out["create-mpu-composite-checksum"], upload = began(bucket, key, ChecksumType="COMPOSITE", ChecksumAlgorithm="CRC32")
    out["list-multiparts"] = bucket.call("list_multipart_uploads")
    out["upload-part-no-checksum-ok"] = part = bucket.call("upload_part", key, **upload, Body=b"abc", PartNumber=1)
    sha = base64.b64encode(hashlib.sha256(b"abc").digest()).decode()
    one = {"ETag": part["ETag"], "PartNumber": 1}
    out["complete-part-with-checksum"] = bucket.refused("complete_multipart_upload", key, **upload,
                                                        MultipartUpload={"Parts": [{**one, "ChecksumSHA256": sha}]})
    out["complete-part-with-bad-checksum-type"] = bucket.refused(
        "complete_multipart_upload", key, **upload, ChecksumType="FULL_OBJECT",
        MultipartUpload={"Parts": [{**one, "ChecksumCRC32": part["ChecksumCRC32"]}]})
    bucket.call("abort_multipart_upload", key, **upload)
    out["create-mpu-with-checksum"], upload = began(bucket, key, ChecksumAlgorithm="SHA256")
    out["upload-part-different-checksum-exc"] = bucket.refused("upload_part", key, **upload, Body=b"abc", PartNumber=1, ChecksumAlgorithm="CRC32")
    return out


@case(S3 + "test_s3_multipart_upload_sse", words=False)
def sealed_upload(bucket):
    key, aws = "test-sse-field-multipart", bucket.aws
    made = aws.client("kms").create_key()["KeyMetadata"]["KeyId"]
    upload_made, upload = began(bucket, key, BucketKeyEnabled=True, SSEKMSKeyId=made, ServerSideEncryption="aws:kms")
    part = like(bucket, bucket.call("upload_part", key, **upload, Body=b"test-sse", PartNumber=1), ETag='"1a9f0234d9c670a8c2f8b1ceda267641"')
    done = like(bucket, bucket.call("complete_multipart_upload", key, **upload, MultipartUpload={
        "Parts": [{"ETag": part["ETag"], "PartNumber": 1}]}), ETag='"93a0cb8ec20934211e19adabef9a6407-1"')
    return {"multi-sse-create-multipart": upload_made, "multi-sse-upload-part": part, "multi-sse-compete-multipart": done,
            "get-obj": bucket.read(key)}


@case("test_s3_list_operations.py::TestS3ListMultipartUploads::test_list_multipart_uploads_marker_common_prefixes")
def folded_uploads(bucket):
    owners(bucket, "owner-id")
    for key in ("folder/aSubfolder/subFile1", "folder/aSubfolder/subFile2", "folder/file1", "folder/file2"):
        began(bucket, key)
    def page(**marker):
        return bucket.call("list_multipart_uploads", Prefix="folder/", Delimiter="/", MaxUploads=1, **marker)
    return {"list-multiparts-start": page(), "list-multiparts-manual-prefix": page(KeyMarker="folder/aSubfolder/"),
            "list-multiparts-manual-first-file": page(KeyMarker="folder/aSubfolder/subFile1")}


@case("test_s3_list_operations.py::TestS3ListParts::test_list_parts_via_object_attrs_pagination", words=True)
def parts_by_attributes(bucket):
    key = "test-object-attrs-pagination"
    _, upload = began(bucket, key, ChecksumAlgorithm="SHA256")
    body = b"a" * (5 * MIB + 1)
    parts = []
    for number in (1, 2):
        part = bucket.call("upload_part", key, **upload, Body=body, PartNumber=number, ChecksumAlgorithm="SHA256")
        parts.append({"ETag": part["ETag"], "PartNumber": number, "ChecksumSHA256": part["ChecksumSHA256"]})
    listed = bucket.call("list_parts", key, **upload)
    done = bucket.call("complete_multipart_upload", key, **upload, MultipartUpload={"Parts": parts})
    def attributes(**page):
        return bucket.call("get_object_attributes", key, ObjectAttributes=["ObjectParts"], **page)
    return {"list-parts": listed, "complete-mpu": done, "get-object-attrs-all": attributes(), "get-object-attrs-1": attributes(),
            "get-object-attrs-next": attributes(MaxParts=1, PartNumberMarker=1),
            "get-object-attrs-wrong-part": attributes(MaxParts=1, PartNumberMarker=10)}


# ---- copies under conditions -----------------------------------------------------------------------------------------

def copied(bucket, key="dest-object", **members):
    return bucket.call("copy_object", key, CopySource=f"{bucket.name}/source-object", **members)


def copy_refused(bucket, key="dest-object", **members):
    return bucket.refused("copy_object", key, CopySource=f"{bucket.name}/source-object", **members)


@case(IF + "test_copy_object_precondition_write_validation")
def copy_odd_conditions(bucket):
    etag = bucket.put("source-object", b"source content")["ETag"]
    return {"copy-obj-none-match-etag": copy_refused(bucket, IfNoneMatch=etag), "copy-obj-if-match-star": copy_refused(bucket, IfMatch="*"),
            "copy-obj-both": copy_refused(bucket, IfNoneMatch="*", IfMatch=etag)}


@case(IF + "test_copy_object_if_none_match_in_place")
def copy_in_place(bucket):
    bucket.put("source-object", b"source content")
    return {"copy-obj-if-none-match-fail": copy_refused(bucket, "source-object", IfNoneMatch="*", MetadataDirective="REPLACE")}


# ---- sealed by default -----------------------------------------------------------------------------------------------

@case(S3 + "test_s3_sse_bucket_key_default")
def bucket_key_default(bucket):
    def put(key):
        return bucket.put(key, b"test-sse")
    made = bucket.aws.client("kms").create_key()["KeyMetadata"]["KeyId"]
    out = {"put-obj-default-before-setting": put("before"), "get-obj-default-before-setting": bucket.read("before")}
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": made}, "BucketKeyEnabled": True}
    out["put-bucket-encryption"] = bucket.call("put_bucket_encryption", ServerSideEncryptionConfiguration={"Rules": [rule]})
    out["get-bucket-encryption"] = bucket.call("get_bucket_encryption")
    out["get-obj-default-after-setting"] = bucket.read("before")
    out["put-obj-after-setting"] = like(bucket, put("after"), ETag='"69a4214580de172e3b6dbfaf0b1aaf4a"')
    return {**out, "get-obj-after-setting": bucket.read("after")}


@case("test_s3_list_operations.py::TestS3ListMultipartUploads::test_list_multiparts_next_marker")
def uploads_by_pages(bucket):
    owners(bucket, "owner-id")
    out = {"list-multiparts-empty": bucket.call("list_multipart_uploads")}
    keys = sorted(bucket.aws.name("test-multipart") for _ in range(3))
    made = [began(bucket, key)[1] for key in (keys[2], keys[1], keys[0], keys[0], keys[0])]
    ids = [one["UploadId"] for one in made]
    out["upload-ids-order"] = {"UploadIds": made}
    def page(**asked):
        return bucket.call("list_multipart_uploads", **asked)
    out["list-multiparts-all"] = page()
    out["list-multiparts-max-1"] = page(MaxUploads=1)
    out["list-multiparts-next-key-only"] = page(MaxUploads=1, KeyMarker=keys[0])
    out["list-multiparts-next-key-last"] = page(MaxUploads=1, KeyMarker=keys[2])
    out["list-multiparts-next-upload-only"] = page(MaxUploads=1, UploadIdMarker=ids[2])
    out["list-multiparts-both-markers"] = page(MaxUploads=1, KeyMarker=keys[0], UploadIdMarker=ids[2])
    out["list-multiparts-both-markers-2"] = page(MaxUploads=1, KeyMarker=keys[0], UploadIdMarker=ids[4])
    out["list-multiparts-get-last-upload-no-truncate"] = page(KeyMarker=keys[1], UploadIdMarker=ids[1], MaxUploads=1)
    return out



# ---- checksums of objects --------------------------------------------------------------------------------------------

SIZES = {"CRC32": 4, "CRC32C": 4, "SHA1": 20, "SHA256": 32, "CRC64NVME": 8}
DATA = b"test data.."
KNOWN = {"CRC32C": {DATA: "Pf4upw==", b"test-checksum": "Fz3epA==", JSON: "078Ilw=="},  # boto3 computes these with a library that isn't here
         "CRC64NVME": {DATA: "qUVrWYOrIAM=", b"test-checksum": "1f2xscCCZCU=", JSON: "pX30eiUx5C0="}}


def summed(algorithm, body):
    """How a put asks for that checksum."""
    return {f"Checksum{algorithm}": KNOWN[algorithm][body]} if algorithm in KNOWN else {"ChecksumAlgorithm": algorithm}


def sums_of(bucket, key, *more):
    return bucket.call("get_object_attributes", key, ObjectAttributes=["Checksum", *more])


def put_wrong(bucket, algorithm):
    name = f"Checksum{algorithm}"
    return {"put-wrong-checksum-no-b64": bucket.refused("put_object", "k", Body=DATA, **{name: "test"}),
            "put-wrong-checksum-value": bucket.refused("put_object", "k", Body=DATA,
                                                       **{name: base64.b64encode(b"x" * SIZES[algorithm]).decode()})}


for _algorithm in SIZES:
    @case(SUMS + f"test_put_object_checksum[{_algorithm}]", _algorithm)
    def put_sums(bucket, algorithm):
        out = put_wrong(bucket, algorithm)
        name = f"Checksum{algorithm}"
        value = bucket.put("probe", DATA, **summed(algorithm, DATA))[name]
        out["put-object-generated"] = bucket.put("a", DATA, ChecksumAlgorithm=algorithm, **{name: value})
        out["get-object-attrs-generated"] = sums_of(bucket, "a", "ETag")
        out["put-object-autogenerated"] = bucket.put("b", DATA, **summed(algorithm, DATA))
        out["get-object-attrs-auto-generated"] = sums_of(bucket, "b", "ETag")
        out["head-object-with-checksum"] = bucket.call("head_object", "a", ChecksumMode="ENABLED")
        return out

for _algorithm in (*SIZES, None):
    @case(SUMS + f"test_s3_get_object_checksum[{_algorithm}]", _algorithm)
    def get_sums(bucket, algorithm):
        asked = summed(algorithm, b"test-checksum") if algorithm else {}
        out = {"put-object": bucket.put("k", b"test-checksum", **asked), "get-object": bucket.read("k")}
        out["get-object-with-checksum"] = out["head-object-with-checksum"] = bucket.read("k", ChecksumMode="ENABLED")
        return {**out, "get-object-attrs": sums_of(bucket, "k")}


@case(SUMS + "test_s3_checksum_no_algorithm")
def sum_without_name(bucket):
    sha = base64.b64encode(hashlib.sha256(DATA).digest()).decode()
    return {"put-wrong-checksum": bucket.refused("put_object", "k", Body=DATA, ChecksumSHA256="TEST"),
            "put-2-checksums": bucket.refused("put_object", "k", Body=DATA, ChecksumSHA256=sha, ChecksumCRC32="cZWHwQ=="),
            "put-right-checksum": bucket.put("k", DATA, ChecksumSHA256=sha),
            "head-obj": bucket.call("head_object", "k", ChecksumMode="ENABLED")}


for _algorithm in SIZES:
    @case(S3 + f"test_s3_copy_object_with_default_checksum[{_algorithm}]", _algorithm)
    def copy_sums(bucket, algorithm):
        out = {"put-object-no-checksum": bucket.put("src", JSON, **summed(algorithm, JSON)), "object-attrs": sums_of(bucket, "src")}
        source = f"{bucket.name}/src"
        out["copy-object-in-place-with-no-checksum"] = bucket.call("copy_object", "src", CopySource=source, MetadataDirective="REPLACE")
        out["object-attrs-after-copy"] = sums_of(bucket, "src")
        out["copy-object-to-dest-keep-checksum"] = bucket.call("copy_object", "dest", CopySource=source)
        return {**out, "dest-object-attrs-after-copy": sums_of(bucket, "dest")}


@case(S3 + "test_s3_copy_content_type_and_metadata")
def copy_headers(bucket):
    out = {"put_object": bucket.put("src", JSON, ContentType="application/json", Metadata={"key": "value"}),
           "head_object": bucket.call("head_object", "src")}
    out["copy_object"] = bucket.call("copy_object", "one", CopySource=f"{bucket.name}/src")
    out["head_object_copy"] = bucket.call("head_object", "one")
    out["copy_object_second"] = bucket.call("copy_object", "two", CopySource=f"{bucket.name}/src", Metadata={"another": "x"}, ContentType="x/y")
    return {**out, "head_object_second_copy": bucket.call("head_object", "two")}


@case(S3 + "test_s3_copy_object_storage_class")
def copy_class(bucket):
    source = f"{bucket.name}/k"
    def attributes():
        return bucket.call("get_object_attributes", "k", ObjectAttributes=["StorageClass"])
    out = {"put-object": bucket.put("k", b"test", StorageClass="STANDARD_IA"), "head-object": bucket.call("head_object", "k"),
           "object-attrs": attributes()}
    out["copy-object-in-place-with-storage-class"] = bucket.call("copy_object", "k", CopySource=source, StorageClass="STANDARD")
    out["object-attrs-after-copy"] = attributes()
    return {**out, "exc-invalid-request-storage-class": bucket.refused("copy_object", "k", CopySource=source)}


for _class in ("STANDARD", "STANDARD_IA", "GLACIER_IR", "ONEZONE_IA", "INTELLIGENT_TIERING", "REDUCED_REDUNDANCY"):
    @case(S3 + f"test_put_object_storage_class[{_class}-True]", _class)
    def put_class(bucket, name):
        bucket.put("k", b"body-test", StorageClass=name)
        return {"get-object-storage-class": bucket.call("get_object_attributes", "k", ObjectAttributes=["StorageClass"]),
                "get-object": bucket.read("k")}


@case(S3 + "test_put_object_storage_class_outposts")
def outposts(bucket):
    return {"put-object-outposts": bucket.refused("put_object", "k", Body=b"x", StorageClass="OUTPOSTS"),
            "create-multipart-outposts-exc": bucket.refused("create_multipart_upload", "k", StorageClass="OUTPOSTS")}


@case(HOLD + "test_s3_legal_hold_lock_versioned", ObjectLockEnabledForBucket=True)
def hold_versions(bucket):
    def hold(status, version):
        return bucket.call("put_object_legal_hold", "k", LegalHold={"Status": status}, VersionId=version)
    def head(version):
        return bucket.call("head_object", "k", VersionId=version)
    out = {"put-object": bucket.put("k", b"test")}
    one = out["put-object"]["VersionId"]
    out["put-object-legal-hold-ver1"] = hold("ON", one)
    out["head-object-ver1"] = head(one)
    out["put-object-2"] = bucket.put("k", b"test")
    two = out["put-object-2"]["VersionId"]
    out["put-object-legal-hold-ver2"] = hold("ON", two)
    out["head-object-ver2"] = head(two)
    out["remove-object-legal-hold-ver1"] = hold("OFF", one)
    out["head-object-ver1-no-lock"] = head(one)
    out["delete-object-ver1"] = bucket.call("delete_object", "k", VersionId=one)
    hold("OFF", two)
    return out


# ---- lists -----------------------------------------------------------------------------------------------------------

def filled(bucket):
    for key in ("test/foo/bar/123", "test/foo/bar/456", "test/bar/foo/123"):
        bucket.put(key, b"content-123")


@case("test_s3_list_operations.py::TestS3ListObjectsV2::test_list_objects_v2_with_prefix_and_delimiter")
def list_folded(bucket):
    filled(bucket)
    def page(prefix, **more):
        return bucket.call("list_objects_v2", Prefix=prefix, Delimiter="/", **more)
    return {"list-objects-v2-1": page("test/"), "list-objects-v2-1-with-max-keys": page("test/", MaxKeys=1),
            "list-objects-v2-2": page("test/foo"), "list-objects-v2-3": page("test/foo/bar")}


for _delimiter in ("", "/"):
    @case(f"test_s3_list_operations.py::TestS3ListObjects::test_list_objects_with_prefix[{_delimiter}]", _delimiter)
    def list_by_prefix(bucket, delimiter):
        bucket.put("test/foo/bar/123", b"content 123")
        bucket.words = {bucket.s3.list_buckets()["Owner"]["ID"]: "<owner-id>"}
        return {"list-objects": bucket.call("list_objects", Prefix="test/", MaxKeys=1, **({"Delimiter": delimiter} if delimiter else {}))}


# ---- rules -----------------------------------------------------------------------------------------------------------

def told(value):
    """Expirations as these recordings write them."""
    if isinstance(value, dict):
        return {key: "<expiration>" if key == "Expiration" else told(member) for key, member in value.items()}
    return [told(member) for member in value] if isinstance(value, list) else value


@case(RULES + "test_bucket_lifecycle_configuration_object_expiry")
def expiry(bucket):
    rule = {"Expiration": {"Days": 7}, "ID": "rule_number_one", "Filter": {"Prefix": ""}, "Status": "Enabled"}
    bucket.call("put_bucket_lifecycle_configuration", LifecycleConfiguration={"Rules": [rule]})
    bucket.put("k", b"test")
    return told({"get-bucket-lifecycle-conf": bucket.call("get_bucket_lifecycle_configuration"),
                 "head-object-expiry": bucket.call("head_object", "k"), "get-object-expiry": bucket.read("k")})


@case(RULES + "test_bucket_lifecycle_configuration_object_expiry_versioned")
def expiry_of_versions(bucket):
    rule = {"ID": "rule2", "Status": "Enabled", "Filter": {}, "Expiration": {"Days": 1}, "NoncurrentVersionExpiration": {"NoncurrentDays": 1}}
    bucket.versioned().call("put_bucket_lifecycle_configuration", LifecycleConfiguration={"Rules": [rule]})
    one = bucket.put("k", b"test")["VersionId"]
    out = {"get-bucket-lifecycle-conf": bucket.call("get_bucket_lifecycle_configuration"), "head-object-expiry": bucket.call("head_object", "k")}
    two = bucket.put("k", b"test")["VersionId"]
    out["head-object-expiry-noncurrent"] = bucket.call("head_object", "k", VersionId=one)
    out["head-object-expiry-current-with-version-id"] = bucket.call("head_object", "k", VersionId=two)
    return told({**out, "head-object-expiry-current-without-version-id": bucket.call("head_object", "k")})


@case(RULES + "test_bucket_lifecycle_multiple_rules")
def several_rules(bucket):
    rules = [{"ID": name, "Filter": {"Prefix": prefix}, "Status": "Enabled", "Expiration": {"Days": days}}
             for name, prefix, days in (("rule_one", "testobject", 10), ("rule_two", "test", 11), ("rule_three", "t", 9))]
    bucket.call("put_bucket_lifecycle_configuration", LifecycleConfiguration={"Rules": rules})
    return told({"get-bucket-lifecycle-conf": bucket.call("get_bucket_lifecycle_configuration"),
                 "put-object-match-both-rules": bucket.put("testobject/1", b"test"), "put-object-match-rule-2": bucket.put("test/1", b"test"),
                 "put-object-no-match": bucket.put("no-match", b"test")})
