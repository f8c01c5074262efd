"""yagura audit: what the seed warns of is found, in a data folder and at an endpoint, today or a year later."""

import csv
import datetime
import io
import json
import subprocess

import pytest

from conftest import ROOT, binary
from test_iam import allow
from trails import log_bucket

TRUST_ANYONE = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"}]})
EVERYTHING = allow("*")


def audit(server, *options, endpoint=False):
    """Status, rows, and what was said besides."""
    store = ["--store", server.store] if server.store else []
    where = ["--endpoint", server.endpoint] if endpoint else ["--data", str(server.data), *store]
    done = subprocess.run([binary(), "audit", *where, "--format", "json", *options], capture_output=True, text=True, timeout=60,
                          cwd=ROOT, env=server.environment())
    rows = json.loads(done.stdout) if done.stdout.strip() else []
    return done.returncode, {(row["check"], row["subject"]) for row in rows}, done.stderr


def in_days(days):
    return (datetime.date.today() + datetime.timedelta(days)).isoformat()


@pytest.fixture(scope="module")
def careless(tmp_path_factory):
    """A server whose account does what the seed warns of."""
    from conftest import Yagura, own_store
    server = Yagura(tmp_path_factory.mktemp("audit") / "data", store=own_store()).start()
    iam = server.client("iam")
    iam.create_user(UserName="deploy-user")
    iam.put_user_policy(UserName="deploy-user", PolicyName="all", PolicyDocument=EVERYTHING)
    server.key = iam.create_access_key(UserName="deploy-user")["AccessKey"]["AccessKeyId"]
    iam.create_login_profile(UserName="deploy-user", Password="Correct-Horse-7-Battery")
    iam.create_role(RoleName="open", AssumeRolePolicyDocument=TRUST_ANYONE)
    server.client("cloudtrail").create_trail(Name="main", S3BucketName=log_bucket(server), IsMultiRegionTrail=False)
    yield server
    server.stop()


def checks(rows):
    return {check for check, _ in rows}


@pytest.mark.parametrize("endpoint", [False, True])
def test_careless_habits_are_findings(careless, endpoint):
    status, rows, said = audit(careless, endpoint=endpoint)
    assert (status, said) == (1, "")
    assert {"user-without-mfa", "root-without-mfa", "password-policy-missing", "role-open-to-everyone", "policy-allows-everything",
            "user-is-administrator", "trail-off", "trail-one-region", "trail-without-validation"} <= checks(rows)
    assert not {"access-key-old", "access-key-unused", "user-unused"} & checks(rows)


@pytest.mark.parametrize("endpoint", [False, True])
def test_a_year_later_the_key_is_old(careless, endpoint):
    _, rows, _ = audit(careless, "--as-of", in_days(365), endpoint=endpoint)
    subject = next(subject for check, subject in rows if check == "access-key-old" and "deploy-user" in subject)
    assert careless.key in subject
    assert {"access-key-unused", "user-unused"} <= checks(rows)
    assert "access-key-old" not in checks(audit(careless, "--as-of", in_days(90))[1])
    assert "access-key-old" in checks(audit(careless, "--as-of", in_days(92))[1])


def test_severity_language_and_formats(careless):
    status, rows, _ = audit(careless, "--min-severity", "critical")
    assert status == 1 and checks(rows) <= {"root-without-mfa", "role-open-to-everyone", "trail-off", "trail-missing"}
    store = ["--store", careless.store] if careless.store else []
    done = subprocess.run([binary(), "audit", "--data", str(careless.data), *store, "--lang", "ja", "--format", "csv"],
                          capture_output=True, text=True, timeout=60, cwd=ROOT)
    row = next(row for row in csv.DictReader(io.StringIO(done.stdout)) if row["check"] == "root-without-mfa")
    assert row["title"] == "root ユーザーに MFA がない" and row["remediation"].endswith("。")


def test_what_cannot_be_looked_at_is_said(careless):
    iam = careless.client("iam")
    iam.create_user(UserName="reader")
    iam.put_user_policy(UserName="reader", PolicyName="p", PolicyDocument=allow(["iam:List*", "iam:Get*"]))
    key = iam.create_access_key(UserName="reader")["AccessKey"]
    environment = {**careless.environment(), "AWS_ACCESS_KEY_ID": key["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"]}
    done = subprocess.run([binary(), "audit", "--endpoint", careless.endpoint], capture_output=True, text=True, timeout=60, cwd=ROOT,
                          env=environment)
    assert done.returncode == 3
    assert "could not look at trails: cloudtrail:DescribeTrails answered AccessDenied" in done.stderr
    assert "user-without-mfa" in done.stdout


@pytest.mark.parametrize("options, status, words", [
    (["--as-of", "tomorrow"], 2, "--as-of"), (["--min-severity", "x"], 2, "--min-severity"), (["--lang", "fr"], 2, "--lang"),
    (["--data", "/nonexistent"], 4, "nonexistent"), (["extra"], 2, "options only")])
def test_wrong_usage_is_said(options, status, words):
    done = subprocess.run([binary(), "audit", *options], capture_output=True, text=True, timeout=30, cwd=ROOT)
    assert done.returncode == status and words in done.stderr


def test_the_seed_s_own_key_is_a_finding_a_year_later(careless, shared):
    script = shared and shared / "seed/snippets/access_keys.sh"
    if not script or not script.exists():
        pytest.skip("the seed's snippets are not beside the checkout")
    made = subprocess.run(["sh", str(script)], env=careless.environment(), capture_output=True, text=True, timeout=60)
    key = json.loads(made.stdout)["AccessKey"]["AccessKeyId"]
    assert any(check == "access-key-old" and key in subject for check, subject in audit(careless, "--as-of", in_days(365))[1])
