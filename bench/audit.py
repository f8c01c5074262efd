"""What the record costs, and how fast it is proved: CPU of one call's event and its entry in the journal, the fsync shared;
verify-logs beside `aws cloudtrail validate-logs` over the same files.

The AWS CLI can only ask a server: a plain one over the folder answers as S3 would, and Yagura is asked about it too."""

import base64
import contextlib
import datetime
import gzip
import hashlib
import http.server
import json
import os
import pathlib
import random
import subprocess
import tempfile
import threading
import time
import urllib.parse

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from common import NO_TARGET, PROGRAMS, at_least, at_most, text_of

ACCOUNT, REGION, BUCKET = "111122223333", "us-east-1", "log-bucket"
DIGESTS, LOGS_EACH, RECORDS = 100, 49, 20  # 5,000 files
START = datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone.utc)


def iso(when):
    return when.strftime("%Y-%m-%dT%H:%M:%SZ")


class Chain:
    """A trail's files as CloudTrail lays them out."""

    def __init__(self, folder):
        self.folder, self.chance = folder, random.Random(7)
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        der = self.key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.PKCS1)
        self.public, self.fingerprint = base64.b64encode(der).decode(), hashlib.md5(der).hexdigest()
        self.previous = None

    def put(self, key, text, metadata=None):
        path = self.folder / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(gzip.compress(text.encode(), 6))
        if metadata:
            path.with_name(path.name + ".metadata.json").write_text(json.dumps(metadata))
        return hashlib.sha256(text.encode()).hexdigest()

    def log(self, when):
        stamp, name = when.strftime("%Y%m%dT%H%MZ"), "".join(self.chance.choices("abcdefghijkmnpqrstuvwxyz", k=16))
        key = f"AWSLogs/{ACCOUNT}/CloudTrail/{REGION}/{when:%Y/%m/%d}/{ACCOUNT}_CloudTrail_{REGION}_{stamp}_{name}.json.gz"
        records = [{"eventVersion": "1.11", "eventTime": iso(when), "eventName": "GetObject", "eventID": f"{self.chance.getrandbits(128):x}",
                    "sourceIPAddress": "198.51.100.7", "requestParameters": {"key": f"{self.chance.getrandbits(200):x}"}}
                   for _ in range(RECORDS)]
        return {"s3Bucket": BUCKET, "s3Object": key, "hashValue": self.put(key, json.dumps({"Records": records})),
                "hashAlgorithm": "SHA-256", "newestEventTime": iso(when), "oldestEventTime": iso(when)}

    def digest(self, start):
        end = start + datetime.timedelta(hours=1)
        key = (f"AWSLogs/{ACCOUNT}/CloudTrail-Digest/{REGION}/{end:%Y/%m/%d}/"
               f"{ACCOUNT}_CloudTrail-Digest_{REGION}_main_{REGION}_{end:%Y%m%dT%H%M%SZ}.json.gz")
        before = self.previous or {}
        body = json.dumps({
            "awsAccountId": ACCOUNT, "digestStartTime": iso(start), "digestEndTime": iso(end), "digestS3Bucket": BUCKET,
            "digestS3Object": key, "digestPublicKeyFingerprint": self.fingerprint, "digestSignatureAlgorithm": "SHA256withRSA",
            "newestEventTime": iso(start), "oldestEventTime": iso(start), "previousDigestS3Bucket": BUCKET if before else None,
            "previousDigestS3Object": before.get("key"), "previousDigestHashValue": before.get("hash"),
            "previousDigestHashAlgorithm": "SHA-256" if before else None, "previousDigestSignature": before.get("signature"),
            "logFiles": [self.log(start + datetime.timedelta(minutes=minute)) for minute in range(LOGS_EACH)]})
        digest = hashlib.sha256(body.encode()).hexdigest()
        message = f"{iso(end)}\n{BUCKET}/{key}\n{digest}\n{before.get('signature', 'null')}"
        signature = self.key.sign(message.encode(), padding.PKCS1v15(), hashes.SHA256()).hex()
        self.put(key, body, {"signature": signature, "signature-algorithm": "SHA256withRSA"})
        self.previous = {"key": key, "hash": digest, "signature": signature}


class Endpoint(http.server.BaseHTTPRequestHandler):
    """S3 over the folder, and what the validator asks of CloudTrail."""

    protocol_version = "HTTP/1.1"
    wbufsize, disable_nagle_algorithm = -1, True  # head and body at once: nobody waits for an acknowledgement
    chain = None

    def do_GET(self):
        url = urllib.parse.urlsplit(self.path)
        query = dict(urllib.parse.parse_qsl(url.query, keep_blank_values=True))
        key = urllib.parse.unquote(url.path).split("/", 2)[2] if url.path.count("/") > 1 else ""
        if "location" in query:
            self.answer(b"<LocationConstraint/>")
        elif not key:
            keys = sorted(str(path.relative_to(self.chain.folder)) for path in self.chain.folder.rglob("*.json.gz"))
            after = query.get("continuation-token", query.get("marker", ""))
            keys = [key for key in keys if key.startswith(query.get("prefix", "")) and key > after]
            items = "".join(f"<Contents><Key>{key}</Key><Size>1</Size></Contents>" for key in keys[:1000])
            more = f"<NextContinuationToken>{keys[999]}</NextContinuationToken>" if len(keys) > 1000 else ""
            self.answer(f"<ListBucketResult><IsTruncated>{'true' if more else 'false'}</IsTruncated>{more}{items}"
                        "</ListBucketResult>".encode())
        else:
            path = self.chain.folder / key
            beside = path.with_name(path.name + ".metadata.json")
            metadata = json.loads(beside.read_text()) if beside.exists() else {}
            self.answer(path.read_bytes(), {f"x-amz-meta-{name}": value for name, value in metadata.items()})

    def do_POST(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.headers["X-Amz-Target"].endswith("ListPublicKeys"):
            answer = {"PublicKeyList": [{"Value": self.chain.public, "Fingerprint": self.chain.fingerprint,
                                         "ValidityStartTime": 0, "ValidityEndTime": 4102444800}]}
        else:
            answer = {"trailList": [{"Name": "main", "S3BucketName": BUCKET, "HomeRegion": REGION, "IsOrganizationTrail": False,
                                     "TrailARN": f"arn:aws:cloudtrail:{REGION}:{ACCOUNT}:trail/main"}]}
        self.answer(json.dumps(answer).encode())

    def answer(self, body, headers=()):
        self.send_response(200)
        for name, value in dict(headers).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@contextlib.contextmanager
def endpoint(chain):
    handler = type("Handler", (Endpoint,), {"chain": chain})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def seconds(command, **environment):
    started = time.monotonic()
    done = subprocess.run(command, env={**os.environ, "AWS_ACCESS_KEY_ID": "AKIAEXAMPLE", "AWS_SECRET_ACCESS_KEY": "x",
                                        "AWS_DEFAULT_REGION": REGION, "AWS_PAGER": "", **environment}, capture_output=True, text=True)
    if done.returncode != 0 or "INVALID" in done.stdout:
        raise SystemExit(f"{command}: {done.stdout[-300:]}{done.stderr[-300:]}")
    return time.monotonic() - started


def bench_verify(options, folder):
    chain = Chain(folder / "bucket")
    for hour in range(DIGESTS):
        chain.digest(START + datetime.timedelta(hours=hour))
    keys = folder / "keys.json"
    keys.write_text(json.dumps({"PublicKeyList": [{"Value": chain.public}]}))
    ours = min(seconds([options.binary, "verify-logs", chain.folder, "--public-keys", keys]) for _ in range(3))
    with endpoint(chain) as url:
        asked = seconds([options.binary, "verify-logs", f"s3://{BUCKET}/AWSLogs/?endpoint={url}&region={REGION}"])
        theirs = seconds(["aws", "cloudtrail", "validate-logs", "--trail-arn", f"arn:aws:cloudtrail:{REGION}:{ACCOUNT}:trail/main",
                          "--start-time", iso(START)], AWS_ENDPOINT_URL=url)
    return [["aws cloudtrail validate-logs, from a local endpoint: seconds", f"{theirs:.1f}", *NO_TARGET],
            ["yagura verify-logs, the same endpoint: seconds", f"{asked:.2f}", *NO_TARGET],
            ["yagura verify-logs, the folder: seconds", f"{ours:.3f}", *NO_TARGET],
            ["times as fast as the AWS CLI, each where it reads fastest", *at_least(theirs / ours, 50, 100)]]


def bench_audit(options):
    names = ["what", "figure", "target", "verdict"]
    with tempfile.TemporaryDirectory() as folder:
        lines = [line.split("\t") for line in text_of([PROGRAMS / "audit_bench", folder, "100000", "1024"]).splitlines()]
        yield "A call on record: microseconds of CPU of all threads, 1,024 calls an fsync", names, [
            [what, *(at_most(float(figure), 4.0, 2.5) if what.endswith("recorded") else [figure, *NO_TARGET])]
            for what, figure, _ in lines]
    with tempfile.TemporaryDirectory() as folder:
        yield f"{DIGESTS * (LOGS_EACH + 1):,} files of logs and digests proved", names, bench_verify(options, pathlib.Path(folder))
