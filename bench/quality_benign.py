"""Findings over generated benign events: how many, of which kind, and which of them are what a type is defined by."""

import collections

from quality_base import custom_types, detect, generator, per_100000, say, told, verdict

SHARES = {"cloudtrail": 0.66, "kubernetes": 0.09, "flow": 0.15, "dns": 0.1}
EXAMPLES = 12


def bench_benign(options, plots):
    defined = custom_types(options)
    rows, kinds, examples = [], collections.Counter(), []
    total = defined_total = events = 0
    for source, share in SHARES.items():
        wanted = int(options.events * share)
        say(f"benign: {wanted:,} events of {source}")
        findings, told_us, _ = detect(options, generator(source, options.seed, wanted), lists=False)
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
