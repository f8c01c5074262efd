"""The IAM policy simulator through boto3 and the AWS CLI: decisions, the statements behind them, and what they would need."""

import json
import shutil
import subprocess
import uuid

import pytest
from botocore.exceptions import ClientError

BUCKET = "arn:aws:s3:::orders"
OBJECT = "arn:${Partition}:s3:::${BucketName}/${ObjectName}"
OTHER = "444455556666"


def policy(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)}, separators=(",", ":"))


def statement(effect, action, resource="*", **more):
    return {"Effect": effect, "Action": action, "Resource": resource, **more}


def refused(code):
    class Refused:
        def __enter__(self):
            return self

        def __exit__(self, kind, error, _):
            assert isinstance(error, ClientError), f"expected {code}, got {error!r}"
            assert error.response["Error"]["Code"] == code, error
            return True
    return Refused()


@pytest.fixture(scope="module")
def iam(yagura):
    return yagura.client("iam")


@pytest.fixture(scope="module")
def account(yagura):
    return yagura.client("sts").get_caller_identity()["Account"]


def one(iam, policies, action="s3:GetObject", **more):
    """The only result of a custom simulation."""
    answer = iam.simulate_custom_policy(PolicyInputList=policies, ActionNames=[action], **more)
    assert not answer["IsTruncated"] and len(answer["EvaluationResults"]) == 1
    return answer["EvaluationResults"][0]


def places(statements):
    return [(s["SourcePolicyId"], s["StartPosition"]["Line"], s["StartPosition"]["Column"], s["EndPosition"]["Line"],
             s["EndPosition"]["Column"]) for s in statements]


def test_a_lone_statement_stands_behind_its_brace(iam):
    """The figures are those of AWS's own example."""
    text = ('{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"dynamodb:*","Resource":"*",'
            '"Condition":{"DateGreaterThan":{"aws:CurrentTime":"2018-08-16T12:00:00Z"}}}}')
    found = one(iam, [text], "dynamodb:CreateBackup")
    assert found["EvalDecision"] == "allowed" and found["EvalResourceName"] == "*"
    assert places(found["MatchedStatements"]) == [("PolicyInputList.1", 1, 38, 1, 167)]
    assert found["MatchedStatements"][0]["SourcePolicyType"] == "IAM Policy"
    assert found["MissingContextValues"] == [] and "ResourceSpecificResults" not in found


def test_a_statement_of_a_list_stands_behind_the_bracket(iam):
    """As AWS tells the place of AdministratorAccess's statement."""
    text = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}, indent=2)
    assert places(one(iam, [text])["MatchedStatements"]) == [("PolicyInputList.1", 3, 17, 8, 6)]


def test_a_denial_is_shown_alone(iam):
    allow, deny = policy(statement("Allow", "s3:*")), policy(statement("Allow", "s3:Get*"), statement("Deny", "s3:GetObject"))
    found = one(iam, [allow, deny])
    assert found["EvalDecision"] == "explicitDeny"
    comma = deny.index("},{") + 2
    assert places(found["MatchedStatements"]) == [("PolicyInputList.2", 1, comma + 1, 1, len(deny) - 1)]
    assert len(one(iam, [allow, deny], "s3:GetBucketAcl")["MatchedStatements"]) == 2
    assert one(iam, [allow], "sqs:SendMessage")["EvalDecision"] == "implicitDeny"
    assert one(iam, [allow], "sqs:SendMessage")["MatchedStatements"] == []


def test_each_resource_has_its_own_result(iam):
    text = policy(statement("Allow", "s3:GetObject", f"{BUCKET}/a/*"), statement("Deny", "s3:GetObject", f"{BUCKET}/a/secret"))
    found = one(iam, [text], ResourceArns=[f"{BUCKET}/a/plain", f"{BUCKET}/a/secret", f"{BUCKET}/b"])
    each = {r["EvalResourceName"]: r["EvalResourceDecision"] for r in found["ResourceSpecificResults"]}
    assert each == {f"{BUCKET}/a/plain": "allowed", f"{BUCKET}/a/secret": "explicitDeny", f"{BUCKET}/b": "implicitDeny"}
    assert found["EvalDecision"] == "explicitDeny" and found["EvalResourceName"] == OBJECT
    single = one(iam, [text], ResourceArns=[f"{BUCKET}/a/plain"])
    assert single["EvalDecision"] == "allowed" and single["EvalDecisionDetails"] == {}
    assert len(single["MatchedStatements"]) == 1 and len(single["ResourceSpecificResults"]) == 1
    assert single["EvalResourceName"] == f"{BUCKET}/a/plain" and "EvalDecisionDetails" not in single["ResourceSpecificResults"][0]
    assert one(iam, [text], "s3:NoSuchThing", ResourceArns=[BUCKET, f"{BUCKET}/b"])["EvalResourceName"] == "*"


def test_missing_keys_are_named_and_given_ones_used(iam):
    text = policy(statement("Allow", "s3:GetObject", f"{BUCKET}/${{aws:username}}/*"),
                  statement("Allow", "s3:ListBucket", Condition={"StringEquals": {"aws:PrincipalTag/team": ["blue", "${aws:SourceIp}"]}}))
    found = one(iam, [text], ResourceArns=[f"{BUCKET}/ann/x"])
    assert found["MissingContextValues"] == ["aws:username", "aws:PrincipalTag/team", "aws:SourceIp"]
    assert found["EvalDecision"] == "implicitDeny"
    entries = [{"ContextKeyName": "aws:username", "ContextKeyType": "string", "ContextKeyValues": ["ann"]}]
    found = one(iam, [text], ResourceArns=[f"{BUCKET}/ann/x"], ContextEntries=entries)
    assert found["EvalDecision"] == "allowed"
    assert found["ResourceSpecificResults"][0]["MissingContextValues"] == ["aws:PrincipalTag/team", "aws:SourceIp"]
    keys = iam.get_context_keys_for_custom_policy(PolicyInputList=[text, text])["ContextKeyNames"]
    assert keys == ["aws:username", "aws:PrincipalTag/team", "aws:SourceIp"]


def test_boundary_and_organisation_have_their_say(iam):
    everything, little = policy(statement("Allow", "*")), policy(statement("Allow", "s3:Get*"))
    found = one(iam, [everything], PermissionsBoundaryPolicyInputList=[little])
    assert found["EvalDecision"] == "allowed"
    assert found["PermissionsBoundaryDecisionDetail"] == {"AllowedByPermissionsBoundary": True}
    found = one(iam, [everything], "s3:PutObject", PermissionsBoundaryPolicyInputList=[little])
    assert found["EvalDecision"] == "implicitDeny"
    assert found["PermissionsBoundaryDecisionDetail"] == {"AllowedByPermissionsBoundary": False}
    levels = [{"ServiceControlPolicyInputList": [everything]}, {"ServiceControlPolicyInputList": [little]}]
    found = one(iam, [everything], "s3:PutObject", OrderedOrganizationPolicyInputList=levels, CallerArn=f"arn:aws:iam::{OTHER}:user/x")
    assert found["EvalDecision"] == "implicitDeny"
    assert found["OrganizationsDecisionDetail"] == {"AllowedByOrganizations": False}
    assert "OrganizationsDecisionDetail" not in one(iam, [everything])


def test_a_resource_policy_speaks_across_accounts(iam, account):
    ann = f"arn:aws:iam::{account}:user/ann"
    mine, theirs = policy(statement("Allow", "s3:GetObject")), policy({**statement("Allow", "s3:GetObject"), "Principal": {"AWS": ann}})
    across = {"CallerArn": ann, "ResourceOwner": f"arn:aws:iam::{OTHER}:root", "ResourceArns": [f"{BUCKET}/x"]}
    found = one(iam, [mine], ResourcePolicy=theirs, **across)
    assert found["EvalDecision"] == "allowed"
    assert found["EvalDecisionDetails"] == {"IAM Policy": "allowed", "Resource Policy": "allowed"}
    assert {s["SourcePolicyId"] for s in found["MatchedStatements"]} == {"PolicyInputList.1", "ResourcePolicy"}
    found = one(iam, [policy(statement("Allow", "sqs:*"))], ResourcePolicy=theirs, **across)
    assert found["EvalDecision"] == "implicitDeny"
    assert found["EvalDecisionDetails"] == {"IAM Policy": "implicitDeny", "Resource Policy": "allowed"}
    assert one(iam, [mine], **across)["EvalDecision"] == "implicitDeny"
    del across["ResourceOwner"]
    found = one(iam, [policy(statement("Allow", "sqs:*"))], ResourcePolicy=theirs, **across)
    assert found["EvalDecision"] == "allowed" and found["EvalDecisionDetails"] == {}


@pytest.fixture
def ann(iam, account):
    """A user with an inline and a managed policy, in a group with another, under a boundary."""
    mark = uuid.uuid4().hex[:8]
    user, group, limit = f"ann-{mark}", f"readers-{mark}", f"limit-{mark}"
    arn = iam.create_policy(PolicyName=limit, PolicyDocument=policy(statement("Allow", ["s3:*", "sqs:*"])))["Policy"]["Arn"]
    iam.create_user(UserName=user, PermissionsBoundary=arn, Tags=[{"Key": "team", "Value": "blue"}])
    iam.create_group(GroupName=group)
    iam.add_user_to_group(GroupName=group, UserName=user)
    iam.put_user_policy(UserName=user, PolicyName="own", PolicyDocument=policy(
        statement("Allow", "s3:GetObject", "arn:aws:s3:::${aws:PrincipalTag/team}/${aws:username}")))
    iam.put_group_policy(GroupName=group, PolicyName="shared", PolicyDocument=policy(
        statement("Allow", "sqs:SendMessage", Condition={"Bool": {"aws:SecureTransport": "true"}})))
    iam.attach_user_policy(UserName=user, PolicyArn="arn:aws:iam::aws:policy/AmazonGuardDutyReadOnlyAccess")
    yield user, group, f"arn:aws:iam::{account}:user/{user}"
    iam.detach_user_policy(UserName=user, PolicyArn="arn:aws:iam::aws:policy/AmazonGuardDutyReadOnlyAccess")
    iam.delete_user_policy(UserName=user, PolicyName="own")
    iam.delete_group_policy(GroupName=group, PolicyName="shared")
    iam.remove_user_from_group(GroupName=group, UserName=user)
    iam.delete_user(UserName=user)
    iam.delete_group(GroupName=group)
    iam.delete_policy(PolicyArn=arn)


def test_a_user_is_simulated_with_all_that_is_its_own(iam, ann):
    user, group, arn = ann
    answer = iam.simulate_principal_policy(PolicySourceArn=arn, ActionNames=["s3:GetObject"],
                                           ResourceArns=[f"arn:aws:s3:::blue/{user}", "arn:aws:s3:::red/x"])
    found = answer["EvaluationResults"][0]
    assert [r["EvalResourceDecision"] for r in found["ResourceSpecificResults"]] == ["allowed", "implicitDeny"]
    assert [s["SourcePolicyId"] for s in found["MatchedStatements"]] == [f"user_{user}_own"]
    assert found["MissingContextValues"] == ["aws:SecureTransport"]
    secure = [{"ContextKeyName": "aws:SecureTransport", "ContextKeyType": "boolean", "ContextKeyValues": ["true"]}]
    actions = ["sqs:SendMessage", "guardduty:ListDetectors"]
    found = iam.simulate_principal_policy(PolicySourceArn=arn, ActionNames=actions, ContextEntries=secure)["EvaluationResults"]
    assert [r["EvalDecision"] for r in found] == ["allowed", "implicitDeny"]
    assert found[0]["MatchedStatements"][0]["SourcePolicyId"] == f"group_{group}_shared"
    assert found[1]["PermissionsBoundaryDecisionDetail"] == {"AllowedByPermissionsBoundary": False}
    bob = [{"ContextKeyName": "AWS:UserName", "ContextKeyType": "string", "ContextKeyValues": ["bob"]}]
    found = iam.simulate_principal_policy(PolicySourceArn=arn, ActionNames=["s3:GetObject"], ContextEntries=bob,
                                          ResourceArns=["arn:aws:s3:::blue/bob"])["EvaluationResults"][0]
    assert found["EvalDecision"] == "allowed"  # what is given takes the place of what the caller has
    keys = iam.get_context_keys_for_principal_policy(PolicySourceArn=arn)["ContextKeyNames"]
    assert keys == ["aws:PrincipalTag/team", "aws:username", "aws:SecureTransport"]
    extra = policy(statement("Allow", "*", Condition={"StringEquals": {"aws:RequestedRegion": "x"}}))
    assert "aws:RequestedRegion" in iam.get_context_keys_for_principal_policy(
        PolicySourceArn=arn, PolicyInputList=[extra])["ContextKeyNames"]


def test_policies_can_be_left_out_of_a_simulation(iam, ann):
    user, group, arn = ann

    def decided(action, *excluded):
        answer = iam.simulate_principal_policy(PolicySourceArn=arn, ActionNames=[action], PolicyExclusionList=list(excluded), ContextEntries=[
            {"ContextKeyName": "aws:SecureTransport", "ContextKeyType": "boolean", "ContextKeyValues": ["true"]}])
        return answer["EvaluationResults"][0]["EvalDecision"]
    boundary = {"PolicyType": "permission-boundary"}
    assert decided("guardduty:ListDetectors", boundary) == "allowed"
    assert decided("guardduty:ListDetectors", boundary, {"PolicyType": "aws-managed"}) == "implicitDeny"
    assert decided("guardduty:ListDetectors", boundary, {"PolicyArn": "arn:aws:iam::aws:policy/AmazonGuardDuty*"}) == "implicitDeny"
    assert decided("guardduty:ListDetectors", boundary, {"PolicyArn": "arn:aws:iam::aws:policy/AmazonS3*"}) == "allowed"
    inline = {"PolicyName": "shared", "AttachmentType": "group", "AttachmentName": "readers-*"}
    assert decided("sqs:SendMessage") == "allowed"
    assert decided("sqs:SendMessage", {"InlinePolicyIdentifier": inline}) == "implicitDeny"
    assert decided("sqs:SendMessage", {"PolicyType": "inline"}) == "implicitDeny"
    with refused("InvalidInput"):
        decided("sqs:SendMessage", {"PolicyArn": "arn:aws:iam::*:policy/AmazonS3ReadOnlyAccess"})


def test_the_simulator_refuses_what_it_cannot_simulate(iam, account):
    everything = policy(statement("Allow", "*"))
    with refused("InvalidInput"):
        one(iam, ["{"])
    for action in ("s3:*", "GetObject", "s3:"):
        with refused("InvalidInput"):
            one(iam, [everything], action)
    with refused("InvalidInput"):
        one(iam, [everything], ResourceArns=["orders"])
    with refused("InvalidInput"):
        one(iam, [everything], ResourcePolicy=everything)
    for caller in (f"arn:aws:sts::{account}:assumed-role/r/s", "ec2.amazonaws.com"):
        with refused("InvalidInput"):
            one(iam, [everything], CallerArn=caller)
    with refused("InvalidInput"):
        one(iam, [everything], PermissionsBoundaryPolicyInputList=[everything, everything])
    with refused("InvalidInput"):
        one(iam, [everything], Marker="@")
    with refused("InvalidInput"):
        one(iam, [everything], ResourceArns=[BUCKET] * 1001)
    with refused("NoSuchEntity"):
        iam.simulate_principal_policy(PolicySourceArn=f"arn:aws:iam::{account}:user/nobody-here", ActionNames=["s3:GetObject"])
    with refused("NoSuchEntity"):
        iam.get_context_keys_for_principal_policy(PolicySourceArn=f"arn:aws:iam::{account}:role/nothing/nobody-here")


def test_ec2_scenarios_need_their_resources(iam):
    text = policy(statement("Allow", "ec2:RunInstances", "arn:aws:ec2:*:*:*/*"), statement("Deny", "ec2:RunInstances", "*:image/ami-bad"))
    arns = [f"arn:aws:ec2:eu-west-1:{OTHER}:{part}/x" for part in ("instance", "image", "security-group", "network-interface")]
    assert one(iam, [text], "ec2:RunInstances", ResourceArns=arns, ResourceHandlingOption="EC2-VPC-InstanceStore")["EvalDecision"] == "allowed"
    with refused("InvalidInput"):
        one(iam, [text], "ec2:RunInstances", ResourceArns=arns, ResourceHandlingOption="EC2-VPC-EBS")
    with refused("InvalidInput"):
        one(iam, [text], "ec2:RunInstances", ResourceArns=arns, ResourceHandlingOption="EC2-Moon")


def test_results_come_in_pages(iam):
    actions = [f"s3:Get{n}" for n in range(7)]
    seen = iam.get_paginator("simulate_custom_policy").paginate(
        PolicyInputList=[policy(statement("Allow", "s3:Get3"))], ActionNames=actions, PaginationConfig={"PageSize": 3})
    found = [(r["EvalActionName"], r["EvalDecision"]) for page in seen for r in page["EvaluationResults"]]
    assert [action for action, _ in found] == actions
    assert [action for action, decision in found if decision == "allowed"] == ["s3:Get3"]


def test_the_cli_simulates(yagura):
    if shutil.which("aws") is None:
        pytest.skip("no AWS CLI on PATH")
    command = ["aws", "iam", "simulate-custom-policy", "--policy-input-list", policy(statement("Allow", "s3:*")),
               "--action-names", "s3:GetObject", "--resource-arns", f"{BUCKET}/x", "--query", "EvaluationResults[0].EvalDecision"]
    assert json.loads(subprocess.run(command, env=yagura.environment(), check=True, stdout=subprocess.PIPE, timeout=60).stdout) == "allowed"
