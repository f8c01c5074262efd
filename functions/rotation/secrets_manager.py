"""Secrets Manager over HTTP with the standard library alone: the functions need no SDK beside them.

The endpoint is SECRETS_MANAGER_ENDPOINT, AWS_ENDPOINT_URL_SECRETS_MANAGER or AWS_ENDPOINT_URL, else AWS's own of the region;
credentials are those of the function's role."""

import datetime
import hashlib
import hmac
import json
import os
import ssl
import time
import urllib.error
import urllib.parse
import urllib.request

TRIES = 5
TIMEOUT_S = 20


class Refused(Exception):
    """An answer that is an error; code is AWS's."""

    def __init__(self, operation, code, message):
        super().__init__(f"{operation}: {code}: {message}")
        self.code = code


def endpoint():
    for name in ("SECRETS_MANAGER_ENDPOINT", "AWS_ENDPOINT_URL_SECRETS_MANAGER", "AWS_ENDPOINT_URL"):
        if os.environ.get(name):
            return os.environ[name].rstrip("/")
    return f"https://secretsmanager.{os.environ['AWS_REGION']}.amazonaws.com"


def digest(key, text):
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


def signed(url, headers, body, now):
    """The headers with an AWS Signature Version 4."""
    region, service = os.environ["AWS_REGION"], "secretsmanager"
    stamp, day = now.strftime("%Y%m%dT%H%M%SZ"), now.strftime("%Y%m%d")
    headers = {**headers, "host": urllib.parse.urlsplit(url).netloc, "x-amz-date": stamp}
    if os.environ.get("AWS_SESSION_TOKEN"):
        headers["x-amz-security-token"] = os.environ["AWS_SESSION_TOKEN"]
    names = sorted(headers)
    canonical = "\n".join(["POST", "/", "", *[f"{name}:{headers[name]}" for name in names], "", ";".join(names),
                           hashlib.sha256(body).hexdigest()])
    scope = f"{day}/{region}/{service}/aws4_request"
    text = "\n".join(["AWS4-HMAC-SHA256", stamp, scope, hashlib.sha256(canonical.encode()).hexdigest()])
    key = ("AWS4" + os.environ["AWS_SECRET_ACCESS_KEY"]).encode()
    for part in (day, region, service, "aws4_request"):
        key = digest(key, part)
    headers["authorization"] = (f"AWS4-HMAC-SHA256 Credential={os.environ['AWS_ACCESS_KEY_ID']}/{scope}, "
                                f"SignedHeaders={';'.join(names)}, Signature={digest(key, text).hex()}")
    return headers


def send(operation, body):
    url = endpoint() + "/"
    headers = {"content-type": "application/x-amz-json-1.1", "x-amz-target": f"secretsmanager.{operation}"}
    now = datetime.datetime.now(datetime.timezone.utc)
    request = urllib.request.Request(url, body, signed(url, headers, body, now), method="POST")
    context = ssl.create_default_context(cafile=os.environ.get("AWS_CA_BUNDLE")) if url.startswith("https:") else None
    with urllib.request.urlopen(request, timeout=TIMEOUT_S, context=context) as answer:
        return json.loads(answer.read() or b"{}")


def refusal(operation, error):
    """What stands in an error's body; never the request."""
    try:
        told = json.loads(error.read())
    except ValueError:
        told = {}
    code = str(told.get("__type", error.code)).split("#")[-1].split(":")[0]
    return Refused(operation, code, told.get("message") or told.get("Message") or error.reason)


def call(operation, **parameters):
    """One operation; again when the server can't be reached or is not well."""
    body = json.dumps(parameters).encode()
    for attempt in range(TRIES):
        try:
            return send(operation, body)
        except urllib.error.HTTPError as error:
            if error.code < 500 or attempt == TRIES - 1:
                raise refusal(operation, error) from None
        except OSError:
            if attempt == TRIES - 1:
                raise
        time.sleep(0.1 * 2 ** attempt)
    raise AssertionError("not reached")
