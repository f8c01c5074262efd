"""S3 as AWS answered it: requests that the client signs and digests by hand, keys that the caller brings, and CORS."""

import base64
import hashlib

import botocore.config

from recorded_s3_objects import DATA, SSEC, SUMS, case, customer, like, sums_of
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
