#!/usr/bin/env python3
"""Unusual behaviour, measured: labelled attacks after a spliced past, and false alarms over generated histories.

    bench/anomaly.py --binary build/release/yagura --shared ../shared             the labels, both ways of splicing
    bench/anomaly.py --binary build/release/yagura --seeds 11 12 --events 1000000  false alarms

A label counts when a finding of one of its types rests on one of its events. Histories come from tools/history.py, which
states its assumptions; seeds 1 to 9 were used for tuning, higher ones were not."""
import argparse
import collections
import gzip
import json
import math
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent


def interval(hits, n):
    """Wilson's, 95%."""
    if n == 0:
        return 0.0, 1.0
    z, p = 1.96, hits / n
    middle, width = p + z * z / (2 * n), z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return (middle - width) / (1 + z * z / n), (middle + width) / (1 + z * z / n)


def history(out, *options):
    subprocess.run([sys.executable, ROOT / "tools/history.py", "--out", out, *map(str, options)], check=True, stdout=subprocess.DEVNULL)


def detect(binary, warm_up, logs, *options):
    words = [word for path in warm_up for word in ("--warm-up", path)] + list(options)
    done = subprocess.run([binary, "detect", "--no-progress", "--format", "ndjson", *words, *logs], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True)
    if done.returncode not in (0, 1, 3):
        sys.exit(done.stderr)
    return [json.loads(line) for line in done.stdout.splitlines()], done.stderr


def labels_of(shared):
    for line in (shared / "logs/labels.jsonl").read_text().splitlines():
        label = json.loads(line)
        types = [kind for kind in label.get("guardduty") or [] if "Anomalous" in kind]
        if types and "cloudtrail/" in label["file"]:
            yield label, types


def seen(findings):
    """Types to the events they rest on."""
    events = collections.defaultdict(set)
    for finding in findings:
        told = json.loads(finding["service"]["additionalInfo"]["value"])
        events[finding["type"]] |= {event.get("id") for event in told["events"]}
    return events


def empty_log(folder):
    path = pathlib.Path(folder) / "empty.jsonl"
    path.write_text("")
    return path


def until_last(logs, ids):
    """The records up to the last one of a label: a finding lists its newest events alone."""
    records = sorted((line for line in gzip.open(logs, "rt")), key=lambda line: json.loads(line)["eventTime"])
    last = max((i for i, line in enumerate(records) if json.loads(line).get("eventID") in ids), default=len(records) - 1)
    return "".join(records[:last + 1])


def score_labels(binary, shared, manner, seed):
    by_file = collections.defaultdict(list)
    for label, types in labels_of(shared):
        by_file[label["file"]].append((label, types))
    rows = []
    for name, labels in sorted(by_file.items()):
        logs = shared / "logs" / name
        with tempfile.TemporaryDirectory() as folder:
            history(folder, "--for", logs, "--days", 45, "--seed", seed, "--as", manner, "--people", 10, "--machines", 10)
            model = pathlib.Path(folder) / "model"
            cut = pathlib.Path(folder) / "cut.jsonl"
            detect(binary, sorted(pathlib.Path(folder).glob("*.gz")), [empty_log(folder)], "--save-model", model)
            for label, types in labels:
                ids = set(label.get("event_ids") or [])
                cut.write_text(until_last(logs, ids))
                findings, _ = detect(binary, [], [cut], "--model", model)
                events = seen(findings)
                hit = [kind for kind in types if kind in events and (not ids or events[kind] & ids)]
                rows.append((label["technique"], label["basis"], types, hit, sorted(kind for kind in events if "Anomalous" in kind)))
    return rows


def tell_labels(options):
    for manner in options.manners:
        for seed in options.label_seeds:
            rows = score_labels(options.binary, options.shared, manner, seed)
            for technique, basis, types, hit, other in rows:
                if options.verbose and not hit:
                    print(f"  missed {technique} ({basis}): wanted {', '.join(types)}; found {', '.join(other) or 'nothing'}")
            for basis in ("documented", "inferred"):
                those = [row for row in rows if (row[1] == "inferred") == (basis == "inferred")]
                hits = sum(1 for row in those if row[3])
                low, high = interval(hits, len(those))
                print(f"{manner}, seed {seed}: {basis}: {hits} of {len(those)} ({low:.0%} to {high:.0%})")


def tell_alarms(options):
    total = alarms = 0
    kinds = collections.Counter()
    for seed in options.seeds:
        with tempfile.TemporaryDirectory() as folder:
            history(folder, "--seed", seed, "--days", 75, "--accounts", options.accounts, *(["--events", options.events] if options.events else []))
            days = sorted(pathlib.Path(folder).glob("*.json.gz"))
            findings, told = detect(options.binary, days[:45], days[45:])
            count = sum(line.count(b"\n") for day in days[45:] for line in [gzip.open(day).read()])
        found = [finding for finding in findings if "Anomalous" in finding["type"]]
        total, alarms = total + count, alarms + len(found)
        kinds.update(finding["type"] for finding in found)
        if options.verbose:
            for finding in found:
                print(" ", finding["type"], json.loads(finding["service"]["additionalInfo"]["value"])["why"])
        print(f"seed {seed}: {len(found)} findings in {count} events after 45 days of warm-up")
    low, high = interval(alarms, total)
    print(f"{alarms} in {total}: {alarms / total * 1e5:.2f} per 100,000 events ({low * 1e5:.2f} to {high * 1e5:.2f})", dict(kinds))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", required=True)
    parser.add_argument("--shared", type=pathlib.Path, help="folder with logs/labels.jsonl: score the labels")
    parser.add_argument("--manners", nargs="+", default=["stolen", "home"])
    parser.add_argument("--label-seeds", nargs="+", type=int, default=[11])
    parser.add_argument("--seeds", nargs="+", type=int, default=[], help="count false alarms over these histories")
    parser.add_argument("--events", type=int, default=0)
    parser.add_argument("--accounts", type=int, default=3)
    parser.add_argument("--verbose", action="store_true", help="name what was missed, and every false alarm")
    options = parser.parse_args()
    if options.shared:
        tell_labels(options)
    if options.seeds:
        tell_alarms(options)


if __name__ == "__main__":
    main()
