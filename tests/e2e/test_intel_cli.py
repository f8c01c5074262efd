"""Lists that were imported, as their user sees them: yagura intel, and what detect then finds."""

import json
import subprocess

from test_detect_cli import BINARY, CLEAN, FOUND, USAGE, detect, findings, record, write

MISP = 'uuid,event_id,category,type,value,comment\n"1",7,"Network activity",ip-dst,"198.51.100.7","Sliver"\n'


def intel(*arguments, status=CLEAN, **options):
    done = subprocess.run([BINARY, "intel", *map(str, arguments)], capture_output=True, text=True, timeout=60, **options)
    assert done.returncode == status, done.stderr
    return done.stdout, done.stderr


def test_an_imported_list_is_kept_with_where_it_came_from_and_used(tmp_path):
    data = tmp_path / "data"
    (tmp_path / "misp.csv").write_text(MISP)
    (tmp_path / "hosts.txt").write_text("# mining\n0.0.0.0 pool.example\nhttp://a.example/path\n")
    shown, _ = intel("import", tmp_path / "misp.csv", "--category", "command", "--data", data)
    assert shown.startswith("misp: 1 addresses")
    shown, broken = intel("import", tmp_path / "hosts.txt", "--category", "mining", "--name", "pools", "--data", data)
    assert "1 names" in shown and "1 lines left out" in shown
    assert 'line 3: "http://a.example/path": a URL' in broken

    lists = json.loads(intel("list", "--data", data, "--format", "json")[0])
    assert [(l["name"], l["category"], l["source"]) for l in lists] == [
        ("misp", "command", str(tmp_path / "misp.csv")), ("pools", "mining", str(tmp_path / "hosts.txt"))]
    assert all(l["date"].endswith("Z") and l["imported"].endswith("Z") for l in lists)

    known = json.loads(intel("lookup", "198.51.100.7", "www.pool.example", "198.51.100.8", "--data", data, "--format", "json",
                             status=FOUND)[0])
    assert [(k["asked"], k["category"], k["says"]) for k in known] == [
        ("198.51.100.7", "command", "Sliver"), ("www.pool.example", "mining", "pool.example")]
    intel("lookup", "198.51.100.8", "--data", data)

    log = tmp_path / "log.json"
    write(log, record(1, "ListUsers", sourceIPAddress="198.51.100.7"), record(2, "ListUsers", sourceIPAddress="198.51.100.8"))
    for named in (["--data", data], ["--intel", data / "intel"]):
        found = [f for f in findings(log, *named) if f["type"] == "Recon:IAMUser/MaliciousIPCaller"]
        assert [f["service"]["evidence"]["threatIntelligenceDetails"] for f in found] == [
            [{"threatListName": "misp", "threatNames": ["Sliver"]}]]
        assert found[0]["service"]["count"] == 1

    intel("remove", "misp", "--data", data)
    found = json.loads(detect(log, "--data", data, "--format", "json", status=CLEAN)[0])
    assert found == []


def test_what_can_not_be_imported_is_refused_with_a_word(tmp_path):
    data = tmp_path / "data"
    (tmp_path / "words.txt").write_text("nothing\nhere\n")
    assert "holds no address" in intel("import", tmp_path / "words.txt", "--category", "tor", "--data", data, status=USAGE)[1]
    assert "tor, threat, custom" in intel("import", tmp_path / "words.txt", "--data", data, status=USAGE)[1]
    assert "can't be opened" in intel("import", tmp_path / "none", "--category", "tor", "--data", data, status=4)[1]
    assert 'no list "x/../y"' in intel("remove", "x/../y", "--data", data, status=4)[1]
    assert "with --name" in intel("import", tmp_path / "words.txt", "--category", "tor", "--name", "../up", "--data", data, status=USAGE)[1]
    assert not data.exists()
