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
        assert "3 records, 1 matched, 0 repeated, 0 skipped" in message, name
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
    assert "log.json at byte 0: text that is no JSON object" in message
    assert "cut short by the end of the file" in message
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


FLOW = """\
version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status
2 111122223333 eni-1 203.0.113.9 10.0.0.5 40000 22 6 3 180 1700000000 1700000060 REJECT OK
2 111122223333 eni-1 203.0.113.9 10.0.0.5 40001 443 6 3 180 1700000010 1700000070 ACCEPT OK
2 111122223333 eni-1 203.0.113.9 10.0.0.5 40002 23 6 3 180 1700000020 1700000080 REJECT OK
"""
FLOW_RULE = """\
title: Refused
id: refused
logsource: { product: aws, service: vpcflow }
detection: { flow: { action: REJECT }, condition: flow }
"""
SCAN_RULE = """\
---
title: Knocks at doors
correlation:
  type: value_count
  rules: [refused]
  group-by: [srcaddr]
  timespan: 5m
  condition: { field: dstport, gte: 2 }
"""


def test_rules_and_patterns_on_text_logs_of_every_packing(tmp_path):
    rule = tmp_path / "rule.yml"
    rule.write_text(FLOW_RULE)
    logs = tmp_path / "logs"
    logs.mkdir()
    (logs / "flow.log").write_text(FLOW)
    (logs / "flow2.log.gz").write_bytes(gzip.compress(FLOW.encode()))
    subprocess.run(["zstd", "-q", logs / "flow.log", "-o", logs / "flow3.log.zst"], check=True)
    rows = json.loads(match("--rule", rule, "--format", "json", logs, status=FOUND)[0])
    assert [r["record"].split()[6] for r in rows] == ["22", "23"] * 3
    assert len(lines(match("--pattern", '{"action":["REJECT"],"dstport":[22,"22"]}', "--format", "ndjson", logs, status=FOUND)[0])) == 3
    assert match("--rule", rule, "--format", "csv", "-", status=FOUND, stdin=FLOW.encode())[0].count("\n") == 3


def test_correlations_over_records(tmp_path):
    rule = tmp_path / "rule.yml"
    rule.write_text(FLOW_RULE + SCAN_RULE)
    rows = json.loads(match("--rule", rule, "--format", "json", "-", status=FOUND, stdin=FLOW.encode())[0])
    assert [(r["rule"], r["record"].split()[6]) for r in rows] == [("Knocks at doors", "23")]
    rows = json.loads(match("--rule", rule, "--explain", "--format", "json", "-", status=FOUND, stdin=FLOW.encode())[0])
    assert [(r["rule"], r["verdict"]) for r in rows] == [
        ("Refused", "match"), ("Refused", "miss"), ("Refused", "match"), ("Knocks at doors", "match")]
    assert "ACCEPT" in rows[1]["why"] and "2 " in rows[3]["why"]
    assert match("--rule", rule, "-", status=NONE, stdin=FLOW.replace(" 23 ", " 22 ").encode())[0].count("\n") <= 1


def test_filters_fields_and_placeholders(tmp_path):
    rule, mapping = tmp_path / "rule.yml", tmp_path / "fields.yml"
    rule.write_text("title: T\nname: t\nlogsource: { product: x }\ndetection: { s: { User|expand: '%admins%' }, condition: s }\n")
    mapping.write_text("fields: { User: user }\nplaceholders: { admins: [alice, bob] }\n")
    log = tmp_path / "log.json"
    log.write_text(shapes()["lines"])
    assert "no values are given for the placeholder %admins%" in match("--rule", rule, log, status=USAGE)[1]
    assert lines(match("--rule", rule, "--mapping", mapping, "--format", "ndjson", log, status=FOUND)[0]) == RECORDS
    (tmp_path / "filter.yml").write_text("title: F\nlogsource: { product: x }\nfilter:\n  rules: [t]\n  b: { User: bob }\n  condition: not b\n")
    both = ("--rule", rule, "--rule", tmp_path / "filter.yml", "--mapping", mapping)
    assert lines(match(*both, "--format", "ndjson", log, status=FOUND)[0]) == RECORDS[:2]
    mapping.write_text("fields: [User]\n")
    assert f"{mapping}:1: only the mappings" in match("--rule", rule, "--mapping", mapping, log, status=USAGE)[1]


def test_envelopes_are_opened_for_rules_and_whole_for_patterns(tmp_path):
    rule = tmp_path / "rule.yml"
    rule.write_text(RULE)
    record = {"eventVersion": "1.11", "eventTime": "2026-01-05T01:00:00Z", "eventName": "DeleteUser", "eventSource": "iam.amazonaws.com"}
    event = json.dumps({"version": "0", "source": "aws.iam", "detail-type": "AWS API Call via CloudTrail", "detail": record}).encode()
    assert lines(match("--rule", rule, "--format", "ndjson", "-", status=FOUND, stdin=event)[0]) == [record]
    pattern = '{"source":["aws.iam"],"detail":{"eventName":["DeleteUser"]}}'
    assert lines(match("--pattern", pattern, "--format", "ndjson", "-", status=FOUND, stdin=event)[0]) == [json.loads(event)]
    nested = {"event": {"action": "x"}, "message": "hello", "items": [1], "user": "alice"}
    assert lines(match("--rule", rule, "--format", "ndjson", "-", status=FOUND, stdin=json.dumps(nested).encode())[0]) == [nested]
