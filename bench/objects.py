"""PutObject and GetObject of three sizes, sealed and recorded: puts over several connections beside a plain C loop of write, fsync,
rename and fsync of the folder on the same disk, gets beside nginx with a static file of as many bytes."""

import json
import os
import pathlib
import re
import subprocess
import tempfile

import boto3
import botocore.config

from common import PROGRAMS, TURNS, WORK, at_least, median, ratio
from serving import REGION, free_port, running

KIB, MIB = 1024, 1024 * 1024
SIZES = [("1 KiB", KIB, 0.6, 0.5, 128), ("64 KiB", 64 * KIB, 0.7, 0.7, 32), ("64 MiB", 64 * MIB, 0.9, 0.9, 2)]

FILES = """worker_processes auto; daemon off; pid {work}/nginx.pid; error_log {work}/nginx.log;
events {{ worker_connections 1024; }}
http {{ access_log off; sendfile on; tcp_nopush on; keepalive_requests 1000000000; client_body_temp_path {work}/b;
proxy_temp_path {work}/p; fastcgi_temp_path {work}/f; uwsgi_temp_path {work}/u; scgi_temp_path {work}/s;
server {{ listen 127.0.0.1:{port}; root {root}; }} }}
"""


def nginx_files(port, root):
    path = WORK / "nginx-files.conf"
    path.write_text(FILES.format(work=WORK, port=port, root=root))
    return running(["/usr/sbin/nginx", "-c", path, "-p", WORK], port)


def load(url, connections, seconds, body=None):
    """Requests a second; any answer that is not a success ends the run."""
    script = WORK / "objects.lua"
    script.write_text(f'wrk.method = "PUT"\nwrk.body = io.open({json.dumps(str(body))}, "rb"):read("*a")\n' if body else "")
    text = subprocess.run(["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "60s", "-s", script, url], check=True,
                          stdout=subprocess.PIPE, text=True).stdout
    if "Non-2xx" in text:
        raise SystemExit(f"{url}: {text}")
    return float(re.search(r"Requests/sec: +([\d.]+)", text).group(1))


def plain_loop(folder, size, seconds):
    run = subprocess.run([PROGRAMS / "durable_bench", folder, str(size), str(seconds)], check=True, stdout=subprocess.PIPE, text=True)
    return float(run.stdout)


def measure(client, folder, size, connections, seconds):
    """Rates of put, of put one after the other as the loop does, plain loop, get and nginx, turn by turn."""
    rates = {"put": [], "alone": [], "loop": [], "get": [], "nginx": []}
    longer = seconds if size < MIB else max(seconds, 5)  # so that several are put
    file, port = folder / "file", free_port()
    file.write_bytes(os.urandom(size))
    place = {"Bucket": "bench-objects", "Key": f"o{size}"}
    put = client.generate_presigned_url("put_object", place)
    get = client.generate_presigned_url("get_object", place)
    with nginx_files(port, folder):
        for _ in range(TURNS):
            rates["put"].append(load(put, connections, longer, file))
            rates["alone"].append(load(put, 1, longer, file))
            rates["loop"].append(plain_loop(folder, size, longer))
            rates["get"].append(load(get, connections, seconds))
            rates["nginx"].append(load(f"http://127.0.0.1:{port}/file", connections, seconds))
    return rates


def rows_of(options):
    port = free_port()
    with tempfile.TemporaryDirectory(dir=WORK) as made, \
            running([options.binary, "serve", "--data", f"{made}/data", "--listen", f"127.0.0.1:{port}"], port):
        folder = pathlib.Path(made)
        folder.chmod(0o755)
        keys = json.loads((folder / "data/credentials").read_text())
        client = boto3.client("s3", region_name=REGION, endpoint_url=f"http://127.0.0.1:{port}", aws_access_key_id=keys["accessKeyId"],
                              aws_secret_access_key=keys["secretAccessKey"], config=botocore.config.Config(signature_version="s3v4"))
        client.create_bucket(Bucket="bench-objects", CreateBucketConfiguration={"LocationConstraint": REGION})
        for name, size, put_target, get_target, connections in SIZES:
            rates = measure(client, folder, size, connections, options.seconds)
            for kind, mark, target in (("put", "loop", put_target), ("get", "nginx", get_target)):
                yield [f"{kind} {name}, {connections} at a time: a second", f"{median(rates[kind]):.1f} ({mark} {median(rates[mark]):.1f})", "", ""]
                yield [f"{kind} {name}, to {mark}", *at_least(ratio(rates[kind], rates[mark]), target, 1.0)]
            yield [f"put {name}, one at a time, to loop", f"{ratio(rates['alone'], rates['loop']):.2f}", "", "reported"]


def bench_objects(options):
    yield "objects: S3 puts beside a plain durable loop, gets beside nginx", ["", "figure", "target", ""], list(rows_of(options))
