"""S3 as AWS answered it: multipart uploads and their checksums."""

import base64
import hashlib
import zlib

from recorded_s3_objects import IF, KEY, MIB, PARTS, S3, UPLOADED, began, case, finished, one_part

RANGES = ("1-0", "-1-", "0--1", "0-1,3-4,7-9", "-", "-0", "0-100", "100-200", "1-", "-2", "-15")
SUMS_OF_BIG = {"CRC32": ("NRU+Sw==", "TBHN8A=="), "CRC32C": ("2/Ckiw==", "5yZkMA==")}


@case("test_s3_api.py::TestS3Multipart::test_upload_part_copy_range", words=True)
def copied_ranges(bucket):
    key = "test-upload-part-copy"
    out = {"put-src-object": bucket.put("src", b"0123456789")}
    out["create-multipart"], upload = began(bucket, key)
    asked = {**upload, "CopySource": f"{bucket.name}/src"}
    for number, part in enumerate(("0-8", "1-1", "0-0"), 1):
        out[f"upload-part-copy-{number}"] = bucket.call("upload_part_copy", key, **asked, PartNumber=number, CopySourceRange=f"bytes={part}")
    out["list-parts"] = bucket.call("list_parts", key, **upload)
    out["upload-part-copy-wrong-format"] = bucket.refused("upload_part_copy", key, **asked, PartNumber=1, CopySourceRange="0-8")
    for part in RANGES:
        out[f"upload-part-copy-range-exc-{part}"] = bucket.refused("upload_part_copy", key, **asked, PartNumber=1, CopySourceRange=f"bytes={part}")
    return out


@case(IF + "test_multipart_if_none_match_with_delete")
def none_match_and_deleted(bucket):
    out = {"put-obj": bucket.call("put_object", KEY)}
    out["create-multipart"], done = one_part(bucket)
    out["complete-multipart-if-none-match"] = bucket.refused("complete_multipart_upload", KEY, **done, IfNoneMatch="*")
    out["del-obj"] = bucket.call("delete_object", KEY)
    out["complete-multipart-after-del"] = bucket.refused("complete_multipart_upload", KEY, **done, IfNoneMatch="*")
    _, done = one_part(bucket)
    return {**out, "complete-multipart-after-del-restart": bucket.call("complete_multipart_upload", KEY, **done, IfNoneMatch="*")}


@case(S3 + "test_complete_multipart_parts_order", words=True)
def parts_in_order(bucket):
    def uploaded(key, numbers):
        _, upload = began(bucket, key)
        return upload, [{"ETag": bucket.call("upload_part", key, **upload, Body=part, PartNumber=number)["ETag"], "PartNumber": number}
                        for number in numbers]
    def complete(call, key, upload, parts):
        return call("complete_multipart_upload", key, **upload, MultipartUpload={"Parts": parts})
    part, key = b"a" * (5 * MIB + 1), "test-order-parts"
    upload, parts = uploaded(key, (1, 2, 3))
    out = {"upload-part-negative-part-number": bucket.refused("upload_part", key, **upload, Body=part, PartNumber=-1),
           "complete-multipart-unordered": complete(bucket.refused, key, upload, [parts[0], parts[2], parts[1]]),
           "complete-multipart-ordered": complete(bucket.call, key, upload, parts)}
    upload, parts = uploaded("key-sequence-with-step-2", (2, 4, 6))
    return {**out, "complete-multipart-with-step-2": complete(bucket.call, "key-sequence-with-step-2", upload, parts)}


@case(S3 + "test_multipart_with_unicode_character_location", words=True)
def unicode_location(bucket):
    key = "test-unicode_\u2014_file"
    made, upload = began(bucket, key)
    part = bucket.call("upload_part", key, **upload, Body=b"test", PartNumber=1)
    done = bucket.call("complete_multipart_upload", key, **upload, MultipartUpload={"Parts": [{"ETag": part["ETag"], "PartNumber": 1}]})
    bucket.words |= {done["ETag"]: '"209b3f7345bfc0220995968302e3e9a8-1"', done["ChecksumCRC64NVME"]: "LPvyvt6AWlQ="}  # of bytes that nobody told
    return {"create-multipart": made, "complete-multipart": done}


for _algorithm in ("CRC32", "CRC32C", "SHA1", "SHA256"):
    @case(PARTS + f"test_complete_multipart_parts_checksum_composite[{_algorithm}]", _algorithm, words=True)
    def composite(bucket, algorithm):
        big, small, name = b"a" * (5 * MIB + 1), b"a" * 10, f"Checksum{algorithm}"
        def value(body):
            if algorithm in SUMS_OF_BIG:
                return SUMS_OF_BIG[algorithm][body is small]
            return base64.b64encode(hashlib.new(algorithm.lower(), body).digest()).decode()
        made, upload = began(bucket, UPLOADED, ChecksumAlgorithm=algorithm)
        out = {"create-mpu-checksum": made}
        parts = []
        for at, body in enumerate((big, big, small)):
            part = out[f"upload-part-{at}"] = bucket.call("upload_part", UPLOADED, **upload, Body=body, PartNumber=at + 1, **{name: value(body)})
            parts.append({"ETag": part["ETag"], "PartNumber": at + 1, name: part[name]})
        out["list-parts"] = bucket.call("list_parts", UPLOADED, **upload)
        wrong = {"CRC32": 0, "CRC32C": 1}.get(algorithm, 2)  # AWS names any of the wrong ones
        bad = [{**part, name: value(small if at < 2 else big)} if at == wrong else part for at, part in enumerate(parts)]
        out["complete-multipart-wrong-parts-checksum"] = bucket.refused("complete_multipart_upload", UPLOADED, **upload, MultipartUpload={"Parts": bad})
        out["complete-multipart-no-checksum"] = bucket.refused("complete_multipart_upload", UPLOADED, **upload, MultipartUpload={
            "Parts": [{"ETag": part["ETag"], "PartNumber": part["PartNumber"]} for part in parts]})
        out["complete-multipart-checksum"] = finished(bucket, upload, parts)
        asked = ["Checksum", "ETag", "ObjectParts"]
        out["get-object-with-checksum"] = {**bucket.read(UPLOADED, ChecksumMode="ENABLED"), "Body": ""}
        out["head-object-with-checksum"] = bucket.call("head_object", UPLOADED, ChecksumMode="ENABLED")
        out["get-object-attrs"] = bucket.call("get_object_attributes", UPLOADED, ObjectAttributes=asked)
        out["copy-obj-checksum"] = bucket.call("copy_object", "copy", CopySource=f"{bucket.name}/{UPLOADED}", ChecksumAlgorithm=algorithm)
        out["get-copy-object-attrs"] = bucket.call("get_object_attributes", "copy", ObjectAttributes=asked)
        return {**out, "get-object-part-checksum": bucket.read(UPLOADED, PartNumber=3, ChecksumMode="ENABLED")}


@case(PARTS + "test_complete_multipart_parts_checksum_default", words=True)
def no_checksum_named(bucket):
    asked = ["Checksum", "ETag", "ObjectParts"]
    made, upload = began(bucket, UPLOADED)
    out = {"create-mpu-no-checksum": made, "list-multiparts": bucket.call("list_multipart_uploads")}
    part = bucket.call("upload_part", UPLOADED, **upload, Body=b"aaa", PartNumber=1, ChecksumCRC32C="45fn2Q==")
    one = {"ETag": part["ETag"], "PartNumber": 1}
    def refused(more=(), **members):
        return bucket.refused("complete_multipart_upload", UPLOADED, **upload, MultipartUpload={"Parts": [{**one, **dict(more)}]}, **members)
    sha = base64.b64encode(hashlib.sha256(b"aaa").digest()).decode()
    return {**out, "upload-part-different-checksum-than-default": part, "list-parts": bucket.call("list_parts", UPLOADED, **upload),
            "complete-multipart-parts-checksum": refused({"ChecksumCRC32C": "45fn2Q=="}),
            "complete-multipart-wrong-parts-checksum": refused({"ChecksumSHA256": sha}),
            "complete-multipart-full-object-type": refused(ChecksumType="FULL_OBJECT"),
            "complete-multipart-composite-type": refused(ChecksumType="COMPOSITE"), "complete-multipart-checksum": finished(bucket, upload, [one]),
            "get-object-with-checksum": {**bucket.read(UPLOADED, ChecksumMode="ENABLED"), "Body": ""},
            "head-object-with-checksum": bucket.call("head_object", UPLOADED, ChecksumMode="ENABLED"),
            "get-object-attrs": bucket.call("get_object_attributes", UPLOADED, ObjectAttributes=asked),
            "copy-obj-checksum": bucket.call("copy_object", "copy", CopySource=f"{bucket.name}/{UPLOADED}"),
            "get-copy-object-attrs": bucket.call("get_object_attributes", "copy", ObjectAttributes=asked)}


@case(PARTS + "test_multipart_parts_checksum_exceptions_full_object", words=True)
def full_object_wrong(bucket):
    key = "test-multipart-checksum-exc"
    out = {"create-mpu-no-checksum-algo-with-type": bucket.refused("create_multipart_upload", key, ChecksumType="FULL_OBJECT")}
    out["create-mpu-checksum-crc32c"], upload = began(bucket, key, ChecksumType="FULL_OBJECT", ChecksumAlgorithm="CRC32C")
    out["list-multiparts"] = bucket.call("list_multipart_uploads")
    out["upload-part-no-checksum-ok"] = part = bucket.call("upload_part", key, **upload, Body=b"abc", PartNumber=1, ChecksumCRC32C="Nks/tw==")
    one, good, bad = {"ETag": part["ETag"], "PartNumber": 1}, part["ChecksumCRC32C"], "AAAAAA=="
    def refused(parts=one, **members):
        return bucket.refused("complete_multipart_upload", key, **upload, MultipartUpload={"Parts": [parts]}, **members)
    summed = {**one, "ChecksumCRC32C": good}
    out |= {"complete-part-bad-checksum-type": refused(summed, ChecksumType="COMPOSITE"),
            "complete-part-good-checksum-no-type": refused(summed, ChecksumCRC32C=bad), "complete-part-only-checksum-algo": refused(ChecksumCRC32C=bad),
            "complete-part-only-checksum-algo-diff": refused(ChecksumCRC32C=bad, ChecksumType="FULL_OBJECT"),
            "complete-part-bad-checksum": refused(summed, ChecksumCRC32C=bad, ChecksumType="FULL_OBJECT"),
            "complete-part-bad-checksum-algo": refused(ChecksumCRC32C=base64.b64encode(zlib.crc32(b"abc").to_bytes(4, "big")).decode())}
    out["complete-success"] = bucket.call("complete_multipart_upload", key, **upload, MultipartUpload={"Parts": [summed]}, ChecksumType="FULL_OBJECT")
    out["create-mpu-with-checksum"], upload = began(bucket, key, ChecksumType="FULL_OBJECT", ChecksumAlgorithm="CRC32C")
    out["upload-part-different-checksum-exc"] = bucket.refused("upload_part", key, **upload, Body=b"abc", PartNumber=1, ChecksumAlgorithm="CRC32")
    return out
