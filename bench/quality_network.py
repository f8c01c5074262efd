"""Kubernetes audit events, flow logs and DNS query logs: labelled captures, tools that nothing was set by, benign captures."""

import bisect
import collections
import csv
import datetime
import fnmatch
import gzip
import json
import random
import tempfile
import pathlib

from quality_base import (ROOT, WORK, detect, detect_rows, documented, events_of, interval, labels_of, lines_of, needed, rate, say, seconds_between, shortest, told,
                          verdict, why)

FLOW_HEAD = "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status tcp-flags\n"
SCORE = ["records", "found", "recall", "95 % interval"]


# ---- Kubernetes ----

def active(kind, catalogue):
    """The type that took the place of a retired one."""
    purpose, _, detection = kind.partition(":Kubernetes/")
    return kind if kind in catalogue or "*" in kind else f"{purpose}:Kubernetes/AnomalousBehavior.WorkloadDeployed!{detection}"


def audit_time(event):
    known = [event.get("requestReceivedTimestamp"), event.get("timestamp"), event.get("stageTimestamp"), event.get("metadata", {}).get("creationTimestamp")]
    return next(filter(None, known), "2018-10-25T12:00:00Z")


def audit_past(event, days=30):
    """What the cluster was used for before: the same user and a colleague read, every working hour, from the same address."""
    end = datetime.datetime.fromisoformat(audit_time(event).replace("Z", "+00:00"))
    for hour in range(days * 24, 0, -1):
        at = end - datetime.timedelta(hours=hour, minutes=hour % 50)
        for turn, (user, verb, resource) in enumerate([(event.get("user", {}), "list", "pods"), (event.get("user", {}), "get", "deployments"),
                                                       ({"username": "colleague", "groups": ["system:authenticated"]}, "list", "services")]):
            clock = at.strftime(f"%Y-%m-%dT%H:%M:{turn:02d}Z")
            yield {"kind": "Event", "apiVersion": "audit.k8s.io/v1", "level": "Metadata", "auditID": f"{hour:08x}-{turn:04x}-4000-8000-000000000000",
                   "stage": "ResponseComplete", "requestURI": f"/api/v1/namespaces/default/{resource}", "verb": verb, "user": user,
                   "sourceIPs": event.get("sourceIPs", []), "userAgent": event.get("userAgent", "kubectl"), "timestamp": clock, "requestReceivedTimestamp": clock,
                   "objectRef": {"resource": resource, "namespace": "default", "apiVersion": "v1"}, "responseStatus": {"code": 200},
                   "annotations": {"authorization.k8s.io/decision": "allow"}}


def after_past(options, event):
    with tempfile.TemporaryDirectory(dir=WORK) as folder:
        past, now = pathlib.Path(folder, "past.jsonl"), pathlib.Path(folder, "now.jsonl")
        past.write_text("".join(json.dumps(row) + "\n" for row in audit_past(event)))
        now.write_text(json.dumps(event) + "\n")
        return {f["type"] for f in detect(options, now, "--warm-up", past)[0]}


def controller(options, case, masks):
    """Whether a trace holds the request of a controller alone, and what would be if a person had made it."""
    if not case["event"].get("user", {}).get("username", "").startswith("system:serviceaccount:kube-system:"):
        return ""
    event = {**case["event"], "user": {"username": "developer", "groups": ["system:authenticated"]}}
    hit = any(fnmatch.fnmatchcase(kind, mask) for kind in after_past(options, event) for mask in masks)
    return f": the request is a controller's, the person's own is not in the trace; asked by a person it is {'found' if hit else 'missed too'}"


def falco_case(options, case, catalogue):
    """(table row, group, hit): groups are plain, history, none and quiet."""
    masks = [active(kind, catalogue) for kind in case.get("guardduty") or []]
    alone = {f["type"] for f in detect_rows(options, [case["event"]])}
    later = after_past(options, case["event"])
    learned = bool(masks) and all("Anomalous" in mask for mask in masks)
    group = "quiet" if not case["expected_alert"] else "history" if learned else "plain" if masks else "none"
    raised = later if learned or group == "quiet" else alone
    hit = any(fnmatch.fnmatchcase(kind, mask) for kind in raised for mask in masks) if masks else bool(raised)
    state = {"quiet": "raised in vain" if raised else "quiet, as wanted", "none": "no type"}.get(group, "found" if hit else "**missed**" + controller(options, case, masks))
    return [case["trace"], ", ".join(case.get("falco_rules", [])) or "no alert", ", ".join(masks) or "none", ", ".join(sorted(alone)) or "nothing",
            ", ".join(sorted(later)) or "nothing", state], group, hit if group != "quiet" else bool(raised)


def bench_eks(options, plots):
    catalogue = {line.split("\t")[0] for line in (ROOT / "rules/catalogue.tsv").read_text().splitlines()}
    cases = [falco_case(options, json.loads(line), catalogue) for line in lines_of(options.logs / "eks/falco_traces.jsonl.gz")]
    yield ("Kubernetes: Falco's traces, one event each", "Labels are inferred from Falco's rules; types that AWS has retired are asked for by the ones that took their place. The past is made "
           "up: 30 days in which the same user and a colleague read pods, deployments and services, from the same address.",
           ["trace", "Falco's rule", "type wanted", "raised alone", "raised after a past", ""], [row for row, _, _ in cases])
    groups = collections.defaultdict(list)
    for _, group, hit in cases:
        groups[group].append(hit)
    demo = needed(options.logs / "eks/audit2rbac_demo.jsonl.gz")
    count, raised = len(lines_of(demo)), detect(options, demo)[0]
    yield ("Kubernetes: together", "", ["what", *SCORE[1:], ""],
           [["alerts of a type that needs no history", *rate(sum(groups["plain"]), len(groups["plain"])), "inferred: apart"],
            ["alerts of AnomalousBehavior, after a past", *rate(sum(groups["history"]), len(groups["history"])), "inferred: apart"],
            ["events without alert that raise something after a past", *rate(sum(groups["quiet"]), len(groups["quiet"])), "unusual by definition: that past holds no such call"],
            ["benign demo (audit2rbac), findings per event", *rate(len(raised), count), f"target 0: {verdict(not raised)}"], panther(options)])
    plots["recall"].append(("Kubernetes, plain types, inferred", sum(groups["plain"]), len(groups["plain"])))
    plots["recall"].append(("Kubernetes, after a past, inferred", sum(groups["history"]), len(groups["history"])))


def panther(options):
    alerts = [0, 0]
    for line in lines_of(options.logs / "eks/panther_tests.jsonl.gz"):
        case = json.loads(line)
        if case["expected_alert"] and isinstance(case.get("event"), dict):
            alerts[0] += bool(detect_rows(options, [case["event"]]))
            alerts[1] += 1
    return ["Panther's unit events with alert that raise something: a hint", *rate(*alerts), ""]


# ---- flows ----

def flow_lines(options, file):
    return lines_of(options.logs / file)


def malicious_lines(options, label, lines):
    """Numbers of the lines, from 1 below the header, that belong to the attack."""
    if label["scope"] == "file":
        return set(range(1, len(lines)))
    if "labels" in label:
        with gzip.open(options.logs / label["labels"], "rt") as file:
            return {number for number, line in enumerate(file, 1) if line.startswith("malicious")}
    pair, port = set(label["match"]["pair"]), str(label["match"]["dstport"])
    return {number for number, words in enumerate((line.split() for line in lines), 0) if set(words[3:5]) == pair and port in words[5:7]}


def numbered(options, lines, lists):
    """Findings, each with the numbers of the lines it rests on."""
    with tempfile.TemporaryDirectory(dir=WORK) as folder:
        path = pathlib.Path(folder, "flow.log")
        path.write_text("".join(lines))
        starts, at = [], 0
        for line in lines:
            starts.append(at)
            at += len(line.encode())
        findings = detect(options, path, lists=lists)[0]
    return [(f, {bisect.bisect_right(starts, event["offset"]) - 1 for event in events_of(f)}) for f in findings]


def flow_row(options, file, label):
    lines = flow_lines(options, file)
    bad = malicious_lines(options, label, lines)
    kinds = set(label.get("guardduty") or [])
    cells, hit_with = [], False
    for lists in (False, True):
        findings = numbered(options, lines, lists)
        on_attack = sorted({f["type"] for f, at in findings if at & bad})
        hit_with = bool(kinds & set(on_attack)) or (not kinds and bool(on_attack))
        cells.append(", ".join(on_attack) or "nothing")
    benign = [f for f, at in findings if not at & bad]
    after = ""
    if hit_with and label["scope"] == "file":
        until = shortest(len(lines), lambda count: bool(kinds & {f["type"] for f, _ in numbered(options, lines[:count], False)})) if kinds & set(cells[0].split(", ")) else None
        after = f"{int(lines[until - 1].split()[11]) - int(lines[1].split()[10])} s, {until - 1} records" if until else "with lists"
    note = "" if hit_with else label.get("note") or ""
    return [label["technique"], "documented" if documented(label) else "inferred", str(len(bad)), ", ".join(sorted(kinds)) or "any", *cells, after,
            str(len(benign)), note], hit_with


def bench_flow(options, plots):
    rows, score, unlabelled = [], collections.defaultdict(list), []
    for file, labels in labels_of(options, "flow").items():
        for label in labels:
            if label.get("verdict") in ("background", "mixed") and label["scope"] != "inline":
                kinds = collections.Counter(f["type"] for f in detect(options, options.logs / file)[0])
                unlabelled.append([file.split("/")[1], label["technique"], ", ".join(label.get("guardduty") or []) or "none named",
                                   ", ".join(f"{kind} ×{n}" for kind, n in kinds.most_common()) or "nothing"])
            if label["scope"] == "inline" or label.get("verdict") in ("benign", "background", "mixed"):
                continue
            row, hit = flow_row(options, file, label)
            rows.append(row)
            if label.get("guardduty"):
                score["documented" if documented(label) else "inferred"].append(hit)
    yield ("Flows: labelled captures", "Each capture alone, first without lists, then with the public lists. Findings besides rest on no line of the attack.",
           ["capture", "label", "records", "type wanted", "raised without lists", "raised with lists", "after", "findings besides", "the label's note on a miss"], rows)
    yield ("Flows: unlabelled and background captures, without lists", "No score: nobody said which line is what.", ["capture", "what it is", "types expected in it", "raised"], unlabelled)
    yield ("Flows: together", "", ["labels", *SCORE[1:], "target"],
           [[name, *rate(sum(hits), len(hits)), f"≥ 95 %: {verdict(sum(hits) >= 0.95 * len(hits))}" if name == "documented" else "apart"] for name, hits in score.items()])
    for name, hits in score.items():
        plots["recall"].append((f"flows, {name}", sum(hits), len(hits)))
    yield from left_out_tools(options, plots)
    yield benign_flows(options)


def benign_flows(options):
    """The captures of applications: their names tell what an address was asked for."""
    lines = flow_lines(options, "flow/ndpi_apps.log.gz")
    with gzip.open(needed(options.logs / "flow/ndpi_apps.index.csv.gz"), "rt") as file:
        captures = [(int(row["first_line"]), int(row["last_line"]), row["pcap"]) for row in csv.DictReader(file)]
    rows = []
    count = [0, 0]
    for lists in (False, True):
        for finding, at in numbered(options, lines, lists):
            count[lists] += 1
            where = sorted({name for first, last, name in captures if any(first <= line <= last for line in at)})
            rows.append(["public lists" if lists else "none", finding["type"], ", ".join(where) or "?", told(finding), "the address stands on a public list" if lists else "**judged by behaviour alone**"])
    total = len(lines) - 1
    for lists in (0, 1):
        low, high = interval(count[lists], total)
        rows.append(["public lists" if lists else "none", f"**{count[lists]} of {total:,} records**", f"{low:.3%} to {high:.3%}", "", "apart: as good as the lists are" if lists else f"target 0: {verdict(not count[0])}"])
    return ("Flows: findings on 347 captures of ordinary applications", "", ["lists", "type", "capture", "why", "reason"], rows)


# ---- tools that nothing was set by ----

class Capture:
    """A host of its own, its ordinary traffic, and what a tool does from it or to it."""

    def __init__(self, rng, number):
        self.rng, self.eni = rng, f"eni-{0xa000 + number:017x}"
        self.host = f"10.{number >> 8 & 255}.{number & 255}.7"
        self.start = 1_790_000_000 + number * 7
        self.rows = []
        for minute in range(20):
            self.flow(minute * 60, self.host, f"52.94.{rng.randint(0, 255)}.{rng.randint(1, 254)}", 443, packets=20, size=9000)

    def flow(self, at, source, target, port, packets=1, size=44, accepted=True, flags=2):
        words = [2, 777788889999, self.eni, source, target, self.rng.randint(32768, 60999), port, 6, packets, size, int(self.start + at), int(self.start + at) + 1,
                 "ACCEPT" if accepted else "REJECT", "OK", flags]
        self.rows.append((self.start + at, " ".join(map(str, words)) + "\n"))


def stranger(rng):
    return f"{rng.randint(61, 222)}.{rng.randint(1, 254)}.{rng.randint(1, 254)}.{rng.randint(1, 254)}"


def ports_of(capture, ports, pause):
    target = stranger(capture.rng) if capture.rng.random() < 0.5 else f"10.9.{capture.rng.randint(0, 255)}.{capture.rng.randint(1, 254)}"
    for i, port in enumerate(ports):
        capture.flow(i * pause, capture.host, target, port, packets=capture.rng.randint(1, 2))


def nmap_fast(capture):
    ports_of(capture, capture.rng.sample(range(1, 10000), 1000), 0.03)


def nmap_polite(capture):
    ports_of(capture, capture.rng.sample(range(1, 10000), 1000), 0.4)


def masscan_host(capture):
    ports_of(capture, capture.rng.sample(range(1, 65536), 4000), 0.001)


def scan_slow(capture):
    ports_of(capture, capture.rng.sample(range(1, 1024), 200), 15)


def addresses_of(capture, port, count, pause):
    first, second = capture.rng.randint(61, 222), capture.rng.randint(1, 254)
    for i in range(count):
        capture.flow(i * pause, capture.host, f"{first}.{second}.{capture.rng.randint(0, 255)}.{capture.rng.randint(1, 254)}", port)


def zmap_smb(capture):
    addresses_of(capture, 445, 3000, 0.005)


def masscan_redis(capture):
    addresses_of(capture, 6379, 1500, 0.02)


def worm_telnet(capture):
    addresses_of(capture, capture.rng.choice([23, 2323]), 600, 0.8)


def guess(capture, port, every, count, inward, packets):
    other = stranger(capture.rng)
    source, target = (other, capture.host) if inward else (capture.host, other)
    for i in range(count):
        took = capture.rng.randint(*packets)
        capture.flow(i * every + capture.rng.random(), source, target, port, packets=took, size=took * capture.rng.randint(90, 160), flags=3)


def hydra_ssh(capture):
    guess(capture, 22, 0.8, 500, True, (18, 34))


def ncrack_ssh_out(capture):
    guess(capture, 22, 0.5, 600, False, (16, 30))


def patator_ssh_slow(capture):
    guess(capture, 22, 12, 120, True, (18, 34))


def crowbar_rdp(capture):
    guess(capture, 3389, 1.5, 400, True, (14, 40))


def beacon(capture, port, every, jitter, count):
    target, at = stranger(capture.rng), 0
    for _ in range(count):
        at += every * (1 + capture.rng.uniform(-jitter, jitter))
        packets = capture.rng.randint(6, 8)
        capture.flow(at, capture.host, target, port, packets=packets, size=packets * 90 + capture.rng.randint(0, 40), flags=3)


def meterpreter(capture):
    beacon(capture, 4444, 30, 0.02, 120)


def cobalt_strike(capture):
    beacon(capture, 8443, 60, 0.2, 120)


def sliver_web(capture):
    beacon(capture, 443, 60, 0.3, 120)


COMMAND = "Backdoor:EC2/C&CActivity.B"
GROUPS = {"Recon:EC2/Portscan": "scans and sweeps", "Impact:EC2/PortSweep": "scans and sweeps", COMMAND: "command and control",
          "UnauthorizedAccess:EC2/SSHBruteForce": "password guessing", "UnauthorizedAccess:EC2/RDPBruteForce": "password guessing"}
TOOLS = {nmap_fast: ("Recon:EC2/Portscan", "nmap -T4, 1,000 ports in 30 s"), nmap_polite: ("Recon:EC2/Portscan", "nmap -T2, a port every 0.4 s"),
         masscan_host: ("Recon:EC2/Portscan", "masscan, 4,000 ports in 4 s"), scan_slow: ("Recon:EC2/Portscan", "200 ports, one every 15 s"),
         zmap_smb: ("Impact:EC2/PortSweep", "zmap of 445, 200 addresses a second"), masscan_redis: ("Impact:EC2/PortSweep", "masscan of 6379, 50 a second"),
         worm_telnet: ("Impact:EC2/PortSweep", "a worm on telnet, 75 a minute"), hydra_ssh: ("UnauthorizedAccess:EC2/SSHBruteForce", "hydra, 75 a minute, inward"),
         ncrack_ssh_out: ("UnauthorizedAccess:EC2/SSHBruteForce", "ncrack, 120 a minute, outward"),
         patator_ssh_slow: ("UnauthorizedAccess:EC2/SSHBruteForce", "patator, 5 a minute, inward"), crowbar_rdp: ("UnauthorizedAccess:EC2/RDPBruteForce", "crowbar, 40 a minute, inward"),
         meterpreter: (COMMAND, "a shell that calls 4444 every 30 s"), cobalt_strike: (COMMAND, "calls to 8443 every 60 s, jitter 20 %"),
         sliver_web: (COMMAND, "calls to 443 every 60 s, jitter 30 %")}
TURNS = 20


def left_out_tools(options, plots):
    rng = random.Random(options.seed)
    captures, number = {}, 0
    for tool in TOOLS:
        for _ in range(TURNS):
            number += 1
            capture = Capture(rng, number)
            tool(capture)
            captures[capture.eni] = (tool, capture)
    rows = sorted(row for _, capture in captures.values() for row in capture.rows)
    say(f"flow: {len(rows):,} flows of tools")
    findings = detect_rows(options, [FLOW_HEAD] + [text for _, text in rows])
    raised = collections.defaultdict(set)
    for finding in findings:
        raised[why(finding).get("resource")].add(finding["type"])
    out, groups = [], collections.defaultdict(list)
    for tool, (kind, words) in TOOLS.items():
        own = [raised[eni] for eni, (t, _) in captures.items() if t is tool]
        hits = sum(kind in kinds for kinds in own)
        others = collections.Counter(k for kinds in own for k in kinds if k != kind)
        groups[GROUPS[kind]].append(hits)
        out.append([words, kind, *rate(hits, len(own)), ", ".join(f"{k} ×{n}" for k, n in others.most_common()) or "nothing"])
    for name, hits in groups.items():
        plots["recall"].append((f"flows, tools, {name}", sum(hits), TURNS * len(hits)))
    yield ("Flows: tools that nothing was set by", f"Made up after how the tools pace themselves: {TURNS} hosts each, every one with its ordinary traffic besides, no lists. One tool "
           "behaves alike on every host, so that the interval tells of the drawing, not of the world.", ["tool", "type wanted", *SCORE[1:], "raised besides"], out)


# ---- queries ----

def tester_rows(options):
    for i, name in enumerate(lines_of(options.logs / "dns/guardduty_tester_exfil_names.txt.gz")):
        second = i // 3
        yield {"version": "1.100000", "account_id": "111122223333", "region": "us-east-1", "vpc_id": "vpc-0a1b2c3d4e5f60718",
               "query_timestamp": f"2026-03-02T00:{second // 60:02d}:{second % 60:02d}Z", "query_name": name.strip() + ".", "query_type": "TXT", "query_class": "IN",
               "rcode": "NOERROR", "answers": [], "srcaddr": "10.0.0.9", "srcport": "43250", "transport": "UDP", "srcids": {"instance": "i-0aace548e4a80d66d"}}


def bench_dns(options, plots):
    rows, hits = [], []
    for file, labels in labels_of(options, "dns").items():
        for label in labels:
            if label.get("verdict") != "malicious":
                continue
            records = list(tester_rows(options)) if file.endswith(".txt.gz") else [json.loads(line) for line in lines_of(options.logs / file)]
            kinds = set(label["guardduty"])
            findings = {f["type"] for f in detect_rows(options, records)}
            hit = bool(findings & kinds)
            hits.append(hit)
            after = ""
            if hit:
                until = shortest(len(records), lambda count: bool(kinds & {f["type"] for f in detect_rows(options, records[:count])}))
                after = f"{seconds_between(records[0]['query_timestamp'], records[until - 1]['query_timestamp']):.0f} s, {until} queries"
            rows.append([file.split("/")[1], "documented" if documented(label) else "inferred", ", ".join(kinds), ", ".join(sorted(findings)) or "nothing", after])
    yield ("Queries: tunnels", "The tools are known from training; part `dga` tells how each does when left out.", ["log", "label", "type wanted", "raised", "after"], rows)
    plots["recall"].append(("DNS tunnels", sum(hits), len(hits)))
    yield benign_queries(options)


def benign_queries(options):
    rows = []
    for name, kind in (("benign_cloudflare_top1m_lookups", "benign"), ("rita_public_host", "background"), ("wrccdc2018_background", "background, red team in it")):
        path = options.logs / f"dns/{name}.jsonl.gz"
        if not path.exists():
            continue
        count = len(lines_of(path))
        for lists in (False, True):
            findings = detect(options, path, lists=lists)[0]
            low, high = interval(len(findings), count)
            tail = f"target 0: {verdict(not findings)}" if kind == "benign" and not lists else "as good as the lists are" if lists else "unlabelled"
            rows.append([name, kind, "public lists" if lists else "none", f"{len(findings)} of {count:,}", f"{low:.4%} to {high:.4%}",
                         "; ".join(f"{f['type']}: {told(f)}" for f in findings[:4]) or "nothing", tail])
    return ("Queries: findings on benign and unlabelled logs", "With lists, names of the most popular million stand on public lists of malware and miners; whoever looks them up is told.",
            ["log", "what it is", "lists", "findings", "95 % interval", "which, at most four", ""], rows)
