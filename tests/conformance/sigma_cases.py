"""Made-up events and Sigma rules for test_sigma_verdicts.py: a small world, so that rules hit about as often as they miss.

The rules use every modifier that pySigma's SQLite back end supports, alone and together, every form of condition, lists of
maps, null, numbers, wildcards and escapes. What is left out because the back end deviates, not we, is listed in DEVIATIONS."""

import base64
import json
import random

DEVIATIONS = {
    "case of letters beyond ASCII": "LIKE and NOCASE fold ASCII alone; the specification says case-insensitive. Values are ASCII where case matters",
    "text against number": "SQLite compares by type: '5' is not 5 there; Sigma knows no types. Each field keeps one type",
    "text modifiers on booleans": "the table holds words for booleans, so that |contains 'ru' finds true; such rules are not made",
    "cidr on text that is no address": "networks become prefixes of text there: 10.0.0.0/8 also finds '10.example'; the address field holds addresses",
    "cidr, IPv6": "prefixes of text know one spelling of an address; only IPv4 is made",
    "week": "strftime's %W counts from the first Monday and from 0; the specification says ISO weeks",
    "expand": "placeholders are for a processing pipeline, not for the back end",
    "arrays": "a table holds one value per field; how a flattener writes lists is its own affair",
    "null within a list": "there it is one more alternative; the specification forbids it, and we refuse the rule",
    "exists of null": "a column can't tell null from nothing; in the specification a field that is null exists. Rules ask it of NEVER_NULL",
    "utf16le": "the back end's library does not know it by this name; wide is the same",
    "keywords with a backslash or quote": "what they meet is the flattener's own text of the record",
    "regular expressions": "REGEXP is whatever the table's owner installs; patterns mean the same in Python's re and in PCRE2",
}

WORDS = ["alpha", "Bravo", "CHARLIE", "delta", "echo-1", "Fox_trot", "100%", "a*b", "what?", "tail\\", "C:\\Temp\\x.exe",
         "\\\\host\\share", "it's", "[ab]", "", "deltas", "alphabet", "-enc", "/enc", "run -enc now", "run /enc now"]
KINDS = ["User", "user", "Role", "Root", "Service"]
NUMBERS = [0, 1, 2, 5, 7, 10, 99, 443, 1024, -3, 2.5, 1e6]
HOSTS = ["10.0.0.1", "10.1.2.3", "192.168.1.77", "192.168.2.5", "203.0.113.9", "172.16.5.4", "8.8.8.8"]
SECRETS = ["whoami", "net user", "passwd"]
TEXTS, KEYWORDS = ["name", "who.kind", "who.path", "note"], ["alpha", "exe", "bravo", "share", "203.0.113", "a?pha", "ec*o"]
NEVER_NULL = ["size", "done"]
FIELDS = [*TEXTS, "count", "size", "done", "from", "other", "code", "at"]


def encoded(r):
    """A secret in base64, at some offset, sometimes as UTF-16."""
    secret = r.choice([*SECRETS, "nothing here"])
    raw = secret.encode("utf-16-le" if r.random() < 0.4 else "utf-8")
    return base64.b64encode(b"xyz"[:r.randrange(4)] + raw + b"!?"[:r.randrange(3)]).decode()


def sometimes(r, fields):
    """Of each field its value, null or nothing at all."""
    chances = {name: r.random() for name in fields}
    return {name: None if chances[name] < 0.2 and name not in NEVER_NULL else value for name, value in fields.items() if chances[name] > 0.1}


def event(r):
    parts = {"name": r.choice(WORDS), "note": " ".join(r.sample(WORDS, 2)), "count": r.choice(NUMBERS), "size": r.randrange(20),
             "done": r.random() < 0.5, "from": r.choice(HOSTS), "other": r.choice(WORDS), "code": encoded(r),
             "at": f"20{r.randrange(24, 27)}-{r.randrange(1, 13):02d}-{r.randrange(1, 29):02d}T{r.randrange(24):02d}:{r.randrange(60):02d}:00Z"}
    who = {"who": sometimes(r, {"kind": r.choice(KINDS), "path": r.choice(WORDS)})}
    return {**sometimes(r, parts), **(who if r.random() < 0.95 else {})}


def events(count, seed=1):
    r = random.Random(seed)
    return [{"id": number, **event(r)} for number in range(count)]


# ---- rules ---------------------------------------------------------------------------------------------------------

def escape(text, r):
    """As Sigma wants plain text written; a backslash before an ordinary letter may stay alone."""
    out = ""
    for at, letter in enumerate(text):
        special = letter in "*?" or (letter == "\\" and (text[at + 1:at + 2] in ("*", "?", "\\", "") or r.random() < 0.5))
        out += "\\" + letter if special else letter
    return out


def some_case(text, r):
    return r.choice([text, text, text.lower(), text.upper()])


def piece(text, r):
    start = r.randrange(len(text) or 1)
    return text[start:start + r.randrange(1, 6)] or "a"


def plain(r):
    return escape(some_case(r.choice(WORDS), r), r)


def wild(r):
    word = r.choice([word for word in WORDS if word])
    cut = r.randrange(len(word))
    return r.choice([escape(word[:cut], r) + "*", "*" + escape(word[cut:], r), escape(word[:cut], r) + "?" + escape(word[cut + 1:], r),
                     "*" + escape(piece(word, r), r) + "*", "?*"])


def ends(text, shape, r):
    cut = r.randrange(1, 5)
    return {"startswith": text[:cut], "endswith": text[-cut:], "contains": piece(text, r)}[shape] or "a"


def one_or_many(make, r, most=4):
    return make(r) if r.random() < 0.4 else [make(r) for _ in range(r.randrange(1, most))]


def text_item(r):
    return r.choice(TEXTS), one_or_many(lambda r: wild(r) if r.random() < 0.4 else plain(r), r)


def shaped_item(r):
    shape = r.choice(["startswith", "endswith", "contains"])
    values = one_or_many(lambda r: escape(some_case(ends(r.choice(WORDS) or "x", shape, r), r), r), r)
    every = "|all" if isinstance(values, list) and len(values) > 1 and r.random() < 0.4 else ""
    return f"{r.choice(TEXTS)}|{shape}{every}", values


def cased_item(r):
    if r.random() < 0.5:
        return f"{r.choice(TEXTS)}|cased", one_or_many(lambda r: wild(r) if r.random() < 0.3 else plain(r), r)
    field, values = shaped_item(r)
    return f"{field}|cased", values


def negated_item(r):
    field, values = r.choice([text_item, shaped_item, number_item])(r)
    return f"{field}|neq", values


PATTERNS = ["^al", "o-\\d$", "^[A-Z]+$", "x\\.exe", "(alpha|delta)s?", "\\\\\\\\host", "it.s", "^$", "e.*o"]


def regex_item(r):
    return f"{r.choice(TEXTS)}|re{r.choice(['', '', '|i', '|m', '|s', '|i|s'])}", one_or_many(lambda r: r.choice(PATTERNS), r, 3)


def number_item(r):
    return r.choice(["count", "size"]), one_or_many(lambda r: r.choice(NUMBERS), r)


def compared_item(r):
    return f"{r.choice(['count', 'size'])}|{r.choice(['lt', 'lte', 'gt', 'gte'])}", r.choice(NUMBERS)


def cidr_item(r):
    return "from|cidr", one_or_many(lambda r: r.choice(["10.0.0.0/8", "192.168.0.0/16", "192.168.1.64/26", "203.0.113.9/32", "172.16.0.0/12", "0.0.0.0/0"]), r)


def null_item(r):
    return r.choice(FIELDS), None


def exists_item(r):
    return f"{r.choice(NEVER_NULL)}|exists", r.random() < 0.5


def boolean_item(r):
    return "done", r.random() < 0.5


def reference_item(r):
    return f"{r.choice(['name', 'who.path', 'note'])}|fieldref{r.choice(['', '|startswith', '|endswith', '|contains'])}", r.choice(["other", "name", "who.path"])


def time_item(r):
    unit, values = r.choice([("minute", range(60)), ("hour", range(24)), ("day", range(1, 29)), ("month", range(1, 13)), ("year", range(2024, 2027))])
    return f"at|{unit}{r.choice(['', '|lt', '|gte'])}", r.choice(list(values))


def encoded_item(r):
    wide = r.choice(["", "", "|wide", "|utf16be", "|utf16"])
    how = r.choice(["|base64|contains", "|base64offset|contains"]) if not wide else f"{wide}|base64offset|contains"
    return f"code{how}", one_or_many(lambda r: r.choice(SECRETS), r, 3)


def dash_item(r):
    return f"{r.choice(['note', 'name'])}|windash|{r.choice(['contains', 'endswith'])}{r.choice(['', '|all'])}", ["-enc", r.choice(["run", "-x", "now"])]


ITEMS = [text_item, text_item, shaped_item, shaped_item, cased_item, negated_item, regex_item, number_item, compared_item, cidr_item,
         null_item, exists_item, boolean_item, reference_item, time_item, encoded_item, dash_item]


def detection(r):
    """A map, a list of maps, or keywords."""
    kind = r.random()
    if kind < 0.08:
        return [r.choice(KEYWORDS) for _ in range(r.randrange(1, 3))]
    if kind < 0.2:
        return [dict([r.choice(ITEMS)(r)]) for _ in range(r.randrange(2, 4))]
    return dict(r.choice(ITEMS)(r) for _ in range(r.choice([1, 1, 1, 2, 2, 3])))


CONDITIONS = [
    "a_one", "not a_one", "a_one and b_one", "a_one or b_one", "a_one and not b_one", "not a_one and not b_one",
    "not (a_one or b_one)", "a_one and (a_two or not b_one)", "a_one or a_two and b_one", "1 of a_*", "all of a_*", "1 of them",
    "all of them", "1 of a_* and not 1 of b_*", "not all of a_*", "1 of a_* or all of b_*", "any of a_*", "not not a_one",
]


def rule(number, r):
    condition = r.choice(CONDITIONS) if number >= 2 * len(ITEMS) else "a_one"
    names = [name for name in ("a_one", "a_two", "b_one") if name in condition or "of" in condition]
    one = dict([ITEMS[number % len(ITEMS)](r)])  # each kind stands alone first
    detections = {name: one if name == "a_one" else detection(r) for name in names}
    return {"title": f"r{number}", "id": f"00000000-0000-4000-8000-{number:012d}", "status": "test", "level": "low",
            "logsource": {"product": "test"}, "detection": {**detections, "condition": condition}}


def rules(count, seed=2):
    r = random.Random(seed)
    return [rule(number, r) for number in range(count)]


def line(record):
    return json.dumps(record, separators=(",", ":"))
