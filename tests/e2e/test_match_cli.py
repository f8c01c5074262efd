"""yagura match as its user sees it: patterns and rules against files of every shape, exit status, explanations."""

import gzip
import json
import re
import subprocess

from test_detect_cli import BINARY

NONE, FOUND, USAGE, SKIPPED, FAILED = range(5)
PATTERN = '{"eventName":[{"prefix":"Delete"}]}'
RULE = """\
title: Something is deleted
logsource: { product: aws, service: cloudtrail }
detection:
  call: { eventName|startswith: Delete }
  condition: call
---
title: Anything by alice
logsource: { product: aws, service: cloudtrail }
detection:
  who: { user: alice }
  condition: who
"""
RECORDS = [{"eventName": "DeleteUser", "user": "alice"}, {"eventName": "GetUser", "user": "alice"}, {"eventName": "GetUser", "user": "bob"}]


def match(*arguments, status, stdin=b""):
    done = subprocess.run([BINARY, "match", *map(str, arguments)], input=stdin, capture_output=True, timeout=60)
    message = done.stderr.decode(errors="replace")
    assert done.returncode == status, message + done.stdout.decode(errors="replace")
    assert not re.search(r"Sanitizer|runtime error:|Assertion", message), message
    return done.stdout.decode(), message


def lines(text):
    return [json.loads(line) for line in text.splitlines()]


def shapes():
    each = [json.dumps(r) for r in RECORDS]
    return {"lines": "\n".join(each) + "\n", "no_end": "\n".join(each), "array": json.dumps(RECORDS, indent=2),
            "wrapper": json.dumps({"Records": RECORDS}), "pretty": json.dumps({"Records": RECORDS}, indent=2), "joined": "".join(each)}


def test_a_pattern_matches_in_files_of_every_shape(tmp_path):
    for name, text in shapes().items():
        path = tmp_path / f"{name}.json"
        path.write_text(text)
        out, message = match("--pattern", PATTERN, "--format", "ndjson", path, status=FOUND)
        assert lines(out) == RECORDS[:1], name
        assert "3 records, 1 matched, 0 skipped" in message, name
        zipped = tmp_path / f"{name}.json.gz"
        zipped.write_bytes(gzip.compress(text.encode()))
        assert match("--pattern", PATTERN, "--format", "ndjson", zipped, status=FOUND)[0] == out
        assert match("--pattern", PATTERN, "--format", "ndjson", "-", status=FOUND, stdin=text.encode())[0] == out


def test_rules_and_places(tmp_path):
    rule = tmp_path / "rule.yml"
    rule.write_text(RULE)
    log = tmp_path / "log.json"
    log.write_text(shapes()["lines"])
    rows = json.loads(match("--rule", rule, "--format", "json", log, status=FOUND)[0])
    assert [(r["rule"], r["place"].rsplit(":")[-1]) for r in rows] == [
        ("Something is deleted", "0"), ("Anything by alice", "0"), ("Anything by alice", str(len(json.dumps(RECORDS[0])) + 1))]
    assert json.loads(rows[0]["record"]) == RECORDS[0]
    assert match("--pattern", '{"eventName":["x"]}', "--format", "ndjson", log, status=NONE)[0] == ""


def test_explain_tells_of_hits_and_misses(tmp_path):
    rule = tmp_path / "rule.yml"
    rule.write_text(RULE)
    out, _ = match("--rule", rule, "--explain", "--format", "json", "-", status=FOUND, stdin=json.dumps(RECORDS[1]).encode())
    rows = json.loads(out)
    assert [(r["rule"], r["verdict"]) for r in rows] == [("Something is deleted", "miss"), ("Anything by alice", "match")]
    assert "GetUser" in rows[0]["why"] and "alice" in rows[1]["why"]


def test_what_cannot_be_read_is_told_and_skipped(tmp_path):
    log = tmp_path / "log.json"
    log.write_text('nonsense\n{"eventName":"DeleteA"}\n{"a":"b\nc"}\n{"eventName":"DeleteB"}\n{"a":}\n{"eventName":"DeleteC"}\n{"eventName":')
    out, message = match("--pattern", PATTERN, "--format", "ndjson", log, tmp_path / "none.json", status=SKIPPED)
    assert [r["eventName"] for r in lines(out)] == ["DeleteA", "DeleteB", "DeleteC"]
    assert "log.json at byte 0: no JSON object" in message
    assert "the last object is cut off" in message
    assert "none.json" in message


def test_records_longer_than_a_window(tmp_path):
    log = tmp_path / "log.json"
    records = [{"eventName": "DeleteUser", "n": n, "text": "x" * size} for n, size in enumerate((10, 3_000_000, 10, 900_000, 10))]
    log.write_text("\n".join(map(json.dumps, records)))
    assert lines(match("--pattern", PATTERN, "--format", "ndjson", log, status=FOUND)[0]) == records


def test_wrong_usage(tmp_path):
    rule = tmp_path / "rule.yml"
    rule.write_text("title: x\n")
    match(status=USAGE)
    match("--pattern", PATTERN, status=USAGE)
    match("--pattern", PATTERN, "--rule", rule, "-", status=USAGE)
    match("--pattern", PATTERN, "--format", "xml", "-", status=USAGE)
    assert "Event pattern is not valid" in match("--pattern", '{"a":1}', "-", status=USAGE)[1]
    assert f"{rule}:1: the rule has no logsource" in match("--rule", rule, "-", status=USAGE)[1]
    match("--rule", tmp_path / "none.yml", "-", status=FAILED)
