#!/usr/bin/env python3
"""make bench: how fast Yagura is, each figure beside a mark measured in the same run (medians of five, turn by turn).

    bench/run.py --binary build/release/yagura [--megabytes 200] [--seconds 2] [--only detect|rules|http|start]

1. detection over generated logs against libdeflate inflating the same files and doing nothing else
2. the same with 10 to 5,000 generated Sigma rules beside the built-in ones, in seconds of the processor
3. GetCallerIdentity and ListFindings, properly signed, against nginx `return 200` and moto's server under the same load
4. start on an existing data folder and memory when idle

Writes bench/results/DATE.md; a part that was asked for alone goes to DATE-PART.md. Requests carry one signature: AWS, and so
Yagura, accepts it for 15 minutes, and checks it every time."""

import argparse
import contextlib
import datetime
import json
import os
import pathlib
import platform
import re
import socket
import statistics
import subprocess
import tempfile
import time

import botocore.auth
import botocore.awsrequest
import botocore.config
import botocore.credentials
import boto3

ROOT = pathlib.Path(__file__).resolve().parent.parent
WORK = ROOT / "build/bench"
REGION = "ap-northeast-1"
TURNS = 5
CONNECTIONS = 32
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


# ---- 1. detection --------------------------------------------------------------------------------------------------

def corpus(megabytes):
    folder = WORK / f"days-{megabytes}"
    if not (folder / "AWSLogs").is_dir():
        subprocess.run([ROOT / "tools/sample_logs.py", "--out", folder, "--size", str(megabytes)], check=True,
                       stdout=subprocess.DEVNULL)
    return folder


def detect_seconds(binary, folder, threads):
    started = time.perf_counter()
    result = subprocess.run([binary, "detect", "--threads", str(threads), "--no-progress", "--format", "ndjson",
                             "--output", WORK / "findings.ndjson", folder], stderr=subprocess.PIPE, text=True)
    if result.returncode != 1:
        raise SystemExit(f"yagura detect ended with {result.returncode}: {result.stderr}")
    return time.perf_counter() - started


def inflate(folder):
    """Bytes of JSON, and the processor's seconds that libdeflate alone takes for them."""
    text = subprocess.run([ROOT / "build/release/bench/inflate_bench", folder], check=True, stdout=subprocess.PIPE,
                          text=True).stdout
    return int(text.split()[0]), float(text.split()[1])


def bench_detect(options):
    folder = corpus(options.megabytes)
    floor, one, all_cores = [], [], []
    for _ in range(TURNS):
        size, seconds = inflate(folder)
        floor.append(size / 1e6 / seconds)
        one.append(size / 1e6 / detect_seconds(options.binary, folder, 1))
        all_cores.append(size / 1e6 / detect_seconds(options.binary, folder, os.cpu_count()))
    mark = statistics.median(floor)
    ratio = lambda rates: statistics.median(rate / other for rate, other in zip(rates, floor))
    yield f"## Detection, {size / 1e6:.0f} MB of JSON", ["what", "MB/s of JSON", "to inflation alone"], [
        ["libdeflate inflation alone, one thread", f"{mark:.0f}", "1"],
        ["yagura detect, one thread, start included", f"{statistics.median(one):.0f}", f"{ratio(one):.2f}"],
        [f"yagura detect, {os.cpu_count()} threads, start included", f"{statistics.median(all_cores):.0f}",
         f"{ratio(all_cores):.2f}"]]


# ---- 2. growth with the number of rules ----------------------------------------------------------------------------

RULE_COUNTS = [10, 100, 300, 1000, 5000]
RULES_A_FILE = 500


def rule_folder(count):
    folder = WORK / f"rules-{count}"
    folder.mkdir(exist_ok=True)
    text = subprocess.run([ROOT / "build/release/bench/match_bench", "write", str(count)], check=True,
                          stdout=subprocess.PIPE, text=True).stdout
    rules = text.split("---\n")[:count]
    for start in range(0, count, RULES_A_FILE):
        (folder / f"{start}.yml").write_text("---\n".join(rules[start:start + RULES_A_FILE]))
    return folder


def processor_seconds(command):
    """What the process takes to start and to load its rules is in it."""
    process = subprocess.Popen([str(word) for word in command], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    message = process.stderr.read().decode()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 1:
        raise SystemExit(f"yagura detect ended with {process.returncode}: {message}")
    return usage.ru_utime + usage.ru_stime


def detect_command(options, rules, *inputs):
    return [options.binary, "detect", "--threads", "1", "--no-progress", "--format", "ndjson", "--output",
            WORK / "findings.ndjson", "--rules", rules, *inputs]


def bench_rules(options):
    folder = corpus(options.megabytes)
    counts = {count: rule_folder(count) for count in RULE_COUNTS}
    floor, whole, loading = [], {count: [] for count in counts}, {count: [] for count in counts}
    for _ in range(TURNS):
        size, inflation = inflate(folder)
        floor.append(inflation)
        for count, rules in counts.items():
            whole[count].append(processor_seconds(detect_command(options, rules, folder)))
            loading[count].append(processor_seconds(detect_command(options, rules, ROOT / "examples/logs")))
    reading = {count: [a - b for a, b in zip(whole[count], loading[count])] for count in counts}
    middle = lambda ones, others: f"{statistics.median(a / b for a, b in zip(ones, others)):.2f}"
    yield (f"## Detection with more and more rules, {size / 1e6:.0f} MB of JSON in gz, one thread, seconds of the processor",
           ["rules beside the built-in ones", "whole run", "of it start and loading", "run to inflation alone",
            "run without loading to inflation alone", "the same to 100 rules"],
           [["libdeflate inflation alone", f"{statistics.median(floor):.3f}", "", "1", "1", ""]]
           + [[str(count), f"{statistics.median(whole[count]):.3f}", f"{statistics.median(loading[count]):.3f}",
               middle(whole[count], floor), middle(reading[count], floor), middle(reading[count], reading[100])]
              for count in counts])


# ---- 3. requests ---------------------------------------------------------------------------------------------------

class Call:
    """One request, signed once."""

    def __init__(self, port, path, service=None, keys=None, body=None, content_type=None):
        self.url, self.body = f"http://127.0.0.1:{port}{path}", body
        headers = {"Content-Type": content_type} if content_type else {}
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


def nginx(port):
    path = WORK / "nginx.conf"
    path.write_text(NGINX.format(work=WORK, port=port, text="x" * 200))
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
        return f"{statistics.median(a / b for a, b in zip(rates[name], rates[other])):.2f}" if other else ""

    marks = {"yagura GetCallerIdentity": "moto GetCallerIdentity", "yagura ListFindings": MOTO_LIST}
    yield (f"## Requests, wrk with {CONNECTIONS} connections on the same cores; ListFindings lists {listed} ids",
           ["what", "requests/s", "to nginx", "to moto"],
           [[name, f"{statistics.median(values):.0f}", ratio(name, NGINX_NAME), ratio(name, marks.get(name))]
            for name, values in rates.items()])


# ---- 4. start and idle ---------------------------------------------------------------------------------------------

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
    yield "## Start on an existing data folder, and at rest", ["what", "figure", "target"], [
        ["from exec to the first accepted connection", f"{statistics.median(starts):.1f} ms", "< 25 ms"],
        ["resident memory when idle", f"{statistics.median(memory):.1f} MB", "< 20 MB"]]


# ---- the table -----------------------------------------------------------------------------------------------------

def machine():
    model = re.search(r"model name\s*: (.*)", pathlib.Path("/proc/cpuinfo").read_text())
    return f"{model.group(1) if model else platform.machine()}, {os.cpu_count()} cores, Linux {platform.release()}"


def write(tables, only):
    today = datetime.date.today().isoformat() + (f"-{only}" if only else "")
    lines = [f"# make bench, {today}", "", machine() + ". Medians of five, turn by turn.", ""]
    for title, names, rows in tables:
        lines += [title, "", "| " + " | ".join(names) + " |", "|" + "---|" * len(names),
                  *("| " + " | ".join(row) + " |" for row in rows), ""]
    text = "\n".join(lines)
    folder = ROOT / "bench/results"
    folder.mkdir(exist_ok=True)
    (folder / f"{today}.md").write_text(text)
    print(text)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", required=True, type=pathlib.Path)
    parser.add_argument("--megabytes", type=int, default=200)
    parser.add_argument("--seconds", type=int, default=2)
    parts = {"detect": bench_detect, "rules": bench_rules, "http": bench_http, "start": bench_start}
    parser.add_argument("--only", choices=parts)
    options = parser.parse_args()
    WORK.mkdir(parents=True, exist_ok=True)
    options.binary = options.binary.resolve()
    write([table for name, part in parts.items() if options.only in (None, name) for table in part(options)],
          options.only)


if __name__ == "__main__":
    main()
