"""CloudTrail by boto3: trails, selectors, tags, and that every call is on record before its answer arrives."""

import json
import time

import botocore.exceptions
import pytest

from conftest import until
from trails import ACCOUNT, Bucket, bucket_policy, document, log_bucket

REGION = "ap-northeast-1"


def code(call, *args, **named):
    with pytest.raises(botocore.exceptions.ClientError) as raised:
        call(*args, **named)
    return raised.value.response["Error"]["Code"]


def events(client, **asked):
    key, value = next(iter(asked.items()))
    pages = client.get_paginator("lookup_events").paginate(
        LookupAttributes=[{"AttributeKey": key, "AttributeValue": value}])
    return [{**event, "record": json.loads(event["CloudTrailEvent"])} for page in pages for event in page["Events"]]


@pytest.fixture
def trail(yagura):
    client = yagura.client("cloudtrail")
    name = f"trail-{time.monotonic_ns()}"
    log_bucket(yagura, places=[f"AWSLogs/{ACCOUNT}", f"audit/AWSLogs/{ACCOUNT}", f"x/AWSLogs/{ACCOUNT}"])
    made = client.create_trail(Name=name, S3BucketName="log-bucket", IsMultiRegionTrail=True, EnableLogFileValidation=True,
                               TagsList=[{"Key": "team", "Value": "sec"}])
    yield made
    client.delete_trail(Name=name)


def test_a_trail_is_what_it_was_made_as_seen_from_every_region(yagura, trail):
    here, there = yagura.client("cloudtrail"), yagura.client("cloudtrail", "eu-west-1")
    assert trail["TrailARN"] == f"arn:aws:cloudtrail:{REGION}:111122223333:trail/{trail['Name']}"
    shown = here.get_trail(Name=trail["Name"])["Trail"]
    assert shown["HomeRegion"] == REGION and shown["LogFileValidationEnabled"] and not shown["HasCustomEventSelectors"]
    assert trail["Name"] in [one["Name"] for one in there.describe_trails()["trailList"]]
    assert there.describe_trails(includeShadowTrails=False)["trailList"] == []
    assert there.describe_trails(trailNameList=[trail["TrailARN"]])["trailList"][0]["Name"] == trail["Name"]
    assert {"TrailARN": trail["TrailARN"], "Name": trail["Name"], "HomeRegion": REGION} in there.list_trails()["Trails"]
    assert code(there.start_logging, Name=trail["TrailARN"]) == "InvalidHomeRegionException"


def test_a_trail_changes_starts_and_stops(yagura, trail):
    client = yagura.client("cloudtrail")
    assert client.get_trail_status(Name=trail["Name"])["IsLogging"] is False
    client.start_logging(Name=trail["TrailARN"])
    status = client.get_trail_status(Name=trail["Name"])
    assert status["IsLogging"] and status["StartLoggingTime"] and status["TimeLoggingStarted"]
    client.stop_logging(Name=trail["Name"])
    assert client.get_trail_status(Name=trail["Name"])["StopLoggingTime"]
    assert client.update_trail(Name=trail["Name"], S3KeyPrefix="audit")["S3KeyPrefix"] == "audit"
    assert "S3KeyPrefix" not in client.update_trail(Name=trail["Name"], S3KeyPrefix="")


def test_what_is_wrong_is_told_by_aws_s_codes(yagura, trail):
    client = yagura.client("cloudtrail")
    make = client.create_trail
    assert code(make, Name="ab", S3BucketName="log-bucket") == "InvalidTrailNameException"
    assert code(make, Name="a--b", S3BucketName="log-bucket") == "InvalidTrailNameException"
    assert code(make, Name="192.168.5.4", S3BucketName="log-bucket") == "InvalidTrailNameException"
    assert code(make, Name="new", S3BucketName="Not_A_Bucket") == "InvalidS3BucketNameException"
    assert code(make, Name=trail["Name"], S3BucketName="log-bucket") == "TrailAlreadyExistsException"
    assert code(make, Name="new", S3BucketName="log-bucket", IsMultiRegionTrail=True,
                IncludeGlobalServiceEvents=False) == "InvalidParameterCombinationException"
    assert code(make, Name="new", S3BucketName="log-bucket", S3KeyPrefix="x" * 201) == "InvalidS3PrefixException"
    assert code(make, Name="new", S3BucketName="log-bucket",
                CloudWatchLogsRoleArn="arn:aws:iam::111122223333:role/r") == "InvalidParameterCombinationException"
    assert code(make, Name="new", S3BucketName="log-bucket", IsOrganizationTrail=True) == "OrganizationsNotInUseException"
    assert code(client.get_trail, Name="missing") == "TrailNotFoundException"
    assert code(client.get_trail, Name="arn:aws:s3:::bucket") == "CloudTrailARNInvalidException"
    assert code(client.start_query, QueryStatement="SELECT 1") == "NotImplemented"
    assert events(client, EventName="StartQuery")[0]["record"]["errorCode"] == "NotImplemented"


def test_five_trails_are_the_most_of_a_region(yagura):
    client = yagura.client("cloudtrail", "sa-east-1")
    log_bucket(yagura)
    for number in range(5):
        client.create_trail(Name=f"one-{number}", S3BucketName="log-bucket")
    assert code(client.create_trail, Name="six", S3BucketName="log-bucket") == "MaximumNumberOfTrailsExceededException"
    for number in range(5):
        client.delete_trail(Name=f"one-{number}")


def test_selectors_of_events_and_insights(yagura, trail):
    client, name = yagura.client("cloudtrail"), trail["Name"]
    default = client.get_event_selectors(TrailName=name)["EventSelectors"]
    assert default == [{"ReadWriteType": "All", "IncludeManagementEvents": True, "DataResources": [],
                        "ExcludeManagementEventSources": []}]
    basic = [{"ReadWriteType": "WriteOnly", "IncludeManagementEvents": False,
              "DataResources": [{"Type": "AWS::S3::Object", "Values": ["arn:aws:s3:::sensitive-bucket/"]}]}]
    client.put_event_selectors(TrailName=name, EventSelectors=basic)
    assert client.get_event_selectors(TrailName=name)["EventSelectors"] == basic
    assert client.get_trail(Name=name)["Trail"]["HasCustomEventSelectors"]
    advanced = [{"Name": "all", "FieldSelectors": [{"Field": "eventCategory", "Equals": ["Management"]}]}]
    client.put_event_selectors(TrailName=name, AdvancedEventSelectors=advanced)
    assert client.get_event_selectors(TrailName=name)["AdvancedEventSelectors"] == advanced
    wrong = [{"FieldSelectors": [{"Field": "eventCategory", "Equals": ["Nothing"]}]}]
    put = client.put_event_selectors
    assert code(put, TrailName=name, AdvancedEventSelectors=wrong) == "InvalidEventSelectorsException"
    assert code(put, TrailName=name) == "InvalidEventSelectorsException"
    assert code(put, TrailName=name, EventSelectors=basic, AdvancedEventSelectors=advanced) == "InvalidEventSelectorsException"

    assert code(client.get_insight_selectors, TrailName=name) == "InsightNotEnabledException"
    client.put_insight_selectors(TrailName=name, InsightSelectors=[{"InsightType": "ApiCallRateInsight"}])
    assert client.get_insight_selectors(TrailName=name)["InsightSelectors"] == [{"InsightType": "ApiCallRateInsight"}]
    counted = client.list_insights_metric_data(TrailName=name, EventSource="cloudtrail.amazonaws.com", EventName="PutInsightSelectors",
                                               InsightType="ApiCallRateInsight", Period=60)
    assert counted["Values"] and counted["Values"][-1] >= 1


def test_tags_of_a_trail(yagura, trail):
    client, arn = yagura.client("cloudtrail"), trail["TrailARN"]
    client.add_tags(ResourceId=arn, TagsList=[{"Key": "cost", "Value": "7"}])
    client.remove_tags(ResourceId=arn, TagsList=[{"Key": "team"}])
    assert client.list_tags(ResourceIdList=[arn])["ResourceTagList"] == [
        {"ResourceId": arn, "TagsList": [{"Key": "cost", "Value": "7"}]}]
    assert code(client.list_tags, ResourceIdList=[arn + "x"]) == "ResourceNotFoundException"
    assert code(client.add_tags, ResourceId=arn, TagsList=[{"Key": "aws:x", "Value": "7"}]) == "InvalidTagParameterException"


def test_an_answered_call_is_found_at_once_by_every_attribute(yagura):
    name = f"looked-up-{time.monotonic_ns()}"
    yagura.client("iam", "us-east-1").create_user(UserName=name)
    client = yagura.client("cloudtrail", "us-east-1")
    [found] = events(client, ResourceName=name)
    assert found["EventName"] == "CreateUser" and found["ReadOnly"] == "false" and found["Username"] == "admin"
    assert found["Resources"] == [{"ResourceType": "AWS::IAM::User", "ResourceName": name}]
    record = found["record"]
    assert record["eventVersion"] == "1.11" and record["requestParameters"] == {"userName": name}
    assert record["responseElements"]["user"]["userName"] == name
    assert record["userIdentity"]["type"] == "IAMUser" and record["recipientAccountId"] == "111122223333"
    for key, value in {"EventId": found["EventId"], "EventName": "CreateUser", "ReadOnly": "false", "Username": "admin",
                       "ResourceType": "AWS::IAM::User", "EventSource": "iam.amazonaws.com",
                       "AccessKeyId": yagura.credentials["accessKeyId"]}.items():
        assert found["EventId"] in [event["EventId"] for event in events(client, **{key: value})], key
    assert events(client, Username="nobody") == []


def test_a_refused_call_is_on_record_with_its_code(yagura):
    name = f"twice-{time.monotonic_ns()}"
    iam = yagura.client("iam", "us-east-1")
    iam.create_user(UserName=name)
    assert code(iam.create_user, UserName=name) == "EntityAlreadyExists"
    refused, done = events(yagura.client("cloudtrail", "us-east-1"), ResourceName=name)
    assert refused["record"]["errorCode"] == "EntityAlreadyExists" and refused["record"]["responseElements"] is None
    assert "errorCode" not in done["record"]


def test_no_secret_stands_in_a_record(yagura):
    name = f"secretive-{time.monotonic_ns()}"
    iam = yagura.client("iam", "us-east-1")
    iam.create_user(UserName=name)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    found = events(yagura.client("cloudtrail", "us-east-1"), ResourceName=name)
    assert {event["EventName"] for event in found} == {"CreateUser", "CreateAccessKey"}
    assert not [event for event in found if key["SecretAccessKey"] in event["CloudTrailEvent"]]
    token = yagura.client("sts", "us-east-1").get_session_token()["Credentials"]
    for event in events(yagura.client("cloudtrail", "us-east-1"), EventName="GetSessionToken"):
        assert token["SessionToken"] not in event["CloudTrailEvent"]
        assert token["SecretAccessKey"] not in event["CloudTrailEvent"]


def test_lookups_page_and_refuse_what_is_malformed(yagura):
    client = yagura.client("cloudtrail", "us-east-1")
    sts = yagura.client("sts", "us-east-1")
    for _ in range(12):
        sts.get_caller_identity()
    asked = {"LookupAttributes": [{"AttributeKey": "EventName", "AttributeValue": "GetCallerIdentity"}]}
    first = client.lookup_events(**asked, MaxResults=5)
    second = client.lookup_events(**asked, MaxResults=5, NextToken=first["NextToken"])
    ids = [event["EventId"] for page in (first, second) for event in page["Events"]]
    assert len(ids) == len(set(ids)) == 10
    assert code(client.lookup_events, NextToken="bm9uZQ==") == "InvalidNextTokenException"
    assert code(client.lookup_events, NextToken=first["NextToken"]) == "InvalidNextTokenException"
    assert code(client.lookup_events, StartTime=2, EndTime=1) == "InvalidTimeRangeException"
    assert code(client.lookup_events, LookupAttributes=asked["LookupAttributes"] * 2) == "InvalidLookupAttributesException"
    assert client.lookup_events(EventCategory="insight")["Events"] == []
    assert client.lookup_events(StartTime=time.time() - 7200, EndTime=time.time() - 3600)["Events"] == []


def test_the_record_outlives_a_kill(servers):
    server = servers()
    iam = server.client("iam", "us-east-1")
    names = [f"kept-{number}" for number in range(20)]
    for name in names:
        iam.create_user(UserName=name)
    server.kill()
    server.start()
    found = events(server.client("cloudtrail", "us-east-1"), EventName="CreateUser")
    assert sorted(event["record"]["requestParameters"]["userName"] for event in found) == sorted(names)


def test_keys_of_digests_are_listed(yagura):
    client = yagura.client("cloudtrail", "ca-central-1")
    assert client.list_public_keys()["PublicKeyList"] == []
    assert code(client.list_public_keys, StartTime=2, EndTime=1) == "InvalidTimeRangeException"


def test_stopping_a_trail_here_is_a_finding_within_a_second(servers):
    server = servers()
    guardduty, client = server.client("guardduty"), server.client("cloudtrail")
    log_bucket(server)
    client.create_trail(Name="watched", S3BucketName="log-bucket")
    client.start_logging(Name="watched")
    detector = guardduty.create_detector(Enable=True)["DetectorId"]
    asked = {"DetectorId": detector, "FindingCriteria": {
        "Criterion": {"type": {"Equals": ["Stealth:IAMUser/CloudTrailLoggingDisabled"]}}}}
    guardduty.list_findings(**asked)  # the first watched call opens the engine
    time.sleep(0.3)
    client.stop_logging(Name="watched")
    stopped = time.monotonic()
    [finding] = until(lambda: guardduty.list_findings(**asked)["FindingIds"], "a finding")
    assert time.monotonic() - stopped < 1
    [shown] = guardduty.get_findings(DetectorId=detector, FindingIds=[finding])["Findings"]
    assert shown["Service"]["Action"]["AwsApiCallAction"]["Api"] == "StopLogging"
    client.delete_trail(Name="watched")


def test_a_trail_s_key_must_let_cloudtrail_use_it(yagura, trail):
    client, kms = yagura.client("cloudtrail"), yagura.client("kms")
    update = client.update_trail
    missing = f"arn:aws:kms:{REGION}:111122223333:key/00000000-0000-0000-0000-000000000000"
    assert code(update, Name=trail["Name"], KmsKeyId=missing) == "KmsKeyNotFoundException"
    own = kms.create_key()["KeyMetadata"]["Arn"]
    assert code(update, Name=trail["Name"], KmsKeyId=own) == "InsufficientEncryptionPolicyException"
    account = {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "kms:*", "Resource": "*"}
    service = {"Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"}, "Action": "kms:GenerateDataKey*",
               "Resource": "*", "Condition": {
                   "StringEquals": {"aws:SourceArn": trail["TrailARN"]},
                   "StringLike": {"kms:EncryptionContext:aws:cloudtrail:arn": "arn:aws:cloudtrail:*:111122223333:trail/*"}}}
    kms.put_key_policy(KeyId=own, PolicyName="default",
                       Policy=json.dumps({"Version": "2012-10-17", "Statement": [account, service]}))
    assert update(Name=trail["Name"], KmsKeyId=own)["KmsKeyId"] == own
    [used] = [event for event in events(client, EventName="GenerateDataKey") if "errorCode" not in event["record"]
              and event["record"]["requestParameters"]["keyId"] == own]
    assert used["record"]["userIdentity"] == {"type": "AWSService", "invokedBy": "cloudtrail.amazonaws.com"}
    assert used["record"]["resources"][0]["ARN"] == own
    kms.disable_key(KeyId=own)
    assert code(update, Name=trail["Name"], S3KeyPrefix="x") == "KmsKeyDisabledException"


def test_an_organization_s_trail_takes_what_its_members_do(servers):
    server = servers("--trail-delivery", "200ms")
    client, organizations = server.client("cloudtrail"), server.client("organizations", "us-east-1")
    make = {"Name": "all", "S3BucketName": "log-bucket", "IsMultiRegionTrail": True, "IsOrganizationTrail": True}
    organization = organizations.create_organization()["Organization"]["Id"]
    bucket = Bucket(server, log_bucket(server, places=[f"AWSLogs/{ACCOUNT}", f"AWSLogs/{organization}"]))
    assert code(client.create_trail, **make) == "CloudTrailAccessNotEnabledException"
    organizations.enable_aws_service_access(ServicePrincipal="cloudtrail.amazonaws.com")
    arn = client.create_trail(**make)["TrailARN"]
    client.start_logging(Name="all")
    asked = organizations.create_account(Email="dev@example.com", AccountName="dev")["CreateAccountStatus"]["Id"]
    account = until(lambda: organizations.describe_create_account_status(CreateAccountRequestId=asked)[
        "CreateAccountStatus"].get("AccountId"), "the account")

    role = f"arn:aws:iam::{account}:role/OrganizationAccountAccessRole"
    session = server.client("sts", REGION).assume_role(RoleArn=role, RoleSessionName="dev")["Credentials"]
    member = {"accessKeyId": session["AccessKeyId"], "secretAccessKey": session["SecretAccessKey"],
              "sessionToken": session["SessionToken"]}
    theirs = server.client("cloudtrail", REGION, member)
    assert theirs.get_trail(Name=arn)["Trail"]["IsOrganizationTrail"]
    assert code(theirs.stop_logging, Name=arn) == "NotOrganizationMasterAccountException"
    assert code(theirs.create_trail, **{**make, "Name": "mine"}) == "NotOrganizationMasterAccountException"

    def delivered():
        return [record for record in bucket.records(f"AWSLogs/{organization}/{account}/CloudTrail/{REGION}/")
                if record["eventName"] == "StopLogging"]
    [refused] = until(delivered, "a member's event")
    assert refused["recipientAccountId"] == account and refused["errorCode"] == "NotOrganizationMasterAccountException"
    assert refused["userIdentity"]["sessionContext"]["sessionIssuer"]["arn"] == role

    shared = [event["record"] for event in events(client, EventName="AssumeRole")][0]
    copy = [event["record"] for event in events(theirs, EventName="AssumeRole")][0]
    assert shared["sharedEventID"] == copy["sharedEventID"] and shared["eventID"] != copy["eventID"]
    assert copy["userIdentity"]["type"] == "AWSAccount" and copy["userIdentity"]["accountId"] == "111122223333"


def test_what_kms_does_of_itself_is_a_service_event(yagura):
    kms, client = yagura.client("kms"), yagura.client("cloudtrail")
    key = kms.create_key()["KeyMetadata"]["Arn"]
    kms.rotate_key_on_demand(KeyId=key)
    [told] = [event["record"] for event in events(client, EventName="RotateKey") if event["record"]["resources"][0]["ARN"] == key]
    assert told["eventType"] == "AwsServiceEvent" and told["userIdentity"] == {"accountId": "111122223333", "invokedBy": "AWS Internal"}
    assert told["serviceEventDetails"] == {"keyId": key.rsplit("/", 1)[1], "rotationType": "ON_DEMAND"}


def test_what_the_bucket_and_the_log_group_must_allow(servers):
    server = servers()
    client, s3 = server.client("cloudtrail"), server.client("s3")
    make = client.create_trail
    assert code(make, Name="main", S3BucketName="no-such-bucket") == "S3BucketDoesNotExistException"
    s3.create_bucket(Bucket="bare", CreateBucketConfiguration={"LocationConstraint": REGION})
    assert code(make, Name="main", S3BucketName="bare") == "InsufficientS3BucketPolicyException"
    elsewhere = f"arn:aws:cloudtrail:{REGION}:{ACCOUNT}:trail/other"
    s3.put_bucket_policy(Bucket="bare", Policy=bucket_policy("bare", f"AWSLogs/{ACCOUNT}", source=elsewhere))
    assert code(make, Name="main", S3BucketName="bare") == "InsufficientS3BucketPolicyException"
    s3.put_bucket_policy(Bucket="bare", Policy=bucket_policy("bare", f"AWSLogs/{ACCOUNT}", source=elsewhere.replace("other", "main")))
    assert code(make, Name="main", S3BucketName="bare", S3KeyPrefix="deep") == "InsufficientS3BucketPolicyException"
    make(Name="main", S3BucketName="bare")

    update, iam, logs = client.update_trail, server.client("iam"), server.client("logs")
    group = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:trail:*"
    trust = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "sts:AssumeRole"}
    role = iam.create_role(RoleName="to-logs", AssumeRolePolicyDocument=document(trust))["Role"]["Arn"]
    into = {"Name": "main", "CloudWatchLogsLogGroupArn": group, "CloudWatchLogsRoleArn": role}
    assert code(update, **into) == "InvalidCloudWatchLogsRoleArnException"
    iam.update_assume_role_policy(RoleName="to-logs", PolicyDocument=document({**trust, "Principal": {
        "Service": "cloudtrail.amazonaws.com"}}))
    assert code(update, **into) == "InvalidCloudWatchLogsRoleArnException"
    iam.put_role_policy(RoleName="to-logs", PolicyName="logs", PolicyDocument=document(
        {"Effect": "Allow", "Action": ["logs:CreateLogStream", "logs:PutLogEvents"], "Resource": group.replace(":*", ":log-stream:*")}))
    assert code(update, **into) == "InvalidCloudWatchLogsLogGroupArnException"
    logs.create_log_group(logGroupName="trail")
    assert update(**into)["CloudWatchLogsLogGroupArn"] == group


def test_a_trail_delivers_to_its_log_group_and_what_is_wrong_is_in_its_status_until_it_is_mended(servers):
    server = servers("--trail-delivery", "200ms", "--trail-digest", "1s")
    client, s3, iam, logs = (server.client(name) for name in ["cloudtrail", "s3", "iam", "logs"])
    bucket = Bucket(server, log_bucket(server))
    logs.create_log_group(logGroupName="trail")
    role = iam.create_role(RoleName="to-logs", AssumeRolePolicyDocument=document(
        {"Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"}, "Action": "sts:AssumeRole"}))["Role"]["Arn"]
    allowed = document({"Effect": "Allow", "Action": "logs:*", "Resource": "*"})
    iam.put_role_policy(RoleName="to-logs", PolicyName="logs", PolicyDocument=allowed)
    client.create_trail(Name="main", S3BucketName="log-bucket", IsMultiRegionTrail=True, EnableLogFileValidation=True,
                        CloudWatchLogsLogGroupArn=f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:trail:*", CloudWatchLogsRoleArn=role)
    client.start_logging(Name="main")

    def logged(name):
        found = logs.filter_log_events(logGroupName="trail", logStreamNames=[f"{ACCOUNT}_CloudTrail_{REGION}"])["events"]
        return [one for one in found if json.loads(one["message"])["eventName"] == name]

    def status(key):
        return client.get_trail_status(Name="main").get(key)

    def delivered(name):
        return [record for record in bucket.records() if record["requestParameters"] == {"userName": name}]
    iam.create_user(UserName="first")
    assert len(until(lambda: logged("CreateUser"), "the log group")) == 1
    until(lambda: delivered("first") and status("LatestDigestDeliveryTime"), "the bucket")
    assert status("LatestCloudWatchLogsDeliveryTime") and not status("LatestCloudWatchLogsDeliveryError")

    s3.delete_bucket_policy(Bucket="log-bucket")
    iam.delete_role_policy(RoleName="to-logs", PolicyName="logs")
    iam.create_user(UserName="second")
    until(lambda: status("LatestDeliveryError") == "AccessDenied", "the bucket's refusal")
    until(lambda: "AccessDenied" in (status("LatestCloudWatchLogsDeliveryError") or ""), "the role's refusal")
    until(lambda: status("LatestDigestDeliveryError") == "AccessDenied", "the digest's refusal")
    log_bucket(server)
    iam.put_role_policy(RoleName="to-logs", PolicyName="logs", PolicyDocument=allowed)
    until(lambda: len(logged("CreateUser")) == 2 and len(delivered("second")) == 1, "what had waited")
    until(lambda: not {"LatestDeliveryError", "LatestCloudWatchLogsDeliveryError", "LatestDigestDeliveryError"} & set(
        client.get_trail_status(Name="main")), "a clean status")
    server.stop()
    server.start()
    records = Bucket(server).records()
    assert len(records) == len({record["eventID"] for record in records})
