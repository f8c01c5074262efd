"""CloudWatch as AWS answered it. Most recordings stand there three times, once for each wire."""

import datetime
import functools
import io
import json
import re
import time
import xml.etree.ElementTree as ElementTree

import boto3
import botocore.config
import botocore.parsers
from botocore.exceptions import ClientError

import recorded
from recorded_lambda import make

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
            return reword(known_then(function(aws, speaking(aws, wire[0]) if wire else aws.client("cloudwatch"))))
        for wire in WIRES if per_wire else []:
            recorded.case(f"{FILE}{name}[{wire}]", wire)(in_their_words)
        if not per_wire:
            recorded.case(FILE + name)(in_their_words)
        return function
    return register


def known_then(objects):
    """The boto3 of the recordings knew neither log alarms nor that a ValidationException has members."""
    for answer in objects.values():
        if answer.get("LogAlarms") == []:
            del answer["LogAlarms"]
        if answer.get("Error", {}).get("Code") == "ValidationError":
            answer.pop("message", None)
    return objects


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


# --- dashboards ---

BODY = {"widgets": [{"type": "metric", "x": 0, "y": 0, "width": 6, "height": 6, "properties": {
    "metrics": [["AWS/EC2", "CPUUtilization", "InstanceId", "i-12345678"]], "region": "us-east-1", "view": "timeSeries",
    "stacked": False}}]}


@case("test_dashboard_lifecycle")
def dashboard_lifecycle(aws, cw):
    """The recorded size is that of the body with its Region's name and the spaces that Python puts."""
    name, body = aws.name("dashboard"), json.dumps(BODY)
    cw.put_dashboard(DashboardName=name, DashboardBody=body + " " * (240 - len(body)))
    aws.later(cw.delete_dashboards, DashboardNames=[name])
    listed = lambda **more: {key: [{**entry, "LastModified": "datetime"} for entry in value] if key == "DashboardEntries" else value
                             for key, value in cw.list_dashboards(**more).items()}
    got, all_of_them = cw.get_dashboard(DashboardName=name), listed()
    empty, mine = listed(DashboardNamePrefix="no-valid"), listed(DashboardNamePrefix="dashboard")
    cw.delete_dashboards(DashboardNames=[name])
    return {"get_dashboard": got, "list_dashboards": all_of_them, "list_dashboards_prefix_empty": empty, "list_dashboards_prefix": mine,
            "list_dashboards_empty": listed()}


@case("test_invalid_dashboard_name")
def invalid_dashboard_name(aws, cw):
    return {"error-invalid-dashboardname": aws.refused(cw.put_dashboard, DashboardName="test-123#", DashboardBody=json.dumps(BODY))}


# --- bodies as they came over the wire ---

WIRED = "test_cloudwatch.py::TestCloudWatchMultiProtocol::"


class Wire:
    """Calls by a wire's own client, and the bodies of their answers, read by nothing that knows the service's model."""

    def __init__(self, aws, wire):
        self.cw, self.wire, self.bodies = speaking(aws, wire), wire, []
        self.cw.meta.events.register("before-parse.cloudwatch.*", lambda response_dict, **_: self.bodies.append(response_dict["body"]))

    def ask(self, call, **members):
        try:
            call(**members)
        except ClientError:
            pass
        return self.read(self.bodies[-1])

    def read(self, body):
        if self.wire == "query":
            return of_xml(ElementTree.fromstring(body))
        if self.wire == "json":
            return json.loads(body)
        return botocore.parsers.RpcV2CBORParser().parse_data_item(io.BufferedReader(io.BytesIO(body)))


def of_xml(element):
    """As xmltodict does it, which these recordings were made with."""
    space, _, name = element.tag.rpartition("}")

    def inside(node):
        made = {}
        for child in node:
            key, value = child.tag.rpartition("}")[2], inside(child)
            made[key] = value if key not in made else [*(made[key] if isinstance(made[key], list) else [made[key]]), value]
        return made or node.text
    return {name: {"@xmlns": space.lstrip("{"), **inside(element)}}


def wired(name):
    def register(function):
        for wire in WIRES:
            recorded.case(f"{WIRED}{name}[{wire}]", wire)(lambda aws, wire: function(aws, Wire(aws, wire)))
        return function
    return register


@wired("test_exception_serializing_with_no_shape_in_spec")
def exception_serializing(aws, wire):
    unknown = {"AlarmName": "nonexistent", "StateValue": "OK", "StateReason": "test"}
    return {"invalid-value-response": wire.ask(wire.cw.set_alarm_state, **{**unknown, "StateValue": "INVALID"}),
            "not-found-response": wire.ask(wire.cw.set_alarm_state, **unknown),
            "not-found-response-query-mode-true": wire.ask(wire.cw.set_alarm_state, **unknown)}


@wired("test_basic_operations_multiple_protocols")
def basic_operations(aws, wire):
    namespace = aws.name("ns")
    wire.cw.put_metric_data(Namespace=namespace, MetricData=[{"MetricName": name, "Value": value, "Unit": "Seconds"}
                                                             for name, value in [("someMetric", 23), ("someMetric", 18), ("other", 23)]])
    minute = now().replace(second=0, microsecond=0)
    data = wire.ask(wire.cw.get_metric_data, MetricDataQueries=[query("some", "someMetric", namespace), query("part", "other", namespace)],
                    StartTime=minute - datetime.timedelta(minutes=10), EndTime=minute + datetime.timedelta(minutes=1))
    alarms = wire.ask(wire.cw.describe_alarms)
    for answer, name in ((data, "GetMetricData"), (alarms, "DescribeAlarms")):
        answer.get(name + "Response", {}).pop("ResponseMetadata", None)
    for result in data.get("MetricDataResults", []):
        result["Timestamps"] = "timestamp"
    for result in data.get("GetMetricDataResponse", {}).get("GetMetricDataResult", {}).get("MetricDataResults", {}).get("member", []):
        result["Timestamps"] = "timestamp"
    return {"describe-alarms": alarms, "get-metric-data": data}


# --- a function ---

TELLS = "import json\n\ndef handler(event, context):\n    print(json.dumps(event))\n"


@case("test_alarm_lambda_target", per_wire=False)
def alarm_lambda_target(aws, cw):
    functions, logs = aws.client("lambda"), aws.client("logs")
    name, function, iam = aws.name("alarm"), make(aws, TELLS)[1], aws.client("iam")
    policy = {"RoleName": function["Role"].rpartition("/")[2], "PolicyName": "logs"}
    iam.put_role_policy(**policy, PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "logs:*", "Resource": "*"}]}))
    aws.later(iam.delete_role_policy, **policy)
    cw.put_metric_alarm(AlarmName=name, AlarmDescription="testing lambda alarm action", MetricName="metric1", Namespace="namespace", Period=10,
                        Threshold=2, Statistic="Average", AlarmActions=[function["FunctionArn"]], EvaluationPeriods=1,
                        ComparisonOperator="GreaterThanThreshold", TreatMissingData="ignore")
    aws.later(cw.delete_alarms, AlarmNames=[name])
    functions.add_permission(FunctionName=function["FunctionName"], StatementId="s", Action="lambda:InvokeFunction",
                             Principal="lambda.alarms.cloudwatch.amazonaws.com",
                             SourceArn=cw.describe_alarms(AlarmNames=[name])["MetricAlarms"][0]["AlarmArn"])
    cw.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="testing alarm")
    return {"lambda-alarm-invocations": printed(logs, "/aws/lambda/" + function["FunctionName"])}


def printed(logs, group):
    """What a function has printed; times of it are the word date."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        time.sleep(0.2)
        try:
            events = logs.filter_log_events(logGroupName=group, filterPattern="{ $.source = * }")["events"]
        except ClientError:  # the group comes with the first line
            continue
        if events:
            return json.loads(events[0]["message"], object_hook=lambda members: {
                key: "date" if key in ("time", "timestamp") else value for key, value in members.items()})
    raise AssertionError("the function printed nothing")


METRICS = "test_cloudwatch_metrics.py::TestCloudWatchLambdaMetrics::"
FAILS = "def handler(event, context):\n    raise Exception('fail on purpose')\n"


def of_function(aws, made, *names):
    """Figures of a function, once there are some."""
    cw, deadline = aws.client("cloudwatch"), time.monotonic() + 15
    dimensions, said = [{"Name": "FunctionName", "Value": made["FunctionName"]}], []
    for name in names:
        said.append({"MetricDataResults": [{"Values": []}]})
        while not said[-1]["MetricDataResults"][0]["Values"] and time.monotonic() < deadline:
            time.sleep(0.2)
            said[-1] = ask(cw, [query("m1", name, "AWS/Lambda", dimensions=dimensions)])
    return [reword(one) for one in said]


@recorded.case(METRICS + "test_lambda_invoke_successful")
def lambda_invoke_successful(aws):
    client, made = make(aws, "def handler(event, context):\n    return {'success': 'ok'}\n")
    answer = client.invoke(FunctionName=made["FunctionName"])
    return {"invoke": {**answer, "Payload": json.loads(answer["Payload"].read())},
            "get-metric-data": of_function(aws, made, "Invocations")[0]}


@recorded.case(METRICS + "test_lambda_invoke_error")
def lambda_invoke_error(aws):
    client, made = make(aws, "\n" + FAILS)
    answer = client.invoke(FunctionName=made["FunctionName"])
    invocations, errors = of_function(aws, made, "Invocations", "Errors")
    return {"invoke": {**answer, "Payload": json.loads(answer["Payload"].read())}, "get-metric-data-invocations": invocations,
            "get-metric-data-errors": errors}
