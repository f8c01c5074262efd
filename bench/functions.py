"""Lambda end to end: how long a caller waits for a function that does nothing, cold and warm.

Cold: the first call of a version, unpacking, sandbox and interpreter included. Warm: calls of one client, one after the other, over
one connection; as the handler takes no time of its own, all of it is overhead."""

import http.client
import io
import json
import pathlib
import tempfile
import time
import zipfile

import boto3

from common import at_most, median
from serving import REGION, Call, free_port, running

COLD, WARM = 12, 500
TRUST = json.dumps({"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]})
RUNTIMES = {
    "python3": ("python3.12", "app.py", "def handler(event, context):\n    return event\n"),
    "node": ("nodejs20.x", "app.mjs", "export const handler = async (event) => event;\n"),
}


def archive(name, text):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        made.writestr(name, text)
    return out.getvalue()


def asked(connection, call):
    """Milliseconds of one call."""
    started = time.perf_counter()
    connection.request("POST", "/" + call.url.split("/", 3)[3], call.body, call.headers)
    answer = connection.getresponse()
    body = answer.read()
    took = (time.perf_counter() - started) * 1000
    if answer.status != 200 or answer.getheader("x-amz-function-error"):
        raise SystemExit(f"{call.url}: {answer.status} {body!r}")
    return took


def measure(port, keys, runtime):
    version, file, text = RUNTIMES[runtime]

    def client(service):
        return boto3.client(service, region_name=REGION, endpoint_url=f"http://127.0.0.1:{port}", aws_access_key_id=keys[0],
                            aws_secret_access_key=keys[1])
    role = client("iam").create_role(RoleName=f"bench-{runtime}", AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
    connection = http.client.HTTPConnection("127.0.0.1", port)
    cold = []
    for i in range(COLD):
        name = f"bench-{runtime}-{i}"
        client("lambda").create_function(FunctionName=name, Runtime=version, Handler="app.handler", Role=role, MemorySize=256,
                                         Code={"ZipFile": archive(file, text + f"\n{'//' if runtime == 'node' else '#'} {i}\n")})
        call = Call(port, f"/2015-03-31/functions/{name}/invocations", "lambda", keys, '{"a": 1}', "application/json")
        cold.append(asked(connection, call))
    return cold, [asked(connection, call) for _ in range(WARM)]


def function_rows(options):
    for runtime in RUNTIMES:
        port = free_port()
        with tempfile.TemporaryDirectory() as data, \
                running([options.binary, "serve", "--data", data, "--listen", f"127.0.0.1:{port}"], port):
            stored = json.loads((pathlib.Path(data) / "credentials").read_text())
            cold, warm = measure(port, (stored["accessKeyId"], stored["secretAccessKey"]), runtime)
        yield [f"Lambda {runtime}: cold Invoke, ms", *at_most(median(cold), 150, 100)]
        yield [f"Lambda {runtime}: warm Invoke, ms", *at_most(median(warm), 1.0, 0.5)]
