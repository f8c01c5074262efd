"""Channels: events of others, put into the record."""

import base64
import hashlib
import json

import pytest
from botocore.exceptions import ClientError

REGION = "ap-northeast-1"
RECORD = f"arn:aws:cloudtrail:{REGION}:111122223333:eventdatastore/record"


def code(call, **arguments):
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    return caught.value.response["Error"]["Code"]


@pytest.fixture
def channel(yagura):
    client = yagura.client("cloudtrail")
    arn = client.create_channel(Name="outside", Source="Custom", Destinations=[{"Type": "EVENT_DATA_STORE", "Location": RECORD}],
                                Tags=[{"Key": "team", "Value": "a"}])["ChannelArn"]
    yield arn
    client.delete_channel(Channel=arn)


def event(**more):
    return json.dumps({"version": "1.0", "UID": "u-1", "userIdentity": {"type": "User", "principalId": "hanako"},
                       "eventSource": "door.example.com", "eventName": "DoorOpened", "eventTime": "2026-01-31T13:00:00Z",
                       "recipientAccountId": "111122223333", **more})


def test_what_others_put_is_on_record_and_looked_up(yagura, channel):
    data, client = yagura.client("cloudtrail-data"), yagura.client("cloudtrail")
    good, digest = event(UID="u-7"), base64.b64encode(hashlib.sha256(event(UID="u-7").encode()).digest()).decode()
    done = data.put_audit_events(channelArn=channel, auditEvents=[
        {"id": "a", "eventData": good, "eventDataChecksum": digest}, {"id": "b", "eventData": good, "eventDataChecksum": "AAAA"},
        {"id": "c", "eventData": "[]"}, {"id": "d", "eventData": event(eventTime="yesterday")}])
    assert [one["id"] for one in done["successful"]] == ["a"]
    assert {one["id"]: one["errorCode"] for one in done["failed"]} == {"b": "InvalidChecksum", "c": "InvalidData", "d": "InvalidData"}
    [found] = [one for one in client.lookup_events(LookupAttributes=[{"AttributeKey": "EventName", "AttributeValue": "DoorOpened"}])["Events"]
               if one["EventId"] == done["successful"][0]["eventID"]]
    record = json.loads(found["CloudTrailEvent"])
    assert found["Username"] == "hanako" and found["EventSource"] == "door.example.com"
    assert record["eventCategory"] == "ActivityAuditLog" and record["eventData"] == json.loads(good)
    assert record["metadata"]["channelARN"] == channel
    status = client.get_channel(Channel=channel.rsplit("/", 1)[1])["IngestionStatus"]
    assert status["LatestIngestionSuccessEventID"] == found["EventId"] and status["LatestIngestionErrorCode"] == "InvalidData"
    assert code(data.put_audit_events, channelArn=channel, auditEvents=[{"id": "a", "eventData": good}] * 2) == "DuplicatedAuditEventId"
    assert code(data.put_audit_events, channelArn=channel[:-1] + "x", auditEvents=[{"id": "a", "eventData": good}]) == "ChannelNotFound"
    assert code(data.put_audit_events, channelArn="arn:aws:s3:::x", auditEvents=[{"id": "a", "eventData": good}]) == "InvalidChannelARN"


def test_channels_are_made_changed_and_listed(yagura, channel):
    client = yagura.client("cloudtrail")
    destinations = [{"Type": "EVENT_DATA_STORE", "Location": RECORD}]
    assert client.get_channel(Channel=channel)["Destinations"] == destinations
    assert client.update_channel(Channel=channel, Name="inside")["Name"] == "inside"
    other = client.create_channel(Name="other", Source="Custom", Destinations=destinations)["ChannelArn"]
    first = client.list_channels(MaxResults=1)
    second = client.list_channels(MaxResults=1, NextToken=first["NextToken"])
    assert {one["ChannelArn"] for page in (first, second) for one in page["Channels"]} == {channel, other} and "NextToken" not in second
    client.delete_channel(Channel=other)
    make = client.create_channel
    assert code(make, Name="inside", Source="Custom", Destinations=destinations) == "ChannelAlreadyExistsException"
    assert code(make, Name="okta", Source="Okta", Destinations=destinations) == "InvalidSourceException"
    assert code(make, Name="lake", Source="Custom", Destinations=[{**destinations[0], "Location": RECORD + "s"}]) == \
        "EventDataStoreNotFoundException"
    assert code(client.get_channel, Channel=other) == "ChannelNotFoundException"
    assert client.list_tags(ResourceIdList=[channel])["ResourceTagList"][0]["TagsList"] == [{"Key": "team", "Value": "a"}]
    for closed in ["list_event_data_stores", "list_dashboards", "list_imports"]:
        assert code(getattr(client, closed)) == "NotImplemented"


def test_a_channel_s_policy_lets_others_in(yagura, channel):
    client, iam = yagura.client("cloudtrail"), yagura.client("iam")
    user = iam.create_user(UserName="sender")["User"]["Arn"]
    made = iam.create_access_key(UserName="sender")["AccessKey"]
    theirs = yagura.client("cloudtrail-data", REGION, {"accessKeyId": made["AccessKeyId"], "secretAccessKey": made["SecretAccessKey"]})
    put = {"channelArn": channel, "auditEvents": [{"id": "a", "eventData": event()}]}
    assert "AccessDenied" in code(theirs.put_audit_events, **put)
    statement = {"Effect": "Allow", "Principal": {"AWS": user}, "Action": "cloudtrail-data:PutAuditEvents", "Resource": channel,
                 "Condition": {"StringEquals": {"cloudtrail:ExternalId": "code-word"}}}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    assert code(client.get_resource_policy, ResourceArn=channel) == "ResourcePolicyNotFoundException"
    assert code(client.put_resource_policy, ResourceArn=channel, ResourcePolicy="{}") == "ResourcePolicyNotValidException"
    assert code(client.put_resource_policy, ResourceArn=RECORD, ResourcePolicy=policy) == "ResourceTypeNotSupportedException"
    client.put_resource_policy(ResourceArn=channel, ResourcePolicy=policy)
    assert client.get_resource_policy(ResourceArn=channel)["ResourcePolicy"] == policy
    assert "AccessDenied" in code(theirs.put_audit_events, **put)
    assert theirs.put_audit_events(**put, externalId="code-word")["successful"]
    client.delete_resource_policy(ResourceArn=channel)
    assert "AccessDenied" in code(theirs.put_audit_events, **put, externalId="code-word")
