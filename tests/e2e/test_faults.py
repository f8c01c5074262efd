"""A full disk, a disk that is read-only, a clock that jumps: nothing that was acknowledged is lost, errors say what to do, and the
server goes on by itself.

The data folder lies on a small file system of its own, in a mount namespace of the server's own; where the machine allows no such
namespace, these tests say so. The clock is libfaketime's, where it is installed."""

import contextlib
import gzip
import json
import os
import pathlib
import shutil
import signal
import subprocess
import time

import botocore.exceptions
import pytest

from conftest import Yagura, binary, until
from trails import clock_ahead

LIGHT = bool(os.environ.get("YAGURA_FEW") or os.environ.get("YAGURA_TEST_STORE"))
NAMESPACE = ["unshare", "--user", "--map-root-user", "--mount", "--propagation", "private"]


def can_mount(folder):
    done = subprocess.run([*NAMESPACE, "mount", "-t", "tmpfs", "tmpfs", str(folder)], capture_output=True, check=False)
    return done.returncode == 0


class Confined(Yagura):
    """A server whose data folder is a small disk; `disk` is how it looks from here."""

    def __init__(self, folder, *options):
        self.mount = folder / "disk"
        self.mount.mkdir()
        super().__init__(self.mount / "data", *options)
        self.log = folder / "log"

    def command(self):
        return [*NAMESPACE, "sh", "-c", 'mount -t tmpfs -o size=24m tmpfs "$0" && exec "$@"', str(self.mount), *super().command()]

    def start(self):
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(self.command(), stdout=log, stderr=log)
        self.disk = pathlib.Path(f"/proc/{self.process.pid}/root{self.mount}")

        def endpoint():
            assert self.process.poll() is None, self.said()[-2000:]
            with contextlib.suppress(OSError):
                return (self.disk / "data/endpoint").read_text().strip()
        self.endpoint = until(endpoint, "the server", 20)
        self.credentials = json.loads((self.disk / "data/credentials").read_text())
        return self

    def fill(self):
        """To the last byte."""
        with (self.disk / "filler").open("ab", buffering=0) as filler:
            for size in (1 << 16, 1 << 9, 1):
                with contextlib.suppress(OSError):
                    while True:
                        filler.write(b"x" * size)

    def free(self):
        (self.disk / "filler").unlink()


@pytest.fixture
def confined(tmp_path):
    if LIGHT or not can_mount(tmp_path):
        pytest.skip("in the release flavour, on SQLite, where users may have mounts of their own")
    server = Confined(tmp_path, "--trail-delivery", "200ms", "--trail-digest", "1s").start()
    yield server
    server.stop()


def attempt(call, *arguments, **members):
    """Whether it was acknowledged; anything but a 503 is no answer of a full disk."""
    try:
        call(*arguments, **members)
        return True
    except botocore.exceptions.ClientError as error:
        assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 503, error.response
        assert error.response["Error"]["Code"] in ("ServiceUnavailable", "503"), error.response
        return False


def recorded(server, name):
    pages = server.client("cloudtrail", "us-east-1").get_paginator("lookup_events").paginate(  # where IAM is
        LookupAttributes=[{"AttributeKey": "EventName", "AttributeValue": name}])
    return [json.loads(event["CloudTrailEvent"]) for page in pages for event in page["Events"]]


def delivered_to(server, bucket):
    s3 = server.client("s3")
    keys = [one["Key"] for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket) for one in page.get("Contents", [])
            if "/CloudTrail/" in one["Key"]]
    return [record for key in keys for record in json.loads(gzip.decompress(s3.get_object(Bucket=bucket, Key=key)["Body"].read()))["Records"]]


def make_trail(server, bucket):
    server.client("s3").create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "ap-northeast-1"})
    server.client("s3").put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"}, "Action": ["s3:GetBucketAcl", "s3:PutObject"],
         "Resource": [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"]}]}))
    server.client("cloudtrail").create_trail(Name="main", S3BucketName=bucket, IsMultiRegionTrail=True, EnableLogFileValidation=True)
    server.client("cloudtrail").start_logging(Name="main")


class Work:
    """Calls that change something in several ways, and what of them was acknowledged."""

    def __init__(self, server):
        self.server = server
        self.iam, self.s3, self.logs = (server.client(service) for service in ("iam", "s3", "logs"))
        self.acknowledged = {"users": set(), "objects": set(), "lines": set()}
        make_trail(server, "trail-logs")
        self.s3.create_bucket(Bucket="objects", CreateBucketConfiguration={"LocationConstraint": "ap-northeast-1"})
        self.logs.create_log_group(logGroupName="g")
        self.logs.create_log_stream(logGroupName="g", logStreamName="s")

    def load(self, start, count):
        for number in range(start, start + count):
            if attempt(self.iam.create_user, UserName=f"user-{number}"):
                self.acknowledged["users"].add(f"user-{number}")
            if attempt(self.s3.put_object, Bucket="objects", Key=f"object-{number}", Body=str(number).encode() * 20000):
                self.acknowledged["objects"].add(f"object-{number}")
            if attempt(self.logs.put_log_events, logGroupName="g", logStreamName="s",
                       logEvents=[{"timestamp": int(time.time() * 1000), "message": f"line-{number}"}]):
                self.acknowledged["lines"].add(f"line-{number}")

    def recover(self):
        until(lambda: attempt(self.iam.create_user, UserName="after"), "recovery by itself", 10)
        self.acknowledged["users"].add("after")
        self.load(30, 3)
        assert {f"user-{n}" for n in (30, 31, 32)} <= self.acknowledged["users"], "whole again"

    def made(self, events):
        return sorted(event["requestParameters"]["userName"] for event in events
                      if event["eventName"] == "CreateUser" and "errorCode" not in event)

    def check(self):
        """All that was acknowledged is there, once, and nothing else is."""
        users = {user["UserName"] for user in self.iam.list_users()["Users"]} - {"admin"}
        assert users == self.acknowledged["users"]
        listed = {one["Key"]: one["Size"] for one in self.s3.list_objects_v2(Bucket="objects")["Contents"]}
        assert set(listed) == self.acknowledged["objects"], "half-written ones vanish"
        for key, size in listed.items():
            body = key.rsplit("-", 1)[1].encode() * 20000
            assert len(body) == size and self.s3.get_object(Bucket="objects", Key=key)["Body"].read() == body
        lines = [event["message"] for event in self.logs.get_log_events(logGroupName="g", logStreamName="s", startFromHead=True)["events"]]
        assert sorted(lines) == sorted(self.acknowledged["lines"])
        assert self.made(recorded(self.server, "CreateUser")) == sorted(users), "each once"

    def check_delivered(self):
        def all_delivered():
            made = self.made(delivered_to(self.server, "trail-logs"))
            return made if set(made) == self.acknowledged["users"] else None
        assert until(all_delivered, "the log files", 15) == sorted(self.acknowledged["users"]), "each in one file"
        status = self.server.client("cloudtrail").get_trail_status(Name="main")
        assert not status.get("LatestDeliveryError") and status["IsLogging"]


def test_a_full_disk(confined):
    work = Work(confined)
    work.load(0, 5)
    assert all(len(names) == 5 for names in work.acknowledged.values())
    confined.fill()
    work.load(10, 10)
    assert len(work.acknowledged["users"]) < 15, "the disk was full"
    until(lambda: not attempt(work.iam.list_users), "a call that can't be recorded isn't answered, once the journal's room is used up", 15)
    assert "make room on the disk of the data folder" in confined.said()
    confined.free()
    work.recover()
    work.check()
    work.check_delivered()


class Turning(Yagura):
    """A server whose disk turns read-only under it, as after a disk error."""

    def __init__(self, folder, *options):
        self.broken = folder / "broken"
        self.library = folder / "read_only.so"
        subprocess.run(["cc", "-D_GNU_SOURCE", "-O1", "-shared", "-fPIC", "-o", self.library,
                        pathlib.Path(__file__).with_name("read_only.c")], check=True)
        super().__init__(folder / "data", *options)

    def command(self):
        return ["env", f"LD_PRELOAD={self.library}", f"READ_ONLY_FOLDER={self.data}/", f"READ_ONLY_WHILE={self.broken}",
                *super().command()]


@pytest.mark.parametrize("killed", (False, True), ids=("and back", "and killed"))
def test_a_disk_that_turns_read_only(tmp_path, killed):
    if LIGHT:
        pytest.skip("in the release flavour, on SQLite")
    server = Turning(tmp_path, "--trail-delivery", "200ms", "--trail-digest", "1s").start()
    try:
        work = Work(server)
        work.load(0, 3)
        server.broken.touch()
        work.load(10, 4)
        assert all(len(names) == 3 for names in work.acknowledged.values()), "nothing is acknowledged that can't be kept"
        assert not attempt(work.iam.list_users), "a call that can't be recorded isn't answered"
        assert "mount the disk of the data folder for writing" in server.said()
        if killed:
            server.kill()
        server.broken.unlink()
        if killed:
            server.start()
            work.server, work.iam, work.s3, work.logs = server, *(server.client(name) for name in ("iam", "s3", "logs"))
        work.recover()
        work.check()
        work.check_delivered()
    finally:
        server.stop()


def test_a_disk_that_is_read_only_is_told_at_the_start(tmp_path):
    if LIGHT or not can_mount(tmp_path):
        pytest.skip("in the release flavour, on SQLite, where users may have mounts of their own")
    data = tmp_path / "disk"
    data.mkdir()
    done = subprocess.run([*NAMESPACE, "sh", "-c", 'mount -t tmpfs -o ro tmpfs "$0" && exec "$@"', str(data), binary(), "serve", "--listen",
                           "127.0.0.1:0", "--data", str(data / "data")], capture_output=True, text=True, check=False, timeout=20)
    assert done.returncode == 4 and "Read-only file system: mount the disk of the data folder for writing" in done.stderr, done


FAKETIME = next(iter(sorted(pathlib.Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))), None)


class Jumping(Yagura):
    """A server whose clock is what a file says: "+3600", "-600"."""

    def __init__(self, folder, *options):
        self.clock = folder / "clock"
        self.clock.write_text("+0\n")
        super().__init__(folder / "data", *options)

    def command(self):
        return ["env", f"LD_PRELOAD={FAKETIME}", f"FAKETIME_TIMESTAMP_FILE={self.clock}", "FAKETIME_NO_CACHE=1",
                "FAKETIME_DONT_FAKE_MONOTONIC=1", "FAKETIME_FORCE_MONOTONIC_FIX=0", *super().command()]

    @contextlib.contextmanager
    def at(self, seconds):
        """It jumps there, and so do those who sign."""
        fresh = self.clock.with_suffix(".new")
        fresh.write_text(f"{seconds:+d}\n")
        fresh.rename(self.clock)
        with clock_ahead(seconds):
            yield


def test_a_clock_that_jumps(tmp_path):
    if LIGHT or FAKETIME is None:
        pytest.skip("in the release flavour, on SQLite, with libfaketime (tools/setup.sh test)")
    server = Jumping(tmp_path, "--trail-delivery", "200ms", "--trail-digest", "1s").start()
    made = []

    def work(name):
        for number in range(3):
            server.client("iam").create_user(UserName=f"{name}-{number}")
            made.append(f"{name}-{number}")
        server.client("cloudwatch").put_metric_data(Namespace="Clock", MetricData=[{"MetricName": "m", "Value": 1}])
        role = server.client("sts").get_session_token()["Credentials"]
        assert role["SessionToken"]
    try:
        with server.at(-2 * 86400):  # a trail takes what happened since it was started, by the clock
            make_trail(server, "trail-logs")
            server.client("s3").create_bucket(Bucket="objects", CreateBucketConfiguration={"LocationConstraint": "ap-northeast-1"})
        with server.at(0):
            work("now")
        for name, seconds in (("tomorrow", 86400), ("yesterday", -86400), ("back", 0), ("hour", -3600), ("later", 7200)):
            with server.at(seconds):
                work(name)
                server.client("s3").put_object(Bucket="objects", Key=name, Body=name.encode())
        server.kill()
        with server.at(-1800):  # and once more over a kill
            server.start()
            work("killed")
            users = {user["UserName"] for user in server.client("iam").list_users()["Users"]} - {"admin"}
            assert users == set(made)
            for name in ("tomorrow", "yesterday", "back", "hour", "later"):
                assert server.client("s3").get_object(Bucket="objects", Key=name)["Body"].read() == name.encode()
        with server.at(90000):  # of all times, as far as LookupEvents reaches
            seen = [event["requestParameters"]["userName"] for event in recorded(server, "CreateUser")]
            assert sorted(seen) == sorted(made), "each once"

            def all_delivered():
                there = [event["requestParameters"]["userName"] for event in delivered_to(server, "trail-logs")
                         if event["eventName"] == "CreateUser"]
                return there if len(there) >= len(made) else None
            assert sorted(until(all_delivered, "the log files", 20)) == sorted(made), "each in one file"
    finally:
        server.stop()
