"""Sources that lose nothing: each object's records are counted exactly once, whatever happens on the way."""

import gzip
import json
import os
import random
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request

import boto3
import botocore.auth
import botocore.awsrequest
import botocore.credentials
import botocore.httpsession
import fake_aws
import pytest
from conftest import START_SECONDS, STOP_SECONDS, TROUBLE
from test_detect_cli import BINARY, STEALTH, record, stop_logging

# Each test needs a store of its own; what is told to PostgreSQL is tested beside store/source.c.
pytestmark = pytest.mark.skipif("YAGURA_TEST_STORE" in os.environ, reason="on SQLite alone")
BUCKET = "trail"
PATIENCE_SECONDS = 30


def key_of(number, hour=0, region="us-east-1"):
    return (f"logs/AWSLogs/111122223333/CloudTrail/{region}/2024/05/01/"
            f"111122223333_CloudTrail_{region}_20240501T{hour:02}{number % 60:02}Z_{number} +.json.gz")


def delivered(*records):
    return gzip.compress(json.dumps({"Records": list(records)}).encode(), mtime=0)


class Serve:
    """A server of the test's own, with sources; it can be killed and started again on the same data."""

    def __init__(self, folder, *arguments, environment=None, stdin=subprocess.DEVNULL):
        self.data, self.log, self.arguments, self.stdin = folder / "data", folder / "log", arguments, stdin
        self.environment = {**os.environ, "AWS_ACCESS_KEY_ID": fake_aws.ACCESS_KEY,
                            "AWS_SECRET_ACCESS_KEY": fake_aws.SECRET, "AWS_SESSION_TOKEN": "", **(environment or {})}
        self.process = None
        self.start()

    def start(self):
        (self.data / "endpoint").unlink(missing_ok=True)
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [BINARY, "serve", "--listen", "127.0.0.1:0", "--data", self.data, *self.arguments],
                stdin=self.stdin, stdout=log, stderr=log, env=self.environment)
        wait_for(lambda: (self.data / "endpoint").exists() or self.process.poll() is not None, START_SECONDS)
        assert self.process.poll() is None, self.log.read_text()

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(STOP_SECONDS)
        text = self.log.read_text(errors="replace")
        assert status in (0, -signal.SIGKILL) and not TROUBLE.search(text), text[-4000:]

    def command(self, *words):
        return json.loads(subprocess.run([BINARY, *words, "--data", self.data, "--format", "json"], check=False,
                                         capture_output=True, timeout=60).stdout)

    def source(self):
        return (self.command("sources") or [{}])[0]

    def metrics(self):
        with urllib.request.urlopen((self.data / "endpoint").read_text().strip() + "/_yagura/metrics") as answer:
            return answer.read().decode()


def wait_for(condition, seconds=PATIENCE_SECONDS):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


@pytest.fixture
def fake():
    server = fake_aws.FakeAws()
    yield server
    server.stop()


@pytest.fixture
def serve(tmp_path):
    started = []

    def start(*arguments, **more):
        folder = tmp_path / str(len(started))
        folder.mkdir()
        started.append(Serve(folder, *arguments, **more))
        return started[-1]
    yield start
    for one in started:
        one.stop()


def fill(fake, count, start=0, bucket=BUCKET):
    """count objects of two records each, of which one raises the same finding."""
    for i in range(start, start + count):
        fake.put(bucket, key_of(i), delivered(record(2 * i), stop_logging(2 * i + 1)))


def bucket_source(fake, more=""):
    return f"s3://{BUCKET}/logs/?endpoint={fake.endpoint}&poll=1{more}"


def is_read(server, objects):
    return server.source().get("objects") == objects


def check_exactly(server, objects):
    """Counts of the source and of the finding: everything once."""
    source = server.source()
    assert (source["objects"], source["records"], source["skipped"]) == (objects, 2 * objects, 0), source
    found = [f for f in server.command("findings") if f["type"] == STEALTH]
    assert [f["service"]["count"] for f in found] == [objects]


def test_a_listed_bucket_is_read_once_late_and_repeated_keys_included(fake, serve):
    fill(fake, 20, start=10)
    fake.put(BUCKET, "logs/AWSLogs/111122223333/CloudTrail-Digest/us-east-1/x.json.gz", b"digest")
    fake.put(BUCKET, "logs/AWSLogs/", b"")
    fake.put(BUCKET, "elsewhere/" + key_of(99), delivered(record(900)))
    server = serve("--source", bucket_source(fake))
    wait_for(lambda: is_read(server, 20))
    fill(fake, 3)  # their keys sort before all that was read
    wait_for(lambda: is_read(server, 23))
    check_exactly(server, 23)
    assert fake.gets(key_of(12)) == 1
    text = server.metrics()
    assert f'yagura_source_objects_total{{source="s3://trail/logs/?endpoint={fake.endpoint}"}} 23' in text
    assert server.source()["error"] == ""


def test_one_bucket_of_an_organisation_is_told_apart_by_account_region_and_type(fake, serve):
    """The layout of an organisation's trail, beside VPC flow logs of a member and a prefix of the bucket's own."""
    def put(account, region, number, *records):
        key = (f"logs/AWSLogs/o-abcde12345/{account}/CloudTrail/{region}/2024/05/01/{account}_CloudTrail_{region}_"
               f"20240501T00{number:02}Z_x{number}.json.gz")
        fake.put(BUCKET, key, delivered(*[one | {"recipientAccountId": account, "awsRegion": region} for one in records]))

    put("111122223333", "us-east-1", 1, stop_logging(1))
    put("444455556666", "us-east-1", 2, stop_logging(2), record(3))
    put("444455556666", "eu-west-1", 3, record(4))
    fake.put(BUCKET, "logs/AWSLogs/o-abcde12345/444455556666/CloudTrail-Digest/eu-west-1/2024/05/01/d.json.gz", b"digest")
    flow = b"2 444455556666 eni-1 10.0.0.5 198.51.100.7 49152 443 6 10 840 1714521600 1714521660 ACCEPT OK\n"
    fake.put(BUCKET, "logs/AWSLogs/444455556666/vpcflowlogs/eu-west-1/2024/05/01/444455556666_vpcflowlogs_eu-west-1_fl-1_"
             "20240501T0000Z_a.log.gz", gzip.compress(flow))
    server = serve("--source", bucket_source(fake))
    wait_for(lambda: is_read(server, 4))
    lanes = {(lane["account"], lane["region"], lane["type"]) for lane in server.command("sources", "gaps")}
    assert {("111122223333", "us-east-1"), ("444455556666", "us-east-1"), ("444455556666", "eu-west-1")} == {l[:2] for l in lanes}
    assert len(lanes) == 4, lanes  # the member's trail and its flow logs in eu-west-1 are two
    found = [f for f in server.command("findings") if f["type"] == STEALTH]
    assert sorted(f["accountId"] for f in found) == ["111122223333", "444455556666"]


def test_an_object_that_is_replaced_is_read_again(fake, serve):
    fill(fake, 1)
    server = serve("--source", bucket_source(fake))
    wait_for(lambda: is_read(server, 1))
    fake.put(BUCKET, key_of(0), delivered(record(500)))
    wait_for(lambda: is_read(server, 2))
    assert server.source()["records"] == 3


def test_faults_of_the_network_and_of_s3_are_waited_out(fake, serve):
    fill(fake, 30)
    fake.faults = [("GET /trail/.*list-type", (503, "SlowDown")), ("GET /trail/.*list-type", "drop"),
                   ("GET /trail/logs/", (500, "InternalError")), ("GET /trail/logs/", "truncate"),
                   ("GET /trail/logs/", (503, "SlowDown")), ("GET /trail/logs/", "drop"),
                   ("GET /trail/logs/", "truncate"), ("GET /trail/logs/", (400, "RequestTimeout"))]
    server = serve("--source", bucket_source(fake))
    wait_for(lambda: is_read(server, 30))
    assert fake.faults == []
    check_exactly(server, 30)


def test_a_killed_server_goes_on_with_nothing_lost_and_nothing_twice(fake, serve):
    fill(fake, 150)
    fake.delay = 0.03
    server = serve("--source", bucket_source(fake))
    chance = random.Random(4700)
    for _ in range(4):
        time.sleep(chance.uniform(0.02, 0.3))
        server.kill()
        server.start()
    assert len(fake.seen) > 20  # it was at work
    wait_for(lambda: is_read(server, 150))
    check_exactly(server, 150)


def test_what_is_refused_is_named_and_the_rest_is_read(fake, serve):
    fill(fake, 5)
    fake.faults = [("GET /trail/logs/.*_3", (403, "AccessDenied"))]
    server = serve("--source", bucket_source(fake).replace("poll=1", "poll=2"))
    wait_for(lambda: "AccessDenied" in (server.source().get("error") or ""))
    assert is_read(server, 4)
    wait_for(lambda: is_read(server, 5))
    wait_for(lambda: server.source()["error"] == "")
    check_exactly(server, 5)


@pytest.mark.parametrize("source,words", [
    ("s3://nothing-here/", "NoSuchBucket"),
    ("s3://trail/", "SignatureDoesNotMatch"),
])
def test_trouble_with_a_bucket_shows_in_sources_and_metrics(fake, serve, source, words):
    fill(fake, 1)
    fake.secrets = {} if words.startswith("Sig") else fake.secrets
    server = serve("--source", f"{source}?endpoint={fake.endpoint}&poll=1")
    wait_for(lambda: words in (server.source().get("error") or ""))
    assert "yagura_source_failing{" in server.metrics() and "} 1\n" in server.metrics()


@pytest.mark.parametrize("source", ["s3://", "s3://UPPER/", "ftp://x/", "s3://trail/?colour=red", "s3://trail/?poll=0",
                                    "s3://trail/?endpoint=trail", "sqs://host", "s3://trail/?queue=sqs"])
def test_a_wrong_uri_is_refused_at_the_start(tmp_path, source):
    done = subprocess.run([BINARY, "serve", "--listen", "127.0.0.1:0", "--data", tmp_path / "d", "--source", source],
                          capture_output=True, timeout=20, env={**os.environ, "AWS_ACCESS_KEY_ID": "a",
                                                                "AWS_SECRET_ACCESS_KEY": "b"})
    assert done.returncode == 4 and f"--source {source}".encode() in done.stderr


def test_a_role_is_assumed(fake, serve):
    fill(fake, 2)
    server = serve("--source", bucket_source(fake, "&role=arn:aws:iam::111122223333:role/reader&external-id=x"))
    wait_for(lambda: is_read(server, 2))
    assert "ASIAROLE" in fake.secrets


NO_KEYS = {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "", "AWS_PROFILE": ""}


@pytest.mark.parametrize("file, text, profile", [
    ("credentials", "[other]\naws_access_key_id = no\n[default]\naws_access_key_id = {0}\naws_secret_access_key = {1}\n", ""),
    ("credentials", "[default]\naws_access_key_id=no\naws_secret_access_key=no\n\n[logs]\naws_access_key_id={0}\naws_secret_access_key={1}\n",
     "logs"),
    ("config", "[profile logs]\nregion = us-east-1\naws_access_key_id = {0}\naws_secret_access_key = {1}\n", "logs"),
])
def test_keys_of_a_profile(fake, serve, tmp_path, file, text, profile):
    fill(fake, 1)
    (tmp_path / ".aws").mkdir()
    (tmp_path / ".aws" / file).write_text(text.format(fake_aws.ACCESS_KEY, fake_aws.SECRET))
    server = serve("--source", bucket_source(fake), environment={**NO_KEYS, "HOME": str(tmp_path), "AWS_PROFILE": profile})
    wait_for(lambda: is_read(server, 1))


def test_keys_of_the_instance_and_of_a_container_are_fetched_anew_before_they_end(fake, serve, tmp_path):
    token = tmp_path / "token"
    token.write_text("container-token\n")
    own = [{"AWS_EC2_METADATA_SERVICE_ENDPOINT": fake.endpoint},
           {"AWS_CONTAINER_CREDENTIALS_FULL_URI": fake.endpoint + "/container/keys", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": str(token)}]
    for number, environment in enumerate(own):
        fake.secrets = {"AKIAOTHER": "other"}
        fill(fake, 2 * number + 2)
        server = serve("--source", bucket_source(fake), environment={**NO_KEYS, "HOME": str(tmp_path), **environment})
        wait_for(lambda: is_read(server, 2 * number + 2))
        wait_for(lambda: "ASIAOWN2" in fake.secrets)
        fetched = len(fake.secrets)
        fake.put(BUCKET, key_of(90 + number), delivered(record(900)))
        wait_for(lambda: is_read(server, 2 * number + 3))
        assert len(fake.secrets) == fetched  # those that last are kept
        del fake.objects[BUCKET, key_of(90 + number)]


def test_keys_that_are_not_there_are_named(fake, serve, tmp_path):
    fill(fake, 1)
    server = serve("--source", bucket_source(fake), environment={**NO_KEYS, "HOME": str(tmp_path), "AWS_EC2_METADATA_DISABLED": "true"})
    wait_for(lambda: "AWS_ACCESS_KEY_ID" in (server.source().get("error") or ""))
    for environment, words in (({"AWS_PROFILE": "nobody"}, b'no profile "nobody"'), ({"AWS_ACCESS_KEY_ID": "a"}, b"set both")):
        done = subprocess.run([BINARY, "serve", "--listen", "127.0.0.1:0", "--data", tmp_path / "d", "--source", bucket_source(fake)],
                              capture_output=True, timeout=20, env={**os.environ, **NO_KEYS, "HOME": str(tmp_path), **environment})
        assert done.returncode == 4 and words in done.stderr


def test_hours_without_objects_are_gaps(fake, serve):
    for number, hour in enumerate((0, 1, 5)):
        fake.put(BUCKET, key_of(number, hour), delivered(record(number)))
    fake.put(BUCKET, key_of(9, 3, "eu-west-1"), delivered(record(9)))
    server = serve("--source", bucket_source(fake))
    wait_for(lambda: is_read(server, 4))
    assert server.source()["gap_hours"] == 3
    gaps = {row["region"]: row["gap_hours"] for row in server.command("sources", "gaps")}
    assert gaps == {"us-east-1": 3, "eu-west-1": 0}
    assert 'region="us-east-1",type="CloudTrail"} 3' in server.metrics()


def queue_source(fake):
    return f"sqs://{fake.endpoint.split('//')[1]}/111122223333/trail?endpoint={fake.endpoint}&poll=1"


def sns(notification):
    return {"Type": "Notification", "MessageId": "x", "TopicArn": "arn:aws:sns:us-east-1:111122223333:t",
            "Message": json.dumps(notification)}


def eventbridge(fake, key):
    inner = fake.notification(BUCKET, key)["Records"][0]["s3"]["object"]
    return {"version": "0", "source": "aws.s3", "detail-type": "Object Created", "time": "2024-05-01T00:00:00Z",
            "detail": {"bucket": {"name": BUCKET}, "object": {"key": key, "size": inner["size"], "etag": inner["eTag"]}}}


def test_notifications_of_all_forms_twice_and_in_any_order_are_read_once(fake, serve):
    fill(fake, 30)
    messages = []
    for i in range(30):
        plain = fake.notification(BUCKET, key_of(i))
        messages += [plain, (plain, sns(plain), eventbridge(fake, key_of(i)))[i % 3]]
    random.Random(4700).shuffle(messages)
    for message in [{"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": BUCKET}, *messages]:
        fake.send(message)
    fake.faults = [("ReceiveMessage", (500, "InternalFailure")), ("DeleteMessage", "drop"),
                   ("GET /trail/logs/", "truncate")]
    server = serve("--source", queue_source(fake))
    wait_for(lambda: fake.queue == [])
    check_exactly(server, 30)


def test_a_message_stays_until_its_object_is_durable(fake, serve):
    fill(fake, 2)
    fake.send(fake.notification(BUCKET, key_of(0)))
    fake.send(fake.notification(BUCKET, key_of(1)))
    fake.send("not a notification")
    with fake.lock:
        body = fake.objects.pop((BUCKET, key_of(1)))
    server = serve("--source", queue_source(fake))
    wait_for(lambda: len(fake.deleted) == 1 and is_read(server, 1))
    wait_for(lambda: server.source()["error"] != "")
    fake.put(BUCKET, key_of(1), body)
    wait_for(lambda: is_read(server, 2))
    wait_for(lambda: len(fake.queue) == 1)
    check_exactly(server, 2)
    assert fake.queue[0]["Body"] == "not a notification"


def test_a_server_killed_between_commit_and_delete_reads_nothing_twice(fake, serve):
    fill(fake, 40)
    for i in range(40):
        fake.send(fake.notification(BUCKET, key_of(i)))
    fake.faults = [("DeleteMessage", "drop")] * 6
    server = serve("--source", queue_source(fake))
    for _ in range(3):
        time.sleep(0.2)
        server.kill()
        server.start()
    wait_for(lambda: fake.queue == [])
    check_exactly(server, 40)


def test_a_bucket_with_a_queue_reads_what_was_there_before_too(fake, serve):
    fill(fake, 5)
    server = serve("--source", bucket_source(fake, f"&queue={fake.endpoint}/111122223333/trail"))
    wait_for(lambda: is_read(server, 5))
    fill(fake, 1, start=5)
    fake.put("other", "x/" + key_of(7), delivered(record(999)))
    fake.send(fake.notification(BUCKET, key_of(5)))
    fake.send(fake.notification(BUCKET, key_of(0)))
    fake.send(fake.notification("other", "x/" + key_of(7)))
    wait_for(lambda: fake.queue == [])
    check_exactly(server, 6)


def push(server, body, keys=None, service="yagura"):
    """Status and answer of a push, signed by botocore."""
    keys = keys or json.loads((server.data / "credentials").read_text())
    url = (server.data / "endpoint").read_text().strip() + "/_yagura/push"
    request = botocore.awsrequest.AWSRequest("POST", url, data=body)
    credentials = botocore.credentials.Credentials(keys["accessKeyId"], keys["secretAccessKey"])
    botocore.auth.SigV4Auth(credentials, service, "us-east-1").add_auth(request)
    answer = botocore.httpsession.URLLib3Session().send(request.prepare())
    return answer.status_code, json.loads(answer.content)


def test_pushed_records_are_counted_and_durable(serve):
    server = serve("--push")
    lines = "".join(json.dumps(one) + "\n" for one in (record(1), stop_logging(2))).encode()
    assert push(server, lines) == (200, {"records": 2, "duplicates": 0, "skipped": 0, "bytes": len(lines)})
    server.kill()
    check_exactly(server, 1)
    server.start()
    assert push(server, delivered(record(3), stop_logging(4)))[1]["records"] == 2
    assert push(server, delivered(record(3), stop_logging(4)))[1]["duplicates"] == 2
    assert push(server, b"{")[1]["skipped"] == 1
    assert push(server, b"")[0] == 200
    assert server.source()["records"] == 4 and server.source()["source"] == "push"


def test_a_push_needs_a_signature_and_the_right(serve):
    server = serve("--push")
    keys = json.loads((server.data / "credentials").read_text())
    url = (server.data / "endpoint").read_text().strip()
    iam = boto3.client("iam", region_name="us-east-1", endpoint_url=url, aws_access_key_id=keys["accessKeyId"],
                       aws_secret_access_key=keys["secretAccessKey"])
    iam.create_user(UserName="pusher")
    made = iam.create_access_key(UserName="pusher")["AccessKey"]
    pusher = {"accessKeyId": made["AccessKeyId"], "secretAccessKey": made["SecretAccessKey"]}
    assert push(server, b"", keys=pusher)[0] == 403
    iam.put_user_policy(UserName="pusher", PolicyName="p", PolicyDocument=json.dumps({
        "Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "yagura:PutRecords", "Resource": "*"}}))
    assert push(server, b"", keys=pusher)[0] == 200
    assert push(server, b"", keys={**pusher, "secretAccessKey": "wrong"})[0] == 403
    assert push(server, b"", service="sts")[0] == 403
    with pytest.raises(urllib.error.HTTPError) as unsigned:
        urllib.request.urlopen(url + "/_yagura/push", data=b"{}")
    assert unsigned.value.code == 403


def test_without_the_setting_nothing_is_taken(serve):
    server = serve()
    url = (server.data / "endpoint").read_text().strip()
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(url + "/_yagura/push", data=b"{}")
    assert refused.value.code == 405


def lines(first, count):
    """count pairs of records, of which each second raises the same finding."""
    return "".join(json.dumps(one) + "\n" for i in range(first, first + count)
                   for one in (record(2 * i), stop_logging(2 * i + 1))).encode()


def test_standard_input_is_read_line_by_line_as_it_comes(serve):
    server = serve("--source", "-", stdin=subprocess.PIPE)
    whole = lines(0, 50)
    server.process.stdin.write(whole[:5000])
    server.process.stdin.flush()
    wait_for(lambda: 0 < server.source().get("records", 0) < 100)
    server.process.stdin.write(whole[5000:] + lines(50, 3000).rstrip(b"\n"))
    server.process.stdin.close()
    wait_for(lambda: server.source()["records"] == 6100)
    assert server.source()["bytes"] == len(whole) + len(lines(50, 3000)) - 1
    assert server.source()["skipped"] == 0 and server.process.poll() is None


def test_compressed_standard_input_is_refused_in_words(serve):
    server = serve("--source", "-", stdin=subprocess.PIPE)
    server.process.stdin.write(delivered(record(1)))
    server.process.stdin.close()
    wait_for(lambda: "compressed" in (server.source().get("error") or ""))


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def test_syslog_over_udp_and_tcp_in_every_frame(serve):
    port = free_port()
    server = serve("--source", f"syslog://127.0.0.1:{port}")
    texts = [json.dumps(one).encode() for i in range(8) for one in (record(2 * i), stop_logging(2 * i + 1))]
    new = b"<165>1 2024-05-01T00:00:00Z host trail 1 ID [x@1 a=\"]\"] "
    old = b"<13>May  1 00:00:00 host trail: "
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        for text in texts[:4]:
            udp.sendto(new + text, ("127.0.0.1", port))
    with socket.create_connection(("127.0.0.1", port)) as tcp:
        for text in texts[4:8]:
            tcp.sendall(old + text + b"\n")
        for text in texts[8:12]:
            counted = b"%d %s" % (len(new + text), new + text)
            tcp.sendall(counted[:7])
            time.sleep(0.01)
            tcp.sendall(counted[7:])
        tcp.sendall(b"".join(old + text + b"\r\n" for text in texts[12:15]) + old + texts[15])
    wait_for(lambda: server.source().get("objects") == 16)
    check = server.source()
    assert (check["records"], check["skipped"]) == (16, 0)
    assert [f["service"]["count"] for f in server.command("findings") if f["type"] == STEALTH] == [8]


def test_a_syslog_peer_that_talks_nonsense_is_cut_off(serve):
    port = free_port()
    server = serve("--source", f"syslog://127.0.0.1:{port}")
    for nonsense in (b"9999999999 x", b"x" * (300 << 10)):
        with socket.create_connection(("127.0.0.1", port)) as tcp:
            tcp.settimeout(10)
            try:
                tcp.sendall(nonsense)
                assert tcp.recv(1) == b""
            except ConnectionError:
                pass
    with socket.create_connection(("127.0.0.1", port)) as tcp:
        tcp.sendall(lines(0, 1))
    wait_for(lambda: server.source().get("records") == 2)
