"""S3 as AWS answered it: presigned URLs and uploads by form, both signed with version 4."""

import time
import xml.etree.ElementTree

import botocore.config
import urllib3

from recorded import case
from recorded_s3_buckets import Bucket

URL, POST = "test_s3.py::TestS3PresignedUrl::", "test_s3.py::TestS3PresignedPost::"
V4 = botocore.config.Config(signature_version="s3v4", s3={"addressing_style": "path"}, parameter_validation=False)
HTTP = urllib3.PoolManager(retries=False)


def bucket_of(aws):
    bucket = Bucket(aws)
    bucket.client = aws.client("s3", config=V4)
    return bucket


def words(element):
    children = list(element)
    return {child.tag.rpartition("}")[2]: words(child) for child in children} if children else element.text


def told(answer, host="host-id", **known):
    """A refusal as the recordings hold it."""
    error = words(xml.etree.ElementTree.fromstring(answer.data))
    error.update({"HostId": host, **{name: value for name, value in known.items() if name in error}})
    return {"Error": error}


def drop_later(aws, bucket, *keys):
    for key in keys:
        aws.later(bucket.delete_object, Key=key)


def url_of(bucket, what="get_object", seconds=60, **members):
    return bucket.client.generate_presigned_url(what, Params={"Bucket": bucket.name, "Key": "k", **members}, ExpiresIn=seconds)


def expired(aws, seconds, name):
    bucket = bucket_of(aws)
    url = url_of(bucket, seconds=seconds)
    time.sleep(seconds + 0.1)
    return {name: told(HTTP.request("GET", url), Expires="date", ServerTime="date")}


case(URL + "test_s3_presigned_url_expired[s3v4]", 2, "expired-exception")(expired)
case(URL + "test_presigned_url_signature_authentication_expired[s3v4-False]", 1, "expired")(expired)
case(URL + "test_presigned_url_signature_authentication_expired[s3v4-True]", 1, "expired")(expired)


@case(URL + "test_s3_put_presigned_url_missing_sig_param[s3v4]")
def missing_parameter(aws):
    url = url_of(bucket_of(aws), "put_object").replace("X-Amz-Signature=", "X-Other=")
    answer = HTTP.request("PUT", url, body=b"x")
    return {"missing-param-exception": {**told(answer), "StatusCode": answer.status}}


@case(URL + "test_presigned_double_encoded_credentials")
def double_encoded(aws):
    return {"error-malformed": told(HTTP.request("GET", url_of(bucket_of(aws)).replace("%2F", "%252F")))}


def post(bucket, fields=None, content=b"abcdef", drop=(), change=None, seconds=60, conditions=None, key="k"):
    made = bucket.client.generate_presigned_post(bucket.name, key, Fields=fields, Conditions=conditions, ExpiresIn=seconds)
    given = {name: value for name, value in {**made["fields"], **(change or {})}.items() if name not in drop}
    return HTTP.request("POST", made["url"], fields={**given, "file": content}, redirect=False)


def refused(answer):
    return {**told(answer), "StatusCode": answer.status}


@case(POST + "test_post_request_expires")
def post_expired(aws):
    bucket = bucket_of(aws)
    return {"exception": refused(post(bucket, seconds=-1))}


@case(POST + "test_post_request_malformed_policy[s3v4]")
def post_malformed(aws):
    return {"exception-policy": refused(post(bucket_of(aws), change={"policy": "invalid"}))}


@case(POST + "test_post_request_missing_signature[s3v4]")
def post_without_signature(aws):
    return {"exception-missing-signature": refused(post(bucket_of(aws), drop=["x-amz-signature"]))}


@case(POST + "test_post_request_missing_fields[s3v4]")
def post_without_fields(aws):
    bucket = bucket_of(aws)
    signing = ["x-amz-algorithm", "x-amz-credential", "x-amz-date", "x-amz-signature"]
    return {"exception-missing-fields": refused(post(bucket, drop=["x-amz-algorithm"])),
            "exception-no-sig-related-fields": refused(post(bucket, drop=[*signing, "policy"]))}


TAGS = {"single": "<Tagging><TagSet><Tag><Key>TagName</Key><Value>TagValue</Value></Tag></TagSet></Tagging>",
        "list": "<Tagging><TagSet><Tag><Key>TagName</Key><Value>TagValue</Value></Tag>"
                "<Tag><Key>TagName2</Key><Value>TagValue2</Value></Tag></TagSet></Tagging>",
        "invalid": "<InvalidXmlTagging></InvalidXmlTagging>"}


def post_tags(aws, which):
    bucket = bucket_of(aws)
    drop_later(aws, bucket, "k")
    answer = post(bucket, {"tagging": TAGS[which]}, conditions=[{"tagging": TAGS[which]}])
    assert answer.status == 204, answer.data
    return {"get-tagging": bucket.get_object_tagging(Key="k")}


for TAG in ("single", "list", "invalid"):
    case(POST + f"test_post_object_with_tags[{TAG}]", TAG)(post_tags)


@case(POST + "test_post_object_with_tags[notxml]")
def post_no_tags(aws):
    return {"tagging-error": told(post(bucket_of(aws), {"tagging": "not-xml"}, conditions=[{"tagging": "not-xml"}]), host="host")}


@case(POST + "test_post_object_policy_conditions_validation_eq")
def post_conditions(aws):
    bucket = bucket_of(aws)
    drop_later(aws, bucket, "k")
    where, other = "http://localhost.test/random", "http://wrong.location/test"
    wrong = lambda *conditions, **fields: told(post(bucket, {"success_action_redirect": where, **fields}, conditions=list(conditions)), host="h")
    answers = {
        "invalid-condition-eq": told(post(bucket, {"success_action_redirect": other}, conditions=[
            ["eq", "$success_action_redirect", where]]), host="h"),
        "invalid-condition-missing-prefix": wrong(["eq", "success_action_redirect", where]),
        "invalid-condition-wrong-condition": wrong({"success_action_redirect": where, "key": "k"}),
        "invalid-condition-wrong-value-casing": wrong(["eq", "$success_action_redirect", where.replace("http://", "HTTP://")])}
    meta = {"x-amz-meta-test-1": "test-meta-1", "x-amz-meta-test-2": "test-meta-2", "Content-Type": "text/plain",
            "Expires": "Fri, 25 Dec 2026 00:00:00 GMT"}
    assert post(bucket, meta, conditions=[{name: value} for name, value in meta.items()]).status == 204
    head = bucket.head_object(Key="k")
    answers["head-object-metadata"] = {**head, "LastModified": "datetime", "Expires": "datetime"}
    assert post(bucket).status == 204
    answers["final-object"] = {**bucket.get_object(Key="k", ChecksumMode="ENABLED"), "LastModified": "datetime"}
    return answers


@case(POST + "test_post_object_policy_conditions_validation_starts_with")
def post_starts_with(aws):
    bucket = bucket_of(aws)
    drop_later(aws, bucket, "k")
    starts = [["starts-with", "$success_action_redirect", "http://localhost"]]
    put = lambda where, content=b"abcdef": post(bucket, {"success_action_redirect": where}, content, conditions=starts)
    show = lambda: {**bucket.get_object(Key="k", ChecksumMode="ENABLED"), "LastModified": "datetime"}
    answers = {"invalid-condition-starts-with": told(put("http://wrong.location/test"), host="h"),
               "invalid-condition-starts-with-casing": told(put("HTTP://localhost.test/random"), host="h")}
    assert put("http://localhost.test/random").status == 303
    answers["get-object-1"] = show()
    assert put("http://localhost.test/random", b"manual value to change ETag").status == 303
    answers["get-object-2"] = show()
    return answers


@case(POST + "test_post_object_policy_validation_size")
def post_size(aws):
    bucket = bucket_of(aws)
    drop_later(aws, bucket, "k")
    put = lambda content, least=5, most=10: post(bucket, None, content, conditions=[["content-length-range", least, most]])
    answers = {"invalid-content-length-too-big": told(put(b"a" * 12), host="h"), "invalid-content-length-too-small": told(put(b"a"), host="h")}
    assert put(b"a" * 10).status == 204
    answers["final-object"] = {**bucket.get_object(Key="k", ChecksumMode="ENABLED"), "LastModified": "datetime"}
    answers["invalid-content-length-wrong-type"] = told(put(b"a" * 10, "test", "10"), host="h")
    return answers
