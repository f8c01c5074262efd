"""Rules from a folder, as their user sees them: yagura detect --rules with correlations."""

import json

from test_detect_cli import CLEAN, FOUND, USAGE, detect, findings, record, write

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
