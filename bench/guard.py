"""What guards keys and secrets, end to end: each call beside nginx's `return 200` with an answer of the same size.

Every call is verified, authorised and recorded. A call is one entry of CALLS: its name, its targets and what makes it ready."""

import contextlib
import json
import pathlib
import tempfile
import urllib.request

import boto3

from common import TURNS, at_least, median, ratio
from serving import REGION, Call, free_port, load, nginx, running

VALUE = json.dumps({"username": "app_user", "password": "p" * 32, "engine": "postgres", "host": "db.example.org", "port": 5432})


def client(service, port, keys):
    return boto3.client(service, region_name=REGION, endpoint_url=f"http://127.0.0.1:{port}", aws_access_key_id=keys[0],
                        aws_secret_access_key=keys[1])


def secret_value(port, keys):
    client("secretsmanager", port, keys).create_secret(Name="bench", SecretString=VALUE)
    call = Call(port, "/", "secretsmanager", keys, '{"SecretId": "bench"}', "application/x-amz-json-1.1")
    return signed_for(call, "secretsmanager.GetSecretValue")


def signed_for(call, target):
    """x-amz-target is read, and need not be signed."""
    call.headers["X-Amz-Target"] = target
    return call


CALLS = {"GetSecretValue": (0.4, 0.6, secret_value)}


def size_of(call):
    """Of its answer's body."""
    request = urllib.request.Request(call.url, call.body.encode() if call.body else None, call.headers)
    with urllib.request.urlopen(request, timeout=20) as answer:
        return len(answer.read())


def measure(call, options):
    """Rates of the call and of nginx, turn by turn."""
    port, ours, marks = free_port(), [], []
    with nginx(port, size_of(call)):
        mark = Call(port, "/")
        for _ in range(TURNS):
            ours.append(load(call, options.seconds))
            marks.append(load(mark, options.seconds))
    return ours, marks


def bench_guard(options):
    rows = []
    for name, (target, dream, prepare) in CALLS.items():
        port = free_port()
        with tempfile.TemporaryDirectory() as data, contextlib.ExitStack() as servers:
            servers.enter_context(running([options.binary, "serve", "--data", data, "--listen", f"127.0.0.1:{port}"], port))
            stored = json.loads((pathlib.Path(data) / "credentials").read_text())
            call = prepare(port, (stored["accessKeyId"], stored["secretAccessKey"]))
            ours, marks = measure(call, options)
        rows.append([f"{name}: requests/s", f"{median(ours):.0f}", "", ""])
        rows.append([f"{name}, to nginx", *at_least(ratio(ours, marks), target, dream)])
    yield "Keys and secrets, end to end", ["what", "figure", "target", "verdict"], rows
