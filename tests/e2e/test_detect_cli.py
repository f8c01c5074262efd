"""yagura detect as its user sees it: what it prints where, its exit status, and what bad input does to it."""

import csv
import gzip
import io
import json
import os
import pathlib
import pty
import re
import select
import shutil
import subprocess
import time

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = pathlib.Path(os.environ.get("YAGURA_BINARY", ROOT / "build" / "release" / "yagura")).resolve()
CLEAN, FOUND, USAGE, SKIPPED, FAILED = range(5)


def record(number, name="GetUser", **more):
    """One harmless record; number makes its id and its time."""
    return {
        "eventVersion": "1.08",
        "userIdentity": {
            "type": "IAMUser", "principalId": "AIDAEXAMPLE", "arn": "arn:aws:iam::111122223333:user/alice",
            "accountId": "111122223333", "accessKeyId": "AKIAIOSFODNN7EXAMPLE", "userName": "alice"},
        "eventTime": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(1714521600 + number)),
        "eventSource": "iam.amazonaws.com", "eventName": name, "awsRegion": "us-east-1",
        "sourceIPAddress": "198.51.100.7", "userAgent": "aws-cli/2.15", "requestParameters": None,
        "responseElements": None, "requestID": f"r-{number}", "eventID": f"e-{number}", "readOnly": True,
        "eventType": "AwsApiCall", "managementEvent": True, "recipientAccountId": "111122223333",
        "eventCategory": "Management", **more}


def stop_logging(number, **more):
    """Raises Stealth:IAMUser/CloudTrailLoggingDisabled."""
    return record(number, "StopLogging", eventSource="cloudtrail.amazonaws.com", readOnly=False,
                  requestParameters={"name": "arn:aws:cloudtrail:us-east-1:111122223333:trail/t"}, **more)


STEALTH = "Stealth:IAMUser/CloudTrailLoggingDisabled"


def detect(*arguments, status, stdin=b""):
    done = subprocess.run([BINARY, "detect", *map(str, arguments)], input=stdin, capture_output=True, timeout=120)
    message = done.stderr.decode(errors="replace")
    assert done.returncode == status, message
    assert not re.search(r"Sanitizer|runtime error:|Assertion", message), message
    return done.stdout, message


def findings(*arguments, status=FOUND):
    out, _ = detect(*arguments, "--format", "json", status=status)
    return json.loads(out)


def write(path, *records):
    text = json.dumps({"Records": list(records)}).encode()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(text, mtime=0) if path.suffix == ".gz" else text)
    return path


@pytest.fixture
def logs(tmp_path):
    """Two findings' worth of records, in the layout of a delivery bucket."""
    trail = tmp_path / "AWSLogs" / "111122223333" / "CloudTrail" / "us-east-1" / "2024" / "05" / "01"
    write(trail / "111122223333_CloudTrail_us-east-1_20240501T0000Z_a.json.gz", record(1), stop_logging(2))
    write(trail / "111122223333_CloudTrail_us-east-1_20240501T0005Z_b.json.gz", record(3), stop_logging(4), record(1))
    write(tmp_path / "AWSLogs" / "111122223333" / "CloudTrail-Digest" / "d.json.gz", {"digest": True})
    return tmp_path


def test_a_delivery_folder_gives_one_aggregated_finding(logs):
    found = findings(logs)
    assert [f["type"] for f in found] == [STEALTH]
    assert found[0]["service"]["count"] == 2
    assert found[0]["accountId"] == "111122223333" and found[0]["region"] == "us-east-1"
    assert found[0]["service"]["eventFirstSeen"].startswith("2024-05-01T00:00:02")
    assert found[0]["service"]["eventLastSeen"].startswith("2024-05-01T00:00:04")


def test_results_and_messages_go_their_own_ways(logs):
    out, messages = detect(logs, status=FOUND)
    assert STEALTH in out.decode() and STEALTH not in messages
    assert "2 files, 4 records, 1 duplicates, 0 skipped" in messages
    assert "\x1b" not in out.decode() and "\r" not in messages


def test_nothing_found_is_status_0(tmp_path):
    write(tmp_path / "a.json", record(1))
    out, _ = detect(tmp_path, status=CLEAN)
    assert out == b"no findings\n"
    assert findings(tmp_path, status=CLEAN) == []
    assert detect(tmp_path, "--format", "ndjson", status=CLEAN)[0] == b""


def test_severity_bounds_what_is_shown_and_the_status(logs):
    severity = findings(logs)[0]["severity"]
    assert findings(logs, "--min-severity", severity) != []
    assert findings(logs, "--min-severity", "critical", status=CLEAN) == []


def test_json_ndjson_and_csv_tell_the_same(logs):
    whole = findings(logs)
    lines = detect(logs, "--format", "ndjson", status=FOUND)[0].decode().splitlines()
    assert [json.loads(line) for line in lines] == whole
    rows = list(csv.DictReader(io.StringIO(detect(logs, "--format", "csv", status=FOUND)[0].decode())))
    assert [(r["type"], r["id"], r["count"]) for r in rows] == [
        (f["type"], f["id"], str(f["service"]["count"])) for f in whole]


def test_csv_disarms_formulas(tmp_path):
    write(tmp_path / "a.json", stop_logging(1, userIdentity={
        "type": "IAMUser", "principalId": "=1+1", "arn": "=cmd|'/C calc'!A0", "accountId": "111122223333", "userName": "=1+1"}))
    text = detect(tmp_path, "--format", "csv", status=FOUND)[0].decode()
    assert not re.search(r'(^|,)"?[=+@-]', text, re.M)


def test_the_page_is_whole_and_harmless(tmp_path):
    evil = "<script>alert(1)</script>"
    write(tmp_path / "a.json", stop_logging(1, userAgent=evil, userIdentity={
        "type": "IAMUser", "principalId": evil, "arn": evil, "accountId": "111122223333", "userName": evil}))
    page = tmp_path / "page.html"
    out, _ = detect(tmp_path / "a.json", "--format", "html", "--output", page, status=FOUND)
    text = page.read_text()
    assert out == b"" and STEALTH in text.replace("<wbr>", "")
    assert evil not in text and not re.search(r"(src|href)=|url\(|@import|https?://", re.sub(r"<pre>.*?</pre>", "", text, flags=re.S))
    assert "default-src &#39;none&#39;" in text or "default-src 'none'" in text
    assert 'lang="ja"' in detect(tmp_path / "a.json", "--format", "html", "--lang", "ja", status=FOUND)[0].decode()


def test_terminals_are_not_driven_by_logs(tmp_path):
    write(tmp_path / "a\x1b[31m.json", stop_logging(1, userIdentity={
        "type": "IAMUser", "principalId": "x", "arn": "evil\x1b]0;owned\x07\x9b31m", "accountId": "111122223333"}))
    (tmp_path / "b\x1b[2J.json").write_text("no")
    out, messages = detect(tmp_path, status=SKIPPED)
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f]", (out.decode() + messages))


def test_no_text_of_a_log_turns_what_stands_beside_it(tmp_path):
    turns = "u\u202egnp.exe\u2066x\u061cy\u200fz"
    write(tmp_path / "a.json", stop_logging(1, userIdentity={
        "type": "IAMUser", "principalId": "x", "arn": f"arn:aws:iam::111122223333:user/{turns}", "accountId": "111122223333", "userName": turns}))
    for form in ("table", "html"):
        out, _ = detect(tmp_path, "--format", form, status=FOUND)
        assert "gnp.exe" in out.decode() and not re.search("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]", out.decode())


def test_threads_change_nothing(tmp_path):
    for i in range(30):
        write(tmp_path / f"{i:02}.json.gz", *[record(i * 100 + j) for j in range(50)], stop_logging(i * 100 + 60))
    one = detect(tmp_path, "--format", "json", "--threads", 1, status=FOUND)[0]
    assert all(detect(tmp_path, "--format", "json", "--threads", n, status=FOUND)[0] == one for n in (2, 5, 16))


def test_shapes_and_standard_input(tmp_path):
    lines = "\r\n\n".join(json.dumps(r) for r in (stop_logging(2), record(1))).encode()
    assert STEALTH.encode() in detect("-", status=FOUND, stdin=b"\xef\xbb\xbf" + lines)[0]
    assert STEALTH.encode() in detect("-", status=FOUND, stdin=gzip.compress(lines))[0]
    (tmp_path / "lookup.json").write_text(json.dumps({"Events": [{"CloudTrailEvent": json.dumps(stop_logging(1))}]}))
    assert len(findings(tmp_path)) == 1
    assert len(findings(write(tmp_path / "named.txt", stop_logging(1)))) == 1


BAD = {
    "cut.json.gz": lambda: gzip.compress(json.dumps({"Records": [record(i, note=os.urandom(64).hex()) for i in range(2000)]}).encode())[:-5000],
    "bomb.json.gz": lambda: gzip.compress(b" " * (200 << 20)),
    "long.jsonl": lambda: b'{"eventTime":"' + b"x" * (100 << 20) + b'"}\n',
    "deep.jsonl": lambda: b'{"eventTime":"2024-05-01T00:00:00Z","a":' + b"[" * 100000 + b"]" * 100000 + b"}\n",
    "utf8.jsonl": lambda: b'{"eventTime":"2024-05-01T00:00:00Z","userAgent":"\xff\xfe"}\n',
    "timeless.jsonl": lambda: b'{"eventName":"GetUser"}\n',
    "broken.json": lambda: b'{"Records":[{"eventTime" 1}, {"a":',
    "text.log": lambda: b"hello\n",
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_named_counted_and_skipped(tmp_path, name):
    (tmp_path / name).write_bytes(BAD[name]())
    write(tmp_path / "z.json", stop_logging(1))
    out, messages = detect(tmp_path, "--format", "json", status=SKIPPED)
    assert [f["type"] for f in json.loads(out)] == [STEALTH]
    assert re.search(rf"^skipped: .*{re.escape(name)} at byte \d+: \w", messages, re.M)
    assert not re.search(r" 0 skipped;", messages)


def test_records_around_bad_ones_in_the_same_file_are_read(tmp_path):
    lines = [json.dumps(stop_logging(1)).encode(), b'{"broken": ', b'{"a":"\xff","eventTime":"2024-05-01T00:00:00Z"}',
             b"[" * 1000, b'{"no":"time"}', json.dumps(stop_logging(2)).encode()]
    (tmp_path / "a.jsonl").write_bytes(b"\n".join(lines))
    assert findings(tmp_path, status=SKIPPED)[0]["service"]["count"] == 2


def test_files_that_cannot_be_read_and_loops(tmp_path):
    write(tmp_path / "a" / "ok.json", stop_logging(1))
    (tmp_path / "a" / "loop").symlink_to(tmp_path)
    (tmp_path / "a" / "gone.json").symlink_to("nowhere")
    (tmp_path / "a" / "memory.json").symlink_to("/proc/self/mem")
    out, messages = detect(tmp_path, tmp_path / "missing", "--format", "json", status=SKIPPED)
    assert len(json.loads(out)) == 1
    assert "4 skipped" in messages and "loop at byte 0: a loop" in messages
    assert "missing at byte 0: cannot be read: No such file" in messages
    assert re.search(r"memory.json at byte 0: cannot be read: \w", messages)


def test_wrong_usage_is_status_2(tmp_path):
    for arguments in ([], ["--nonsense", tmp_path], ["--format", "xml", tmp_path], ["--min-severity", "11", tmp_path],
                      ["--lang", "fr", tmp_path]):
        out, messages = detect(*arguments, status=USAGE)
        assert out == b"" and messages.startswith("yagura detect: ")
    out, _ = detect("--help", status=CLEAN)
    assert b"examples:" in out and b"--min-severity" in out


def test_results_that_cannot_be_written_are_a_failure(logs):
    assert "cannot write" in detect(logs, "--output", "/dev/full", status=FAILED)[1]
    assert "cannot write" in detect(logs, "--output", logs / "no" / "such", status=FAILED)[1]


def test_a_terminal_gets_colour_and_progress(tmp_path):
    for i in range(40):
        write(tmp_path / f"{i}.json.gz", *[record(i * 2000 + j) for j in range(2000)], stop_logging(i * 2000 + 1999))
        for copy in range(9):  # long enough for a bar to be drawn, on a fast machine too
            shutil.copy(tmp_path / f"{i}.json.gz", tmp_path / f"{i}-{copy}.json.gz")
    try:
        master, slave = pty.openpty()
    except OSError:
        pytest.skip("no pseudo-terminals here (a bare chroot without /dev/pts)")
    process = subprocess.Popen([BINARY, "detect", tmp_path], stdout=slave, stderr=slave, stdin=subprocess.DEVNULL)
    os.close(slave)
    text = b""
    while select.select([master], [], [], 60)[0]:
        try:
            chunk = os.read(master, 65536)
        except OSError:  # the other end is closed
            break
        text += chunk
    os.close(master)
    assert process.wait(10) == FOUND
    assert re.search(rb"\x1b\[[0-9;]+m(low|medium|high|critical)", text)
    took = float(re.search(rb"MB in ([0-9.]+) s", text)[1])
    assert took < 0.3 or re.search(rb"%  \d+ MB/s  \d+ records", text)


@pytest.mark.skipif(not (ROOT.parent / "shared" / "logs").exists(), reason="the shared logs are not here")
def test_real_logs_are_read_without_loss():
    shared = pathlib.Path(os.environ.get("YAGURA_SHARED", ROOT.parent / "shared"))
    _, messages = detect(shared / "logs" / "cloudtrail" / "invictus.jsonl.gz", status=FOUND)
    assert "1 files, 2541 records, 0 duplicates, 0 skipped" in messages


FLOW = "2 111122223333 eni-1 192.0.2.1 10.0.0.5 4711 22 6 20 4249 1418530010 1418530070 REJECT OK\n"
DNS = ('{"query_name":"a.example.","query_timestamp":"2026-01-05T01:02:03Z","query_type":"A","rcode":"NOERROR",'
       '"srcaddr":"10.0.0.1","account_id":"111122223333"}\n')


def test_records_of_other_formats_are_counted_by_format(tmp_path):
    (tmp_path / "a.log").write_text(FLOW * 3)
    (tmp_path / "b.jsonl").write_text(DNS)
    write(tmp_path / "c.json", record(1))
    _, message = detect(tmp_path, status=CLEAN)
    assert "5 records, 0 duplicates, 0 skipped" in message
    assert "records of cloudtrail: 1, vpcflow: 3, dns: 1" in message


def test_rules_see_the_records_of_their_logsource(tmp_path):
    (tmp_path / "a.log").write_text(FLOW + FLOW.replace(" 192.0.2.1 ", " 198.51.100.1 "))
    (tmp_path / "b.jsonl").write_text(DNS)
    (tmp_path / "rule.yml").write_text(
        "title: Refused\nlogsource:\n  product: aws\n  service: vpcflow\ndetection:\n  a:\n    dstport: 22\n"
        "    srcaddr|cidr: 192.0.2.0/24\n  condition: a\n")
    found = findings("--rules", tmp_path / "rule.yml", tmp_path / "a.log", tmp_path / "b.jsonl")
    assert [finding["type"] for finding in found] == ["Custom:Sigma/Refused"]
    assert found[0]["service"]["count"] == 1
