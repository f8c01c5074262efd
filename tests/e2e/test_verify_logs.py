"""yagura verify-logs: digests that AWS's own validator confirmed, and each way of tampering with them."""

import base64
import contextlib
import datetime
import gzip
import json
import os
import subprocess
import time

import pytest
from conftest import binary, until
from trails import ACCOUNT, REGION, Bucket, clock_ahead, log_bucket


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


def public_keys(server, path, *regions):
    values = []
    for region in regions:
        listed = server.client("cloudtrail", region).list_public_keys(StartTime=0)["PublicKeyList"]
        values += [base64.b64encode(key["Value"]).decode() for key in listed]
    return write_keys(path, *values)


def verify_bucket(server, name):
    """Straight from S3, public keys and all."""
    done = subprocess.run([binary(), "verify-logs", "--format", "json", "--no-progress", f"s3://{name}/?endpoint={server.endpoint}&region={REGION}"],
                          env=server.environment(), text=True, capture_output=True)
    return done.returncode, json.loads(done.stdout or "[]"), done.stderr


def test_what_this_server_delivers_is_valid_through_stop_start_and_kill(servers, tmp_path):
    server = servers("--trail-delivery", "200ms", "--trail-digest", "1s")
    client, iam = server.client("cloudtrail"), server.client("iam", "us-east-1")
    log_bucket(server, places=[f"kept/AWSLogs/{ACCOUNT}"])
    client.create_trail(Name="main", S3BucketName="log-bucket", S3KeyPrefix="kept", IsMultiRegionTrail=True,
                        EnableLogFileValidation=True)
    client.start_logging(Name="main")
    for number in range(3):
        iam.create_user(UserName=f"delivered-{number}")
    until(lambda: len(Bucket(server).keys("/CloudTrail-Digest/")) >= 3, "digests")
    server.kill()
    server.start()
    client, iam, bucket = server.client("cloudtrail"), server.client("iam", "us-east-1"), Bucket(server)
    iam.create_user(UserName="delivered-3")
    client.stop_logging(Name="main")

    def delivered():
        records = bucket.records()
        return records if any(record["eventName"] == "StopLogging" for record in records) else None
    records = until(delivered, "the last log file")
    made = [record["requestParameters"]["userName"] for record in records if record["eventName"] == "CreateUser"]
    assert sorted(made) == [f"delivered-{number}" for number in range(4)]
    assert len({record["eventID"] for record in records}) == len(records)
    status = client.get_trail_status(Name="main")
    assert status["LatestDeliveryTime"] and status["LatestDigestDeliveryTime"] and "LatestDeliveryError" not in status
    until(lambda: set(bucket.keys("/CloudTrail/")) <= bucket.named(), "a digest that names the last file")
    assert verify_bucket(server, "log-bucket")[0] == 0
    folder, keys = bucket.download(tmp_path / "copy"), public_keys(server, tmp_path / "keys.json", "us-east-1", REGION)
    assert verify(folder, "--public-keys", keys)[:2] == (0, [])
    changed = min(bucket.named())  # a last file may come late, of calls in the second of StopLogging, and wait for its digest
    bucket.put(changed, bucket.text(changed) + " ")
    status, found, _ = verify_bucket(server, "log-bucket")
    assert status == 1 and [(one["trouble"], one["object"]) for one in found] == [("log changed", changed)]
    client.delete_trail(Name="main")


def validate(server, arn, *more, region=REGION):
    """What the AWS CLI says, by line; its own status."""
    done = subprocess.run(["aws", "cloudtrail", "validate-logs", "--trail-arn", arn, "--start-time", "2020-01-01T00:00:00Z", "--verbose",
                           "--region", region, *more], env=server.environment(), text=True, capture_output=True, timeout=120)
    return done.returncode, done.stdout + done.stderr


class Chain:
    """Days of logs of an organisation's trail in a server whose clock was put on between starts; each tampering is undone."""

    HOURS, BACK = [-75, -74, -49, -2, -4, 0], -4  # once it went back, which takes a backfill digest

    def __init__(self, server):
        self.server = server
        for hours in self.HOURS:
            self.live(hours)
        self.bucket = Bucket(server, "org-bucket")

    def live(self, hours):
        server = self.server
        if server.process.poll() is None:
            server.stop()
        server.options = [*server.options[:2], "--clock", f"{hours}h"]
        server.start()
        with clock_ahead(hours * 3600):
            if hours == self.HOURS[0]:
                self.begin()
            server.client("iam", "us-east-1").create_user(UserName=f"at{hours}")
            server.client("kms").create_key()
            client = server.client("cloudtrail")
            asked = time.time() + hours * 3600

            def settled():
                if hours == self.BACK:
                    return any("_backfill" in key for key in Bucket(server, "org-bucket").keys(f"/CloudTrail-Digest/{REGION}/"))
                status = client.get_trail_status(Name="all")
                digest = status.get("LatestDigestDeliveryTime")
                first = hours == self.HOURS[0]
                return status.get("LatestDeliveryTime", epoch).timestamp() > asked - 5 and (first or digest and digest.timestamp() > asked - 60)
            epoch = datetime.datetime.fromtimestamp(0, datetime.timezone.utc)
            until(settled, f"what was done at {hours} h")

    def begin(self):
        organizations = self.server.client("organizations", "us-east-1")
        self.organization = organizations.create_organization()["Organization"]["Id"]
        organizations.enable_aws_service_access(ServicePrincipal="cloudtrail.amazonaws.com")
        log_bucket(self.server, "org-bucket", [f"deep/AWSLogs/{ACCOUNT}", f"deep/AWSLogs/{self.organization}"])
        client = self.server.client("cloudtrail")
        self.arn = client.create_trail(Name="all", S3BucketName="org-bucket", S3KeyPrefix="deep", IsOrganizationTrail=True,
                                       IsMultiRegionTrail=True, EnableLogFileValidation=True)["TrailARN"]
        client.start_logging(Name="all")

    def validate(self, *more):
        return validate(self.server, self.arn, "--account-id", ACCOUNT, *more)

    def digests(self, backfill=False):
        return [key for key in self.bucket.keys(f"/CloudTrail-Digest/{REGION}/") if ("_backfill" in key) == backfill]

    def without(self, key):
        return self.changed(key, None)

    @contextlib.contextmanager
    def changed(self, key, text, **metadata):
        was = self.bucket.s3.get_object(Bucket=self.bucket.name, Key=key)
        if text is None:
            self.bucket.s3.delete_object(Bucket=self.bucket.name, Key=key)
        else:
            self.bucket.put(key, text, Metadata={**was["Metadata"], **metadata})
        yield
        self.bucket.s3.put_object(Bucket=self.bucket.name, Key=key, Body=was["Body"].read(), Metadata=was["Metadata"])


@pytest.mark.skipif("YAGURA_FEW" in os.environ or "YAGURA_TEST_STORE" in os.environ, reason="one flavour is enough: it takes long")
def test_the_aws_cli_validates_days_of_an_organisation_s_logs_and_names_each_change(servers):
    chain = Chain(servers("--trail-delivery", "200ms"))
    digests, logs = chain.digests(), chain.bucket.keys(f"/CloudTrail/{REGION}/")
    assert len(digests) >= 74 and len(logs) >= 6
    assert digests[0].startswith(f"deep/AWSLogs/{chain.organization}/{ACCOUNT}/CloudTrail-Digest/{REGION}/")
    status, said = chain.validate()
    assert status == 0 and "INVALID" not in said, said
    assert f"{len(digests)}/{len(digests)} digest files valid" in said
    late = chain.digests(backfill=True)
    assert late and all(f"(backfill) Digest file\ts3://org-bucket/{key}\tvalid" in said for key in late)
    assert verify_bucket(chain.server, "org-bucket")[0] == 0
    status, said = validate(chain.server, chain.arn, "--account-id", ACCOUNT, region="us-east-1")
    assert status == 0 and "INVALID" not in said, said

    def named(**changes):
        """All at once: key and what becomes of it; each must be named."""
        with contextlib.ExitStack() as stack:
            for key, (change, words) in changes.items():
                stack.enter_context(change)
            status, said = chain.validate()
        for key, (change, words) in changes.items():
            assert status == 1 and words in said, (words, said)
    gone, middle, bare, cut = digests[20], digests[40], digests[50], digests[60]
    moved = json.loads(chain.bucket.text(cut))
    unchained = json.dumps({**moved, **{key: None for key in moved if key.startswith("previousDigest")}})
    refused = "INVALID: signature verification failed"
    named(changed_log=(chain.changed(logs[1], chain.bucket.text(logs[1]) + " "),
                       f"Log file\ts3://org-bucket/{logs[1]}\tINVALID: hash value doesn't match"),
          deleted_log=(chain.without(logs[2]), f"Log file\ts3://org-bucket/{logs[2]}\tINVALID: not found"),
          changed_digest=(chain.changed(middle, chain.bucket.text(middle) + " "), f"Digest file\ts3://org-bucket/{middle}\t{refused}"),
          deleted_digest=(chain.without(gone), f"Digest file\ts3://org-bucket/{gone}\tINVALID: not found"),
          wrong_signature=(chain.changed(bare, chain.bucket.text(bare), signature="00" * 256), f"s3://org-bucket/{bare}\t{refused}"),
          broken_chain=(chain.changed(cut, unchained), f"s3://org-bucket/{cut}\t{refused}"))
    status, said = chain.validate()
    assert status == 0 and "INVALID" not in said, said
