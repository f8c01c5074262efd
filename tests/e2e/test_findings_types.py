"""yagura findings types: every finding type, what raises it and what that waits for."""
import csv
import io
import json
import subprocess

from conftest import binary


def types(*words):
    return subprocess.run([binary(), "findings", "types", *words], capture_output=True, text=True, timeout=60)


def test_every_type_has_a_source_a_technique_a_state_and_something_that_raises_it():
    done = types("--format", "json")
    assert done.returncode == 0
    rows = json.loads(done.stdout)
    assert len(rows) >= 229 and len({row["type"] for row in rows}) == len(rows)
    for row in rows:
        assert row["source"] and row["by"] and row["technique"].startswith("T1"), row
        assert row["state"] == "active" or row["state"].startswith("needs "), row
    states = {row["type"]: row["state"] for row in rows}
    assert states["Execution:Runtime/ReverseShell"] == "needs agent"
    assert states["Discovery:Kubernetes/TorIPCaller"] == "needs list: tor"


def test_the_formats_say_the_same():
    rows = list(csv.DictReader(io.StringIO(types("--format", "csv").stdout)))
    assert [row["type"] for row in rows] == [row["type"] for row in json.loads(types("--format", "json").stdout)]
    table = types()
    assert table.returncode == 0 and "finding types" in table.stderr
    assert all(row["type"] in table.stdout for row in rows)


def test_another_word_or_format_is_refused():
    assert types("--format", "xml").returncode == 4
    wrong = subprocess.run([binary(), "findings", "typos"], capture_output=True, text=True, timeout=60)
    assert wrong.returncode == 2 and "types" in wrong.stderr
