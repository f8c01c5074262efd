"""yagura reconcile: gaps that were planted are named, read once, and gone."""

import json
import subprocess

import fake_aws
import pytest

from conftest import TROUBLE, binary
from test_detect_cli import STEALTH, record, stop_logging
from test_sources import BUCKET, bucket_source, delivered, fake, fill, is_read, key_of, pytestmark, serve, wait_for  # noqa: F401


def reconcile(server, where, *words, status):
    done = subprocess.run([binary(), "reconcile", where, "--data", server.data, "--format", "json", *words], check=False,
                          capture_output=True, text=True, timeout=60, env=server.environment)
    assert done.returncode == status and not TROUBLE.search(done.stderr), done
    return json.loads(done.stdout or "[]") if status < 4 else done.stderr


def kinds(gaps):
    return sorted((gap["gap"], gap["object"].rsplit("/", 1)[-1], gap["read"]) for gap in gaps)


def raised(server):
    return sum(finding["service"]["count"] for finding in server.command("findings") if finding["type"] == STEALTH)


def test_gaps_of_a_bucket(fake, serve):  # noqa: F811
    fill(fake, 5)
    where = bucket_source(fake)
    server = serve("--source", where)
    wait_for(lambda: is_read(server, 5))
    assert f'yagura_source_missing{{source="s3://{BUCKET}/logs/' in server.metrics() and "yagura_source_lag_seconds{" in server.metrics()
    server.kill()
    fill(fake, 2, start=5)                                                          # missing
    fake.put(BUCKET, key_of(0), delivered(record(0), stop_logging(1), stop_logging(100)))  # changed since it was read
    fake.put(BUCKET, "logs/AWSLogs/note.txt", b"")                                  # no log
    name = lambda number: key_of(number).rsplit("/", 1)[-1]
    wanted = sorted([("missing", name(5)), ("missing", name(6)), ("changed", name(0))])
    looked = reconcile(server, where, "--dry-run", status=1)
    assert kinds(looked) == [(*gap, "no") for gap in wanted]
    assert raised(server) == 5, "looking reads nothing"
    assert kinds(reconcile(server, where, status=1)) == [(*gap, "now") for gap in wanted]
    after = raised(server)
    assert after == 5 + 2 + 1, "of the changed object its new event only"
    assert reconcile(server, where, status=0) == [] and reconcile(server, where, "--dry-run", status=0) == []
    server.start()  # nor does the server read any of it again
    fill(fake, 1, start=7)
    wait_for(lambda: server.source()["objects"] == 5 + 3 + 1)
    assert raised(server) == after + 1
    assert f'yagura_source_missing{{source="s3://{BUCKET}/logs/' in server.metrics()


def test_a_bucket_whose_server_runs_and_one_that_cannot_be_read(fake, serve):  # noqa: F811
    fill(fake, 2)
    server = serve("--push")  # runs, but doesn't read the bucket
    where = bucket_source(fake)
    gaps = reconcile(server, where, status=1)
    assert [gap["gap"] for gap in gaps] == ["missing"] * 2 and raised(server) == 2
    fake.put(BUCKET, key_of(3), b"\x1f\x8b broken")
    fill(fake, 1, start=4)
    reconcile(server, where, status=1)  # what can't be understood is read all the same, and told as skipped
    source = next(one for one in server.command("sources") if one["source"].startswith("s3://"))
    assert source["skipped"] >= 1 and source["objects"] == 4 and raised(server) == 3
    assert "Failed to connect" in reconcile(server, "s3://other/?endpoint=http://127.0.0.1:1", status=4)
    assert "say which" in subprocess.run([binary(), "reconcile"], capture_output=True, text=True, check=False).stderr


def test_gaps_of_a_folder(serve, tmp_path):  # noqa: F811
    logs = tmp_path / "logs"
    logs.mkdir()
    line = lambda *records: "".join(json.dumps(one) + "\n" for one in records)
    (logs / "whole.jsonl").write_text(line(stop_logging(1)))
    (logs / "grows.jsonl").write_text(line(stop_logging(2)))
    (logs / "replaced.jsonl").write_text(line(stop_logging(3)))
    server = serve("--watch", str(logs), "--watch-interval", "20")
    wait_for(lambda: raised(server) == 3)
    server.stop()
    (logs / "new.json.gz").write_bytes(delivered(stop_logging(4)))
    with (logs / "grows.jsonl").open("a") as grows:
        grows.write(line(stop_logging(5)))
    (logs / "other").write_text(line(stop_logging(6)))
    (logs / "other").rename(logs / "replaced.jsonl")
    wanted = [("changed", "replaced.jsonl"), ("missing", "new.json.gz"), ("partly read", "grows.jsonl")]
    assert kinds(reconcile(server, str(logs), "--dry-run", status=1)) == [(*gap, "no") for gap in wanted]
    assert raised(server) == 3
    wait_for(lambda: kinds(reconcile(server, str(logs), "--dry-run", status=1)))
    gaps = reconcile(server, str(logs), status=1)
    assert kinds(gaps) == [(*gap, "now") for gap in wanted] and raised(server) == 6
    assert reconcile(server, str(logs), status=0) == []
    # The same folder by another name is no reason to read everything twice.
    (tmp_path / "link").symlink_to(logs)
    assert "is known as" in reconcile(server, str(tmp_path / "link"), "--dry-run", status=4)
    server.start()
    assert "a server runs on this data" in reconcile_when_open(server, logs, line)
    wait_for(lambda: raised(server) == 7)


def reconcile_when_open(server, logs, line):
    """A gap and a running server: it is told to let the server read it."""
    (logs / "late.json.gz").write_bytes(delivered(stop_logging(7)))
    done = subprocess.run([binary(), "reconcile", str(logs), "--data", server.data], check=False, capture_output=True, text=True)
    return done.stderr if done.returncode == 4 else "a server runs on this data: it was quicker"
