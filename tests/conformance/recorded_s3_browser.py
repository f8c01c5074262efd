"""S3 as AWS answered it: what browsers ask of other origins, to the header; what is sent signed by hand."""

import hashlib
import json
import xml.etree.ElementTree

from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials


from recorded import case
from recorded_s3_buckets import CORS, Bucket
from recorded_s3_signed import HTTP, POST, URL, V4, bucket_of, drop_later, post, told, url_of, words

SITE = "https://localhost:4200"
METHOD, HEADERS = "Access-Control-Request-Method", "Access-Control-Request-Headers"


class Site:
    """A bucket whose objects anyone may read and write, and an object in it."""

    def __init__(self, aws, **rule):
        self.bucket = bucket_of(aws).open()
        self.root = url_of(self.bucket, Key="x").partition("/x?")[0]
        self.bucket.put_object(Key="k", Body=b"test-cors")
        drop_later(aws, self.bucket, "k", "new")
        self.bucket.put_bucket_policy(Policy=ANYONE.replace("NAME", self.bucket.name))
        if rule:
            self.rule(**rule)

    def rule(self, **rule):
        self.bucket.put_bucket_cors(CORSConfiguration={"CORSRules": [{"AllowedOrigins": [SITE], "AllowedMethods": ["GET"], **rule}]})

    def ask(self, what, key="k", **headers):
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        return shown(HTTP.request(what, self.root + (f"/{key}" if key else ""), headers=given, preload_content=True))

    def preflight(self, method="GET", headers=None, origin=SITE, key="k"):
        more = {HEADERS.replace("-", "_"): headers} if headers else {}
        return self.ask("OPTIONS", key, Origin=origin, Access_Control_Request_Method=method, **more)


ANYONE = ('{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": ["s3:GetObject", "s3:PutObject"], '
          '"Resource": "arn:aws:s3:::NAME/*"}]}')
SPELT = {name.lower(): name for name in (
    "Access-Control-Allow-Credentials", "Access-Control-Allow-Methods", "Access-Control-Allow-Origin", "Access-Control-Allow-Headers",
    "Access-Control-Expose-Headers", "Access-Control-Max-Age", "Content-Length", "Content-Type", "ETag", "Last-Modified", "Transfer-Encoding", "Vary")}
FREE = {"date": "date", "server": "server", "Last-Modified": "last--modified"}


def shown(answer):
    """Names spelt as recorded. What frames the body of a refusal, and whether the server names itself, is each server's own."""
    headers = {SPELT.get(name.lower(), name.lower()): value for name, value in answer.headers.items()}
    headers = {name: FREE.get(name, value) for name, value in {**headers, "server": "any"}.items() if name.lower() != "connection"}
    refused = answer.status >= 400
    if refused:
        headers.pop("Content-Length", None)
        headers["Transfer-Encoding"] = "chunked"
    body = {"Error": words(xml.etree.ElementTree.fromstring(answer.data))} if refused else answer.data
    return {"Body": body, "Headers": headers, "StatusCode": answer.status}


@case(CORS + "test_cors_http_options_no_config")
def no_rules(aws):
    site = Site(aws)
    def ask(**headers):
        return told(HTTP.request("OPTIONS", f"{site.root}/k", headers=headers))
    return {"options-no-origin": ask(), "options-with-origin-and-method": ask(Origin=SITE, **{METHOD: "PUT"}),
            "options-with-origin-no-method": ask(Origin=SITE)}


@case(CORS + "test_cors_expose_headers")
def exposed(aws):
    return {"opt-get": Site(aws, AllowedOrigins=["*"], ExposeHeaders=["x-amz-id-2", "x-amz-request-id", "x-amz-request-payer"]).preflight()}


@case(CORS + "test_put_cors_default_values")
def defaults(aws):
    site = Site(aws, AllowedOrigins=["*"])
    return {"opt-get": site.preflight(), "opt-get-headers": site.preflight(headers="x-amz-request-payer")}


@case(CORS + "test_cors_options_match_partial_origin", "options_match_partial_origin", "http://test.origin.com", ["GET", "PUT"])
@case(CORS + "test_cors_options_fails_partial_origin", "options_fails_partial_origin", "http://test.wrongorigin.com", ["GET", "PUT"])
def part_of_origin(aws, name, origin, methods):
    site = Site(aws, AllowedOrigins=["http://*.origin.com"], AllowedMethods=methods, MaxAgeSeconds=3000)
    return {name: site.preflight(origin=origin, key="")}


@case(CORS + "test_cors_match_methods")
def methods(aws):
    site = Site(aws, MaxAgeSeconds=3000)
    return {"opt-get": site.preflight(), "get-wrong-op": site.ask("GET", Origin=SITE, Access_Control_Request_Method="PUT"),
            "get-op": site.ask("GET", Origin=SITE, Access_Control_Request_Method="GET"), "opt-put": site.preflight("PUT", key="new"),
            "put-op": site.ask("PUT", "new", Origin=SITE)}


@case(CORS + "test_cors_match_headers")
def headers(aws):
    site = Site(aws, MaxAgeSeconds=3000, AllowedHeaders=["*"])
    owner, algorithm = "x-amz-expected-bucket-owner", "x-amz-server-side-encryption-customer-algorithm"
    out = {"opt-get": site.preflight(headers="x-amz-request-payer"), "opt-get-two": site.preflight(headers=f"x-amz-request-payer, {owner}"),
           "get-op": site.ask("GET", Origin=SITE)}
    site.rule(MaxAgeSeconds=3000, AllowedHeaders=[owner, algorithm, "x-AMZ-server-SIDE-encryption"])
    return {**out, "get-bucket-cors-casing": site.bucket.get_bucket_cors(), "opt-get-non-allowed": site.preflight(headers="x-amz-request-payer"),
            "opt-get-allowed": site.preflight(headers=owner), "opt-get-allowed-diff-casing": site.preflight(headers=f"{owner}, X-amz-SERVER-side-encryption"),
            "opt-get-allowed-no-space": site.preflight(headers=f"{owner},x-amz-server-side-encryption"),
            "get-non-allowed-with-acl": site.ask("GET", Origin=SITE, Access_Control_Request_Headers="x-amz-request-payer"),
            "get-non-allowed": site.ask("GET", Origin=SITE, x_amz_request_payer="requester")}


# ---- signed by hand --------------------------------------------------------------------------------------------------


@case(URL + "test_put_object")
def put_by_url(aws):
    bucket = bucket_of(aws)
    drop_later(aws, bucket, "k")
    assert HTTP.request("PUT", url_of(bucket, "put_object"), body=b"something").status == 200
    return {"get_object": {**bucket.get_object(Key="k", ChecksumMode="ENABLED"), "Body": "", "LastModified": "datetime"}}


@case(URL + "test_s3_put_presigned_url_with_different_headers[s3v4]")
def other_headers(aws):
    bucket = bucket_of(aws)
    drop_later(aws, bucket, "k")
    def put(url, **headers):
        answer = HTTP.request("PUT", url, body=b"123", headers={name.replace("_", "-"): value for name, value in headers.items()})
        return {**(told(answer) if answer.data else {}), "StatusCode": answer.status}
    typed = url_of(bucket, "put_object", ContentType="text/plain")
    encoded = url_of(bucket, "put_object", ContentEncoding="identity")
    return {"content-type-exception": put(typed, Content_Type="text/xml"), "content-type-response": put(typed, Content_Type="text/plain"),
            "wrong-content-encoding-response": put(encoded, Content_Encoding="gzip")}


def metadata_by_url(aws):
    bucket = bucket_of(aws)
    drop_later(aws, bucket, "k")
    url = url_of(bucket, "put_object", Metadata={"foo": "bar"})
    def put(**headers):
        return HTTP.request("PUT", url, body=b"content 123", headers=headers)
    def refused(answer):
        return {"Error": {**words(xml.etree.ElementTree.fromstring(answer.data)), "HostId": "host"}}
    out = {"no-meta-headers": refused(put())}
    assert put(**{"x-amz-meta-foo": "bar"}).status == 200
    out["head_object"] = {**bucket.head_object(Key="k"), "LastModified": "datetime"}
    return {**out, "wrong-meta-headers": refused(put(**{"x-amz-meta-foo": "bar", "x-amz-meta-wrong": "wrong"}))}


case(URL + "test_put_url_metadata_with_sig_s3v4[True]")(metadata_by_url)
case(URL + "test_put_url_metadata_with_sig_s3v4[False]")(metadata_by_url)


FORM = b"test-body-content"  # as long as the recorded bytes, which nobody told; so are their digests


def form_head(bucket, **more):
    head = {**bucket.head_object(Key="k", **more), "LastModified": "datetime"}
    assert head["ETag"] == f'"{hashlib.md5(FORM).hexdigest()}"'
    return {**head, "ETag": '"a7d8531d918474360de3e2eaeb110cda"'}


@case(POST + "test_post_object_default_checksum")
def form_sum(aws):
    bucket = bucket_of(aws)
    drop_later(aws, bucket, "k")
    assert HTTP.request("PUT", url_of(bucket, "put_object"), body=FORM).status == 200
    sum_of_put = bucket.head_object(Key="k", ChecksumMode="ENABLED")["ChecksumCRC64NVME"]
    assert post(bucket, content=FORM).status == 204
    head = form_head(bucket, ChecksumMode="ENABLED")
    assert head["ChecksumCRC64NVME"] == sum_of_put
    return {"head-object": {**head, "ChecksumCRC64NVME": "L1qdhyEV1JY="}}


@case(POST + "test_post_object_with_metadata")
def form_metadata(aws):
    bucket = bucket_of(aws)
    drop_later(aws, bucket, "k")
    meta = {"x-amz-meta-test-1": "test-meta-1", "x-amz-meta-test-2": "test-meta-2", "Content-Type": "text/plain",
            "Expires": "Fri, 25 Dec 2026 00:00:00 GMT"}
    assert post(bucket, meta, FORM, conditions=[{name: value} for name, value in meta.items()]).status == 204
    return {"head-object": {**form_head(bucket), "Expires": "datetime"}}


# ---- lists of buckets ------------------------------------------------------------------------------------------------

BUCKETS = "test_s3_list_operations.py::TestS3ListBuckets::test_list_buckets_"


def listed(answer):
    return {**answer, "Buckets": [{**one, "CreationDate": "datetime"} for one in answer["Buckets"]]}


@case(BUCKETS + "by_prefix_with_case_sensitivity")
def buckets_by_prefix(aws):
    bucket = Bucket(aws)
    def page(prefix):
        return listed(bucket.client.list_buckets(Prefix=prefix))
    return {"list-objects-by-prefix-empty": page(bucket.name.upper()), "list-objects-by-prefix-not-empty": page(bucket.name)}


@case(BUCKETS + "by_bucket_region")
def buckets_by_region(aws):
    bucket = Bucket(aws)
    def page(region):
        return listed(bucket.client.list_buckets(Prefix=bucket.name, BucketRegion=region))
    return {"list-objects-by-bucket-region-empty": page("eu-west-1"), "list-objects-by-bucket-region-not-empty": page("us-east-1")}


@case(BUCKETS + "with_continuation_token")
def buckets_by_pages(aws):
    buckets = [Bucket(aws) for _ in range(3)]
    token = buckets[0].client.list_buckets(MaxBuckets=1)["ContinuationToken"]
    return {"list-objects-with-continuation": listed(buckets[0].client.list_buckets(MaxBuckets=1, ContinuationToken=token))}


@case(BUCKETS + "when_continuation_token_is_empty")
def buckets_from_the_start(aws):
    buckets = [Bucket(aws) for _ in range(2)]
    return {"list-objects-with-empty-continuation-token": listed(buckets[0].client.list_buckets(MaxBuckets=1, ContinuationToken=""))}


@case("test_s3.py::TestS3::test_create_bucket_aws_global")
def no_region(aws):
    name, client = aws.name("bucket"), aws.client("s3", "aws-global")
    url = aws.client("s3", config=V4).generate_presigned_url("list_buckets")
    known = aws.server.credentials
    request = AWSRequest("PUT", f"{url.partition('?')[0]}{name}", headers={"x-amz-content-sha256": "UNSIGNED-PAYLOAD"})
    S3SigV4Auth(Credentials(known["accessKeyId"], known["secretAccessKey"]), "s3", "aws-global").add_auth(request)
    out = {"xml-error-create-bucket": told(HTTP.request("PUT", request.url, headers=dict(request.headers)), host="host"),
           "create-bucket-global": client.create_bucket(Bucket=name)}
    aws.later(client.delete_bucket, Bucket=name)
    out |= {"head-bucket-global": client.head_bucket(Bucket=name), "get-location-1": client.get_bucket_location(Bucket=name),
            "list-buckets": listed(client.list_buckets(Prefix=name))}
    return json.loads(json.dumps(out, default=str).replace("us-east-1", "<us_east_1_region>").replace(name, "<bucket-name-1>")
                      .replace('"Prefix": "<bucket-name-1>"', '"Prefix": "<bucket-prefix>"'))
