"""EventBridge patterns: Yagura, quamina and event-ruler over the same lines, kind by kind, turn by turn.

Each engine is a process that loads patterns and events once and answers questions, a line each: "count SET" with how many
of all events each pattern holds for, "time SET" with the thread's seconds for the first events and how many pairs it
found. Counting goes first and warms the engine up. Counts that differ end the bench."""

import contextlib
import json
import pathlib
import random
import subprocess

import citylots
import peers
from common import NO_TARGET, PROGRAMS, TURNS, WORK, at_least, is_current, median, ratio, say, trail

OURS = "yagura"
TIMED_LOTS = 50_000
TRAIL_MEGABYTES = 64
TRAIL_RULES = 300


class Engine:
    def __init__(self, peer, patterns, events, limit):
        self.name = peer.name
        command = [str(word) for word in [*peer.command, patterns, events, limit]]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, question):
        self.process.stdin.write(question + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline().strip()
        if not answer:
            raise SystemExit(f"{self.name} ended at '{question}'")
        return answer

    def close(self):
        self.process.stdin.close()
        self.process.wait(30)


@contextlib.contextmanager
def engines(patterns, events, limit):
    found = [peers.Peer(OURS, [PROGRAMS / "pattern_bench"]), peers.quamina(), peers.ruler()]
    running = [Engine(peer, patterns, events, limit) for peer in found if peer.command]
    try:
        yield running, [f"{peer.name} is left out: {peer.reason}." for peer in found if not peer.command]
    finally:
        for engine in running:
            engine.close()


def write_patterns(sets, path):
    lines = [f"{name}\t{number}\t{json.dumps(pattern)}\n" for name, patterns in sets.items()
             for number, pattern in enumerate(patterns)]
    path.write_text("".join(lines))
    return path


def agreed_counts(name, running):
    """Counts by engine, of those that support the set."""
    counts = {engine.name: engine.ask(f"count {name}") for engine in running}
    known = {engine: words for engine, words in counts.items() if not words.startswith("unsupported")}
    for engine, words in known.items():
        if words != known.get(OURS):
            raise SystemExit(f"{name}: {OURS} counts {known.get(OURS, counts[OURS])}, {engine} counts {words}")
    return known


def time_set(name, running):
    """Seconds by engine, turn by turn; the pairs they find must agree."""
    seconds = {engine.name: [] for engine in running}
    for _ in range(TURNS):
        answers = {engine.name: engine.ask(f"time {name}").split() for engine in running}
        if len({pairs for _, pairs in answers.values()}) != 1:
            raise SystemExit(f"{name}: engines found {answers}")
        for engine, (taken, _) in answers.items():
            seconds[engine].append(float(taken))
    return seconds


def against(seconds, name):
    return ratio(seconds[name], seconds[OURS]) if name in seconds else None


RULER_TARGETS = {"exact": (10, 20), "numeric": (5, 20), "complex arrays": (10, 20)}


def judged(value, target):
    if value is None:
        return "not supported", *NO_TARGET
    return at_least(value, *target) if target else (f"{value:.2f}", *NO_TARGET)


def kind_row(name, events, counts, seconds):
    names = list(seconds)
    other = lambda word: next((engine for engine in names if engine.startswith(word)), None)
    rate = lambda engine: f"{events / median(seconds[engine]) / 1e3:.0f}" if engine else ""
    quamina, ruler = other("quamina"), other("event-ruler")
    return [name, counts[OURS], rate(OURS), rate(quamina), *judged(against(seconds, quamina), (2, 4)), rate(ruler),
            *judged(against(seconds, ruler), RULER_TARGETS.get(name))]


COLUMNS = ["matches of each rule", "yagura", "quamina", "times", "target", "", "event-ruler", "times", "target", ""]


def bench_patterns(options):
    events = WORK / "citylots.ndjson"
    if not is_current(events, pathlib.Path(citylots.__file__)):
        say("writing parcels")
        citylots.write(events)
    patterns = write_patterns(citylots.KINDS, WORK / "citylots.tsv")
    rows = []
    with engines(patterns, events, TIMED_LOTS) as (running, notes):
        for name in citylots.KINDS:
            say(f"patterns: {name}")
            counts = agreed_counts(name, running)
            rows.append(kind_row(name, TIMED_LOTS, counts, time_set(name, [e for e in running if e.name in counts])))
    title = (f"Patterns: five rules over {citylots.EVENTS:,} parcels (a stand-in for citylots2), 1,000 events a second and core; "
             + "the counts agree")
    yield title, ["kind", *COLUMNS], rows
    yield from leftovers(notes)


def leftovers(notes):
    if notes:
        yield "Left out", ["why"], [[note] for note in notes]


# ---- 300 rules over CloudTrail lines -------------------------------------------------------------------------------

def trail_rule(number, actions, r):
    """What a responder writes: mostly a service and some of its actions, sometimes who, from where or how it ended."""
    service, _ = r.choice(actions).split(" ")
    names = sorted({action.split(" ")[1] + ("" if number % 2 else f"V{number % 90}") for action in r.sample(actions, r.randrange(1, 5))})
    rule = {"eventSource": [f"{service}.amazonaws.com"], "eventName": names}
    extra = number % 6
    if number % 25 == 24:
        rule = {"userAgent": [{"wildcard": f"*tool-{number}*"}], "eventSource": rule["eventSource"]}
    elif extra == 1:
        rule["userIdentity"] = {"arn": [{"wildcard": f"*:assumed-role/service-role-{r.randrange(400)}/*"}]}
    elif extra == 2:
        rule["errorCode"] = ["AccessDenied", "Client.UnauthorizedOperation"]
    elif extra == 3:
        rule["userAgent"] = [{"prefix": f"aws-cli/{r.randrange(4)}"}]
    elif extra == 4:
        rule["sourceIPAddress"] = [{"prefix": f"203.0.113.{r.randrange(25)}"}]
    elif extra == 5:
        rule["userIdentity"] = {"type": [{"anything-but": ["AWSService", "AWSAccount"]}]}
    return rule


def trail_rules():
    r = random.Random(300)
    verbs = ["Describe", "List", "Get", "Create", "Delete", "Update", "Put", "Attach", "Run", "Stop"]
    services = ["ec2", "s3", "iam", "sts", "kms", "lambda", "logs", "dynamodb", "rds", "ssm", "cloudformation", "secretsmanager",
                "eks", "ecs", "sns", "sqs"]
    nouns = ["Instances", "Buckets", "Users", "Roles", "Keys", "Functions", "LogGroups", "Tables", "Snapshots", "Parameters", "Stacks",
             "SecretValue", "Clusters", "Tasks", "Topics", "Queues", "Policies", "SecurityGroups", "Volumes", "Subnets"]
    actions = [f"{service} {verb}{noun}" for service in services for verb in verbs for noun in nouns]
    return [trail_rule(number, actions, r) for number in range(TRAIL_RULES)]


def bench_lines(options):
    _, events = trail(TRAIL_MEGABYTES)
    lines = sum(1 for _ in open(events))
    patterns = write_patterns({"300 rules": trail_rules()}, WORK / "trail.tsv")
    with engines(patterns, events, lines) as (running, notes):
        say("300 rules over plain lines")
        counts = agreed_counts("300 rules", running)
        seconds = time_set("300 rules", [engine for engine in running if engine.name in counts])
    pairs = sum(int(count) for count in counts[OURS].split())
    targets = {"quamina": (4, 8), "event-ruler": (8, 16)}
    rows = []
    for name, taken in seconds.items():
        target = next((target for word, target in targets.items() if name.startswith(word)), None)
        rows.append([name, f"{lines / median(taken) / 1e3:.0f}", *judged(against(seconds, name), target)])
    yield (f"Plain lines: {TRAIL_RULES} patterns over {lines:,} CloudTrail records, 1,000 records a second and core; "
           f"the counts agree ({pairs:,} matches)", ["engine", "records", "yagura's times", "target", ""], rows)
    yield from leftovers(notes)
