"""CloudWatch as AWS answered it. Most recordings stand there three times, once for each wire."""

import datetime
import functools
import json
import re
import time

import boto3
import botocore.config

import recorded

FILE = "test_cloudwatch.py::TestCloudwatch::"
WIRES = ["query", "json", "smithy-rpc-v2-cbor"]
DAY = re.compile(r"\d\d/\d\d/\d\d \d\d:\d\d:\d\d")
DATES = ("queryDate", "startDate", "timestamp")


def speaking(aws, wire):
    session = boto3.session.Session()
    loader = session._session.get_component("data_loader")
    load = loader.load_service_model

    def narrowed(service, kind, *rest, **more):
        model = load(service, kind, *rest, **more)
        narrow = service == "cloudwatch" and kind == "service-2"
        return {**model, "metadata": {**model["metadata"], "protocol": wire, "protocols": [wire]}} if narrow else model
    loader.load_service_model = narrowed
    return session.client("cloudwatch", region_name=aws.region, endpoint_url=aws.server.endpoint,
                          config=botocore.config.Config(retries={"total_max_attempts": 1}),
                          aws_access_key_id=aws.server.credentials["accessKeyId"],
                          aws_secret_access_key=aws.server.credentials["secretAccessKey"])


def case(name, per_wire=True):
    """As recorded.case; times of these recordings are the word timestamp, or date within JSON."""
    def register(function):
        @functools.wraps(function)
        def in_their_words(aws, *wire):
            return reword(function(aws, speaking(aws, wire[0]) if wire else aws.client("cloudwatch")))
        for wire in WIRES if per_wire else []:
            recorded.case(f"{FILE}{name}[{wire}]", wire)(in_their_words)
        if not per_wire:
            recorded.case(FILE + name)(in_their_words)
        return function
    return register


def reword(value):
    if isinstance(value, list):
        times = value and all(isinstance(member, datetime.datetime) for member in value)
        return "timestamp" if times else [reword(member) for member in value]
    if isinstance(value, dict):
        return {key: "timestamp" if key == "Timestamps" else reword_json(member) if key in ("StateReasonData", "HistoryData")
                else reword(member) for key, member in value.items()}
    if isinstance(value, str):
        return DAY.sub("MM/DD/YY HH:MM:SS", value)
    return "timestamp" if isinstance(value, datetime.datetime) else value


def reword_json(value):
    value = json.loads(value) if isinstance(value, str) else value
    if isinstance(value, dict):
        return {key: "date" if key in DATES else reword_json(member) if isinstance(member, (dict, list)) else reword(member)
                for key, member in value.items()}
    return [reword_json(member) for member in value] if isinstance(value, list) else value


def now():
    return datetime.datetime.now(datetime.timezone.utc)


def ask(cw, queries, start=-10, end=1, **more):
    minute = now().replace(second=0, microsecond=0)
    return cw.get_metric_data(MetricDataQueries=queries, StartTime=minute + datetime.timedelta(minutes=start),
                              EndTime=minute + datetime.timedelta(minutes=end), **more)


def query(id, name, namespace, stat="Sum", unit=None, dimensions=()):
    return {"Id": id, "MetricStat": {"Metric": {"Namespace": namespace, "MetricName": name, "Dimensions": list(dimensions)},
                                     "Period": 60, "Stat": stat, **({"Unit": unit} if unit else {})}}


@case("test_put_metric_data_values_list")
def put_metric_data_values_list(aws, cw):
    namespace, at = aws.name("ns"), now().replace(second=0, microsecond=0)
    cw.put_metric_data(Namespace=namespace, MetricData=[{
        "MetricName": "test-metric", "Timestamp": at, "Values": [1.0, 10.0], "Counts": [2, 4], "Unit": "Count"}])
    return {"get_metric_statistics": cw.get_metric_statistics(
        Namespace=namespace, MetricName="test-metric", StartTime=at, EndTime=at + datetime.timedelta(minutes=5), Period=60,
        Statistics=["Maximum", "SampleCount", "Sum"])}


@case("test_get_metric_data_for_multiple_metrics")
def get_metric_data_for_multiple_metrics(aws, cw):
    namespace = aws.name("ns")
    for name, value in [("metric1", 50), ("metric2", 25), ("metric3", 55)]:
        cw.put_metric_data(Namespace=namespace, MetricData=[{"MetricName": name, "Value": value, "Unit": "Seconds"}])
    return {"get_metric_data": ask(cw, [query(f"result{n}", f"metric{n}", namespace) for n in (1, 2, 3)])}


@case("test_get_metric_data_with_dimensions")
def get_metric_data_with_dimensions(aws, cw):
    namespace, mine = aws.name("ns"), [{"Name": "a", "Value": "1"}]
    for dimensions, value in [(mine, 11), ([{"Name": "a", "Value": "2"}], 5), ([], 9)]:
        cw.put_metric_data(Namespace=namespace, MetricData=[{"MetricName": "metric1", "Value": value, "Dimensions": dimensions}])
    return {"get_metric_data": ask(cw, [query("result1", "metric1", namespace, dimensions=mine)])}


@case("test_get_metric_data_with_different_units")
def get_metric_data_with_different_units(aws, cw):
    namespace = aws.name("ns")
    for unit, value in [("Seconds", 1), ("Count", 5)]:
        cw.put_metric_data(Namespace=namespace, MetricData=[{"MetricName": "m-test", "Value": value, "Unit": unit}])
    return {"get_metric_data_with_different_units": ask(cw, [query("m1", "m-test", namespace, unit="Seconds")])}


@case("test_get_metric_data_with_zero_and_labels")
def get_metric_data_with_zero_and_labels(aws, cw):
    namespace = aws.name("ns")
    cw.put_metric_data(Namespace=namespace, MetricData=[
        {"MetricName": "metric1", "Value": value, "Unit": "Seconds"} for value in (0, 0, 3.5, 5, 8, 100)])
    return {"get_metric_data_with_zero_and_labels": ask(cw, [
        query(f"result_{stat}", "metric1", namespace, stat) for stat in ("Average", "Sum", "Minimum", "Maximum")])}


@case("test_get_metric_with_null_dimensions")
def get_metric_with_null_dimensions(aws, cw):
    return {"get_metric_with_null_dimensions": ask(cw, [query("m1", aws.name("m"), aws.name("ns"))])}


@case("test_get_metric_with_no_results")
def get_metric_with_no_results(aws, cw):
    return {"result": ask(cw, [query("result", aws.name("m"), aws.name("ns"))])}


@case("test_get_metric_statistics")
def get_metric_statistics(aws, cw):
    namespace, at = aws.name("ns"), now().replace(second=0, microsecond=0)
    for value in range(10):
        cw.put_metric_data(Namespace=namespace, MetricData=[{"MetricName": "metric", "Value": value, "Timestamp": at}])
    return {"get_metric_statistics": cw.get_metric_statistics(
        Namespace=namespace, MetricName="metric", StartTime=at, EndTime=at + datetime.timedelta(minutes=5), Period=60,
        Statistics=["Average", "Sum", "Minimum", "Maximum", "SampleCount"])}


def make_alarm(aws, cw, **more):
    name = aws.name("alarm")
    cw.put_metric_alarm(**{"AlarmName": name, "MetricName": aws.name("m"), "Namespace": aws.name("ns"), "EvaluationPeriods": 1,
                           "Period": 10, "Statistic": "Sum", "ComparisonOperator": "GreaterThanThreshold", "Threshold": 30, **more})
    aws.later(cw.delete_alarms, AlarmNames=[name])
    return name


def told(cw, name, wanted):
    deadline = time.monotonic() + 15
    while (said := cw.describe_alarms(AlarmNames=[name]))["MetricAlarms"][0]["StateValue"] != wanted:
        assert time.monotonic() < deadline, said
        time.sleep(0.1)
    return said


@case("test_put_metric_alarm_escape_character")
def put_metric_alarm_escape_character(aws, cw):
    name = make_alarm(aws, cw, AlarmDescription="<", Period=600, Threshold=1, AlarmActions=[f"arn:aws:sns:{aws.region}:111122223333:MyTopic"])
    return {"describe-alarms-escaped-character": cw.describe_alarms(AlarmNames=[name])}


@case("test_describe_minimal_metric_alarm")
def describe_minimal_metric_alarm(aws, cw):
    return {"describe_minimal_metric_alarm": cw.describe_alarms(AlarmNames=[make_alarm(aws, cw)])}


@case("test_set_alarm_invalid_input")
def set_alarm_invalid_input(aws, cw):
    name = make_alarm(aws, cw)
    return {"error-invalid-state": aws.refused(cw.set_alarm_state, AlarmName=name, StateValue="INVALID", StateReason="test"),
            "error-resource-not-found": aws.refused(cw.set_alarm_state, AlarmName="nonexistent", StateValue="OK", StateReason="test")}


@case("test_tagging_metric_alarm")
def tagging_metric_alarm(aws, cw):
    name = aws.name("alarm")
    put = cw.put_metric_alarm(AlarmName=name, MetricName="m", Namespace="n", EvaluationPeriods=1, Period=60, Statistic="Sum", Threshold=1,
                              ComparisonOperator="GreaterThanThreshold", Tags=[{"Key": "Environment", "Value": "Production"}])
    arn = cw.describe_alarms(AlarmNames=[name])["MetricAlarms"][0]["AlarmArn"]
    made = cw.list_tags_for_resource(ResourceARN=arn)
    cw.tag_resource(ResourceARN=arn, Tags=[{"Key": "tag1", "Value": "foo"}, {"Key": "tag2", "Value": "bar"}])
    tagged = cw.list_tags_for_resource(ResourceARN=arn)
    cw.untag_resource(ResourceARN=arn, TagKeys=["tag1"])
    untagged = cw.list_tags_for_resource(ResourceARN=arn)
    cw.delete_alarms(AlarmNames=[name])
    return {"put_metric_alarm": put, "list_tags_for_resource_after_creation": made, "list_tags_for_resource_updated": tagged,
            "list_tags_for_resource_post_untag": untagged, "list_tags_for_deleted_resource": cw.list_tags_for_resource(ResourceARN=arn)}
