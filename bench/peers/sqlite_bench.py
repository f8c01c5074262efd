#!/usr/bin/env python3
"""pySigma's SQLite back end over Sigma rules and CloudTrail in gzip, as a responder would: records into a table with a column
for each field the rules name, then a query per rule.

    sqlite_bench.py RULES LOGS     prints "BYTES SECONDS MATCHES": of JSON, of the processor after the rules are converted, and
                                   pairs of rule and record"""

import gzip
import json
import pathlib
import sqlite3
import sys
import time

from sigma.backends.sqlite import sqliteBackend
from sigma.collection import SigmaCollection


def convert(folder):
    """Queries that count, and the fields they ask for."""
    rules = SigmaCollection.from_yaml("---\n".join(path.read_text() for path in sorted(pathlib.Path(folder).rglob("*.yml"))))
    backend = sqliteBackend(table="log")
    queries = [query.replace("SELECT *", "SELECT count(*)", 1) for query in backend.convert(rules)]
    return queries, sorted({field for rule in rules for field in backend.required_fields(rule)})


def value_of(record, path):
    for key in path:
        record = record.get(key) if isinstance(record, dict) else None
    return json.dumps(record) if isinstance(record, (dict, list)) else record


def main():
    queries, fields = convert(sys.argv[1])
    packed = [path.read_bytes() for path in sorted(pathlib.Path(sys.argv[2]).rglob("*.json.gz"))]
    started = time.process_time()
    database = sqlite3.connect(":memory:")
    database.execute("CREATE TABLE log (" + ", ".join(f'"{field}" COLLATE NOCASE' for field in fields) + ")")
    insert = f"INSERT INTO log VALUES ({', '.join('?' * len(fields))})"
    paths, size = [field.split(".") for field in fields], 0
    for file in packed:
        text = gzip.decompress(file)
        size += len(text)
        database.executemany(insert, ([value_of(record, path) for path in paths] for record in json.loads(text)["Records"]))
    matches = sum(database.execute(query).fetchone()[0] for query in queries)
    print(size, time.process_time() - started, matches)


main()
