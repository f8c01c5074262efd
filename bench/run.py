#!/usr/bin/env python3
"""make bench: how fast Yagura is, each figure beside a mark measured in the same run (medians of five, turn by turn).

    bench/run.py --binary build/release/yagura [--megabytes 520] [--seconds 2] [--only PART]

    patterns   EventBridge patterns of fourteen kinds against quamina and event-ruler; their counts must agree
    lines      300 patterns over plain CloudTrail lines, against the same
    detect     gzip to findings with 10 to 5,000 rules, against inflation alone and with simdjson reading twelve fields
    threads    two threads against one
    engines    300 Sigma rules against other Sigma engines
    scan       the scanner against simdjson on-demand and yyjson
    logs       flow and DNS logs against plain recipes in C
    memory     per rule and per key
    decisions  of the policy engine, Cedar beside it
    guard      GetSecretValue, AssumeRole and KMS against nginx with as large an answer; signing against openssl speed;
               a function's first and later calls
    audit      CPU of a call's record; verify-logs against the AWS CLI
    http       signed requests against nginx and moto
    s3         PutObject and GetObject of 1 KiB, 64 KiB and 64 MiB against a plain durable loop and nginx's static files
    groups     PutLogEvents and FilterLogEvents of CloudWatch Logs, against gzip of the same lines
    start      on an existing data folder; memory when idle

Writes bench/results/DATE.md; a part that was asked for alone goes to DATE-PART.md. Peers are built once, into build/peers."""

import argparse
import pathlib
import subprocess

from audit import bench_audit
from common import WORK, write
from decisions import bench_decisions
from detection import bench_detect, bench_engines, bench_threads
from guard import bench_guard
from log_groups import bench_groups
from objects import bench_objects
from patterns import bench_lines, bench_patterns
from readers import bench_logs, bench_memory, bench_scan
from serving import bench_http, bench_start

PARTS = {"patterns": bench_patterns, "lines": bench_lines, "detect": bench_detect, "threads": bench_threads,
         "engines": bench_engines, "scan": bench_scan, "logs": bench_logs, "memory": bench_memory, "decisions": bench_decisions, "guard": bench_guard, "audit": bench_audit, "http": bench_http,
         "s3": bench_objects,
         "groups": bench_groups,
         "start": bench_start}


def tables(options, failed):
    """Of the parts asked for; a part that fails says so in its place, and the others go on."""
    for name, part in PARTS.items():
        if options.only not in (None, name):
            continue
        try:
            yield from part(options)
        except (SystemExit, OSError, ValueError, subprocess.SubprocessError) as trouble:
            failed.append(name)
            yield f"{name} **failed**", ["why"], [[str(trouble)[:500]]]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", required=True, type=pathlib.Path)
    parser.add_argument("--megabytes", type=int, default=520)
    parser.add_argument("--seconds", type=int, default=2)
    parser.add_argument("--only", choices=PARTS)
    options = parser.parse_args()
    WORK.mkdir(parents=True, exist_ok=True)
    options.binary = options.binary.resolve()
    failed = []
    write(tables(options, failed), options.only)
    raise SystemExit(f"failed: {', '.join(failed)}" if failed else 0)


if __name__ == "__main__":
    main()
