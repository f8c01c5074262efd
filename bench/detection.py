"""From gzip to findings: against the floors, with more and more rules, with two threads, against other Sigma engines."""

import os
import subprocess
import time

import peers
import sigma_rules
from common import NO_TARGET, PROGRAMS, ROOT, TURNS, WORK, at_least, at_most, corpus, median, ratio, say, text_of

RULE_COUNTS = [10, 100, 300, 1000, 5000]
RULES_A_FILE = 500
ENGINE_MEGABYTES = 60  # the others are slow
ENGINE_RULES = 300
ALONE = "yagura's reader and matcher alone"


def rule_folder(count):
    folder = WORK / f"sigma-{count}"
    folder.mkdir(parents=True, exist_ok=True)
    rules = sigma_rules.rules(count)
    for start in range(0, count, RULES_A_FILE):
        (folder / f"{start:05d}.yml").write_text("---\n".join(rules[start:start + RULES_A_FILE]))
    return folder


def inflation(folder):
    """Bytes of JSON, and the processor's seconds that libdeflate alone takes for them."""
    size, seconds = text_of([PROGRAMS / "inflate_bench", folder]).split()
    return int(size), float(seconds)


def fields_seconds(folder):
    """The same with simdjson reading twelve fields besides."""
    return float(subprocess.run([PROGRAMS / "floor_bench", folder], check=True, capture_output=True, text=True).stdout.split()[1])


def detect(options, *arguments, threads=1):
    """Seconds of the wall and of the processor; start and the loading of rules are in them."""
    command = [options.binary, "detect", "--threads", threads, "--no-progress", "--format", "ndjson", "--output",
               WORK / "findings.ndjson", *arguments]
    started = time.perf_counter()
    process = subprocess.Popen([str(word) for word in command], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    message = process.stderr.read().decode()
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in (0, 1):
        raise SystemExit(f"yagura detect ended with {process.returncode}: {message}")
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss


def processor(options, *arguments):
    return detect(options, *arguments)[1]


# ---- the floors, and more and more rules ---------------------------------------------------------------------------

def bench_detect(options):
    folder = corpus(options.megabytes)
    counts = {count: rule_folder(count) for count in RULE_COUNTS}
    floor, fields, whole, loading = [], [], {count: [] for count in counts}, {count: [] for count in counts}
    for turn in range(TURNS):
        say(f"detect: turn {turn + 1} of {TURNS}")
        size, seconds = inflation(folder)
        floor.append(seconds)
        fields.append(fields_seconds(folder))
        for count, rules in counts.items():
            whole[count].append(processor(options, "--rules", rules, folder))
            loading[count].append(processor(options, "--rules", rules, ROOT / "examples/logs"))
    reading = {count: [a - b for a, b in zip(whole[count], loading[count])] for count in counts}
    title = f"Detection, {size / 1e6:.0f} MB of JSON in gzip to findings, one thread, seconds of the processor"
    yield title, ["what", "seconds", "of it start and loading", "to inflation alone", "to inflation and twelve fields",
                  "without loading, to inflation"], detect_rows(floor, fields, whole, loading, reading)
    yield "Detection, targets", ["what", "figure", "target", ""], [
        ["300 rules: whole run to inflation alone", *at_most(ratio(whole[300], floor), 1.7, 1.25)],
        ["300 rules: run without loading to inflation alone", *at_most(ratio(reading[300], floor), 1.7, 1.25)],
        ["5,000 rules to 100: whole run", *at_most(ratio(whole[5000], whole[100]), 1.5, 1.1)],
        ["5,000 rules to 100: run without loading", *at_most(ratio(reading[5000], reading[100]), 1.5, 1.1)]]


def detect_rows(floor, fields, whole, loading, reading):
    rows = [["libdeflate inflation alone", f"{median(floor):.3f}", "", "1", f"{ratio(floor, fields):.2f}", ""],
            ["libdeflate, then simdjson on-demand reads twelve fields", f"{median(fields):.3f}", "", f"{ratio(fields, floor):.2f}", "1", ""]]
    for count in whole:
        rows.append([f"yagura detect, {count:,} rules beside its own", f"{median(whole[count]):.3f}", f"{median(loading[count]):.3f}",
                     f"{ratio(whole[count], floor):.2f}", f"{ratio(whole[count], fields):.2f}", f"{ratio(reading[count], floor):.2f}"])
    return rows


# ---- threads -------------------------------------------------------------------------------------------------------

def bench_threads(options):
    folder, cores = corpus(options.megabytes), min(2, os.cpu_count())
    rules = rule_folder(300)
    say("one thread and two")
    one, two = [], []
    for _ in range(TURNS):
        one.append(detect(options, "--rules", rules, folder)[0])
        two.append(detect(options, "--rules", rules, folder, threads=cores)[0])
    yield f"Threads, {options.megabytes} MB of JSON in gzip, 300 rules, seconds of the wall", ["threads", "seconds", "times", "target", ""], [
        ["1", f"{median(one):.3f}", "1", *NO_TARGET], [str(cores), f"{median(two):.3f}", *at_least(ratio(one, two), 1.8, 1.97)]]


# ---- other Sigma engines -------------------------------------------------------------------------------------------

def figures(command):
    """BYTES SECONDS MATCHES, as every driver prints them."""
    size, seconds, matches = text_of(command).split()
    return int(size), float(seconds), int(matches)


def sqlite_peer():
    python = ROOT / "build/venv/bin/python"
    return peers.Peer("pySigma's SQLite back end", [python, ROOT / "bench/peers/sqlite_bench.py"])


def bench_engines(options):
    folder, rules = corpus(ENGINE_MEGABYTES), rule_folder(ENGINE_RULES)
    found = [*peers.sigma_engines(), sqlite_peer()]
    others = [peer for peer in found if peer.command]
    rates, matches = {peer.name: [] for peer in others}, {}
    own, alone = [], []
    for turn in range(TURNS):
        say(f"Sigma engines: turn {turn + 1} of {TURNS}")
        size, _ = inflation(folder)
        own.append(size / 1e6 / processor(options, "--rules", rules, folder))
        _, seconds, matches[ALONE] = figures([PROGRAMS / "sigma_bench", rules, folder])
        alone.append(size / 1e6 / seconds)
        for peer in others:
            _, seconds, matches[peer.name] = figures([*peer.command, rules, folder])
            rates[peer.name].append(size / 1e6 / seconds)
    if len(set(matches.values())) != 1:
        raise SystemExit(f"the engines' matches differ: {matches}")
    fastest = max(rates, key=lambda name: median(rates[name]), default=None)
    rows = [["yagura detect, its own detections included, start and loading too", f"{median(own):.0f}", "", "", "1", *NO_TARGET],
            [ALONE, f"{median(alone):.0f}", f"{matches[ALONE]:,}", "1", "", *NO_TARGET]]
    for name, values in rates.items():
        like, whole = ratio(alone, values), f"{ratio(own, values):.1f}"
        target = at_least(like, 5, 20)[1:] if name == fastest else NO_TARGET
        rows.append([name, f"{median(values):.1f}", f"{matches[name]:,}", f"{like:.1f}", whole, *target])
    yield (f"Sigma engines: {ENGINE_RULES} rules over {size / 1e6:.0f} MB of JSON in gzip, MB/s of JSON on one core; the target is for "
           "the fastest, like for like", ["engine", "MB/s", "pairs of rule and record", "yagura's reader and matcher: times",
                                          "yagura detect: times", "target", ""], rows)
    yield "Left out", ["why"], [[f"{peer.name}: {peer.reason}"] for peer in found if not peer.command] + [[peers.ABSENT]]
