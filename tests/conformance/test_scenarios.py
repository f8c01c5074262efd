"""Runs tests/scenario: what happens at which time, and which findings come of it."""

import json
import os
import pathlib
import random
import re
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = pathlib.Path(os.environ.get("YAGURA_BINARY", ROOT / "build" / "release" / "yagura")).resolve()
SCRIPTS = sorted((ROOT / "tests" / "scenario").rglob("*.txt"))
ORDINARY = {
    "eventVersion": "1.11", "eventSource": "iam.amazonaws.com", "awsRegion": "ap-northeast-1",
    "sourceIPAddress": "203.0.113.7", "userAgent": "aws-cli/2.15", "eventType": "AwsApiCall",
    "eventCategory": "Management", "recipientAccountId": "111122223333",
    "userIdentity": {"type": "IAMUser", "principalId": "AIDAEXAMPLE", "arn": "arn:aws:iam::111122223333:user/alice",
                     "accountId": "111122223333", "accessKeyId": "AKIAIOSFODNN7EXAMPLE", "userName": "alice"}}


class Scenario:
    def __init__(self, path):
        self.folder, self.records, self.options, self.findings, self.count, self.any_order = path.parent, [], [], [], None, False
        for number, line in enumerate(path.read_text().splitlines(), 1):
            if line.strip() and not line.startswith("#"):
                self.take(line, f"{path.name}:{number}")

    def take(self, line, place):
        if match := re.fullmatch(r"at (\d\d:\d\d(?::\d\d)?) cloudtrail (\{.*\})", line):
            time = match[1] if match[1].count(":") == 2 else match[1] + ":00"
            self.records.append({**ORDINARY, "eventTime": f"2026-01-05T{time}Z", "eventID": f"event-{len(self.records)}",
                                 **json.loads(match[2])})
        elif match := re.fullmatch(r"expect finding (\S+) severity (\d+) count (\d+)", line):
            self.findings.append((match[1], int(match[2]), int(match[3])))
        elif match := re.fullmatch(r"expect findings (\d+)", line):
            self.count = int(match[1])
        elif match := re.fullmatch(r"option (.+)", line):
            self.options += match[1].split()
        elif line == "in any order":
            self.any_order = True
        else:
            pytest.fail(f"{place}: not a line of a scenario: {line}")

    def run(self, records, log):
        log.write_text("".join(json.dumps(record) + "\n" for record in records))
        done = subprocess.run([BINARY, "detect", "--format", "json", "--no-progress", *self.options, log.resolve()],
                              capture_output=True, text=True, cwd=self.folder)
        assert done.returncode in (0, 1), done.stderr
        return json.loads(done.stdout)


def without_place(findings):
    """Findings without the offsets in additionalInfo: those change with the order of the file."""
    return [re.sub(r'\\"offset\\":\d+', "", json.dumps(finding, sort_keys=True)) for finding in findings]


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_scenario(path, tmp_path):
    scenario = Scenario(path)
    assert scenario.records and scenario.count is not None, "a scenario needs records and `expect findings N`"
    findings = scenario.run(scenario.records, tmp_path / "log.jsonl")
    seen = [(f["type"], f["severity"], f["service"]["count"]) for f in findings]
    for expected in scenario.findings:
        assert expected in seen, seen
    assert len(seen) == scenario.count, seen
    if scenario.any_order:
        shuffled = scenario.records[:]
        random.Random(path.name).shuffle(shuffled)
        for records in (scenario.records[::-1], shuffled, scenario.records * 2):
            assert without_place(scenario.run(records, tmp_path / "log.jsonl")) == without_place(findings)


def test_there_are_scenarios():
    assert len(SCRIPTS) >= 6
