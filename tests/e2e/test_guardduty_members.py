"""Administrators and members of GuardDuty: two accounts in one server, through boto3."""

import pytest
from botocore.exceptions import ClientError

ADMINISTRATOR, MEMBER, ABSENT = "111122223333", "444455556666", "777788889999"


class Party:
    def __init__(self, client):
        self.client = client
        self.detector = client.create_detector(Enable=True)["DetectorId"]

    def __getattr__(self, name):
        """A call about this party's detector."""
        return lambda **arguments: getattr(self.client, name)(DetectorId=self.detector, **arguments)

    def status(self, account):
        members = self.get_members(AccountIds=[account])["Members"]
        return members[0]["RelationshipStatus"] if members else None


@pytest.fixture
def two(servers):
    """A second account comes from a start with another --account-id."""
    first = servers("--account-id", MEMBER)
    keys = dict(first.credentials)
    first.stop()
    (first.data / "credentials").unlink()
    server = servers("--account-id", ADMINISTRATOR, of=first)
    assert server.client("sts").get_caller_identity()["Account"] == ADMINISTRATOR
    return Party(server.client("guardduty")), Party(server.client("guardduty", credentials=keys))


def refused(call, words, **arguments):
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    error = caught.value.response["Error"]
    assert error["Code"] == "BadRequestException" and words in error["Message"], error


def unprocessed(answer):
    return {one["AccountId"]: one["Result"] for one in answer["UnprocessedAccounts"]}


def join(administrator, member):
    administrator.create_members(AccountDetails=[{"AccountId": MEMBER, "Email": "m@example.com"}])
    administrator.invite_members(AccountIds=[MEMBER], DisableEmailNotification=True)
    (invitation,) = member.client.list_invitations()["Invitations"]
    member.accept_administrator_invitation(AdministratorId=ADMINISTRATOR, InvitationId=invitation["InvitationId"])
    return invitation["InvitationId"]


def test_members_are_made_invited_and_let_go(two):
    administrator, member = two
    assert administrator.list_members()["Members"] == []
    made = administrator.create_members(AccountDetails=[
        {"AccountId": MEMBER, "Email": "m@example.com"}, {"AccountId": ABSENT, "Email": "a@example.com"},
        {"AccountId": ADMINISTRATOR, "Email": "self@example.com"}])
    assert list(unprocessed(made)) == [ADMINISTRATOR]
    again = administrator.create_members(AccountDetails=[{"AccountId": MEMBER, "Email": "m@example.com"}])
    assert "already an associated member" in unprocessed(again)[MEMBER]
    assert administrator.status(MEMBER) == "Created"
    assert administrator.list_members()["Members"] == []
    everyone = administrator.list_members(OnlyAssociated="false")["Members"]
    assert [one["AccountId"] for one in everyone] == [MEMBER, ABSENT]
    assert {one["AdministratorId"] for one in everyone} == {one["MasterId"] for one in everyone} == {ADMINISTRATOR}
    page = administrator.list_members(OnlyAssociated="false", MaxResults=1)
    assert [one["AccountId"] for one in page["Members"]] == [MEMBER]
    rest = administrator.list_members(OnlyAssociated="false", MaxResults=1, NextToken=page["NextToken"])
    assert [one["AccountId"] for one in rest["Members"]] == [ABSENT] and not rest.get("NextToken")

    invited = administrator.invite_members(AccountIds=[MEMBER, ABSENT, "999999999999"])
    assert list(unprocessed(invited)) == ["999999999999"]
    assert "already invited" in unprocessed(administrator.invite_members(AccountIds=[MEMBER]))[MEMBER]
    assert len(administrator.list_members()["Members"]) == 2
    refused(administrator.delete_detector, "cannot delete detector while it has invited or associated members")
    assert unprocessed(administrator.get_members(AccountIds=[MEMBER, "999999999999"])).keys() == {"999999999999"}

    assert unprocessed(administrator.delete_members(AccountIds=[ABSENT])) == {}
    assert administrator.status(ABSENT) is None
    assert unprocessed(administrator.disassociate_members(AccountIds=[MEMBER, ABSENT])).keys() == {ABSENT}
    assert administrator.status(MEMBER) == "Removed"
    assert member.client.list_invitations()["Invitations"] == []
    assert unprocessed(administrator.delete_members(AccountIds=[MEMBER])) == {}
    administrator.delete_detector()


def test_an_invitation_is_accepted_and_left(two):
    administrator, member = two
    assert member.client.get_invitations_count()["InvitationsCount"] == 0
    assert not member.get_administrator_account()["Administrator"]
    refused(member.accept_administrator_invitation, "does not have an invitation from the requested master account",
            AdministratorId=ADMINISTRATOR, InvitationId="0" * 32)
    invitation = join(administrator, member)
    assert administrator.status(MEMBER) == "Enabled"
    assert member.client.get_invitations_count()["InvitationsCount"] == 0
    shown = member.get_administrator_account()["Administrator"]
    assert shown["AccountId"] == ADMINISTRATOR and shown["InvitationId"] == invitation
    assert shown["RelationshipStatus"] == "Enabled" and shown["InvitedAt"]
    assert member.get_master_account()["Master"] == shown
    (listed,) = administrator.list_members()["Members"]
    assert listed["DetectorId"] == member.detector and listed["InvitedAt"]

    # What only an administrator may do.
    filtered = {"Name": "quiet", "FindingCriteria": {"Criterion": {"severity": {"Lt": 4}}}}
    refused(member.create_filter, "member account can't", Action="ARCHIVE", **filtered)
    member.create_filter(**filtered)
    refused(member.update_filter, "member account can't", FilterName="quiet", Action="ARCHIVE")
    refused(member.create_members, "member account can't", AccountDetails=[{"AccountId": ABSENT, "Email": "a@example.com"}])
    refused(member.invite_members, "member account can't", AccountIds=[ABSENT])
    refused(member.update_detector, "member account can't", FindingPublishingFrequency="ONE_HOUR")
    refused(member.delete_detector, "member account can't")
    assert "still associated" in unprocessed(administrator.delete_members(AccountIds=[MEMBER]))[MEMBER]

    member.disassociate_from_administrator_account()
    assert administrator.status(MEMBER) == "Resigned"
    assert not member.get_administrator_account()["Administrator"]
    refused(member.disassociate_from_administrator_account, "is not associated to a master account")
    member.create_filter(Action="ARCHIVE", **{**filtered, "Name": "own"})


def test_an_invitation_is_declined(two):
    administrator, member = two
    administrator.create_members(AccountDetails=[{"AccountId": MEMBER, "Email": "m@example.com"}])
    administrator.invite_members(AccountIds=[MEMBER])
    assert member.client.get_invitations_count()["InvitationsCount"] == 1
    kept = unprocessed(member.client.delete_invitations(AccountIds=[ADMINISTRATOR]))
    assert "has not declined their invitation yet" in kept[ADMINISTRATOR]
    assert unprocessed(member.client.decline_invitations(AccountIds=[ADMINISTRATOR, ABSENT])).keys() == {ABSENT}
    assert administrator.status(MEMBER) == "Resigned"
    assert unprocessed(member.client.delete_invitations(AccountIds=[ADMINISTRATOR])) == {}
    assert member.client.list_invitations()["Invitations"] == []
    # The older names.
    administrator.invite_members(AccountIds=[MEMBER])
    (invitation,) = member.client.list_invitations()["Invitations"]
    member.accept_invitation(MasterId=ADMINISTRATOR, InvitationId=invitation["InvitationId"])
    assert administrator.status(MEMBER) == "Enabled"
    member.disassociate_from_master_account()
    assert administrator.status(MEMBER) == "Resigned"


def test_monitoring_and_plans_of_members(two):
    administrator, member = two
    join(administrator, member)
    assert unprocessed(administrator.stop_monitoring_members(AccountIds=[MEMBER, ABSENT])).keys() == {ABSENT}
    assert administrator.status(MEMBER) == "Disabled" and member.get_detector()["Status"] == "DISABLED"
    administrator.start_monitoring_members(AccountIds=[MEMBER])
    assert administrator.status(MEMBER) == "Enabled" and member.get_detector()["Status"] == "ENABLED"

    changed = administrator.update_member_detectors(AccountIds=[MEMBER, ABSENT], Features=[
        {"Name": "S3_DATA_EVENTS", "Status": "DISABLED"},
        {"Name": "RUNTIME_MONITORING", "Status": "ENABLED",
         "AdditionalConfiguration": [{"Name": "EC2_AGENT_MANAGEMENT", "Status": "ENABLED"}]}])
    assert unprocessed(changed).keys() == {ABSENT}
    assert {f["Name"]: f["Status"] for f in member.get_detector()["Features"]}["S3_DATA_EVENTS"] == "DISABLED"
    asked = administrator.get_member_detectors(AccountIds=[MEMBER])
    (shown,) = asked["MemberDataSourceConfigurations"]
    features = {f["Name"]: f for f in shown["Features"]}
    assert shown["AccountId"] == MEMBER and shown["DataSources"]["S3Logs"]["Status"] == "DISABLED"
    assert features["S3_DATA_EVENTS"]["Status"] == "DISABLED" and "FLOW_LOGS" not in features
    extras = {e["Name"]: e["Status"] for e in features["RUNTIME_MONITORING"]["AdditionalConfiguration"]}
    assert extras["EC2_AGENT_MANAGEMENT"] == "ENABLED"
