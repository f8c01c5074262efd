"""GuardDuty for a whole organisation: its administrator, and members that need no invitation."""

import pytest

from conftest import Yagura, own_store, until
from house import ROLE, House, refused


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    server = Yagura(tmp_path_factory.mktemp("guarded") / "data", store=own_store()).start()
    server.client("organizations").create_organization()
    built = House(server)
    built.stock(3)
    yield built
    server.stop()


@pytest.fixture(scope="module")
def admin(house):
    """The account that administers GuardDuty."""
    return house.make("security")["AccountId"]


def status(client, detector, account):
    members = client.get_members(DetectorId=detector, AccountIds=[account])["Members"]
    return members[0]["RelationshipStatus"] if members else None


def test_the_organisation_is_guarded_by_a_member(house, admin):
    management, delegate = house.server.client("guardduty"), house.client("guardduty", admin)
    assert management.list_organization_admin_accounts()["AdminAccounts"] == []
    said = refused("BadRequestException", delegate.list_organization_admin_accounts)
    assert said == "The request failed because you do not have required AWS Organization master permission."
    assert "not a member" in refused("BadRequestException", management.enable_organization_admin_account, AdminAccountId="999999999999")

    management.enable_organization_admin_account(AdminAccountId=admin)
    assert management.list_organization_admin_accounts()["AdminAccounts"] == [{"AdminAccountId": admin, "AdminStatus": "ENABLED"}]
    assert "the account is already enabled" in refused("BadRequestException", management.enable_organization_admin_account,
                                                       AdminAccountId=admin)
    delegated = house.api.list_delegated_administrators(ServicePrincipal="guardduty.amazonaws.com")["DelegatedAdministrators"]
    assert [one["Id"] for one in delegated] == [admin]

    # The administrator has a detector now, and takes accounts in without asking them.
    (detector,) = delegate.list_detectors()["DetectorIds"]
    first = house.make("first")["AccountId"]
    delegate.create_members(DetectorId=detector, AccountDetails=[{"AccountId": first, "Email": "first@example.com"}])
    assert status(delegate, detector, first) == "Enabled"
    inside = house.client("guardduty", first)
    (theirs,) = inside.list_detectors()["DetectorIds"]
    assert inside.get_administrator_account(DetectorId=theirs)["Administrator"]["AccountId"] == admin

    shown = delegate.describe_organization_configuration(DetectorId=detector)
    assert (shown["AutoEnableOrganizationMembers"], shown["AutoEnable"]) == ("NONE", False)
    delegate.update_organization_configuration(
        DetectorId=detector, AutoEnableOrganizationMembers="NEW", DataSources={"S3Logs": {"AutoEnable": True}},
        Features=[{"Name": "RUNTIME_MONITORING", "AutoEnable": "NEW",
                   "AdditionalConfiguration": [{"Name": "EC2_AGENT_MANAGEMENT", "AutoEnable": "ALL"}]}])
    shown = delegate.describe_organization_configuration(DetectorId=detector)
    features = {one["Name"]: one for one in shown["Features"]}
    assert (shown["AutoEnableOrganizationMembers"], shown["DataSources"]["S3Logs"]["AutoEnable"]) == ("NEW", True)
    assert (features["S3_DATA_EVENTS"]["AutoEnable"], features["RUNTIME_MONITORING"]["AutoEnable"]) == ("NEW", "NEW")
    assert {"Name": "EC2_AGENT_MANAGEMENT", "AutoEnable": "ALL"} in features["RUNTIME_MONITORING"]["AdditionalConfiguration"]
    refused("BadRequestException", delegate.update_organization_configuration, DetectorId=detector)

    # An account that joins now is guarded by itself; one that was there before is not, until ALL.
    before = house.make("before")["AccountId"]
    later = house.make("later", RoleName=ROLE)["AccountId"]
    until(lambda: status(delegate, detector, later) == "Enabled", "the new account as a member")
    new = house.client("guardduty", later)
    got = new.get_detector(DetectorId=new.list_detectors()["DetectorIds"][0])
    states = {one["Name"]: one["Status"] for one in got["Features"]}
    assert (states["S3_DATA_EVENTS"], states["RUNTIME_MONITORING"], states["EKS_AUDIT_LOGS"]) == ("ENABLED", "ENABLED", "DISABLED")
    assert status(delegate, detector, before) is None
    delegate.update_organization_configuration(DetectorId=detector, AutoEnableOrganizationMembers="ALL",
                                               Features=[{"Name": "LAMBDA_NETWORK_LOGS", "AutoEnable": "ALL"}])
    assert status(delegate, detector, before) == "Enabled"

    counted = delegate.get_organization_statistics()["OrganizationDetails"]["OrganizationStatistics"]
    total = len(house.api.list_accounts()["Accounts"])
    assert (counted["TotalAccountsCount"], counted["MemberAccountsCount"], counted["ActiveAccountsCount"]) == (total, total - 1, total - 1)
    lambdas = [one for one in counted["CountByFeature"] if one["Name"] == "LAMBDA_NETWORK_LOGS"]
    assert lambdas[0]["EnabledAccountsCount"] == counted["EnabledAccountsCount"] == total
    rule = {"RuleId": "some-rule", "Mode": "LIVE"}
    for call in (delegate.create_custom_detection_rule_org_configuration, delegate.get_custom_detection_rule_org_configuration,
                 delegate.update_custom_detection_rule_org_configuration, delegate.delete_custom_detection_rule_org_configuration):
        refused("ResourceNotFoundException", call, **rule)
    assert delegate.list_custom_detection_rule_org_configurations()["Configurations"] == []

    # Whoever leaves is no member any more; nor is anyone once there is no administrator.
    house.api.remove_account_from_organization(AccountId=later)
    until(lambda: status(delegate, detector, later) == "Removed", "the account gone")
    refused("BadRequestException", management.disable_organization_admin_account, AdminAccountId=first)
    management.disable_organization_admin_account(AdminAccountId=admin)
    assert status(delegate, detector, first) == "Removed"
    assert house.api.list_delegated_administrators()["DelegatedAdministrators"] == []
    refused("BadRequestException", delegate.get_organization_statistics)
