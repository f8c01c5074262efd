"""Our verdicts on Sigma rules are those of pySigma's SQLite back end: 10,000 made-up events, several hundred made-up rules, every
pair compared. What the back end itself does otherwise than the specification says is listed in sigma_cases.DEVIATIONS."""

import csv
import os
import pathlib
import re
import sqlite3
import subprocess
import sys

import pytest
import yaml

import sigma_cases

pytest.importorskip("sigma.backends.sqlite", reason="pySigma-backend-sqlite of tools/requirements.txt is not installed")

from sigma.backends.sqlite import sqliteBackend  # noqa: E402
from sigma.collection import SigmaCollection  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = pathlib.Path(os.environ.get("YAGURA_BINARY", ROOT / "build" / "release" / "yagura")).resolve()
EVENTS, RULES, AT_ONCE = 10_000, 400, 50
csv.field_size_limit(sys.maxsize)


def value_of(record, path):
    for key in path.split("."):
        record = record.get(key) if isinstance(record, dict) else None
    return {True: "true", False: "false"}.get(record, record) if isinstance(record, bool) else record


@pytest.fixture(scope="module")
def events():
    return sigma_cases.events(EVENTS)


@pytest.fixture(scope="module")
def rules():
    return sigma_cases.rules(RULES)


@pytest.fixture(scope="module")
def table(events):
    """A column for each field, without regard to case as the back end expects it, and the whole record as text."""
    database = sqlite3.connect(":memory:")
    database.create_function("REGEXP", 2, lambda pattern, value: value is not None and re.search(pattern, str(value)) is not None)
    columns = ", ".join(f'"{field}" COLLATE NOCASE' for field in sigma_cases.FIELDS)
    database.execute(f"CREATE TABLE log (id INTEGER, record TEXT, {columns})")
    marks = ", ".join("?" * (2 + len(sigma_cases.FIELDS)))
    rows = ([record["id"], sigma_cases.line(record), *(value_of(record, field) for field in sigma_cases.FIELDS)] for record in events)
    database.executemany(f"INSERT INTO log VALUES ({marks})", rows)
    return database


@pytest.fixture(scope="module")
def theirs(rules, table):
    backend = sqliteBackend(table="log", fulltext_field="record")
    queries = [query for rule in rules for query in backend.convert(SigmaCollection.from_dicts([rule]))]
    return [{number for number, in table.execute(query.replace("SELECT *", "SELECT id", 1))} for query in queries]


def matched(rules, log, starts, folder):
    """Events by rule, of some rules: yagura match names each match by the offset of its record."""
    path = folder / "rules.yml"
    path.write_text(yaml.safe_dump_all(rules, sort_keys=False))
    done = subprocess.run([BINARY, "match", "--rule", path, "--format", "csv", log], capture_output=True, text=True, timeout=300)
    assert done.returncode in (0, 1), done.stderr
    assert f"{EVENTS} records" in done.stderr, done.stderr
    found = {rule["title"]: set() for rule in rules}
    for place, title, *_ in list(csv.reader(done.stdout.splitlines()))[1:]:
        found[title].add(starts[int(place.rsplit(":", 1)[1])])
    return [found[rule["title"]] for rule in rules]


@pytest.fixture(scope="module")
def ours(events, rules, tmp_path_factory):
    folder = tmp_path_factory.mktemp("sigma")
    log, starts, at = folder / "log.ndjson", {}, 0
    for record in events:
        starts[at] = record["id"]
        at += len(sigma_cases.line(record).encode()) + 1
    log.write_text("".join(sigma_cases.line(record) + "\n" for record in events))
    return [found for first in range(0, RULES, AT_ONCE) for found in matched(rules[first:first + AT_ONCE], log, starts, folder)]


def test_every_verdict_is_the_back_ends(events, rules, ours, theirs):
    assert len(ours) == len(theirs) == RULES
    wrong = []
    for rule, mine, other in zip(rules, ours, theirs):
        for number in sorted(mine ^ other)[:1]:
            who = "we alone match" if number in mine else "they alone match"
            wrong.append(f"{who} {len(mine - other)} and {len(other - mine)}: {yaml.safe_dump(rule['detection'])}{sigma_cases.line(events[number])}")
    assert not wrong, f"{len(wrong)} rules differ\n" + "\n\n".join(wrong[:12])


def test_the_rules_say_something(rules, ours):
    """A comparison of rules that never hit, or always do, would prove nothing; and every modifier takes part."""
    telling = [rule for rule, found in zip(rules, ours) if 0 < len(found) < EVENTS]
    assert len(telling) > 0.75 * RULES
    used = set(re.findall(r"\|(\w+)", yaml.safe_dump_all(telling)))
    assert used >= {"contains", "startswith", "endswith", "all", "cased", "neq", "re", "i", "m", "s", "lt", "lte", "gt", "gte", "cidr", "exists",
                    "fieldref", "minute", "hour", "day", "month", "year", "base64", "base64offset", "wide", "utf16", "utf16be", "windash"}
