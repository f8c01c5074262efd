#!/usr/bin/env python3
"""Trains what judges DNS names: generated domains (rules/models/dga.model) and tunnels (tunnel.model), with their cards.

    python3 -m venv build/train && build/train/bin/pip install -r tools/train_requirements.txt
    build/train/bin/python tools/train_dns.py --logs ../shared/logs

Every choice of the machine's is seeded: the same data give the same files. The names themselves are not kept. What a
feature is stands in src/detect/dga.c and src/detect/tunnel.c; both sides must agree, which dga_test.c checks on the
names this script makes up for it.
"""
import argparse
import base64
import collections
import csv
import gzip
import json
import math
import pathlib
import random
import zlib

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import StandardScaler

ROOT = pathlib.Path(__file__).resolve().parent.parent
SEED = 20261124
LETTERS = "abcdefghijklmnopqrstuvwxyz"
ALPHABET = LETTERS + "0123456789-"      # codes 1 to 37; 38: anything else; 0: before and behind the name
CODES = 39
LONGEST = 63
HASH_BITS = {4: 16, 5: 17}              # of the tables of four and five characters
HIDDEN = 24
FAMILY_MOST = 2000                      # names of one family that are looked at
FAMILY_WEIGHT = 800                     # and trained on
WORD_LISTS = {"rovnix", "fosniw"}       # made of words, not of letters
TINY = {"unnamed_downloader", "qsnatch", "kraken", "pushdo", "pitou", "dmsniff"}  # short or pronounceable by design

FEATURES = ("trigram mean", "trigram least", "rare trigrams", "fourgram mean", "fourgrams unseen", "fourgrams rare",
            "fivegram mean", "fivegrams unseen", "fivegrams rare", "length", "digits", "vowels", "hyphens", "hexadecimal",
            "changes between digit and letter", "longest run of consonants", "longest run of digits", "distinct", "entropy",
            "suffix")


class Suffixes:
    """Public suffixes, as libpsl has them."""

    def __init__(self, path):
        self.rules, self.wild, self.exceptions = set(), set(), set()
        for line in open(path, encoding="utf8"):
            rule = line.split()[0] if line.strip() else ""
            if not rule or rule.startswith("//") or not rule.isascii():
                continue
            if rule.startswith("!"):
                self.exceptions.add(rule[1:])
            elif rule.startswith("*."):
                self.wild.add(rule[2:])
            else:
                self.rules.add(rule)

    def split(self, name):
        """The label below the public suffix, and the suffix; (None, suffix) for a suffix itself."""
        parts = name.lower().rstrip(".").split(".")
        for i in range(len(parts)):
            rest = ".".join(parts[i + 1:])
            if ".".join(parts[i:]) in self.exceptions:
                return parts[i], rest
            if ".".join(parts[i:]) in self.rules or (rest and rest in self.wild):
                return (parts[i - 1] if i else None), ".".join(parts[i:])
        return (parts[-2], parts[-1]) if len(parts) > 1 else (None, parts[-1])


# --- names ---

def encode(labels):
    code = {c: i + 1 for i, c in enumerate(ALPHABET)}
    codes = np.zeros((len(labels), LONGEST + 4), np.int64)
    lengths = np.zeros(len(labels), np.int64)
    for i, label in enumerate(labels):
        row = [code.get(c, CODES - 1) for c in label[:LONGEST]]
        codes[i, 2:2 + len(row)] = row
        lengths[i] = len(row)
    return codes, lengths


def grams(codes, size):
    """The number of the gram that ends at each place."""
    out = np.zeros(codes.shape, np.int64)
    for back in range(size - 1, -1, -1):
        out *= CODES
        out[:, size - 1:] += codes[:, size - 1 - back:codes.shape[1] - back]
    return out


def gram_hash(gram, bits):
    return (gram * 0x9E3779B1 & 0xFFFFFFFF) >> (32 - bits)


class Language:
    """How benign names are spelt: logarithms of trigram chances, and how well known longer pieces are."""

    def __init__(self, labels):
        codes, lengths = encode(labels)
        place = np.arange(codes.shape[1])[None, :]
        count = {}
        for size in (2, 3, 4, 5):
            gram = grams(codes, size)[(place >= max(2, size - 1)) & (place <= lengths[:, None] + 2)]
            bits = HASH_BITS.get(size)
            count[size] = np.bincount(gram_hash(gram, bits) if bits else gram, minlength=1 << bits if bits else CODES ** size)
        pair = count[2].reshape(CODES, CODES) + 0.5
        pair = pair / pair.sum(1, keepdims=True)
        three = count[3].reshape(CODES, CODES, CODES)
        chance = (three + 5 * pair[None]) / (three.sum(2, keepdims=True) + 5)
        self.trigram = np.clip(np.round(-16 * np.log(chance.ravel())), 0, 255).astype(np.uint8)  # sixteenths of a nat
        self.known = {size: np.clip(np.round(1.5 * np.log1p(count[size])), 0, 15).astype(np.uint8) for size in HASH_BITS}


VOWELS, DIGITS, IS_LETTER, HEXADECIMAL = (
    np.array([c in s for c in "\0" + ALPHABET + "\0"]) for s in ("aeiouy", "0123456789", LETTERS, "0123456789abcdef"))


def longest_run(flags):
    run = best = np.zeros(len(flags))
    for column in flags.T:
        run = np.where(column, run + 1, 0)
        best = np.maximum(best, run)
    return best


def features(language, labels, suffix_odds):
    codes, lengths = encode(labels)
    place = np.arange(codes.shape[1])[None, :]
    inside = (place >= 2) & (place < lengths[:, None] + 2)
    length = np.maximum(lengths, 1).astype(float)
    columns = []
    mask = (place >= 2) & (place <= lengths[:, None] + 2)
    cost = np.where(mask, language.trigram[grams(codes, 3)] / 16.0, 0)
    total = mask.sum(1)
    columns += [cost.sum(1) / total, cost.max(1), (cost > 5).sum(1) / total]
    for size in HASH_BITS:
        mask = (place >= size - 1) & (place <= lengths[:, None] + 2)
        known = np.where(mask, language.known[size][gram_hash(grams(codes, size), HASH_BITS[size])], 0)
        total = np.maximum(mask.sum(1), 1)
        columns += [known.sum(1) / total, ((known < 2) & mask).sum(1) / total, ((known < 5) & mask).sum(1) / total]
    digit, vowel, letter = DIGITS[codes] & inside, VOWELS[codes] & inside, IS_LETTER[codes] & inside
    columns += [length, digit.sum(1) / length, vowel.sum(1) / np.maximum(letter.sum(1), 1),
                ((codes == ALPHABET.index("-") + 1) & inside).sum(1), (HEXADECIMAL[codes] & inside).sum(1) / length,
                (digit[:, 3:] != digit[:, 2:-1]).sum(1) / length, longest_run(letter & ~vowel), longest_run(digit)]
    distinct, entropy = np.zeros(len(labels)), np.zeros(len(labels))
    for code in range(1, CODES):
        share = ((codes == code) & inside).sum(1) / length
        distinct += share > 0
        entropy -= share * np.log(np.where(share > 0, share, 1))
    return np.stack(columns + [distinct / length, entropy, np.asarray(suffix_odds, float)], 1)


class SuffixOdds:
    """How much likelier a last label is among generated names than among benign ones; every family weighs the same."""

    def __init__(self, benign, generated):
        self.benign = collections.Counter(last(s) for _, s in benign)
        self.share = collections.Counter()
        families = collections.defaultdict(list)
        for _, suffix, family in generated:
            families[family].append(last(suffix))
        for lasts in families.values():
            for suffix, count in collections.Counter(lasts).items():
                self.share[suffix] += count / len(lasts) / len(families)

    def of(self, suffix):
        benign = (self.benign[last(suffix)] + 2) / (sum(self.benign.values()) + 600)
        generated = (self.share[last(suffix)] + 0.001) / 1.3
        return min(2.0, max(-2.0, math.log(generated / benign)))


def last(suffix):
    return suffix.rsplit(".", 1)[-1]


def made_up(rng):
    """Plain generators, as further families: uniform letters, letters and digits, hexadecimal, syllables, few letters."""
    def word(alphabet, least, most):
        return "".join(rng.choice(alphabet) for _ in range(rng.randint(least, most)))
    out = [(word(LETTERS, 5, 9), "uniform short") for _ in range(1500)]
    out += [(word(LETTERS, 9, 24), "uniform long") for _ in range(1500)]
    out += [(word(LETTERS + "0123456789", 7, 24), "alphanumeric") for _ in range(800)]
    out += [(word("0123456789abcdef", 8, 32), "hexadecimal") for _ in range(400)]
    out += [("".join(rng.choice("bcdfghjklmnpqrstvwxz") + rng.choice("aeiouy") for _ in range(rng.randint(3, 6))) +
             rng.choice(["", rng.choice("bdgklmnrstx")]), "syllables") for _ in range(800)]
    out += [(word(word(LETTERS, 6, 9), 10, 18), "few letters") for _ in range(300)]
    return out


class Classifier:
    def __init__(self, language, benign, generated, plain, rng):
        self.language = language
        self.odds = SuffixOdds(benign, generated)
        kept = []
        families = collections.defaultdict(list)
        for item in generated:
            families[item[2]].append(item)
        for family in sorted(families):
            kept += rng.sample(families[family], min(FAMILY_WEIGHT, len(families[family])))
        common = [self.odds.of(s) for _, s, _ in kept]
        x = np.vstack([self.inputs([(l, s) for l, s in benign]), self.inputs([(l, s) for l, s, _ in kept]),
                       features(language, [l for l, _ in plain], [rng.choice(common) for _ in plain])])
        y = np.r_[np.zeros(len(benign)), np.ones(len(kept) + len(plain))]
        self.prior = math.log(y.sum() / (len(y) - y.sum()))
        self.scaler = StandardScaler().fit(x)
        self.net = MLPClassifier((HIDDEN,), alpha=1e-3, max_iter=40, learning_rate_init=2e-3, random_state=SEED)
        self.net.fit(self.scaler.transform(x), y)

    def inputs(self, items):
        return features(self.language, [l for l, _ in items], [self.odds.of(s) for _, s in items])

    def score(self, items):
        """Logarithm of the likelihood ratio, as the C has it."""
        hidden = np.maximum(self.scaler.transform(self.inputs(items)) @ self.net.coefs_[0] + self.net.intercepts_[0], 0)
        return (hidden @ self.net.coefs_[1] + self.net.intercepts_[1])[:, 0] - self.prior


# --- data ---

def read_names(logs, suffixes):
    benign, generated = [], []
    for row in csv.DictReader(gzip.open(logs / "dga/domains.csv.gz", "rt")):
        label, suffix = suffixes.split(row["domain"])
        if label is None or row["domain"].endswith(".py"):
            continue
        if row["label"] == "dga":
            generated.append((label, suffix, row["family"]))
        else:
            benign.append((label, suffix))
    return benign, generated


def query_names(path):
    for line in gzip.open(path, "rt"):
        if line.startswith("{"):
            record = json.loads(line)
            yield record["query_name"].rstrip("."), record["srcids"]["instance"], record["query_timestamp"], record["query_type"]
        else:
            yield line.strip(), "i-tester", "", "TXT"


def popular_names(logs, suffixes):
    """Names below suffixes that were looked up from a list of the million most popular ones."""
    seen = {}
    for line in gzip.open(logs / "dns/benign_cloudflare_top1m_lookups.jsonl.gz", "rt"):
        start = line.index('"query_name":"') + 14
        label, suffix = suffixes.split(line[start:line.index('"', start)])
        if label:
            seen[(label, suffix)] = True
    return list(seen)


def part_of(label, parts=10):
    return zlib.crc32(label.encode()) % parts


def interval(hits, count):
    """Wilson's, 95 %."""
    if count == 0:
        return 0.0, 1.0
    z, p = 1.96, hits / count
    middle, spread = p + z * z / 2 / count, z * math.sqrt(p * (1 - p) / count + z * z / 4 / count / count)
    return max(0.0, (middle - spread) / (1 + z * z / count)), (middle + spread) / (1 + z * z / count)


def left_out(benign, popular, generated, rng):
    """Each family judged by a model that saw neither it nor the benign names it is compared with."""
    language = Language(sorted({l for l, _ in benign + popular if part_of(l) < 8}))
    held = [x for x in benign if part_of(x[0]) == 9]
    near = [x for x in benign if part_of(x[0]) == 8] + [x for x in popular if part_of(x[0]) == 8][:20000]
    popular_held = [x for x in popular if part_of(x[0]) == 9]
    plain = made_up(rng)
    families = sorted({f for _, _, f in generated})
    shuffled = families[:]
    rng.shuffle(shuffled)
    rows, alarms = [], []
    for fold in range(8):
        out = set(shuffled[fold::8])
        model = Classifier(language, near, [g for g in generated if g[2] not in out and g[2] != "fosniw"], plain, rng)
        good = model.score(held)
        limit = np.quantile(good, 0.999)
        alarms.append((model.score(popular_held) > limit).mean())
        for family in sorted(out):
            bad = model.score([(l, s) for l, s, f in generated if f == family])
            auc = roc_auc_score(np.r_[np.zeros(len(good)), np.ones(len(bad))], np.r_[good, bad])
            rows.append((family, len(bad), auc, int((bad > limit).sum())))
    arithmetic = [a for f, _, a, _ in rows if f not in WORD_LISTS and f not in TINY]
    return sorted(rows), float(np.mean(arithmetic)), len(held), float(np.mean(alarms)), len(popular_held)


# --- tunnels ---

TUNNEL_FEATURES = ("length of a name", "entropy", "digits and odd characters", "types that carry data", "distinct share")
TUNNEL_LEAST = 20                       # names below one domain before anything is judged
CARRIERS = {"TXT", "NULL", "CNAME", "MX", "SRV", "PRIVATE"}


class Window:
    """What tunnel.c keeps per instance and domain, for ten minutes."""

    def __init__(self):
        self.names, self.queries, self.length, self.odd, self.carriers = set(), 0, 0, 0, 0
        self.count = collections.Counter()

    def add(self, below, kind):
        self.queries += 1
        if below in self.names:
            return False
        self.names.add(below)
        text = below.replace(".", "")
        self.length += len(text)
        self.odd += sum(not ("a" <= c <= "z" or c == "-") for c in text.lower())
        self.carriers += kind in CARRIERS
        self.count.update(text.lower())
        return True

    def inputs(self):
        total = max(1, sum(self.count.values()))
        entropy = -sum(c / total * math.log2(c / total) for c in self.count.values())
        names = len(self.names)
        return [math.log1p(self.length / names), entropy, self.odd / total, self.carriers / names, names / self.queries]


def windows(records, suffixes):
    """The windows as they stood when they held 20, 40, 80, … names; and how many domains there were at all."""
    kept, out, domains = {}, [], set()
    for name, instance, when, kind in records:
        label, suffix = suffixes.split(name)
        if label is None or suffix.endswith("arpa"):
            continue
        below = name[:max(0, len(name) - len(label) - len(suffix) - 2)]
        domains.add((instance, label, suffix))
        if not below:
            continue
        window = kept.setdefault((instance, label, suffix, when[:15]), Window())
        if window.add(below, kind) and len(window.names) in (20, 40, 80, 160, 320):
            out.append(window.inputs())
    return out, len(domains)


def services(rng):
    """Benign names that look like data, as services make them: block lists, antivirus hashes, content networks, devices."""
    out = []
    for _ in range(1000):
        kind, window, length = rng.randrange(6), Window(), rng.choice([8, 16, 32, 40])
        repeat = rng.choice([0, 0, 0.3, 0.6])
        while len(window.names) < 40:
            if kind == 0:
                name = ".".join(str(rng.randrange(256)) for _ in range(4))
            elif kind == 1:
                name = "%0*x" % (length, rng.getrandbits(4 * length))
            elif kind == 2:
                name = rng.choice(["e%d.dsc%s", "r%d---sn-%s", "a%d.%s"]) % (rng.randrange(9999), "%06x" % rng.getrandbits(24))
            elif kind == 3:
                name = "d%013x" % rng.getrandbits(52)
            elif kind == 4:
                name = "ec2-%d-%d-%d-%d.%s" % (*(rng.randrange(256) for _ in range(4)), rng.choice(["eu-west-1", "us-east-1"]))
            else:
                name = "-".join("%0*x" % (n, rng.getrandbits(4 * n)) for n in (8, 4, 4, 4, 12))
            for _ in range(1 + (rng.random() < repeat)):
                window.add(name, "TXT" if kind < 2 and rng.random() < 0.3 else "A")
        out.append(window.inputs())
    return out


def tunnels(logs, suffixes, rng):
    tools = {"iodine": ["tunnel_iodine_cname", "tunnel_ndpi_iodine"], "dnscat2": ["tunnel_dnscat2_txt", "tunnel_dnscat2_cname"]}
    rows = {tool: [w for f in files for w in windows(query_names(logs / f"dns/{f}.jsonl.gz"), suffixes)[0]]
            for tool, files in tools.items()}
    tester = list(query_names(logs / "dns/guardduty_tester_exfil_names.txt.gz"))
    rows["tester"] = [w for i in range(0, len(tester), 45) for w in windows(tester[i:i + 45], suffixes)[0]]
    good, domains = [], 0
    for name in ("benign_cloudflare_top1m_lookups", "rita_public_host", "wrccdc2018_background"):
        found, count = windows(query_names(logs / f"dns/{name}.jsonl.gz"), suffixes)
        good, domains = good + found, domains + count
    made = services(rng)
    scores = []
    for tool in rows:  # every tool can ask for addresses as well
        rows[tool] += [w[:3] + [0.0] + w[4:] for w in rows[tool]]
    for tool in rows:
        train = [w for t in rows if t != tool for w in rows[t]]
        model = tunnel_model(train, good[::2] + made[::2])
        scores.append((tool, sum(tunnel_score(model, w) > 0 for w in rows[tool]), len(rows[tool]),
                       sum(tunnel_score(model, w) > 0 for w in good[1::2]), len(good[1::2]),
                       sum(tunnel_score(model, w) > 0 for w in made[1::2]), len(made[1::2])))
    return tunnel_model([w for t in rows for w in rows[t]], good + made), scores, domains


def tunnel_model(bad, good):
    x = np.array(bad + good)
    y = np.r_[np.ones(len(bad)), np.zeros(len(good))]
    scaler = StandardScaler().fit(x)
    weight = np.where(y == 1, 0.5 / len(bad), 0.5 / len(good)) * len(y)
    fit = LogisticRegression(C=1.0, max_iter=2000).fit(scaler.transform(x), y, sample_weight=weight)
    weights = fit.coef_[0] / scaler.scale_
    return [float(fit.intercept_[0] - (weights * scaler.mean_).sum())] + [float(w) for w in weights]


def tunnel_score(model, window):
    return model[0] + sum(w * x for w, x in zip(model[1:], window))


# --- what is written ---

def numbers(values):
    return " ".join(f"{float(v):.6g}" for v in values)


def block(name, data):
    text = base64.b64encode(bytes(data)).decode()
    return [f"{name} {len(data)}"] + [text[i:i + 120] for i in range(0, len(text), 120)]


def nibbles(values):
    values = np.asarray(values, np.uint8)
    return (values[0::2] | values[1::2] << 4).tobytes()


def write_dga(path, model, limit):
    lines = ["yagura-model 1 dga", f"inputs {len(FEATURES)}", f"hidden {HIDDEN}", f"limit {limit:.6g}",
             "mean " + numbers(model.scaler.mean_), "scale " + numbers(model.scaler.scale_)]
    lines += ["row " + numbers(row) for row in model.net.coefs_[0].T]
    lines += ["hidden_bias " + numbers(model.net.intercepts_[0]), "out " + numbers(model.net.coefs_[1][:, 0]),
              "out_bias " + numbers([model.net.intercepts_[1][0] - model.prior])]
    known = sorted({s for s in model.odds.benign if model.odds.benign[s] >= 20} | set(model.odds.share))
    lines += [f"suffix {s} {model.odds.of(s):.3f}" for s in known if len(s) < 16] + [f"suffix * {model.odds.of('?'):.3f}"]
    lines += block("trigram", model.language.trigram.tobytes())
    for size in HASH_BITS:
        lines += block(f"gram{size}", nibbles(model.language.known[size]))
    path.write_text("\n".join(lines) + "\n")


def check_names():
    rng = random.Random(7)
    out = ["a", "example", "xn--bcher-kva", "under_score", "0123456789", "a-b-c-d", "x" * 63]
    return out + [l for l, _ in rng.sample(made_up(rng), 25)]


def write_card(path, title, lines):
    path.write_text("\n".join([f"# {title}", ""] + lines) + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--logs", type=pathlib.Path, required=True)
    parser.add_argument("--suffixes", default="/usr/share/publicsuffix/public_suffix_list.dat", help="of Debian's publicsuffix")
    parser.add_argument("--out", type=pathlib.Path, default=ROOT / "rules/models")
    parser.add_argument("--only", choices=("dga", "tunnel"))
    args = parser.parse_args()
    suffixes = Suffixes(args.suffixes)
    args.out.mkdir(parents=True, exist_ok=True)
    if args.only != "tunnel":
        train_dga(args, suffixes)
    if args.only != "dga":
        train_tunnel(args, suffixes)


def train_dga(args, suffixes):
    rng = random.Random(SEED)
    benign, everything = read_names(args.logs, suffixes)
    popular = popular_names(args.logs, suffixes)
    rng.shuffle(popular)
    families = collections.defaultdict(list)
    for item in everything:
        families[item[2]].append(item)
    generated = [g for f in sorted(families) for g in rng.sample(families[f], min(FAMILY_MOST, len(families[f])))]
    rows, mean, held, alarms, popular_held = left_out(benign, popular, generated, rng)

    # The model that is kept: the language of nine tenths, the net on the tenth that the language has not seen.
    language = Language(sorted({l for l, _ in benign + popular if part_of(l) < 9}))
    rest = [x for x in benign if part_of(x[0]) == 9] * 1 + [x for x in popular if part_of(x[0]) == 9][:20000]
    model = Classifier(language, rest, [g for g in generated if g[2] != "fosniw"], made_up(rng), rng)
    limit = float(np.quantile(model.score(rest), 0.999))
    write_dga(args.out / "dga.model", model, limit)
    checks = check_names()
    scores = model.score([(l, "com") for l in checks])
    (ROOT / "src/detect/dga_names.h").write_text(
        "/* made by tools/train_dns.py: made-up labels below .com, and what the model gave them when it was trained. */\n"
        "#ifndef YAGURA_DETECT_DGA_NAMES_H\n#define YAGURA_DETECT_DGA_NAMES_H\n\n"
        "static const struct {\n    const char *label;\n    double score;\n} dga_names[] = {\n"
        + "".join(f'    {{ "{l}", {s:.4f} }},\n' for l, s in zip(checks, scores)) + "};\n\n#endif\n")

    def kind(family):
        return "words" if family in WORD_LISTS else "short or pronounceable" if family in TINY else "arithmetic"
    lines = ["Judges the label below a public suffix: how likely a machine made it up. `src/detect/dga.c` evaluates it.", "",
             f"- Trained by `tools/train_dns.py` (seed {SEED}) on {len(benign)} popular domains of 2013, {len(popular)} looked-up names "
             f"of a list of the most popular ones of 2023, {len(everything)} names of {len(families)} generators (at most "
             f"{FAMILY_WEIGHT} of each), and {len(made_up(random.Random(SEED)))} names made up by plain generators. None of them is in the model.",
             f"- A net of {len(FEATURES)} inputs and {HIDDEN} hidden units over how the label is spelt: chances of three "
             "characters in a row, how well known four and five in a row are, length, character kinds, last label of the suffix.",
             f"- Left out: every family was judged by a model that had seen neither it nor the {held} benign names it is compared "
             "with. Recall is at the limit that lets 0.1 % of those pass for generated.",
             f"- Mean AUC over the arithmetic families: {mean:.4f}. Of {popular_held} looked-up names kept out, {alarms:.2%} exceed "
             "the limit.", "",
             "| family | kind | n | AUC | recall at 0.1 % | 95 % interval |", "|---|---|---|---|---|---|"]
    for family, count, auc, hits in rows:
        low, high = interval(hits, count)
        lines.append(f"| {family} | {kind(family)} | {count} | {auc:.4f} | {hits / count:.3f} | {low:.3f} to {high:.3f} |")
    lines += ["", "Limits: names made of words look like names made of words; short ones and pronounceable ones are told apart "
              "only in numbers. One odd name is therefore never a finding: the detector wants several names without an answer "
              "(`src/detect/detectors/dns_generated.c`). Internationalised names are judged by their `xn--` form."]
    write_card(args.out / "dga.md", "Generated domain names (dga.model)", lines)
    print("\n".join(lines))


def train_tunnel(args, suffixes):
    rng = random.Random(SEED)
    model, scores, domains = tunnels(args.logs, suffixes, rng)
    lines = ["yagura-model 1 tunnel", f"inputs {len(TUNNEL_FEATURES)}", "bias " + numbers(model[:1]), "weights " + numbers(model[1:])]
    (args.out / "tunnel.model").write_text("\n".join(lines) + "\n")
    card = ["Judges what an instance asked below one domain within ten minutes: whether the names carry data. "
            "`src/detect/tunnel.c` evaluates it.", "",
            f"- Trained by `tools/train_dns.py` (seed {SEED}): logistic regression over {', '.join(TUNNEL_FEATURES)}, once there are "
            f"{TUNNEL_LEAST} different names.",
            f"- Data: windows of the tunnels iodine and dnscat2, of AWS's own test names, of three benign logs (few of their {domains} "
            "domains ever reach so many names), and 1000 windows made up after block lists, antivirus look-ups, content networks, "
            "device and host names. Each tunnel counts twice, as it was and as if it had asked for addresses alone.",
            "- Each tool was judged by a model that had not seen it; false alarms on benign windows it had not seen either.", "",
            "| tool left out | windows | found | 95 % interval | false alarms, logs | windows | false alarms, made up | windows |",
            "|---|---|---|---|---|---|---|---|"]
    for tool, hits, count, *wrong in scores:
        low, high = interval(hits, count)
        card.append(f"| {tool} | {count} | {hits} | {low:.3f} to {high:.3f} | " + " | ".join(map(str, wrong)) + " |")
    card += ["", "Limits: slow tunnels (under 20 names in ten minutes) are below what is asked for; a service that "
             "sends measurements in names looks like one: trust its domain by an entity list."]
    write_card(args.out / "tunnel.md", "DNS tunnels (tunnel.model)", card)
    print("\n".join(card))


if __name__ == "__main__":
    main()
