"""IAM: every operation answered, IAM's own words when refused, and policies that are enforced."""

import json
import uuid

import pytest
from botocore.exceptions import ClientError

ADMIN = "arn:aws:iam::aws:policy/AdministratorAccess"


def allow(action, resource="*", **more):
    return json.dumps({"Version": "2012-10-17",
                       "Statement": [{"Effect": "Allow", "Action": action, "Resource": resource, **more}]})


def trust(principal):
    return json.dumps({"Version": "2012-10-17",
                       "Statement": [{"Effect": "Allow", "Principal": {"AWS": principal}, "Action": "sts:AssumeRole"}]})


def name(kind):
    return f"{kind}-{uuid.uuid4().hex[:12]}"


def refused(code, message=None):
    """The call in the block fails with this code, and these words."""
    class Refused:
        def __enter__(self):
            return self

        def __exit__(self, kind, error, _):
            assert isinstance(error, ClientError), f"expected {code}, got {error!r}"
            assert error.response["Error"]["Code"] == code, error
            assert message is None or error.response["Error"]["Message"] == message, error
            return True
    return Refused()


@pytest.fixture(scope="module")
def iam(yagura):
    return yagura.client("iam")


@pytest.fixture
def user(iam):
    """A user with nothing, cleaned away afterwards."""
    made = name("user")
    iam.create_user(UserName=made)
    yield made
    for key in iam.list_access_keys(UserName=made)["AccessKeyMetadata"]:
        iam.delete_access_key(UserName=made, AccessKeyId=key["AccessKeyId"])
    for policy in iam.list_user_policies(UserName=made)["PolicyNames"]:
        iam.delete_user_policy(UserName=made, PolicyName=policy)
    for policy in iam.list_attached_user_policies(UserName=made)["AttachedPolicies"]:
        iam.detach_user_policy(UserName=made, PolicyArn=policy["PolicyArn"])
    for group in iam.list_groups_for_user(UserName=made)["Groups"]:
        iam.remove_user_from_group(UserName=made, GroupName=group["GroupName"])
    iam.delete_user(UserName=made)


def credentials(iam, user):
    key = iam.create_access_key(UserName=user)["AccessKey"]
    return {"accessKeyId": key["AccessKeyId"], "secretAccessKey": key["SecretAccessKey"]}


def test_the_first_administrator(yagura, iam):
    me = iam.get_user()["User"]
    assert me["UserName"] == "admin"
    assert me["Arn"].endswith(":user/admin")


def test_a_user_from_birth_to_death(iam):
    first, second = name("user"), name("user")
    made = iam.create_user(UserName=first, Path="/team/", Tags=[{"Key": "a", "Value": "1"}])["User"]
    assert made["UserId"].startswith("AIDA") and len(made["UserId"]) == 21
    assert made["Arn"].endswith(f":user/team/{first}")
    with refused("EntityAlreadyExists", f"User with name {first} already exists."):
        iam.create_user(UserName=first)
    iam.update_user(UserName=first, NewUserName=second, NewPath="/")
    assert iam.get_user(UserName=second)["User"]["UserId"] == made["UserId"]
    with refused("NoSuchEntity", f"The user with name {first} cannot be found."):
        iam.get_user(UserName=first)
    iam.tag_user(UserName=second, Tags=[{"Key": "A", "Value": "2"}, {"Key": "b", "Value": ""}])
    iam.untag_user(UserName=second, TagKeys=["B"])
    assert iam.list_user_tags(UserName=second)["Tags"] == [{"Key": "A", "Value": "2"}]
    iam.delete_user(UserName=second)
    with refused("NoSuchEntity"):
        iam.delete_user(UserName=second)


def test_broken_input_is_a_validation_error(iam):
    with refused("ValidationError"):
        iam.create_user(UserName="no spaces allowed")
    with refused("ValidationError"):
        iam.list_users(Marker="not a marker")


def test_lists_come_in_pages(iam):
    path = f"/{name('page')}/"
    names = sorted(name("user") for _ in range(7))
    for one in names:
        iam.create_user(UserName=one, Path=path)
    pages = list(iam.get_paginator("list_users").paginate(PathPrefix=path, PaginationConfig={"PageSize": 3}))
    assert [len(page["Users"]) for page in pages] == [3, 3, 1]
    assert [one["UserName"] for page in pages for one in page["Users"]] == names
    for one in names:
        iam.delete_user(UserName=one)


def test_access_keys(iam, user):
    key = iam.create_access_key(UserName=user)["AccessKey"]
    iam.create_access_key(UserName=user)
    with refused("LimitExceeded", "Cannot exceed quota for AccessKeysPerUser: 2"):
        iam.create_access_key(UserName=user)
    iam.update_access_key(UserName=user, AccessKeyId=key["AccessKeyId"], Status="Inactive")
    status = {one["AccessKeyId"]: one["Status"] for one in iam.list_access_keys(UserName=user)["AccessKeyMetadata"]}
    assert status[key["AccessKeyId"]] == "Inactive"
    used = iam.get_access_key_last_used(AccessKeyId=key["AccessKeyId"])
    assert used["UserName"] == user and used["AccessKeyLastUsed"]["ServiceName"] == "N/A"
    with refused("DeleteConflict", "Cannot delete entity, must delete access keys first."):
        iam.delete_user(UserName=user)


def test_groups(iam, user):
    group, renamed = name("group"), name("group")
    assert iam.create_group(GroupName=group)["Group"]["GroupId"].startswith("AGPA")
    iam.add_user_to_group(GroupName=group, UserName=user)
    assert [one["UserName"] for one in iam.get_group(GroupName=group)["Users"]] == [user]
    assert [one["GroupName"] for one in iam.list_groups_for_user(UserName=user)["Groups"]] == [group]
    with refused("DeleteConflict", "Cannot delete entity, must remove users from group first."):
        iam.delete_group(GroupName=group)
    iam.update_group(GroupName=group, NewGroupName=renamed)
    assert renamed in [one["GroupName"] for one in iam.list_groups()["Groups"]]
    iam.put_group_policy(GroupName=renamed, PolicyName="p", PolicyDocument=allow("s3:*"))
    assert iam.get_group_policy(GroupName=renamed, PolicyName="p")["PolicyDocument"]["Statement"][0]["Action"] == "s3:*"
    assert iam.list_group_policies(GroupName=renamed)["PolicyNames"] == ["p"]
    iam.delete_group_policy(GroupName=renamed, PolicyName="p")
    iam.attach_group_policy(GroupName=renamed, PolicyArn=ADMIN)
    assert iam.list_attached_group_policies(GroupName=renamed)["AttachedPolicies"][0]["PolicyArn"] == ADMIN
    iam.detach_group_policy(GroupName=renamed, PolicyArn=ADMIN)
    iam.remove_user_from_group(GroupName=renamed, UserName=user)
    iam.delete_group(GroupName=renamed)


def test_roles(iam):
    role = name("role")
    made = iam.create_role(RoleName=role, AssumeRolePolicyDocument=trust("*"), Tags=[{"Key": "a", "Value": "1"}])["Role"]
    assert made["RoleId"].startswith("AROA")
    assert made["AssumeRolePolicyDocument"]["Statement"][0]["Action"] == "sts:AssumeRole"
    with refused("MalformedPolicyDocument"):
        iam.create_role(RoleName=name("role"), AssumeRolePolicyDocument="not json")
    iam.update_assume_role_policy(RoleName=role, PolicyDocument=trust("111122223333"))
    iam.update_role(RoleName=role, Description="one", MaxSessionDuration=7200)
    assert iam.update_role_description(RoleName=role, Description="two")["Role"]["Description"] == "two"
    read = iam.get_role(RoleName=role)["Role"]
    assert read["MaxSessionDuration"] == 7200
    assert read["AssumeRolePolicyDocument"]["Statement"][0]["Principal"] == {"AWS": "111122223333"}
    assert role in [one["RoleName"] for one in iam.list_roles()["Roles"]]
    iam.tag_role(RoleName=role, Tags=[{"Key": "b", "Value": "2"}])
    iam.untag_role(RoleName=role, TagKeys=["a"])
    assert iam.list_role_tags(RoleName=role)["Tags"] == [{"Key": "b", "Value": "2"}]
    iam.put_role_policy(RoleName=role, PolicyName="p", PolicyDocument=allow("s3:*"))
    assert iam.get_role_policy(RoleName=role, PolicyName="p")["PolicyName"] == "p"
    assert iam.list_role_policies(RoleName=role)["PolicyNames"] == ["p"]
    assert iam.list_instance_profiles_for_role(RoleName=role)["InstanceProfiles"] == []
    iam.attach_role_policy(RoleName=role, PolicyArn=ADMIN)
    assert iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"][0]["PolicyName"] == "AdministratorAccess"
    with refused("DeleteConflict", "Cannot delete entity, must detach all policies first."):
        iam.delete_role(RoleName=role)
    iam.detach_role_policy(RoleName=role, PolicyArn=ADMIN)
    with refused("DeleteConflict", "Cannot delete entity, must delete policies first."):
        iam.delete_role(RoleName=role)
    iam.delete_role_policy(RoleName=role, PolicyName="p")
    iam.put_role_permissions_boundary(RoleName=role, PermissionsBoundary=ADMIN)
    assert iam.get_role(RoleName=role)["Role"]["PermissionsBoundary"]["PermissionsBoundaryArn"] == ADMIN
    iam.delete_role_permissions_boundary(RoleName=role)
    iam.delete_role(RoleName=role)
    with refused("NoSuchEntity", f"The role with name {role} cannot be found."):
        iam.get_role(RoleName=role)


def test_managed_policies(iam, user):
    policy = name("policy")
    made = iam.create_policy(PolicyName=policy, PolicyDocument=allow("s3:*"), Tags=[{"Key": "a", "Value": "1"}])["Policy"]
    arn = made["Arn"]
    assert made["PolicyId"].startswith("ANPA") and made["DefaultVersionId"] == "v1"
    with refused("EntityAlreadyExists", f"A policy called {policy} already exists. Duplicate names are not allowed."):
        iam.create_policy(PolicyName=policy, PolicyDocument=allow("s3:*"))
    with refused("MalformedPolicyDocument"):
        iam.create_policy(PolicyName=name("policy"), PolicyDocument=allow("nonsense"))
    assert iam.create_policy_version(PolicyArn=arn, PolicyDocument=allow("ec2:*"))["PolicyVersion"]["VersionId"] == "v2"
    iam.set_default_policy_version(PolicyArn=arn, VersionId="v2")
    document = iam.get_policy_version(PolicyArn=arn, VersionId="v2")["PolicyVersion"]["Document"]
    assert document["Statement"][0]["Action"] == "ec2:*"
    assert [one["VersionId"] for one in iam.list_policy_versions(PolicyArn=arn)["Versions"]] == ["v2", "v1"]
    with refused("DeleteConflict", "Cannot delete the default version of a policy."):
        iam.delete_policy_version(PolicyArn=arn, VersionId="v2")
    iam.attach_user_policy(UserName=user, PolicyArn=arn)
    assert iam.get_policy(PolicyArn=arn)["Policy"]["AttachmentCount"] == 1
    assert iam.list_entities_for_policy(PolicyArn=arn)["PolicyUsers"][0]["UserName"] == user
    assert arn in [one["Arn"] for one in iam.list_policies(Scope="Local", OnlyAttached=True)["Policies"]]
    with refused("DeleteConflict", "Cannot delete a policy attached to entities."):
        iam.delete_policy(PolicyArn=arn)
    iam.detach_user_policy(UserName=user, PolicyArn=arn)
    iam.delete_policy_version(PolicyArn=arn, VersionId="v1")
    iam.tag_policy(PolicyArn=arn, Tags=[{"Key": "b", "Value": "2"}])
    iam.untag_policy(PolicyArn=arn, TagKeys=["a"])
    assert iam.list_policy_tags(PolicyArn=arn)["Tags"] == [{"Key": "b", "Value": "2"}]
    iam.delete_policy(PolicyArn=arn)
    with refused("NoSuchEntity", f"Policy {arn} was not found."):
        iam.get_policy(PolicyArn=arn)


def test_policies_of_aws(iam):
    names = {one["PolicyName"] for one in iam.list_policies(Scope="AWS")["Policies"]}
    assert {"AdministratorAccess", "ReadOnlyAccess", "SecurityAudit"} <= names
    version = iam.get_policy_version(PolicyArn=ADMIN, VersionId="v1")["PolicyVersion"]
    assert version["Document"]["Statement"][0]["Action"] == "*"


def test_inline_policies_and_boundary_of_a_user(iam, user):
    iam.put_user_policy(UserName=user, PolicyName="p", PolicyDocument=allow("s3:*"))
    assert iam.get_user_policy(UserName=user, PolicyName="p")["PolicyDocument"]["Statement"][0]["Action"] == "s3:*"
    iam.delete_user_policy(UserName=user, PolicyName="p")
    with refused("NoSuchEntity", "The user policy with name p cannot be found."):
        iam.get_user_policy(UserName=user, PolicyName="p")
    iam.put_user_permissions_boundary(UserName=user, PermissionsBoundary=ADMIN)
    iam.delete_user_permissions_boundary(UserName=user)


def test_the_account(iam):
    iam.create_account_alias(AccountAlias="first-alias")
    iam.create_account_alias(AccountAlias="second-alias")
    assert iam.list_account_aliases()["AccountAliases"] == ["second-alias"]
    iam.delete_account_alias(AccountAlias="second-alias")
    summary = iam.get_account_summary()["SummaryMap"]
    assert summary["Users"] >= 1 and summary["AccessKeysPerUserQuota"] == 2


def test_what_no_policy_allows_is_refused(yagura, iam, user):
    theirs = yagura.client("iam", credentials=credentials(iam, user))
    with refused("AccessDenied"):
        theirs.list_users()
    with refused("AccessDenied"):
        theirs.create_user(UserName=name("user"))


def test_a_new_policy_counts_at_once(yagura, iam, user):
    theirs = yagura.client("iam", credentials=credentials(iam, user))
    iam.put_user_policy(UserName=user, PolicyName="p", PolicyDocument=allow("iam:ListUsers"))
    theirs.list_users()
    with refused("AccessDenied"):
        theirs.list_groups()
    iam.put_user_policy(UserName=user, PolicyName="q", PolicyDocument=json.dumps(
        {"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "iam:List*", "Resource": "*"}}))
    with refused("AccessDenied"):
        theirs.list_users()


def test_a_group_s_policy_counts_for_its_users(yagura, iam, user):
    group = name("group")
    theirs = yagura.client("iam", credentials=credentials(iam, user))
    iam.create_group(GroupName=group)
    iam.attach_group_policy(GroupName=group, PolicyArn="arn:aws:iam::aws:policy/IAMReadOnlyAccess")
    iam.add_user_to_group(GroupName=group, UserName=user)
    theirs.list_users()
    with refused("AccessDenied"):
        theirs.create_group(GroupName=name("group"))
    iam.remove_user_from_group(GroupName=group, UserName=user)
    with refused("AccessDenied"):
        theirs.list_users()
    iam.detach_group_policy(GroupName=group, PolicyArn="arn:aws:iam::aws:policy/IAMReadOnlyAccess")
    iam.delete_group(GroupName=group)


def test_resources_and_variables_are_looked_at(yagura, iam, user):
    account = iam.get_user()["User"]["Arn"].split(":")[4]
    theirs = yagura.client("iam", credentials=credentials(iam, user))
    iam.put_user_policy(UserName=user, PolicyName="self", PolicyDocument=allow(
        "iam:ListAccessKeys", f"arn:aws:iam::{account}:user/${{aws:username}}"))
    theirs.list_access_keys(UserName=user)
    with refused("AccessDenied"):
        theirs.list_access_keys(UserName="admin")


def test_a_boundary_limits(yagura, iam, user):
    theirs = yagura.client("iam", credentials=credentials(iam, user))
    iam.attach_user_policy(UserName=user, PolicyArn=ADMIN)
    iam.put_user_permissions_boundary(UserName=user, PermissionsBoundary="arn:aws:iam::aws:policy/IAMReadOnlyAccess")
    theirs.list_users()
    with refused("AccessDenied"):
        theirs.create_group(GroupName=name("group"))


def test_an_inactive_or_deleted_key_is_refused(yagura, iam, user):
    key = credentials(iam, user)
    identity = yagura.client("sts", credentials=key)
    assert identity.get_caller_identity()["Arn"].endswith(f":user/{user}")
    iam.update_access_key(UserName=user, AccessKeyId=key["accessKeyId"], Status="Inactive")
    with refused("InvalidClientTokenId"):
        identity.get_caller_identity()
    iam.update_access_key(UserName=user, AccessKeyId=key["accessKeyId"], Status="Active")
    identity.get_caller_identity()
    iam.delete_access_key(UserName=user, AccessKeyId=key["accessKeyId"])
    with refused("InvalidClientTokenId"):
        identity.get_caller_identity()
