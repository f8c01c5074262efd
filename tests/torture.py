#!/usr/bin/env python3
"""kill -9 in the middle of writes, over and over: whatever was acknowledged must be there after the next start.

    tests/torture.py --binary build/release/yagura [--rounds 100] [--seed N]

Several boto3 writers make users, keys, objects and detectors. What they were told is written down; a call that got no answer may
have happened or not. Every answered call, reads and refusals too, must be in CloudTrail exactly once. Ends with "N passed, N failed", a case per round."""

import argparse
import collections
import json
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
            self.process = subprocess.Popen([self.binary, "serve", "--data", str(self.data), "--listen",
                                             f"127.0.0.1:{self.port}"], stdout=log, stderr=log)
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
        recorded = collections.Counter(event["requestID"] for event in events)
        made = {event["requestParameters"]["userName"] for event in events
                if event["eventName"] == "CreateUser" and "errorCode" not in event}
        reasons += [f"user {name} is on record and was never made" for name in made - users]
        reasons += [f"call {request} is not on record" for request in answered - set(recorded)]
        reasons += [f"call {request} is on record {count} times" for request, count in recorded.items() if count > 1]
    return reasons


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


def one_round(server, writers, seconds):
    """Reasons why it failed; none is good."""
    threads = [threading.Thread(target=writer.run) for writer in writers]
    since = int(time.time()) - 1
    for writer in writers:
        writer.answered.clear()
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
    return calls, audit(server, writers, since, users) + [writer.trouble for writer in writers if writer.trouble] + [
        f"lost {what}" for writer in writers for what in [*writer.lost(users), *writer.lost_objects()]] + stray


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", required=True)
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 31))
    options = parser.parse_args()
    chance = random.Random(options.seed)
    failed = calls = 0
    with tempfile.TemporaryDirectory(prefix="yagura-torture-") as folder:
        server = Server(options.binary, pathlib.Path(folder))
        server.start()
        writers = [Writer(server, number) for number in range(WRITERS)]
        for number in range(options.rounds):
            count, reasons = one_round(server, writers, chance.uniform(0.05, 0.8))
            calls += count
            failed += bool(reasons)
            for reason in reasons:
                print(f"round {number}: {reason}")
            for writer in writers:
                writer.trouble = None
        acknowledged = sum(len(writer.users) for writer in writers)
        server.kill()
    print(f"{calls} answered calls, {acknowledged} users acknowledged over {options.rounds} rounds, seed {options.seed}")
    if acknowledged == 0:
        print("nothing was written")
        failed = options.rounds
    print(f"{options.rounds - failed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
