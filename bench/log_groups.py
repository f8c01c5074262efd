"""Log events in and found again: PutLogEvents of 10,000 and of 10 lines, and a FilterLogEvents that has to look at all of them."""

import gzip
import json
import pathlib
import tempfile
import time

import boto3

from common import TURNS, median
from serving import Call, REGION, free_port, load, running

LINES, FEW = 10000, 10
ROUNDS = 40


def line(number):
    return json.dumps({"level": "info", "request": f"{number * 2654435761 % 2**32:08x}", "path": f"/items/{number % 97}", "ms": number % 41})


def put_call(port, keys, count):
    body = {"logGroupName": "bench", "logStreamName": f"s{count}",
            "logEvents": [{"timestamp": int(time.time() * 1000), "message": line(n)} for n in range(count)]}
    return Call(port, "/", "logs", keys, json.dumps(body), "application/x-amz-json-1.1", target="Logs_20140328.PutLogEvents")


def puts_a_second(logs, count, rounds):
    """One client, one call after the other."""
    events = [{"timestamp": int(time.time() * 1000), "message": line(n)} for n in range(count)]
    began = time.monotonic()
    for _ in range(rounds):
        logs.put_log_events(logGroupName="bench", logStreamName=f"s{count}", logEvents=events)
    return rounds * count / (time.monotonic() - began)


def search(logs):
    began = time.monotonic()
    pages = logs.get_paginator("filter_log_events").paginate(logGroupName="bench", logStreamNames=[f"s{LINES}"], filterPattern='"no such text"')
    assert sum(len(page["events"]) for page in pages) == 0
    return time.monotonic() - began


def bench_groups(options):
    port = free_port()
    text = "\n".join(line(n) for n in range(LINES)).encode()
    with tempfile.TemporaryDirectory() as data, running([options.binary, "serve", "--data", data, "--listen", f"127.0.0.1:{port}"], port):
        stored = json.loads((pathlib.Path(data) / "credentials").read_text())
        keys = (stored["accessKeyId"], stored["secretAccessKey"])
        logs = boto3.client("logs", region_name=REGION, endpoint_url=f"http://127.0.0.1:{port}", aws_access_key_id=keys[0],
                            aws_secret_access_key=keys[1])
        logs.create_log_group(logGroupName="bench")
        for count in (FEW, LINES):
            logs.create_log_stream(logGroupName="bench", logStreamName=f"s{count}")
        few = [FEW * load(put_call(port, keys, FEW), options.seconds) for _ in range(TURNS)]
        many = puts_a_second(logs, LINES, ROUNDS)
        seconds = median(search(logs) for _ in range(TURNS))
    began = time.monotonic()
    gzip.compress(text, 1)
    packing = time.monotonic() - began
    yield ("Log events: durable when answered; lines of 75 bytes", ["what", "figure"], [
        [f"PutLogEvents of {FEW}, wrk, events/s", f"{median(few):.0f}"],
        [f"PutLogEvents of {LINES:,}, one boto3 client, events/s", f"{many:.0f}"],
        [f"FilterLogEvents over {ROUNDS * len(text) / 1e6:.0f} MB without a match, MB/s", f"{ROUNDS * len(text) / 1e6 / seconds:.0f}"],
        ["gzip -1 of the same lines by Python, MB/s", f"{len(text) / 1e6 / packing:.0f}"]])
