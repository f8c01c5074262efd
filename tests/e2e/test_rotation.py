"""Secrets that rotate: functions of the test's own, ours for PostgreSQL and MariaDB, and clients that log in meanwhile.

The whole (100 rotations, 50 clients, kills) is `make rotations`; here it is YAGURA_ROTATIONS rotations (3)."""

import io
import json
import os
import subprocess
import sys
import uuid
import zipfile

import pytest

from conftest import ROOT, until

sys.path.insert(0, str(ROOT / "tests"))
from databases import MariaDB, Postgres
from test_iam import name, refused
from rotations import ROLE, allow, make_function, rotate_all, wait_for

LIGHT = os.environ.get("YAGURA_FEW") or os.environ.get("YAGURA_TEST_STORE")
heavy = pytest.mark.skipif(bool(LIGHT), reason="databases are rotated in the release flavour, on SQLite")

# What AWS's template does, without a database; it leaves what it saw in the secret.
PLAIN = """
import json, os, time
from secrets_manager import Refused, call

def lambda_handler(event, context):
    arn, token, step = event["SecretId"], event["ClientRequestToken"], event["Step"]
    stages = call("DescribeSecret", SecretId=arn)
    assert stages["RotationEnabled"] and "AWSPENDING" in stages["VersionIdsToStages"][token]
    if step == "createSecret":
        current = json.loads(call("GetSecretValue", SecretId=arn, VersionStage="AWSCURRENT")["SecretString"])
        try:
            call("GetSecretValue", SecretId=arn, VersionId=token, VersionStage="AWSPENDING")
        except Refused as error:
            assert error.code == "ResourceNotFoundException"
            call("PutSecretValue", SecretId=arn, ClientRequestToken=token, VersionStages=["AWSPENDING"],
                 RotationToken=event["RotationToken"], SecretString=json.dumps({**current, "turn": current.get("turn", 0) + 1}))
    if step == "setSecret" and os.path.exists(os.environ.get("BROKEN", "/nowhere")):
        raise ValueError("can't be set: " + call("GetSecretValue", SecretId=arn)["SecretString"])
    if step == "finishSecret":
        current = next(id for id, names in stages["VersionIdsToStages"].items() if "AWSCURRENT" in names)
        call("UpdateSecretVersionStage", SecretId=arn, VersionStage="AWSCURRENT", MoveToVersionId=token, RemoveFromVersionId=current)
"""


@pytest.fixture(scope="module", autouse=True)
def packed():
    subprocess.run([sys.executable, str(ROOT / "tools/rotation_functions.py")], check=True, stdout=subprocess.DEVNULL)


@pytest.fixture(scope="module")
def sm(yagura):
    return yagura.client("secretsmanager")


def plain_zip(code=PLAIN):
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("lambda_function.py", code)
        archive.write(ROOT / "functions/rotation/secrets_manager.py", "secrets_manager.py")
    return made.getvalue()


@pytest.fixture(scope="module")
def function(yagura):
    """The ARN of the plain function, which Secrets Manager may invoke."""
    return plain_function(yagura, name("plain"))


def plain_function(server, named, code=PLAIN, permitted=True, region="ap-northeast-1"):
    iam, functions = server.client("iam"), server.client("lambda", region)
    account = server.client("sts").get_caller_identity()["Account"]
    try:
        iam.create_role(RoleName=ROLE, AssumeRolePolicyDocument=allow({"Service": "lambda.amazonaws.com"}, "sts:AssumeRole"))
    except iam.exceptions.EntityAlreadyExistsException:
        pass
    iam.put_role_policy(RoleName=ROLE, PolicyName="p", PolicyDocument=allow(None, "secretsmanager:*", Resource="*"))
    made = functions.create_function(FunctionName=named, Runtime="python3.11", Handler="lambda_function.lambda_handler", Timeout=20,
                                     Role=f"arn:aws:iam::{account}:role/{ROLE}", Code={"ZipFile": plain_zip(code)})
    if permitted:
        functions.add_permission(FunctionName=named, StatementId="s", Action="lambda:InvokeFunction",
                                 Principal="secretsmanager.amazonaws.com")
    return made["FunctionArn"]


@pytest.fixture
def secret(sm):
    made = sm.create_secret(Name=name("turning"), SecretString='{"turn": 0}')["ARN"]
    yield made
    sm.delete_secret(SecretId=made, ForceDeleteWithoutRecovery=True)


def turn(sm, secret):
    return json.loads(sm.get_secret_value(SecretId=secret)["SecretString"])["turn"]


def recorded(server, secret):
    """What Secrets Manager did of itself to a secret, as CloudTrail has it, oldest first."""
    asked = [{"AttributeKey": "EventSource", "AttributeValue": "secretsmanager.amazonaws.com"}]
    pages = server.client("cloudtrail").get_paginator("lookup_events").paginate(LookupAttributes=asked)
    found = [event for page in pages for event in page["Events"]]
    records = [json.loads(event["CloudTrailEvent"]) for event in reversed(found)]
    return [record["eventName"] for record in records
            if record["eventType"] == "AwsServiceEvent" and record["additionalEventData"]["SecretId"] == secret]


def test_a_function_rotates_a_secret(yagura, sm, secret, function):
    version = sm.rotate_secret(SecretId=secret, RotationLambdaARN=function, RotationRules={"AutomaticallyAfterDays": 30})["VersionId"]
    wait_for(yagura, secret, version)
    told = sm.describe_secret(SecretId=secret)
    assert turn(sm, secret) == 1 and told["RotationEnabled"] and told["RotationRules"] == {"AutomaticallyAfterDays": 30}
    assert 29 <= (told["NextRotationDate"] - told["LastRotatedDate"]).days <= 31
    again = sm.rotate_secret(SecretId=secret, ClientRequestToken=uuid.uuid4().hex)["VersionId"]
    wait_for(yagura, secret, again)
    assert turn(sm, secret) == 2
    assert recorded(yagura, secret) == ["RotationStarted", "RotationSucceeded"] * 2
    sm.rotate_secret(SecretId=secret, ClientRequestToken=again)  # the same call: nothing more happens
    sm.cancel_rotate_secret(SecretId=secret)
    assert sm.describe_secret(SecretId=secret)["RotationEnabled"] is False


def test_the_seeds_snippet_rotates_with_the_arn_of_a_function_that_exists(servers, shared):
    if shared is None:
        pytest.skip("the seed is not beside the checkout")
    server = servers()
    kms = server.client("kms")
    kms.create_alias(AliasName="alias/myapp-secrets-key", TargetKeyId=kms.create_key()["KeyMetadata"]["KeyId"])
    arn = plain_function(server, "rotate-db-secret")
    server.client("iam").put_role_policy(RoleName=ROLE, PolicyName="k", PolicyDocument=allow(
        None, ["kms:Decrypt", "kms:GenerateDataKey"], Resource="*"))
    text = (shared / "seed/snippets/secretsmanager_rotation.py").read_text()
    theirs = "arn:aws:lambda:ap-northeast-1:123456:function:rotate-db-secret"
    assert theirs in text
    done = subprocess.run([sys.executable, "-c", text.replace(theirs, arn)], env=server.environment(), capture_output=True, text=True, timeout=30)
    assert done.returncode == 0, done.stderr
    sm, name = server.client("secretsmanager"), "myapp/database/credentials"
    until(lambda: "LastRotatedDate" in sm.describe_secret(SecretId=name), "the rotation")
    value = json.loads(sm.get_secret_value(SecretId=name)["SecretString"])
    assert (value["username"], value["turn"]) == ("app_user", 1)
    assert sm.describe_secret(SecretId=name)["RotationRules"] == {"AutomaticallyAfterDays": 30}


def test_a_function_that_may_not_be_invoked(yagura, sm, secret):
    with refused("AccessDeniedException"):
        sm.rotate_secret(SecretId=secret, RotationLambdaARN=plain_function(yagura, name("closed"), permitted=False))
    with refused("AccessDeniedException"):
        sm.rotate_secret(SecretId=secret, RotationLambdaARN="arn:aws:lambda:ap-northeast-1:111122223333:function:none-such")
    assert "RotationEnabled" not in sm.describe_secret(SecretId=secret)


def test_only_a_test_of_the_configuration(yagura, sm, secret, function):
    sm.rotate_secret(SecretId=secret, RotationLambdaARN=function, RotationRules={"ScheduleExpression": "cron(0 8 ? * MON *)", "Duration": "2h"},
                     RotateImmediately=False)
    pending = lambda: [names for names in sm.describe_secret(SecretId=secret)["VersionIdsToStages"].values() if "AWSPENDING" in names]
    until(lambda: not pending(), "the test's version to go")
    told = sm.describe_secret(SecretId=secret)
    assert turn(sm, secret) == 0 and "LastRotatedDate" not in told and told["NextRotationDate"].timestamp() % 3600 == 3599


def test_a_function_that_fails_is_tried_again_and_its_secret_stays(servers, tmp_path):
    """Neither the error, which holds the value, nor anything else of the function is in the log."""
    server = servers()
    sm, marker = server.client("secretsmanager"), f"marker{uuid.uuid4().hex}"
    failing = plain_function(server, "failing", PLAIN.replace('os.path.exists(os.environ.get("BROKEN", "/nowhere"))',
                                                            'call("DescribeSecret", SecretId=arn).get("Description") == "broken"'))
    secret = sm.create_secret(Name="s", Description="broken", SecretString=json.dumps({"turn": 0, "marker": marker}))["ARN"]
    version = sm.rotate_secret(SecretId=secret, RotationLambdaARN=failing)["VersionId"]
    until(lambda: "rotation will be tried again" in server.said(), "a failure")
    assert json.loads(sm.get_secret_value(SecretId=secret)["SecretString"])["marker"] == marker
    with refused("InvalidRequestException", "A previous rotation isn't complete. That rotation will be reattempted."):
        sm.rotate_secret(SecretId=secret)
    server.kill()
    server.start()
    sm = server.client("secretsmanager")
    sm.update_secret(SecretId=secret, Description="mended")
    wait_for(server, secret, version)
    assert turn(sm, secret) == 1
    told = recorded(server, secret)
    assert told[:2] == ["RotationStarted", "RotationFailed"] and told[-2:] == ["RotationStarted", "RotationSucceeded"]
    said = [line for line in server.said().splitlines() if '"message":"rotation' in line or '"message":"secret rotated' in line]
    assert any('"reason":"ValueError"' in line for line in said) and marker not in "".join(said)


@heavy
@pytest.mark.skipif(bool(Postgres.missing()), reason=str(Postgres.missing()))
def test_no_client_is_ever_refused_while_a_password_rotates(servers):
    server, database = servers(), Postgres().start()
    rotations = int(os.environ.get("YAGURA_ROTATIONS", "3"))
    try:
        figures = rotate_all(server, database, rotations, int(os.environ.get("YAGURA_CLIENTS", "10")), max(1, rotations // 4))
        value = json.loads(server.client("secretsmanager").get_secret_value(SecretId="app")["SecretString"])
        assert value["password"] not in database.said() and value["password"] not in server.said()
    finally:
        database.stop()
    assert figures["refused"] == [] and figures["rotations"] == rotations and figures["logins"] > rotations


@heavy
@pytest.mark.parametrize("kind, engine", [(Postgres, "postgresql"), (MariaDB, "mysql")])
def test_our_functions_rotate_both_kinds_of_user(servers, kind, engine):
    if kind.missing():
        pytest.skip(kind.missing())
    server, database = servers(), kind().start()
    sm = server.client("secretsmanager")
    try:
        database.make_user("app", "a'b\"c\\d %s;--")
        database.make_user("two", "x")
        master = sm.create_secret(Name="master", SecretString=json.dumps(database.secret()))["ARN"]
        one = database.secret("app", "a'b\"c\\d %s;--")
        turns = database.secret("two", "x", masterarn=master)
        for strategy, value in (("single-user", one), ("alternating-users", turns)):
            secret = sm.create_secret(Name=strategy, SecretString=json.dumps(value))["ARN"]
            function = make_function(server, engine, strategy)
            for _ in range(2):
                wait_for(server, secret, sm.rotate_secret(SecretId=secret, RotationLambdaARN=function)["VersionId"])
                fresh = json.loads(sm.get_secret_value(SecretId=secret)["SecretString"])
                assert database.login(fresh) and fresh["password"] != value["password"]
                assert fresh["password"] not in database.said()
        assert fresh["username"] == "two"  # after two turns
        # A master that isn't there: the step fails, what is current works on.
        sm.delete_secret(SecretId=master, ForceDeleteWithoutRecovery=True)
        sm.rotate_secret(SecretId=secret)
        until(lambda: '"reason":"Refused"' in server.said(), "the failure")
        assert database.login(fresh)
    finally:
        database.stop()
