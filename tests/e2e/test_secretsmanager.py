"""Secrets Manager through boto3, the AWS CLI and the SDK for JavaScript. What rotates stands in test_rotation.py."""

import base64
import json
import subprocess
import sys
import uuid

import pytest

from conftest import until
from javascript import Refused
from test_iam import allow, credentials, name, iam, refused, user  # noqa: F401 (fixtures)

NOT_FOUND = "Secrets Manager can't find the specified secret."
MARKED = "You can't perform this operation on the secret because it was marked for deletion."


@pytest.fixture(scope="module")
def sm(yagura):
    return yagura.client("secretsmanager")


@pytest.fixture
def secret(sm):
    made = sm.create_secret(Name=name("app/secret"), SecretString="first", Tags=[{"Key": "team", "Value": "red"}])
    yield made
    sm.delete_secret(SecretId=made["ARN"], ForceDeleteWithoutRecovery=True)


def of(server, iam, user, service="secretsmanager"):
    return server.client(service, credentials=credentials(iam, user))


def statement(principal, action, **more):
    return json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": principal, "Action": action, "Resource": "*", **more}]})


def test_the_seeds_snippet_runs_until_its_arn(yagura, sm, shared):
    if shared is None:
        pytest.skip("the seed is not beside the checkout")
    kms = yagura.client("kms")
    kms.create_alias(AliasName="alias/myapp-secrets-key", TargetKeyId=kms.create_key()["KeyMetadata"]["KeyId"])
    snippet = shared / "seed/snippets/secretsmanager_rotation.py"
    done = subprocess.run([sys.executable, str(snippet)], env=yagura.environment(), capture_output=True, text=True, timeout=30)
    assert "(AccessDeniedException) when calling the RotateSecret operation" in done.stderr, done.stderr
    assert "Secrets Manager cannot invoke the specified Lambda function" in done.stderr
    told = sm.describe_secret(SecretId="myapp/database/credentials")
    assert told["KmsKeyId"] == "alias/myapp-secrets-key" and "RotationEnabled" not in told
    assert "LastAccessedDate" in told
    sm.delete_secret(SecretId="myapp/database/credentials", ForceDeleteWithoutRecovery=True)
    kms.delete_alias(AliasName="alias/myapp-secrets-key")


def test_a_secrets_life(sm, secret):
    arn = secret["ARN"]
    put = sm.put_secret_value(SecretId=arn, SecretBinary=b"\x00\xff")
    assert sm.get_secret_value(SecretId=arn)["SecretBinary"] == b"\x00\xff"
    assert sm.get_secret_value(SecretId=arn, VersionStage="AWSPREVIOUS")["SecretString"] == "first"
    sm.update_secret_version_stage(SecretId=arn, VersionStage="AWSCURRENT", MoveToVersionId=secret["VersionId"],
                                   RemoveFromVersionId=put["VersionId"])
    stages = {one["VersionId"]: one["VersionStages"] for one in sm.list_secret_version_ids(SecretId=arn)["Versions"]}
    assert stages == {secret["VersionId"]: ["AWSCURRENT"], put["VersionId"]: ["AWSPREVIOUS"]}
    sm.update_secret(SecretId=arn, Description="for tests", SecretString="third")
    sm.tag_resource(SecretId=arn, Tags=[{"Key": "stage", "Value": "prod"}])
    sm.untag_resource(SecretId=arn, TagKeys=["team"])
    told = sm.describe_secret(SecretId=arn)
    assert told["Description"] == "for tests" and told["Tags"] == [{"Key": "stage", "Value": "prod"}]
    assert told["LastAccessedDate"].hour == told["LastAccessedDate"].astimezone().hour  # a day, and at its start
    sm.delete_secret(SecretId=arn, RecoveryWindowInDays=7)
    with refused("InvalidRequestException", MARKED):
        sm.get_secret_value(SecretId=arn)
    assert arn not in [one["ARN"] for one in sm.list_secrets()["SecretList"]]
    assert arn in [one["ARN"] for one in sm.list_secrets(IncludePlannedDeletion=True)["SecretList"]]
    sm.restore_secret(SecretId=arn)
    assert sm.get_secret_value(SecretId=arn)["SecretString"] == "third"


def test_lists_are_filtered_sorted_and_paged(sm):
    mark = uuid.uuid4().hex[:8]
    names = [f"{mark}/{letter}" for letter in "abc"]
    for at, each in enumerate(names):
        sm.create_secret(Name=each, SecretString="v", Description=f"{mark} Number {at}", Tags=[{"Key": f"k{mark}", "Value": each[-1]}])
    found = lambda key, *values, **more: [one["Name"] for one in sm.list_secrets(
        Filters=[{"Key": "name", "Values": [mark]}, {"Key": key, "Values": list(values)}], **more)["SecretList"]]
    assert found("name", names[1]) == [names[1]]
    assert found("description", f"{mark} number 2") == [names[2]]
    assert found("tag-value", "a", "c", SortBy="name", SortOrder="desc") == [names[2], names[0]]
    assert found("tag-key", f"!k{mark}") == []
    assert found("all", f"{mark.upper()} number") == names
    assert found("owning-service", "rds") == [] and found("primary-region", "!eu") == names
    pages = list(sm.get_paginator("list_secrets").paginate(Filters=[{"Key": "name", "Values": [mark]}], PaginationConfig={"PageSize": 2}))
    assert [len(page["SecretList"]) for page in pages] == [2, 1]
    got = sm.batch_get_secret_value(Filters=[{"Key": "name", "Values": [mark]}], MaxResults=2)
    assert len(got["SecretValues"]) == 2 and got["NextToken"]
    got = sm.batch_get_secret_value(SecretIdList=[names[0], mark])
    assert [one["Name"] for one in got["SecretValues"]] == [names[0]]
    assert got["Errors"] == [{"SecretId": mark, "ErrorCode": "ResourceNotFoundException", "Message": NOT_FOUND}]
    for each in names:
        sm.delete_secret(SecretId=each, ForceDeleteWithoutRecovery=True)


def test_resource_policies_decide_with_their_conditions(yagura, sm, secret, iam, user):
    arn, account = secret["ARN"], secret["ARN"].split(":")[4]
    other = of(yagura, iam, user)
    with refused("AccessDeniedException"):
        other.get_secret_value(SecretId=arn)
    principal = {"AWS": f"arn:aws:iam::{account}:user/{user}"}
    policy = statement(principal, "secretsmanager:GetSecretValue", Condition={"StringEquals": {
        "secretsmanager:VersionStage": "AWSCURRENT", "secretsmanager:ResourceTag/team": "red"}})
    assert sm.put_resource_policy(SecretId=arn, ResourcePolicy=policy, BlockPublicPolicy=True).get("PolicyName", "default") == "default"  # newer than some SDKs
    assert json.loads(sm.get_resource_policy(SecretId=arn)["ResourcePolicy"]) == json.loads(policy)
    assert sm.list_resource_policies(SecretId=arn)["ResourcePolicies"] == [{"PolicyName": "default"}]
    assert other.get_secret_value(SecretId=arn)["SecretString"] == "first"
    sm.put_secret_value(SecretId=arn, SecretString="second")
    with refused("AccessDeniedException"):
        other.get_secret_value(SecretId=arn, VersionStage="AWSPREVIOUS")
    sm.untag_resource(SecretId=arn, TagKeys=["team"])
    with refused("AccessDeniedException"):
        other.get_secret_value(SecretId=arn)
    broad = statement("*", "secretsmanager:GetSecretValue")
    with refused("PublicPolicyException"):
        sm.put_resource_policy(SecretId=arn, ResourcePolicy=broad, BlockPublicPolicy=True)
    with refused("MalformedPolicyDocumentException"):
        sm.put_resource_policy(SecretId=arn, ResourcePolicy="{}")
    assert not sm.validate_resource_policy(ResourcePolicy=broad)["PolicyValidationPassed"]
    assert sm.validate_resource_policy(SecretId=arn, ResourcePolicy=policy)["PolicyValidationPassed"]
    sm.delete_resource_policy(SecretId=arn)
    assert "ResourcePolicy" not in sm.get_resource_policy(SecretId=arn)


def test_identity_policies_name_secrets_and_their_keys(yagura, sm, iam, user):
    made = name("mine")
    iam.put_user_policy(UserName=user, PolicyName="p", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "secretsmanager:*", "Resource": f"arn:aws:secretsmanager:*:*:secret:{made}-??????"},
        {"Effect": "Deny", "Action": "secretsmanager:DeleteSecret", "Resource": "*",
         "Condition": {"Bool": {"secretsmanager:ForceDeleteWithoutRecovery": "true"}}}]}))
    mine = of(yagura, iam, user)
    until(lambda: mine.create_secret(Name=made, SecretString="v"), "the policy to be known")
    with refused("AccessDeniedException"):
        mine.create_secret(Name=made + "-other", SecretString="v")
    with refused("AccessDeniedException"):
        mine.delete_secret(SecretId=made, ForceDeleteWithoutRecovery=True)
    with refused("AccessDeniedException"):
        mine.get_secret_value(SecretId=made + "-other")
    assert mine.get_secret_value(SecretId=made)["SecretString"] == "v"
    sm.delete_secret(SecretId=made, ForceDeleteWithoutRecovery=True)


def test_a_key_decides_who_reads(yagura, sm, iam, user):
    kms = yagura.client("kms")
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.create_alias(AliasName="alias/" + key, TargetKeyId=key)
    made = sm.create_secret(Name=name("sealed"), SecretString="v", KmsKeyId="alias/" + key)["ARN"]
    iam.put_user_policy(UserName=user, PolicyName="p", PolicyDocument=allow("secretsmanager:GetSecretValue", made))
    other = of(yagura, iam, user)
    with refused("AccessDeniedException", "Access to KMS is not allowed"):
        other.get_secret_value(SecretId=made)
    iam.put_user_policy(UserName=user, PolicyName="k", PolicyDocument=allow(
        "kms:Decrypt", Condition={"StringEquals": {"kms:ViaService": "secretsmanager.ap-northeast-1.amazonaws.com",
                                                   "kms:EncryptionContext:SecretARN": made}}))
    assert other.get_secret_value(SecretId=made)["SecretString"] == "v"
    kms.disable_key(KeyId=key)
    with refused("DecryptionFailure"):
        sm.get_secret_value(SecretId=made)
    kms.enable_key(KeyId=key)
    sm.update_secret(SecretId=made, KmsKeyId="alias/aws/secretsmanager")
    assert sm.get_secret_value(SecretId=made)["SecretString"] == "v"
    with refused("EncryptionFailure"):
        sm.update_secret(SecretId=made, KmsKeyId="alias/none-such")
    sm.delete_secret(SecretId=made, ForceDeleteWithoutRecovery=True)


def test_replicas_follow(yagura, sm, secret):
    arn, there = secret["ARN"], yagura.client("secretsmanager", "eu-west-1")
    told = sm.replicate_secret_to_regions(SecretId=arn, AddReplicaRegions=[{"Region": "eu-west-1"}, {"Region": "us-east-1"}])
    assert [one["Status"] for one in told["ReplicationStatus"]] == ["InSync", "InSync"]
    sm.put_secret_value(SecretId=arn, SecretString="second")
    replica = there.get_secret_value(SecretId=secret["Name"])
    assert replica["SecretString"] == "second" and replica["ARN"] == arn.replace("ap-northeast-1", "eu-west-1")
    with refused("InvalidRequestException"):
        there.put_secret_value(SecretId=secret["Name"], SecretString="x")
    assert sm.describe_secret(SecretId=arn)["PrimaryRegion"] == "ap-northeast-1"
    there.stop_replication_to_replica(SecretId=secret["Name"])
    there.put_secret_value(SecretId=secret["Name"], SecretString="alone")
    left = sm.remove_regions_from_replication(SecretId=arn, RemoveReplicaRegions=["us-east-1"])
    assert left.get("ReplicationStatus", []) == []
    assert sm.get_secret_value(SecretId=arn)["SecretString"] == "second"
    there.delete_secret(SecretId=secret["Name"], ForceDeleteWithoutRecovery=True)


def test_random_passwords(sm):
    made = sm.get_random_password(PasswordLength=64, ExcludePunctuation=True, ExcludeCharacters="abc")["RandomPassword"]
    assert len(made) == 64 and made.isalnum() and not set(made) & set("abc")
    with refused("InvalidParameterException"):
        sm.get_random_password(ExcludePunctuation=True, ExcludeLowercase=True, ExcludeUppercase=True, ExcludeNumbers=True)


def test_wrong_calls_get_the_services_words(sm, secret):
    with refused("ResourceNotFoundException", NOT_FOUND):
        sm.get_secret_value(SecretId="none-such")
    with refused("ResourceExistsException", f"The operation failed because the secret {secret['Name']} already exists."):
        sm.create_secret(Name=secret["Name"], SecretString="other")
    with refused("ValidationException"):
        sm.create_secret(Name="no spaces")
    with refused("InvalidParameterException"):
        sm.put_secret_value(SecretId=secret["ARN"], SecretString="a", SecretBinary=b"b")
    with refused("ValidationException"):
        sm.put_secret_value(SecretId=secret["ARN"], SecretString="\N{HIRAGANA LETTER A}" * 30000)
    with refused("InvalidRequestException", "No Lambda rotation function ARN is associated with this secret."):
        sm.rotate_secret(SecretId=secret["ARN"])
    with refused("InvalidParameterException"):
        sm.rotate_secret(SecretId=secret["ARN"], RotationLambdaARN="arn:aws:lambda:ap-northeast-1:111122223333:function:f",
                         RotationRules={"ScheduleExpression": "rate(1 hour)"})
    assert "VersionId" not in sm.cancel_rotate_secret(SecretId=secret["ARN"])


def test_the_cli_and_the_sdk_for_javascript(yagura, sm, secret, javascript):
    run = lambda *words: json.loads(subprocess.run(
        [f"{sys.prefix}/bin/aws", "secretsmanager", *words], env=yagura.environment(), check=True, capture_output=True, timeout=60).stdout)
    assert run("get-secret-value", "--secret-id", secret["Name"])["SecretString"] == "first"
    assert run("list-secrets", "--filters", f"Key=name,Values={secret['Name']}")["SecretList"][0]["ARN"] == secret["ARN"]
    javascript.call("secrets-manager", "PutSecretValue", SecretId=secret["ARN"], SecretBinary=b"\x01\x02")
    assert javascript.call("secrets-manager", "GetSecretValue", SecretId=secret["ARN"])["SecretBinary"] == b"\x01\x02"
    with pytest.raises(Refused) as caught:
        javascript.call("secrets-manager", "GetSecretValue", SecretId="none-such")
    assert (caught.value.name, caught.value.status) == ("ResourceNotFoundException", 400)


def test_no_value_is_on_disk_or_in_the_log(servers):
    """Neither in the store nor in the journal of calls, whatever became of the call."""
    server, marker = servers(), f"marker{uuid.uuid4().hex}"
    sm = server.client("secretsmanager")
    sm.create_secret(Name="s", SecretString=marker)
    sm.put_secret_value(SecretId="s", SecretBinary=marker.encode())
    with refused("InvalidParameterException"):
        sm.put_secret_value(SecretId="s", SecretString=marker, SecretBinary=marker.encode())
    with refused("ResourceExistsException"):
        sm.create_secret(Name="s", SecretString=marker + "2")
    sm.batch_get_secret_value(SecretIdList=["s"])
    server.stop()
    files = [path for path in server.data.rglob("*") if path.is_file()] + [server.log]
    encoded = base64.b64encode(marker.encode())[:40]
    for path in files:
        content = path.read_bytes()
        assert marker.encode() not in content and encoded not in content, path
