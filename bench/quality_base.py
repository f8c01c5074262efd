"""What the parts of the quality bench share: running detect, labels, Wilson intervals, verdicts against targets."""

import collections
import gzip
import json
import math
import os
import pathlib
import re
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
WORK = ROOT / "build/quality"
GENERATOR = ROOT / "build/release/bench/benign_bench"
# What public lists are imported as; the file names are those of the collection beside the checkout.
LISTS = {"tor_exit.txt": "tor", "tor_nodes.txt": "tor-relay", "coinmining_domains.txt": "mining", "c2_ips.tsv": "command",
         "sigbase_c2.txt": "command", "maltrail_malware.tsv": "command", "maltrail_malicious.tsv": "threat",
         "maltrail_suspicious.tsv": "threat", "ipsum_levels.tsv": "threat", "vpn_ipv4.txt": "vpn"}


class Missing(Exception):
    """A part lacks what it measures with; the bench says so and goes on."""


def say(words):
    print(f"quality: {words}", flush=True)


# ---- figures ----

def interval(hits, count):
    """Wilson's, 95 %."""
    if count == 0:
        return 0.0, 1.0
    z, p = 1.96, hits / count
    middle, width = p + z * z / (2 * count), z * math.sqrt(p * (1 - p) / count + z * z / (4 * count * count))
    return max(0.0, (middle - width) / (1 + z * z / count)), min(1.0, (middle + width) / (1 + z * z / count))


def rate(hits, count):
    """Three cells: hits of n, the share, its interval."""
    if count == 0:
        return ["0 of 0", "", ""]
    low, high = interval(hits, count)
    return [f"{hits} of {count}", f"{hits / count:.1%}", f"{low:.1%} to {high:.1%}"]


def per_100000(hits, count):
    low, high = interval(hits, count)
    return [f"{hits} of {count:,}", f"{hits / count * 1e5:.3f}", f"{low * 1e5:.3f} to {high * 1e5:.3f}"]


def verdict(met):
    return "met" if met else "**missed**"


# ---- running ----

def detect(options, source, *arguments, lists=False):
    """Findings over a path or over the output of a process; what the program said besides; peak memory in KiB."""
    words = [options.binary, "detect", "--no-progress", "--format", "ndjson", *arguments]
    words += ["--intel", intel(options)] if lists else ["--intel", WORK / "no-lists"]
    stream = source.stdout if isinstance(source, subprocess.Popen) else None
    words.append("-" if stream else source)
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as told:
        process = subprocess.Popen([str(word) for word in words], stdin=stream or subprocess.DEVNULL, stdout=out, stderr=told)
        if stream:
            stream.close()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0), told.seek(0)
        text = told.read().decode()
        if process.returncode not in (0, 1, 3):
            raise SystemExit(f"yagura detect ended with {process.returncode}: {text}")
        return [json.loads(line) for line in out], text, usage


def detect_rows(options, rows, lists=False):
    """Findings over some records, in a file of their own so that nothing but their content can matter."""
    with tempfile.TemporaryDirectory(dir=WORK) as folder:
        path = pathlib.Path(folder, "records.jsonl")
        path.write_text("".join(row if isinstance(row, str) else json.dumps(row) + "\n" for row in rows))
        return detect(options, path, lists=lists)[0]


def generator(source, seed, events):
    if not GENERATOR.exists():
        raise Missing(f"{GENERATOR.relative_to(ROOT)} is not built: make bench-quality builds it")
    return subprocess.Popen([str(GENERATOR), source, str(seed), str(events)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=False)


def intel(options):
    """A folder of the public lists, imported once per run."""
    folder = WORK / "lists"
    if getattr(options, "imported", False):
        return folder
    subprocess.run(["rm", "-rf", folder], check=True)
    for name, category in LISTS.items():
        path = options.logs / "ti" / f"{name}.gz"
        if path.exists():
            subprocess.run([options.binary, "intel", "import", path, "--category", category, "--intel", folder, "--data", folder],
                           check=True, capture_output=True)
    options.imported = True
    return folder


# ---- findings ----

def why(finding):
    return json.loads(finding["service"]["additionalInfo"]["value"])


def events_of(finding):
    return why(finding)["events"]


def event_ids(finding):
    return {event.get("id") for event in events_of(finding)}


def told(finding):
    """A finding in one line of a table: the reason it gives, without bars."""
    return str(why(finding).get("why", "")).replace("|", "\\|").replace("\n", " ")[:300]


# ---- records and labels ----

def needed(path):
    if not path.exists():
        raise Missing(f"{path.name} is not there: the labelled logs belong beside the checkout (--logs)")
    return path


def lines_of(path):
    with gzip.open(needed(path), "rt") if path.suffix == ".gz" else open(path) as file:
        return [line for line in file if line.strip()]


def records_of(path):
    return [json.loads(line) for line in lines_of(path)]


def labels_of(options, folder):
    """Per file of one folder, its labels."""
    by_file = collections.defaultdict(list)
    for line in needed(options.logs / "labels.jsonl").read_text().splitlines():
        label = json.loads(line)
        if label["file"].startswith(folder + "/"):
            by_file[label["file"]].append(label)
    return dict(sorted(by_file.items()))


def documented(label):
    return label.get("basis") not in (None, "inferred")


def succeeded(label):
    return label.get("attack_succeeded") is not False


def names_of(word):
    """The calls that a word of the table of signals stands for: "ModifyDB(Cluster)Snapshot", "Create/UpdateTrail", "Modify*"."""
    if "(" in word:
        return names_of(re.sub(r"\(.*?\)", "", word)) | names_of(re.sub(r"[()]", "", word))
    words = word.split("/")
    noun = re.sub(r"^[A-Z][a-z]+", "", words[-1])
    return {w if re.match(r"[A-Z][a-z]+[A-Z*]", w) else w + noun for w in words}


def calls_with_signals(options):
    """Types of custom detections as (service, pattern of the call, parameters it must name, type); none when the table is absent."""
    path = options.logs.parent / "facts/guardduty_custom_detection_signals.csv"
    found = []
    for line in path.read_text().splitlines()[1:] if path.exists() else []:
        kind, _, _, condition = line.split(",", 3)
        service, *words = condition.strip('"').split()
        parameters = re.findall(r"\b[a-z]+[A-Z][A-Za-z]+", condition)
        for word in words:
            if re.match(r"[A-Z][a-z]+[A-Z*/(]", word):
                found += [(service, name, parameters, kind) for name in names_of(word)]
    return found


def custom_types(options):
    """Types that are defined by a call alone: of the rules that carry a signal."""
    kinds = set()
    for path in (ROOT / "rules/detections").glob("*.yml"):
        text = path.read_text()
        if re.search(r"^    signal: ", text, re.M):
            kinds.update(re.findall(r"^    type: (\S+)$", text, re.M))
    return kinds


def seconds_between(first, last):
    def clock(text):
        return time.mktime(time.strptime(text[:19], "%Y-%m-%dT%H:%M:%S"))
    return clock(last) - clock(first)


def shortest(count, raised):
    """The smallest number of records, in order of time, after which raised(number) holds. It does for count."""
    low, high = 0, count
    while high - low > 1:
        middle = (low + high) // 2
        if raised(middle):
            high = middle
        else:
            low = middle
    return high
