"""IAM's features for organisations through boto3, from the management account and from a member."""

import json

from conftest import until
from test_iam import refused

ROLE = "OrganizationAccountAccessRole"


def test_root_access_and_the_access_report(servers):
    server = servers()
    iam, organizations = server.client("iam"), server.client("organizations")
    with refused("OrganizationNotFoundException"):
        iam.list_organizations_features()
    job = iam.generate_organizations_access_report(EntityPath="o-a1b2c3d4e5/r-ab12")["JobId"]
    failed = iam.get_organizations_access_report(JobId=job)
    assert failed["JobStatus"] == "FAILED" and failed["ErrorDetails"]["Code"] == "OrganizationNotFoundException"

    organization = organizations.create_organization(FeatureSet="ALL")["Organization"]["Id"]
    with refused("ServiceAccessNotEnabledException"):
        iam.enable_organizations_root_sessions()
    organizations.enable_aws_service_access(ServicePrincipal="iam.amazonaws.com")
    assert iam.enable_organizations_root_sessions()["EnabledFeatures"] == ["RootSessions"]
    both = iam.enable_organizations_root_credentials_management()
    assert both["OrganizationId"] == organization
    assert both["EnabledFeatures"] == ["RootCredentialsManagement", "RootSessions"]
    assert iam.disable_organizations_root_sessions()["EnabledFeatures"] == ["RootCredentialsManagement"]
    assert iam.list_organizations_features()["EnabledFeatures"] == ["RootCredentialsManagement"]
    assert iam.disable_organizations_root_credentials_management()["EnabledFeatures"] == []

    request = organizations.create_account(Email="one@example.com", AccountName="one")["CreateAccountStatus"]["Id"]
    member = until(lambda: organizations.describe_create_account_status(CreateAccountRequestId=request)
                   ["CreateAccountStatus"].get("AccountId"), "an account")
    root = organizations.list_roots()["Roots"][0]["Id"]
    organizations.enable_policy_type(RootId=root, PolicyType="SERVICE_CONTROL_POLICY")
    policy = organizations.create_policy(Name="few", Description="", Type="SERVICE_CONTROL_POLICY", Content=json.dumps(
        {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["sts:*", "iam:*", "organizations:*"],
                                                 "Resource": "*"}]}))["Policy"]["PolicySummary"]["Id"]
    organizations.attach_policy(PolicyId=policy, TargetId=member)
    organizations.detach_policy(PolicyId="p-FullAWSAccess", TargetId=member)
    session = server.client("sts").assume_role(RoleArn=f"arn:aws:iam::{member}:role/{ROLE}",
                                               RoleSessionName="inside")["Credentials"]
    theirs = server.client("iam", "eu-west-3", {"accessKeyId": session["AccessKeyId"],
                                                "secretAccessKey": session["SecretAccessKey"],
                                                "sessionToken": session["SessionToken"]})
    theirs.list_users()
    with refused("AccountNotManagementOrDelegatedAdministratorException"):
        theirs.list_organizations_features()
    with refused("CallerIsNotManagementAccountException"):
        theirs.enable_organizations_root_sessions()

    path = f"{organization}/{root}/{member}"

    def report(of, **more):
        made = iam.generate_organizations_access_report(EntityPath=of, **more)["JobId"]
        got = iam.get_organizations_access_report(JobId=made)
        assert got["JobStatus"] == "COMPLETED", got
        return got

    def seen():
        got = report(path)
        used = {d["ServiceNamespace"]: d for d in got["AccessDetails"]}
        return used["iam"].get("LastAuthenticatedTime") and (got, used)
    got, used = until(seen, "the record of calls")
    assert sorted(used) == ["iam", "organizations", "sts"] and got["NumberOfServicesAccessible"] == 3
    assert used["iam"]["EntityPath"] == path and used["iam"]["TotalAuthenticatedEntities"] == 1
    assert used["iam"]["Region"] == "eu-west-3"
    whole = report(f"{organization}/{root}")
    assert whole["NumberOfServicesAccessible"] > 20
    assert {d["ServiceNamespace"]: d.get("EntityPath") for d in whole["AccessDetails"]}["iam"] == path
    of_policy = report(f"{organization}/{root}", OrganizationsPolicyId=policy)
    assert [d["ServiceNamespace"] for d in of_policy["AccessDetails"]] == ["iam", "organizations", "sts"]
    latest = iam.get_organizations_access_report(
        JobId=iam.generate_organizations_access_report(EntityPath=path)["JobId"], MaxItems=1,
        SortKey="LAST_AUTHENTICATED_TIME_DESCENDING")
    assert latest["IsTruncated"] and latest["AccessDetails"][0]["ServiceNamespace"] == "iam"

    assert iam.enable_organizations_root_sessions()["EnabledFeatures"] == ["RootSessions"]
    assert iam.enable_organizations_root_credentials_management()["OrganizationId"] == organization
    assert iam.disable_organizations_root_sessions()["EnabledFeatures"] == ["RootCredentialsManagement"]
    assert iam.list_organizations_features()["EnabledFeatures"] == ["RootCredentialsManagement"]
    assert iam.disable_organizations_root_credentials_management()["EnabledFeatures"] == []
    made = iam.generate_organizations_access_report(EntityPath=path)["JobId"]
    assert iam.get_organizations_access_report(JobId=made)["NumberOfServicesAccessible"] == 3
