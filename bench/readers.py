"""Reading alone: the scanner against simdjson and yyjson, flow and DNS logs against plain recipes in C, and memory."""

import subprocess

import peers
from common import NO_TARGET, PROGRAMS, TURNS, WORK, at_least, median, ratio, say, text_of, trail
from detection import RULE_COUNTS, detect, rule_folder

SCAN_MEGABYTES = 64
LOG_THOUSANDS = {"flow": 1000, "dns": 400}


# ---- the scanner ---------------------------------------------------------------------------------------------------

def rate(command):
    """GB/s of a driver that prints BYTES SECONDS."""
    out = subprocess.run([str(word) for word in command], check=True, capture_output=True, text=True).stdout
    size, seconds = out.split()
    return int(size) / float(seconds) / 1e9


def bench_scan(options):
    whole, lines = trail(SCAN_MEGABYTES)
    yyjson = peers.yyjson()
    rows = []
    for fields in (10, 12):
        say(f"scanner, {fields} fields")
        drivers = {"yagura": [PROGRAMS / "scan_bench", SCAN_MEGABYTES, "--fields", fields],
                   "simdjson on-demand": [PROGRAMS / "simdjson_bench", whole, fields]}
        if yyjson.command:
            drivers[yyjson.name] = [*yyjson.command, lines, fields]
        rates = {name: [] for name in drivers}
        for _ in range(TURNS):
            for name, command in drivers.items():
                rates[name].append(rate(command))
        for name, values in rates.items():
            times = ratio(rates["yagura"], values)
            judged = at_least(times, 1.0, 1.5) if name.startswith("simdjson") and fields == 10 else [f"{times:.2f}", *NO_TARGET]
            rows.append([str(fields), name, f"{median(values):.2f}", *judged])
    yield (f"Scanner: {SCAN_MEGABYTES} MB of CloudTrail, one core", ["fields", "who", "GB/s", "yagura's times", "target", ""], rows)
    if not yyjson.command:
        yield "Left out", ["why"], [[f"{yyjson.name}: {yyjson.reason}"]]


# ---- flow and DNS logs ---------------------------------------------------------------------------------------------

LOG_TARGETS = {("flow", "text"): (0.7, 1.0), ("flow", "gz"): (0.8, 1.0)}


def log_rows(kind, options):
    folder = WORK / f"{kind}-{LOG_THOUSANDS[kind]}"
    folder.mkdir(exist_ok=True)
    answers = [line.split("\t") for line in text_of([PROGRAMS / f"{kind}_bench", LOG_THOUSANDS[kind], folder]).splitlines()]
    seconds = {name: float(taken) for name, taken, _, _ in answers}
    size, lines = int(answers[0][2]), int(answers[0][3])
    seconds["yagura detect, gz"] = median([detect(options, folder)[1] for _ in range(TURNS)])
    for name, taken in seconds.items():
        way = name.rsplit(" ", 1)[-1] if "," in name else "gz"
        share = seconds[f"recipe, {way}"] / taken
        target = LOG_TARGETS.get((kind, way)) if name.startswith("reader") else None
        judged = at_least(share, *target) if target else [f"{share:.2f}", *NO_TARGET]
        yield [f"{kind}: {name}", f"{lines / taken / 1e6:.2f}", f"{size / taken / 1e9:.2f}", *judged]


def bench_logs(options):
    rows = []
    for kind in LOG_THOUSANDS:
        say(f"{kind} logs")
        rows += log_rows(kind, options)
    yield ("Flow logs with state per pair and DNS logs with a set of two million names, one core; the sums of reader and recipe agree",
           ["what", "M lines/s", "GB/s of text", "share of the recipe", "target", ""], rows)


# ---- memory --------------------------------------------------------------------------------------------------------

def pair(*arguments):
    count, size = text_of([PROGRAMS / "memory_bench", *arguments]).split()
    return int(count), int(size)


def bench_memory(options):
    rows = []
    for count in RULE_COUNTS:
        rules, size = pair("rules", rule_folder(count))
        rows.append([f"{rules:,} Sigma rules, compiled", f"{size / 1e6:.2f} MB", f"{size / rules:.0f} bytes a rule"])
    for piece in (16, 64, 256):
        keys, size = pair("keys", piece)
        rows.append([f"{keys:,} keys of 37 letters, {piece} bytes of a detector's memory each", f"{size / 1e6:.2f} MB", f"{size / keys:.0f} bytes a key"])
    for count in (10, 5000):
        peak = detect(options, "--rules", rule_folder(count), WORK.parent.parent / "examples/logs")[2]
        rows.append([f"yagura detect over examples/logs, {count:,} rules beside its own: peak", f"{peak / 1024:.1f} MB", ""])
    yield "Memory", ["what", "in all", "each"], rows
