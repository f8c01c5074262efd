"""Runs tests/scenario: what happens at which time, and which findings come of it."""

import datetime
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


FLOW = {"version": 2, "account_id": "111122223333", "interface_id": "eni-0123456789abcdef0", "srcaddr": "10.0.0.5", "dstaddr": "203.0.113.7",
        "srcport": 41000, "dstport": 443, "protocol": 6, "packets": 12, "bytes": 3000, "action": "ACCEPT", "log_status": "OK"}
QUERY = {"version": "1.100000", "account_id": "111122223333", "region": "ap-northeast-1", "vpc_id": "vpc-1", "query_type": "A",
         "query_class": "IN", "rcode": "NOERROR", "answers": [], "srcaddr": "10.0.0.5", "srcport": "41000", "transport": "UDP",
         "srcids": {"instance": "i-0abc"}}


def letters(turn):
    rng = random.Random(turn)
    return "".join(rng.choice("abcdefghijklmnopqrstuvwxyz") for _ in range(14))


def cloudtrail(at, own, number):
    return {**ORDINARY, "eventTime": at.strftime("%Y-%m-%dT%H:%M:%SZ"), "eventID": f"event-{number}", **own}


def flow(at, own, number):
    return {**FLOW, "start": int(at.timestamp()), "end": int(at.timestamp()) + 60, **own}


def dns(at, own, number):
    return {**QUERY, "query_timestamp": at.strftime("%Y-%m-%dT%H:%M:%SZ"), **own}


RECORDS = {"cloudtrail": cloudtrail, "flow": flow, "dns": dns}


class Scenario:
    def __init__(self, path):
        self.folder, self.records, self.options, self.findings, self.count, self.any_order = path.parent, [], [], [], None, False
        for number, line in enumerate(path.read_text().splitlines(), 1):
            if line.strip() and not line.startswith("#"):
                self.take(line, f"{path.name}:{number}")

    def take(self, line, place):
        if match := re.fullmatch(r"at (\d\d:\d\d(?::\d\d)?)(?: times (\d+) every (\d+))? (cloudtrail|flow|dns) (\{.*\})", line):
            time = datetime.datetime.fromisoformat(f"2026-01-05T{match[1]}+00:00")
            for turn in range(int(match[2] or 1)):
                at = time + datetime.timedelta(seconds=turn * int(match[3] or 0))
                own = json.loads(re.sub(r"<(\d+)>", lambda first: str(int(first[1]) + turn), match[5]).replace("<letters>", letters(turn)))
                self.records.append(RECORDS[match[4]](at, own, len(self.records)))
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
