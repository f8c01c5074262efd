"""Findings as GuardDuty's own model describes them, and recall over the labelled logs."""

import argparse
import json
import os
import pathlib
import re
import subprocess
import sys

import botocore.session
import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = pathlib.Path(os.environ.get("YAGURA_BINARY", ROOT / "build" / "release" / "yagura")).resolve()
SHARED = pathlib.Path(os.environ.get("YAGURA_SHARED", ROOT.parent / "shared"))
ORDINARY = {
    "eventVersion": "1.11", "eventTime": "2026-01-05T01:02:03Z", "awsRegion": "ap-northeast-1",
    "sourceIPAddress": "203.0.113.7", "userAgent": "aws-cli/2.15", "eventType": "AwsApiCall",
    "eventCategory": "Management", "recipientAccountId": "111122223333",
    "userIdentity": {"type": "IAMUser", "principalId": "AIDAEXAMPLE", "arn": "arn:aws:iam::111122223333:user/alice",
                     "accountId": "111122223333", "accessKeyId": "AKIAIOSFODNN7EXAMPLE", "userName": "alice"}}


def detect(path):
    run = subprocess.run([BINARY, "detect", "--format", "ndjson", "--no-progress", path], capture_output=True, text=True)
    assert run.returncode in (0, 1, 3), run.stderr  # 3: rule tests of other projects hold what is no whole record
    return [json.loads(line) for line in run.stdout.splitlines()]


def hits():
    """(rule id, type, record as it stands in a log) of every hit that a rule keeps beside it."""
    for path in sorted((ROOT / "rules" / "detections").glob("*.yml")):
        text = path.read_text()
        kind = re.search(r"^    type: (\S+)$", text, re.M).group(1)
        section = text.split("        hit:\n")[1].split("        near_miss:\n")[0]
        for line in section.splitlines():
            record = json.loads(line.strip().removeprefix("- "))
            if "service: cloudtrail" in text:
                record = {**ORDINARY, **record}
            yield path.stem, kind, record if isinstance(record, str) else json.dumps(record)


def troubles(shape, value, path):
    """How a value departs from its shape in the model."""
    if shape.type_name == "structure":
        if not isinstance(value, dict):
            return [f"{path}: not an object"]
        wire = {member.serialization.get("name", name): (name, member) for name, member in shape.members.items()}
        found = [f"{path}: lacks {name}" for name in shape.required_members
                 if shape.members[name].serialization.get("name", name) not in value]
        for key, inner in value.items():
            found += troubles(wire[key][1], inner, f"{path}.{key}") if key in wire else [f"{path}: unknown member {key}"]
        return found
    if shape.type_name == "list":
        return [t for item in value for t in troubles(shape.member, item, f"{path}[]")] if isinstance(value, list) else [f"{path}: not a list"]
    if shape.type_name == "map":
        return [t for key, item in value.items() for t in troubles(shape.value, item, f"{path}.{key}")]
    wanted = {"string": str, "integer": int, "long": int, "boolean": bool, "double": (int, float), "timestamp": (int, float)}
    if not isinstance(value, wanted[shape.type_name]) or (shape.type_name != "boolean" and isinstance(value, bool)):
        return [f"{path}: {value!r} is no {shape.type_name}"]
    if shape.type_name == "string" and getattr(shape, "enum", None) and value not in shape.enum:
        return [f"{path}: {value!r} is not of the enumeration"]
    limits = shape.metadata
    if shape.type_name == "string" and not limits.get("min", 0) <= len(value) <= limits.get("max", sys.maxsize):
        return [f"{path}: length {len(value)}"]
    return []


@pytest.fixture(scope="module")
def finding_shape():
    return botocore.session.get_session().get_service_model("guardduty").shape_for("Finding")


def test_every_rule_makes_findings_of_the_models_shape(tmp_path, finding_shape):
    expected = list(hits())
    assert len(expected) >= 48
    for i, (_, _, record) in enumerate(expected):  # a file each: they are of many formats
        (tmp_path / f"{i}.log").write_text(record + "\n")
    findings = detect(tmp_path)
    wrong = [t for finding in findings for t in troubles(finding_shape, finding, finding["type"])]
    assert not wrong, "\n".join(wrong)
    missing = {kind for _, kind, _ in expected} - {finding["type"] for finding in findings}
    assert not missing, missing


def test_findings_of_the_labelled_logs_have_the_models_shape(finding_shape):
    logs = SHARED / "logs"
    if not logs.exists():
        pytest.skip(f"{logs} is not there")
    paths = [path for kind in ("cloudtrail", "eks", "flow", "dns") for path in sorted((logs / kind).rglob("*.gz"))]
    findings = [f for path in paths for f in detect(path)]
    assert len(findings) > 50
    wrong = [t for finding in findings for t in troubles(finding_shape, finding, finding["type"])]
    assert not wrong, "\n".join(wrong)


def test_recall_over_the_labelled_logs(capsys):
    """What is found stays found: make bench-quality's count. Two benign rows are known to raise a finding: they do delete trails."""
    if not (SHARED / "logs" / "labels.jsonl").exists():
        pytest.skip("the labelled logs are not there")
    sys.path.insert(0, str(ROOT / "bench"))
    import quality_base
    import quality_cloudtrail
    (quality_base.WORK / "no-lists").mkdir(parents=True, exist_ok=True)
    attacks, wrong, benign = quality_cloudtrail.techniques(argparse.Namespace(binary=BINARY, logs=SHARED / "logs"))
    score = [attack for attack in attacks if quality_base.succeeded(attack["label"]) and (attack["named"] or attack["called"])]
    missed = [attack["label"]["technique"] for attack in score if not attack["kinds"]]
    with capsys.disabled():
        print(f"\n{len(score) - len(missed)} of {len(score)} labelled attacks, {len(wrong)} findings on {benign} benign rows")
    assert len(score) >= 26 and not missed
    assert [finding["type"] for _, finding, _ in wrong] == ["Stealth:IAMUser/CloudTrailLoggingDisabled"] * 2
