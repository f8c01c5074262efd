"""Attacks in CloudTrail: techniques found by the types of their labels, findings on benign rows, unit events as hints."""

import collections
import fnmatch
import gzip
import json
import pathlib
import re
import statistics
import tempfile

import anomaly
from quality_base import (WORK, calls_with_signals, detect_rows, documented, event_ids, interval, labels_of, lines_of, rate, records_of, say,
                          seconds_between, shortest, succeeded, verdict)

# Why a finding on a row that counts as benign is right all the same.
TRUE_BY_DEFINITION = {
    "Stealth:IAMUser/CloudTrailLoggingDisabled": "a trail was deleted for good (Terraform cleans up): the type is defined by the deletion",
}


def rows_of(options, file):
    return sorted(records_of(options.logs / file), key=lambda row: row.get("eventTime", ""))


def types_of(label, rows, signals):
    """(those the label names, those its calls have by the table of signals); AnomalousBehavior is scored apart."""
    ids = set(label.get("event_ids", []))
    named = {kind for kind in label.get("guardduty") or [] if not kind.endswith("AnomalousBehavior")}
    called = set()
    for row in rows:
        if (not ids or row.get("eventID") in ids) and not row.get("errorCode"):
            service, parameters = row.get("eventSource", "").split(".")[0], json.dumps(row.get("requestParameters"))
            name = re.sub(r"\d{8}(v\d)?$", "", row.get("eventName", ""))
            called |= {kind for wanted, call, words, kind in signals
                       if wanted == service and fnmatch.fnmatchcase(name, call) and all(f'"{word}"' in parameters for word in words)}
    return named, called


def matching(findings, ids, kinds):
    return [f for f in findings if f["type"] in kinds and (not ids or event_ids(f) & ids)]


def find(options, label, rows, findings, kinds):
    """The types that were raised for the label, and seconds and records from its first record to the first of them."""
    ids = set(label.get("event_ids", []))
    hits = matching(findings, ids, kinds)
    last = max((i for i, row in enumerate(rows) if row.get("eventID") in ids), default=len(rows) - 1)
    if not hits and kinds:  # a finding lists its newest events alone
        hits = matching(detect_rows(options, rows[:last + 1]), ids, kinds)
    if not hits:
        return set(), None, None
    first = next(i for i, row in enumerate(rows) if not ids or row.get("eventID") in ids)
    until = shortest(last + 1, lambda count: bool(matching(detect_rows(options, rows[:count]), ids, kinds)))
    return {f["type"] for f in hits}, seconds_between(rows[first]["eventTime"], rows[until - 1]["eventTime"]), until - first


def techniques(options):
    """One row per label of an attack: what was wanted, what was found, how soon. Kept for the parts that build on it."""
    if hasattr(options, "techniques"):
        return options.techniques, options.wrong, options.benign_rows
    signals = calls_with_signals(options)
    found, wrong, benign_rows, right = [], [], 0, collections.Counter()
    for file, labels in labels_of(options, "cloudtrail").items():
        labels = [label for label in labels if label["scope"] != "inline"]
        if not labels:
            continue
        rows = rows_of(options, file)
        attacks = [label for label in labels if label.get("verdict") == "malicious"]
        findings = detect_rows(options, rows) if attacks else []
        attacked = {i for label in attacks for i in label.get("event_ids", [])}
        for label in attacks:
            named, called = types_of(label, rows, signals)
            kinds, seconds, records = find(options, label, rows, findings, named | called)
            found.append({"label": label, "file": file, "named": named, "called": called, "kinds": kinds, "seconds": seconds, "records": records})
        if attacks:
            right.update(f["type"] for f in findings if not attacked or event_ids(f) & attacked)
        spoken_for = {i for label in labels for i in label.get("event_ids", [])}
        for label in labels:
            if label.get("verdict") == "benign":
                benign = rows if label["scope"] == "file" else [row for row in rows if row.get("eventID") not in spoken_for]
                benign_rows += len(benign)
                calls = {row.get("eventID"): row for row in benign}
                wrong += [(file, f, [calls[i] for i in event_ids(f) if i in calls]) for f in detect_rows(options, benign)]
    options.techniques, options.wrong, options.benign_rows, options.right = found, wrong, benign_rows, right
    return found, wrong, benign_rows


def short(technique):
    return technique.removeprefix("stratus:").replace("aws.", "")


def bench_cloudtrail(options, plots):
    found, wrong, benign_rows = techniques(options)
    yield from technique_table(found)
    yield per_type(found, options.right, wrong)
    yield benign_table(wrong, benign_rows)
    yield hints(options)
    score = [row for row in found if documented(row["label"]) and succeeded(row["label"]) and (row["named"] or row["called"])]
    plots["recall"].append(("CloudTrail, no history", sum(1 for r in score if r["kinds"]), len(score)))


def technique_table(found):
    rows = []
    for row in found:
        label = row["label"]
        group = "attack failed" if not succeeded(label) else "documented" if documented(label) else "inferred"
        wanted = ", ".join(sorted(row["named"] | row["called"])) or "only AnomalousBehavior, or none"
        rows.append([short(label["technique"]), row["file"].split("/")[1].split(".")[0] if "stratus/" not in row["file"] else "stratus", group, wanted,
                     ", ".join(sorted(row["kinds"])) or "nothing", "" if row["seconds"] is None else f"{row['seconds']:.0f} s, {row['records']} records"])
    yield ("CloudTrail: each labelled attack, without history", "Found: a finding of one of the types rests on an event of the label. The time is "
           "from its first event to the record that raised the finding, by the log's clock.",
           ["technique", "set", "label", "types that count", "found", "after"], sorted(rows, key=lambda row: row[2]))
    total = []
    for title, chosen in (("documented, attack succeeded: the score", [r for r in found if documented(r["label"]) and succeeded(r["label"])]),
                          ("inferred, attack succeeded: apart", [r for r in found if not documented(r["label"]) and succeeded(r["label"])])):
        able = [r for r in chosen if r["named"] or r["called"]]
        hits = sum(1 for r in able if r["kinds"])
        strict = [r for r in able if r["named"]]
        scored = title.endswith("score")
        total.append([title + ", a type named or given for the call", *rate(hits, len(able)), "≥ 95 %" if scored else "",
                      verdict(hits >= 0.95 * len(able)) if scored else ""])
        total.append([title + ", the type the label names", *rate(sum(1 for r in strict if r["kinds"] & r["named"]), len(strict)), "", ""])
        seconds, records = ([r[what] for r in able if r["kinds"]] for what in ("seconds", "records"))
        if seconds:
            total.append([f"time to detect: median {statistics.median(seconds):.0f} s and {statistics.median(records):.0f} records, longest {max(seconds):.0f} s", "", "", "", "", ""])
    yield ("CloudTrail: techniques found without history", "Labels whose only types are AnomalousBehavior are scored in the part `anomaly`.",
           ["labels", "found", "recall", "95 % interval", "target", ""], total)


def per_type(found, right, wrong):
    named, hits = collections.Counter(), collections.Counter()
    for row in found:
        if succeeded(row["label"]):
            named.update(row["named"] | row["called"])
            hits.update(row["kinds"])
    false = collections.Counter(f["type"] for _, f, _ in wrong)
    rows = [[kind, *rate(hits[kind], named[kind]), *rate(right[kind], right[kind] + false[kind])]
            for kind in sorted(set(named) | set(right) | set(false))]
    rows.append(["**all**", *rate(sum(hits.values()), sum(named.values())), *rate(sum(right.values()), sum(right.values()) + sum(false.values()))])
    return ("CloudTrail: per type", "Recall over labels of attacks that succeeded, where any one of several types is enough for a technique but each is "
            "counted here. Precision: findings that rest on an event of an attack, of all that were raised.",
            ["type", "found", "recall", "95 % interval", "right", "precision", "95 % interval"], rows)


def benign_table(wrong, benign_rows):
    rows = []
    for file, finding, calls in wrong:
        call = calls[0] if calls else {}
        agent = str(call.get("userAgent", ""))
        by = "Terraform" if "terraform" in agent.lower() else agent[:40]
        rows.append([file.split("/")[1], finding["type"], f"{call.get('eventName', '?')} at {call.get('eventTime', '?')}, {by}, {call.get('eventID', '')}",
                     TRUE_BY_DEFINITION.get(finding["type"], "**no reason known**")])
    unexplained = sum(1 for row in rows if row[3].startswith("**"))
    low, high = interval(len(rows), benign_rows)
    rows.append(["**all**", f"{len(rows)} of {benign_rows:,} rows", f"{low:.3%} to {high:.3%} of rows; {unexplained} without a reason", f"target 0: {verdict(unexplained == 0)}"])
    return ("CloudTrail: findings on benign rows", "Only the benign rows of each set are read, so that nothing else can have raised them.",
            ["set", "finding", "record", "reason"], rows)


def hints(options):
    """Unit events of other products' rules: their rules are not GuardDuty's types, so this is no score."""
    rows = []
    for name, key in (("cloudtrail/panther_tests", "expected_alert"), ("cloudtrail/streamalert_tests", "trigger_rules"), ("s3/panther_tests", "expected_alert"),
                      ("bedrock/panther_tests", "expected_alert")):
        path = options.logs / f"{name}.jsonl.gz"
        if not path.exists():
            continue
        raised = {True: [0, 0], False: [0, 0]}
        kinds = collections.Counter()
        for line in lines_of(path):
            case = json.loads(line)
            event = case.get("event") or case.get("data") or case.get("record")
            if not isinstance(event, dict):
                continue
            findings = [f["type"] for f in detect_rows(options, [event])]
            alert = bool(case.get(key))
            raised[alert][0] += bool(findings)
            raised[alert][1] += 1
            kinds.update(() if alert else findings)
        rows.append([name, *rate(*raised[True])[:2], *rate(*raised[False])[:2], ", ".join(f"{k} ×{n}" for k, n in kinds.most_common()) or "nothing"])
    return ("CloudTrail: unit events of other products, hints only", "Panther's and StreamAlert's rules are not GuardDuty's types: most ask for calls that no type is defined by.",
            ["set", "alert events with a finding", "", "no-alert events with a finding", "", "types on no-alert events"], rows)


# ---- after a past ----

def bench_anomaly(options, plots):
    found, _, _ = techniques(options)
    yield from anomaly_labels(options, found, plots)
    yield anomaly_alarms(options)


def score_past(options, manner):
    """Per label of AnomalousBehavior: (file, technique, basis, types wanted, those found, others raised, label)."""
    by_file = collections.defaultdict(list)
    for label, kinds in anomaly.labels_of(options.logs.parent):
        by_file[label["file"]].append((label, kinds))
    out = []
    for file, labels in sorted(by_file.items()):
        with tempfile.TemporaryDirectory(dir=WORK) as folder:
            folder = pathlib.Path(folder)
            anomaly.history(folder, "--for", options.logs / file, "--days", 45, "--seed", options.seed, "--as", manner, "--people", 10, "--machines", 10)
            model, cut = folder / "model", folder / "cut.jsonl"
            anomaly.detect(str(options.binary), sorted(folder.glob("*.gz")), [anomaly.empty_log(folder)], "--save-model", model)
            for label, kinds in labels:
                ids = set(label.get("event_ids") or [])
                cut.write_text(anomaly.until_last(options.logs / file, ids))
                events = anomaly.seen(anomaly.detect(str(options.binary), [], [cut], "--model", model)[0])
                hit = [kind for kind in kinds if kind in events and (not ids or events[kind] & ids)]
                out.append((file, label["technique"], label["basis"], kinds, hit, sorted(k for k in events if "Anomalous" in k and (not ids or events[k] & ids)), label))
    return out


def alarms(options, seed):
    """Findings of unusual behaviour over the last 30 of 75 days, and the events of those days."""
    with tempfile.TemporaryDirectory(dir=WORK) as folder:
        anomaly.history(folder, "--seed", seed, "--days", 75, "--accounts", 3, "--events", options.history_events)
        days = sorted(pathlib.Path(folder).glob("*.json.gz"))
        findings = anomaly.detect(str(options.binary), days[:45], days[45:])[0]
        events = sum(gzip.open(day).read().count(b"\n") for day in days[45:])
    return [f for f in findings if "Anomalous" in f["type"]], events


def anomaly_labels(options, found, plots):
    score, misses, together = [], [], collections.defaultdict(bool)
    by_type = collections.defaultdict(lambda: collections.defaultdict(list))
    for manner in ("stolen", "home"):
        say(f"anomaly: labels after a spliced past, {manner}")
        rows = score_past(options, manner)
        for wanted in ("documented", "inferred"):
            chosen = [r for r in rows if (r[2] == "inferred") == (wanted == "inferred") and succeeded(r[6])]
            hits = sum(1 for r in chosen if r[4])
            score.append([f"{wanted}; past of the caller: {manner}", *rate(hits, len(chosen))])
            plots["recall"].append((f"AnomalousBehavior, {manner}, {wanted}", hits, len(chosen)))
        for file, technique, basis, kinds, hit, other, label in rows:
            if succeeded(label):
                for kind in kinds:
                    by_type[kind][manner].append(kind in hit)
                together[file, technique] |= manner == "stolen" and bool(hit)
                if not hit:
                    misses.append([short(technique), file.split("/")[-1].split(".jsonl")[0][:24], manner, "inferred" if basis == "inferred" else "documented",
                                   ", ".join(kinds), ", ".join(other) or "nothing"])
    yield ("AnomalousBehavior after a spliced past of 45 days", "`stolen`: the caller's own past came from another network and other clients than the attack's, as with a stolen "
           "key; `home`: from the same address and client. A hit is a finding of the very type that the label names.", ["labels", "found", "recall", "95 % interval"], score)
    yield ("AnomalousBehavior: per type", "", ["type", "stolen: found", "recall", "95 % interval", "home: found", "recall", "95 % interval"],
           [[kind, *(cell for manner in ("stolen", "home") for cell in rate(sum(by_type[kind][manner]), len(by_type[kind][manner])))] for kind in sorted(by_type)])
    yield ("AnomalousBehavior: what was missed", "", ["technique", "file", "past", "label", "wanted", "AnomalousBehavior raised instead"], misses)
    rows = []
    for wanted in (True, False):
        chosen = [row for row in found if documented(row["label"]) == wanted and succeeded(row["label"]) and (row["label"].get("guardduty") or row["called"])]
        hits = sum(1 for row in chosen if row["kinds"] or together[row["file"], row["label"]["technique"]])
        rows.append(["documented: **the score**" if wanted else "inferred: apart", *rate(hits, len(chosen)), "≥ 95 %" if wanted else "",
                     verdict(hits >= 0.95 * len(chosen)) if wanted else ""])
        plots["recall"].append((f"all techniques, {'documented' if wanted else 'inferred'}", hits, len(chosen)))
    yield ("CloudTrail: all labelled techniques, by any type that counts", "A type the label names, AnomalousBehavior after a past among them (`stolen`), or a type given for the call.",
           ["labels", "found", "recall", "95 % interval", "target", ""], rows)


def anomaly_alarms(options):
    say("anomaly: false alarms over a held-out history")
    rows = []
    hits = count = 0
    for seed in options.history_seeds:
        findings, events = alarms(options, seed)
        kinds = collections.Counter(f["type"] for f in findings)
        rows.append([f"seed {seed}", f"{len(findings)} of {events:,}", f"{len(findings) / events * 1e5:.2f}", "", ", ".join(f"{k} ×{n}" for k, n in kinds.most_common())])
        hits, count = hits + len(findings), count + events
    low, high = interval(hits, count)
    rows.append(["**all**", f"{hits} of {count:,}", f"{hits / count * 1e5:.2f}", f"{low * 1e5:.2f} to {high * 1e5:.2f}", f"target ≤ 1: {verdict(hits <= count / 1e5)}"])
    return ("AnomalousBehavior: false alarms over histories of tools/history.py", "After 45 days of warm-up, over the 30 days that follow; seeds 1 to 9 were used for tuning, these were not.",
            ["history", "findings", "per 100,000 events", "95 % interval", "types"], rows)
