#!/usr/bin/env python3
"""Writes the detection rules, models and the catalogue of finding types as C: the program carries its own content.

    tools/embed_rules.py --out build/gen
"""
import argparse
import json
import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parent.parent
COLUMNS = 9


def literal(text):
    """A C string literal for any text, in pieces short enough to read."""
    quoted = []
    for line in text.splitlines(keepends=True) or [""]:
        body = json.dumps(line, ensure_ascii=True)
        if "\\u" in body:
            body = '"' + "".join(c_byte(b) for b in line.encode()) + '"'
        quoted.append(body.replace("??", '?""?'))
    return "\n        ".join(quoted)


def c_byte(byte):
    if 32 <= byte < 127 and byte not in b'"\\':
        return chr(byte)
    return f"\\{byte:03o}"


def catalogue(path):
    rows = [line.split("\t") for line in path.read_text().splitlines() if line and not line.startswith("#")]
    assert all(len(row) == COLUMNS for row in rows), "catalogue.tsv: a row has not nine columns"
    assert rows == sorted(rows, key=lambda row: row[0].encode()), "catalogue.tsv is not sorted by type"
    yield "const struct catalogue_entry CATALOGUE[] = {"
    for kind, severity, *texts in rows:
        yield f"    {{ STR_INIT({json.dumps(kind)}), {float(severity)}, " + ", ".join(
            f"STR_INIT({json.dumps(text)})" for text in texts) + " },"
    yield "};"
    yield "const size_t CATALOGUE_COUNT = sizeof(CATALOGUE) / sizeof(CATALOGUE[0]);"


def asff_types(path):
    rows = [line.split("\t") for line in path.read_text().splitlines() if line and not line.startswith("#")]
    assert rows == sorted(rows, key=lambda row: row[0].encode()), "asff_types.tsv is not sorted by type"
    yield "const struct embedded_pair ASFF_TYPES[] = {"
    for kind, types in rows:
        yield f"    {{ STR_INIT({json.dumps(kind)}), STR_INIT({json.dumps(types)}) }},"
    yield "};"
    yield "const size_t ASFF_TYPES_COUNT = sizeof(ASFF_TYPES) / sizeof(ASFF_TYPES[0]);"


def without_tests(text, path):
    """The rule as detection needs it. Each document's section of tests comes last, and is more than half of it."""
    brief = []
    for document in re.split(r"(?m)^(?=---$)", text):
        tests = re.search(r"(?m)^( +)tests:\n", document)
        behind = document[tests.end():] if tests else ""
        assert not tests or not re.search(rf"(?m)^ {{0,{len(tests[1])}}}\S", behind), f"{path}: something follows the tests"
        brief.append(document[:tests.start()] if tests else document)
    return "".join(brief)


def rules(folder):
    yield "const struct embedded_rule EMBEDDED_RULES[] = {"
    for path in sorted(folder.rglob("*.yml")):
        yield f"    {{ STR_INIT({json.dumps(str(path.relative_to(ROOT)))}), STR_INIT(\n        {literal(path.read_text())}),"
        yield f"      STR_INIT(\n        {literal(without_tests(path.read_text(), path))}) }},"
    yield "    { { NULL, 0 }, { NULL, 0 }, { NULL, 0 } },"
    yield "};"
    yield "const size_t EMBEDDED_RULES_COUNT = sizeof(EMBEDDED_RULES) / sizeof(EMBEDDED_RULES[0]) - 1;"


def models(folder):
    yield "const struct embedded_model EMBEDDED_MODELS[] = {"
    for path in sorted(folder.glob("*.model")):
        yield f"    {{ STR_INIT({json.dumps(path.stem)}), STR_INIT(\n        {literal(path.read_text())}) }},"
    yield "    { { NULL, 0 }, { NULL, 0 } },"
    yield "};"


def audit(folder):
    """Checks of `yagura audit`, as they stand, tests included: they are few."""
    yield "const struct embedded_pair AUDIT_CHECKS[] = {"
    for path in sorted(folder.glob("*.json")):
        assert json.loads(path.read_text())["id"] == path.stem, f"{path}: id and file name differ"
        yield f"    {{ STR_INIT({json.dumps(path.stem)}), STR_INIT(\n        {literal(path.read_text())}) }},"
    yield "};"
    yield "const size_t AUDIT_CHECKS_COUNT = sizeof(AUDIT_CHECKS) / sizeof(AUDIT_CHECKS[0]);"


def rows_of(path, columns):
    rows = [line.split("\t") for line in path.read_text().splitlines() if line and not line.startswith("#")]
    assert all(len(row) == columns for row in rows), f"{path.name}: a row has not {columns} columns"
    return rows


def anomalies(folder):
    yield "const struct tactic TACTICS[] = {"
    for service, api, kind, gravity in rows_of(folder / "tactics.tsv", 4):
        yield f"    {{ STR_INIT({json.dumps(service)}), STR_INIT({json.dumps(api)}), STR_INIT({json.dumps(kind)}), {float(gravity)} }},"
    yield "};"
    yield "const size_t TACTICS_COUNT = sizeof(TACTICS) / sizeof(TACTICS[0]);"
    yield "const struct anomaly_weights ANOMALY_WEIGHTS = {"
    for name, weight, _ in rows_of(folder / "weights.tsv", 3):
        yield f"    .{name} = {float(weight)},"
    yield "};"


def bootstraps(folder):
    """What runs functions of Lambda where they bring no runtime of their own."""
    for name in ("bootstrap.py", "bootstrap.mjs"):
        text = (folder / name).read_text()
        yield f"const struct str LAMBDA_{name.replace('.', '_').upper()} = STR_INIT(\n        {literal(text)});"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    out = parser.parse_args().out
    out.mkdir(parents=True, exist_ok=True)
    lines = ["/* generated by tools/embed_rules.py */", '#include "detect/embedded.h"', '#include "detect/learn/tactics.h"', ""]
    lines += catalogue(ROOT / "rules" / "catalogue.tsv")
    lines += asff_types(ROOT / "rules" / "asff_types.tsv")
    lines += rules(ROOT / "rules" / "detections")
    lines += models(ROOT / "rules" / "models")
    lines += audit(ROOT / "rules" / "audit")
    lines += anomalies(ROOT / "rules" / "anomaly")
    lines += bootstraps(ROOT / "rules" / "lambda")
    (out / "rules.c").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
