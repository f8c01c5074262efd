#!/usr/bin/env python3
"""make bench-quality: what is found, what is missed and what is raised in vain, over labelled logs and generated benign ones.

    bench/quality.py --binary build/release/yagura [--logs ../shared/logs] [--only PART] [--events 10000000]

    cloudtrail  labelled attacks without history, per technique and type; findings on benign rows; unit events as hints
    anomaly     AnomalousBehavior after a spliced past; all techniques together; false alarms over held-out histories
    eks         audit events of Kubernetes
    flow        flow logs: scans, guessing, command and control, miners; tools that nothing was set by
    dns         tunnels, AWS's test names, benign look-ups
    dga         generated names: families left out of training; tunnel tools left out
    benign      findings over generated benign events of four kinds
    live        from a record appended to a finding read through boto3
    load        throughput with all detectors on; memory of a million principals

Writes bench/results/quality-DATE.md and its plots; a part asked for alone goes to quality-DATE-PART. docs/quality.md explains the
figures. A part whose data or tools are absent says so and is left out."""

import argparse
import collections
import datetime
import pathlib

import quality_plots
from common import machine, table
from quality_base import ROOT, WORK, Missing, interval, say
from quality_benign import bench_benign
from quality_cloudtrail import bench_anomaly, bench_cloudtrail
from quality_live import bench_live, bench_load
from quality_network import bench_dns, bench_eks, bench_flow
from quality_names import bench_dga

PARTS = {"cloudtrail": bench_cloudtrail, "anomaly": bench_anomaly, "eks": bench_eks, "flow": bench_flow, "dns": bench_dns, "dga": bench_dga,
         "benign": bench_benign, "live": bench_live, "load": bench_load}


def draw(plots):
    """Name to SVG, of what the parts left to be drawn."""
    def shares(rows):
        return [(name, hits / count, *interval(hits, count)) for name, hits, count in rows if count]
    if plots["recall"]:
        yield "recall", quality_plots.dots("Recall with 95 % intervals; dashed: the target", shares(plots["recall"]), target=0.95, tell="{:.0%}")
    if plots["auc"]:
        yield "dga", quality_plots.dots("Generated names: AUC of families left out of training; dashed: the target", plots["auc"], target=0.99, low=0.9,
                                        tell="{:.3f}")
    if plots["false"]:
        rows = [(name, *(1e5 * value for value in (hits / count, *interval(hits, count)))) for name, hits, count in plots["false"]]
        yield "false", quality_plots.dots("Findings per 100,000 generated benign events, 95 % intervals; dashed: the target", rows, target=1, low=0.01, high=10,
                                          logarithmic=True, ticks=[0.01, 0.1, 1, 10], tell="{:.2f}")
    if plots["seconds"]:
        yield "live", quality_plots.curve("From a record appended to a finding read", plots["seconds"], 1, "s")


def write(options):
    name = f"quality-{datetime.date.today().isoformat()}" + (f"-{options.only}" if options.only else "")
    folder = options.out
    folder.mkdir(parents=True, exist_ok=True)
    texts = [f"# make bench-quality, {name.removeprefix('quality-')}\n\n{machine()}. What the figures mean: docs/quality.md. Intervals are Wilson's, 95 %.\n"]
    plots = collections.defaultdict(list)
    for part, bench in PARTS.items():
        if options.only not in (None, part):
            continue
        say(part)
        try:
            for title, note, names, rows in bench(options, plots):
                texts.append(table(title, names, [[str(cell) for cell in row] for row in rows]).replace("\n\n", f"\n\n{note}\n\n" if note else "\n\n", 1))
                print("\n" + texts[-1], flush=True)
                (folder / f"{name}.md").write_text("\n".join(texts))
        except Missing as missing:
            say(f"{part} is left out: {missing}")
            texts.append(f"## {part}\n\nLeft out: {missing}\n")
    for plot, svg in draw(plots):
        (folder / f"{name}-{plot}.svg").write_text(svg)
        texts.append(f"![{plot}]({name}-{plot}.svg)\n")
    (folder / f"{name}.md").write_text("\n".join(texts))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", required=True, type=pathlib.Path)
    parser.add_argument("--logs", type=pathlib.Path, default=ROOT.parent / "shared/logs")
    parser.add_argument("--out", type=pathlib.Path, default=ROOT / "bench/results")
    parser.add_argument("--only", choices=PARTS)
    parser.add_argument("--events", type=int, default=10_000_000, help="generated benign events, of all four kinds together")
    parser.add_argument("--seed", type=int, default=101, help="of everything that is drawn; nothing was tuned on it")
    parser.add_argument("--history-seeds", type=int, nargs="+", default=[101, 102])
    parser.add_argument("--history-events", type=int, default=1_000_000)
    parser.add_argument("--samples", type=int, default=250, help="of the live part")
    options = parser.parse_args()
    options.binary = options.binary.resolve()
    options.logs = options.logs.resolve()
    (WORK / "no-lists").mkdir(parents=True, exist_ok=True)
    write(options)


if __name__ == "__main__":
    main()
