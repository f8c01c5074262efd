"""A trail as an archive: encrypted, of an organisation, into another account's bucket, with its data events and Insights.

Where there is no Terraform, the first test stands in for it: the calls that its provider makes for the seed's trail."""

import datetime
import json
import os
import time

import botocore.config
import pytest

from conftest import CLIENT, until
from house import House
from trails import ACCOUNT, REGION, Bucket, bucket_policy, clock_ahead, document, log_bucket

TRAIL = f"arn:aws:cloudtrail:{REGION}:{ACCOUNT}:trail/organization-trail"
OWNER = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "kms:*", "Resource": "*"}
ENCRYPTS = {"Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"}, "Action": "kms:GenerateDataKey*", "Resource": "*",
            "Condition": {"StringEquals": {"aws:SourceArn": TRAIL}, "StringLike": {"kms:EncryptionContext:aws:cloudtrail:arn": TRAIL}}}
TRUST = {"Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"}, "Action": "sts:AssumeRole"}


def test_what_terraform_asks_for_the_seed_s_trail(servers):
    server = servers("--trail-delivery", "200ms", "--trail-digest", "1s")
    client, kms, iam, logs, s3 = (server.client(name) for name in ["cloudtrail", "kms", "iam", "logs", "s3"])
    organizations = server.client("organizations", "us-east-1")
    organization = organizations.create_organization()["Organization"]["Id"]
    organizations.enable_aws_service_access(ServicePrincipal="cloudtrail.amazonaws.com")
    log_bucket(server, "trail-logs", [f"AWSLogs/{ACCOUNT}", f"AWSLogs/{organization}"], source=TRAIL)
    key = kms.create_key(Policy=document(OWNER, ENCRYPTS))["KeyMetadata"]["Arn"]
    logs.create_log_group(logGroupName="/aws/cloudtrail/organization")
    group = logs.describe_log_groups()["logGroups"][0]["arn"]
    role = iam.create_role(RoleName="to-logs", AssumeRolePolicyDocument=document(TRUST))["Role"]["Arn"]
    iam.put_role_policy(RoleName="to-logs", PolicyName="logs", PolicyDocument=document(
        {"Effect": "Allow", "Action": ["logs:CreateLogStream", "logs:PutLogEvents"], "Resource": f"{group[:-2]}:log-stream:*"}))

    made = client.create_trail(Name="organization-trail", S3BucketName="trail-logs", IsOrganizationTrail=True, IsMultiRegionTrail=True,
                               EnableLogFileValidation=True, KmsKeyId=key, CloudWatchLogsLogGroupArn=group, CloudWatchLogsRoleArn=role,
                               IncludeGlobalServiceEvents=True, TagsList=[])
    client.start_logging(Name=made["TrailARN"])
    selectors = [{"ReadWriteType": "All", "IncludeManagementEvents": True, "DataResources": [], "ExcludeManagementEventSources": []},
                 {"ReadWriteType": "WriteOnly", "IncludeManagementEvents": False, "ExcludeManagementEventSources": [], "DataResources": [
                     {"Type": "AWS::S3::Object", "Values": ["arn:aws:s3:::sensitive-bucket/"]}]}]
    client.put_event_selectors(TrailName=made["TrailARN"], EventSelectors=selectors)
    [shown] = client.describe_trails(trailNameList=[made["TrailARN"]])["trailList"]
    assert shown["KmsKeyId"] == key and shown["HasCustomEventSelectors"] and shown["HomeRegion"] == REGION
    assert client.get_trail_status(Name=made["TrailARN"])["IsLogging"]
    assert client.get_event_selectors(TrailName=made["TrailARN"])["EventSelectors"] == selectors
    assert client.list_tags(ResourceIdList=[made["TrailARN"]])["ResourceTagList"][0]["TagsList"] == []

    s3.create_bucket(Bucket="sensitive-bucket", CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_object(Bucket="sensitive-bucket", Key="salaries", Body=b"1", Metadata={"note": "planted-metadata"})
    s3.get_object(Bucket="sensitive-bucket", Key="salaries")
    s3.put_object(Bucket="trail-logs", Key="other", Body=b"1")
    bucket = Bucket(server, "trail-logs")

    def data_events():
        return [record for record in bucket.records() if record["eventCategory"] == "Data"]
    [put] = until(data_events, "the data event")
    assert put["requestParameters"]["bucketName"] == "sensitive-bucket" and put["requestParameters"]["key"] == "salaries"
    assert [one["type"] for one in put["resources"]] == ["AWS::S3::Object", "AWS::S3::Bucket"] and "planted" not in json.dumps(put)
    for name in [bucket.keys("/CloudTrail/")[0], until(lambda: bucket.keys("/CloudTrail-Digest/"), "a digest")[0]]:
        found = s3.head_object(Bucket="trail-logs", Key=name)
        assert (found["ServerSideEncryption"], found["SSEKMSKeyId"]) == ("aws:kms", key)
    pages = logs.get_paginator("filter_log_events")
    until(lambda: [event for page in pages.paginate(logGroupName="/aws/cloudtrail/organization", filterPattern='{ $.eventName = "PutObject" }')
                   for event in page["events"]], "the event in its log group")
    kms.disable_key(KeyId=key)
    iam.create_user(UserName="later")
    until(lambda: "KMS" in (client.get_trail_status(Name="organization-trail").get("LatestDeliveryError") or ""), "the key's trouble")
    kms.enable_key(KeyId=key)
    until(lambda: "LatestDeliveryError" not in client.get_trail_status(Name="organization-trail"), "the key's return")
    until(lambda: [record for record in bucket.records() if record["requestParameters"] == {"userName": "later"}], "what waited for it")
    client.delete_trail(Name=made["TrailARN"])


def test_another_account_s_bucket_and_the_events_that_both_accounts_get(servers):
    server = servers("--trail-delivery", "200ms")
    house = House(server)
    house.api.create_organization()
    account = house.make("archive")["AccountId"]
    theirs = house.enter(account)
    s3 = server.client("s3", "eu-west-1", theirs)
    s3.create_bucket(Bucket="archive-of-all", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    s3.put_bucket_policy(Bucket="archive-of-all", Policy=bucket_policy("archive-of-all", f"AWSLogs/{ACCOUNT}"))
    client = server.client("cloudtrail")
    client.create_trail(Name="far", S3BucketName="archive-of-all")
    client.start_logging(Name="far")
    client.put_event_selectors(TrailName="far", AdvancedEventSelectors=[
        {"FieldSelectors": [{"Field": "eventCategory", "Equals": ["Management"]}, {"Field": "eventSource", "NotEquals": ["kms.amazonaws.com"]}]},
        {"FieldSelectors": [{"Field": "eventCategory", "Equals": ["NetworkActivity"]}, {"Field": "eventSource", "Equals": ["s3.amazonaws.com"]}]}])
    server.client("kms").create_key()
    server.client("guardduty").list_detectors()
    bucket = Bucket(server, "archive-of-all", "eu-west-1", theirs)
    names = until(lambda: (found := {record["eventName"] for record in bucket.records()}) and "ListDetectors" in found and found, "the events")
    assert "CreateKey" not in names and all(key.startswith(f"AWSLogs/{ACCOUNT}/") for key in bucket.keys())


@pytest.mark.skipif(CLIENT == "javascript", reason="node's clock can't be moved")
@pytest.mark.skipif("YAGURA_FEW" in os.environ, reason="a burst of calls takes too long there")
def test_a_burst_of_calls_is_an_insight_that_is_looked_up_and_delivered(servers):
    """The baseline is lived two hours ago: of 10,080 seconds here, of which 36 minutes must be known."""
    server = servers("--trail-insight", "1s", "--trail-delivery", "200ms", "--clock", "-2h")
    with clock_ahead(-7200):
        log_bucket(server)
        iam = server.client("iam", REGION)
        for number in range(3):
            iam.create_user(UserName=f"usual-{number}")
    server.stop()
    server.options = server.options[:4]
    server.start()
    client, iam = server.client("cloudtrail", "us-east-1"), server.client("iam", "us-east-1")
    client.create_trail(Name="main", S3BucketName="log-bucket", IsMultiRegionTrail=True)
    client.put_insight_selectors(TrailName="main", InsightSelectors=[{"InsightType": "ApiCallRateInsight"}, {"InsightType": "ApiErrorRateInsight"}])
    client.start_logging(Name="main")
    time.sleep(1.2)  # history is read first
    for number in range(60):
        iam.create_user(UserName=f"burst-{number}")

    def insights(**more):
        found = client.lookup_events(EventCategory="insight", **more)["Events"]
        return [json.loads(event["CloudTrailEvent"]) for event in found]
    by_name = {"LookupAttributes": [{"AttributeKey": "EventName", "AttributeValue": "CreateUser"}]}
    until(lambda: {one["insightDetails"]["state"] for one in insights(**by_name)} == {"Start", "End"}, "the insight")
    end, start = insights(**by_name)[0], insights(**by_name)[-1]
    assert start["sharedEventID"] == end["sharedEventID"] and start["eventType"] == "AwsCloudTrailInsight"
    context = start["insightDetails"]["insightContext"]
    assert context["statistics"]["insight"]["average"] > 10 > context["statistics"]["baseline"]["average"]
    assert context["attributions"][0]["insight"][0]["value"] == f"arn:aws:iam::{ACCOUNT}:user/admin"
    arn = client.get_trail(Name="main")["Trail"]["TrailARN"]
    listed = client.list_insights_data(InsightSource=arn, DataType="InsightsEvents", Dimensions={"EventName": "CreateUser"})["Events"]
    assert {event["EventName"] for event in listed} == {"CreateUser"}

    def calls(**more):
        return client.list_insights_metric_data(**{"EventSource": "iam.amazonaws.com", "EventName": "CreateUser",
                                                   "InsightType": "ApiCallRateInsight", "Period": 60, **more})
    counted = calls(TrailName="main")
    assert counted["TrailARN"] == arn and sum(counted["Values"]) == 63 and len(counted["Values"]) >= 2, counted
    assert [time.second for time in counted["Timestamps"]] == [0] * len(counted["Values"])
    lately = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(minutes=90)
    assert sum(calls(Period=3600, StartTime=lately)["Values"]) == 60
    page, values = {"NextToken": None}, []
    while "NextToken" in page:
        token = {"NextToken": page["NextToken"]} if page["NextToken"] else {}
        page = calls(Period=300, DataType="FillWithZeros", StartTime=lately, MaxResults=7, **token)
        values += page["Values"]
    assert sum(values) == 60 and len(values) in (18, 19) and 0 in values
    assert calls(InsightType="ApiErrorRateInsight", ErrorCode="AccessDenied")["Values"] == []
    for wrong in ({"Period": 61}, {"InsightType": "ApiErrorRateInsight"}, {"ErrorCode": "AccessDenied"}):
        with pytest.raises(client.exceptions.InvalidParameterException):
            calls(**wrong)
    with pytest.raises(client.exceptions.UnsupportedOperationException):
        client.put_insight_selectors(TrailName="main", InsightSelectors=[{"InsightType": "ApiCallRateInsight", "EventCategories": ["Data"]}])
    with pytest.raises(client.exceptions.InvalidLookupAttributesException):
        insights(LookupAttributes=[{"AttributeKey": "Username", "AttributeValue": "admin"}])
    bucket = Bucket(server)
    [key, *_] = until(lambda: bucket.keys("/CloudTrail-Insight/us-east-1/"), "its log file")
    assert json.loads(bucket.text(key))["Records"][0]["eventCategory"] == "Insight"


def test_an_organisation_s_delegated_administrator(servers):
    server = servers()
    house = House(server)
    client = server.client("cloudtrail")
    house.api.create_organization()
    account = house.make("security")["AccountId"]

    def code(call, **arguments):
        with pytest.raises(client.exceptions.ClientError) as caught:
            call(**arguments)
        return caught.value.response["Error"]["Code"]
    register, deregister = client.register_organization_delegated_admin, client.deregister_organization_delegated_admin
    assert code(register, MemberAccountId=account) == "CloudTrailAccessNotEnabledException"
    house.api.enable_aws_service_access(ServicePrincipal="cloudtrail.amazonaws.com")
    assert code(register, MemberAccountId=ACCOUNT) == "CannotDelegateManagementAccountException"
    register(MemberAccountId=account)
    assert [one["Id"] for one in house.api.list_delegated_administrators(ServicePrincipal="cloudtrail.amazonaws.com")[
        "DelegatedAdministrators"]] == [account]
    assert code(register, MemberAccountId=account) == "AccountRegisteredException"
    assert code(house.client("cloudtrail", account).register_organization_delegated_admin, MemberAccountId=account) == \
        "NotOrganizationManagementAccountException"
    deregister(DelegatedAdminAccountId=account)
    assert code(deregister, DelegatedAdminAccountId=account) == "AccountNotRegisteredException"


def test_what_is_done_to_objects_here_is_judged_live(servers):
    server = servers()
    guardduty, s3 = server.client("guardduty"), server.client("s3")
    s3.create_bucket(Bucket="records", CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_object(Bucket="records", Key="a", Body=b"1")
    detector = guardduty.create_detector(Enable=True, Features=[{"Name": "S3_DATA_EVENTS", "Status": "ENABLED"}])["DetectorId"]
    asked = {"DetectorId": detector, "FindingCriteria": {"Criterion": {"type": {"Equals": ["PenTest:S3/KaliLinux"]}}}}
    guardduty.list_findings(**asked)
    time.sleep(0.3)
    kali = botocore.config.Config(user_agent="aws-cli/2.15.30 Python/3.11.8 Linux/6.6.9-amd64 exe/x86_64.kali.2024")
    server.client("s3", config=kali).get_object(Bucket="records", Key="a")
    [finding] = until(lambda: guardduty.list_findings(**asked)["FindingIds"], "a finding")
    [shown] = guardduty.get_findings(DetectorId=detector, FindingIds=[finding])["Findings"]
    assert shown["Service"]["Action"]["AwsApiCallAction"]["Api"] == "GetObject"
    assert shown["Resource"]["S3BucketDetails"][0]["Name"] == "records"
