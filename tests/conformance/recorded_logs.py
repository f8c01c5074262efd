"""CloudWatch Logs as AWS answered it."""

import functools
import io
import json
import time
import zipfile

import recorded

TIMES = {"creationTime": "timestamp", "lastUpdatedTime": "last-updated-time", "timestamp": "timestamp", "id": "id",
         "tooNewLogEventStartIndex": "too-new-log-event-start-index"}


def reword(value):
    """These recordings write figures as words."""
    if isinstance(value, list):
        return [reword(member) for member in value]
    if not isinstance(value, dict):
        return value
    return {key: TIMES[key] if key in TIMES and not isinstance(member, dict) else reword(member) for key, member in value.items()}


def case(name, *arguments):
    def register(function):
        @functools.wraps(function)
        def in_their_words(aws, *given):
            return reword(function(aws, aws.client("logs"), *given))
        recorded.case(name, *arguments)(in_their_words)
        return function
    return register


def group(aws, logs, name=None, **more):
    made = name or aws.name("group")
    logs.create_log_group(logGroupName=made, **more)
    aws.later(logs.delete_log_group, logGroupName=made)
    return made


def stream(aws, logs):
    made = group(aws, logs)
    logs.create_log_stream(logGroupName=made, logStreamName="s")
    return made


def put(logs, group, *events):
    return logs.put_log_events(logGroupName=group, logStreamName="s", logEvents=[{"timestamp": at, "message": m} for at, m in events])


NOW = lambda: int(time.time() * 1000)

# --- groups ---

GROUPS = "test_logs_groups.py::TestLogsGroups::"


@case(GROUPS + "test_create_log_group_with_kms_key")
def with_kms_key(aws, logs):
    kms = aws.client("kms")
    key = kms.create_key()["KeyMetadata"]
    aws.later(kms.schedule_key_deletion, KeyId=key["KeyId"], PendingWindowInDays=7)
    kms.put_key_policy(KeyId=key["KeyId"], PolicyName="default", Policy=json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{aws.account}:root"}, "Action": "kms:*", "Resource": "*"},
        {"Effect": "Allow", "Principal": {"Service": f"logs.{aws.region}.amazonaws.com"}, "Action": "kms:*", "Resource": "*"}]}))
    made = group(aws, logs, kmsKeyId=key["Arn"])
    return {"describe-log-groups-with-kms": logs.describe_log_groups(logGroupNamePrefix=made)}


@case(GROUPS + "test_create_log_group_duplicate_error")
def duplicate(aws, logs):
    made = group(aws, logs)
    return {"error-duplicate-log-group": aws.refused(logs.create_log_group, logGroupName=made)}


@case(GROUPS + "test_create_log_group_invalid_name_length")
def name_too_long(aws, logs):
    return {"error-invalid-name-length": aws.refused(logs.create_log_group, logGroupName="x" * 513)}


@case(GROUPS + "test_describe_log_groups_with_prefix")
def with_prefix(aws, logs):
    prefix = aws.name("prefix")
    for number in range(3):
        group(aws, logs, f"{prefix}-{number}")
    return {"describe-log-groups-prefix": logs.describe_log_groups(logGroupNamePrefix=prefix)}


@case(GROUPS + "test_describe_log_groups_prefix_and_pattern_error")
def prefix_and_pattern(aws, logs):
    return {"error-prefix-and-pattern": aws.refused(logs.describe_log_groups, logGroupNamePrefix="a", logGroupNamePattern="b")}


@case(GROUPS + "test_list_log_groups_with_pattern")
def with_pattern(aws, logs):
    made = group(aws, logs)
    found = [{k: v for k, v in g.items() if k not in ("storedBytes", "deletionProtectionEnabled")}
             for g in logs.describe_log_groups(logGroupNamePattern=made[2:])["logGroups"]]  # recorded before there were these members
    return {"list-log-groups-no-match": logs.describe_log_groups(logGroupNamePattern="no-such-name"), "list-log-groups-match": found}


# --- events ---

EVENTS = "test_logs_events.py::TestLogsEvents"


@case(EVENTS + "::test_put_log_events_wrong_order")
def wrong_order(aws, logs):
    made = stream(aws, logs)
    return {"error-wrong-order": aws.refused(put, logs, made, (NOW(), "a"), (NOW() - 1000, "b"))}


@case(EVENTS + "::test_put_log_events_too_new")
def too_new(aws, logs):
    return {"response-too-new": put(logs, stream(aws, logs), (NOW(), "a"), (NOW() + 3 * 3600 * 1000, "b"))}


@case(EVENTS + "::test_get_log_events_limit_validation")
def limit_of_get(aws, logs):
    return {"error-limit-exceeded": aws.refused(logs.get_log_events, logGroupName=stream(aws, logs), logStreamName="s", limit=10001)}


@case(EVENTS + "Errors::test_resource_does_not_exist")
def does_not_exist(aws, logs):
    made = group(aws, logs)
    return {"error-log-group-does-not-exist": aws.refused(logs.get_log_events, logGroupName=aws.name(), logStreamName="s"),
            "error-log-stream-does-not-exist": aws.refused(logs.get_log_events, logGroupName=made, logStreamName="s")}


FILTER = "test_logs_filter_events.py::TestFilterLogEvents::"


@case(FILTER + "test_filter_log_events_limit_validation")
def limit_of_filter(aws, logs):
    return {"error-limit-exceeded": aws.refused(logs.filter_log_events, logGroupName=stream(aws, logs), limit=10001)}


@case(FILTER + "test_filter_log_events_unknown_token")
def unknown_token(aws, logs):
    return {"invalid-token": aws.refused(logs.filter_log_events, logGroupName=stream(aws, logs), nextToken="unknown")}


# --- metric filters ---

METRIC = "test_logs_metric_filters.py::TestMetricFilters"


def metric_filter(aws, logs, group_name, filter_name, pattern, **transformation):
    logs.put_metric_filter(logGroupName=group_name, filterName=filter_name, filterPattern=pattern, metricTransformations=[transformation])


@case(METRIC + "::test_put_metric_filter_json_pattern")
def json_pattern(aws, logs):
    made = group(aws, logs)
    metric_filter(aws, logs, made, aws.name("filter"), '{$.message = "test"}', metricName=aws.name("metric"),
                  metricNamespace=aws.name("space"), metricValue="1", defaultValue=0)
    return {"describe-metric-filters-json": logs.describe_metric_filters(logGroupName=made)}


@case(METRIC + "::test_describe_metric_filters_by_prefix")
def by_prefix(aws, logs):
    prefix = aws.name("filter")
    for number in range(2):
        metric_filter(aws, logs, group(aws, logs), f"{prefix}{number}", f"filterPattern{number}", metricName=f"{prefix}m{number}",
                      metricNamespace=f"{prefix}n{number}", metricValue=str(number))
    return {"describe-by-prefix": logs.describe_metric_filters(filterNamePrefix=prefix)}


@case(METRIC + "::test_describe_metric_filters_by_log_group")
def by_group(aws, logs):
    made = group(aws, logs)
    metric_filter(aws, logs, made, aws.name(), "pattern", metricName="metric", metricNamespace="namespace", metricValue="1")
    return {"describe-by-log-group": logs.describe_metric_filters(logGroupName=made)}


@case(METRIC + "::test_describe_metric_filters_by_metric_name")
def by_metric(aws, logs):
    metric, space = aws.name("metric"), aws.name("space")
    metric_filter(aws, logs, group(aws, logs), aws.name(), "pattern", metricName=metric, metricNamespace=space, metricValue="1")
    return {"describe-by-metric-name": logs.describe_metric_filters(metricName=metric, metricNamespace=space)}


# --- policies ---

POLICIES = "test_logs_resource_policies.py::TestResourcePolicies::"


def resource_policy(aws, logs, principal, resource):
    name = aws.name("policy")
    aws.later(logs.delete_resource_policy, policyName=name)
    return logs.put_resource_policy(policyName=name, policyDocument=json.dumps({"Version": "2012-10-17", "Statement": [
        {"Sid": "Route53LogsToCloudWatchLogs", "Effect": "Allow", "Principal": {"Service": principal},
         "Action": "logs:PutLogEvents", "Resource": resource}]}))


@case(POLICIES + "test_put_resource_policy")
def put_policy(aws, logs):
    arn = logs.describe_log_groups(logGroupNamePrefix=group(aws, logs))["logGroups"][0]["logGroupArn"]
    return {"put-resource-policy": resource_policy(aws, logs, ["route53.amazonaws.com"], arn + ":*")}


@case(POLICIES + "test_describe_resource_policies")
def describe_policies(aws, logs):
    for _ in range(3):
        resource_policy(aws, logs, "route53.amazonaws.com", "log_arn")
    pages = logs.get_paginator("describe_resource_policies").paginate(PaginationConfig={"PageSize": 2})
    return {"describe-resource-policies": logs.describe_resource_policies(),
            "policies": [policy for page in pages for policy in page["resourcePolicies"]]}


# --- exports ---

EXPORTS = "test_logs_export_tasks.py::TestExportTasks"


@case(EXPORTS + "::test_describe_export_tasks_not_found")
def no_export(aws, logs):
    return {"task-not-found": logs.describe_export_tasks(taskId=aws.name())}


@case(EXPORTS + "::test_cancel_export_task_not_found")
def cancel_none(aws, logs):
    return {"error-cancel-not-found": aws.refused(logs.cancel_export_task, taskId=aws.name())}


def bucket(aws, name=None):
    s3, name = aws.client("s3"), name or aws.name("test-bucket")
    s3.create_bucket(Bucket=name)
    s3.put_bucket_policy(Bucket=name, Policy=json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"Service": f"logs.{aws.region}.amazonaws.com"}, "Action": ["s3:GetBucketAcl", "s3:PutObject"],
         "Resource": [f"arn:aws:s3:::{name}", f"arn:aws:s3:::{name}/*"]}]}))
    return name


@case(EXPORTS + "::test_create_export_task")
def create_export(aws, logs):
    task = logs.create_export_task(logGroupName=group(aws, logs), fromTime=NOW() - 1000, to=NOW(), destination=bucket(aws))
    aws.later(logs.cancel_export_task, taskId=task["taskId"])
    return {"create-export-task": task}


@case(EXPORTS + "WithLogs::test_create_export_task_with_logs")
def create_export_of_logs(aws, logs):
    """The bucket and the times are those of the recording. A task waits for half a second at most: the one before it is over as this one
    is made."""
    made, wait = group(aws, logs), time.monotonic() + 20
    asked = {"logGroupName": made, "destination": bucket(aws, "test-bucket-d5301391"), "destinationPrefix": "exportedlogs",
             "fromTime": 1770226377833, "to": 1770399177833}
    before = logs.create_export_task(**asked)["taskId"]
    while logs.describe_export_tasks(taskId=before)["exportTasks"][0]["status"]["code"] != "COMPLETED":
        assert time.monotonic() < wait, "no task is ever done"
        time.sleep(0.02)
    task = logs.create_export_task(**asked)
    aws.later(logs.cancel_export_task, taskId=task["taskId"])
    return {"create-export-with-logs": task, "describe-export-with-logs": logs.describe_export_tasks(taskId=task["taskId"])}


# --- subscriptions ---

SUBSCRIPTIONS = "test_logs_subscription_filters.py::TestSubscriptionFilter"
TRUST = json.dumps({"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]})


def function(aws):
    """(name, ARN) of a function that the service may invoke."""
    iam, client, name = aws.client("iam"), aws.client("lambda"), aws.name("fn")
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
    aws.later(iam.delete_role, RoleName=name)
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as made:
        made.writestr("app.py", "def handler(event, context):\n    pass\n")
    arn = client.create_function(FunctionName=name, Runtime="python3.12", Handler="app.handler", Role=role,
                                 Code={"ZipFile": code.getvalue()})["FunctionArn"]
    aws.later(client.delete_function, FunctionName=name)
    return name, arn


def permit(aws, name, made):
    return aws.client("lambda").add_permission(
        FunctionName=name, StatementId=name, Principal=f"logs.{aws.region}.amazonaws.com", Action="lambda:InvokeFunction",
        SourceArn=f"arn:aws:logs:{aws.region}:{aws.account}:log-group:{made}:*", SourceAccount=aws.account)


@case(SUBSCRIPTIONS + "Updates::test_put_subscription_filter_update")
def update_filter(aws, logs):
    made, (name, arn) = group(aws, logs), function(aws)
    permit(aws, name, made)
    for pattern in ("", "[]"):
        logs.put_subscription_filter(logGroupName=made, filterName="test", filterPattern=pattern, destinationArn=arn)
    return {"updated-filter": logs.describe_subscription_filters(logGroupName=made)}


@case(SUBSCRIPTIONS + "Updates::test_put_subscription_filter_limit_exceeded")
def too_many_filters(aws, logs):
    made, (name, arn) = group(aws, logs), function(aws)
    permit(aws, name, made)
    for number in range(2):
        logs.put_subscription_filter(logGroupName=made, filterName=f"test{number}", filterPattern="", destinationArn=arn)
    return {"error-limit-exceeded": aws.refused(logs.put_subscription_filter, logGroupName=made, filterName="third", filterPattern="",
                                                destinationArn=arn)}


@case(SUBSCRIPTIONS + "Updates::test_delete_subscription_filter_errors")
def delete_filter(aws, logs):
    made = group(aws, logs)
    return {"error-log-group-not-found": aws.refused(logs.delete_subscription_filter, logGroupName=aws.name(), filterName="x"),
            "error-filter-not-found": aws.refused(logs.delete_subscription_filter, logGroupName=made, filterName="x")}


@case(SUBSCRIPTIONS + "s::test_put_subscription_filter_lambda")
def lambda_filter(aws, logs):
    made, (name, arn) = stream(aws, logs), function(aws)
    told = {"add_permission": permit(aws, name, made)}
    told["put_subscription_filter"] = logs.put_subscription_filter(logGroupName=made, filterName="test", filterPattern="", destinationArn=arn)
    told["describe_subscription_filter"] = logs.describe_subscription_filters(logGroupName=made)
    put(logs, made, (NOW(), "test"), (NOW(), "test 2"))
    told["list_all_log_events"] = [{"id": e["eventId"], "timestamp": e["timestamp"], "message": e["message"]}
                                   for e in logs.filter_log_events(logGroupName=made)["events"]]
    return told


# --- deliveries ---

DELIVERY = "test_logs_delivery.py::TestDeliveryDestination"


def delivery_destination(aws, logs, **more):
    name = aws.name("destination")
    aws.later(logs.delete_delivery_destination, name=name)
    made = logs.put_delivery_destination(name=name, deliveryDestinationConfiguration={
        "destinationResourceArn": f"arn:aws:s3:::{aws.name('bucket')}"}, **more)
    return name, made


@case(DELIVERY + "s::test_put_delivery_destination")
def put_there(aws, logs):
    return {"put-delivery-destination": delivery_destination(aws, logs, outputFormat="json")[1]}


@case(DELIVERY + "s::test_get_delivery_destination")
def get_there(aws, logs):
    return {"get-delivery-destination": logs.get_delivery_destination(name=delivery_destination(aws, logs)[0])}


@case(DELIVERY + "s::test_describe_delivery_destinations")
def describe_there(aws, logs):
    names = [delivery_destination(aws, logs)[0] for _ in range(2)]
    found = logs.describe_delivery_destinations()["deliveryDestinations"]
    return {"describe-delivery-destinations": [d for name in names for d in found if d["name"] == name]}


@case(DELIVERY + "s::test_delete_delivery_destination")
def delete_there(aws, logs):
    name = delivery_destination(aws, logs)[0]
    logs.delete_delivery_destination(name=name)
    return {"error-after-delete": aws.refused(logs.get_delivery_destination, name=name)}


@case(DELIVERY + "s::test_delete_delivery_destination_not_found")
def delete_nowhere(aws, logs):
    return {"error-not-found": aws.refused(logs.delete_delivery_destination, name=aws.name())}


@case(DELIVERY + "s::test_put_delivery_destination_invalid_format")
def bad_format(aws, logs):
    return {"error-invalid-format": aws.refused(logs.put_delivery_destination, name="x", outputFormat="foobar",
                                                deliveryDestinationConfiguration={"destinationResourceArn": "arn:aws:s3:::b"})}


@case(DELIVERY + "Policies::test_put_delivery_destination_policy")
def policy_there(aws, logs):
    name, _ = delivery_destination(aws, logs)
    logs_arn = f"arn:aws:logs:{aws.region}:{aws.account}"
    return {"put-delivery-destination-policy": logs.put_delivery_destination_policy(
        deliveryDestinationName=name, deliveryDestinationPolicy=json.dumps({"Version": "2012-10-17", "Statement": [
            {"Sid": "AllowLogDeliveryActions", "Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{aws.account}:root"},
             "Action": "logs:CreateDelivery", "Resource": [f"{logs_arn}:delivery-source:*", f"{logs_arn}:delivery:*",
                                                           f"{logs_arn}:delivery-destination:*"]}]}))}


@case("test_logs_destinations.py::TestDestinationsTags::test_destination_tags")
def destination_tags(aws, logs):
    name, arn = function(aws)
    aws.later(logs.delete_destination, destinationName=name)
    made = logs.put_destination(destinationName=name, targetArn=arn, roleArn=f"arn:aws:iam::{aws.account}:role/{name}")["destination"]["arn"]
    logs.tag_resource(resourceArn=made, tags={"key1": "val1", "key2": "val2"})
    told = {"list-tags-after-add": logs.list_tags_for_resource(resourceArn=made)}
    logs.untag_resource(resourceArn=made, tagKeys=["key2"])
    return {**told, "list-tags-after-remove": logs.list_tags_for_resource(resourceArn=made)}


VALIDATION = METRIC + "Validation::"
LONG = "X" * 513


@case(VALIDATION + "test_delete_metric_filter_invalid_filter_name")
def filter_name_too_long(aws, logs):
    return {"error-invalid-filter-name": aws.refused(logs.delete_metric_filter, logGroupName="valid", filterName=LONG)}


@case(VALIDATION + "test_delete_metric_filter_invalid_log_group_name")
def group_name_too_long(aws, logs):
    return {"error-invalid-log-group-name": aws.refused(logs.delete_metric_filter, logGroupName=LONG, filterName="valid")}


@case(VALIDATION + "test_describe_metric_filters_invalid_parameters")
def parameters_too_long(aws, logs):
    return {"error-invalid-filter-prefix": aws.refused(logs.describe_metric_filters, logGroupName="valid", filterNamePrefix=LONG),
            "error-invalid-metric-name": aws.refused(logs.describe_metric_filters, metricName=LONG[:256], metricNamespace="valid")}


@case(VALIDATION + "test_put_metric_filter_too_many_transformations")
def too_many_transformations(aws, logs):
    return {"error-too-many-transformations": aws.refused(
        logs.put_metric_filter, logGroupName="valid", filterName="valid", filterPattern="", metricTransformations=[
            {"metricName": f"metric{n}", "metricNamespace": f"namespace{n}", "metricValue": "1"} for n in (1, 2)])}
