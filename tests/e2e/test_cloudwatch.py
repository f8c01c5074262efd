"""CloudWatch's metrics and alarms: boto3 over each of its three wires, the AWS CLI, the SDK for JavaScript, Terraform."""

import copy
import datetime
import functools
import json
from unittest import mock

import boto3
import botocore.config
import botocore.exceptions
import botocore.validate
import pytest

from clients import through_cli, through_javascript
from conftest import CLIENT, until
from functions import Functions, refused, unique
from test_terraform import make_terraform, pytestmark as needs_terraform

WIRES = ["smithy-rpc-v2-cbor", "json", "query"]
NOW = lambda: datetime.datetime.now(datetime.timezone.utc)
MINUTES = lambda count: datetime.timedelta(minutes=count)


def speaking(server, wire):
    """A client that knows but one wire; other clients have their own."""
    if CLIENT != "boto3":
        return server.client("cloudwatch")
    session = boto3.session.Session()
    loader = session._session.get_component("data_loader")
    load = loader.load_service_model

    def narrowed(service, kind, *rest, **more):
        model = load(service, kind, *rest, **more)
        if service == "cloudwatch" and kind == "service-2":
            model = {**model, "metadata": {**model["metadata"], "protocol": wire, "protocols": [wire]}}
        return model
    loader.load_service_model = narrowed
    made = session.client("cloudwatch", region_name="ap-northeast-1", endpoint_url=server.endpoint,
                          config=botocore.config.Config(retries={"total_max_attempts": 1}),
                          aws_access_key_id=server.credentials["accessKeyId"],
                          aws_secret_access_key=server.credentials["secretAccessKey"])
    server.watch(made)
    return made


@pytest.fixture(scope="module")
def of_wire(yagura):
    """Making a client takes longer than what it is asked."""
    return functools.cache(lambda wire: speaking(yagura, wire))


@pytest.fixture(params=WIRES)
def cw(request, of_wire):
    return of_wire(request.param)


class Trusting(botocore.validate.ParamValidator):
    """boto3's own checks would hide ours."""

    def validate(self, params, shape):
        return botocore.validate.ValidationErrors()


@pytest.fixture(scope="module")
def plain(yagura):
    return yagura.client("cloudwatch")


def query(id, name, namespace, stat="Sum", period=60, **more):
    dimensions = more.pop("dimensions", [])
    return {"Id": id, "MetricStat": {"Metric": {"Namespace": namespace, "MetricName": name, "Dimensions": dimensions},
                                     "Period": period, "Stat": stat, **more}}


def test_what_is_put_is_read(cw):
    namespace, at = unique("App"), NOW().replace(second=0, microsecond=0) - MINUTES(10)
    dimensions = [{"Name": "Host", "Value": "b"}, {"Name": "Az", "Value": "<&\"é"}]
    cw.put_metric_data(Namespace=namespace, MetricData=[
        {"MetricName": "Latency", "Dimensions": dimensions, "Timestamp": at, "Unit": "Milliseconds",
         "Values": [1.0, 2.0, 3.0, 4.0], "Counts": [1.0, 1.0, 1.0, 97.0]},
        {"MetricName": "Latency", "Dimensions": dimensions[::-1], "Timestamp": at, "Unit": "Milliseconds", "Value": 1000.0},
        {"MetricName": "Sets", "Timestamp": at, "StatisticValues": {"SampleCount": 4, "Sum": 10, "Minimum": 1, "Maximum": 5}}])
    said = cw.get_metric_statistics(
        Namespace=namespace, MetricName="Latency", Dimensions=dimensions, StartTime=at, EndTime=at + MINUTES(5), Period=300,
        Statistics=["SampleCount", "Average", "Sum", "Minimum", "Maximum"])
    assert said["Label"] == "Latency"
    assert said["Datapoints"] == [{"Timestamp": at, "SampleCount": 101.0, "Average": 1394 / 101, "Sum": 1394.0, "Minimum": 1.0,
                                   "Maximum": 1000.0, "Unit": "Milliseconds"}]
    extended = cw.get_metric_statistics(
        Namespace=namespace, MetricName="Latency", Dimensions=dimensions, StartTime=at, EndTime=at + MINUTES(5), Period=60,
        ExtendedStatistics=["p1", "p50", "p100", "tm90", "TC(:3)"])["Datapoints"]
    assert extended[0]["ExtendedStatistics"]["p50"] == 4.0 and extended[0]["ExtendedStatistics"]["p100"] == 1000.0
    assert extended[0]["ExtendedStatistics"]["TC(:3)"] == 3.0 and 3.9 < extended[0]["ExtendedStatistics"]["tm90"] < 4
    data = cw.get_metric_data(StartTime=at, EndTime=at + MINUTES(5), MetricDataQueries=[
        query("all", "Latency", namespace, dimensions=dimensions), query("none", "Latency", namespace),
        query("sets", "Sets", namespace, "Maximum"), query("unknown", "Sets", namespace, "p90")])
    assert data["Messages"] == [] and [result["StatusCode"] for result in data["MetricDataResults"]] == ["Complete"] * 4
    assert [result["Values"] for result in data["MetricDataResults"]] == [[1394.0], [], [5.0], []]
    assert data["MetricDataResults"][0]["Timestamps"] == [at] and data["MetricDataResults"][0]["Label"] == "Latency"
    listed = cw.list_metrics(Namespace=namespace, Dimensions=[{"Name": "Host"}], RecentlyActive="PT3H")["Metrics"]
    assert listed == [{"Namespace": namespace, "MetricName": "Latency", "Dimensions": sorted(dimensions, key=lambda d: d["Name"])}]
    assert len(cw.list_metrics(Namespace=namespace)["Metrics"]) == 2


def test_seconds_and_times(cw):
    namespace, at = unique("Fast"), NOW().replace(microsecond=0) - MINUTES(3)
    for second in range(3):
        cw.put_metric_data(Namespace=namespace, MetricData=[{
            "MetricName": "x", "Timestamp": at + datetime.timedelta(seconds=second, milliseconds=250), "Value": second,
            "StorageResolution": 1}])
    said = cw.get_metric_data(StartTime=at, EndTime=at + MINUTES(1), ScanBy="TimestampAscending",
                              MetricDataQueries=[query("x", "x", namespace, period=1)])["MetricDataResults"][0]
    assert said["Values"] == [0.0, 1.0, 2.0] and said["Timestamps"] == [at + datetime.timedelta(seconds=n) for n in range(3)]
    pages, token = [], None
    while True:
        page = cw.get_metric_data(StartTime=at, EndTime=at + MINUTES(1), MaxDatapoints=2, **({"NextToken": token} if token else {}),
                                  MetricDataQueries=[query("x", "x", namespace, period=1)])
        pages.append(page["MetricDataResults"][0]["Values"])
        if not (token := page.get("NextToken")):
            break
    assert pages == [[2.0, 1.0], [0.0]]


@pytest.mark.parametrize("data, code", [
    ([], "MissingParameter"),
    ([{"MetricName": "a"}], "MissingParameter"),
    ([{"MetricName": "a", "Value": 1, "StatisticValues": {"SampleCount": 1, "Sum": 1, "Minimum": 1, "Maximum": 1}}],
     "InvalidParameterCombination"),
    ([{"MetricName": "a", "Values": [1, 2], "Counts": [1]}], "InvalidParameterValue"),
    ([{"MetricName": "a", "Value": float("nan")}], "InvalidParameterValue"),
    ([{"MetricName": "a", "Value": 1e120}], "InvalidParameterValue"),
    ([{"MetricName": "a", "Value": 1, "StorageResolution": 5}], "InvalidParameterValue"),
    ([{"MetricName": "a", "Value": 1, "Timestamp": datetime.datetime(2020, 1, 1)}], "InvalidParameterValue"),
    ([{"MetricName": "a", "Value": 1, "Unit": "Stones"}], "ValidationError"),
    ([{"MetricName": "", "Value": 1}], "ValidationError"),
    ([{"MetricName": "a", "Value": 1, "Dimensions": [{"Name": str(n), "Value": "x"} for n in range(31)]}], "ValidationError"),
])
def test_bad_data(cw, data, code):
    with mock.patch.object(cw, "_serializer", copy.copy(cw._serializer)):
        cw._serializer._param_validator = Trusting()
        refused(code, cw.put_metric_data, Namespace="Bad", MetricData=data)
    assert cw.list_metrics(Namespace="Bad")["Metrics"] == []


@pytest.mark.boto3_only  # counts what boto3 sends compressed
def test_much_at_once_comes_compressed(cw):
    namespace, heads = unique("Much"), []
    cw.meta.events.register_last("before-send.cloudwatch.PutMetricData", lambda request, **_: heads.append(request.headers))
    data = [{"MetricName": f"m{n % 7}", "Value": n, "Dimensions": [{"Name": "Number", "Value": str(n % 70)}]} for n in range(1000)]
    cw.put_metric_data(Namespace=namespace, MetricData=data)
    assert heads[0].get("Content-Encoding") in ("gzip", b"gzip")
    assert len(cw.list_metrics(Namespace=namespace)["Metrics"]) == 70
    refused("InvalidParameterValue", cw.put_metric_data, Namespace=namespace, MetricData=[*data, data[0]])


def test_only_services_put_into_their_namespaces(plain):
    refused("InvalidParameterValue", plain.put_metric_data, Namespace="AWS/EC2", MetricData=[{"MetricName": "a", "Value": 1}])


@pytest.mark.parametrize("expression, values", [
    ("a + b * 2", [21.0, 42.0]), ("(a + b) / 2 - -1", [6.5, 12.0]), ("a ^ 2 ^ 0", [1.0, 2.0]), ("a > 1", [0.0, 1.0]),
    ("IF(a > 1 AND b >= 20, b, 0)", [0.0, 20.0]), ("SUM(METRICS())", [11.0, 22.0]), ("a / SUM(a) * 0 + MAX([a, b])", [10.0, 20.0]),
    ("DIFF(b)", [10.0]), ("RATE(b)", [10 / 60]), ("RUNNING_SUM(a)", [1.0, 3.0]), ("FILL(c, 0) + a", [1.0, 7.0]), ("FILL(c, REPEAT)", [5.0]),
    ("a * PERIOD(a)", [60.0, 120.0]), ("AVG(b) + TIME_SERIES(1)", [16.0, 16.0]), ("METRIC_COUNT(METRICS(\"a\")) * a", [1.0, 2.0]),
    ("CEIL(b / 3) + FLOOR(a / 2) + ABS(0 - a)", [5.0, 10.0]), ("e * 2", [2.0, 4.0]), ("a / 0", [])])
def test_metric_math(plain, expression, values):
    namespace, at = "Math", NOW().replace(second=0, microsecond=0) - MINUTES(10)
    namespace = unique("Math")
    plain.put_metric_data(Namespace=namespace, MetricData=[
        {"MetricName": name, "Timestamp": at + MINUTES(minute), "Value": value}
        for name, minute, value in [("a", 0, 1), ("a", 1, 2), ("b", 0, 10), ("b", 1, 20), ("c", 1, 5)]])
    said = plain.get_metric_data(StartTime=at, EndTime=at + MINUTES(2), ScanBy="TimestampAscending", MetricDataQueries=[
        {**query("a", "a", namespace), "ReturnData": False}, {**query("b", "b", namespace), "ReturnData": False},
        *([{**query("c", "c", namespace), "ReturnData": False}] if "c" in expression and "METRIC" not in expression else []),
        {"Id": "e", "Expression": "a", "ReturnData": False},
        {"Id": "out", "Expression": expression, "Label": "out"}])["MetricDataResults"]
    assert [(result["Id"], result["Values"]) for result in said] == [("out", values)]


@pytest.mark.parametrize("expression, words", [
    ("a +", "missing"), ("nope", "undefined"), ("SEARCH('x', 'Sum', 60)", "SEARCH"), ("SELECT AVG(x) FROM y", "Metrics Insights"),
    ("(" * 100 + "a" + ")" * 100, "deep"), ("out", "undefined"), ("1 + 1", "time series"), ("SUM(a, a)", "arguments")])
def test_bad_metric_math(plain, expression, words):
    said = refused("ValidationError", plain.get_metric_data, StartTime=NOW() - MINUTES(1), EndTime=NOW(), MetricDataQueries=[
        query("a", "a", "Math"), {"Id": "out", "Expression": expression}])
    assert words in said["Error"]["Message"]


def alarm(client, name, namespace, **more):
    client.put_metric_alarm(**{"AlarmName": name, "Namespace": namespace, "MetricName": "Errors", "Statistic": "Sum", "Period": 60,
                               "EvaluationPeriods": 1, "Threshold": 2.0, "ComparisonOperator": "GreaterThanThreshold", **more})


def state(client, name, wanted, kind="MetricAlarm"):
    def look():
        said = client.describe_alarms(AlarmNames=[name], AlarmTypes=[kind])[f"{kind}s"][0]
        return said if said["StateValue"] == wanted else None
    return until(look, f"{name} {wanted}", 15)


def history(client, name, kind, **more):
    return client.describe_alarm_history(AlarmName=name, HistoryItemType=kind, **more)["AlarmHistoryItems"]


def test_an_alarm_rises_and_tells(cw):
    name, namespace = unique("alarm"), unique("App")
    alarm(cw, name, namespace, AlarmDescription="too <many>", AlarmActions=["arn:aws:sns:ap-northeast-1:111122223333:topic"],
          Tags=[{"Key": "team", "Value": "a"}])
    first = cw.describe_alarms(AlarmNames=[name])["MetricAlarms"][0]
    assert first["StateValue"] == "INSUFFICIENT_DATA" and first["StateReason"] == "Unchecked: Initial alarm creation"
    assert first["ActionsEnabled"] and first["OKActions"] == [] and first["Dimensions"] == [] and "Metrics" not in first
    cw.put_metric_data(Namespace=namespace, MetricData=[{"MetricName": "Errors", "Values": [1, 2], "Counts": [1, 1]}])
    risen = state(cw, name, "ALARM")
    assert risen["StateReason"].startswith("Threshold Crossed: 1 datapoint [3.0 (")
    assert risen["StateReason"].endswith(")] was greater than the threshold (2.0).")
    data = json.loads(risen["StateReasonData"])
    assert data["recentDatapoints"] == [3.0] and data["evaluatedDatapoints"][0]["sampleCount"] == 2.0 and data["period"] == 60
    update = history(cw, name, "StateUpdate")[0]
    assert update["HistorySummary"] == "Alarm updated from INSUFFICIENT_DATA to ALARM" and update["AlarmType"] == "MetricAlarm"
    assert json.loads(update["HistoryData"])["newState"]["stateReasonData"] == data
    created = history(cw, name, "ConfigurationUpdate")[0]
    assert created["HistorySummary"] == f'Alarm "{name}" created' and json.loads(created["HistoryData"])["type"] == "Create"
    action = until(lambda: history(cw, name, "Action"), "the action", 10)[0]
    assert "Failed to execute action arn:aws:sns" in action["HistorySummary"] and "sns is not built yet" in action["HistorySummary"]
    assert [one["AlarmName"] for one in cw.describe_alarms_for_metric(Namespace=namespace, MetricName="Errors")["MetricAlarms"]] == [name]
    assert cw.describe_alarms_for_metric(Namespace=namespace, MetricName="Other")["MetricAlarms"] == []
    cw.delete_alarms(AlarmNames=[name])
    assert cw.describe_alarms(AlarmNames=[name])["MetricAlarms"] == []
    assert {one["HistoryItemType"] for one in cw.describe_alarm_history(AlarmName=name)["AlarmHistoryItems"]} == {
        "ConfigurationUpdate", "StateUpdate", "Action"}


def test_states_set_switched_and_tagged(cw):
    name, namespace = unique("alarm"), unique("App")
    alarm(cw, name, namespace, TreatMissingData="ignore")
    arn = cw.describe_alarms(AlarmNamePrefix=name)["MetricAlarms"][0]["AlarmArn"]
    cw.set_alarm_state(AlarmName=name, StateValue="OK", StateReason="by hand", StateReasonData='{"a": 1}')
    assert cw.describe_alarms(StateValue="OK", AlarmNamePrefix=name)["MetricAlarms"][0]["StateReason"] == "by hand"
    refused("ResourceNotFound", cw.set_alarm_state, AlarmName="nobody", StateValue="OK", StateReason="")
    refused("InvalidFormat", cw.set_alarm_state, AlarmName=name, StateValue="OK", StateReason="", StateReasonData="{")
    cw.disable_alarm_actions(AlarmNames=[name])
    assert not cw.describe_alarms(AlarmNames=[name])["MetricAlarms"][0]["ActionsEnabled"]
    cw.enable_alarm_actions(AlarmNames=[name, "nobody"])
    assert cw.describe_alarms(AlarmNames=[name])["MetricAlarms"][0]["ActionsEnabled"]
    cw.tag_resource(ResourceARN=arn, Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": ""}])
    cw.untag_resource(ResourceARN=arn, TagKeys=["a"])
    assert cw.list_tags_for_resource(ResourceARN=arn)["Tags"] == [{"Key": "b", "Value": ""}]
    refused("ResourceNotFoundException", cw.tag_resource, ResourceARN=arn + "x", Tags=[])
    cw.delete_alarms(AlarmNames=[name])
    assert cw.list_tags_for_resource(ResourceARN=arn)["Tags"] == []


@pytest.mark.parametrize("wrong", [
    {"Period": 15}, {"Period": 60, "EvaluationPeriods": 2000}, {"DatapointsToAlarm": 2}, {"TreatMissingData": "no"},
    {"Statistic": "Sum", "ExtendedStatistic": "p90"}, {"AlarmActions": ["topic"]}, {"ThresholdMetricId": "m"},
    {"Metrics": [{"Id": "e", "Expression": "TIME_SERIES(1)"}]}])
def test_bad_alarms(plain, wrong):
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        alarm(plain, unique("bad"), "App", **wrong)
    assert caught.value.response["Error"]["Code"] == "ValidationError"


def test_alarms_on_math_and_on_alarms(plain):
    namespace, child, parent = unique("App"), unique("child"), unique("parent")
    plain.put_metric_alarm(AlarmName=child, EvaluationPeriods=1, Threshold=5, ComparisonOperator="GreaterThanOrEqualToThreshold", Metrics=[
        {**query("m1", "Errors", namespace, period=10), "ReturnData": False}, {"Id": "double", "Expression": "m1 * 2"}])
    refused("ValidationError", plain.put_composite_alarm, AlarmName=parent, AlarmRule="ALARM(nobody)")
    refused("ValidationError", plain.put_composite_alarm, AlarmName=parent, AlarmRule=f"ALARM({child}) AND")
    plain.put_composite_alarm(AlarmName=parent, AlarmRule=f'ALARM("{child}") AND NOT (OK({child}) OR FALSE)')
    state(plain, parent, "OK", "CompositeAlarm")
    plain.put_metric_data(Namespace=namespace, MetricData=[{"MetricName": "Errors", "Value": 3, "StorageResolution": 1,
                                                            "Timestamp": NOW() - datetime.timedelta(seconds=20)}])
    state(plain, child, "ALARM")
    risen = state(plain, parent, "ALARM", "CompositeAlarm")
    assert f":alarm:{child} transitioned to ALARM at " in risen["StateReason"]
    assert plain.describe_alarms(ChildrenOfAlarmName=parent)["MetricAlarms"][0]["AlarmName"] == child
    assert plain.describe_alarms(ParentsOfAlarmName=child)["CompositeAlarms"][0]["AlarmName"] == parent
    plain.delete_alarms(AlarmNames=[parent, child])


def test_a_function_is_told(yagura, plain):
    functions = Functions(yagura)
    name, path = unique("told"), None
    function = functions.make("import json, os\ndef handler(event, context):\n    print(json.dumps(event))\n    return {}\n",
                              FunctionName=unique("alarm"))
    arn = functions.client.get_function(FunctionName=function)["Configuration"]["FunctionArn"]
    alarm(plain, name, unique("App"), AlarmActions=[arn], OKActions=[arn], TreatMissingData="ignore", AlarmDescription="tell")
    plain.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="testing")
    failed = until(lambda: history(plain, name, "Action"), "the refused action", 10)[0]
    assert "is not authorized to perform: lambda:InvokeFunction" in json.loads(failed["HistoryData"])["error"]
    functions.client.add_permission(FunctionName=function, StatementId="alarms", Action="lambda:InvokeFunction",
                                    Principal="lambda.alarms.cloudwatch.amazonaws.com",
                                    SourceArn=plain.describe_alarms(AlarmNames=[name])["MetricAlarms"][0]["AlarmArn"])
    plain.set_alarm_state(AlarmName=name, StateValue="OK", StateReason="testing")
    told = until(lambda: [one for one in history(plain, name, "Action") if one["HistorySummary"].startswith("Success")], "the action", 10)
    assert json.loads(told[0]["HistoryData"])["notificationResource"] == arn
    plain.delete_alarms(AlarmNames=[name])

    def counted(metric, stat):  # the call is one of the function's own metrics
        said = plain.get_metric_data(StartTime=NOW() - MINUTES(5), EndTime=NOW() + MINUTES(5), MetricDataQueries=[query(
            "m", metric, "AWS/Lambda", stat, dimensions=[{"Name": "FunctionName", "Value": function}])])
        return said["MetricDataResults"][0]["Values"]
    until(lambda: counted("Invocations", "Sum"), "metrics of the function", 10)
    assert counted("Errors", "Sum") == [0.0] and counted("Throttles", "SampleCount") == [1.0] and counted("Duration", "Maximum")[0] > 0


def test_a_line_of_a_log_raises_an_alarm(yagura, plain):
    """The whole chain: PutLogEvents, a metric filter, a metric, an alarm and its history."""
    logs, group, namespace, name = yagura.client("logs"), unique("group"), unique("App"), unique("alarm")
    logs.create_log_group(logGroupName=group)
    logs.create_log_stream(logGroupName=group, logStreamName="s")
    logs.put_metric_filter(logGroupName=group, filterName="denied", filterPattern='{ $.errorCode = "AccessDenied" }',
                           metricTransformations=[{"metricName": "Denied", "metricNamespace": namespace, "metricValue": "1"}])
    alarm(plain, name, namespace, MetricName="Denied", Threshold=3, ComparisonOperator="GreaterThanOrEqualToThreshold",
          TreatMissingData="notBreaching")
    state(plain, name, "OK")
    at = int(NOW().timestamp() * 1000)
    logs.put_log_events(logGroupName=group, logStreamName="s", logEvents=[
        {"timestamp": at + n, "message": json.dumps({"errorCode": "AccessDenied" if n % 2 else "None"})} for n in range(6)])
    risen = state(plain, name, "ALARM")
    assert "was greater than or equal to the threshold (3.0)" in risen["StateReason"]
    assert plain.list_metrics(Namespace=namespace)["Metrics"] == [{"Namespace": namespace, "MetricName": "Denied", "Dimensions": []}]
    said = [json.loads(one["HistoryData"]) for one in history(plain, name, "StateUpdate", ScanBy="TimestampAscending")]
    assert [(one["oldState"]["stateValue"], one["newState"]["stateValue"]) for one in said] == [("INSUFFICIENT_DATA", "OK"), ("OK", "ALARM")]
    assert said[1]["newState"]["stateReasonData"]["recentDatapoints"][-1] == 3.0
    plain.delete_alarms(AlarmNames=[name])


def test_who_may_not(yagura, plain):
    iam, user = yagura.client("iam"), unique("user")
    iam.create_user(UserName=user)
    key = iam.create_access_key(UserName=user)["AccessKey"]
    iam.put_user_policy(UserName=user, PolicyName="own", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "cloudwatch:PutMetricData", "Resource": "*",
         "Condition": {"StringEquals": {"cloudwatch:namespace": "Mine"}}},
        {"Effect": "Allow", "Action": "cloudwatch:DeleteAlarms", "Resource": "arn:aws:cloudwatch:*:*:alarm:mine-*"},
        {"Effect": "Allow", "Action": "cloudwatch:*Dashboard*", "Resource": "arn:aws:cloudwatch::*:dashboard/mine-*"}]}))
    theirs = yagura.client("cloudwatch", credentials={"accessKeyId": key["AccessKeyId"], "secretAccessKey": key["SecretAccessKey"]})
    theirs.put_metric_data(Namespace="Mine", MetricData=[{"MetricName": "a", "Value": 1}])
    refused("AccessDeniedException", theirs.put_metric_data, Namespace="Yours", MetricData=[{"MetricName": "a", "Value": 1}])
    theirs.delete_alarms(AlarmNames=["mine-1", "mine-2"])
    said = refused("AccessDeniedException", theirs.delete_alarms, AlarmNames=["mine-1", "yours"])
    assert "cloudwatch:DeleteAlarms" in said["Error"]["Message"] and ":alarm:yours" in said["Error"]["Message"]
    theirs.put_dashboard(DashboardName="mine-1", DashboardBody=json.dumps(BODY))
    said = refused("AccessDeniedException", theirs.delete_dashboards, DashboardNames=["mine-1", "yours"])
    assert "::111122223333:dashboard/yours" in said["Error"]["Message"]
    refused("AccessDeniedException", theirs.list_dashboards)
    plain.delete_dashboards(DashboardNames=["mine-1"])


BODY = {"widgets": [{"type": "text", "x": 0, "y": 0, "width": 6, "height": 2, "properties": {"markdown": "# é"}}]}


def test_dashboards(yagura, cw):
    names, body, elsewhere = [unique("Board_"), unique("Board-")], json.dumps(BODY), yagura.client("cloudwatch", "eu-west-1")
    for name in names:
        assert cw.put_dashboard(DashboardName=name, DashboardBody=body, Tags=[{"Key": "team", "Value": "a"}])["DashboardValidationMessages"] == []
    said = elsewhere.get_dashboard(DashboardName=names[0])
    assert said["DashboardBody"] == body and said["DashboardArn"].endswith(f":cloudwatch::111122223333:dashboard/{names[0]}")
    assert cw.list_tags_for_resource(ResourceARN=said["DashboardArn"])["Tags"] == [{"Key": "team", "Value": "a"}]
    cw.tag_resource(ResourceARN=said["DashboardArn"], Tags=[{"Key": "team", "Value": "b"}])
    listed = cw.list_dashboards(DashboardNamePrefix=names[0])["DashboardEntries"]
    assert [(one["DashboardName"], one["Size"]) for one in listed] == [(names[0], len(body))]
    said = refused("InvalidParameterInput", cw.put_dashboard, DashboardName=names[0], DashboardBody='{"widgets": [{"type": "log"}]}')
    assert "Should have required property 'properties'" in said["Error"]["Message"]
    refused("ResourceNotFound", cw.delete_dashboards, DashboardNames=[names[0], "nobody"])
    cw.delete_dashboards(DashboardNames=names)
    refused("ResourceNotFound", cw.get_dashboard, DashboardName=names[0])


@pytest.mark.parametrize("through", [through_cli, through_javascript])
def test_other_clients(yagura, request, through):
    client = through(yagura, "cloudwatch") if through is through_cli else through(request.getfixturevalue("javascript"), yagura, "cloudwatch")
    name, namespace, at = unique("alarm"), unique("App"), NOW().replace(second=0, microsecond=0) - MINUTES(5)
    client.put_metric_data(Namespace=namespace, MetricData=[{"MetricName": "Errors", "Value": 7.5, "Timestamp": at, "Unit": "Count"}])
    assert client.list_metrics(Namespace=namespace)["Metrics"][0]["MetricName"] == "Errors"
    said = client.get_metric_statistics(Namespace=namespace, MetricName="Errors", StartTime=at, EndTime=at + MINUTES(1), Period=60,
                                        Statistics=["Sum"])["Datapoints"]
    told = said[0]["Timestamp"]  # the AWS CLI prints what came over the wire
    assert (told if isinstance(told, datetime.datetime) else datetime.datetime.fromtimestamp(told, datetime.timezone.utc)) == at
    assert [(point["Sum"], point["Unit"]) for point in said] == [(7.5, "Count")]
    alarm(client, name, namespace, TreatMissingData="notBreaching")
    client.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="by hand")
    assert client.describe_alarm_history(AlarmName=name, HistoryItemType="StateUpdate")["AlarmHistoryItems"]
    refused("ResourceNotFound", client.set_alarm_state, AlarmName="nobody", StateValue="OK", StateReason="x")
    client.delete_alarms(AlarmNames=[name])


ALARMS = """
terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}
provider "aws" {
  region = "eu-west-3"
}
resource "aws_cloudwatch_metric_alarm" "errors" {
  alarm_name          = "tf-errors"
  comparison_operator = "GreaterThanOrEqualToThreshold"
  evaluation_periods  = 2
  datapoints_to_alarm = 1
  metric_name         = "Errors"
  namespace           = "App"
  period              = 60
  statistic           = "Sum"
  threshold           = %s
  dimensions          = { Host = "a" }
  treat_missing_data  = "notBreaching"
  alarm_actions       = ["arn:aws:sns:eu-west-3:111122223333:topic"]
  tags                = { team = "security" }
}
resource "aws_cloudwatch_metric_alarm" "ratio" {
  alarm_name          = "tf-ratio"
  comparison_operator = "GreaterThanThreshold"
  evaluation_periods  = 1
  threshold           = 0.5
  metric_query {
    id          = "ratio"
    expression  = "bad / all"
    return_data = true
  }
  metric_query {
    id = "bad"
    metric {
      metric_name = "Bad"
      namespace   = "App"
      period      = 60
      stat        = "p90"
    }
  }
  metric_query {
    id = "all"
    metric {
      metric_name = "All"
      namespace   = "App"
      period      = 60
      stat        = "Sum"
    }
  }
}
resource "aws_cloudwatch_composite_alarm" "both" {
  alarm_name = "tf-both"
  alarm_rule = "ALARM(${aws_cloudwatch_metric_alarm.errors.alarm_name}) OR ALARM(${aws_cloudwatch_metric_alarm.ratio.alarm_name})"
}
resource "aws_cloudwatch_dashboard" "page" {
  dashboard_name = "tf-page"
  dashboard_body = jsonencode({ widgets = [{ type = "alarm", properties = { alarms = [aws_cloudwatch_metric_alarm.errors.arn] } }] })
}
"""


@needs_terraform
def test_terraform(servers, tmp_path):
    server = servers("--region", "eu-west-3")
    terraform = make_terraform(server, tmp_path / "tf", ALARMS % "1")
    assert "4 added" in terraform("apply", "-auto-approve")
    assert "No changes" in terraform("plan", "-detailed-exitcode")
    (tmp_path / "tf" / "main.tf").write_text(ALARMS % "2.5")
    assert "1 changed" in terraform("apply", "-auto-approve")
    assert server.client("cloudwatch", "eu-west-3").describe_alarms(AlarmNames=["tf-errors"])["MetricAlarms"][0]["Threshold"] == 2.5
    assert "No changes" in terraform("plan", "-detailed-exitcode")
    terraform("destroy", "-auto-approve")
    assert server.client("cloudwatch", "eu-west-3").describe_alarms()["MetricAlarms"] == []
