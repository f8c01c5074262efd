"""Organizations: accounts that really exist, policies that really bind, and who may ask what."""

import json
import shutil
import subprocess

import pytest

from conftest import Yagura, own_store, until
from house import RCP, ROLE, SCP, House, document, refused

@pytest.fixture(scope="module")
def house(tmp_path_factory):
    server = Yagura(tmp_path_factory.mktemp("organizations") / "data", store=own_store()).start()
    server.client("organizations").create_organization()
    built = House(server)
    for kind in (SCP, RCP):
        built.api.enable_policy_type(RootId=built.root()["Id"], PolicyType=kind)
    built.stock(10)
    yield built
    server.stop()


@pytest.fixture(scope="module")
def member(house):
    return house.make("member")["AccountId"]


def test_an_organization_begins_and_ends(servers):
    server = servers()
    api = server.client("organizations")
    assert "not a member" in refused("AWSOrganizationsNotInUseException", api.describe_organization)
    made = api.create_organization(FeatureSet="CONSOLIDATED_BILLING")["Organization"]
    assert made["Id"].startswith("o-") and made["MasterAccountId"] == "111122223333"
    assert api.describe_organization()["Organization"] == made
    refused("AlreadyInOrganizationException", api.create_organization)
    root = api.list_roots()["Roots"][0]["Id"]
    refused("ConstraintViolationException", api.enable_policy_type, "ORGANIZATION_NOT_IN_ALL_FEATURES_MODE", RootId=root,
            PolicyType=SCP)
    # Nobody was invited, so nobody is asked: the management account finishes it.
    handshake = api.enable_all_features()["Handshake"]
    assert (handshake["Action"], handshake["State"]) == ("ENABLE_ALL_FEATURES", "OPEN")
    refused("HandshakeConstraintViolationException", api.enable_all_features,
            "ORGANIZATION_IS_ALREADY_PENDING_ALL_FEATURES_MIGRATION")
    assert api.accept_handshake(HandshakeId=handshake["Id"])["Handshake"]["State"] == "ACCEPTED"
    assert api.describe_organization()["Organization"]["FeatureSet"] == "ALL"
    refused("HandshakeConstraintViolationException", api.enable_all_features, "ORGANIZATION_ALREADY_HAS_ALL_FEATURES")
    house = House(server)
    account = house.make("only")["AccountId"]
    refused("OrganizationNotEmptyException", api.delete_organization)
    api.remove_account_from_organization(AccountId=account)
    api.delete_organization()
    refused("AWSOrganizationsNotInUseException", api.list_accounts)


def test_a_created_account_is_there_for_iam_and_sts(house):
    status = house.make("made", RoleName="Steward", Tags=[{"Key": "stage", "Value": "dev"}])
    account = status["AccountId"]
    assert status["State"] == "SUCCEEDED" and status["Id"].startswith("car-")
    shown = house.api.describe_account(AccountId=account)["Account"]
    assert (shown["Name"], shown["Status"], shown["JoinedMethod"]) == ("made", "ACTIVE", "CREATED")
    assert house.api.list_tags_for_resource(ResourceId=account)["Tags"] == [{"Key": "stage", "Value": "dev"}]
    inside = house.enter(account, "Steward")
    assert house.server.client("sts", credentials=inside).get_caller_identity()["Account"] == account
    iam = house.server.client("iam", credentials=inside)
    iam.create_user(UserName="only-here")
    assert [user["UserName"] for user in iam.list_users()["Users"]] == ["only-here"]
    assert "only-here" not in [user["UserName"] for user in house.server.client("iam").list_users()["Users"]]
    refused("AccessDenied", house.server.client("sts").assume_role, RoleArn=f"arn:aws:iam::{account}:role/{ROLE}",
            RoleSessionName="ops")


def test_an_address_is_taken_once(house):
    first = house.make("taken")
    email = house.api.describe_account(AccountId=first["AccountId"])["Account"]["Email"]
    asked = house.api.create_account(Email=email.upper(), AccountName="again")["CreateAccountStatus"]
    settled = house.settled(asked["Id"])
    assert (settled["State"], settled["FailureReason"]) == ("FAILED", "EMAIL_ALREADY_EXISTS")
    failed = house.api.list_create_account_status(States=["FAILED"])["CreateAccountStatuses"]
    assert [status["Id"] for status in failed] == [asked["Id"]]
    refused("CreateAccountStatusNotFoundException", house.api.describe_create_account_status,
            CreateAccountRequestId="car-" + "0" * 32)
    refused("ConstraintViolationException", house.api.create_gov_cloud_account, "MASTER_ACCOUNT_NOT_GOVCLOUD_ENABLED",
            Email="gov@example.com", AccountName="gov")


def test_units_and_the_tree(house):
    api, root = house.api, house.root()["Id"]
    unit = api.create_organizational_unit(ParentId=root, Name="work", Tags=[{"Key": "a", "Value": "b"}])["OrganizationalUnit"]
    assert unit["Id"].startswith(f"ou-{root[2:]}-") and unit["Path"].endswith(f"/{root}/{unit['Id']}/")
    refused("DuplicateOrganizationalUnitException", api.create_organizational_unit, ParentId=root, Name="work")
    refused("ParentNotFoundException", api.create_organizational_unit, ParentId="r-zzzz", Name="x")
    account = house.make("worker")["AccountId"]
    refused("SourceParentNotFoundException", api.move_account, AccountId=account, SourceParentId=unit["Id"],
            DestinationParentId=root)
    refused("DestinationParentNotFoundException", api.move_account, AccountId=account, SourceParentId=root,
            DestinationParentId=f"ou-{root[2:]}-00000000")
    api.move_account(AccountId=account, SourceParentId=root, DestinationParentId=unit["Id"])
    refused("DuplicateAccountException", api.move_account, AccountId=account, SourceParentId=unit["Id"],
            DestinationParentId=unit["Id"])
    assert api.list_parents(ChildId=account)["Parents"] == [{"Id": unit["Id"], "Type": "ORGANIZATIONAL_UNIT"}]
    assert api.list_parents(ChildId=unit["Id"])["Parents"] == [{"Id": root, "Type": "ROOT"}]
    assert api.list_children(ParentId=unit["Id"], ChildType="ACCOUNT")["Children"] == [{"Id": account, "Type": "ACCOUNT"}]
    assert [one["Id"] for one in api.list_accounts_for_parent(ParentId=unit["Id"])["Accounts"]] == [account]
    assert unit["Id"] in [one["Id"] for one in api.list_organizational_units_for_parent(ParentId=root)["OrganizationalUnits"]]
    refused("OrganizationalUnitNotEmptyException", api.delete_organizational_unit, OrganizationalUnitId=unit["Id"])
    renamed = api.update_organizational_unit(OrganizationalUnitId=unit["Id"], Name="labour")["OrganizationalUnit"]
    assert api.describe_organizational_unit(OrganizationalUnitId=unit["Id"])["OrganizationalUnit"] == renamed
    deep = unit["Id"]
    for level in range(4):
        deep = api.create_organizational_unit(ParentId=deep, Name=f"level {level}")["OrganizationalUnit"]["Id"]
    refused("ConstraintViolationException", api.create_organizational_unit, "OU_DEPTH_LIMIT_EXCEEDED", ParentId=deep, Name="too deep")
    api.delete_organizational_unit(OrganizationalUnitId=deep)
    refused("OrganizationalUnitNotFoundException", api.describe_organizational_unit, OrganizationalUnitId=deep)
    refused("ChildNotFoundException", api.list_parents, ChildId="999999999999")


def test_lists_come_in_pages(house, member):
    pages = list(house.api.get_paginator("list_accounts").paginate(PaginationConfig={"PageSize": 1}))
    ids = [account["Id"] for page in pages for account in page["Accounts"]]
    assert len(pages) == len(ids) and ids == sorted(ids) and {member, house.account} <= set(ids)
    token = house.api.list_accounts(MaxResults=1)["NextToken"]
    refused("InvalidInputException", house.api.list_children, "INVALID_NEXT_TOKEN", ParentId=house.root()["Id"],
            ChildType="ACCOUNT", NextToken=token)
    kinds = [page["Policies"] for page in house.api.get_paginator("list_policies").paginate(
        Filter=RCP, PaginationConfig={"PageSize": 1})]
    assert sum(kinds, [])[-1]["Id"] == "p-RCPFullAWSAccess"


def test_a_service_control_policy_denies_what_an_administrator_may(house):
    account = house.make("bound")["AccountId"]
    iam = house.client("iam", account)
    iam.list_users()
    deny = house.policy(document({"Sid": "NoUsers", "Effect": "Deny", "Action": "iam:CreateUser", "Resource": "*"}))
    house.api.attach_policy(PolicyId=deny, TargetId=account)
    said = refused("AccessDenied", iam.create_user, UserName="nobody")
    assert said == (f"User: arn:aws:sts::{account}:assumed-role/{ROLE}/ops is not authorized to perform: iam:CreateUser on "
                    f"resource: arn:aws:iam::{account}:user/nobody with an explicit deny in a service control policy")
    iam.list_users()
    # The management account isn't bound, whatever hangs on the root.
    house.api.attach_policy(PolicyId=deny, TargetId=house.root()["Id"])
    house.server.client("iam").create_user(UserName="unbound")
    house.api.detach_policy(PolicyId=deny, TargetId=house.root()["Id"])
    house.api.detach_policy(PolicyId=deny, TargetId=account)
    iam.create_user(UserName="somebody")


def test_every_level_must_allow(house):
    api, root = house.api, house.root()["Id"]
    unit = api.create_organizational_unit(ParentId=root, Name="narrow")["OrganizationalUnit"]["Id"]
    account = house.make("narrowed")["AccountId"]
    api.move_account(AccountId=account, SourceParentId=root, DestinationParentId=unit)
    refused("ConstraintViolationException", api.detach_policy, "MIN_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED",
            PolicyId="p-FullAWSAccess", TargetId=unit)
    only = house.policy(document({"Effect": "Allow", "Action": ["sts:*", "iam:List*"], "Resource": "*"}))
    api.attach_policy(PolicyId=only, TargetId=unit)
    iam = house.client("iam", account)
    iam.create_group(GroupName="while-full-access-is-there")
    api.detach_policy(PolicyId="p-FullAWSAccess", TargetId=unit)
    iam.list_users()
    said = refused("AccessDenied", iam.create_group, GroupName="later")
    assert "because no service control policy allows the iam:CreateGroup action" in said
    api.move_account(AccountId=account, SourceParentId=unit, DestinationParentId=root)
    iam.create_group(GroupName="out-again")


def test_a_resource_control_policy_binds_resources_of_members(house):
    account = house.make("guarded")["AccountId"]
    rcp = house.policy(document({"Effect": "Deny", "Principal": "*", "Action": "sts:AssumeRole", "Resource": "*",
                                 "Condition": {"StringNotEquals": {"sts:RoleSessionName": "ops"}}}), RCP)
    house.api.attach_policy(PolicyId=rcp, TargetId=account)
    house.enter(account)
    said = refused("AccessDenied", house.server.client("sts").assume_role, RoleArn=f"arn:aws:iam::{account}:role/{ROLE}",
                   RoleSessionName="other")
    assert "resource control policy" in said
    refused("InvalidInputException", house.api.detach_policy, "NON_DETACHABLE_POLICY", PolicyId="p-RCPFullAWSAccess",
            TargetId=account)


def test_a_trust_may_be_for_the_whole_organisation(house):
    owner, other = house.make("owner")["AccountId"], house.make("other")["AccountId"]
    organization = house.api.describe_organization()["Organization"]["Id"]
    house.client("iam", owner).create_role(RoleName="shared", AssumeRolePolicyDocument=document(
        {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole",
         "Condition": {"StringEquals": {"aws:PrincipalOrgID": organization}}}))
    sts = house.client("sts", other)
    wanted = {"RoleArn": f"arn:aws:iam::{owner}:role/shared", "RoleSessionName": "neighbour"}
    assert sts.assume_role(**wanted)["AssumedRoleUser"]["Arn"].startswith(f"arn:aws:sts::{owner}:")
    house.api.remove_account_from_organization(AccountId=other)
    refused("AccessDenied", sts.assume_role, **wanted)


def test_policies_are_checked(house):
    api = house.api
    good = document({"Effect": "Deny", "Action": "s3:*", "Resource": "*"})
    for content in ("{}", "no", document({"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*"}),
                    json.dumps({"Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"}]})):
        said = refused("MalformedPolicyDocumentException", api.create_policy, Name="bad", Description="", Type=SCP, Content=content)
        assert said.startswith("The provided policy document does not meet the requirements of the specified policy type: ")
    for statement in ({"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "*"},
                      {"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*"},
                      {"Effect": "Deny", "Principal": {"AWS": "111122223333"}, "Action": "s3:*", "Resource": "*"},
                      {"Effect": "Deny", "Principal": "*", "NotAction": "s3:*", "Resource": "*"}):
        refused("MalformedPolicyDocumentException", api.create_policy, Name="bad", Description="", Type=RCP,
                Content=document(statement))
    refused("ConstraintViolationException", api.create_policy, "POLICY_CONTENT_LIMIT_EXCEEDED", Name="big", Description="", Type=SCP,
            Content=good + " " * 5120)
    kept = house.policy(good, name="kept")
    refused("DuplicatePolicyException", api.create_policy, Name="kept", Description="", Type=SCP, Content=good)
    refused("DuplicatePolicyException", api.create_policy, Name="FullAWSAccess", Description="", Type=SCP, Content=good)
    changed = api.update_policy(PolicyId=kept, Description="changed", Content=good.replace("s3", "ec2"))["Policy"]
    assert api.describe_policy(PolicyId=kept)["Policy"] == changed and "ec2" in changed["Content"]
    refused("InvalidInputException", api.update_policy, "IMMUTABLE_POLICY", PolicyId="p-FullAWSAccess", Description="mine")
    refused("PolicyNotFoundException", api.describe_policy, PolicyId="p-0000000000")
    assert kept in [policy["Id"] for policy in api.list_policies(Filter=SCP)["Policies"]]


def test_policies_hang_on_targets(house):
    api, root = house.api, house.root()["Id"]
    unit = api.create_organizational_unit(ParentId=root, Name="hooks")["OrganizationalUnit"]["Id"]
    policies = [house.policy(document({"Effect": "Deny", "Action": f"ec2:Describe{n}", "Resource": "*"})) for n in range(5)]
    for policy in policies[:4]:
        api.attach_policy(PolicyId=policy, TargetId=unit)
    refused("ConstraintViolationException", api.attach_policy, "MAX_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED", PolicyId=policies[4],
            TargetId=unit)
    refused("DuplicatePolicyAttachmentException", api.attach_policy, PolicyId=policies[0], TargetId=unit)
    refused("PolicyNotAttachedException", api.detach_policy, PolicyId=policies[4], TargetId=unit)
    refused("TargetNotFoundException", api.attach_policy, PolicyId=policies[4], TargetId="999999999999")
    shown = api.list_policies_for_target(TargetId=unit, Filter=SCP)["Policies"]
    assert {policy["Id"] for policy in shown} == {"p-FullAWSAccess", *policies[:4]}
    assert [(target["TargetId"], target["Type"], target["Name"]) for target in
            api.list_targets_for_policy(PolicyId=policies[0])["Targets"]] == [(unit, "ORGANIZATIONAL_UNIT", "hooks")]
    refused("PolicyInUseException", api.delete_policy, PolicyId=policies[0])
    api.detach_policy(PolicyId=policies[0], TargetId=unit)
    api.delete_policy(PolicyId=policies[0])
    tags = house.policy(json.dumps({"tags": {"stage": {"tag_key": {"@@assign": "Stage"}}}}), "TAG_POLICY")
    refused("PolicyTypeNotEnabledException", api.attach_policy, PolicyId=tags, TargetId=root)
    refused("PolicyTypeAlreadyEnabledException", api.enable_policy_type, RootId=root, PolicyType=SCP)
    refused("PolicyTypeNotEnabledException", api.disable_policy_type, RootId=root, PolicyType="BACKUP_POLICY")
    refused("RootNotFoundException", api.enable_policy_type, RootId="r-zzzz", PolicyType="BACKUP_POLICY")


def test_management_policies_are_inherited(house, member):
    api, root = house.api, house.root()["Id"]
    api.enable_policy_type(RootId=root, PolicyType="TAG_POLICY")
    above = house.policy(json.dumps({"tags": {"stage": {
        "tag_key": {"@@assign": "Stage", "@@operators_allowed_for_child_policies": ["@@none"]},
        "tag_value": {"@@assign": ["dev", "prod"]}}}}), "TAG_POLICY")
    below = house.policy(json.dumps({"tags": {"stage": {
        "tag_key": {"@@assign": "STAGE"}, "tag_value": {"@@append": ["test"], "@@remove": ["dev"]}}}}), "TAG_POLICY")
    refused("EffectivePolicyNotFoundException", api.describe_effective_policy, PolicyType="TAG_POLICY", TargetId=member)
    api.attach_policy(PolicyId=above, TargetId=root)
    api.attach_policy(PolicyId=below, TargetId=member)
    effective = api.describe_effective_policy(PolicyType="TAG_POLICY", TargetId=member)["EffectivePolicy"]
    assert json.loads(effective["PolicyContent"]) == {"tags": {"stage": {"tag_key": "Stage", "tag_value": ["prod", "test"]}}}
    own = house.client("organizations", member).describe_effective_policy(PolicyType="TAG_POLICY")["EffectivePolicy"]
    assert own == effective
    api.disable_policy_type(RootId=root, PolicyType="TAG_POLICY")
    refused("EffectivePolicyNotFoundException", api.describe_effective_policy, PolicyType="TAG_POLICY", TargetId=member)
    refused("MalformedPolicyDocumentException", api.create_policy, Name="bare", Description="", Type="TAG_POLICY",
            Content=json.dumps({"tags": {"stage": "bare"}}))


def test_accounts_are_invited_and_leave(house):
    api = house.api
    free = house.make("free")["AccountId"]
    inside = house.client("organizations", free)
    refused("HandshakeConstraintViolationException", api.invite_account_to_organization, "ALREADY_IN_AN_ORGANIZATION",
            Target={"Type": "ACCOUNT", "Id": free})
    inside.leave_organization()
    refused("AWSOrganizationsNotInUseException", inside.describe_organization)
    refused("AccountNotFoundException", api.describe_account, AccountId=free)
    asked = api.invite_account_to_organization(Target={"Type": "ACCOUNT", "Id": free}, Notes="come back",
                                               Tags=[{"Key": "back", "Value": "yes"}])["Handshake"]
    assert (asked["State"], asked["Action"]) == ("OPEN", "INVITE") and f"/invite/{asked['Id']}" in asked["Arn"]
    refused("DuplicateHandshakeException", api.invite_account_to_organization, Target={"Type": "ACCOUNT", "Id": free})
    assert [one["Id"] for one in inside.list_handshakes_for_account()["Handshakes"]] == [asked["Id"]]
    assert inside.describe_handshake(HandshakeId=asked["Id"])["Handshake"]["Id"] == asked["Id"]
    refused("AccessDeniedException", api.accept_handshake, HandshakeId=asked["Id"])
    assert inside.decline_handshake(HandshakeId=asked["Id"])["Handshake"]["State"] == "DECLINED"
    refused("InvalidHandshakeTransitionException", inside.accept_handshake, HandshakeId=asked["Id"])
    refused("HandshakeAlreadyInStateException", inside.decline_handshake, HandshakeId=asked["Id"])
    withdrawn = api.invite_account_to_organization(Target={"Type": "EMAIL", "Id": "stranger@example.com"})["Handshake"]
    assert api.cancel_handshake(HandshakeId=withdrawn["Id"])["Handshake"]["State"] == "CANCELED"
    again = api.invite_account_to_organization(Target={"Type": "ACCOUNT", "Id": free},
                                               Tags=[{"Key": "back", "Value": "yes"}])["Handshake"]
    assert inside.accept_handshake(HandshakeId=again["Id"])["Handshake"]["State"] == "ACCEPTED"
    assert api.describe_account(AccountId=free)["Account"]["JoinedMethod"] == "INVITED"
    assert api.list_tags_for_resource(ResourceId=free)["Tags"] == [{"Key": "back", "Value": "yes"}]
    assert {one["State"] for one in api.list_handshakes_for_organization(Filter={"ActionType": "INVITE"})["Handshakes"]} == {
        "DECLINED", "CANCELED", "ACCEPTED"}
    for target, reason in (({"Type": "ACCOUNT", "Id": "12"}, "INVALID_PATTERN_TARGET_ID"),
                           ({"Type": "EMAIL", "Id": "nobody"}, "INVALID_EMAIL_ADDRESS_TARGET"),
                           ({"Type": "ORGANIZATION", "Id": "o-0000000000"}, "INVALID_PARTY_TYPE_TARGET")):
        refused("InvalidInputException", api.invite_account_to_organization, reason, Target=target)
    refused("HandshakeNotFoundException", api.describe_handshake, HandshakeId="h-0000000000")
    refused("MasterCannotLeaveOrganizationException", api.leave_organization)
    api.remove_account_from_organization(AccountId=free)


def test_a_closed_account_is_refused(house):
    account = house.make("ending")["AccountId"]
    inside = house.enter(account)
    house.api.close_account(AccountId=account)
    for service, call in (("sts", "get_caller_identity"), ("iam", "list_users")):
        refused("InvalidClientTokenId", getattr(house.server.client(service, credentials=inside), call))
    said = refused("AccessDenied", house.server.client("sts").assume_role, RoleArn=f"arn:aws:iam::{account}:role/{ROLE}",
                   RoleSessionName="ops")
    assert said.endswith("because its account is suspended")
    until(lambda: house.api.describe_account(AccountId=account)["Account"]["Status"] == "SUSPENDED", "suspended")
    refused("AccountAlreadyClosedException", house.api.close_account, AccountId=account)
    refused("ConstraintViolationException", house.api.close_account, "CANNOT_CLOSE_MANAGEMENT_ACCOUNT", AccountId=house.account)


def test_who_may_ask(house, member):
    api = house.api
    inside = house.client("organizations", member)
    assert inside.describe_organization()["Organization"]["MasterAccountId"] == house.account
    for call in (inside.list_accounts, inside.list_roots, inside.delete_organization, inside.enable_all_features):
        assert refused("AccessDeniedException", call) == "You don't have permissions to access this resource."
    service = "guardduty.amazonaws.com"
    refused("ConstraintViolationException", api.register_delegated_administrator, "SERVICE_ACCESS_NOT_ENABLED", AccountId=member,
            ServicePrincipal=service)
    refused("InvalidInputException", api.enable_aws_service_access, "UNRECOGNIZED_SERVICE_PRINCIPAL", ServicePrincipal="example.org")
    api.enable_aws_service_access(ServicePrincipal=service)
    assert service in [one["ServicePrincipal"] for one in api.list_aws_service_access_for_organization()["EnabledServicePrincipals"]]
    refused("ConstraintViolationException", api.register_delegated_administrator,
            "CANNOT_REGISTER_MASTER_AS_DELEGATED_ADMINISTRATOR", AccountId=house.account, ServicePrincipal=service)
    api.register_delegated_administrator(AccountId=member, ServicePrincipal=service)
    refused("AccountAlreadyRegisteredException", api.register_delegated_administrator, AccountId=member, ServicePrincipal=service)
    assert [one["Id"] for one in api.list_delegated_administrators(ServicePrincipal=service)["DelegatedAdministrators"]] == [member]
    assert [one["Id"] for one in api.list_delegated_administrators()["DelegatedAdministrators"]] == [member]
    shown = api.list_delegated_services_for_account(AccountId=member)["DelegatedServices"]
    assert [one["ServicePrincipal"] for one in shown] == [service]
    # A delegated administrator reads, and changes nothing.
    assert inside.list_accounts()["Accounts"]
    refused("AccessDeniedException", inside.create_organizational_unit, ParentId=house.root()["Id"], Name="mine")
    refused("ConstraintViolationException", api.disable_aws_service_access, "DELEGATED_ADMINISTRATOR_EXISTS_FOR_THIS_SERVICE",
            ServicePrincipal=service)
    refused("ConstraintViolationException", api.remove_account_from_organization, "CANNOT_REMOVE_DELEGATED_ADMINISTRATOR_FROM_ORG",
            AccountId=member)
    api.deregister_delegated_administrator(AccountId=member, ServicePrincipal=service)
    refused("AccountNotRegisteredException", api.deregister_delegated_administrator, AccountId=member, ServicePrincipal=service)
    refused("AccountNotRegisteredException", api.list_delegated_services_for_account, AccountId=member)
    api.disable_aws_service_access(ServicePrincipal=service)


def test_the_resource_policy_delegates(house, member):
    api, root = house.api, house.root()["Id"]
    inside = house.client("organizations", member)
    refused("ResourcePolicyNotFoundException", api.describe_resource_policy)
    allow = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{member}:root"}, "Resource": "*",
             "Action": ["organizations:ListRoots", "organizations:CreatePolicy"],
             "Condition": {"StringEqualsIfExists": {"organizations:PolicyType": "TAG_POLICY"}}}
    made = api.put_resource_policy(Content=document(allow), Tags=[{"Key": "by", "Value": "us"}])["ResourcePolicy"]
    assert made["ResourcePolicySummary"]["Id"].startswith("rp-")
    assert api.describe_resource_policy()["ResourcePolicy"] == made
    assert inside.list_roots()["Roots"][0]["Id"] == root
    refused("AccessDeniedException", inside.list_accounts)
    content = json.dumps({"tags": {"x": {"tag_key": {"@@assign": "X"}}}})
    mine = inside.create_policy(Name="mine", Description="", Type="TAG_POLICY", Content=content)["Policy"]["PolicySummary"]["Id"]
    refused("AccessDeniedException", inside.create_policy, Name="not mine", Description="", Type=SCP,
            Content=document({"Effect": "Deny", "Action": "s3:*", "Resource": "*"}))
    refused("AccessDeniedException", inside.delete_policy, PolicyId=mine)
    refused("InvalidInputException", api.put_resource_policy, "UNSUPPORTED_ACTION_IN_RESOURCE_POLICY",
            Content=document({**allow, "Action": "organizations:LeaveOrganization"}))
    refused("InvalidInputException", api.put_resource_policy, "INVALID_RESOURCE_POLICY_JSON", Content="no")
    api.delete_resource_policy()
    refused("AccessDeniedException", inside.list_roots)


def test_tags(house, member):
    api = house.api
    api.tag_resource(ResourceId=member, Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}])
    api.untag_resource(ResourceId=member, TagKeys=["a"])
    assert api.list_tags_for_resource(ResourceId=member)["Tags"] == [{"Key": "b", "Value": "2"}]
    refused("InvalidInputException", api.tag_resource, "DUPLICATE_TAG_KEY", ResourceId=member,
            Tags=[{"Key": "a", "Value": "1"}, {"Key": "a", "Value": "2"}])
    refused("InvalidInputException", api.tag_resource, "INVALID_SYSTEM_TAGS_PARAMETER", ResourceId=member,
            Tags=[{"Key": "aws:a", "Value": "1"}])
    refused("ConstraintViolationException", api.tag_resource, "MAX_TAG_LIMIT_EXCEEDED", ResourceId=member,
            Tags=[{"Key": str(number), "Value": ""} for number in range(50)])
    refused("TargetNotFoundException", api.tag_resource, ResourceId="999999999999", Tags=[{"Key": "a", "Value": "1"}])


def test_iam_policies_name_organizations_own_resources(house):
    iam = house.server.client("iam")
    iam.create_user(UserName="clerk")
    key = iam.create_access_key(UserName="clerk")["AccessKey"]
    organization = house.api.describe_organization()["Organization"]
    unit = house.api.create_organizational_unit(ParentId=house.root()["Id"], Name="clerks")["OrganizationalUnit"]
    iam.put_user_policy(UserName="clerk", PolicyName="units", PolicyDocument=document(
        {"Effect": "Allow", "Action": "organizations:DescribeOrganizationalUnit", "Resource": unit["Arn"]}))
    clerk = house.server.client("organizations", credentials={"accessKeyId": key["AccessKeyId"],
                                                              "secretAccessKey": key["SecretAccessKey"]})
    assert clerk.describe_organizational_unit(OrganizationalUnitId=unit["Id"])["OrganizationalUnit"]["Arn"] == unit["Arn"]
    other = f"{unit['Id'][:-8]}00000000"
    said = refused("AccessDeniedException", clerk.describe_organizational_unit, OrganizationalUnitId=other)
    assert f"arn:aws:organizations::{house.account}:ou/{organization['Id']}/{other}" in said


@pytest.mark.skipif(not shutil.which("aws"), reason="needs the AWS CLI")
def test_the_aws_cli(house):
    done = subprocess.run(["aws", "organizations", "describe-policy", "--policy-id", "p-0000000000"],
                          env=house.server.environment("us-east-1"), capture_output=True, text=True)
    assert done.returncode != 0 and "PolicyNotFoundException" in done.stderr


def test_the_holder_of_the_data_is_root_of_every_account(house, member):
    server = house.server
    store = ["--store", server.store] if server.store else []

    def yagura(*words):
        return subprocess.run([server.command()[0], *words, "--data", str(server.data), *store], capture_output=True, text=True)
    listed = {one["account"]: one for one in json.loads(yagura("accounts", "--format", "json").stdout)}
    assert listed[member]["status"] == "ACTIVE" and listed[member]["path"].startswith("o-")
    said = yagura("env", "--account", member).stdout
    values = dict(line[len("export "):].split("=", 1) for line in said.splitlines() if line.startswith("export "))
    root = {"accessKeyId": values["AWS_ACCESS_KEY_ID"].strip("'"), "secretAccessKey": values["AWS_SECRET_ACCESS_KEY"].strip("'"),
            "sessionToken": values["AWS_SESSION_TOKEN"].strip("'")}
    assert server.client("sts", credentials=root).get_caller_identity()["Arn"] == f"arn:aws:iam::{member}:root"
    iam = server.client("iam", credentials=root)
    iam.create_user(UserName="by-root")
    # Of a member, root is bound as well.
    deny = house.policy(document({"Effect": "Deny", "Action": "iam:*", "Resource": "*"}))
    house.api.attach_policy(PolicyId=deny, TargetId=member)
    assert "service control policy" in refused("AccessDenied", iam.list_users)
    house.api.detach_policy(PolicyId=deny, TargetId=member)
    assert yagura("env", "--account", "12").returncode == 4


def test_the_management_account_does_one_task_as_root_of_a_member(house, member):
    iam, sts = house.server.client("iam"), house.server.client("sts")
    task = {"arn": "arn:aws:iam::aws:policy/root-task/IAMAuditRootUserCredentials"}
    refused("AccessDenied", sts.assume_root, TargetPrincipal=member, TaskPolicyArn=task)
    house.api.enable_aws_service_access(ServicePrincipal="iam.amazonaws.com")
    iam.enable_organizations_root_sessions()
    refused("AccessDenied", sts.assume_root, TargetPrincipal="999999999999", TaskPolicyArn=task)
    refused("AccessDenied", sts.assume_root, TargetPrincipal=house.account, TaskPolicyArn=task)
    refused("ValidationError", sts.assume_root, TargetPrincipal=member, TaskPolicyArn={"arn": "arn:aws:iam::aws:policy/AdministratorAccess"})
    made = sts.assume_root(TargetPrincipal=f"arn:aws:iam::{member}:root", TaskPolicyArn=task, DurationSeconds=300)["Credentials"]
    root = {"accessKeyId": made["AccessKeyId"], "secretAccessKey": made["SecretAccessKey"], "sessionToken": made["SessionToken"]}
    assert house.server.client("sts", credentials=root).get_caller_identity()["Arn"] == f"arn:aws:iam::{member}:root"
    house.server.client("iam", credentials=root).list_access_keys()
    refused("AccessDenied", house.server.client("iam", credentials=root).create_user, UserName="more")
    refused("AccessDenied", house.server.client("sts", credentials=house.enter(member)).assume_root, TargetPrincipal=house.account,
            TaskPolicyArn=task)
    iam.disable_organizations_root_sessions()
