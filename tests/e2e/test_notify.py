"""--notify: whoever is named hears of findings, in the form that they take, again until it has arrived."""

import base64
import email
import email.policy
import http.server
import json
import os
import socket
import socketserver
import subprocess
import threading
import time

import fake_aws
import pytest
from test_detect_cli import BINARY, STEALTH, stop_logging
from test_sources import Serve, wait_for

pytestmark = pytest.mark.skipif("YAGURA_TEST_STORE" in os.environ, reason="on SQLite alone")
HIGH = "Exfiltration:S3/TransferDataToCloudAccount"


class Hook:
    """An HTTP receiver: what came, and what it answers next (statuses, then 200)."""

    def __init__(self, answer=b"{}"):
        self.calls, self.answers, self.answer = [], [], answer
        hook = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                hook.calls.append((self.path, dict(self.headers), body))
                self.send_response(hook.answers.pop(0) if hook.answers else 200)
                self.send_header("Content-Length", str(len(hook.answer)))
                self.end_headers()
                self.wfile.write(hook.answer)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.host = f"127.0.0.1:{self.server.server_port}"

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def hook():
    made = Hook()
    yield made
    made.stop()


@pytest.fixture
def told(tmp_path):
    """A server that follows a folder; write() puts records there, told() starts it with destinations."""
    logs = tmp_path / "logs"
    logs.mkdir()
    servers = []

    def start(*urls):
        options = [option for url in urls for option in ("--notify", url)]
        servers.append(Serve(tmp_path, "--watch", logs, "--watch-interval", "50", *options))
        return servers[-1]

    def write(*records, name="a"):
        (logs / f"{name}.partial").write_text(json.dumps({"Records": records}))
        (logs / f"{name}.partial").rename(logs / f"{name}.json")

    start.write = write
    yield start
    for server in servers:
        server.stop()


def opened_to(number, account, bucket="records"):
    """A bucket policy for another account: HIGH."""
    return stop_logging(number) | {
        "eventName": "PutBucketPolicy", "eventSource": "s3.amazonaws.com",
        "requestParameters": {"bucketName": bucket, "bucketPolicy": {"Statement": [{
            "Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{account}:root"}, "Action": "s3:GetObject", "Resource": "*"}]}}}


def test_a_chat_gets_one_message_for_many_findings_and_none_below_its_severity(hook, told):
    server = told(f"slack+http://{hook.host}/services/T/B/x#min=high")
    told.write(stop_logging(1), *[opened_to(10 + i, "444455556666", f"bucket-{i}") for i in range(30)])
    wait_for(lambda: hook.calls)
    path, headers, body = hook.calls[0]
    text = json.loads(body)["text"]
    assert path == "/services/T/B/x" and headers["Content-Type"] == "application/json"
    assert "30 findings (High 30)" in text and "and 20 more" in text and text.count(HIGH) == 10
    assert STEALTH not in text
    time.sleep(1.5)
    assert len(hook.calls) == 1
    assert "services" not in server.log.read_text()


def test_a_storm_is_one_message_at_once_and_one_with_the_rest(hook, told):
    told(f"mattermost+http://{hook.host}/hooks/x#every=5")
    told.write(stop_logging(1))
    wait_for(lambda: hook.calls)
    for number in range(5):
        told.write(*[opened_to(100 * number + i, "444455556666", f"bucket-{number}-{i}") for i in range(60)], name=f"b{number}")
        time.sleep(0.2)
    assert len(hook.calls) == 1  # what follows within five seconds waits, and comes as one
    wait_for(lambda: len(hook.calls) > 1, 60)
    assert "300 findings" in json.loads(hook.calls[1][2])["text"]


@pytest.mark.skipif("YAGURA_FEW" in os.environ, reason="the pauses between attempts take half a minute")
def test_what_did_not_arrive_comes_again_and_survives_a_kill(hook, told):
    hook.answers = [503, 503]
    server = told(f"http://{hook.host}/in")
    told.write(stop_logging(1))
    wait_for(lambda: hook.calls)
    server.kill()
    server.start()
    wait_for(lambda: len(hook.calls) >= 3, 60)
    message = json.loads(hook.calls[-1][2])
    assert message["count"] == 1 and message["omitted"] == 0 and message["findings"][0]["type"] == STEALTH
    assert "is tried again" in server.log.read_text()


@pytest.mark.parametrize("scheme", ["slack", "mattermost", "teams"])
def test_what_a_log_says_is_no_markup_no_mention_and_no_link(hook, told, scheme):
    evil = "x<!channel>@here[a](http://evil.example)\x1b[31m\u202e*b*`c`"
    told(f"{scheme}+http://{hook.host}/#lang=ja")
    told.write(stop_logging(1) | {"requestParameters": {"name": evil}})
    wait_for(lambda: hook.calls)
    message = json.loads(hook.calls[0][2])
    text = json.dumps(message, ensure_ascii=False)
    assert "検出結果 1 件" in text and "\x1b" not in text and "\u202e" not in text and "\\u001b" not in text
    assert "<!channel>" not in text and ("[a](" not in text or scheme == "slack")
    assert scheme == "slack" or "@here" not in text
    if scheme == "teams":
        assert message["attachments"][0]["content"]["type"] == "AdaptiveCard"


def test_opensearch_gets_documents_by_id_and_is_asked_with_the_password(told):
    hook = Hook(b'{"errors": false, "items": [{"index": {"status": 201}}]}')
    told(f"opensearch+http://user:p%40ss@{hook.host}/findings")
    told.write(stop_logging(1), opened_to(2, "444455556666"))
    wait_for(lambda: hook.calls)
    path, headers, body = hook.calls[0]
    lines = [json.loads(line) for line in body.decode().splitlines()]
    assert path == "/_bulk" and headers["Content-Type"] == "application/x-ndjson" and body.endswith(b"\n")
    assert base64.b64decode(headers["Authorization"].split()[1]) == b"user:p@ss"
    assert [line["type"] for line in lines[1::2]] == [HIGH, STEALTH]
    assert [line["index"] for line in lines[::2]] == [{"_index": "findings", "_id": line["id"]} for line in lines[1::2]]
    hook.stop()


def test_security_hub_gets_signed_batches_in_asff(told):
    fake = fake_aws.FakeAws()
    got = fake.hub
    told(f"securityhub://ap-northeast-1?endpoint={fake.endpoint}")
    told.write(stop_logging(1), opened_to(2, "444455556666"))
    wait_for(lambda: got)
    findings = got[0]["Findings"]
    assert [finding["Severity"]["Label"] for finding in findings] == ["HIGH", "LOW"]
    assert findings[1]["Types"] == ["TTPs/Defense Evasion/Stealth:IAMUser-CloudTrailLoggingDisabled"]
    assert findings[0]["ProductArn"] == "arn:aws:securityhub:ap-northeast-1:111122223333:product/111122223333/default"
    import botocore.session
    import botocore.validate
    model = botocore.session.get_session().get_service_model("securityhub")
    report = botocore.validate.ParamValidator().validate(got[0], model.operation_model("BatchImportFindings").input_shape)
    assert not report.has_errors(), report.generate_report()
    fake.stop()


def test_syslog_takes_json_and_cef_over_udp_and_tcp(told):
    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    udp.bind(("127.0.0.1", 0))
    udp.settimeout(30)
    received = []

    class Collector(socketserver.StreamRequestHandler):
        def handle(self):
            length = b""
            while byte := self.rfile.read(1):
                length += byte
                if byte == b" ":
                    received.append(self.rfile.read(int(length)).decode())
                    length = b""

    tcp = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Collector)
    threading.Thread(target=tcp.serve_forever, daemon=True).start()
    told(f"syslog://127.0.0.1:{udp.getsockname()[1]}", f"cef+tcp://127.0.0.1:{tcp.server_address[1]}")
    told.write(stop_logging(1) | {"requestParameters": {"name": "a|b=c\\d\nCEF:0|evil"}})
    datagram = udp.recv(65536).decode()
    head, _, message = datagram.partition(" - yagura - finding - ")
    assert head.startswith("<109>1 ") and json.loads(message)["type"] == STEALTH
    wait_for(lambda: received)
    line = received[0].split(" - yagura - finding - ")[1]
    assert line.startswith("CEF:0|Yagura|Yagura|") and "\n" not in line
    assert line.split("|")[4] == STEALTH and "cs3=a|b\\=c\\\\d CEF:0|evil" in line
    tcp.shutdown()
    tcp.server_close()


class MailServer(socketserver.StreamRequestHandler):
    def handle(self):
        def say(text):
            self.wfile.write(text.encode() + b"\r\n")

        say("220 test")
        while line := self.rfile.readline().decode().strip():
            if line.upper().startswith("EHLO"):
                say("250 test")
            elif line == "DATA":
                say("354 go on")
                body = b""
                while (part := self.rfile.readline()) != b".\r\n":
                    body += part
                self.server.mails.append((self.server.envelope, body))
                say("250 taken")
            elif line == "QUIT":
                say("221 bye")
                return
            else:
                self.server.envelope.append(line)
                say("250 fine")


def test_mail_is_whole_and_in_its_language(told):
    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), MailServer)
    server.mails, server.envelope = [], []
    threading.Thread(target=server.serve_forever, daemon=True).start()
    told(f"smtp://127.0.0.1:{server.server_address[1]}/?from=yagura@example.org&to=a@example.org&to=b@example.org#lang=ja")
    told.write(stop_logging(1))
    wait_for(lambda: server.mails)
    envelope, body = server.mails[0]
    message = email.message_from_bytes(body, policy=email.policy.default)
    assert [line.split(":")[1].split()[0] for line in envelope[:3]] == ["<yagura@example.org>", "<a@example.org>", "<b@example.org>"]
    assert message["Subject"] == "Yagura: 検出結果 1 件 (低 1)" and "a@example.org" in message["To"]
    assert STEALTH in message.get_content() and message["Date"].datetime
    server.shutdown()
    server.server_close()


def test_a_wrong_url_is_refused_at_the_start_without_its_secret(tmp_path):
    done = subprocess.run([BINARY, "serve", "--data", tmp_path, "--listen", "127.0.0.1:0", "--notify", "https://x/s3cret#min=loud"],
                          capture_output=True, text=True, timeout=30)
    assert done.returncode == 4 and "--notify, number 1" in done.stderr and "s3cret" not in done.stderr
