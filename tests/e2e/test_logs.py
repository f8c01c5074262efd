"""CloudWatch Logs through boto3."""

import gzip
import json
import time

import botocore.config
import botocore.exceptions
import pytest

from conftest import until
from test_iam import allow, credentials, name, iam, refused, user  # noqa: F401 (fixtures)


@pytest.fixture(scope="module")
def logs(yagura):
    return yagura.client("logs")


@pytest.fixture
def group(logs):
    made = name("/app/group")
    logs.create_log_group(logGroupName=made, tags={"team": "red"})
    yield made
    logs.delete_log_group(logGroupName=made)


@pytest.fixture
def stream(logs, group):
    logs.create_log_stream(logGroupName=group, logStreamName="s")
    return group


def now():
    return int(time.time() * 1000)


def put(logs, group, messages, stream="s", at=None):
    at = at or now()
    return logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=[
        {"timestamp": at + i, "message": message} for i, message in enumerate(messages)])


def messages(answer):
    return [event["message"] for event in answer["events"]]


def test_groups_are_made_listed_and_deleted(logs):
    first, second = name("/list/a"), name("/list/b")
    for one in (first, second):
        logs.create_log_group(logGroupName=one)
    with refused("ResourceAlreadyExistsException", "The specified log group already exists"):
        logs.create_log_group(logGroupName=first)
    found = logs.describe_log_groups(logGroupNamePrefix="/list/", limit=1)
    assert [g["logGroupName"] for g in found["logGroups"]] == [min(first, second)]
    rest = logs.describe_log_groups(logGroupNamePrefix="/list/", nextToken=found["nextToken"])
    assert [g["logGroupName"] for g in rest["logGroups"]] == [max(first, second)] and "nextToken" not in rest
    for one in (first, second):
        logs.delete_log_group(logGroupName=one)
    assert logs.describe_log_groups(logGroupNamePattern="list/")["logGroups"] == []


def test_what_was_put_is_read_both_ways(logs, stream):
    at = now() - 5000
    put(logs, stream, [f"line {i}" for i in range(10)], at=at)
    head = logs.get_log_events(logGroupName=stream, logStreamName="s", startFromHead=True, limit=4)
    assert messages(head) == ["line 0", "line 1", "line 2", "line 3"]
    rest = logs.get_log_events(logGroupName=stream, logStreamName="s", nextToken=head["nextForwardToken"])
    assert messages(rest) == [f"line {i}" for i in range(4, 10)]
    end = logs.get_log_events(logGroupName=stream, logStreamName="s", nextToken=rest["nextForwardToken"])
    assert end["events"] == [] and end["nextForwardToken"] == rest["nextForwardToken"]
    put(logs, stream, ["late"], at=at + 100)
    more = logs.get_log_events(logGroupName=stream, logStreamName="s", nextToken=end["nextForwardToken"])
    assert messages(more) == ["late"]
    tail = logs.get_log_events(logGroupName=stream, logStreamName="s", limit=3)
    assert messages(tail) == ["line 8", "line 9", "late"]
    before = logs.get_log_events(logGroupName=stream, logStreamName="s", limit=5, nextToken=tail["nextBackwardToken"])
    assert messages(before) == [f"line {i}" for i in range(3, 8)]
    first = logs.get_log_events(logGroupName=stream, logStreamName="s", limit=5, nextToken=before["nextBackwardToken"])
    assert messages(first) == ["line 0", "line 1", "line 2"]
    none = logs.get_log_events(logGroupName=stream, logStreamName="s", nextToken=first["nextBackwardToken"])
    assert none["events"] == [] and none["nextBackwardToken"] == first["nextBackwardToken"]
    window = logs.get_log_events(logGroupName=stream, logStreamName="s", startTime=at + 2, endTime=at + 4, startFromHead=True)
    assert messages(window) == ["line 2", "line 3"]
    shown = logs.describe_log_streams(logGroupName=stream)["logStreams"][0]
    assert (shown["firstEventTimestamp"], shown["lastEventTimestamp"]) == (at, at + 100)
    stored = logs.describe_log_groups(logGroupNamePrefix=stream)["logGroups"][0]["storedBytes"]
    assert stored == 10 * (6 + 26) + 4 + 26


def test_filtered_events_of_all_streams_come_in_order(logs, stream):
    logs.create_log_stream(logGroupName=stream, logStreamName="t")
    at = now() - 60000
    put(logs, stream, [f"{'ERROR' if i % 3 == 0 else 'ok'} s{i}" for i in range(30)], at=at)
    put(logs, stream, [f"{'ERROR' if i % 5 == 0 else 'ok'} t{i}" for i in range(30)], stream="t", at=at + 7)
    pages = logs.get_paginator("filter_log_events").paginate(
        logGroupName=stream, filterPattern="ERROR", PaginationConfig={"PageSize": 3})
    found = [event for page in pages for event in page["events"]]
    assert len(found) == 16 and [e["timestamp"] for e in found] == sorted(e["timestamp"] for e in found)
    assert len({e["eventId"] for e in found}) == 16
    only = logs.filter_log_events(logGroupName=stream, logStreamNamePrefix="t", filterPattern="ERROR", startTime=at + 8)
    assert messages(only) == ["ERROR t5", "ERROR t10", "ERROR t15", "ERROR t20", "ERROR t25"]
    with refused("InvalidParameterException", "The specified nextToken is invalid."):
        logs.filter_log_events(logGroupName=stream, nextToken="unknown")
    logs.delete_log_stream(logGroupName=stream, logStreamName="t")
    assert len(logs.filter_log_events(logGroupName=stream)["events"]) == 30


def test_batches_that_break_a_rule(logs, stream):
    at = now()
    with refused("InvalidParameterException", "Log events in a single PutLogEvents request must be in chronological order."):
        logs.put_log_events(logGroupName=stream, logStreamName="s", logEvents=[
            {"timestamp": at, "message": "a"}, {"timestamp": at - 1, "message": "b"}])
    with refused("InvalidParameterException", "The batch of log events in a single PutLogEvents request cannot span more than 24 hours."):
        logs.put_log_events(logGroupName=stream, logStreamName="s", logEvents=[
            {"timestamp": at - 86400001, "message": "a"}, {"timestamp": at, "message": "b"}])
    with refused("InvalidParameterException", "Upload too large: 1048577 bytes exceeds limit of 1048576"):
        put(logs, stream, ["x" * (1048576 - 26 - 26), "y"])
    put(logs, stream, ["x" * (1048576 - 26 - 26 - 1), "y"])
    day = 86400000
    old = put(logs, stream, ["old"], at=at - 15 * day)
    assert old["rejectedLogEventsInfo"] == {"tooOldLogEventEndIndex": 1}
    new = put(logs, stream, ["new"], at=at + 3 * 3600 * 1000)
    assert new["rejectedLogEventsInfo"] == {"tooNewLogEventStartIndex": 0} and new["nextSequenceToken"]
    with refused("ResourceNotFoundException", "The specified log stream does not exist."):
        put(logs, stream, ["x"], stream="missing")
    with refused("ResourceNotFoundException", "The specified log group does not exist."):
        put(logs, "missing", ["x"])


def test_a_batch_of_ten_thousand(logs, stream):
    put(logs, stream, [f"event number {i} of many" for i in range(10000)], at=now() - 20000)
    found = [e for page in logs.get_paginator("filter_log_events").paginate(logGroupName=stream) for e in page["events"]]
    assert len(found) == 10000 and found[-1]["message"] == "event number 9999 of many"


def shown(logs, group):
    return logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"][0]


def test_settings_of_a_group(logs, group):
    logs.put_retention_policy(logGroupName=group, retentionInDays=30)
    assert shown(logs, group)["retentionInDays"] == 30
    with refused("InvalidParameterException"):
        logs.put_retention_policy(logGroupName=group, retentionInDays=31)
    logs.delete_retention_policy(logGroupName=group)
    assert "retentionInDays" not in shown(logs, group)
    logs.put_log_group_deletion_protection(logGroupIdentifier=shown(logs, group)["logGroupArn"], deletionProtectionEnabled=True)
    with refused("ValidationException"):
        logs.delete_log_group(logGroupName=group)
    logs.put_log_group_deletion_protection(logGroupIdentifier=group, deletionProtectionEnabled=False)
    assert shown(logs, group)["deletionProtectionEnabled"] is False
    listed = logs.list_log_groups(logGroupNamePattern="^/app/group|nothing")["logGroups"]
    assert group in [g["logGroupName"] for g in listed]


def test_tags_old_and_new(logs, group):
    arn = shown(logs, group)["logGroupArn"]
    logs.tag_log_group(logGroupName=group, tags={"old": "1"})
    logs.tag_resource(resourceArn=arn, tags={"new": "2"})
    assert logs.list_tags_for_resource(resourceArn=arn)["tags"] == {"team": "red", "old": "1", "new": "2"}
    logs.untag_log_group(logGroupName=group, tags=["team"])
    logs.untag_resource(resourceArn=arn, tagKeys=["old"])
    assert logs.list_tags_log_group(logGroupName=group)["tags"] == {"new": "2"}


def test_retention_expires_and_rejects(logs, stream):
    logs.put_retention_policy(logGroupName=stream, retentionInDays=1)
    put(logs, stream, ["fresh"])
    expired = put(logs, stream, ["stale"], at=now() - 2 * 86400000)
    assert expired["rejectedLogEventsInfo"] == {"expiredLogEventEndIndex": 1}
    logs.delete_retention_policy(logGroupName=stream)
    put(logs, stream, ["stale"], at=now() - 2 * 86400000)
    assert messages(logs.filter_log_events(logGroupName=stream)) == ["stale", "fresh"]
    logs.put_retention_policy(logGroupName=stream, retentionInDays=1)
    assert messages(logs.filter_log_events(logGroupName=stream)) == ["fresh"]
    assert messages(logs.get_log_events(logGroupName=stream, logStreamName="s")) == ["fresh"]
    until(lambda: shown(logs, stream)["storedBytes"] == 26 + len("fresh"), "expired events are removed")


def test_metric_filters_are_kept_and_tried(logs, group):
    def transform(**more):
        return [{"metricName": "Errors", "metricNamespace": "App", "metricValue": "1", **more}]
    logs.put_metric_filter(logGroupName=group, filterName="f", filterPattern='{$.message = "test"}',
                           metricTransformations=transform(defaultValue=0))
    logs.put_metric_filter(logGroupName=group, filterName="g", filterPattern="[ip, user, status=5*]",
                           metricTransformations=transform(metricValue="$status", dimensions={"User": "$user"}, unit="Count"))
    found = logs.describe_metric_filters(logGroupName=group)["metricFilters"]
    assert [f["filterName"] for f in found] == ["f", "g"] and found[0]["metricTransformations"][0]["defaultValue"] == 0.0
    assert shown(logs, group)["metricFilterCount"] == 2
    by_metric = logs.describe_metric_filters(metricName="Errors", metricNamespace="App", filterNamePrefix="g")["metricFilters"]
    assert [f["filterName"] for f in by_metric if f["logGroupName"] == group] == ["g"]
    with refused("InvalidParameterException"):
        logs.put_metric_filter(logGroupName=group, filterName="h", filterPattern="{ $.a = ", metricTransformations=transform())
    with refused("InvalidParameterException"):
        logs.put_metric_filter(logGroupName=group, filterName="h", filterPattern="", metricTransformations=transform(metricValue="x"))
    with refused("InvalidParameterException", "Invalid metric transformation: metricNamespace can't begin with AWS/, which is reserved for "
                                              "services."):
        logs.put_metric_filter(logGroupName=group, filterName="h", filterPattern="", metricTransformations=transform(metricNamespace="AWS/App"))
    logs.delete_metric_filter(logGroupName=group, filterName="f")
    with refused("ResourceNotFoundException", "The specified metric filter does not exist."):
        logs.delete_metric_filter(logGroupName=group, filterName="f")
    tried = logs.test_metric_filter(filterPattern="[ip, user, status=5*]",
                                    logEventMessages=["10.0.0.1 ann 503", "10.0.0.1 bob 200"])["matches"]
    assert [(m["eventNumber"], m["extractedValues"]["$user"]) for m in tried] == [(1, "ann")]


def test_resource_policies(logs, group):
    document = json.dumps({"Version": "2012-10-17", "Statement": [
        {"Sid": "a", "Effect": "Allow", "Principal": {"Service": "route53.amazonaws.com"}, "Action": "logs:PutLogEvents", "Resource": "log_arn"}]})
    put_policy = logs.put_resource_policy(policyName="route53", policyDocument=document)["resourcePolicy"]
    assert put_policy["policyScope"] == "ACCOUNT" and put_policy["policyDocument"] == document
    assert [p["policyName"] for p in logs.describe_resource_policies()["resourcePolicies"]] == ["route53"]
    logs.delete_resource_policy(policyName="route53")
    with refused("ResourceNotFoundException", "Policy with name [route53] does not exist."):
        logs.delete_resource_policy(policyName="route53")
    with refused("InvalidParameterException"):
        logs.put_resource_policy(policyName="bad", policyDocument="{")


def test_delivery_destinations(logs):
    made = logs.put_delivery_destination(name="there", outputFormat="json", tags={"a": "b"}, deliveryDestinationConfiguration={
        "destinationResourceArn": "arn:aws:s3:::some-bucket"})["deliveryDestination"]
    assert made["deliveryDestinationType"] == "S3"
    assert logs.get_delivery_destination(name="there")["deliveryDestination"]["tags"] == {"a": "b"}
    assert logs.list_tags_for_resource(resourceArn=made["arn"])["tags"] == {"a": "b"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111111111111:root"}, "Action": "logs:CreateDelivery", "Resource": made["arn"]}]})
    logs.put_delivery_destination_policy(deliveryDestinationName="there", deliveryDestinationPolicy=policy)
    assert logs.get_delivery_destination_policy(deliveryDestinationName="there")["policy"]["deliveryDestinationPolicy"] == policy
    logs.delete_delivery_destination_policy(deliveryDestinationName="there")
    assert [d["name"] for d in logs.describe_delivery_destinations()["deliveryDestinations"]] == ["there"]
    logs.delete_delivery_destination(name="there")
    with refused("ResourceNotFoundException", "Requested Delivery Destination does not exist in this account."):
        logs.get_delivery_destination(name="there")


def test_a_groups_key_seals_its_events(yagura, logs, stream):
    kms = yagura.client("kms")
    account = yagura.client("sts").get_caller_identity()["Account"]
    key = kms.create_key()["KeyMetadata"]
    arn = shown(logs, stream)["logGroupArn"]
    with refused("InvalidParameterException"):
        logs.associate_kms_key(logGroupName=stream, kmsKeyId=key["Arn"])  # its policy has no word for the service
    kms.put_key_policy(KeyId=key["KeyId"], PolicyName="default", Policy=json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{account}:root"}, "Action": "kms:*", "Resource": "*"},
        {"Effect": "Allow", "Principal": {"Service": "logs.ap-northeast-1.amazonaws.com"}, "Resource": "*",
         "Action": ["kms:Encrypt*", "kms:Decrypt*", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:Describe*"],
         "Condition": {"ArnEquals": {"kms:EncryptionContext:aws:logs:arn": arn}}}]}))
    put(logs, stream, ["before"], at=now() - 100)
    logs.associate_kms_key(logGroupName=stream, kmsKeyId=key["Arn"])
    assert shown(logs, stream)["kmsKeyId"] == key["Arn"]
    put(logs, stream, ["a secret that nobody reads at rest"])
    assert messages(logs.filter_log_events(logGroupName=stream)) == ["before", "a secret that nobody reads at rest"]
    if not yagura.store:
        assert b"nobody reads at rest" not in b"".join(p.read_bytes() for p in yagura.data.glob("yagura.db*"))
    kms.disable_key(KeyId=key["KeyId"])
    with refused("InvalidParameterException"):
        logs.filter_log_events(logGroupName=stream)
    with refused("InvalidParameterException"):
        put(logs, stream, ["lost"])
    kms.enable_key(KeyId=key["KeyId"])
    logs.disassociate_kms_key(logGroupName=stream)
    put(logs, stream, ["after"])
    assert len(logs.filter_log_events(logGroupName=stream)["events"]) == 3
    kms.schedule_key_deletion(KeyId=key["KeyId"], PendingWindowInDays=7)


def test_policies_name_groups_and_streams(yagura, logs, stream, iam, user):
    account = yagura.client("sts").get_caller_identity()["Account"]
    mine = yagura.client("logs", credentials=credentials(iam, user))
    base = f"arn:aws:logs:ap-northeast-1:{account}:log-group:{stream}"

    def may(action, resource, **more):
        iam.put_user_policy(UserName=user, PolicyName="p", PolicyDocument=allow(action, resource, **more))
    may("logs:PutLogEvents", f"{base}:*")
    put(mine, stream, ["x"])
    with refused("AccessDeniedException"):
        mine.filter_log_events(logGroupName=stream)
    may(["logs:PutLogEvents", "logs:FilterLogEvents"], f"{base}:log-stream:other")
    with refused("AccessDeniedException"):
        put(mine, stream, ["x"])
    may("logs:*", f"{base}:*", Condition={"StringEquals": {"aws:ResourceTag/team": "red"}})
    assert messages(mine.filter_log_events(logGroupName=stream)) == ["x"]
    with refused("AccessDeniedException"):
        mine.describe_log_groups()
    iam.delete_user_policy(UserName=user, PolicyName="p")


def test_a_live_tail_shows_what_comes(yagura, logs, stream):
    live = yagura.client("logs", config=botocore.config.Config(inject_host_prefix=False, read_timeout=10))
    arn = shown(logs, stream)["logGroupArn"]
    put(logs, stream, ["before"])
    answer = live.start_live_tail(logGroupIdentifiers=[arn], logEventFilterPattern="ERROR", logStreamNames=["s"])["responseStream"]
    seen = []
    for event in answer:
        if "sessionStart" in event:
            assert event["sessionStart"]["logGroupIdentifiers"] == [arn]
            put(logs, stream, [f"ERROR {i}" for i in range(3)] + ["fine"])
            continue
        seen += event["sessionUpdate"]["sessionResults"]
        assert event["sessionUpdate"]["sessionMetadata"]["sampled"] is False
        if seen:
            break
    answer.close()
    assert [e["message"] for e in seen] == ["ERROR 0", "ERROR 1", "ERROR 2"] and seen[0]["logStreamName"] == "s"
    with refused("ResourceNotFoundException", "The specified log group does not exist."):
        live.start_live_tail(logGroupIdentifiers=[arn + "-missing"])
    with refused("InvalidParameterException"):
        live.start_live_tail(logGroupIdentifiers=[stream])


def test_a_metric_filter_counts_and_raises_an_alarm(yagura, logs, stream):
    metrics, space = yagura.client("cloudwatch"), name("App")

    def filtered(filter_name, pattern, **more):
        logs.put_metric_filter(logGroupName=stream, filterName=filter_name, filterPattern=pattern, metricTransformations=[
            {"metricName": filter_name, "metricNamespace": space, **more}])
    filtered("Errors", "ERROR", metricValue="1", defaultValue=0, unit="Count")
    filtered("Bytes", "{ $.bytes > 0 }", metricValue="$.bytes", dimensions={"Host": "$.host"})
    metrics.put_metric_alarm(AlarmName=space, Namespace=space, MetricName="Errors", Statistic="Sum", Period=60, EvaluationPeriods=1,
                             Threshold=2, ComparisonOperator="GreaterThanOrEqualToThreshold")
    put(logs, stream, ["ERROR a", "ERROR b", "ok", '{"bytes": 100, "host": "x"}', '{"bytes": 20, "host": "x"}', '{"bytes": 1, "host": "y"}'])

    def sums(metric, *dimensions):
        found = metrics.get_metric_statistics(
            Namespace=space, MetricName=metric, Statistics=["Sum", "SampleCount"], Period=60, StartTime=time.time() - 600,
            EndTime=time.time() + 60, Dimensions=[{"Name": "Host", "Value": value} for value in dimensions])["Datapoints"]
        return [(p["Sum"], p["SampleCount"]) for p in found]
    until(lambda: sums("Bytes", "y") and sum(s for s, _ in sums("Errors")) >= 2, "the figures of both filters")
    assert sum(s for s, _ in sums("Errors")) == 2 and sums("Bytes", "x") == [(120, 2)] and sums("Bytes", "y") == [(1, 1)]
    until(lambda: metrics.describe_alarms(AlarmNames=[space])["MetricAlarms"][0]["StateValue"] == "ALARM", "the alarm")
    metrics.delete_alarms(AlarmNames=[space])


def test_exports_go_to_a_bucket(yagura, logs, stream):
    s3, bucket = yagura.client("s3"), name("exports")
    account = yagura.client("sts").get_caller_identity()["Account"]
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "ap-northeast-1"})
    at = now() - 10000
    logs.create_log_stream(logGroupName=stream, logStreamName="other/one")
    put(logs, stream, ["first", "second"], at=at)
    put(logs, stream, ["third"], stream="other/one", at=at)

    def export(**more):
        return logs.create_export_task(**{"logGroupName": stream, "fromTime": at, "to": now(), "destination": bucket,
                                          "destinationPrefix": "here", **more})["taskId"]

    def ended(task):
        def look():
            found = logs.describe_export_tasks(taskId=task)["exportTasks"][0]
            return found if found["status"]["code"] not in ("PENDING", "RUNNING") else None
        return until(look, "the export")
    with refused("InvalidParameterException", "GetBucketAcl call on the given bucket failed. Please check if CloudWatch Logs has been "
                 "granted permission to perform this operation."):
        export()
    service = {"Service": "logs.ap-northeast-1.amazonaws.com"}
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": service, "Action": "s3:GetBucketAcl", "Resource": f"arn:aws:s3:::{bucket}",
         "Condition": {"StringEquals": {"aws:SourceAccount": [account]}}},
        {"Effect": "Allow", "Principal": service, "Action": "s3:PutObject", "Resource": f"arn:aws:s3:::{bucket}/here/*",
         "Condition": {"ArnLike": {"aws:SourceArn": [f"arn:aws:logs:ap-northeast-1:{account}:log-group:*"]}}}]}))
    task = export()
    done = ended(task)
    assert done["status"]["code"] == "COMPLETED" and done["logGroupName"] == stream, done
    keys = [o["Key"] for o in s3.list_objects_v2(Bucket=bucket)["Contents"]]
    assert keys == sorted(["here/aws-logs-write-test", f"here/{task}/other-one/000000.gz", f"here/{task}/s/000000.gz"])
    text = gzip.decompress(s3.get_object(Bucket=bucket, Key=f"here/{task}/s/000000.gz")["Body"].read()).decode()
    assert [line.split(" ", 1)[1] for line in text.splitlines()] == ["first", "second"] and text[10] == "T" and text[23] == "Z"
    failed = ended(export(destinationPrefix="elsewhere", logStreamNamePrefix="s"))
    assert failed["status"]["code"] == "FAILED" and failed["status"]["message"].startswith("PutObject call on the given bucket failed.")
    with refused("InvalidOperationException"):
        logs.cancel_export_task(taskId=task)

    def cancelled():
        waiting = export()
        try:
            logs.cancel_export_task(taskId=waiting)  # before it is done, unless we are slow
        except botocore.exceptions.ClientError as error:
            assert error.response["Error"]["Code"] == "InvalidOperationException", error
            return None
        return ended(waiting)
    assert until(cancelled, "a cancelled export")["status"]["code"] == "CANCELLED"
    with refused("ResourceNotFoundException", "The specified export task does not exist."):
        logs.cancel_export_task(taskId="none")
