"""What every part of the bench shares: where things lie, how often they run, how a figure meets its target."""

import datetime
import os
import pathlib
import platform
import re
import shutil
import statistics
import subprocess

ROOT = pathlib.Path(__file__).resolve().parent.parent
WORK = ROOT / "build/bench"
PROGRAMS = ROOT / "build/release/bench"
TURNS = 5


def median(values):
    return statistics.median(values)


def ratio(ones, others):
    """The median of the quotients, turn by turn."""
    return statistics.median(one / other for one, other in zip(ones, others))


def at_least(figure, target, dream):
    """Three cells: figure, target, verdict."""
    verdict = "dream" if figure >= dream else "met" if figure >= target else "**missed**"
    return [f"{figure:.2f}", f"≥ {target} (dream {dream})", verdict]


def at_most(figure, target, dream):
    verdict = "dream" if figure <= dream else "met" if figure <= target else "**missed**"
    return [f"{figure:.2f}", f"≤ {target} (dream {dream})", verdict]


NO_TARGET = ["", ""]


def text_of(command):
    return subprocess.run([str(word) for word in command], check=True, stdout=subprocess.PIPE, text=True).stdout


def say(words):
    print(f"bench: {words}", flush=True)


def is_current(product, *sources):
    """Made after the last change of what it is made from."""
    return product.exists() and product.stat().st_mtime >= max(source.stat().st_mtime for source in sources)


def corpus(megabytes):
    """Folders of CloudTrail in gzip, as much JSON as asked for; made once."""
    folder = WORK / f"days-{megabytes}"
    if not is_current(folder / "AWSLogs", ROOT / "tools/sample_logs.py"):
        say(f"writing {megabytes} MB of CloudTrail")
        shutil.rmtree(folder, ignore_errors=True)
        subprocess.run([ROOT / "tools/sample_logs.py", "--out", folder, "--size", str(megabytes)], check=True,
                       stdout=subprocess.DEVNULL)
    return folder


def trail(megabytes):
    """Made-up CloudTrail records, as {"Records":[...]} and the same one a line."""
    whole, lines = WORK / f"trail-{megabytes}.json", WORK / f"trail-{megabytes}.ndjson"
    if not is_current(lines, ROOT / "bench/corpus.h"):
        text_of([PROGRAMS / "scan_bench", megabytes, "--write", whole])
        lines.write_text(text_of([PROGRAMS / "scan_bench", megabytes, "--lines"]))
    return whole, lines


def machine():
    model = re.search(r"model name\s*: (.*)", pathlib.Path("/proc/cpuinfo").read_text())
    return f"{model.group(1) if model else platform.machine()}, {os.cpu_count()} cores, Linux {platform.release()}"


def table(title, names, rows):
    return "\n".join([f"## {title}", "", "| " + " | ".join(names) + " |", "|" + "---|" * len(names),
                      *("| " + " | ".join(row) + " |" for row in rows), ""])


def write(tables, only):
    """Prints each table as it comes and keeps all in bench/results/DATE.md, or DATE-PART.md."""
    name = datetime.date.today().isoformat() + (f"-{only}" if only else "")
    texts = [f"# make bench, {name}\n\n{machine()}. Medians of five, turn by turn.\n"]
    folder = ROOT / "bench/results"
    folder.mkdir(exist_ok=True)
    for title, names, rows in tables:
        texts.append(table(title, names, rows))
        print("\n" + texts[-1], flush=True)
        (folder / f"{name}.md").write_text("\n".join(texts))
