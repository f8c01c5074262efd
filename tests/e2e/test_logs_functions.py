"""What functions write to log groups, and what log groups send to functions."""

import base64
import gzip
import json

import pytest

from conftest import until
from functions import Functions, python, role, unique
from house import House
from test_iam import name, refused
from test_logs import messages, now, put

MAY_LOG = {"Effect": "Allow", "Action": ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"], "Resource": "*"}
SAY = "def handler(event, context):\n    print('GOT ' + event['awslogs']['data'])\n"


@pytest.fixture(scope="module")
def functions(yagura):
    return Functions(yagura)


def lines(logs, function):
    """All that a function has said so far."""
    group = f"/aws/lambda/{function}"
    if not logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]:
        return []
    return [e["message"] for e in logs.filter_log_events(logGroupName=group)["events"]]


def received(logs, function):
    return [json.loads(gzip.decompress(base64.b64decode(line[4:]))) for line in lines(logs, function) if line.startswith("GOT ")]


def test_output_goes_to_the_functions_group(yagura, functions):
    logs = yagura.client("logs")
    function = functions.make("def handler(event, context):\n    print('hello')\n    print(context.log_stream_name)\n",
                              Role=role(yagura, MAY_LOG))
    functions.result(function)
    functions.result(function)
    said = until(lambda: len(found := lines(logs, function)) >= 11 and found, "the output")
    assert [line.split(" ")[0].strip() for line in said[:3]] == ["INIT_START", "START", "hello"] and said[-1].startswith("REPORT RequestId: ")
    streams = logs.describe_log_streams(logGroupName=f"/aws/lambda/{function}")["logStreams"]
    assert [s["logStreamName"] + "\n" for s in streams] == [said[3]] and "/[$LATEST]" in said[3]


def test_without_the_right_it_goes_to_the_servers_log(servers):
    server = servers("--log-level", "info")
    functions = Functions(server)
    function = functions.make("def handler(event, context):\n    print('NOWHERE ELSE')\n")
    functions.result(function)
    until(lambda: '"line":"NOWHERE ELSE"' in server.said(), "the line")
    assert lines(server.client("logs"), function) == []


def test_a_subscription_sends_what_matches_to_a_function(yagura, functions):
    logs, group = yagura.client("logs"), name("/app/sent")
    account = yagura.client("sts").get_caller_identity()["Account"]
    function = functions.make(SAY, Role=role(yagura, MAY_LOG))
    arn = functions.client.get_function(FunctionName=function)["Configuration"]["FunctionArn"]
    logs.create_log_group(logGroupName=group)
    logs.create_log_stream(logGroupName=group, logStreamName="s")

    def subscribe(filter_name="to-function", pattern="ERROR", **more):
        logs.put_subscription_filter(logGroupName=group, filterName=filter_name, filterPattern=pattern, destinationArn=arn, **more)
    with refused("InvalidParameterException", "Could not execute the lambda function. Make sure you have given CloudWatch Logs permission "
                 "to execute your function."):
        subscribe()
    functions.client.add_permission(
        FunctionName=function, StatementId="logs", Action="lambda:InvokeFunction", Principal="logs.ap-northeast-1.amazonaws.com",
        SourceAccount=account, SourceArn=f"arn:aws:logs:ap-northeast-1:{account}:log-group:{group}:*")
    put(logs, group, ["ERROR too early"])
    subscribe()
    subscribe("second", "[first, ..., last = two]")
    with refused("LimitExceededException", "Resource limit exceeded."):
        subscribe("third")
    at = now()
    put(logs, group, ["ERROR one", "fine", "an ERROR two"], at=at)
    got = until(lambda: len(found := received(logs, function)) >= 2 and found, "the events")
    mine = next(m for m in got if m["subscriptionFilters"] == ["to-function"])
    assert mine["messageType"] == "DATA_MESSAGE" and mine["owner"] == account
    assert (mine["logGroup"], mine["logStream"]) == (group, "s")
    assert [(e["timestamp"], e["message"]) for e in mine["logEvents"]] == [(at, "ERROR one"), (at + 2, "an ERROR two")]
    other = next(m for m in got if m["subscriptionFilters"] == ["second"])["logEvents"]
    assert [e["extractedFields"] for e in other] == [{"first": "an", "last": "two"}]
    found = logs.describe_subscription_filters(logGroupName=group)["subscriptionFilters"]
    assert [(f["filterName"], f["distribution"], f["destinationArn"]) for f in found] == [
        ("second", "ByLogStream", arn), ("to-function", "ByLogStream", arn)]
    for one in ("to-function", "second"):
        logs.delete_subscription_filter(logGroupName=group, filterName=one)
    with refused("ResourceNotFoundException", "The specified subscription filter does not exist."):
        logs.delete_subscription_filter(logGroupName=group, filterName="second")
    with refused("InvalidParameterException"):
        logs.put_subscription_filter(logGroupName=group, filterName="f", filterPattern="", roleArn=functions.role,
                                     destinationArn=f"arn:aws:kinesis:ap-northeast-1:{account}:stream/s")
    logs.delete_log_group(logGroupName=group)


def test_another_accounts_destination(servers):
    server = servers()
    house = House(server)
    house.api.create_organization(FeatureSet="ALL")
    other = house.make("Other")["AccountId"]
    theirs = {service: house.client(service, other) for service in ("logs", "iam", "lambda")}
    logs, group = server.client("logs"), name("/app/away")
    mine = server.client("sts").get_caller_identity()["Account"]
    trust = json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
        for service in ("lambda.amazonaws.com", "logs.amazonaws.com")]})
    role_name = unique("role")
    role_arn = theirs["iam"].create_role(RoleName=role_name, AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    theirs["iam"].put_role_policy(RoleName=role_name, PolicyName="p", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [
        MAY_LOG, {"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": "*"}]}))
    function = unique()
    arn = theirs["lambda"].create_function(FunctionName=function, Runtime="python3.12", Handler="app.handler", Role=role_arn,
                                           Code={"ZipFile": python(SAY)})["FunctionArn"]
    destination = theirs["logs"].put_destination(destinationName="central", targetArn=arn, roleArn=role_arn, tags={"a": "b"})["destination"]
    assert theirs["logs"].list_tags_for_resource(resourceArn=destination["arn"])["tags"] == {"a": "b"}
    logs.create_log_group(logGroupName=group)
    logs.create_log_stream(logGroupName=group, logStreamName="s")

    def subscribe():
        logs.put_subscription_filter(logGroupName=group, filterName="f", filterPattern="", destinationArn=destination["arn"])
    with refused("AccessDeniedException"):
        subscribe()
    theirs["logs"].put_destination_policy(destinationName="central", accessPolicy=json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": mine}, "Action": "logs:PutSubscriptionFilter", "Resource": destination["arn"]}]}))
    subscribe()
    put(logs, group, ["far away"])
    got = until(lambda: received(theirs["logs"], function), "the events")
    assert got[0]["owner"] == mine and [e["message"] for e in got[0]["logEvents"]] == ["far away"]
    assert [d["destinationName"] for d in theirs["logs"].describe_destinations(DestinationNamePrefix="c")["destinations"]] == ["central"]
    theirs["logs"].delete_destination(destinationName="central")
    with refused("ResourceNotFoundException"):
        theirs["logs"].delete_destination(destinationName="central")
