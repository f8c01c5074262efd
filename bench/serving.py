"""Requests against nginx and moto under the same load, and the start of the server.

Requests carry one signature: AWS, and so Yagura, accepts it for 15 minutes, and checks it every time."""

import contextlib
import json
import pathlib
import re
import socket
import subprocess
import tempfile
import time

import boto3
import botocore.auth
import botocore.awsrequest
import botocore.config
import botocore.credentials

from common import ROOT, TURNS, WORK, median, ratio

REGION = "ap-northeast-1"
CONNECTIONS = 128  # of every server alike: a durable record is shared by those that wait
NGINX_NAME = "nginx `return 200`, 200 bytes"
MOTO_LIST = "moto ListDetectors (it lacks ListFindings)"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(port, process, patience=30):
    deadline = time.monotonic() + patience
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            if process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit(f"{process.args} does not listen")
            time.sleep(0.0005)


@contextlib.contextmanager
def running(command, port, **options):
    with open(WORK / "server.log", "ab") as log:
        process = subprocess.Popen([str(word) for word in command], stdout=log, stderr=log, **options)
    try:
        wait_for(port, process)
        yield process
    finally:
        process.terminate()
        process.wait(30)


# ---- requests ---------------------------------------------------------------------------------------------------

class Call:
    """One request, signed once."""

    def __init__(self, port, path, service=None, keys=None, body=None, content_type=None, target=None):
        self.url, self.body = f"http://127.0.0.1:{port}{path}", body
        headers = {"Content-Type": content_type} if content_type else {}
        headers.update({"X-Amz-Target": target} if target else {})
        request = botocore.awsrequest.AWSRequest("POST" if body else "GET", self.url, data=body, headers=headers)
        if keys:
            botocore.auth.SigV4Auth(botocore.credentials.Credentials(*keys), service, REGION).add_auth(request)
        self.headers = dict(request.headers.items())

    def script(self):
        lines = ['wrk.method = "POST"', f"wrk.body = {json.dumps(self.body)}"] if self.body else []
        lines += [f"wrk.headers[{json.dumps(key)}] = {json.dumps(value)}" for key, value in self.headers.items()]
        return "\n".join(lines) + "\n"


def load(call, seconds):
    """Requests a second; any answer that is not a success ends the run."""
    script = WORK / "wrk.lua"
    script.write_text(call.script())
    text = subprocess.run(["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--timeout", "20s", "-s", script, call.url],
                          check=True, stdout=subprocess.PIPE, text=True).stdout
    if "Non-2xx" in text:
        raise SystemExit(f"{call.url}: {text}")
    return float(re.search(r"Requests/sec: +([\d.]+)", text).group(1))


NGINX = """worker_processes auto; daemon off; pid {work}/nginx.pid; error_log {work}/nginx.log;
events {{ worker_connections 1024; }}
http {{ access_log off; keepalive_requests 1000000000; client_body_temp_path {work}/b; proxy_temp_path {work}/p;
fastcgi_temp_path {work}/f; uwsgi_temp_path {work}/u; scgi_temp_path {work}/s;
server {{ listen 127.0.0.1:{port}; location / {{ return 200 "{text}"; }} }} }}
"""


def nginx(port, size=200):
    path = WORK / "nginx.conf"
    path.write_text(NGINX.format(work=WORK, port=port, text="x" * size))
    return running(["/usr/sbin/nginx", "-c", path, "-p", WORK], port)


def get_caller_identity(port, keys):
    return Call(port, "/", "sts", keys, "Action=GetCallerIdentity&Version=2011-06-15",
                "application/x-www-form-urlencoded; charset=utf-8")


def make_detector(port, keys):
    client = boto3.client("guardduty", region_name=REGION, endpoint_url=f"http://127.0.0.1:{port}",
                          aws_access_key_id=keys[0], aws_secret_access_key=keys[1])
    return client, client.create_detector(Enable=True)["DetectorId"]


def wait_for_findings(client, detector):
    for _ in range(200):
        found = client.list_findings(DetectorId=detector)["FindingIds"]
        if found:
            return len(found)
        time.sleep(0.05)
    raise SystemExit("the sample logs gave no finding")


def bench_http(options):
    keys = ("AKIDEXAMPLE", "secret")
    port, nginx_port, moto_port = free_port(), free_port(), free_port()
    with tempfile.TemporaryDirectory() as data, contextlib.ExitStack() as servers:
        servers.enter_context(nginx(nginx_port))
        servers.enter_context(running([ROOT / "build/venv-bench/bin/python", "-m", "moto.server", "-p", moto_port],
                                      moto_port))
        servers.enter_context(running([options.binary, "serve", "--data", data, "--listen", f"127.0.0.1:{port}",
                                       "--watch", ROOT / "examples/logs"], port))
        stored = json.loads((pathlib.Path(data) / "credentials").read_text())
        own = (stored["accessKeyId"], stored["secretAccessKey"])
        client, detector = make_detector(port, own)
        listed = wait_for_findings(client, detector)
        make_detector(moto_port, keys)
        calls = {
            NGINX_NAME: Call(nginx_port, "/"),
            "yagura GetCallerIdentity": get_caller_identity(port, own),
            "yagura ListFindings": Call(port, f"/detector/{detector}/findings", "guardduty", own, "{}", "application/json"),
            "moto GetCallerIdentity": get_caller_identity(moto_port, keys),
            MOTO_LIST: Call(moto_port, "/detector", "guardduty", keys),
        }
        rates = {name: [] for name in calls}
        for _ in range(TURNS):
            for name, call in calls.items():
                rates[name].append(load(call, options.seconds))
    yield from http_table(rates, listed)


def http_table(rates, listed):
    def ratio(name, other):
        return f"{median(a / b for a, b in zip(rates[name], rates[other])):.2f}" if other else ""

    marks = {"yagura GetCallerIdentity": "moto GetCallerIdentity", "yagura ListFindings": MOTO_LIST}
    yield (f"Requests, wrk with {CONNECTIONS} connections on the same cores; ListFindings lists {listed} ids",
           ["what", "requests/s", "to nginx", "to moto"],
           [[name, f"{median(values):.0f}", ratio(name, NGINX_NAME), ratio(name, marks.get(name))]
            for name, values in rates.items()])


# ---- start and idle ---------------------------------------------------------------------------------------------

def resident_megabytes(process):
    text = pathlib.Path(f"/proc/{process.pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", text).group(1)) / 1024


def bench_start(options):
    starts, memory = [], []
    with tempfile.TemporaryDirectory() as data:
        for turn in range(TURNS + 1):
            port = free_port()
            started = time.perf_counter()
            with running([options.binary, "serve", "--data", data, "--listen", f"127.0.0.1:{port}"], port) as process:
                if turn > 0:  # the first makes the folder
                    starts.append((time.perf_counter() - started) * 1000)
                    time.sleep(0.5)
                    memory.append(resident_megabytes(process))
    yield "Start on an existing data folder, and at rest", ["what", "figure", "target"], [
        ["from exec to the first accepted connection", f"{median(starts):.1f} ms", "< 25 ms"],
        ["resident memory when idle", f"{median(memory):.1f} MB", "< 20 MB"]]
