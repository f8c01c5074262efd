"""Log groups through clients that people use: `aws logs tail`, watchtower, the SDK for JavaScript, Terraform."""

import contextlib
import json
import logging
import os
import pathlib
import subprocess
import sys
import threading
import time

import boto3
import pytest

from clients import through_cli, through_javascript
from conftest import until
from functions import Functions
from test_iam import name
from test_logs import messages, now, put
from test_terraform import make_terraform, pytestmark as needs_terraform

FEW = bool(os.environ.get("YAGURA_FEW") or os.environ.get("YAGURA_TEST_STORE"))  # one flavour tries all clients
CLI_2 = pathlib.Path("/usr/bin/aws")


@pytest.fixture
def stream(yagura):
    logs, group = yagura.client("logs"), name("/app/clients")
    logs.create_log_group(logGroupName=group)
    logs.create_log_stream(logGroupName=group, logStreamName="s")
    yield group
    logs.delete_log_group(logGroupName=group)


def cli_2(server, *words, **more):
    environment = {k: v for k, v in server.environment().items() if not k.startswith("PYTHON")}
    environment["PYTHONUNBUFFERED"] = "1"
    return subprocess.Popen(["timeout", "30", CLI_2, "--endpoint-url", server.endpoint, "logs", *words], env=environment, text=True,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, **more)


@pytest.mark.skipif(FEW, reason="tried in the release flavour on SQLite")
@pytest.mark.skipif(not CLI_2.exists(), reason="version 2 of the AWS CLI is not installed (Debian: awscli)")
def test_tail_follows(yagura, stream):
    logs = yagura.client("logs")
    put(logs, stream, ["already there"])
    tail = cli_2(yagura, "tail", stream, "--follow", "--format", "short", "--since", "5m")
    seen = []
    try:
        for line in tail.stdout:
            if line.strip():
                seen.append(line.split(" ", 1)[1].strip())
            if seen == ["already there"]:
                put(logs, stream, [f"new {n}" for n in range(3)])
            if len(seen) == 4:
                break
    finally:
        tail.kill()
        tail.wait()
    assert seen == ["already there", "new 0", "new 1", "new 2"]
    out, err = cli_2(yagura, "tail", stream, "--filter-pattern", "new", "--format", "json").communicate(timeout=20)
    assert [line.split(" ", 2)[2] for line in out.splitlines() if line.strip()] == ["new 0", "new 1", "new 2"], err


@pytest.mark.skipif(FEW, reason="tried in the release flavour on SQLite")
def test_the_cli_shows_a_live_tail(yagura, stream):
    logs = yagura.client("logs")
    arn = logs.describe_log_groups(logGroupNamePrefix=stream)["logGroups"][0]["logGroupArn"]
    environment = {**yagura.environment(), "PYTHONUNBUFFERED": "1", "AWS_DISABLE_HOST_PREFIX_INJECTION": "true"}
    tail = subprocess.Popen(["timeout", "30", pathlib.Path(sys.executable).parent / "aws", "logs", "start-live-tail",
                             "--log-group-identifiers", arn], env=environment, text=True, stdout=subprocess.PIPE)
    stop = threading.Event()

    def keep_putting():
        while not stop.wait(0.3):
            put(logs, stream, ["alive"])
    writer = threading.Thread(target=keep_putting)
    writer.start()
    try:
        assert "alive" in tail.stdout.readline()
    finally:
        stop.set()
        writer.join()
        tail.kill()
        tail.wait()


def test_an_agent_delivers(yagura, stream):
    """watchtower: fluent-bit is in no Debian, sid included."""
    watchtower = pytest.importorskip("watchtower", reason="watchtower is not installed")
    session = boto3.session.Session(yagura.credentials["accessKeyId"], yagura.credentials["secretAccessKey"], region_name="ap-northeast-1")
    handler = watchtower.CloudWatchLogHandler(
        log_group_name=stream, log_stream_name="{machine_name}/agent", send_interval=1, create_log_group=False,
        boto3_client=session.client("logs", endpoint_url=yagura.endpoint))
    logger = logging.getLogger("agent")
    logger.setLevel("INFO")
    logger.propagate = False
    logger.addHandler(handler)
    for number in range(250):
        logger.info({"number": number, "text": "structured"})
    handler.close()
    logger.removeHandler(handler)
    logs = yagura.client("logs")
    found = logs.filter_log_events(logGroupName=stream, filterPattern="{ $.number >= 100 }")["events"]
    assert [json.loads(e["message"])["number"] for e in found] == list(range(100, 250))


@contextlib.contextmanager
def cloudwatch_agent(server, folder, group):
    """AWS's CloudWatch Logs agent, which follows a file: a plugin of the AWS CLI."""
    settings = {"file": folder / "app.log", "log_group_name": group, "log_stream_name": "host", "datetime_format": "%Y-%m-%dT%H:%M:%S",
                "time_zone": "UTC", "initial_position": "start_of_file", "batch_count": 2}
    (folder / "agent.conf").write_text("\n".join(["[general]", f"state_file = {folder}/state", "[app]", *(
        f"{key} = {value}" for key, value in settings.items())]))
    (folder / "aws").write_text("[plugins]\ncwlogs = cwlogs\n")
    command = [pathlib.Path(sys.executable).parent / "aws", "--endpoint-url", server.endpoint, "logs", "push", "--config-file",
               str(folder / "agent.conf")]
    with (folder / "said").open("ab") as said:
        agent = subprocess.Popen(command, env={**server.environment(), "AWS_CONFIG_FILE": str(folder / "aws")},
                                 stdout=said, stderr=said)
        try:
            yield
        finally:
            agent.kill()
            agent.wait()


@pytest.mark.skipif(FEW, reason="tried in the release flavour on SQLite")
def test_the_cloudwatch_logs_agent_follows_a_file(yagura, tmp_path):
    pytest.importorskip("cwlogs", reason="the CloudWatch Logs agent (awscli-cwlogs) is not installed")
    logs, group = yagura.client("logs"), name("/agent/file")
    written = []

    def write(count):
        with (tmp_path / "app.log").open("a") as log:
            for _ in range(count):
                written.append(f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime())} ünï {len(written)}")
                log.write(f"{written[-1]}\n")

    def arrived():
        try:
            return messages(logs.get_log_events(logGroupName=group, logStreamName="host", startFromHead=True))
        except logs.exceptions.ResourceNotFoundException:  # the agent makes group and stream
            return []
    write(3)
    with cloudwatch_agent(yagura, tmp_path, group):
        until(lambda: arrived()[:2] == written[:2], "the lines that were there")  # a full batch goes at once
        write(3)
        until(lambda: arrived() == written, "the lines that came")
    logs.delete_log_group(logGroupName=group)


def one_life(logs, group):
    logs.create_log_group(logGroupName=group, tags={"a": "b"})
    logs.create_log_stream(logGroupName=group, logStreamName="s")
    logs.put_retention_policy(logGroupName=group, retentionInDays=7)
    logs.put_log_events(logGroupName=group, logStreamName="s", logEvents=[{"timestamp": now(), "message": "ünï ERROR"}])
    found = logs.filter_log_events(logGroupName=group, filterPattern="ERROR")
    assert messages(found) == ["ünï ERROR"]
    assert messages(logs.get_log_events(logGroupName=group, logStreamName="s", startFromHead=True)) == ["ünï ERROR"]
    logs.put_metric_filter(logGroupName=group, filterName="f", filterPattern="ERROR", metricTransformations=[
        {"metricName": "m", "metricNamespace": "n", "metricValue": "1"}])
    assert logs.describe_metric_filters(logGroupName=group)["metricFilters"][0]["filterName"] == "f"
    shown = logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"][0]
    assert (shown["retentionInDays"], shown["metricFilterCount"]) == (7, 1)
    assert logs.describe_log_streams(logGroupName=group)["logStreams"][0]["logStreamName"] == "s"
    assert logs.list_tags_for_resource(resourceArn=shown["logGroupArn"])["tags"] == {"a": "b"}
    logs.delete_log_group(logGroupName=group)


@pytest.mark.skipif(FEW, reason="tried in the release flavour on SQLite")
def test_the_cli_and_javascript_live_a_life(yagura, javascript):
    one_life(through_cli(yagura, "logs"), name("/cli/life"))
    one_life(through_javascript(javascript, yagura, "logs"), name("/js/life"))


LOGS_TF = """
resource "aws_cloudwatch_log_group" "app" {
  name              = "/tf/app"
  retention_in_days = %s
  tags              = { team = "red" }
}
resource "aws_cloudwatch_log_stream" "one" {
  name           = "one"
  log_group_name = aws_cloudwatch_log_group.app.name
}
resource "aws_cloudwatch_log_metric_filter" "errors" {
  name           = "errors"
  log_group_name = aws_cloudwatch_log_group.app.name
  pattern        = "{ $.level = \\"error\\" }"
  metric_transformation {
    name       = "Errors"
    namespace  = "App"
    value      = "$.count"
    dimensions = { Host = "$.host" }
  }
}
resource "aws_cloudwatch_log_subscription_filter" "sent" {
  name            = "sent"
  log_group_name  = aws_cloudwatch_log_group.app.name
  filter_pattern  = "error"
  destination_arn = "%s"
}
data "aws_iam_policy_document" "events" {
  statement {
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["${aws_cloudwatch_log_group.app.arn}:*"]
    principals {
      type        = "Service"
      identifiers = ["events.amazonaws.com"]
    }
  }
}
resource "aws_cloudwatch_log_resource_policy" "events" {
  policy_name     = "events"
  policy_document = data.aws_iam_policy_document.events.json
}
data "aws_cloudwatch_log_groups" "all" {
  log_group_name_prefix = "/tf/"
  depends_on            = [aws_cloudwatch_log_group.app]
}
"""


@needs_terraform
def test_terraform(servers, tmp_path):
    server, region = servers("--region", "eu-west-3"), "eu-west-3"
    functions = Functions(server)
    functions.client = server.client("lambda", region)
    function = functions.make("def handler(event, context):\n    pass\n")
    functions.client.add_permission(FunctionName=function, StatementId="logs", Action="lambda:InvokeFunction", Principal="logs.amazonaws.com")
    arn = functions.client.get_function(FunctionName=function)["Configuration"]["FunctionArn"]
    terraform = make_terraform(server, tmp_path / "tf", LOGS_TF % (7, arn))
    assert "5 added" in terraform("apply", "-auto-approve")
    assert "No changes" in terraform("plan", "-detailed-exitcode")
    (tmp_path / "tf" / "main.tf").write_text(LOGS_TF % (30, arn))
    assert "1 changed" in terraform("apply", "-auto-approve")
    logs = server.client("logs", region)
    assert logs.describe_log_groups()["logGroups"][0]["retentionInDays"] == 30
    assert "No changes" in terraform("plan", "-detailed-exitcode")
    terraform("destroy", "-auto-approve")
    assert logs.describe_log_groups()["logGroups"] == [] and logs.describe_resource_policies()["resourcePolicies"] == []
