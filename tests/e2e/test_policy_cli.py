"""yagura policy as its user sees it: documents checked, decisions explained, exit statuses."""

import json
import re
import subprocess

from test_detect_cli import BINARY

GOOD, WRONG, USAGE, FAILED = 0, 1, 2, 4
ANN = "arn:aws:iam::111122223333:user/ann"
OBJECT = "arn:aws:s3:::b/ann/x"


def allow(**elements):
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **elements}]}


READ = allow(Sid="Read", Action="s3:Get*", Resource="arn:aws:s3:::b/${aws:username}/*")
ALL = allow(Action="*", Resource="*")
EC2 = allow(Action="ec2:*", Resource="*")
MFA = allow(Sid="Mfa", Action="s3:Put*", Resource="*", Condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}})
TRUST = allow(Principal={"Service": "ec2.amazonaws.com"}, Action="sts:AssumeRole")


def policy(tmp_path, *arguments, status, **documents):
    for name, document in documents.items():
        (tmp_path / f"{name}.json").write_text(document if isinstance(document, str) else json.dumps(document))
    done = subprocess.run([BINARY, "policy", *arguments], cwd=tmp_path, capture_output=True, timeout=60, text=True)
    assert done.returncode == status, done.stderr + done.stdout
    assert not re.search(r"Sanitizer|runtime error:|Assertion", done.stderr), done.stderr
    return done.stdout, done.stderr


def explain(tmp_path, *arguments, status, **documents):
    out, _ = policy(tmp_path, "explain", "--format", "json", "--resource", OBJECT, "--principal", ANN, *arguments, status=status,
                    **documents)
    return json.loads(out)


def test_an_allow_names_its_statement(tmp_path):
    answer = explain(tmp_path, "--action", "s3:GetObject", "--policy", "read.json", status=GOOD, read=READ)
    assert answer["decision"] == "allow"
    assert answer["layers"][0]["decided"] == {"file": "read.json", "statement": 0, "sid": "Read"}


def test_a_denial_names_the_unmet_condition_and_what_the_request_had(tmp_path):
    answer = explain(tmp_path, "--action", "s3:PutObject", "--policy", "mfa.json", "--context", "aws:MultiFactorAuthPresent=false",
                     status=WRONG, mfa=MFA)
    layer = answer["layers"][0]
    assert (answer["decision"], layer["unmetOperator"], layer["unmetKey"]) == ("implicit deny", "Bool", "aws:MultiFactorAuthPresent")
    assert layer["why"].endswith("the request has false")
    explain(tmp_path, "--action", "s3:PutObject", "--policy", "mfa.json", "--context", "aws:multifactorauthpresent=true", status=GOOD,
            mfa=MFA)


def test_every_layer_tells_what_it_said(tmp_path):
    layers = ["--policy", "all.json", "--scp", "all.json", "--scp", "ec2.json", "--boundary", "all.json"]
    answer = explain(tmp_path, "--action", "s3:GetObject", *layers, status=WRONG, all=ALL, ec2=EC2)
    assert [layer["said"] for layer in answer["layers"]] == ["allow", "implicit deny", "allow", "allow"]
    assert answer["reason"] == "no service control policy allows it"
    explain(tmp_path, "--action", "s3:GetObject", "--policy", "all.json", "--scp", "ec2.json,all.json", status=GOOD)
    answer = explain(tmp_path, "--action", "s3:GetObject", *layers, "--management-account", status=GOOD)
    assert answer["layers"][1]["why"] == "does not bind this caller"


def test_another_account_must_allow_too(tmp_path):
    away = ["--action", "s3:GetObject", "--policy", "all.json", "--resource-account", "444455556666"]
    answer = explain(tmp_path, *away, status=WRONG, all=ALL)
    assert answer["reason"] == "no resource-based policy allows it"
    bucket = allow(Principal={"AWS": "111122223333"}, Action="s3:*", Resource="*")
    answer = explain(tmp_path, *away, "--resource-policy", "bucket.json", status=GOOD, bucket=bucket)
    assert "delegates" in answer["layers"][0]["why"]


def test_the_table_ends_with_the_decision(tmp_path):
    out, _ = policy(tmp_path, "explain", "--resource-policy", "trust.json", "--action", "sts:AssumeRole", "--principal",
                    "ec2.amazonaws.com", status=GOOD, trust=TRUST)
    assert out.splitlines()[-1] == "allow: by a statement of the resource-based policy"


def test_check_gives_codes_and_places(tmp_path):
    out, _ = policy(tmp_path, "check", "--format", "json", "read.json", "trust.json", "bad.json", "cut.json", status=WRONG, read=READ,
                    trust=TRUST, bad=allow(Action=["s3:Get", "s3"], Resource="*"), cut='{\n "Version":}')
    rows = json.loads(out)
    assert [(row["kind"], row["verdict"], row["place"]) for row in rows] == [
        ("identity", "ok", ""), ("trust", "ok", ""), ("identity", "MalformedPolicyDocument", "Statement[0].Action[1]"),
        ("identity", "MalformedPolicyDocument", "line 2, column 12")]
    policy(tmp_path, "check", "read.json", "trust.json", status=GOOD)


def test_wrong_usage_says_what_to_do(tmp_path):
    cases = [(["explain", "--policy", "all.json", "--principal", ANN], "--action takes"),
             (["explain", "--policy", "all.json", "--action", "s3:X", "--principal", "ann"], "--principal takes"),
             (["explain", "--action", "s3:X", "--principal", ANN], "name a policy"),
             (["explain", "--policy", "all.json", "--action", "s3:X", "--principal", ANN, "--context", "x"], "--context takes"),
             (["explain", "--policy", "bad.json", "--action", "s3:X", "--principal", ANN], "bad.json: MalformedPolicyDocument"),
             (["check", "--kind", "x", "all.json"], "--kind is"), (["decide"], "say check")]
    for arguments, words in cases:
        _, message = policy(tmp_path, *arguments, status=USAGE, all=ALL, bad="{}")
        assert words in message, message
    _, message = policy(tmp_path, "check", "missing.json", status=FAILED)
    assert "missing.json" in message
