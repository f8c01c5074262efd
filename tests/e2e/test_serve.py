"""`yagura serve` as a process: how it starts, refuses to start, follows logs, reloads, stops, and comes back from a kill."""

import concurrent.futures
import contextlib
import csv
import gzip
import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import uuid

import boto3
import botocore.config
import pytest
import raw
from conftest import TROUBLE, Yagura, binary, own_store, until

QUICK = ("--watch-interval", "20")
SANITIZED = bool(os.environ.get("YAGURA_FEW"))
on_sqlite = pytest.mark.skipif("YAGURA_TEST_STORE" in os.environ, reason="looks into the SQLite file")


def run(*arguments, status=0, **options):
    """A command that ends by itself; standard output, or standard error when it fails as it should."""
    done = subprocess.run([binary(), *map(str, arguments)], capture_output=True, text=True, timeout=60, check=False,
                          **options)
    assert done.returncode == status, (arguments, done)
    assert not TROUBLE.search(done.stderr), done.stderr
    return done.stdout if status < 2 else done.stderr


def refused(data, *options, store=None, status=4):
    """serve does not start; its reason."""
    words = ["--store", store] if store else []
    return run("serve", "--listen", "127.0.0.1:0", "--data", data, *words, *options, status=status)


# Starting


def test_env_is_for_bash(servers, tmp_path):
    server = servers()
    script = 'eval "$("$1" env --data "$2")" && printf "%s\\n" "$AWS_ENDPOINT_URL" "$AWS_REGION" "$AWS_ACCESS_KEY_ID"' \
             ' "$AWS_SECRET_ACCESS_KEY" && "$3" -c "import boto3; print(boto3.client(\'sts\').get_caller_identity()[\'Arn\'])"'
    done = subprocess.run(["bash", "-euc", script, "bash", binary(), server.data, sys.executable], text=True, timeout=60,
                          capture_output=True, check=True, env={**os.environ, "AWS_SESSION_TOKEN": "old",
                                                               "AWS_PROFILE": "gone"})
    keys = server.credentials
    assert done.stdout.split() == [server.endpoint, "ap-northeast-1", keys["accessKeyId"], keys["secretAccessKey"],
                                   "arn:aws:iam::111122223333:user/admin"]
    assert done.stderr == ""
    assert "no server has started" in run("env", "--data", tmp_path / "none", status=4)
    server.stop()
    stopped = subprocess.run([binary(), "env", "--data", server.data], capture_output=True, text=True, timeout=60, check=True)
    assert server.endpoint in stopped.stdout and f"nothing answers at {server.endpoint}" in stopped.stderr


def test_a_second_start_keeps_everything(servers):
    server = servers()
    guardduty = server.client("guardduty")
    detector = guardduty.create_detector(Enable=True)["DetectorId"]
    guardduty.create_sample_findings(DetectorId=detector, FindingTypes=["UnauthorizedAccess:EC2/TorClient"])
    server.client("iam").create_user(UserName="kept")
    session = server.client("sts").get_session_token()["Credentials"]
    findings, before = guardduty.list_findings(DetectorId=detector)["FindingIds"], server.credentials
    server.stop()
    again = servers(of=server)
    assert again.credentials == before
    assert again.client("guardduty").list_detectors()["DetectorIds"] == [detector]
    assert again.client("guardduty").list_findings(DetectorId=detector)["FindingIds"] == findings
    assert again.client("iam").get_user(UserName="kept")["User"]["UserName"] == "kept"
    kept = {"accessKeyId": session["AccessKeyId"], "secretAccessKey": session["SecretAccessKey"],
            "sessionToken": session["SessionToken"]}
    assert again.client("sts", credentials=kept).get_caller_identity()["Arn"].endswith(":user/admin")


def test_what_is_secret_is_for_the_owner_alone(servers):
    server = servers()
    for one in server.data.iterdir():
        assert one.stat().st_mode & 0o077 == 0, one
    assert server.data.stat().st_mode & 0o077 == 0


# Refusing to start


def test_a_port_that_is_taken(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        words = refused(tmp_path / "data", "--listen", f"127.0.0.1:{port}", store=own_store())
        assert f"cannot listen on '127.0.0.1:{port}'" in words and "in use" in words


def test_a_data_folder_that_is_in_use(servers):
    server = servers()
    assert "another yagura serve is using" in refused(server.data)
    assert raw.once(server, *raw.sts(server)).status == 200
    server.kill()
    servers(of=server)


def test_a_root_key_that_is_lost_or_open_to_others(servers, tmp_path):
    server = servers()
    server.stop()
    key = server.data / "root.key"
    key.chmod(0o644)
    assert "chmod 600" in refused(server.data, store=server.store)
    key.chmod(0o600)
    shutil.move(key, tmp_path / "kept")
    assert "root.key is missing" in refused(server.data, store=server.store)
    key.write_bytes(b"short")
    key.chmod(0o600)
    assert "exactly 32 bytes" in refused(server.data, store=server.store)
    shutil.copyfile(tmp_path / "kept", key)
    again = servers(of=server)
    assert raw.once(again, *raw.sts(again)).status == 200


@on_sqlite
def test_a_store_of_a_newer_yagura(servers):
    server = servers()
    server.stop()
    with sqlite3.connect(server.data / "yagura.db") as db:
        db.execute("INSERT INTO store_migration VALUES ('iam', 99, 'from the future', 0)")
    words = refused(server.data)
    assert "iam" in words and "newer" in words


@on_sqlite
def test_a_store_that_is_no_database(tmp_path):
    data = tmp_path / "data"
    data.mkdir(mode=0o700)
    (data / "yagura.db").write_bytes(b"certainly not a database " * 200)
    assert "database" in refused(data)


def test_wrong_usage(tmp_path):
    for options, words in ((("--nonsense",), "there is no option --nonsense"), (("--threads", "many"), "--threads takes"),
                           (("--account-id", "12"), "--account-id takes 12 digits"), (("--data",), "--data needs a value"),
                           (("--tls-cert", "x.pem"), "--tls-cert and --tls-key go together"),
                           (("--config", tmp_path / "none"), "cannot read the configuration file")):
        assert words in run("serve", *options, status=2)
    assert "host:port" in refused(tmp_path / "data", "--listen", "nowhere", store=own_store())
    assert "cannot read certificate or key" in refused(tmp_path / "data", "--tls-cert", "/none", "--tls-key", "/none",
                                                       store=own_store())
    assert "usage: yagura serve" in run("serve", "--help")


def test_rules_that_are_broken(tmp_path):
    rules = tmp_path / "rules"
    rules.mkdir()
    (rules / "broken.yml").write_text("title: [unclosed\n")
    (tmp_path / "logs").mkdir()
    words = refused(tmp_path / "data", "--rules", rules, "--watch", tmp_path / "logs", store=own_store())
    assert "broken.yml" in words


# TLS


def test_tls(servers, tmp_path):
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                    "-days", "2", "-subj", "/CN=yagura", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key,
                    "-out", cert], check=True, capture_output=True)
    server = servers("--tls-cert", cert, "--tls-key", key)
    assert server.endpoint.startswith("https://")
    asking = {"service_name": "sts", "region_name": "eu-west-1", "endpoint_url": server.endpoint,
              "aws_access_key_id": server.credentials["accessKeyId"],
              "aws_secret_access_key": server.credentials["secretAccessKey"],
              "config": botocore.config.Config(retries={"total_max_attempts": 1})}
    assert boto3.client(verify=str(cert), **asking).get_caller_identity()["Account"] == "111122223333"
    recorded = boto3.client(verify=str(cert), **{**asking, "service_name": "cloudtrail"}).lookup_events()["Events"]
    [details] = [json.loads(event["CloudTrailEvent"])["tlsDetails"] for event in recorded
                 if event["EventName"] == "GetCallerIdentity"]
    assert details["tlsVersion"] == "TLSv1.3" and details["cipherSuite"].startswith("TLS_")
    assert details["clientProvidedHostHeader"] == server.endpoint.removeprefix("https://")
    with pytest.raises(botocore.exceptions.SSLError):
        boto3.client(**asking).get_caller_identity()
    with raw.Connection(server) as connection:
        connection.send(raw.encode("GET", "/_yagura/health", [("Host", "x")]))
        with contextlib.suppress(ConnectionError):
            assert not connection.socket.recv(100).startswith(b"HTTP")
    other = tmp_path / "other.pem"
    subprocess.run(["openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-out", other],
                   check=True, capture_output=True)
    words = refused(tmp_path / "second", "--tls-cert", cert, "--tls-key", other, store=own_store())
    assert "a pair?" in words


# Time


CLOCK = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <time.h>
int clock_gettime(clockid_t clock, struct timespec *now)
{
    int (*real)(clockid_t, struct timespec *) = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
    const int status = real(clock, now);
    now->tv_sec += clock == CLOCK_REALTIME ? atoi(getenv("AHEAD_S")) : 0;
    return status;
}
"""


@pytest.mark.skipif(SANITIZED, reason="a sanitizer has a clock of its own")
def test_a_session_ends(servers, tmp_path, monkeypatch):
    """The second start lives a quarter of an hour later."""
    (tmp_path / "clock.c").write_text(CLOCK)
    subprocess.run(["cc", "-shared", "-fPIC", "-o", tmp_path / "clock.so", tmp_path / "clock.c", "-ldl"], check=True)
    server = servers()
    made = server.client("sts").get_session_token(DurationSeconds=900)["Credentials"]
    session = {"accessKeyId": made["AccessKeyId"], "secretAccessKey": made["SecretAccessKey"],
               "sessionToken": made["SessionToken"]}
    server.stop()
    for ahead, status in (("880", 200), ("920", 403)):
        monkeypatch.setenv("LD_PRELOAD", str(tmp_path / "clock.so"))
        monkeypatch.setenv("AHEAD_S", ahead)
        later = servers(of=server)
        monkeypatch.delenv("LD_PRELOAD")
        at = raw.now() + raw.datetime.timedelta(seconds=int(ahead))
        answer = raw.once(later, *raw.sts(later, credentials=session, at=at))
        assert answer.status == status, answer
        assert status == 200 or b"<Code>ExpiredToken</Code>" in answer.body
        answer = raw.once(later, *raw.sign(later, "guardduty", "GET", "/detector", credentials=session, at=at))
        assert answer.status == status and (status == 200 or b"ExpiredTokenException" in answer.body)
        later.stop()


# Stopping


def test_a_stop_during_writes_loses_nothing_that_was_acknowledged(servers):
    server = servers()
    made = []

    def write(_):
        try:
            with raw.Connection(server) as connection:
                while True:
                    user = f"user-{uuid.uuid4().hex}"
                    answer = connection.ask(*raw.iam(server, "CreateUser", UserName=user))
                    if answer is None:
                        return
                    assert answer.status in (200, 503), answer
                    if answer.status == 200:
                        made.append(user)
                    if answer.headers.get("connection", "").lower() == "close":
                        return
        except ConnectionError:
            pass
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        writers = [pool.submit(write, None) for _ in range(8)]
        until(lambda: len(made) > 50, "writes")
        started = time.monotonic()
        server.stop()
        assert time.monotonic() - started < 15
        for writer in writers:
            writer.result()
    again = servers(of=server)
    users = {user["UserName"] for page in again.client("iam").get_paginator("list_users").paginate()
             for user in page["Users"]}
    assert set(made) <= users


def test_a_stop_does_not_wait_for_the_slow(servers):
    server = servers("--grace", "100")
    with raw.Connection(server) as idle, raw.Connection(server) as slow:
        assert idle.ask(*raw.sts(server)).status == 200
        slow.send(raw.encode(*raw.sts(server))[:-5])
        started = time.monotonic()
        server.stop()
        assert time.monotonic() - started < 5


# Following logs


def record(event="StopLogging", source="cloudtrail.amazonaws.com", identity="eve"):
    caller = {"type": "IAMUser", "principalId": f"AIDA{identity}", "arn": f"arn:aws:iam::111122223333:user/{identity}",
              "accountId": "111122223333", "accessKeyId": f"AKIA{identity}", "userName": identity}
    return {"eventVersion": "1.11", "userIdentity": caller, "eventTime": "2026-11-16T00:00:00Z", "eventSource": source, "eventName": event, "awsRegion": "ap-northeast-1",
            "sourceIPAddress": "198.51.100.7", "userAgent": "aws-cli/2.20", "requestParameters": {"name": "main"},
            "responseElements": None, "requestID": str(uuid.uuid4()), "eventID": str(uuid.uuid4()), "readOnly": False,
            "eventType": "AwsApiCall", "managementEvent": True, "recipientAccountId": "111122223333"}


def lines(records):
    return "".join(json.dumps(one) + "\n" for one in records)


def packed(records):
    return gzip.compress(json.dumps({"Records": records}).encode())


def deliver(folder, records, at=0):
    """A file in CloudTrail's own layout, whole from the moment that it has its name."""
    place = folder / "AWSLogs/111122223333/CloudTrail/ap-northeast-1/2026/11/16"
    place.mkdir(parents=True, exist_ok=True)
    final = place / f"111122223333_CloudTrail_ap-northeast-1_20261116T{at:04}Z_{uuid.uuid4().hex[:16]}.json.gz"
    (place / ".part").write_bytes(packed(records))
    return (place / ".part").rename(final)


def counts(server):
    """How often each finding was seen, by its caller; and that there is one per caller."""
    done = subprocess.run([binary(), "findings", "--data", server.data, "--format", "csv",
                           *(["--store", server.store] if server.store else [])], capture_output=True, text=True,
                          timeout=60, check=False)
    assert done.returncode in (0, 1), done.stderr
    found = list(csv.DictReader(done.stdout.splitlines()))
    names = [one["resource"].removeprefix("AKIA") for one in found]
    assert len(set(names)) == len(names), found
    return {name: int(one["count"]) for name, one in zip(names, found)}


def settle(server, wanted):
    """Comes to what is wanted, and stays there over the next looks."""
    until(lambda: counts(server) == wanted, f"findings {wanted}, but {counts(server)}")


def test_lines_that_are_appended(servers, tmp_path):
    log = tmp_path / "events.ndjson"
    log.write_text(lines([record(), record("ListUsers", "iam.amazonaws.com")]))
    server = servers("--watch", log, *QUICK)
    settle(server, {"eve": 1})
    whole = lines([record(), record(identity="mallory")])
    with log.open("a") as file:
        file.write(whole[:-40])
        file.flush()
        settle(server, {"eve": 2})
        file.write(whole[-40:])
    settle(server, {"eve": 2, "mallory": 1})
    guardduty = server.client("guardduty")
    detector = guardduty.create_detector(Enable=True)["DetectorId"]
    found = guardduty.list_findings(DetectorId=detector)["FindingIds"]
    got = guardduty.get_findings(DetectorId=detector, FindingIds=found)["Findings"]
    assert sorted(one["Service"]["Count"] for one in got) == [1, 2]
    assert {one["Type"] for one in got} == {"Stealth:IAMUser/CloudTrailLoggingDisabled"}


def test_findings_are_printed_as_the_wire_has_them(servers, tmp_path):
    log = tmp_path / "events.ndjson"
    log.write_text(lines([record(identity="eve"), record(identity="mallory")]))
    server = servers("--watch", log, *QUICK)
    settle(server, {"eve": 1, "mallory": 1})
    shape = server.client("guardduty").meta.service_model.shape_for("Finding")
    known = {member.serialization.get("name", key): key for key, member in shape.members.items()}
    store = ["--store", server.store] if server.store else []
    printed = json.loads(run("findings", "--data", server.data, "--format", "json", *store, status=1))
    assert printed == [json.loads(line) for line in
                       run("findings", "--data", server.data, "--format", "ndjson", *store, status=1).splitlines()]
    for one in printed:
        assert set(one) <= set(known) and {known[key] for key in one} >= set(shape.required_members)
    assert {one["resource"]["accessKeyDetails"]["userName"] for one in printed} == {"eve", "mallory"}


def test_files_that_are_delivered_renamed_and_delivered_again(servers, tmp_path):
    logs = tmp_path / "logs"
    logs.mkdir()
    first, second = record(), record(identity="mallory")
    server = servers("--watch", logs, *QUICK)
    name = deliver(logs, [first, first])
    settle(server, {"eve": 1})
    name.rename(name.with_name("renamed.json.gz"))
    shutil.copyfile(name.with_name("renamed.json.gz"), name.with_name("copied.json.gz"))
    (logs / "again.ndjson").write_text(lines([first, second, first]))
    settle(server, {"eve": 1, "mallory": 1})
    deliver(logs, [second, first, record(identity="third")])
    settle(server, {"eve": 1, "mallory": 1, "third": 1})


def test_a_file_that_is_cut_off(servers, tmp_path):
    logs = tmp_path / "logs"
    logs.mkdir()
    records = [record(identity=f"user-{i}") for i in range(200)]
    whole = packed(records)
    (logs / "cut.json.gz").write_bytes(whole[:len(whole) // 2])
    deliver(logs, [record()])
    server = servers("--watch", logs, *QUICK)
    found = until(lambda: (now := counts(server)) and "eve" in now and "cut.json.gz" in server.said() and now, "findings")
    assert set(found.values()) == {1}
    assert "input skipped" in server.said()
    (logs / "cut.json.gz").write_bytes(whole)
    settle(server, {"eve": 1, **{f"user-{i}": 1 for i in range(200)}})


def test_a_kill_counts_nothing_twice_and_loses_nothing(servers, tmp_path):
    kills, logs = 3, tmp_path / "logs"
    logs.mkdir()
    log, names = logs / "events.ndjson", [f"user-{i}" for i in range(20)]
    server, written = None, 0
    for round_ in range(kills):
        with log.open("a") as file:
            for _ in range(50):
                file.write(lines(record(identity=one) for one in names))
        deliver(logs, [record(identity=one) for one in names], at=round_)
        written += 51
        server = servers("--watch", logs, *QUICK, of=server)
        if round_ < kills - 1:
            until(lambda: server.process.poll() is not None or counts(server), "first findings")
            server.kill()
    settle(server, {one: written for one in names})
    server.stop()
    settle(servers("--watch", logs, *QUICK, of=server), {one: written for one in names})


RULE = """title: Someone listed users
id: listed-users
logsource:
    product: aws
    service: cloudtrail
detection:
    call:
        eventSource: iam.amazonaws.com
        eventName: {event}
    condition: call
level: low
yagura:
    type: Recon:IAMUser/UserListing
    severity: 2
    resource: AccessKey
    title: "Users were listed."
    description: "${{caller}} called ${{eventName}}."
    tests:
        hit:
            - {{"eventSource": "iam.amazonaws.com", "eventName": "{event}"}}
        near_miss:
            - {{"eventSource": "iam.amazonaws.com", "eventName": "Other"}}
"""


def test_rules_are_loaded_anew(servers, tmp_path):
    rules, log = tmp_path / "rules", tmp_path / "events.ndjson"
    rules.mkdir()
    rule = rules / "listed.yml"
    rule.write_text(RULE.format(event="ListUsers"))
    log.write_text(lines([record("ListUsers", "iam.amazonaws.com", "first")]))
    server = servers("--watch", log, "--rules", rules, "--log-level", "info", *QUICK)
    settle(server, {"first": 1})

    def reload(words):
        before = server.said().count(words)
        server.process.send_signal(signal.SIGHUP)
        until(lambda: server.said().count(words) > before, words)

    def append(event, identity):
        with log.open("a") as file:
            file.write(lines([record(event, "iam.amazonaws.com", identity)]))
    rule.write_text("title: [unclosed\n")
    reload("rules were not loaded; the old ones stay")
    assert "listed.yml" in server.said()
    append("ListUsers", "second")
    settle(server, {"first": 1, "second": 1})
    rule.write_text(RULE.format(event="ListRoles"))
    reload("rules loaded anew")
    append("ListUsers", "third")
    append("ListRoles", "fourth")
    settle(server, {"first": 1, "second": 1, "fourth": 1})


def test_rules_that_change_are_loaded_by_themselves(servers, tmp_path):
    """A change of a file, a new one, one that goes; a wrong one is refused with its place and what ran goes on."""
    folder, log = tmp_path / "rules", tmp_path / "trail.json"
    folder.mkdir()
    rule = folder / "listed.yml"
    rule.write_text(RULE.format(event="ListUsers"))
    log.write_text("")
    server = servers("--watch", log, "--rules", folder, "--log-level", "info", *QUICK)

    def after(change, words):
        before = server.said().count(words)
        change()
        until(lambda: server.said().count(words) > before, words)

    def append(event, identity):
        with log.open("a") as file:
            file.write(lines([record(event, "iam.amazonaws.com", identity)]))
    after(lambda: rule.write_text(RULE.format(event="ListRoles")), "rules loaded anew")
    append("ListUsers", "first")
    append("ListRoles", "second")
    settle(server, {"second": 1})
    after(lambda: (folder / "wrong.yml").write_text("title: x\nlogsource: {}\ndetection:\n  a: { b|nope: c }\n  condition: a\n"),
          "rules were not loaded; the old ones stay")
    assert "wrong.yml:4: unknown modifier |nope" in server.said()
    append("ListRoles", "third")
    settle(server, {"second": 1, "third": 1})
    after((folder / "wrong.yml").unlink, "rules loaded anew")
    after(rule.unlink, "rules loaded anew")
    append("ListRoles", "fourth")
    with log.open("a") as file:
        file.write(lines([record(identity="fifth")]))
    settle(server, {"second": 1, "third": 1, "fifth": 1})


def test_a_signal_before_the_end_of_the_start_is_no_harm(tmp_path):
    """SIGTERM at once, over and over: it ends cleanly each time and leaves a folder that starts."""
    server = Yagura(tmp_path / "data", store=own_store())
    for delay in (0, 0.002, 0.005, 0.01, 0.02, 0.04):
        process = subprocess.Popen(server.command(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(delay)
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) in (0, -signal.SIGTERM)
    server.start()
    assert raw.once(server, *raw.sts(server)).status == 200
    server.stop()
