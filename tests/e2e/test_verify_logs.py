"""yagura verify-logs: digests that AWS's own validator confirmed, and each way of tampering with them."""

import base64
import contextlib
import gzip
import http.server
import json
import os
import subprocess
import threading
import urllib.parse
from xml.sax.saxutils import escape

import pytest
from conftest import binary, until

REGION = "ap-northeast-1"


def verify(*arguments):
    done = subprocess.run([binary(), "verify-logs", "--format", "json", "--no-progress", *map(str, arguments)], text=True,
                          capture_output=True)
    return done.returncode, json.loads(done.stdout or "[]"), done.stderr


def write_keys(path, *values):
    path.write_text(json.dumps({"PublicKeyList": [{"Value": value, "Fingerprint": "-"} for value in values]}))
    return path


@pytest.fixture
def golden(shared, tmp_path):
    """The objects of a bucket, as files; the path of the keys."""
    source = shared and shared / "corpora/cloudtrail/selfmade_golden/objects.json"
    if not source or not source.exists():
        pytest.skip("the shared corpora are not here")
    content = json.loads(source.read_text())
    folder = tmp_path / "bucket"
    for item in content["objects"]:
        path = folder / item["key"]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(gzip.compress(item["uncompressed"].encode()))
        if item["metadata"]:
            path.with_name(path.name + ".metadata.json").write_text(json.dumps(item["metadata"]))
    return folder, write_keys(tmp_path / "keys.json", content["public_key_value"])


def digests(folder):
    return sorted(path for path in folder.rglob("*_CloudTrail-Digest_*.json.gz") if "backfill" not in path.name)


def logs(folder):
    return sorted(folder.rglob("*_CloudTrail_*.json.gz"))


def rewrite(path, change):
    path.write_bytes(gzip.compress(change(gzip.decompress(path.read_bytes()).decode()).encode()))


def troubles(folder, keys):
    status, found, said = verify(folder, "--public-keys", keys)
    assert status == (1 if found else 0), said
    return [(one["trouble"], one["object"].rsplit("/", 1)[-1]) for one in found]


def test_what_aws_s_validator_passed_passes(golden):
    folder, keys = golden
    status, found, said = verify(folder, "--public-keys", keys)
    assert (status, found) == (0, []), said
    assert "5 of 5 digests valid, 4 of 4 log files valid" in said
    for deeper in [folder.parent, folder / "AWSLogs" / "111122223333"]:
        assert verify(deeper, "--public-keys", keys)[0] == 0


def test_a_changed_and_a_deleted_log_are_named(golden):
    folder, keys = golden
    changed, deleted = logs(folder)[1], logs(folder)[2]
    rewrite(changed, lambda text: text.replace("2025", "2024"))
    deleted.unlink()
    assert troubles(folder, keys) == [("log changed", changed.name), ("log deleted", deleted.name)]


def test_bytes_behind_the_gzip_member_are_a_change(golden):
    folder, keys = golden
    log = logs(folder)[0]
    log.write_bytes(log.read_bytes() + gzip.compress(b"more"))
    assert troubles(folder, keys) == [("log changed", log.name)]


def test_a_changed_and_a_deleted_digest_are_named(golden):
    folder, keys = golden
    changed = digests(folder)[1]
    rewrite(changed, lambda text: text + " ")
    assert troubles(folder, keys) == [("digest changed", changed.name)]


def test_a_deleted_digest_is_named(golden):
    folder, keys = golden
    deleted = digests(folder)[2]
    deleted.unlink()
    assert troubles(folder, keys) == [("digest deleted", deleted.name)]


def test_a_wrong_signature_and_a_broken_chain_are_named(golden):
    folder, keys = golden
    digest = digests(folder)[1]
    beside = digest.with_name(digest.name + ".metadata.json")
    metadata = json.loads(beside.read_text())
    beside.write_text(json.dumps({**metadata, "signature": "00" + metadata["signature"][2:]}))
    found = troubles(folder, keys)
    assert ("signature wrong", digest.name) in found and ("chain broken", digests(folder)[2].name) in found
    assert len(found) == 2


def test_a_copy_without_metadata_is_checked_by_what_successors_state(golden):
    folder, keys = golden
    for beside in folder.rglob("*.metadata.json"):
        beside.unlink()
    status, found, said = verify(folder, "--public-keys", keys)
    assert status == 3 and found == [] and "without a signature" in said
    rewrite(digests(folder)[0], lambda text: text + " ")
    assert ("digest changed", digests(folder)[0].name) in [
        (one["trouble"], one["object"].rsplit("/", 1)[-1]) for one in verify(folder, "--public-keys", keys)[1]]


def test_a_key_that_is_not_given_is_named(golden, tmp_path):
    folder, _ = golden
    none = write_keys(tmp_path / "none.json")
    assert {trouble for trouble, _ in troubles(folder, none)} == {"public key unknown"}


def test_wrong_use_is_told(tmp_path):
    assert subprocess.run([binary(), "verify-logs"], capture_output=True).returncode == 2
    status, found, said = verify(tmp_path)
    assert status == 3 and "no digests here" in said
    (tmp_path / "bad.json").write_text("{}")
    assert verify(tmp_path, "--public-keys", tmp_path / "bad.json")[0] == 4
    assert verify(tmp_path / "missing")[0] == 4


def test_what_this_server_delivers_is_valid_through_stop_start_and_kill(servers, tmp_path):
    server = servers("--trail-delivery", "200ms", "--trail-digest", "1s")
    client, iam = server.client("cloudtrail"), server.client("iam", "us-east-1")
    client.create_trail(Name="main", S3BucketName="log-bucket", S3KeyPrefix="kept", IsMultiRegionTrail=True,
                        EnableLogFileValidation=True)
    client.start_logging(Name="main")
    bucket = server.data / "buckets" / "log-bucket"
    for number in range(3):
        iam.create_user(UserName=f"delivered-{number}")
    until(lambda: len(digests(bucket)) >= 3, "digests")
    server.kill()
    server.start()
    client, iam = server.client("cloudtrail"), server.client("iam", "us-east-1")
    iam.create_user(UserName="delivered-3")
    client.stop_logging(Name="main")

    def delivered():
        records = [record for path in logs(bucket) for record in json.loads(gzip.decompress(path.read_bytes()))["Records"]]
        return records if any(record["eventName"] == "StopLogging" for record in records) else None
    records = until(delivered, "the last log file")
    made = [record["requestParameters"]["userName"] for record in records if record["eventName"] == "CreateUser"]
    assert sorted(made) == [f"delivered-{number}" for number in range(4)]
    assert len({record["eventID"] for record in records}) == len(records)
    status = client.get_trail_status(Name="main")
    assert status["LatestDeliveryTime"] and status["LatestDigestDeliveryTime"] and "LatestDeliveryError" not in status
    keys = tmp_path / "keys.json"
    values = []
    for region in ["us-east-1", REGION]:
        listed = server.client("cloudtrail", region).list_public_keys(StartTime=0)["PublicKeyList"]
        values += [base64.b64encode(key["Value"]).decode() for key in listed]
    write_keys(keys, *values)
    until(lambda: verify(bucket, "--public-keys", keys)[0] == 0, "a whole chain")
    assert verify(bucket, "--public-keys", keys)[1] == []
    client.delete_trail(Name="main")


class Bucket(http.server.BaseHTTPRequestHandler):
    """What a validator asks of S3, over a folder of objects with their metadata beside them."""

    folder = None

    def do_GET(self):
        url = urllib.parse.urlsplit(self.path)
        query = dict(urllib.parse.parse_qsl(url.query, keep_blank_values=True))
        key = urllib.parse.unquote(url.path).split("/", 2)[2] if url.path.count("/") > 1 else ""
        if "location" in query:
            return self.answer(f"<LocationConstraint>{REGION}</LocationConstraint>".encode())
        if not key:
            return self.answer(self.listing(query))
        path = self.folder / key
        if not path.is_file():
            return self.answer(b"<Error><Code>NoSuchKey</Code><Message>The specified key does not exist.</Message></Error>", 404)
        beside = path.with_name(path.name + ".metadata.json")
        metadata = json.loads(beside.read_text()) if beside.exists() else {}
        return self.answer(path.read_bytes(), 200, {f"x-amz-meta-{name}": value for name, value in metadata.items()})

    def listing(self, query):
        keys = sorted(str(path.relative_to(self.folder)) for path in self.folder.rglob("*.json.gz"))
        keys = [key for key in keys if key.startswith(query.get("prefix", "")) and key > query.get("marker", "")]
        items = "".join(f"<Contents><Key>{escape(key)}</Key><Size>1</Size></Contents>" for key in keys)
        return f"<ListBucketResult><IsTruncated>false</IsTruncated>{items}</ListBucketResult>".encode()

    def answer(self, body, status=200, headers=()):
        self.send_response(status)
        for name, value in dict(headers).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@contextlib.contextmanager
def bucket_server(folder):
    handler = type("Handler", (Bucket,), {"folder": folder})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.mark.skipif("YAGURA_FEW" in os.environ or "YAGURA_TEST_STORE" in os.environ, reason="one flavour is enough: it takes long")
def test_the_aws_cli_validates_what_this_server_delivers_and_names_what_was_changed(servers):
    server = servers("--trail-delivery", "200ms", "--trail-digest", "1s")
    client = server.client("cloudtrail")
    arn = client.create_trail(Name="main", S3BucketName="log-bucket", S3KeyPrefix="kept", EnableLogFileValidation=True)["TrailARN"]
    client.start_logging(Name="main")
    folder = server.data / "buckets" / "log-bucket"
    until(lambda: len(digests(folder)) >= 3, "digests")
    client.stop_logging(Name="main")

    def validate():
        with bucket_server(folder) as endpoint:
            return subprocess.run(["aws", "cloudtrail", "validate-logs", "--trail-arn", arn, "--start-time", "2020-01-01T00:00:00Z",
                                   "--verbose"], env={**server.environment(), "AWS_ENDPOINT_URL_S3": endpoint}, text=True,
                                  capture_output=True)
    done = validate()
    assert done.returncode == 0, done.stdout + done.stderr
    assert "digest files valid" in done.stdout and "INVALID" not in done.stdout
    log, digest = logs(folder)[0], digests(folder)[0]
    rewrite(log, lambda text: text + " ")
    rewrite(digest, lambda text: text + " ")
    done = validate()
    assert done.returncode == 1 and "INVALID" in done.stdout
