"""STS through boto3: who is calling, and temporary credentials that do what their policies allow."""

import base64
import hashlib
import hmac
import json
import struct
import time

import pytest
from botocore.config import Config

from javascript import Refused
from test_sources import push
from test_iam import ADMIN, allow, credentials, name, iam, refused, trust, user  # noqa: F401 (fixtures)


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


def test_a_sealed_refusal_is_told_to_those_who_may_know(servers):
    server = servers("--push")
    iam, sts = server.client("iam"), server.client("sts")
    iam.create_user(UserName="pusher")
    status, said = push(server, b"", keys=credentials(iam, "pusher"))
    assert status == 403
    message = said["message"].rsplit("Encoded authorization failure message: ", 1)[1]
    decoded = json.loads(sts.decode_authorization_message(EncodedMessage=message)["DecodedMessage"])
    assert (decoded["allowed"], decoded["explicitDeny"], decoded["context"]["action"]) == (False, False, "yagura:PutRecords")
    assert decoded["context"]["principal"]["arn"].endswith(":user/pusher")
    for broken in ("nonsense", message[:-8] + "AAAAAAA="):
        with refused("InvalidAuthorizationMessageException"):
            sts.decode_authorization_message(EncodedMessage=broken)


def test_a_federated_user_may_what_user_and_session_policy_allow(yagura, iam, user):
    keys = credentials(iam, user)
    iam.put_user_policy(UserName=user, PolicyName="p", PolicyDocument=allow("*"))
    theirs = yagura.client("sts", credentials=keys)
    answer = theirs.get_federation_token(Name="guest", Policy=allow("guardduty:ListDetectors"), DurationSeconds=900,
                                         Tags=[{"Key": "team", "Value": "red"}])
    assert answer["FederatedUser"]["Arn"].endswith(":federated-user/guest")
    inside = session(answer)
    assert yagura.client("sts", credentials=inside).get_caller_identity()["Arn"] == answer["FederatedUser"]["Arn"]
    yagura.client("guardduty", credentials=inside).list_detectors()
    with refused("AccessDeniedException"):
        yagura.client("guardduty", credentials=inside).create_detector(Enable=True)
    with refused("InvalidClientTokenId"):
        yagura.client("iam", credentials=inside).list_users()
    with refused("AccessDenied"):
        yagura.client("sts", credentials=inside).get_session_token()
    bare = session(theirs.get_federation_token(Name="guest"))
    with refused("AccessDeniedException"):
        yagura.client("guardduty", credentials=bare).list_detectors()
    iam.put_user_policy(UserName=user, PolicyName="p", PolicyDocument=allow("sts:GetFederationToken"))
    with refused("AccessDeniedException"):
        yagura.client("guardduty", credentials=inside).list_detectors()
    with refused("AccessDenied"):
        theirs.get_federation_token(Name="guest", Tags=[{"Key": "team", "Value": "red"}])


def test_a_session_can_be_narrowed_but_not_widened(yagura, sts, role):
    broad = session(sts.assume_role(RoleArn=role, RoleSessionName="work"))
    theirs = yagura.client("sts", credentials=broad)
    with refused("ValidationError"):
        theirs.get_scoped_credentials()
    with refused("InsufficientSessionLifetime"):
        theirs.get_scoped_credentials(DurationSeconds=3601)
    answer = theirs.get_scoped_credentials(Policy=allow("iam:List*"), DurationSeconds=60)
    assert answer["ScopedPoliciesCount"] == 1 and answer["SessionInfo"]["Arn"].endswith("/work")
    narrow = session(answer)
    yagura.client("iam", credentials=narrow).list_users()
    with refused("AccessDenied"):
        yagura.client("iam", credentials=narrow).create_group(GroupName=name("group"))
    again = session(yagura.client("sts", credentials=narrow).get_scoped_credentials(Policy=allow("*")))
    with refused("AccessDenied"):
        yagura.client("iam", credentials=again).create_group(GroupName=name("group"))
    third = session(yagura.client("sts", credentials=again).get_scoped_credentials(Policy=allow("*")))
    with refused("AccessDenied"):
        yagura.client("sts", credentials=third).get_scoped_credentials(Policy=allow("*"))
    with refused("InvalidSubjectCredentials"):
        sts.get_scoped_credentials(DurationSeconds=60)


def test_transitive_tags_and_source_identity_go_along_the_chain(yagura, iam, sts):
    account = sts.get_caller_identity()["Account"]
    document = json.loads(trust(account))
    document["Statement"][0]["Action"] = ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"]
    first, second = name("role"), name("role")
    arn = iam.create_role(RoleName=first, AssumeRolePolicyDocument=json.dumps(document))["Role"]["Arn"]
    iam.put_role_policy(RoleName=first, PolicyName="p", PolicyDocument=allow("sts:*"))
    document["Statement"][0]["Condition"] = {"StringEquals": {"aws:PrincipalTag/team": "red", "sts:SourceIdentity": "ann"}}
    next_arn = iam.create_role(RoleName=second, AssumeRolePolicyDocument=json.dumps(document))["Role"]["Arn"]
    iam.put_role_policy(RoleName=second, PolicyName="p", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": {
        "Effect": "Allow", "Action": "iam:ListUsers", "Resource": "*",
        "Condition": {"StringEquals": {"aws:PrincipalTag/team": "red"}, "Null": {"aws:PrincipalTag/cost": "true"}}}}))
    chain = yagura.client("sts", credentials=session(sts.assume_role(
        RoleArn=arn, RoleSessionName="work", SourceIdentity="ann", TransitiveTagKeys=["team"],
        Tags=[{"Key": "team", "Value": "red"}, {"Key": "cost", "Value": "1"}])))
    answer = chain.assume_role(RoleArn=next_arn, RoleSessionName="next")
    assert answer["SourceIdentity"] == "ann"
    yagura.client("iam", credentials=session(answer)).list_users()
    with refused("AccessDenied"):
        chain.assume_role(RoleArn=next_arn, RoleSessionName="next", SourceIdentity="bob")
    with refused("ValidationError"):
        chain.assume_role(RoleArn=next_arn, RoleSessionName="next", DurationSeconds=3601)


def test_sessions_are_revoked_by_the_time_of_their_issue(yagura, iam, sts, role):
    inside = session(sts.assume_role(RoleArn=role, RoleSessionName="work"))
    theirs = yagura.client("iam", credentials=inside)
    theirs.list_users()
    iam.put_role_policy(RoleName=role.split("/")[-1], PolicyName="AWSRevokeOlderSessions", PolicyDocument=json.dumps({
        "Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "*", "Resource": "*",
                                               "Condition": {"DateLessThan": {"aws:TokenIssueTime": "2999-01-01T00:00:00Z"}}}}))
    with refused("AccessDenied"):
        theirs.list_users()
    iam.delete_role_policy(RoleName=role.split("/")[-1], PolicyName="AWSRevokeOlderSessions")


def test_a_token_is_as_long_as_asked_for(yagura, sts, role):
    answer = sts.assume_role(RoleArn=role, RoleSessionName="work", MinimumSessionTokenSize=3000)
    assert 3000 <= answer["SessionTokenSize"] == len(answer["Credentials"]["SessionToken"]) <= 4096
    assert yagura.client("sts", credentials=session(answer)).get_caller_identity()["Arn"].endswith("/work")


def code(seed, step):
    """RFC 6238."""
    digest = hmac.new(base64.b32decode(seed), struct.pack(">Q", step), hashlib.sha1).digest()
    at = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[at:at + 4])[0] & 0x7fffffff) % 10**6:06}"


def test_one_time_codes_open_roles_and_sessions_once(yagura, iam, user, sts):
    made = iam.create_virtual_mfa_device(VirtualMFADeviceName=name("device"))["VirtualMFADevice"]
    serial, seed = made["SerialNumber"], made["Base32StringSeed"].decode()
    now = int(time.time()) // 30
    iam.enable_mfa_device(UserName=user, SerialNumber=serial, AuthenticationCode1=code(seed, now - 2), AuthenticationCode2=code(seed, now - 1))
    document = json.loads(trust(iam.get_user(UserName=user)["User"]["Arn"]))
    document["Statement"][0]["Condition"] = {"Bool": {"aws:MultiFactorAuthPresent": "true"},
                                             "NumericLessThan": {"aws:MultiFactorAuthAge": "300"}}
    role_name = name("role")
    arn = iam.create_role(RoleName=role_name, AssumeRolePolicyDocument=json.dumps(document))["Role"]["Arn"]
    theirs = yagura.client("sts", credentials=credentials(iam, user))
    for wrong in ({}, {"SerialNumber": serial}, {"SerialNumber": serial, "TokenCode": "000000"},
                  {"SerialNumber": serial + "x", "TokenCode": code(seed, now)}):
        with refused("AccessDenied"):
            theirs.assume_role(RoleArn=arn, RoleSessionName="work", **wrong)
    theirs.assume_role(RoleArn=arn, RoleSessionName="work", SerialNumber=serial, TokenCode=code(seed, now))
    with refused("AccessDenied"):
        theirs.assume_role(RoleArn=arn, RoleSessionName="work", SerialNumber=serial, TokenCode=code(seed, now))
    own = session(theirs.get_session_token(SerialNumber=serial, TokenCode=code(seed, now + 1)))
    yagura.client("sts", credentials=own).assume_role(RoleArn=arn, RoleSessionName="work")
    iam.delete_role(RoleName=role_name)
    iam.deactivate_mfa_device(UserName=user, SerialNumber=serial)
    iam.delete_virtual_mfa_device(SerialNumber=serial)
