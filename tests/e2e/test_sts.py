"""STS through boto3: who is calling, and temporary credentials that do what their policies allow."""

import json

import pytest
from botocore.config import Config

from javascript import Refused
from test_iam import ADMIN, allow, credentials, iam, name, refused, trust, user  # noqa: F401 (fixtures)


def session(answer):
    made = answer["Credentials"]
    return {"accessKeyId": made["AccessKeyId"], "secretAccessKey": made["SecretAccessKey"],
            "sessionToken": made["SessionToken"]}


@pytest.fixture(scope="module")
def sts(yagura):
    return yagura.client("sts")


@pytest.fixture
def role(iam, sts):
    """A role with all rights that the account trusts."""
    made = name("role")
    arn = iam.create_role(RoleName=made, AssumeRolePolicyDocument=trust(sts.get_caller_identity()["Account"]),
                          MaxSessionDuration=7200)["Role"]["Arn"]
    iam.attach_role_policy(RoleName=made, PolicyArn=ADMIN)
    yield arn
    iam.detach_role_policy(RoleName=made, PolicyArn=ADMIN)
    iam.delete_role(RoleName=made)


def test_who_is_calling(yagura, sts):
    me = sts.get_caller_identity()
    assert me["Arn"] == f"arn:aws:iam::{me['Account']}:user/admin"
    assert me["UserId"].startswith("AIDA")
    assert sts.get_access_key_info(AccessKeyId=yagura.credentials["accessKeyId"])["Account"] == me["Account"]


def test_anyone_may_ask_who_they_are(yagura, iam, user):
    theirs = yagura.client("sts", credentials=credentials(iam, user))
    iam.put_user_policy(UserName=user, PolicyName="p", PolicyDocument=json.dumps(
        {"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "*", "Resource": "*"}}))
    assert theirs.get_caller_identity()["Arn"].endswith(f":user/{user}")


def test_assume_role(yagura, sts, role):
    answer = sts.assume_role(RoleArn=role, RoleSessionName="work")
    account, role_name = role.split(":")[4], role.split("/")[-1]
    assert answer["AssumedRoleUser"]["Arn"] == f"arn:aws:sts::{account}:assumed-role/{role_name}/work"
    assert answer["Credentials"]["AccessKeyId"].startswith("ASIA")
    inside = yagura.client("sts", credentials=session(answer)).get_caller_identity()
    assert inside["Arn"] == answer["AssumedRoleUser"]["Arn"]
    assert inside["UserId"] == answer["AssumedRoleUser"]["AssumedRoleId"]
    yagura.client("iam", credentials=session(answer)).list_users()


def test_a_role_that_trusts_another_account_stays_closed(iam, sts):
    made = name("role")
    arn = iam.create_role(RoleName=made, AssumeRolePolicyDocument=trust("444455556666"))["Role"]["Arn"]
    with refused("AccessDenied"):
        sts.assume_role(RoleArn=arn, RoleSessionName="work")
    iam.delete_role(RoleName=made)
    with refused("AccessDenied"):
        sts.assume_role(RoleArn=arn, RoleSessionName="work")


def test_trust_in_the_account_needs_the_caller_s_own_policy_too(yagura, iam, user, role):
    theirs = yagura.client("sts", credentials=credentials(iam, user))
    with refused("AccessDenied"):
        theirs.assume_role(RoleArn=role, RoleSessionName="work")
    iam.put_user_policy(UserName=user, PolicyName="p", PolicyDocument=allow("sts:AssumeRole", role))
    theirs.assume_role(RoleArn=role, RoleSessionName="work")


def test_trust_in_a_user_is_enough(yagura, iam, user):
    made = name("role")
    theirs = yagura.client("sts", credentials=credentials(iam, user))
    arn = iam.create_role(RoleName=made, AssumeRolePolicyDocument=trust(iam.get_user(UserName=user)["User"]["Arn"])
                          )["Role"]["Arn"]
    theirs.assume_role(RoleArn=arn, RoleSessionName="work")
    iam.put_user_policy(UserName=user, PolicyName="p", PolicyDocument=json.dumps(
        {"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "sts:*", "Resource": "*"}}))
    with refused("AccessDenied"):
        theirs.assume_role(RoleArn=arn, RoleSessionName="work")
    iam.delete_role(RoleName=made)


def test_an_external_id_must_match(iam, sts):
    made = name("role")
    document = json.loads(trust(sts.get_caller_identity()["Account"]))
    document["Statement"][0]["Condition"] = {"StringEquals": {"sts:ExternalId": "agreed"}}
    arn = iam.create_role(RoleName=made, AssumeRolePolicyDocument=json.dumps(document))["Role"]["Arn"]
    with refused("AccessDenied"):
        sts.assume_role(RoleArn=arn, RoleSessionName="work")
    with refused("AccessDenied"):
        sts.assume_role(RoleArn=arn, RoleSessionName="work", ExternalId="other")
    sts.assume_role(RoleArn=arn, RoleSessionName="work", ExternalId="agreed")
    iam.delete_role(RoleName=made)


def test_a_session_policy_narrows(yagura, sts, role):
    narrow = session(sts.assume_role(RoleArn=role, RoleSessionName="work", Policy=allow("iam:ListUsers")))
    theirs = yagura.client("iam", credentials=narrow)
    theirs.list_users()
    with refused("AccessDenied"):
        theirs.list_groups()
    with refused("MalformedPolicyDocument"):
        sts.assume_role(RoleArn=role, RoleSessionName="work", Policy="{}")


def test_a_session_policy_limits_the_roles_that_trust_its_role(yagura, iam, sts, role):
    made = name("role")
    arn = iam.create_role(RoleName=made, AssumeRolePolicyDocument=trust(role))["Role"]["Arn"]
    free = session(sts.assume_role(RoleArn=role, RoleSessionName="work"))
    yagura.client("sts", credentials=free).assume_role(RoleArn=arn, RoleSessionName="next")
    narrow = session(sts.assume_role(RoleArn=role, RoleSessionName="work", Policy=allow("iam:ListUsers")))
    with refused("AccessDenied"):
        yagura.client("sts", credentials=narrow).assume_role(RoleArn=arn, RoleSessionName="next")
    iam.delete_role(RoleName=made)


def test_managed_session_policies_narrow(yagura, sts, role):
    narrow = session(sts.assume_role(RoleArn=role, RoleSessionName="work",
                                     PolicyArns=[{"arn": "arn:aws:iam::aws:policy/IAMReadOnlyAccess"}]))
    theirs = yagura.client("iam", credentials=narrow)
    theirs.list_users()
    with refused("AccessDenied"):
        theirs.create_group(GroupName=name("group"))


def test_durations_are_limited(yagura, sts, role):
    sts.assume_role(RoleArn=role, RoleSessionName="work", DurationSeconds=7200)
    with refused("ValidationError"):
        sts.assume_role(RoleArn=role, RoleSessionName="work", DurationSeconds=7201)
    unchecked = yagura.client("sts", config=Config(parameter_validation=False))
    with refused("ValidationError"):
        unchecked.assume_role(RoleArn=role, RoleSessionName="work", DurationSeconds=1)


def test_get_session_token(yagura, iam, user):
    theirs = yagura.client("sts", credentials=credentials(iam, user))
    own = session(theirs.get_session_token(DurationSeconds=900))
    again = yagura.client("sts", credentials=own)
    assert again.get_caller_identity()["Arn"].endswith(f":user/{user}")
    with refused("AccessDenied"):
        again.get_session_token()


def test_a_foreign_token_is_refused(yagura, sts, role):
    good = session(sts.assume_role(RoleArn=role, RoleSessionName="work"))
    other = session(sts.assume_role(RoleArn=role, RoleSessionName="work"))
    for broken in ({**good, "sessionToken": other["sessionToken"]}, {**good, "sessionToken": "nonsense"}):
        with refused("InvalidClientTokenId"):
            yagura.client("sts", credentials=broken).get_caller_identity()
    without = {key: value for key, value in good.items() if key != "sessionToken"}
    with refused("InvalidClientTokenId"):
        yagura.client("sts", credentials=without).get_caller_identity()


def test_the_sdk_for_javascript_asks_who_it_is(yagura, sts, role, javascript):
    assert javascript.call("sts", "GetCallerIdentity")["Arn"] == sts.get_caller_identity()["Arn"]
    made = javascript.call("sts", "AssumeRole", RoleArn=role, RoleSessionName="work")["Credentials"]
    inside = {key[0].lower() + key[1:]: made[key] for key in ("AccessKeyId", "SecretAccessKey", "SessionToken")}
    assert javascript.call("sts", "GetCallerIdentity", options={"credentials": inside})["Arn"].endswith("/work")
    with pytest.raises(Refused) as caught:
        javascript.call("sts", "AssumeRole", RoleArn=role + "x", RoleSessionName="work")
    assert (caught.value.name, caught.value.status) == ("AccessDenied", 403)
