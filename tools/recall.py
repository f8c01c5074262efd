#!/usr/bin/env python3
"""Scores `yagura detect` against labelled CloudTrail sets: recall per finding type, and findings on benign rows.

    tools/recall.py [--binary build/release/yagura] [--logs ../shared/logs] [--verbose]

A label counts as found when a finding rests on one of its events (for a label on a whole file: on any event of it) and has
one of the label's types. Each file is run twice: whole, for recall, and with only its benign rows, where every finding is a
false positive. Labels whose attack did not succeed, labels of AnomalousBehavior (they need history) and labels without a type are listed apart.
Exit status 1 when a benign row raised a finding.
"""
import argparse
import collections
import gzip
import json
import pathlib
import subprocess
import sys
import tempfile

UNNAMED = "(the label names no type)"
ROOT = pathlib.Path(__file__).resolve().parent.parent


def read_rows(path):
    with gzip.open(path, "rt") as file:
        return [json.loads(line) for line in file if line.strip()]


def detect(binary, rows):
    """Findings over the rows, in a file of their own so that nothing but their content can matter."""
    with tempfile.TemporaryDirectory() as folder:
        log = pathlib.Path(folder, "records.jsonl")
        log.write_text("".join(json.dumps(row) + "\n" for row in rows))
        run = subprocess.run([binary, "detect", "--format", "ndjson", "--no-progress", log], capture_output=True, text=True)
        if run.returncode not in (0, 1):
            sys.exit(f"detect gave status {run.returncode}: {run.stderr.strip()}")
        return [json.loads(line) for line in run.stdout.splitlines()]


def why(finding):
    return json.loads(finding["service"]["additionalInfo"]["value"])


def event_ids(finding):
    return {event.get("id") for event in why(finding)["events"]}


def labels_of(path, labels):
    """Per file: malicious labels, and the rows that are benign."""
    rows = read_rows(path)
    spoken_for = set()
    for label in labels:
        spoken_for.update(label.get("event_ids", []))
    malicious = [label for label in labels if label.get("verdict") == "malicious"]
    benign = []
    for label in labels:
        if label.get("verdict") == "benign":
            benign = rows if label["scope"] == "file" else [row for row in rows if row.get("eventID") not in spoken_for]
    return rows, malicious, benign


def group_of(label, kind):
    if kind == UNNAMED:
        return "unnamed"
    if label.get("attack_succeeded") is False:
        return "attack did not succeed"
    if kind.endswith("AnomalousBehavior"):
        return "needs history"
    return "scored"


def score_file(binary, path, labels, table, others):
    rows, malicious, benign = labels_of(path, labels)
    findings = detect(binary, rows) if malicious else []
    for label in malicious:
        wanted = set(label.get("event_ids", []))
        near = [f for f in findings if not wanted or event_ids(f) & wanted]
        for kind in label.get("guardduty") or [UNNAMED]:
            found = any(f["type"] == kind for f in near)
            table[group_of(label, kind), kind].append((label, found))
            others[label["technique"]].update(f["type"] for f in near if f["type"] != kind)
    return len(benign), detect(binary, benign) if benign else []


def print_group(title, group, table, verbose, others):
    print(f"\n{title}")
    chosen = sorted((kind, hits) for (name, kind), hits in table.items() if name == group)
    for kind, hits in chosen:
        documented = [found for label, found in hits if label.get("basis") != "inferred"]
        inferred = [found for label, found in hits if label.get("basis") == "inferred"]
        print(f"  {kind:72} {sum(documented)}/{len(documented)} documented  {sum(inferred)}/{len(inferred)} inferred")
        for label, found in hits:
            if found and group == "scored" and not verbose:
                continue
            also = ", ".join(sorted(others[label["technique"]])) or "nothing"
            print(f"      {'found ' if found else 'missed'} {label['technique'][:60]:60} raised besides: {also}")
    total = [found for _, hits in chosen for _, found in hits]
    print(f"  together: {sum(total)} of {len(total)}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--binary", default=str(ROOT / "build/release/yagura"))
    parser.add_argument("--logs", type=pathlib.Path, default=ROOT.parent / "shared/logs")
    parser.add_argument("--verbose", action="store_true")
    arguments = parser.parse_args()

    by_file = collections.defaultdict(list)
    for line in (arguments.logs / "labels.jsonl").read_text().splitlines():
        label = json.loads(line)
        if label["file"].startswith("cloudtrail/") and label["scope"] != "inline":
            by_file[label["file"]].append(label)

    table, others = collections.defaultdict(list), collections.defaultdict(set)
    benign_rows, false_positives = 0, []
    for file, labels in sorted(by_file.items()):
        rows, wrong = score_file(arguments.binary, arguments.logs / file, labels, table, others)
        benign_rows += rows
        false_positives += [(file, finding) for finding in wrong]

    print_group("Recall per type", "scored", table, arguments.verbose, others)
    print_group("Apart: AnomalousBehavior, which needs history", "needs history", table, arguments.verbose, others)
    print_group("Apart: the attack did not succeed", "attack did not succeed", table, arguments.verbose, others)
    print_group("Apart: labels that name no finding type", "unnamed", table, arguments.verbose, others)
    print(f"\nFindings on {benign_rows} benign rows: {len(false_positives)} (expected 0)")
    for file, finding in false_positives:
        print(f"  {finding['type']} x{finding['service']['count']}  {finding['title']}  [{file}]")
    return 1 if false_positives else 0


if __name__ == "__main__":
    sys.exit(main())
