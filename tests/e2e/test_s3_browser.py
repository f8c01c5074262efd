"""What browsers do with S3: CORS, presigned URLs, uploads by form; buckets in the path and in the host."""

import base64
import datetime
import http.client
import json
import time
import urllib.error
import urllib.parse
import urllib.request

import botocore.config
import pytest

from test_s3_buckets import REGION, new_bucket

ORIGIN = "https://app.example.com"


@pytest.fixture(scope="module")
def s3(yagura):
    return yagura.client("s3", REGION)


@pytest.fixture(scope="module")
def signer(yagura):
    return yagura.client("s3", REGION, config=botocore.config.Config(signature_version="s3v4", s3={"addressing_style": "path"}),
                         credentials=yagura.credentials)


@pytest.fixture
def bucket(s3):
    name = new_bucket(s3)
    yield name
    for one in s3.list_objects_v2(Bucket=name).get("Contents", []):
        s3.delete_object(Bucket=name, Key=one["Key"])
    s3.delete_bucket(Bucket=name)


class Answer:
    def __init__(self, response):
        self.status, self.headers, self.body = response.status, response.headers, response.read().decode()

    def code(self):
        return self.body.partition("<Code>")[2].partition("</Code>")[0]


def talk(yagura, method, url, body=None, headers=None):
    place = urllib.parse.urlsplit(url)
    with_port = urllib.parse.urlsplit(yagura.endpoint)
    connection = http.client.HTTPConnection(with_port.hostname, with_port.port, timeout=10)
    connection.request(method, place.path + ("?" + place.query if place.query else ""), body, {"Host": place.netloc, **(headers or {})})
    answer = Answer(connection.getresponse())
    connection.close()
    return answer


def test_preflights_and_headers_of_answers(yagura, s3, signer, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    url = f"{yagura.endpoint}/{bucket}/k"
    ask = lambda **more: talk(yagura, "OPTIONS", url, headers={name.replace("_", "-"): value for name, value in more.items()})
    assert ask().code() == "BadRequest"
    none = ask(Origin=ORIGIN, Access_Control_Request_Method="GET")
    assert (none.status, none.code()) == (403, "AccessForbidden") and "CORS is not enabled" in none.body and "<Method>GET<" in none.body
    s3.put_bucket_cors(Bucket=bucket, CORSConfiguration={"CORSRules": [
        {"AllowedMethods": ["GET"], "AllowedOrigins": ["https://*.example.com"], "AllowedHeaders": ["x-amz-*"], "ExposeHeaders": ["ETag"],
         "MaxAgeSeconds": 60}, {"AllowedMethods": ["PUT"], "AllowedOrigins": ["*"]}]})
    fine = ask(Origin=ORIGIN, Access_Control_Request_Method="GET", Access_Control_Request_Headers="X-Amz-Date, x-amz-acl")
    assert fine.status == 200 and fine.body == ""
    assert {name: value for name, value in fine.headers.items() if name.startswith("Access") or name == "Vary"} == {
        "Access-Control-Allow-Origin": ORIGIN, "Access-Control-Allow-Methods": "GET", "Access-Control-Max-Age": "60",
        "Access-Control-Allow-Headers": "x-amz-date, x-amz-acl", "Access-Control-Expose-Headers": "ETag",
        "Access-Control-Allow-Credentials": "true", "Vary": "Origin, Access-Control-Request-Headers, Access-Control-Request-Method"}
    anyone = ask(Origin="http://other", Access_Control_Request_Method="PUT")
    assert anyone.headers["Access-Control-Allow-Origin"] == "*" and "Access-Control-Allow-Credentials" not in anyone.headers
    for more in ({"Origin": "https://example.org"}, {"Origin": ORIGIN, "Access_Control_Request_Headers": "content-type"}):
        refused = ask(**{"Access_Control_Request_Method": "GET", **more})
        assert refused.status == 403 and "<ResourceType>OBJECT<" in refused.body
    signed = signer.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "k"})
    told = talk(yagura, "GET", signed, headers={"Origin": ORIGIN})
    assert told.body == "x" and told.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert "Access-Control-Allow-Origin" not in talk(yagura, "GET", signed, headers={"Origin": "https://example.org"}).headers
    assert talk(yagura, "GET", url, headers={"Origin": ORIGIN}).headers["Access-Control-Allow-Origin"] == ORIGIN  # refused, yet readable


def test_presigned_urls(yagura, s3, signer, bucket):
    sign = lambda what, **more: signer.generate_presigned_url(what, ExpiresIn=more.pop("ExpiresIn", 60), Params={"Bucket": bucket, **more})
    put = sign("put_object", Key="a b/ü", ContentType="text/plain", Metadata={"color": "red"})
    assert talk(yagura, "PUT", put, "hello", {"Content-Type": "text/html", "x-amz-meta-color": "red"}).code() == "SignatureDoesNotMatch"
    assert talk(yagura, "PUT", put, "hello", {"Content-Type": "text/plain", "x-amz-meta-color": "red"}).status == 200
    assert s3.head_object(Bucket=bucket, Key="a b/ü")["Metadata"] == {"color": "red"}
    more = {"Content-Type": "text/plain", "x-amz-meta-color": "red", "X-Amz-Acl": "public-read"}  # who holds a URL may not add to it
    told = talk(yagura, "PUT", put, "hello", more)
    assert told.status == 403 and "<HeadersNotSigned>x-amz-acl</HeadersNotSigned>" in told.body
    get = sign("get_object", Key="a b/ü", ResponseContentType="x/y")
    told = talk(yagura, "GET", get)
    assert told.body == "hello" and told.headers["Content-Type"] == "x/y"
    assert talk(yagura, "GET", get, headers={"Range": "bytes=1-2"}).body == "el"
    assert talk(yagura, "HEAD", sign("head_object", Key="a b/ü")).headers["Content-Length"] == "5"
    assert talk(yagura, "DELETE", get).code() == "SignatureDoesNotMatch"
    assert talk(yagura, "GET", get.replace("x%2Fy", "x%2Fz")).code() == "SignatureDoesNotMatch"
    late = talk(yagura, "GET", sign("get_object", Key="a b/ü", ExpiresIn=1).replace("X-Amz-Expires=1&", "X-Amz-Expires=900000&"))
    assert late.status in (400, 403)
    brief = sign("get_object", Key="a b/ü", ExpiresIn=1)
    time.sleep(1.1)
    told = talk(yagura, "GET", brief)
    assert (told.status, told.code()) == (403, "AccessDenied") and "Request has expired" in told.body
    made = yagura.client("sts").get_session_token()["Credentials"]
    session = {"accessKeyId": made["AccessKeyId"], "secretAccessKey": made["SecretAccessKey"], "sessionToken": made["SessionToken"]}
    with_token = yagura.client("s3", REGION, session, botocore.config.Config(signature_version="s3v4"))
    url = with_token.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "a b/ü"})
    assert "X-Amz-Security-Token" in url and talk(yagura, "GET", url).body == "hello"


def form_of(fields, content, name="file.txt", boundary="xYzZy"):
    lines = []
    for key, value in fields.items():
        lines += [f"--{boundary}", f'Content-Disposition: form-data; name="{key}"', "", value]
    lines += [f"--{boundary}", f'Content-Disposition: form-data; name="file"; filename="{name}"', "Content-Type: text/plain", ""]
    body = "\r\n".join(lines).encode() + b"\r\n" + content + f"\r\n--{boundary}--\r\n".encode()
    return body, {"Content-Type": f"multipart/form-data; boundary={boundary}"}


def test_uploads_by_form(yagura, s3, signer, bucket):
    def post(content=b"hello", conditions=(), change=(), drop=(), key="up/${filename}", **fields):
        made = signer.generate_presigned_post(bucket, key, Fields=dict(fields), Conditions=[*conditions, *({k: v} for k, v in fields.items())])
        given = {name: value for name, value in {**made["fields"], **dict(change)}.items() if name not in drop}
        return talk(yagura, "POST", made["url"], *form_of(given, content))
    plain = post()
    assert plain.status == 204 and plain.headers["Location"].endswith(f"/{bucket}/up/file.txt") and plain.headers["ETag"]
    assert s3.get_object(Bucket=bucket, Key="up/file.txt")["Body"].read() == b"hello"
    made = post(success_action_status="201", acl="private", tagging="<Tagging><TagSet><Tag><Key>a</Key><Value>b c</Value></Tag></TagSet></Tagging>",
                **{"Content-Type": "text/css", "x-amz-meta-color": "red"})
    assert made.status == 201 and f"<Bucket>{bucket}</Bucket><Key>up/file.txt</Key>" in made.body
    head = s3.head_object(Bucket=bucket, Key="up/file.txt")
    assert head["ContentType"] == "text/css" and head["Metadata"] == {"color": "red"}
    away = post(success_action_redirect="https://example.com/done?x=1")
    assert away.status == 303 and away.headers["Location"].startswith(f"https://example.com/done?x=1&bucket={bucket}&key=up%2Ffile.txt&etag=")
    size = ["content-length-range", 2, 10]
    assert post(b"x" * 10, [size]).status == 204
    large, small = post(b"x" * 11, [size]), post(b"x", [size])
    assert large.code() == "EntityTooLarge" and "<MaxSizeAllowed>10<" in large.body and small.code() == "EntityTooSmall"
    other = post(change={"key": "elsewhere"})
    assert (other.status, other.code()) == (403, "AccessDenied") and "Policy Condition failed" in other.body
    assert "Extra input fields: x-amz-meta-a" in post(change={"x-amz-meta-a": "b"}).body
    assert post(conditions=[["starts-with", "$x-amz-meta-a", "b"]], change={"x-amz-meta-a": "bcd"}).status == 204
    assert post(change={"x-amz-signature": "0" * 64}).code() == "SignatureDoesNotMatch"
    missing = post(drop=["x-amz-signature"])
    assert missing.code() == "InvalidArgument" and "'X-Amz-Signature'" in missing.body
    policy = {"expiration": (datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")}
    assert post(change={"policy": base64.b64encode(json.dumps(policy).encode()).decode()}).code() == "SignatureDoesNotMatch"
    assert talk(yagura, "POST", f"{yagura.endpoint}/{bucket}", *form_of({"key": "k"}, b"x")).code() == "AccessDenied"
    assert talk(yagura, "POST", f"{yagura.endpoint}/{bucket}", b"junk", {"Content-Type": "multipart/form-data; boundary=x"}).code() == "MalformedPOSTRequest"
    block = b"0123456789abcdef" * 65536 * 4
    assert post(block, key="large").status == 204
    assert s3.get_object(Bucket=bucket, Key="large")["Body"].read() == block


def test_buckets_in_the_host(yagura, s3, bucket):
    port = urllib.parse.urlsplit(yagura.endpoint).port
    client = yagura.client("s3", REGION, config=botocore.config.Config(signature_version="s3v4", s3={"addressing_style": "virtual"}),
                           credentials=yagura.credentials)
    sign = lambda what, **more: client.generate_presigned_url(what, Params={"Bucket": bucket, **more}).replace("127.0.0.1", "localhost")
    yagura_endpoint, yagura.endpoint = yagura.endpoint, f"http://localhost:{port}"
    try:
        client = yagura.client("s3", REGION, config=botocore.config.Config(signature_version="s3v4", s3={"addressing_style": "virtual"}),
                               credentials=yagura.credentials)
        put = sign("put_object", Key="k")
        assert put.startswith(f"http://{bucket}.localhost:{port}/k?")
        made = client.generate_presigned_post(bucket, "by-form")
        listing = client.generate_presigned_url("list_objects_v2", Params={"Bucket": bucket})
    finally:
        yagura.endpoint = yagura_endpoint
    assert talk(yagura, "PUT", put, "x").status == 200
    assert made["url"].startswith(f"http://{bucket}.localhost:{port}")
    told = talk(yagura, "POST", made["url"], *form_of(made["fields"], b"y"))
    assert told.status == 204 and told.headers["Location"] == f"http://{bucket}.localhost:{port}/by-form"
    assert "<Key>by-form</Key>" in talk(yagura, "GET", listing).body
    assert talk(yagura, "OPTIONS", f"http://{bucket}.localhost:{port}/k", headers={"Origin": ORIGIN}).code() == "AccessForbidden"
