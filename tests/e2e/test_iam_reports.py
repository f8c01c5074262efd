"""IAM's reports through boto3, the AWS CLI and the SDK for JavaScript: credentials, authorization details, who used what and when."""

import csv
import datetime
import json
import uuid

from conftest import until
from test_iam import allow, credentials, iam, name, refused, trust, user  # noqa: F401 (fixtures)
from test_iam_credentials import LONG, authority  # noqa: F401 (fixtures)

TIME = "%Y-%m-%dT%H:%M:%S+00:00"


def test_the_credential_report(servers, authority):
    server = servers()
    iam = server.client("iam")
    with refused("ReportNotPresent"):
        iam.get_credential_report()
    iam.create_user(UserName="ann", Path="/team/")
    iam.update_account_password_policy(MaxPasswordAge=90)
    iam.create_login_profile(UserName="ann", Password=LONG)
    iam.create_access_key(UserName="ann")
    iam.upload_signing_certificate(UserName="ann", CertificateBody=authority.certificate)
    first = iam.generate_credential_report()
    assert first["State"] == "STARTED"
    assert first["Description"] == "No report exists. Starting a new report generation task"
    iam.create_user(UserName="later")
    assert iam.generate_credential_report()["State"] == "COMPLETE"  # the one that is there
    report = iam.get_credential_report()
    assert report["ReportFormat"] == "text/csv"
    rows = list(csv.DictReader(report["Content"].decode().splitlines()))
    assert [row["user"] for row in rows] == ["<root_account>", "admin", "ann"] and len(rows[0]) == 22
    root, admin, ann = rows
    assert root["password_enabled"] == "not_supported" and root["mfa_active"] == "false"
    assert admin["password_enabled"] == "false" and admin["password_last_changed"] == "N/A"
    assert admin["access_key_1_active"] == "true" and admin["access_key_2_active"] == "false"
    assert ann["arn"].endswith(":user/team/ann") and ann["password_enabled"] == "true"
    assert ann["password_last_used"] == "no_information" and ann["access_key_1_last_used_date"] == "N/A"
    changed = datetime.datetime.strptime(ann["password_last_changed"], TIME)
    assert datetime.datetime.strptime(ann["password_next_rotation"], TIME) - changed == datetime.timedelta(days=90)
    assert (ann["cert_1_active"], ann["cert_2_active"], ann["cert_2_last_rotated"]) == ("true", "false", "N/A")


def test_authorization_details_in_pages(iam, user):
    group, role, policy, profile = (name(kind) for kind in ("group", "role", "policy", "profile"))
    iam.create_group(GroupName=group)
    iam.add_user_to_group(GroupName=group, UserName=user)
    iam.create_role(RoleName=role, AssumeRolePolicyDocument=trust("*"))
    iam.create_instance_profile(InstanceProfileName=profile)
    iam.add_role_to_instance_profile(InstanceProfileName=profile, RoleName=role)
    arn = iam.create_policy(PolicyName=policy, PolicyDocument=allow("kms:Decrypt"))["Policy"]["Arn"]
    iam.create_policy_version(PolicyArn=arn, PolicyDocument=allow("kms:Encrypt"))
    iam.attach_role_policy(RoleName=role, PolicyArn=arn)
    iam.put_user_policy(UserName=user, PolicyName="own", PolicyDocument=allow("s3:GetObject"))
    whole = iam.get_paginator("get_account_authorization_details").paginate(PaginationConfig={"PageSize": 1}).build_full_result()
    once = iam.get_account_authorization_details(MaxItems=1000)
    assert whole["UserDetailList"] == once["UserDetailList"] and whole["Policies"] == once["Policies"]
    me = next(u for u in whole["UserDetailList"] if u["UserName"] == user)
    assert me["GroupList"] == [group]
    assert me["UserPolicyList"] == [{"PolicyName": "own", "PolicyDocument": json.loads(allow("s3:GetObject"))}]
    mine = next(r for r in whole["RoleDetailList"] if r["RoleName"] == role)
    assert [p["InstanceProfileName"] for p in mine["InstanceProfileList"]] == [profile]
    assert mine["AttachedManagedPolicies"] == [{"PolicyName": policy, "PolicyArn": arn}]
    own = next(p for p in whole["Policies"] if p["Arn"] == arn)
    assert [v["VersionId"] for v in own["PolicyVersionList"]] == ["v2", "v1"] and own["AttachmentCount"] == 1
    roles = iam.get_account_authorization_details(Filter=["Role"], MaxItems=1000)
    assert not roles["UserDetailList"] and not roles["Policies"] and roles["RoleDetailList"]
    iam.remove_role_from_instance_profile(InstanceProfileName=profile, RoleName=role)
    iam.delete_instance_profile(InstanceProfileName=profile)
    iam.detach_role_policy(RoleName=role, PolicyArn=arn)
    iam.delete_role(RoleName=role)
    iam.delete_policy_version(PolicyArn=arn, VersionId="v2")
    iam.delete_policy(PolicyArn=arn)
    iam.remove_user_from_group(GroupName=group, UserName=user)
    iam.delete_group(GroupName=group)


def test_services_last_accessed(yagura, iam, user):
    arn = iam.get_user(UserName=user)["User"]["Arn"]
    group = name("group")
    iam.create_group(GroupName=group)
    iam.add_user_to_group(GroupName=group, UserName=user)
    iam.put_group_policy(GroupName=group, PolicyName="theirs", PolicyDocument=allow(["iam:ListUsers", "dynamodb:*"]))
    iam.put_user_policy(UserName=user, PolicyName="own", PolicyDocument=allow("guardduty:ListDetectors"))
    own = credentials(iam, user)
    yagura.client("iam", credentials=own).list_users()
    with refused("AccessDenied"):  # attempts count, also those that fail
        yagura.client("iam", credentials=own).list_roles()

    def report(of, granularity="SERVICE_LEVEL"):
        job = iam.generate_service_last_accessed_details(Arn=of, Granularity=granularity)["JobId"]
        got = iam.get_service_last_accessed_details(JobId=job)
        assert got["JobStatus"] == "COMPLETED" and got["JobType"] == granularity
        return job, {service["ServiceNamespace"]: service for service in got["ServicesLastAccessed"]}

    def seen():
        job, found = report(arn, "ACTION_LEVEL")
        actions = {a["ActionName"] for a in found["iam"].get("TrackedActionsLastAccessed", [])}
        return actions >= {"ListUsers", "ListRoles"} and (job, found)
    job, found = until(seen, "the record of calls")
    assert sorted(found) == ["dynamodb", "guardduty", "iam"]
    assert found["iam"]["LastAuthenticatedEntity"] == arn and found["iam"]["TotalAuthenticatedEntities"] == 1
    assert found["iam"]["ServiceName"] == "AWS Identity and Access Management"
    assert found["iam"]["LastAuthenticatedRegion"] == "ap-northeast-1"
    assert found["guardduty"]["TotalAuthenticatedEntities"] == 0 and "LastAuthenticated" not in found["guardduty"]
    entities = iam.get_service_last_accessed_details_with_entities(JobId=job, ServiceNamespace="iam")
    assert [e["EntityInfo"]["Arn"] for e in entities["EntityDetailsList"]] == [arn]
    account = arn.split(":")[4]
    _, of_group = report(f"arn:aws:iam::{account}:group/{group}")
    assert sorted(of_group) == ["dynamodb", "iam"] and of_group["iam"]["LastAuthenticatedEntity"] == arn
    _, of_all = report("arn:aws:iam::aws:policy/AdministratorAccess")
    assert {"kms", "s3", "iam"} <= set(of_all) and of_all["iam"]["LastAuthenticated"]
    first = iam.get_service_last_accessed_details(JobId=job, MaxItems=1)
    assert first["IsTruncated"] and first["ServicesLastAccessed"][0]["ServiceNamespace"] == "dynamodb"
    rest = iam.get_service_last_accessed_details(JobId=job, Marker=first["Marker"])
    assert [s["ServiceNamespace"] for s in rest["ServicesLastAccessed"]] == ["guardduty", "iam"]
    with refused("NoSuchEntity"):
        iam.get_service_last_accessed_details(JobId=str(uuid.uuid4()))
    with refused("NoSuchEntity"):
        iam.generate_service_last_accessed_details(Arn=arn + "x")
    grants = iam.list_policies_granting_service_access(Arn=arn, ServiceNamespaces=["iam", "guardduty", "s3"])
    assert [[(p["PolicyName"], p["PolicyType"], p.get("EntityName")) for p in entry["Policies"]]
            for entry in grants["PoliciesGrantingServiceAccess"]] == \
        [[("theirs", "INLINE", group)], [("own", "INLINE", user)], []]
    iam.delete_group_policy(GroupName=group, PolicyName="theirs")
    iam.remove_user_from_group(GroupName=group, UserName=user)
    iam.delete_group(GroupName=group)


def test_a_roles_last_use(yagura, iam):
    role = name("role")
    account = yagura.client("sts").get_caller_identity()["Account"]
    arn = iam.create_role(RoleName=role, AssumeRolePolicyDocument=trust(account))["Role"]["Arn"]
    assert iam.get_role(RoleName=role)["Role"]["RoleLastUsed"] == {}
    session = yagura.client("sts").assume_role(RoleArn=arn, RoleSessionName="session")["Credentials"]
    yagura.client("sts", "eu-west-3", {"accessKeyId": session["AccessKeyId"], "sessionToken": session["SessionToken"],
                                       "secretAccessKey": session["SecretAccessKey"]}).get_caller_identity()
    used = until(lambda: iam.get_role(RoleName=role)["Role"]["RoleLastUsed"], "the role's use")
    assert used["Region"] == "eu-west-3" and used["LastUsedDate"]
    iam.delete_role(RoleName=role)


def test_the_summary_counts_what_is_there(servers):
    iam = servers().client("iam")
    before = iam.get_account_summary()["SummaryMap"]
    assert before["GlobalEndpointTokenVersion"] == 1 and before["Users"] == 1 and before["AccountMFAEnabled"] == 0
    iam.set_security_token_service_preferences(GlobalEndpointTokenVersion="v2Token")
    iam.create_virtual_mfa_device(VirtualMFADeviceName="phone")
    iam.create_instance_profile(InstanceProfileName="profile")
    iam.create_open_id_connect_provider(Url="https://idp.example")
    after = iam.get_account_summary()["SummaryMap"]
    changed = {key: value for key, value in after.items() if before[key] != value}
    assert changed == {"GlobalEndpointTokenVersion": 2, "MFADevices": 1, "InstanceProfiles": 1, "Providers": 1}


def test_a_service_linked_role_is_its_services_alone(iam):
    role = iam.create_service_linked_role(AWSServiceName="batch.amazonaws.com", Description="jobs")["Role"]
    named = role["RoleName"]
    assert role["Path"] == "/aws-service-role/batch.amazonaws.com/" and named == "AWSServiceRoleForBatch"
    with refused("InvalidInput", f"Service role name {named} has been taken in this account, please try a different suffix."):
        iam.create_service_linked_role(AWSServiceName="batch.amazonaws.com")
    with refused("InvalidInput", "Custom suffix is not allowed for batch.amazonaws.com"):
        iam.create_service_linked_role(AWSServiceName="batch.amazonaws.com", CustomSuffix="x")
    with refused("InvalidInput"):
        iam.create_service_linked_role(AWSServiceName="nobody.amazonaws.com")
    with refused("InvalidInput"):  # SCPs don't bind these: no other way leads to one
        iam.create_role(RoleName="mine", Path="/aws-service-role/x/", AssumeRolePolicyDocument=trust("*"))
    protected = f"Cannot perform the operation on the protected role '{named}' - this role is only modifiable by AWS"
    for call, more in ((iam.attach_role_policy, {"PolicyArn": "arn:aws:iam::aws:policy/AdministratorAccess"}),
                       (iam.put_role_policy, {"PolicyName": "p", "PolicyDocument": allow("*")}),
                       (iam.update_assume_role_policy, {"PolicyDocument": trust("*")}), (iam.delete_role, {})):
        with refused("UnmodifiableEntity", protected):
            call(RoleName=named, **more)
    iam.update_role(RoleName=named, Description="other")
    task = iam.delete_service_linked_role(RoleName=named)["DeletionTaskId"]
    assert task.startswith(f"task/aws-service-role/batch.amazonaws.com/{named}/")
    assert iam.get_service_linked_role_deletion_status(DeletionTaskId=task)["Status"] == "SUCCEEDED"
    with refused("NoSuchEntity"):
        iam.get_service_linked_role_deletion_status(DeletionTaskId=task + "x")
    with refused("NoSuchEntity"):
        iam.get_role(RoleName=named)


def test_outbound_federation(servers):
    iam = servers().client("iam")
    with refused("FeatureDisabled"):
        iam.get_outbound_web_identity_federation_info()
    with refused("FeatureDisabled"):
        iam.disable_outbound_web_identity_federation()
    issuer = iam.enable_outbound_web_identity_federation()["IssuerIdentifier"]
    with refused("FeatureEnabled"):
        iam.enable_outbound_web_identity_federation()
    info = iam.get_outbound_web_identity_federation_info()
    assert info["IssuerIdentifier"] == issuer and info["JwtVendingEnabled"] is True
    iam.disable_outbound_web_identity_federation()
    assert iam.enable_outbound_web_identity_federation()["IssuerIdentifier"] == issuer
