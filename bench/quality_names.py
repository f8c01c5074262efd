"""Generated names and tunnels, judged by models that have not seen their family or tool. Training needs an environment of its own
(tools/train_requirements.txt), made in build/train; where it can't be made, the figures of the models' cards are quoted."""

import json
import math
import re
import statistics
import subprocess
import sys

from quality_base import ROOT, Missing, needed, rate, say, verdict

ENVIRONMENT = ROOT / "build/train"


def trainer():
    """A Python that can train, or None."""
    python = ENVIRONMENT / "bin/python"
    if not python.exists():
        say("dga: making build/train, the environment that training needs")
        try:
            subprocess.run([sys.executable, "-m", "venv", ENVIRONMENT], check=True, capture_output=True)
            subprocess.run([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", ROOT / "tools/train_requirements.txt"],
                           check=True, capture_output=True, timeout=600)
        except (subprocess.SubprocessError, OSError):
            subprocess.run(["rm", "-rf", ENVIRONMENT], check=True)
    return python if python.exists() else None


def measured(options):
    needed(options.logs / "dga/domains.csv.gz")
    python = trainer()
    if python is None:
        return None
    run = subprocess.run([python, ROOT / "bench/quality_left_out.py", options.logs], capture_output=True, text=True)
    if run.returncode:
        say(f"dga: training failed: {run.stderr.strip().splitlines()[-1]}")
        return None
    return json.loads(run.stdout)


def of_cards():
    """The same figures from the cards that were written when the models were trained."""
    def cells(name):
        text = (ROOT / "rules/models" / name).read_text()
        return text, [[cell.strip() for cell in line.strip("|\n").split("|")] for line in text.splitlines() if re.match(r"\| \w+ \| [\w ]+ \| \d", line)]
    text, rows = cells("dga.md")
    if not rows:
        raise Missing("neither training works here nor does rules/models/dga.md hold figures")
    held = int(re.search(r"nor the (\d+) benign", text).group(1))
    popular, alarms = re.search(r"Of (\d+) looked-up names kept out, ([\d.]+)%", text).groups()
    tunnels = [[row[0], int(row[2]), int(row[1]), *map(int, row[4:8])] for row in cells("tunnel.md")[1]]
    return {"families": [[r[0], r[1], int(r[2]), float(r[3]), round(float(r[4]) * int(r[2]))] for r in rows], "held": held, "alarms": float(alarms) / 100,
            "popular": int(popular), "tunnels": tunnels}


def auc_interval(auc, bad, good):
    """Hanley and McNeil's, 95 %."""
    one, two = auc / (2 - auc), 2 * auc * auc / (1 + auc)
    spread = math.sqrt(max(0, auc * (1 - auc) + (bad - 1) * (one - auc * auc) + (good - 1) * (two - auc * auc)) / (bad * good))
    return max(0, auc - 1.96 * spread), min(1, auc + 1.96 * spread)


def bench_dga(options, plots):
    found = measured(options)
    source = "Trained anew in this run, eight times, each time without an eighth of the families." if found else "**Quoted from the models' cards**: training does not work here."
    found = found or of_cards()
    rows = []
    for family, kind, count, auc, hits in sorted(found["families"], key=lambda row: (row[1], row[0])):
        low, high = auc_interval(auc, count, found["held"])
        figure = f"**{auc:.4f}**" if kind == "arithmetic" and auc < 0.99 else f"{auc:.4f}"
        rows.append([family, kind, str(count), figure, f"{low:.4f} to {high:.4f}", *rate(hits, count)[1:]])
        if kind == "arithmetic":
            plots["auc"].append((f"{family}, n = {count}", auc, low, high))
    yield ("Generated names: families left out of training", f"{source} Compared with {found['held']:,} popular names that the model had not seen either; recall is at the limit that lets "
           f"0.1 % of those pass for generated. AUC's interval is Hanley and McNeil's.", ["family", "kind", "names", "AUC", "95 % interval", "recall at 0.1 %", "95 % interval"], rows)
    yield ("Generated names: together", "", ["what", "figure", "", "", "target"], list(name_totals(found)))
    tunnels = [[tool, *rate(hits, count), *rate(wrong, good)[:2], *rate(wrong_made, made)[:2]] for tool, hits, count, wrong, good, wrong_made, made in found["tunnels"]]
    yield ("Tunnels: tools left out of training", "Windows of ten minutes below one domain.", ["tool left out", "found", "recall", "95 % interval", "benign windows of logs", "", "made-up benign windows", ""], tunnels)
    plots["recall"].append(("DNS tunnel windows, tool left out", sum(t[1] for t in found["tunnels"]), sum(t[2] for t in found["tunnels"])))


def name_totals(found):
    for kind in ("arithmetic", "short or pronounceable", "words"):
        chosen = [row for row in found["families"] if row[1] == kind]
        mean = statistics.mean(row[3] for row in chosen)
        weighted = sum(row[3] * row[2] for row in chosen) / sum(row[2] for row in chosen)
        least = min(chosen, key=lambda row: row[3])
        aimed = kind == "arithmetic"
        yield [f"{kind}: mean AUC of {len(chosen)} families", f"{mean:.4f}", f"by names {weighted:.4f}", f"least {least[3]:.4f} ({least[0]})", f"≥ 0.99: {verdict(mean >= 0.99)}" if aimed else "stated"]
        if aimed:
            good = sum(row[3] >= 0.99 for row in chosen)
            yield ["arithmetic: families with AUC ≥ 0.99", *rate(good, len(chosen)), f"each: {verdict(good == len(chosen))}"]
        hits, count = sum(row[4] for row in chosen), sum(row[2] for row in chosen)
        yield [f"{kind}: recall at 0.1 % false positives", *rate(hits, count), "stated"]
    yield ["looked-up names of 2023 kept out that exceed the limit", *rate(round(found["alarms"] * found["popular"]), found["popular"]), "about 0.1 %"]
