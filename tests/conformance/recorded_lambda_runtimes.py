"""What functions of each runtime did at AWS."""

import json
import re

from recorded_lambda import archive, case, make
from recorded_lambda_functions import of, whole
from recorded_lambda_policies import allow_logs, spoken

COMMON = "test_lambda_common.py::TestLambdaRuntimesCommon::test_"
RUNTIMES = "test_lambda_runtimes.py::Test"
PYTHON = "def handler(event, context):\n    raise Exception('Failed: ' + event['error_msg'])\n"
NODE = "exports.handler = async (event) => { throw new Error(`Error: ${event.error_msg}`); };\n"
FAILS = """#!/usr/bin/python3
import json, os, urllib.request
base = f"http://{os.environ['AWS_LAMBDA_RUNTIME_API']}/2018-06-01/runtime/invocation/"
while True:
    with urllib.request.urlopen(base + "next") as event:
        id, message = event.headers["Lambda-Runtime-Aws-Request-Id"], json.load(event)["error_msg"]
    body = json.dumps({"errorMessage": %s, "errorType": "%s"}).encode()
    urllib.request.urlopen(urllib.request.Request(f"{base}{id}/error", body, {"Lambda-Runtime-Function-Error-Type": "x"}))
"""
BOXED = "&alloc::boxed::Box<dyn core::error::Error + core::marker::Send + core::marker::Sync>"
NEW_PYTHONS = [f"python3.{minor}" for minor in range(9, 15)]
NODES = [f"nodejs{major}.x" for major in range(16, 26, 2)]
PLAIN = {"Timeout": None, "Environment": None, "MemorySize": 1024}


def each(name, runtimes, *more):
    """The case of one recording for each runtime."""
    def register(function):
        for runtime in runtimes:
            case(f"{name}[{runtime}]", runtime, *more)(function)
        return function
    return register


def digest_told(made):
    """Some recordings write a digest within further marks."""
    return {**made, "CodeSha256": f"<{made['CodeSha256']}:1>"}


def failed(aws, code, file, runtime, handler):
    client, made = make(aws, code, file, Runtime=runtime, Handler=handler, **PLAIN)
    return {"create_function_result": made, "error_result": client.invoke(**of(made), Payload=json.dumps({"error_msg": "some_error_msg"}))}


@each(COMMON + "uncaught_exception_invoke", NEW_PYTHONS)
def python_fails(aws, runtime):
    return failed(aws, PYTHON, "handler.py", runtime, "handler.handler")


@each(COMMON + "uncaught_exception_invoke", NODES)
def node_fails(aws, runtime):
    return failed(aws, NODE, "index.js", runtime, "index.handler")


@each(COMMON + "uncaught_exception_invoke", ["provided.al2", "provided.al2023"], ("repr", BOXED))
@each(RUNTIMES + "GoProvidedRuntimes::test_uncaught_exception_invoke", ["provided.al2", "provided.al2023"], ("str", "errorString"))
def bootstrap_fails(aws, runtime, how):
    message = "'Error: ' + json.dumps(message)" if how[0] == "repr" else "'Error: ' + message"
    answers = failed(aws, FAILS % (message, how[1]), "bootstrap", runtime, "function.handler")
    return answers if how[0] == "repr" else {**answers, "create_function_result": digest_told(answers["create_function_result"])}


WRAPPER = "#!/bin/bash\nexport WRAPPER_VAR=test_value\nexec \"$@\"\n"


def wrapped(aws, runtime, code, file):
    client, made = make(aws, {file: code, "environment_wrapper": WRAPPER}, Runtime=runtime, Handler=file.split(".")[0] + ".handler", Timeout=None,
                        MemorySize=1024, Environment={"Variables": {"AWS_LAMBDA_EXEC_WRAPPER": "/var/task/environment_wrapper"}})
    answer = client.invoke(**of(made), Payload=b"{}")["Payload"].read()
    assert json.loads(answer) == "test_value", answer
    return {"create_function_result": made}


@each(COMMON + "runtime_wrapper_invoke", ["python3.8", *NEW_PYTHONS])
def python_wrapped(aws, runtime):
    return wrapped(aws, runtime, "import os\ndef handler(event, context):\n    return os.environ['WRAPPER_VAR']\n", "handler.py")


@each(COMMON + "runtime_wrapper_invoke", NODES)
def node_wrapped(aws, runtime):
    return wrapped(aws, runtime, "exports.handler = async () => process.env.WRAPPER_VAR;\n", "index.js")


@each(RUNTIMES + "NodeJSRuntimes::test_invoke_nodejs_es6_lambda", NODES)
def es6(aws, runtime):
    code = ("export const handler = async (event) => ({ statusCode: 200, "
            "body: JSON.stringify(`response from localstack lambda: ${JSON.stringify(event)}`) });\n")
    client, made = make(aws, code, "lambda_handler_es6.mjs", Runtime=runtime, Handler="lambda_handler_es6.handler")
    return {"creation-result": whole(digest_told(made)), "invocation-result": client.invoke(**of(made), Payload=b'{"event_type": "test_lambda"}')}


@case(RUNTIMES + "CloudwatchLogs::test_multi_line_prints")
def lines(aws):
    code = "def handler(event, context):\n    print('multi\\nline\\nstring')\n    print('another\\rline')\n"
    client, made = make(aws, code, Runtime="python3.13")
    allow_logs(aws, made)
    client.invoke(**of(made), Payload=b"{}")
    spoken(aws, made, "REPORT RequestId")
    events = aws.client("logs").filter_log_events(logGroupName=f"/aws/lambda/{made['FunctionName']}")["events"]
    return {"log-events": [{**event, "message": re.sub(r"[0-9.]+ ms", "<duration> ms", event["message"]), "timestamp": "timestamp", "ingestionTime": "timestamp", "eventId": "event-id"} for event in events]}
