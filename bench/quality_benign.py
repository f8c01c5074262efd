"""Findings over generated benign events: how many, of which kind, and which of them are what a type is defined by."""

import collections

from quality_base import custom_types, detect, event_ids, generator, per_100000, rate, say, told, verdict, why

SHARES = {"cloudtrail": 0.66, "kubernetes": 0.09, "flow": 0.15, "dns": 0.1}
EXAMPLES = 12
CONTROL_EVENTS = 3_000_000


def bench_benign(options, plots):
    defined = custom_types(options)
    rows, kinds, examples = [], collections.Counter(), []
    total = defined_total = events = 0
    for source, share in SHARES.items():
        wanted = int(options.events * share)
        say(f"benign: {wanted:,} events of {source}")
        findings, told_us, _ = detect(options, generator(source, options.seed, wanted))
        if "skipped" in told_us and ", 0 skipped" not in told_us:
            raise SystemExit(f"the generator's {source} is not read whole: {told_us}")
        by_definition = sum(f["type"] in defined for f in findings)
        rows.append([source, *per_100000(len(findings), wanted), str(by_definition)])
        plots["false"].append((source, len(findings), wanted))
        kinds.update(f["type"] for f in findings)
        examples += [[f["type"], told(f)] for f in findings if f["type"] not in defined]
        total, defined_total, events = total + len(findings), defined_total + by_definition, events + wanted
    rows.append(["**all**", *per_100000(total, events), f"{defined_total}; target ≤ 1 per 100,000: {verdict(total <= events / 1e5)}"])
    plots["false"].append(("all", total, events))
    yield ("Findings over generated benign events", f"Seed {options.seed}; what the generator assumes: docs/quality.md. By definition: the call alone is the type (a new access key, a "
           "login profile), and a careful administrator makes it too; such findings count all the same.",
           ["source", "findings", "per 100,000 events", "95 % interval", "of them by definition"], rows)
    yield ("Types raised over generated benign events", "", ["type", "findings", "by definition"],
           [[kind, str(n), "yes" if kind in defined else "**no**"] for kind, n in kinds.most_common()])
    if examples:
        yield ("Some that are not by definition, with their reasons", "", ["type", "why"], examples[:EXAMPLES])
    yield control(options, plots)


def control(options, plots):
    """The same months, and at their end something that must be found: silence alone would be no merit."""
    say("benign: a control, with keys stolen at the end")
    process = generator("stolen", options.seed + 1, CONTROL_EVENTS)
    findings = detect(options, process)[0]
    persons = int(process.stderr.read())
    process.wait()
    robbed = {why(f).get("principal") for f in findings if "Anomalous" in f["type"] and any("-beef-" in str(i) for i in event_ids(f))}
    kinds = collections.Counter(f["type"] for f in findings if any("-beef-" in str(i) for i in event_ids(f)))
    plots["recall"].append(("keys stolen after generated months", len(robbed), persons))
    return ("A control: keys of known people, used from elsewhere after the same months", f"After {CONTROL_EVENTS:,} events of seed {options.seed + 1}; nine calls each, from another network and client. Found: any "
            "AnomalousBehavior of that person that rests on these calls.", ["persons found", "share", "95 % interval", "types"],
            [[*rate(len(robbed), persons), ", ".join(f"{k} ×{n}" for k, n in kinds.most_common())]])
