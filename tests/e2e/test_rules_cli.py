"""Rules from a folder, as their user sees them: yagura detect --rules with correlations, and yagura rules."""

import json
import re
import subprocess

from test_detect_cli import BINARY, CLEAN, FOUND, USAGE, detect, findings, record, write

RULES = """\
title: Somebody lists users
name: lists_users
logsource: { product: aws, service: cloudtrail }
detection:
  call: { eventName: ListUsers }
  condition: call
---
title: Many looks
level: high
description: One identity looks around.
correlation:
  type: event_count
  rules: [lists_users]
  group-by: [userIdentity.arn]
  timespan: 5m
  condition: { gte: 3 }
"""


def rules(folder, text=RULES):
    folder = folder / "rules"
    folder.mkdir(exist_ok=True)
    (folder / "looks.yml").write_text(text)
    return folder


def test_a_correlation_raises_a_finding(tmp_path):
    log = tmp_path / "log.json"
    write(log, record(1, "ListUsers"), record(2, "ListRoles"), record(3, "ListUsers"), record(4, "ListUsers"))
    found = findings(log, "--rules", rules(tmp_path))
    assert [f["type"] for f in found] == ["Custom:Sigma/Many-looks"]
    assert "3 events within 3 s" in found[0]["description"]
    write(log, record(1, "ListUsers"), record(2, "ListUsers"), record(400, "ListUsers"))
    assert json.loads(detect(log, "--rules", rules(tmp_path), "--format", "json", status=CLEAN)[0]) == []


def test_a_wrong_correlation_is_refused_with_its_place(tmp_path):
    log = tmp_path / "log.json"
    write(log, record(1))
    _, message = detect(log, "--rules", rules(tmp_path, RULES.replace("[lists_users]", "[nobody]")), status=USAGE)
    assert 'looks.yml:8: no rule is called "nobody"' in message


TESTED = """\
title: Somebody lists users
id: lists-users
tags: [attack.discovery, attack.t1087.004]
logsource: { product: aws, service: cloudtrail }
detection:
  call: { eventName: ListUsers }
  condition: call
yagura:
  type: Discovery:IAMUser/AnomalousBehavior
  severity: 2
  tests:
    hit:
      - { eventName: ListUsers }
    near_miss:
      - { eventName: ListRoles }
      - { eventName: ListUsers, errorCode: AccessDenied }
---
title: Looks, then takes
id: look-take
correlation:
  type: event_count
  rules: [lists-users]
  group-by: [sourceIPAddress]
  timespan: 1m
  condition: { gte: 2 }
  generate: true
yagura:
  type: Discovery:IAMUser/AnomalousBehavior
  severity: 5
  tests:
    hit:
      - [{ eventName: ListUsers }, { eventName: ListUsers }]
    near_miss:
      - [{ eventName: ListUsers }, { eventName: ListUsers, sourceIPAddress: 192.0.2.1 }]
      - { eventName: ListUsers }
"""


def command(*arguments, status):
    done = subprocess.run([BINARY, "rules", *map(str, arguments)], capture_output=True, text=True, timeout=60)
    assert done.returncode == status, done.stdout + done.stderr
    assert not re.search(r"Sanitizer|runtime error:|Assertion", done.stderr), done.stderr
    return done.stdout, done.stderr


def rows(*arguments, status=0):
    return json.loads(command(*arguments, "--format", "json", status=status)[0])


def test_list_tells_rules_correlations_and_detectors(tmp_path):
    listed = {row["id"]: row for row in rows("list", rules(tmp_path, TESTED))}
    assert listed["lists-users"]["technique"] == "T1087.004"
    assert listed["lists-users"]["type"] == "Discovery:IAMUser/AnomalousBehavior"
    assert listed["look-take"]["kind"] == "correlation"
    assert {row["kind"] for row in rows("list")} >= {"rule", "detector"}
    assert all(row["type"] and row["title"] for row in listed.values())


def test_check_names_each_wrong_rule(tmp_path):
    folder = rules(tmp_path)
    assert rows("check", folder) == []
    (folder / "bad.yml").write_text("title: x\nlogsource: {}\ndetection:\n  a: { b|nope: c }\n  condition: a\n---\ntitle: y\n")
    problems = rows("check", folder, status=1)
    assert [p["place"] for p in problems] == [f"{folder}/bad.yml:4", f"{folder}/bad.yml:7"]
    assert all(p["reason"] for p in problems)
    (folder / "bad.yml").write_text(RULES.replace("[lists_users]", "[nobody]"))
    assert rows("check", folder, status=1) == [{"place": f"{folder}/bad.yml:8", "reason": 'no rule is called "nobody"'}]
    (folder / "bad.yml").write_text(TESTED.replace("severity: 2", "severity: 11"))
    assert "severity from 1 to 10" in rows("check", folder, status=1)[0]["reason"]
    assert command("check", tmp_path / "none", status=4)[1].endswith("no such file or folder\n")


def test_test_runs_the_events_that_rules_carry(tmp_path):
    folder = rules(tmp_path, TESTED)
    assert rows("test") == []
    assert "0 failed" in command("test", folder, status=0)[1]
    (folder / "looks.yml").write_text(TESTED.replace("{ eventName: ListRoles }", "{ eventName: ListUsers }").replace("gte: 2", "gte: 3"))
    failures = rows("test", folder, status=1)
    assert [(f["rule"], f["event"], f["trouble"]) for f in failures] == [
        ("lists-users", "near_miss 1", "fires"), ("look-take", "hit 1", "does not fire")]


def test_explain_tells_what_a_rule_asks_and_why_its_events_decide(tmp_path):
    folder = rules(tmp_path, TESTED)
    told = [(row["part"], row["verdict"], row["words"]) for row in rows("explain", "lists-users", folder)]
    assert told[:2] == [("call", "", '{"eventName":"ListUsers"}'), ("condition", "", "call")]
    assert [row[:2] for row in told[2:]] == [("hit 1", "match"), ("near_miss 1", "miss"), ("near_miss 2", "miss")]
    assert "ListUsers" in told[2][2] and "ListRoles" in told[3][2] and "the call failed" in told[4][2]
    parts = {row["part"]: row["words"] for row in rows("explain", "Looks, then takes", folder)}
    assert parts["timespan"] == "1m" and parts["rules"] == '["lists-users"]'
    assert "no rule has this id" in command("explain", "nobody", folder, status=1)[1]
    command("explain", status=2)


def test_coverage_is_by_technique(tmp_path):
    found = {row["technique"]: row for row in rows("coverage", rules(tmp_path, TESTED))}
    assert "Somebody lists users" in found["T1087.004"]["titles"]
    assert len(found) >= 15 and not any("${" in row["titles"] for row in found.values())


def test_wrong_usage_of_rules():
    command(status=2)
    command("paint", status=2)
    command("check", status=2)
    command("list", "--format", "xml", status=2)
