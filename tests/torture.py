#!/usr/bin/env python3
"""kill -9 in the middle of writes, over and over: whatever was acknowledged must be there after the next start.

    tests/torture.py --binary build/release/yagura [--rounds 100] [--seed N]

Several boto3 writers make users, keys, objects, detectors, log events and metric data. What they were told is written down; a call that
got no answer may have happened or not. Every answered call, reads and refusals too, must be in CloudTrail exactly once, and in the log files
of a trail, whose chain of digests `yagura verify-logs` proves after each round. Ends with "N passed, N failed", a case per round."""

import argparse
import collections
import datetime
import gzip
import json
import os
import pathlib
import random
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time

import boto3
import botocore.config
import botocore.exceptions

WRITERS = 4
REGIONS = ["ap-northeast-1", "us-east-1", "eu-west-1", "sa-east-1"]
START_SECONDS = 20
LIFE_ROUNDS = 100  # then a new server: each round proves all that came before it


class Server:
    def __init__(self, binary, folder):
        self.binary, self.data, self.log = binary, folder / "data", folder / "log"
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.process = None

    def start(self):
        endpoint = self.data / "endpoint"
        endpoint.unlink(missing_ok=True)
        with self.log.open("ab") as log:
            self.process = subprocess.Popen([self.binary, "serve", "--data", str(self.data), "--listen", f"127.0.0.1:{self.port}",
                                             "--trail-delivery", "200ms", "--trail-digest", "1s"], stdout=log, stderr=log)
        deadline = time.monotonic() + START_SECONDS
        while not endpoint.exists():
            if self.process.poll() is not None or time.monotonic() > deadline:
                sys.exit(f"the server did not start:\n{self.log.read_text(errors='replace')[-3000:]}")
            time.sleep(0.005)

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def client(self, service, region):
        credentials = json.loads((self.data / "credentials").read_text())
        return boto3.client(
            service, region_name=region, endpoint_url=f"http://127.0.0.1:{self.port}",
            aws_access_key_id=credentials["accessKeyId"], aws_secret_access_key=credentials["secretAccessKey"],
            config=botocore.config.Config(retries={"total_max_attempts": 1}, connect_timeout=5, read_timeout=10))


class Writer:
    """Writes until the connection breaks; remembers what was acknowledged. One thread, one region."""

    def __init__(self, server, number):
        self.name = f"writer{number}"
        self.iam = server.client("iam", "us-east-1")
        self.guardduty = server.client("guardduty", REGIONS[number])
        self.s3 = server.client("s3", "us-east-1")
        self.s3.create_bucket(Bucket=f"torture-{self.name}")
        self.objects = {}  # key: body's seed and size, of what was acknowledged in this round
        self.users, self.keys = set(), {}
        self.logs, self.cloudwatch = server.client("logs", "us-east-1"), server.client("cloudwatch", "us-east-1")
        self.logs.create_log_group(logGroupName=f"torture-{self.name}")
        self.logs.create_log_stream(logGroupName=f"torture-{self.name}", logStreamName="s")
        self.logs.put_metric_filter(logGroupName=f"torture-{self.name}", filterName="all", filterPattern="", metricTransformations=[
            {"metricName": self.name, "metricNamespace": "Filtered", "metricValue": "1"}])
        self.lines = []  # of this round
        self.data, self.data_unsure = 0, 0  # values put, and not answered
        self.detector, self.detector_unsure = None, False
        self.count, self.trouble = 0, None
        self.answered = []  # (Region of the event, request id), of this round
        for client, region in ((self.iam, "us-east-1"), (self.guardduty, REGIONS[number])):
            client.meta.events.register("after-call", lambda parsed, region=region, **_: self.answered.append(
                (region, parsed["ResponseMetadata"].get("RequestId"))))

    def write_user(self):
        self.count += 1
        name = f"{self.name}-{self.count}"
        self.iam.create_user(UserName=name)
        self.users.add(name)
        key = self.iam.create_access_key(UserName=name)["AccessKey"]
        self.keys[name] = key["AccessKeyId"]

    def read(self):
        self.iam.list_access_keys(UserName=f"{self.name}-{self.count}")
        try:
            self.iam.create_user(UserName=f"{self.name}-{self.count}")
        except self.iam.exceptions.EntityAlreadyExistsException:
            pass

    def write_detector(self):
        self.detector_unsure = True
        if self.detector:
            self.guardduty.delete_detector(DetectorId=self.detector)
            self.detector = None
        else:
            self.detector = self.guardduty.create_detector(Enable=True)["DetectorId"]
        self.detector_unsure = False

    def write_object(self):
        """Of sizes that stay in the row, become a file, or come in by a file; every fifth one is deleted again."""
        key, size = f"k{self.count % 50}", (100, 40_000, 600_000)[self.count % 3]
        self.objects.pop(key, None)  # until it is answered it may be the old one or the new one
        self.s3.put_object(Bucket=f"torture-{self.name}", Key=key, Body=body(self.count, size))
        self.objects[key] = self.count, size
        if self.count % 5 == 0:
            del self.objects[key]
            self.s3.delete_object(Bucket=f"torture-{self.name}", Key=key)
            self.objects[key] = None

    def write_line(self):
        """A log event and a value of a metric; a call that isn't answered may have done it, once."""
        line = f"{self.name} {self.count}"
        self.logs.put_log_events(logGroupName=f"torture-{self.name}", logStreamName="s",
                                 logEvents=[{"timestamp": int(time.time() * 1000), "message": line}])
        self.lines.append(line)
        self.data_unsure += 1
        self.cloudwatch.put_metric_data(Namespace="Torture", MetricData=[{"MetricName": self.name, "Value": 1}])
        self.data, self.data_unsure = self.data + 1, self.data_unsure - 1

    def lost_lines(self, since):
        pages = self.logs.get_paginator("filter_log_events").paginate(logGroupName=f"torture-{self.name}", startTime=since * 1000)
        there = collections.Counter(event["message"] for page in pages for event in page["events"])
        yield from (f"log event {line}" for line in self.lines if not there[line])
        yield from (f"log event {line} is there {count} times" for line, count in there.items() if count > 1)
        counted = self.counted("Torture")
        if not self.data <= counted <= self.data + self.data_unsure:
            yield f"metric data: {counted} there, {self.data} acknowledged, {self.data_unsure} not answered"

    def counted(self, namespace):
        now = datetime.datetime.now(datetime.timezone.utc)
        points = self.cloudwatch.get_metric_statistics(Namespace=namespace, MetricName=self.name, Period=3600, Statistics=["SampleCount"],
                                                       StartTime=now - datetime.timedelta(days=1), EndTime=now + datetime.timedelta(hours=1))
        return sum(point["SampleCount"] for point in points["Datapoints"])

    def miscounted(self, deadline):
        """What the metric filter made of all log events of this life; a batch that a killed server had begun comes again in half a minute."""
        pages = self.logs.get_paginator("filter_log_events").paginate(logGroupName=f"torture-{self.name}")
        there = sum(len(page["events"]) for page in pages)
        while (counted := self.counted("Filtered")) < there and time.monotonic() < deadline:
            time.sleep(0.1)
        return [] if counted == there else [f"a metric filter counted {counted} of {there} log events"]

    def lost_objects(self):
        for key, made in self.objects.items():
            try:
                found = self.s3.get_object(Bucket=f"torture-{self.name}", Key=key)["Body"].read()
            except self.s3.exceptions.NoSuchKey:
                found = None
            if found != (body(*made) if made else None):
                yield f"object {key} of {self.name}"

    def run(self):
        try:
            while True:
                self.write_user()
                self.write_object()
                self.write_line()
                self.read()
                self.write_detector()
        except (botocore.exceptions.HTTPClientError, botocore.exceptions.EndpointConnectionError):
            return  # killed
        except Exception as trouble:  # any answer but success is a failure of the round
            self.trouble = f"{self.name}: {trouble}"

    def lost(self, users):
        """What was acknowledged and isn't there."""
        missing = [f"user {name}" for name in self.users - users]
        for name in sorted(self.keys)[-5:]:
            listed = {key["AccessKeyId"] for key in
                      self.iam.list_access_keys(UserName=name)["AccessKeyMetadata"]} if name in users else set()
            if self.keys[name] not in listed:
                missing.append(f"access key of {name}")
        found = self.guardduty.list_detectors()["DetectorIds"]
        if not self.detector_unsure and found != ([self.detector] if self.detector else []):
            missing.append(f"detector {self.detector}, found {found}")
        self.detector, self.detector_unsure = (found[0] if found else None), False
        return missing


def audit(server, writers, since, users):
    """Answered calls that CloudTrail doesn't have, or has twice; users that it says were made, and are not there."""
    reasons = []
    for region in REGIONS:
        answered = {request for writer in writers for where, request in writer.answered if where == region and request}
        pages = server.client("cloudtrail", region).get_paginator("lookup_events").paginate(StartTime=since)
        events = [json.loads(event["CloudTrailEvent"]) for page in pages for event in page["Events"]]
        recorded = collections.Counter(named(event) for event in events)
        made = {event["requestParameters"]["userName"] for event in events
                if event["eventName"] == "CreateUser" and "errorCode" not in event}
        reasons += [f"user {name} is on record and was never made" for name in made - users]
        reasons += [f"call {request} is not on record" for request in answered - {request for request, _ in recorded}]
        reasons += [f"call {call} is on record {count} times" for call, count in recorded.items() if count > 1]
    return reasons


TRAIL = "torture-trail"


def named(record):
    """A call of which another call is made has its request id for both."""
    return record["requestID"], record["eventName"]


def make_trail(server):
    s3, trails = server.client("s3", "us-east-1"), server.client("cloudtrail", "us-east-1")
    s3.create_bucket(Bucket=TRAIL)
    s3.put_bucket_policy(Bucket=TRAIL, Policy=json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"}, "Action": ["s3:GetBucketAcl", "s3:PutObject"],
         "Resource": [f"arn:aws:s3:::{TRAIL}", f"arn:aws:s3:::{TRAIL}/*"]}]}))
    trails.create_trail(Name="torture", S3BucketName=TRAIL, IsMultiRegionTrail=True, EnableLogFileValidation=True)
    trails.start_logging(Name="torture")


class Archive:
    """What the trail has delivered so far; each object is read once."""

    def __init__(self):
        self.seen, self.calls = set(), collections.Counter()

    def look(self, server):
        s3 = server.client("s3", "us-east-1")
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket=TRAIL):
            for key in (one["Key"] for one in page.get("Contents", [])):
                if key in self.seen or "/CloudTrail/" not in key:
                    continue
                self.seen.add(key)
                records = json.loads(gzip.decompress(s3.get_object(Bucket=TRAIL, Key=key)["Body"].read()))["Records"]
                self.calls.update(named(record) for record in records if "requestID" in record)

    def check(self, server, wanted, seconds=20):
        """Calls that aren't delivered in time, or twice."""
        deadline = time.monotonic() + seconds
        while True:
            self.look(server)
            missing = wanted - {request for request, _ in self.calls}
            if not missing or time.monotonic() > deadline:
                break
            time.sleep(0.2)
        return [f"call {request} is in no log file" for request in missing] + \
            [f"call {call} is in log files {count} times" for call, count in self.calls.items() if count > 1]


def digests(server):
    pages = server.client("s3", "us-east-1").get_paginator("list_objects_v2").paginate(Bucket=TRAIL)
    return [one["Key"] for page in pages for one in page.get("Contents", []) if "/CloudTrail-Digest/" in one["Key"]]


def chain(server):
    """What `yagura verify-logs` has to say against the trail's digests and files."""
    keys = json.loads((server.data / "credentials").read_text())
    environment = {**os.environ, "AWS_ACCESS_KEY_ID": keys["accessKeyId"], "AWS_SECRET_ACCESS_KEY": keys["secretAccessKey"]}
    deadline = time.monotonic() + 10  # the first digest takes a second
    while not digests(server):
        if time.monotonic() > deadline:
            return ["no digest was delivered"]
        time.sleep(0.1)
    done = subprocess.run([server.binary, "verify-logs", f"s3://{TRAIL}/?endpoint=http://127.0.0.1:{server.port}&region=us-east-1",
                           "--no-progress"], env=environment, capture_output=True, text=True, check=False, timeout=120)
    return [] if done.returncode == 0 else [f"verify-logs: {done.returncode}: {(done.stdout + done.stderr)[-1500:]}"]


def body(seed, size):
    return random.Random(seed).randbytes(size)


def stray_files(server):
    """Files that no row names, and rows whose file is gone: right after a start there are neither."""
    with sqlite3.connect(f"file:{server.data}/yagura.db?mode=ro", uri=True) as db:
        rows = {name: uses for name, uses in db.execute("SELECT id, uses FROM s3_blob")}
    files = {f"{path.parent.name}-{path.name}" for path in (server.data / "blobs").glob("[0-9]*/*")}
    return [f"half-written file {name}" for name in files - set(rows)] + \
        [f"file {name} is gone" for name, uses in rows.items() if uses and name not in files]


def all_users(server):
    pages = server.client("iam", "us-east-1").get_paginator("list_users").paginate()
    return {user["UserName"] for page in pages for user in page["Users"]}


def one_round(server, writers, archive, seconds):
    """Reasons why it failed; none is good."""
    threads = [threading.Thread(target=writer.run) for writer in writers]
    since = int(time.time()) - 1
    for writer in writers:
        writer.answered.clear()
        writer.lines.clear()
    for thread in threads:
        thread.start()
    time.sleep(seconds)
    server.kill()
    for thread in threads:
        thread.join()
    server.start()
    stray = stray_files(server)
    calls = sum(len(writer.answered) for writer in writers)
    users = all_users(server)
    management = {request for writer in writers for _, request in writer.answered if request}
    return calls, archive.check(server, management) + chain(server) + audit(server, writers, since, users) + [writer.trouble for writer in writers if writer.trouble] + [
        f"lost {what}" for writer in writers for what in [*writer.lost(users), *writer.lost_objects(), *writer.lost_lines(since)]] + stray


def life(binary, rounds, first, chance):
    """Rounds of one server, from an empty folder on: (failed, calls answered, users acknowledged)."""
    failed = calls = 0
    with tempfile.TemporaryDirectory(prefix="yagura-torture-") as folder:
        server = Server(binary, pathlib.Path(folder))
        server.start()
        writers = [Writer(server, number) for number in range(WRITERS)]
        make_trail(server)
        archive = Archive()
        for number in range(first, first + rounds):
            count, reasons = one_round(server, writers, archive, chance.uniform(0.05, 0.8))
            calls += count
            failed += bool(reasons)
            for reason in reasons:
                print(f"round {number}: {reason}", flush=True)
            for writer in writers:
                writer.trouble = None
        deadline = time.monotonic() + 40
        for reason in (reason for writer in writers for reason in writer.miscounted(deadline)):
            print(f"to round {first + rounds}: {reason}", flush=True)
            failed = max(failed, 1)
        server.kill()
    return failed, calls, sum(len(writer.users) for writer in writers)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", required=True)
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 31))
    options = parser.parse_args()
    chance = random.Random(options.seed)
    failed = calls = acknowledged = 0
    for first in range(0, options.rounds, LIFE_ROUNDS):
        rounds = min(LIFE_ROUNDS, options.rounds - first)
        lost, answered, users = life(options.binary, rounds, first, chance)
        failed, calls, acknowledged = failed + (lost if users else rounds), calls + answered, acknowledged + users
        print(f"{first + rounds} rounds: {calls} answered calls, {acknowledged} users acknowledged, {failed} rounds failed"
              + ("" if users else "; nothing was written"), flush=True)
    print(f"seed {options.seed}")
    print(f"{options.rounds - failed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
