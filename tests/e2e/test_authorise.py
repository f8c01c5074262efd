"""Who may: identity, resource and organisation policies together, across accounts and services, and AWS's words for each refusal."""

import io
import json
import uuid
import zipfile

import botocore.exceptions
import pytest

from conftest import Yagura, own_store
from house import RCP, SCP, House


def statement(effect, action, resource="*", **more):
    return {"Effect": effect, "Action": action, "Resource": resource, **more}


def document(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(action, resource="*", **more):
    return document(statement("Allow", action, resource, **more))


def delegating(account, *statements):
    """A key policy that leaves the decision to the account's own policies, and more."""
    return document(statement("Allow", "kms:*", Principal={"AWS": f"arn:aws:iam::{account}:root"}), *statements)


def denied(call, ending, **arguments):
    """The words of a refusal, which end so."""
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        call(**arguments)
    error = caught.value.response["Error"]
    assert error["Code"] in ("AccessDenied", "AccessDeniedException"), error
    assert error["Message"].endswith(ending), error
    return error["Message"]


class Person:
    """A user with a key of its own in an account."""

    def __init__(self, server, iam, policy=None, **more):
        self.server, self.iam, self.name = server, iam, f"user-{uuid.uuid4().hex[:10]}"
        self.arn = iam.create_user(UserName=self.name, **more)["User"]["Arn"]
        key = iam.create_access_key(UserName=self.name)["AccessKey"]
        self.keys = {"accessKeyId": key["AccessKeyId"], "secretAccessKey": key["SecretAccessKey"]}
        if policy:
            self.may(policy)

    def may(self, policy):
        self.iam.put_user_policy(UserName=self.name, PolicyName="own", PolicyDocument=policy)

    def client(self, service):
        return self.server.client(service, credentials=self.keys)


@pytest.fixture(scope="module")
def iam(yagura):
    return yagura.client("iam")


@pytest.fixture(scope="module")
def kms(yagura):
    return yagura.client("kms")


@pytest.fixture(scope="module")
def account(yagura):
    return yagura.client("sts").get_caller_identity()["Account"]


# One account


def test_a_key_s_policy_decides(yagura, iam, kms, account):
    ann = Person(yagura, iam)
    key = kms.create_key(Policy=delegating(account))["KeyMetadata"]
    words = denied(ann.client("kms").describe_key, "because no identity-based policy allows the kms:DescribeKey action", KeyId=key["KeyId"])
    assert words.startswith(f"User: {ann.arn} is not authorized to perform: kms:DescribeKey on resource: {key['Arn']}")
    ann.may(allow("kms:DescribeKey", key["Arn"]))
    ann.client("kms").describe_key(KeyId=key["KeyId"])
    # Without a word of the key's policy for the account or the caller, identity policies count for nothing.
    admin = f"arn:aws:iam::{account}:user/admin"
    kms.put_key_policy(KeyId=key["KeyId"], PolicyName="default", Policy=document(statement("Allow", "kms:*", Principal={"AWS": admin})))
    denied(ann.client("kms").describe_key, "because no resource-based policy allows the kms:DescribeKey action", KeyId=key["KeyId"])
    kms.put_key_policy(KeyId=key["KeyId"], PolicyName="default", Policy=document(
        statement("Allow", "kms:*", Principal={"AWS": [admin, ann.arn]}),
        statement("Deny", "kms:Encrypt", Principal="*", Condition={"StringEquals": {"kms:EncryptionContext:stage": "production"}})))
    ann.may(allow("s3:*"))
    mine = ann.client("kms")
    sealed = mine.encrypt(KeyId=key["KeyId"], Plaintext=b"x", EncryptionContext={"stage": "trial"})["CiphertextBlob"]
    assert mine.decrypt(CiphertextBlob=sealed, EncryptionContext={"stage": "trial"})["Plaintext"] == b"x"
    denied(mine.encrypt, "with an explicit deny in a resource-based policy", KeyId=key["KeyId"], Plaintext=b"x",
           EncryptionContext={"stage": "production"})


def test_a_boundary_and_a_session_policy_are_named(yagura, iam, account):
    limit = iam.create_policy(PolicyName=f"limit-{uuid.uuid4().hex[:8]}", PolicyDocument=allow("sqs:*"))["Policy"]["Arn"]
    ann = Person(yagura, iam, allow("*"), PermissionsBoundary=limit)
    denied(ann.client("iam").list_users, "because no permissions boundary allows the iam:ListUsers action")
    ann.may(document(statement("Allow", "*"), statement("Deny", "iam:ListUsers")))
    denied(ann.client("iam").list_users, "with an explicit deny in an identity-based policy")
    role = f"role-{uuid.uuid4().hex[:8]}"
    arn = iam.create_role(RoleName=role, AssumeRolePolicyDocument=document(
        {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": account}}))["Role"]["Arn"]
    iam.put_role_policy(RoleName=role, PolicyName="all", PolicyDocument=allow("*"))
    made = yagura.client("sts").assume_role(RoleArn=arn, RoleSessionName="work", Policy=allow("sqs:*"))["Credentials"]
    session = {"accessKeyId": made["AccessKeyId"], "secretAccessKey": made["SecretAccessKey"], "sessionToken": made["SessionToken"]}
    denied(yagura.client("iam", credentials=session).list_users, "because no session policy allows the iam:ListUsers action")


def test_policies_ask_about_the_input(yagura, iam):
    ann = Person(yagura, iam, document(
        statement("Allow", "iam:CreateUser", Condition={"StringEquals": {"aws:RequestTag/team": "blue"},
                                                        "ForAllValues:StringEquals": {"aws:TagKeys": ["team", "cost"]}}),
        statement("Allow", "iam:AttachUserPolicy", Condition={"ArnLike": {"iam:PolicyARN": "arn:aws:iam::aws:policy/*ReadOnly*"}}),
        statement("Allow", ["iam:DetachUserPolicy", "iam:DeleteUser"], Condition={"StringEquals": {"aws:ResourceTag/team": "blue"}})))
    api, made = ann.client("iam"), f"user-{uuid.uuid4().hex[:10]}"
    silent = "because no identity-based policy allows the iam:CreateUser action"
    denied(api.create_user, silent, UserName=made)
    denied(api.create_user, silent, UserName=made, Tags=[{"Key": "team", "Value": "red"}])
    denied(api.create_user, silent, UserName=made, Tags=[{"Key": "team", "Value": "blue"}, {"Key": "other", "Value": "x"}])
    api.create_user(UserName=made, Tags=[{"Key": "team", "Value": "blue"}, {"Key": "cost", "Value": "1"}])
    readers, admins = "arn:aws:iam::aws:policy/AmazonGuardDutyReadOnlyAccess", "arn:aws:iam::aws:policy/AdministratorAccess"
    denied(api.attach_user_policy, "the iam:AttachUserPolicy action", UserName=made, PolicyArn=admins)
    api.attach_user_policy(UserName=made, PolicyArn=readers)
    api.detach_user_policy(UserName=made, PolicyArn=readers)
    iam.tag_user(UserName=made, Tags=[{"Key": "team", "Value": "red"}])
    denied(api.delete_user, "the iam:DeleteUser action", UserName=made)
    iam.tag_user(UserName=made, Tags=[{"Key": "team", "Value": "blue"}])
    api.delete_user(UserName=made)


def test_a_session_s_tag_takes_the_place_of_its_role_s(yagura, iam, account):
    role = f"role-{uuid.uuid4().hex[:8]}"
    arn = iam.create_role(RoleName=role, Tags=[{"Key": "team", "Value": "blue"}], AssumeRolePolicyDocument=document(
        {"Effect": "Allow", "Action": ["sts:AssumeRole", "sts:TagSession"], "Principal": {"AWS": account}}))["Role"]["Arn"]
    iam.put_role_policy(RoleName=role, PolicyName="own", PolicyDocument=allow(
        "iam:ListRoles", Condition={"StringEquals": {"aws:PrincipalTag/team": "red"}}))

    def lists(**more):
        made = yagura.client("sts").assume_role(RoleArn=arn, RoleSessionName="work", **more)["Credentials"]
        return yagura.client("iam", credentials={"accessKeyId": made["AccessKeyId"], "secretAccessKey": made["SecretAccessKey"],
                                                 "sessionToken": made["SessionToken"]}).list_roles
    denied(lists(), "the iam:ListRoles action")
    lists(Tags=[{"Key": "Team", "Value": "red"}])()


# Services


def test_a_service_calls_with_its_caller_s_rights(yagura, iam, kms, account):
    """Secrets Manager asks KMS as whoever asked it: kms:ViaService and aws:CalledVia tell the way."""
    key = kms.create_key(Policy=delegating(account))["KeyMetadata"]["Arn"]
    secret = yagura.client("secretsmanager").create_secret(Name=f"secret-{uuid.uuid4().hex[:8]}", SecretString="x", KmsKeyId=key)["ARN"]
    read = statement("Allow", "secretsmanager:GetSecretValue")
    ann = Person(yagura, iam, document(read))
    get = ann.client("secretsmanager").get_secret_value
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        get(SecretId=secret)
    assert "KMS" in caught.value.response["Error"]["Message"], caught.value.response
    via = {"StringEquals": {"kms:ViaService": "secretsmanager.ap-northeast-1.amazonaws.com"}, "Bool": {"aws:ViaAWSService": "true"},
           "ForAnyValue:StringEquals": {"aws:CalledVia": "secretsmanager.amazonaws.com"}}
    ann.may(document(read, statement("Allow", "kms:Decrypt", Condition=via)))
    assert get(SecretId=secret)["SecretString"] == "x"
    sealed = kms.encrypt(KeyId=key, Plaintext=b"x")["CiphertextBlob"]
    denied(ann.client("kms").decrypt, "because no identity-based policy allows the kms:Decrypt action", CiphertextBlob=sealed)


def test_a_role_is_passed_only_by_who_may(yagura, iam):
    role = f"role-{uuid.uuid4().hex[:8]}"
    arn = iam.create_role(RoleName=role, AssumeRolePolicyDocument=document(
        {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}}))["Role"]["Arn"]
    create = statement("Allow", "lambda:CreateFunction")
    ann = Person(yagura, iam, document(create))
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("main.py", "def handler(event, context):\n    return event\n")
    wanted = {"FunctionName": f"function-{uuid.uuid4().hex[:8]}", "Runtime": "python3.12", "Handler": "main.handler", "Role": arn,
              "Code": {"ZipFile": packed.getvalue()}}
    words = denied(ann.client("lambda").create_function, "because no identity-based policy allows the iam:PassRole action", **wanted)
    assert f"is not authorized to perform: iam:PassRole on resource: {arn} " in words

    def may_pass(service):
        ann.may(document(create, statement("Allow", "iam:PassRole", arn, Condition={"StringEquals": {"iam:PassedToService": service}})))
    may_pass("ec2.amazonaws.com")
    denied(ann.client("lambda").create_function, "because no identity-based policy allows the iam:PassRole action", **wanted)
    may_pass("lambda.amazonaws.com")
    ann.client("lambda").create_function(**wanted)


# Accounts and their organisation


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    server = Yagura(tmp_path_factory.mktemp("authorise") / "data", store=own_store()).start()
    server.client("organizations").create_organization()
    built = House(server)
    for kind in (SCP, RCP):
        built.api.enable_policy_type(RootId=built.root()["Id"], PolicyType=kind)
    built.stock(3)
    yield built
    server.stop()


@pytest.fixture
def member(house):
    return house.make("member")["AccountId"]


def test_both_accounts_must_agree(house, member):
    """The key is the management account's, the caller another's."""
    kms = house.server.client("kms")
    ann = Person(house.server, house.client("iam", member), allow("kms:*"))
    theirs = statement("Allow", "kms:DescribeKey", Principal={"AWS": f"arn:aws:iam::{member}:root"})
    key = kms.create_key(Policy=delegating(house.account))["KeyMetadata"]["Arn"]
    denied(ann.client("kms").describe_key, "because no resource-based policy allows the kms:DescribeKey action", KeyId=key)
    kms.put_key_policy(KeyId=key, PolicyName="default", Policy=delegating(house.account, theirs))
    assert ann.client("kms").describe_key(KeyId=key)["KeyMetadata"]["Arn"] == key
    ann.may(allow("s3:*"))
    denied(ann.client("kms").describe_key, "because no identity-based policy allows the kms:DescribeKey action", KeyId=key)
    # Nor is an account's own word enough where its organisation isn't the one that was meant.
    ann.may(allow("kms:*"))
    organization = house.api.describe_organization()["Organization"]["Id"]
    anyone = statement("Allow", "kms:DescribeKey", Principal={"AWS": "*"}, Condition={"StringEquals": {
        "aws:PrincipalOrgID": organization, "aws:ResourceAccount": house.account, "aws:ResourceOrgID": organization}})
    kms.put_key_policy(KeyId=key, PolicyName="default", Policy=delegating(house.account, anyone))
    ann.client("kms").describe_key(KeyId=key)
    anyone["Condition"]["StringEquals"]["aws:PrincipalOrgID"] = "o-another123"
    kms.put_key_policy(KeyId=key, PolicyName="default", Policy=delegating(house.account, anyone))
    denied(ann.client("kms").describe_key, "because no resource-based policy allows the kms:DescribeKey action", KeyId=key)


def test_service_control_policies_bind_members_alone(house, member):
    iam, api = house.client("iam", member), house.api
    ann = Person(house.server, iam, allow("*"))
    deny = house.policy(document(statement("Deny", "iam:ListUsers"), statement("Allow", "sqs:*")))
    api.attach_policy(PolicyId=deny, TargetId=member)
    denied(ann.client("iam").list_users, "with an explicit deny in a service control policy")
    ann.client("iam").list_roles()
    simulated = iam.simulate_principal_policy(PolicySourceArn=ann.arn, ActionNames=["iam:ListUsers", "iam:ListRoles"])["EvaluationResults"]
    assert [r["EvalDecision"] for r in simulated] == ["explicitDeny", "allowed"]
    assert [r["OrganizationsDecisionDetail"]["AllowedByOrganizations"] for r in simulated] == [False, True]
    api.detach_policy(PolicyId="p-FullAWSAccess", TargetId=member)
    denied(ann.client("iam").list_roles, "because no service control policy allows the iam:ListRoles action")
    house.server.client("iam").list_users()  # the management account is not bound
    api.attach_policy(PolicyId="p-FullAWSAccess", TargetId=member)
    api.detach_policy(PolicyId=deny, TargetId=member)
    ann.client("iam").list_users()


def test_resource_control_policies_bind_what_a_member_owns(house, member):
    kms = house.client("kms", member)
    ann = Person(house.server, house.client("iam", member), allow("kms:*"))
    key = kms.create_key(Policy=delegating(member, statement("Allow", "kms:*", Principal={"AWS": ann.arn})))["KeyMetadata"]["Arn"]
    deny = house.policy(document(statement("Deny", "kms:DescribeKey", Principal="*", Condition={
        "StringNotEqualsIfExists": {"aws:PrincipalAccount": house.account}})), RCP)
    ann.client("kms").describe_key(KeyId=key)
    house.api.attach_policy(PolicyId=deny, TargetId=member)
    denied(ann.client("kms").describe_key, "with an explicit deny in a resource control policy", KeyId=key)
    house.api.detach_policy(PolicyId=deny, TargetId=member)
    ann.client("kms").describe_key(KeyId=key)
