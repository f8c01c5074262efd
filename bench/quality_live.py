"""Seconds from a record appended to a finding read; throughput with all detectors on; memory of a million principals."""

import datetime
import json
import pathlib
import re
import shutil
import subprocess
import tempfile
import time

import common
from quality_base import ROOT, WORK, Missing, detect, generator, intel, say, verdict

CORPUS_EVENTS = 250_000
PRINCIPALS = 1_000_000
TURNS = 3
SAMPLE_MEGABYTES = 208


# ---- live ----

def record(number):
    at = datetime.datetime(2026, 3, 2, tzinfo=datetime.timezone.utc) + datetime.timedelta(minutes=number)
    return at, {"eventVersion": "1.10", "eventTime": at.strftime("%Y-%m-%dT%H:%M:%SZ"), "eventSource": "cloudtrail.amazonaws.com", "eventName": "StopLogging",
                "awsRegion": "ap-northeast-1", "sourceIPAddress": "203.0.113.7", "userAgent": "aws-cli/2.17", "eventType": "AwsApiCall", "eventCategory": "Management",
                "eventID": f"00000000-0000-4000-8000-{number:012d}", "recipientAccountId": "111122223333", "requestParameters": {"name": f"trail-{number}"},
                "userIdentity": {"type": "IAMUser", "principalId": f"AIDA{number:012d}", "arn": f"arn:aws:iam::111122223333:user/u{number}", "accountId": "111122223333",
                                 "accessKeyId": f"AKIA{number:012d}", "userName": f"u{number}"}}


def connect(data):
    import boto3
    import botocore.config
    key, secret = re.search(r"(AKIA\w+)\W+(?:\w+\W+)*?([\w/+]{40})", (data / "credentials").read_text()).groups()
    return boto3.client("guardduty", region_name="ap-northeast-1", endpoint_url=(data / "endpoint").read_text().strip(), aws_access_key_id=key, aws_secret_access_key=secret,
                        config=botocore.config.Config(retries={"max_attempts": 1}, parameter_validation=False))


def started(data, server):
    deadline = time.monotonic() + 60
    while not ((data / "endpoint").exists() and (data / "credentials").exists()):
        if server.poll() is not None or time.monotonic() > deadline:
            raise SystemExit("yagura serve did not come up")
        time.sleep(0.02)
    return connect(data)


def sample(client, detector, log, number):
    """Seconds until a list of findings holds the one of this record."""
    at, row = record(number)
    milliseconds = int(at.timestamp() * 1000)
    begun = time.perf_counter()
    with open(log, "a") as file:
        file.write(json.dumps(row) + "\n")
    while True:
        found = client.list_findings(DetectorId=detector, FindingCriteria={"Criterion": {"service.eventFirstSeen": {"GreaterThanOrEqual": milliseconds}}})["FindingIds"]
        if found:
            return time.perf_counter() - begun
        if time.perf_counter() - begun > 20:
            raise SystemExit(f"record {number} raised no finding within 20 s")
        time.sleep(0.002)


def bench_live(options, plots):
    try:
        import boto3  # noqa: F401
    except ImportError:
        raise Missing("boto3 is not there: make bench-quality uses build/venv") from None
    with tempfile.TemporaryDirectory(dir=WORK) as folder:
        data, log = pathlib.Path(folder, "data"), pathlib.Path(folder, "trail.jsonl")
        log.touch()
        words = [options.binary, "serve", "--data", data, "--listen", "127.0.0.1:0", "--watch", log, "--intel", intel(options)]
        server = subprocess.Popen([str(word) for word in words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            client = started(data, server)
            detector = (client.list_detectors()["DetectorIds"] or [None])[0] or client.create_detector(Enable=True)["DetectorId"]
            for number in range(5):
                sample(client, detector, log, number)
            seconds = []
            for number in range(5, 5 + options.samples):
                time.sleep((number * 37 % 101) / 500)  # so that samples do not keep step with the watch
                seconds.append(sample(client, detector, log, number))
        finally:
            server.terminate()
            server.wait()
    plots["seconds"] += seconds
    ordered = sorted(seconds)

    def part(share):
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
    yield ("Live: from a record appended to a finding read through boto3", f"{len(seconds)} records, one by one, settings as they come (the watch looks every 500 ms), all detectors and the public "
           "lists on.", ["p50", "p90", "p99", "longest", "target"],
           [[f"{part(0.5):.3f} s", f"{part(0.9):.3f} s", f"{part(0.99):.3f} s", f"{ordered[-1]:.3f} s", f"p99 < 1 s: {verdict(part(0.99) < 1)}"]])


# ---- load ----

def corpus(source, seed):
    """Gzipped files of generated events, as they are delivered: made once."""
    folder = WORK / f"corpus-{source}"
    if not folder.is_dir():
        half = WORK / f"corpus-{source}.part"
        shutil.rmtree(half, ignore_errors=True)
        half.mkdir(parents=True)
        with generator(source, seed, CORPUS_EVENTS) as made:
            subprocess.run(["split", "-l", "10000", "--filter=gzip -6 > $FILE.json.gz", "-", str(half / "part-")], stdin=made.stdout, check=True)
        half.rename(folder)
    return folder


def floor(folder):
    """(bytes of JSON, processor seconds of inflation alone)"""
    size, seconds = subprocess.run([ROOT / "build/release/bench/inflate_bench", folder], check=True, capture_output=True, text=True).stdout.split()
    return int(size), float(seconds)


def spent(usage):
    return usage.ru_utime + usage.ru_stime


def bench_load(options, plots):
    intel(options)
    rows = []
    folders = {"CloudTrail of tools/sample_logs.py": common.corpus(SAMPLE_MEGABYTES),
               **{f"{source}, generated": corpus(source, options.seed + 1) for source in ("cloudtrail", "kubernetes", "dns")}}
    for source, folder in folders.items():
        size, alone = floor(folder)
        empty = WORK / "empty.jsonl"
        empty.touch()
        loading = min(spent(detect(options, empty, "--threads", "1", lists=True)[2]) for _ in range(TURNS))
        whole = min(spent(detect(options, folder, "--threads", "1", lists=True)[2]) for _ in range(TURNS))
        begun = time.perf_counter()
        told = detect(options, folder, lists=True)[1]
        count = int(re.search(r"(\d+) records", told).group(1))
        wall = time.perf_counter() - begun
        reading = max(whole - loading, 1e-6)
        rows.append([source, f"{size / 1e6:.0f}", f"{size / 1e6 / reading:.0f}", f"{count / reading:,.0f}", f"{reading / alone:.2f}", f"{loading:.2f}", f"{count / wall:,.0f}"])
    yield ("Throughput with all detectors, learning and the public lists on", "Gzip to findings, processor seconds of one thread, loading of the lists apart (its own column); the last column is "
           "the wall clock with all cores, loading included. Generated logs repeat themselves, so that inflating them costs next to nothing; the engine's target, 1.7 times inflation, is for 300 rules "
           "over the first row's kind of records (`make bench`).",
           ["source", "MB of JSON", "MB/s", "events/s", "to inflation alone", "loading, s", "events/s, all cores"], rows)
    yield principals(options)


def principals(options):
    say(f"load: {PRINCIPALS:,} principals")
    findings, told, usage = detect(options, generator("principals", options.seed, 2 * PRINCIPALS))
    memory = usage.ru_maxrss / 1024
    evicted = re.search(r"[^\n]*evict[^\n]*", told)
    return ("Memory of a million principals", "Two calls each, in a hundred accounts, everything on but the lists.", ["principals", "peak memory", "target", "findings", "the program says besides"],
            [[f"{PRINCIPALS:,}", f"{memory:.0f} MiB", f"< 1024 MiB: {verdict(memory < 1024)}", str(len(findings)), evicted.group(0) if evicted else "nothing of evictions"]])
