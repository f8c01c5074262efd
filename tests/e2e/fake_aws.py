"""A small S3, SQS, STS and Security Hub in one HTTP server, for tests of sources and notifications: signatures are checked, faults can be put in."""

import hashlib
import hmac
import http.server
import json
import re
import threading
import time
import urllib.parse
import xml.sax.saxutils

SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
ACCESS_KEY = "AKIAIOSFODNN7EXAMPLE"
PAGE = 7  # keys on a page of a listing, so that a test needs few objects for many pages


class FakeAws:
    """objects: {(bucket, key): bytes}. faults: a list of (regular expression on "METHOD path target", fault), each used
    up once it fits; a fault is a status with a code, or "truncate", or "drop"."""

    def __init__(self):
        self.objects, self.faults, self.seen, self.queue, self.deleted, self.hub = {}, [], [], [], [], []
        self.secrets = {ACCESS_KEY: SECRET}
        self.buckets, self.headers = set(), {}  # of what is put
        self.delay = 0.0  # seconds before an object comes
        self.lock = threading.Lock()
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.fake = self
        self.endpoint = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()

    def put(self, bucket, key, body):
        with self.lock:
            self.objects[bucket, key] = body

    def gets(self, key):
        return sum(1 for line in self.seen if line.startswith("GET ") and urllib.parse.quote(key) in line)

    def send(self, body):
        """A message into the queue; hidden ones come again after a second."""
        with self.lock:
            self.queue.append({"Body": body if isinstance(body, str) else json.dumps(body), "visible": 0.0,
                               "MessageId": f"m-{len(self.queue)}"})

    def notification(self, bucket, key):
        body = self.objects[bucket, key]
        return {"Records": [{"eventName": "ObjectCreated:Put", "eventTime": "2024-05-01T00:00:00.000Z", "s3": {
            "bucket": {"name": bucket}, "object": {"key": urllib.parse.quote_plus(key, safe="/"), "size": len(body),
                                                   "eTag": hashlib.md5(body).hexdigest()}}}]}


def sign(secret, scope, text):
    key = ("AWS4" + secret).encode()
    for part in scope.split("/"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *_):
        pass

    def answer(self, status, body=b"", headers=None, length=None):
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        self.wfile.write(body)

    def error(self, status, code):
        self.answer(status, f"<Error><Code>{code}</Code><Message>no</Message></Error>".encode())

    def is_signed(self, body):
        found = re.match(r"AWS4-HMAC-SHA256 Credential=([^/]+)/([^,]+), SignedHeaders=([^,]+), Signature=(\w+)",
                         self.headers.get("Authorization", ""))
        if not found or found[1] not in self.server.fake.secrets:
            return False
        path, _, query = self.path.partition("?")
        service = found[2].split("/")[2]
        payload = hashlib.sha256(body).hexdigest()
        if service == "s3" and self.headers["x-amz-content-sha256"] != payload:
            return False
        pairs = "&".join(sorted(pair if "=" in pair else pair + "=" for pair in query.split("&") if pair))
        headers = "".join(f"{name}:{self.headers[name].strip()}\n" for name in found[3].split(";"))
        canonical = "\n".join([self.command, path, pairs, headers, found[3], payload])
        text = "\n".join(["AWS4-HMAC-SHA256", self.headers["X-Amz-Date"], found[2],
                          hashlib.sha256(canonical.encode()).hexdigest()])
        return hmac.compare_digest(sign(self.server.fake.secrets[found[1]], found[2], text), found[4])

    def handle_call(self):
        fake = self.server.fake
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        line = f"{self.command} {self.path} {self.headers.get('X-Amz-Target', '')}"
        fault = None
        with fake.lock:
            fake.seen.append(line)
            for i, (pattern, what) in enumerate(fake.faults):
                if re.search(pattern, line):
                    fault = what
                    del fake.faults[i]
                    break
        if fault == "drop":
            self.close_connection = True
        elif isinstance(fault, tuple):
            self.error(*fault)
        elif self.path.startswith("/latest/") or self.path == "/container/keys":
            self.metadata()
        elif not self.is_signed(body):
            self.error(403, "SignatureDoesNotMatch")
        elif self.command == "POST":
            self.post(body)
        elif self.command == "PUT":
            self.put(body)
        else:
            self.get(fault)

    do_GET = do_POST = do_PUT = handle_call

    def put(self, body):
        """Only into buckets that somebody made: fake.buckets."""
        bucket, _, key = urllib.parse.unquote(self.path[1:]).partition("/")
        if bucket not in self.server.fake.buckets:
            return self.error(404, "NoSuchBucket")
        with self.server.fake.lock:
            self.server.fake.objects[bucket, key] = body
            self.server.fake.headers[bucket, key] = {name.lower(): value for name, value in self.headers.items()}
        return self.answer(200)

    def metadata(self):
        """IMDSv2 and a container's credentials service. Each answer has other keys, the first of which end soon."""
        if self.command == "PUT":
            return self.answer(200, b"imds-token") if self.headers.get("X-aws-ec2-metadata-token-ttl-seconds") else self.answer(400)
        proofs = {"/container/keys": ("Authorization", "container-token")}
        name, value = proofs.get(self.path, ("X-aws-ec2-metadata-token", "imds-token"))
        if self.headers.get(name) != value:
            return self.answer(401)
        if self.path.endswith("/"):
            return self.answer(200, b"reader")
        fake = self.server.fake
        with fake.lock:
            number = len(fake.secrets)
            fake.secrets[f"ASIAOWN{number}"] = f"own-secret-{number}"
        until = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + (60 if number == 1 else 3600)))
        return self.answer(200, json.dumps({"Code": "Success", "AccessKeyId": f"ASIAOWN{number}", "Token": "t", "Expiration": until,
                                            "SecretAccessKey": f"own-secret-{number}"}).encode())

    def get(self, fault):
        path, _, query = self.path.partition("?")
        bucket, _, key = urllib.parse.unquote(path[1:]).partition("/")
        if not key:
            return self.list(bucket, urllib.parse.parse_qs(query, keep_blank_values=True))
        time.sleep(self.server.fake.delay)
        with self.server.fake.lock:
            body = self.server.fake.objects.get((bucket, key))
        if body is None:
            return self.error(404, "NoSuchKey")
        digest = hashlib.md5(body).hexdigest()
        if self.headers.get("If-Match", digest).strip('"') != digest:
            return self.error(412, "PreconditionFailed")
        if fault == "truncate":
            self.close_connection = True
            return self.answer(200, body[:len(body) // 2], length=len(body))
        return self.answer(200, body)

    def list(self, bucket, query):
        prefix, after = query["prefix"][0], query.get("continuation-token", [""])[0]
        with self.server.fake.lock:
            objects = sorted((k, v) for (b, k), v in self.server.fake.objects.items() if b == bucket)
        if not objects:
            return self.error(404, "NoSuchBucket")
        rest = [(k, v) for k, v in objects if k.startswith(prefix) and "t/" + k > after]
        page, more = rest[:PAGE], len(rest) > PAGE
        contents = "".join(
            f"<Contents><Key>{urllib.parse.quote(k)}</Key><LastModified>2024-05-01T00:00:00.000Z</LastModified>"
            f"<ETag>&quot;{hashlib.md5(v).hexdigest()}&quot;</ETag><Size>{len(v)}</Size></Contents>" for k, v in page)
        token = f"<NextContinuationToken>{xml.sax.saxutils.escape('t/' + page[-1][0])}</NextContinuationToken>" if more else ""
        self.answer(200, ('<?xml version="1.0"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
                          f"<EncodingType>url</EncodingType><IsTruncated>{str(more).lower()}</IsTruncated>{token}{contents}"
                          "</ListBucketResult>").encode())

    def post(self, body):
        fake, target = self.server.fake, self.headers.get("X-Amz-Target")
        if self.path == "/findings/import":
            fake.hub.append(json.loads(body))
            return self.answer(200, b'{"FailedCount": 0, "SuccessCount": 1, "FailedFindings": []}')
        if target is None:
            return self.assume_role(dict(urllib.parse.parse_qsl(body.decode())))
        asked = json.loads(body)
        if target == "AmazonSQS.DeleteMessage":
            with fake.lock:
                fake.deleted.append(asked["ReceiptHandle"])
                fake.queue = [m for m in fake.queue if m["MessageId"] != asked["ReceiptHandle"]]
            return self.answer(200, b"{}")
        deadline = time.monotonic() + min(asked["WaitTimeSeconds"], 1)
        while True:
            with fake.lock:
                now = time.monotonic()
                messages = [m for m in fake.queue if m["visible"] <= now][:asked["MaxNumberOfMessages"]]
                for message in messages:
                    message["visible"] = now + 1
            if messages or time.monotonic() > deadline:
                return self.answer(200, json.dumps({"Messages": [
                    {"Body": m["Body"], "MessageId": m["MessageId"], "ReceiptHandle": m["MessageId"]} for m in messages
                ]} if messages else {}).encode())
            time.sleep(0.02)

    def assume_role(self, form):
        assert form["Action"] == "AssumeRole" and form["RoleArn"].startswith("arn:aws:iam::")
        self.server.fake.secrets["ASIAROLE"] = "role-secret"
        until = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 3600))
        self.answer(200, ("<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>ASIAROLE</AccessKeyId>"
                          f"<SecretAccessKey>role-secret</SecretAccessKey><SessionToken>token</SessionToken><Expiration>{until}"
                          "</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>").encode())
