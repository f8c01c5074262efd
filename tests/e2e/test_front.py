"""The front door: who may come in, what strangers hear, and that nothing they say breaks or changes anything."""

import concurrent.futures
import datetime
import json
import os
import posixpath
import random
import re
import sqlite3
import uuid

import botocore.config
import pytest
import raw
from botocore.exceptions import ClientError
from conftest import ROOT, until

FEW = bool(os.environ.get("YAGURA_FEW"))
MINUTE = datetime.timedelta(minutes=1)
ASK = [("Action", "GetCallerIdentity"), ("Version", "2011-06-15")]


def name(kind):
    return f"{kind}-{uuid.uuid4().hex[:12]}"


def code(answer):
    """The error's code, in whichever form it came."""
    if answer.body.startswith(b"{"):
        kind = json.loads(answer.body)["__type"].rpartition("#")[2]
        assert answer.headers.get("x-amzn-errortype", kind) == kind
        return kind
    return answer.body.partition(b"<Code>")[2].partition(b"</Code>")[0].decode()


def check(answer, status, wanted):
    assert (answer.status, code(answer)) == (status, wanted), answer


def users(server):
    return sorted(user["UserName"] for page in server.client("iam").get_paginator("list_users").paginate()
                  for user in page["Users"])


class Signed:
    """The same call in the way of three protocols; guise is what each protocol's own service calls it."""

    def __init__(self, server, service):
        self.server, self.service = server, service

    def request(self, **options):
        if self.service == "iam":
            return raw.iam(self.server, "CreateUser", UserName="intruder", **options)
        if self.service == "sts":
            return raw.sts(self.server, **options)
        return raw.sign(self.server, "guardduty", "POST", "/detector", [("Content-Type", "application/json")],
                        b'{"enable":true}', **{"region": "eu-north-1", **options})


# What each kind of trouble is called: query services, REST-JSON services, json services.
QUERY = {"unsigned": (403, "MissingAuthenticationToken"), "mismatch": (403, "SignatureDoesNotMatch"),
         "unknown": (403, "InvalidClientTokenId"), "incomplete": (400, "IncompleteSignature"),
         "old token": (403, "ExpiredToken")}
REST = {"unsigned": (403, "MissingAuthenticationTokenException"), "mismatch": (403, "InvalidSignatureException"),
        "unknown": (403, "UnrecognizedClientException"), "incomplete": (403, "IncompleteSignatureException"),
        "old token": (403, "ExpiredTokenException")}
WORDS = {"iam": QUERY, "sts": QUERY, "guardduty": REST}


@pytest.fixture(params=["iam", "sts", "guardduty"])
def signed(request, yagura):
    before = users(yagura), yagura.client("guardduty", "eu-north-1").list_detectors()["DetectorIds"]
    yield Signed(yagura, request.param)
    assert (users(yagura), yagura.client("guardduty", "eu-north-1").list_detectors()["DetectorIds"]) == before


def refused(signed, trouble, request):
    check(raw.once(signed.server, *request), *WORDS[signed.service][trouble])


def test_unsigned(signed):
    method, target, headers, body = signed.request()
    refused(signed, "unsigned", (method, target, headers[:-1], body))


def test_a_wrong_secret(signed):
    wrong = {**signed.server.credentials, "secretAccessKey": "w" * 40}
    refused(signed, "mismatch", signed.request(credentials=wrong))


def test_an_unknown_key(signed):
    refused(signed, "unknown", signed.request(credentials={"accessKeyId": "AKIAIOSFODNN7EXAMPLE",
                                                           "secretAccessKey": "w" * 40}))


@pytest.mark.parametrize("minutes", [-60 * 24 * 365, -16, 16, 60 * 24])
def test_a_clock_that_is_off_by_more_than_a_quarter_hour(signed, minutes):
    refused(signed, "mismatch", signed.request(at=raw.now() + minutes * MINUTE))


@pytest.mark.parametrize("minutes", [-14, 14])
def test_a_clock_that_is_off_by_less(yagura, minutes):
    assert raw.once(yagura, *raw.sts(yagura, at=raw.now() + minutes * MINUTE)).status == 200


def test_scopes_that_are_none(signed):
    refused(signed, "mismatch", signed.request(day="20200101"))
    for region in ("", "AP NORTH", "a" * 65, "../../etc"):
        refused(signed, "incomplete", signed.request(region=region))


def test_a_signature_for_another_service_or_region(signed):
    method, target, headers, body = signed.request()
    credential = headers[-1][1]
    for region, other in (("ap-northeast-1", "eu-west-1"), ("eu-north-1", "eu-west-1")):
        if f"/{region}/" in credential:
            moved = credential.replace(f"/{region}/", f"/{other}/")
            refused(signed, "mismatch", (method, target, [*headers[:-1], ("Authorization", moved)], body))


def test_authorization_headers_that_make_no_sense(signed):
    method, target, headers, body = signed.request()
    good = headers[-1][1]
    for bad in ("AWS4-HMAC-SHA256", "AWS4-HMAC-SHA256 ", "AWS4-HMAC-SHA256 Credential", good.replace("Signature=", "S="),
                good.replace("aws4_request", "aws5_request"), good.replace("host;", ""), good + ", " + good[17:],
                good.replace("AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256"), "Basic dXNlcjpwYXNz", good + "," * 2000):
        answer = raw.once(signed.server, method, target, [*headers[:-1], ("Authorization", bad)], body)
        assert 400 <= answer.status < 500 and code(answer), (bad, answer)


def test_tampering(signed):
    method, target, headers, body = signed.request()
    refused(signed, "mismatch", (method, target, headers, body + b" "))
    refused(signed, "mismatch", (method, target + "?x=1", headers, body))
    refused(signed, "mismatch", ("PUT", target, headers, body))
    for i, (key, value) in enumerate(headers[:-1]):
        if key == "X-Amz-Date":
            continue
        refused(signed, "mismatch", (method, target, [*headers[:i], (key, value + "x"), *headers[i + 1:]], body))


def test_a_key_switched_off_and_on(yagura):
    iam, user = yagura.client("iam"), name("user")
    iam.create_user(UserName=user)
    key = iam.create_access_key(UserName=user)["AccessKey"]
    credentials = {"accessKeyId": key["AccessKeyId"], "secretAccessKey": key["SecretAccessKey"]}
    for status in ("Active", "Inactive", "Active", "Inactive"):
        iam.update_access_key(UserName=user, AccessKeyId=key["AccessKeyId"], Status=status)
        answer = raw.once(yagura, *raw.sts(yagura, credentials=credentials))
        if status == "Active":
            assert answer.status == 200
        else:
            check(answer, 403, "InvalidClientTokenId")
    iam.delete_access_key(UserName=user, AccessKeyId=key["AccessKeyId"])
    check(raw.once(yagura, *raw.sts(yagura, credentials=credentials)), 403, "InvalidClientTokenId")
    iam.delete_user(UserName=user)


# Presigned


def test_presigned_by_boto3(yagura):
    for method in ("GET", "POST"):
        url = yagura.client("sts").generate_presigned_url("get_caller_identity", ExpiresIn=60, HttpMethod=method)
        answer = raw.once(yagura, method, url.removeprefix(yagura.endpoint), [("Host", raw.host(yagura))])
        assert answer.status == 200 and b":user/admin</Arn>" in answer.body


def test_presigned_and_late_or_early(yagura):
    early, late = raw.now() + 20 * MINUTE, raw.now() - 5 * MINUTE
    assert raw.once(yagura, *raw.presign(yagura, "sts", ASK, at=late, seconds=600)).status == 200
    check(raw.once(yagura, *raw.presign(yagura, "sts", ASK, at=late, seconds=60)), 400, "RequestExpired")
    assert raw.once(yagura, *raw.presign(yagura, "sts", ASK, at=early)).status == 403
    for seconds in (-1, 604801, 10**20):
        check(raw.once(yagura, *raw.presign(yagura, "sts", ASK, seconds=seconds)), 400, "IncompleteSignature")


def test_presigned_and_changed(yagura):
    method, target, headers, _ = raw.presign(yagura, "sts", ASK)
    for changed in (target.replace("Expires=60", "Expires=61"), target + "&x=1", target.replace("GetCaller", "GetSession"),
                    target[:-1] + ("0" if target[-1] != "0" else "1")):
        check(raw.once(yagura, method, changed, headers), 403, "SignatureDoesNotMatch")
    check(raw.once(yagura, method, target + "&X-Amz-Expires=60", headers), 400, "IncompleteSignature")


# Sessions


@pytest.fixture(scope="module")
def session(yagura):
    made = yagura.client("sts").get_session_token()["Credentials"]
    return {"accessKeyId": made["AccessKeyId"], "secretAccessKey": made["SecretAccessKey"],
            "sessionToken": made["SessionToken"]}


def test_a_session_token(yagura, session):
    assert raw.once(yagura, *raw.sts(yagura, credentials=session)).status == 200
    assert raw.once(yagura, *raw.presign(yagura, "sts", ASK, credentials=session)).status == 200


def test_session_tokens_that_are_not_what_they_seem(yagura, session):
    token = session["sessionToken"]
    other = yagura.client("sts").get_session_token()["Credentials"]
    without = {key: value for key, value in session.items() if key != "sessionToken"}
    check(raw.once(yagura, *raw.sts(yagura, credentials=without)), 403, "InvalidClientTokenId")
    for wrong in (token[:-8], token + "AAAA", token[:20] + ("A" if token[20] != "A" else "B") + token[21:], "x",
                  other["SessionToken"], "A" * 5000):
        for made in (raw.sts(yagura, credentials={**session, "sessionToken": wrong}),
                     raw.presign(yagura, "sts", ASK, credentials={**session, "sessionToken": wrong})):
            check(raw.once(yagura, *made), 403, "InvalidClientTokenId")
    lasting = {**yagura.credentials, "sessionToken": token}
    check(raw.once(yagura, *raw.sts(yagura, credentials=lasting)), 403, "InvalidClientTokenId")


# A hundred thousand mutations


def garble(random_, text):
    """One to three edits of a string."""
    for _ in range(random_.choice((1, 1, 1, 2, 3))):
        at = random_.randrange(len(text) + 1)
        edit = random_.randrange(5)
        noise = chr(random_.randrange(0x21, 0x7F))
        if edit == 0:
            text = text[:at] + noise + text[at:]
        elif edit == 1:
            text = text[:at] + noise + text[at + 1:]
        elif edit == 2:
            text = text[:at] + text[at + random_.randrange(1, 9):]
        elif edit == 3:
            text = text[:at] + text[at // 2:at] + text[at:]
        else:
            text = text[:at]
    return text


def mutate(random_, base):
    """A request that differs from the base somewhere, framed as HTTP wants it."""
    method, target, headers, body = base
    headers = list(headers)
    at = random_.randrange(len(headers))
    kind = random_.randrange(10)
    if kind == 0:
        method = garble(random_, method)[:20] or "X"
    elif kind <= 2:
        target = "/" + garble(random_, target)[1:]
    elif kind <= 4:
        body = garble(random_, body.decode("latin-1")).encode("latin-1")
    elif kind == 5:
        del headers[at]
    elif kind == 6:
        headers.insert(random_.randrange(len(headers) + 1), headers[at])
    elif kind == 7:
        headers[at] = (garble(random_, headers[at][0]).replace(":", "") or "X", headers[at][1])
    else:
        headers[at] = (headers[at][0], garble(random_, headers[at][1]))
    return method, target, headers, body


def bases(server, session):
    """Valid requests, most of which would change something."""
    detector = "/detector/" + "a" * 32
    typed = [("Content-Type", "application/json")]
    return [
        raw.iam(server, "CreateUser", UserName="mutant"),
        raw.iam(server, "DeleteUser", UserName="bystander", credentials=session),
        raw.iam(server, "CreateAccessKey", UserName="bystander"),
        raw.sts(server),
        raw.presign(server, "sts", ASK, seconds=600),
        raw.presign(server, "iam", [("Action", "CreateUser"), ("Version", "2010-05-08"), ("UserName", "mutant")],
                    seconds=600),
        raw.sign(server, "guardduty", "POST", "/detector", typed, b'{"enable":true}', region="eu-north-1"),
        raw.sign(server, "guardduty", "POST", detector + "/findings/archive", typed, b'{"findingIds":["a"]}'),
        raw.sign(server, "guardduty", "DELETE", detector),
    ]


def same(base, changed):
    """Signing makes nothing of the case of names and escapes, of spaces, and of what cancels out in a path."""
    def essence(request):
        method, target, headers, body = request
        path, _, query = target.partition("?")
        fields = sorted((key.lower(), " ".join(value.split())) for key, value in headers if key != "Authorization")
        authorization = [value.replace(" ", "") for key, value in headers if key.lower() == "authorization"]
        return method, posixpath.normpath("/" + path.lstrip("/")), query.upper(), fields, authorization, body
    return essence(base) == essence(changed)


def state(server):
    """All rows there are, but for who used what when."""
    if server.store is None:
        with sqlite3.connect(f"file:{server.data}/yagura.db?mode=ro", uri=True) as db:
            return [line for line in db.iterdump() if not re.search(r"iam_access(_key)?\b", line)]
    return users(server), server.client("guardduty", "eu-north-1").list_detectors()["DetectorIds"]


def burst(server, requests):
    """Pipelined on one connection; the answers' statuses. Starts again where the server closed."""
    statuses = []
    while len(statuses) < len(requests):
        rest = requests[len(statuses):]
        with raw.Connection(server) as connection:
            try:
                connection.send(b"".join(raw.encode(*one) for one in rest))
                before = len(statuses)
                for method, *_ in rest:
                    answer = connection.read(head=method == "HEAD")
                    if answer is None:
                        break
                    statuses.append(answer.status)
                    if answer.headers.get("connection", "").lower() == "close":
                        break
            except (ConnectionError, BrokenPipeError):
                pass
            assert len(statuses) > before, f"no answer to {rest[0]}"
    return statuses


def test_a_hundred_thousand_mutations_get_4xx_and_change_nothing(servers):
    server = servers()
    server.client("iam").create_user(UserName="bystander")
    made = server.client("sts").get_session_token()["Credentials"]
    session = {"accessKeyId": made["AccessKeyId"], "secretAccessKey": made["SecretAccessKey"],
               "sessionToken": made["SessionToken"]}
    random_ = random.Random(4700)
    before, total, wanted = state(server), 0, 2000 if FEW else 100000
    while total < wanted:
        valid = bases(server, session)
        batch = []
        while len(batch) < 200:
            base = random_.choice(valid)
            one = mutate(random_, base)
            if not same(base, one):
                batch.append(one)
        for one, status in zip(batch, burst(server, batch)):
            assert 400 <= status < 500, f"{total} {status} {one}"
        total += len(batch)
    assert raw.once(server, *raw.sts(server)).status == 200
    assert state(server) == before


def bend(random_, whole):
    """Bytes of a request, framing and all, with one to three edits."""
    whole = bytearray(whole)
    for _ in range(random_.randrange(1, 4)):
        at = random_.randrange(len(whole))
        edit = random_.randrange(4)
        if edit == 0:
            whole[at] = random_.randrange(256)
        elif edit == 1:
            whole[at:at] = random_.choice((b"\0", b"\r\n", b"\n", b" ", b"\r\n\r\n", b"\xff" * 9, b"9" * 30))
        elif edit == 2:
            del whole[at:at + random_.randrange(1, 30)]
        else:
            return bytes(whole[:at + 1])
    return bytes(whole)


def answers(connection):
    """All that come until the server closes, or waits for more."""
    try:
        while answer := connection.read():
            yield answer
            if answer.headers.get("connection", "").lower() == "close":
                return
    except (ConnectionError, TimeoutError):
        pass


def test_noise_on_the_wire_gets_4xx_or_silence(servers):
    """Each request, one that asks for little, has a connection of its own; the server may well wait for more of it."""
    server = servers()
    random_, before, counted = random.Random(1), state(server), {}
    for _ in range(2 if FEW else 40):
        asks = raw.sts(server), raw.presign(server, "sts", ASK), raw.sign(server, "guardduty", "GET", "/detector")
        valid = [raw.encode(*one) for one in asks]
        batch = [(bend(random_, random_.choice(valid)), raw.Connection(server)) for _ in range(100)]
        for whole, connection in batch:
            connection.send(whole)
            connection.end()
        for whole, connection in batch:
            connection.socket.settimeout(0.003)
            for answer in answers(connection):
                counted[answer.status] = counted.get(answer.status, 0) + 1
                # Of some bytes nobody makes anything; and an HTTP version of another age is told so by its number.
                assert 400 <= answer.status < 500 or answer.status in (200, 505), (answer, whole)
            connection.close()
    assert raw.once(server, *raw.sts(server)).status == 200
    assert counted[400] > 10 and counted[403] > 10
    assert state(server) == before


# HTTP itself


def plain(server):
    return [("Host", raw.host(server))]


def unread(server, data):
    """What comes back for bytes as they are."""
    with raw.Connection(server) as connection:
        connection.send(data)
        return connection.read()


def test_heads_that_are_malformed(yagura):
    where = b"\r\nHost: " + raw.host(yagura).encode()
    for data in (b"POST\r\n\r\n", b"GET / HTTP/1.1\r\n\r\n", b"GET / HTTP/1.1" + where * 2 + b"\r\n\r\n",
                 b"GET nowhere HTTP/1.1" + where + b"\r\n\r\n", b"GE T / HTTP/1.1" + where + b"\r\n\r\n",
                 b"GET / HTTP/1.1" + where + b"\r\nA B: c\r\n\r\n", b"GET / HTTP/1.1" + where + b"\r\nA: \1\r\n\r\n",
                 b"GET / HTTP/1.1" + where + b"\r\nA: b\r\n c\r\n\r\n", b"GET /\x7f HTTP/1.1" + where + b"\r\n\r\n",
                 b"POST / HTTP/1.1" + where + b"\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
                 b"POST / HTTP/1.1" + where + b"\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                 b"POST / HTTP/1.1" + where + b"\r\nContent-Length: -1\r\n\r\n",
                 b"POST / HTTP/1.1" + where + b"\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"):
        answer = unread(yagura, data)
        assert answer is None or answer.status == 400, (data, answer)
    assert raw.once(yagura, *raw.sts(yagura)).status == 200


def test_heads_that_are_too_large(yagura):
    for headers in ([("X", "y" * 20000)], [(f"X-{i}", "y" * 100) for i in range(500)], [("Y" * 40000, "z")]):
        answer = unread(yagura, raw.encode("GET", "/", plain(yagura) + headers))
        assert answer.status == 431, answer
    assert unread(yagura, raw.encode("GET", "/" + "a" * 100000, plain(yagura))).status in (414, 431)


def test_bodies_that_are_too_large(yagura):
    size = 6 * 1024 * 1024
    announced = unread(yagura, raw.encode("POST", "/", [*plain(yagura), raw.FORM]) .replace(b"h: 0", b"h: %d" % (size + 1)))
    check(announced, 413, "RequestEntityTooLarge")
    headers = [*plain(yagura), raw.FORM, ("Transfer-Encoding", "chunked")]
    chunk = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
    with raw.Connection(yagura) as connection:
        connection.send(raw.encode("GET", "/", headers))
        for _ in range(size // 0x10000 + 1):
            connection.send(chunk)
        connection.send(b"0\r\n\r\n")
        check(connection.read(), 413, "RequestEntityTooLarge")


def test_a_body_of_the_largest_size_is_read(yagura):
    body = raw.form(Action="GetCallerIdentity", Version="2011-06-15") + b"&Padding="
    body += b"x" * (6 * 1024 * 1024 - len(body))
    answer = raw.once(yagura, *raw.sign(yagura, "sts", headers=[raw.FORM], body=body))
    assert answer.status == 200


def test_one_byte_at_a_time(yagura):
    with raw.Connection(yagura) as connection:
        for byte in raw.encode(*raw.sts(yagura)):
            connection.send(bytes([byte]))
        assert connection.read().status == 200


def test_slow_clients_hinder_nobody(yagura):
    slow = [raw.Connection(yagura) for _ in range(200)]
    for i, connection in enumerate(slow):
        connection.send(raw.encode(*raw.sts(yagura))[:i * 2])
    assert raw.once(yagura, *raw.sts(yagura)).status == 200
    for connection in slow:
        connection.close()


def test_expect_100_continue(yagura):
    method, target, headers, body = raw.sts(yagura)
    whole = raw.encode(method, target, [*headers, ("Expect", "100-continue")], body)
    with raw.Connection(yagura) as connection:
        connection.send(whole[:-len(body)])
        assert connection.read().status == 100
        connection.send(body)
        assert connection.read().status == 200


def test_chunked_bodies(yagura):
    method, target, headers, body = raw.sts(yagura)
    head = raw.encode("GET", target, [*headers, ("Transfer-Encoding", "chunked")]).replace(b"GET", method.encode(), 1)
    with raw.Connection(yagura) as connection:
        for cut in (1, 7, len(body)):
            pieces = [body[i:i + cut] for i in range(0, len(body), cut)]
            connection.send(head + b"".join(b"%x;name=value\r\n%s\r\n" % (len(piece), piece) for piece in pieces))
            connection.send(b"0\r\nTrailer: ignored\r\n\r\n")
            assert connection.read().status == 200


def test_pipelining_keeps_order_across_reads_and_writes(yagura):
    user = name("user")
    steps = [("CreateUser", 200), ("CreateUser", 409), ("GetUser", 200), ("DeleteUser", 200), ("GetUser", 404)] * 20
    with raw.Connection(yagura) as connection:
        connection.send(b"".join(raw.encode(*raw.iam(yagura, action, UserName=user)) for action, _ in steps))
        assert [connection.read().status for _ in steps] == [status for _, status in steps]


def test_keep_alive_and_close(yagura):
    method, target, headers, body = raw.sts(yagura)
    with raw.Connection(yagura) as connection:
        for _ in range(3):
            assert connection.ask(method, target, headers, body).status == 200
        assert connection.ask(method, target, [*headers, ("Connection", "close")], body).status == 200
        assert connection.read() is None


def test_head_has_no_body(yagura):
    with raw.Connection(yagura) as connection:
        for _ in range(2):
            answer = connection.ask(*raw.sign(yagura, "s3", "HEAD", "/bucket"), head=True)
            assert answer.status == 404
        assert connection.ask(*raw.sts(yagura)).status == 200


def test_pages_of_the_house(yagura):
    health = raw.once(yagura, "GET", "/_yagura/health", plain(yagura))
    assert health.status == 200 and json.loads(health.body)["status"] == "ok"
    assert b"yagura_" in raw.once(yagura, "GET", "/_yagura/metrics", plain(yagura)).body
    assert raw.once(yagura, "POST", "/_yagura/health", plain(yagura)).status == 405
    assert raw.once(yagura, "GET", "/_yagura/secrets", plain(yagura)).status == 404


def test_strangers_learn_nothing_from_paths(yagura):
    for path in ("/", "/bucket/key", "/../../etc/passwd", "/%2e%2e/root.key", "/detector", "/latest/meta-data/"):
        answer = raw.once(yagura, "GET", path, plain(yagura))
        assert code(answer).startswith(("MissingAuthenticationToken", "AccessDenied", "NoSuchBucket")), (path, answer)


# What isn't built


UNBUILT = [("events", "list_rules", {}),
           ("sqs", "list_queues", {}), ("sns", "list_topics", {}),
           ("ec2", "describe_instances", {}), ("config", "describe_config_rules", {}), ("route53", "list_hosted_zones", {}),
           ("dynamodb", "list_tables", {}), ("fms", "list_policies", {})]


@pytest.mark.parametrize("service, operation, arguments", UNBUILT)
def test_a_service_that_is_not_built_says_so(yagura, service, operation, arguments):
    client = yagura.client(service, config=botocore.config.Config(retries={"mode": "standard"}))
    with pytest.raises(ClientError) as caught:
        getattr(client, operation)(**arguments)
    answer = caught.value.response
    assert answer["Error"]["Code"] == "NotImplemented", answer
    assert "is not implemented by Yagura yet" in answer["Error"]["Message"]
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 501
    assert answer["ResponseMetadata"]["RetryAttempts"] == 0


def test_an_operation_that_is_not_built_names_itself(yagura):
    for service, operation, arguments in (("iam", "list_delegation_requests", {}),
                                          ("sts", "get_delegated_access_token", {"TradeInToken": "token"})):
        client = yagura.client(service)
        with pytest.raises(ClientError) as caught:
            getattr(client, operation)(**arguments)
        error = caught.value.response
        called = client.meta.method_to_api_mapping[operation]
        assert error["Error"]["Code"] == "NotImplemented", error
        assert error["Error"]["Message"] == f"The operation {service}:{called} is not implemented by Yagura yet."
        assert error["ResponseMetadata"]["RetryAttempts"] == 0


def test_s3_is_refused_in_xml_whichever_way_the_bucket_is_named(yagura):
    for where, target in ((None, "/bucket/a%20key"), ("bucket.localhost:4700", "/key"),
                          ("bucket.s3.eu-west-1.amazonaws.com", "/key?versioning")):
        answer = raw.once(yagura, *raw.sign(yagura, "s3", "GET", target, where=where))
        check(answer, 404, "NoSuchBucket")
        assert answer.body.startswith(b"<?xml") and b"<HostId>" in answer.body
    for trouble, options in (("XAmzContentSHA256Mismatch", {"body": b"x", "payload": "0" * 64}),
                             ("SignatureDoesNotMatch",
                              {"credentials": {**yagura.credentials, "secretAccessKey": "w" * 40}}),
                             ("RequestTimeTooSkewed", {"at": raw.now() - 20 * MINUTE})):
        answer = raw.once(yagura, *raw.sign(yagura, "s3", "PUT", "/bucket/key", **options))
        check(answer, 400 if "payload" in options else 403, trouble)


# What policies make of it


def policy(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Resource": "*", **one} for one in statements]})


class Someone:
    """A user of IAM with a key and nothing else."""

    def __init__(self, server):
        self.server, self.iam, self.name = server, server.client("iam"), name("user")
        self.arn = self.iam.create_user(UserName=self.name)["User"]["Arn"]
        key = self.iam.create_access_key(UserName=self.name)["AccessKey"]
        self.credentials = {"accessKeyId": key["AccessKeyId"], "secretAccessKey": key["SecretAccessKey"]}

    def may(self, *statements):
        self.iam.put_user_policy(UserName=self.name, PolicyName="own", PolicyDocument=policy(*statements))

    def asks(self, action, **members):
        return raw.once(self.server, *raw.iam(self.server, action, credentials=self.credentials, **members)).status

    def asks_for_detectors(self, region):
        return raw.once(self.server, *raw.sign(self.server, "guardduty", "GET", "/detector", region=region,
                                               credentials=self.credentials)).status

    def gone(self):
        for one in self.iam.list_user_policies(UserName=self.name)["PolicyNames"]:
            self.iam.delete_user_policy(UserName=self.name, PolicyName=one)
        self.iam.delete_access_key(UserName=self.name, AccessKeyId=self.credentials["accessKeyId"])
        self.iam.delete_user(UserName=self.name)


@pytest.fixture
def someone(yagura):
    made = Someone(yagura)
    yield made
    made.gone()


ARN = "arn:aws:iam::aws:policy/ReadOnlyAccess"
KNOWN = {"ResourceArn": "arn:aws:guardduty:ap-northeast-1:111122223333:detector/" + "a" * 32,
         "RoleArn": "arn:aws:iam::111122223333:role/none", "AccessKeyId": "AKIAIOSFODNN7EXAMPLE", "PolicyArn": ARN,
         "PermissionsBoundary": ARN, "VersionId": "v1", "AccountAlias": "alias", "PolicyDocument": policy(),
         "AssumeRolePolicyDocument": policy(), "TaskPolicyArn": {"arn": "arn:aws:iam::aws:policy/root-task/IAMAuditRootUserCredentials"}}


SAMPLES = ["1" * 6, "111122223333", "AAAA", "arn:aws:iam::111122223333:role/none", "alias/a", "v1", "{}", "https://a.example", "o-" + "a" * 10,
           "r-aaaa", "ou-aaaa-" + "a" * 8, "p-" + "a" * 8, "h-" + "a" * 8, "car-" + "a" * 8, "AKIAIOSFODNN7EXAMPLE", "a@b.example",
           "o-" + "a" * 10 + "/r-aaaa/", "us-west-2", "lambda:GetLayerVersion", "arn:aws:lambda:ap-northeast-1:111122223333:layer:a:1",
           "arn:aws:lambda:ap-northeast-1:111122223333:code-signing-config:csc-" + "a" * 17, "a.amazonaws.com"]


def word(shape):
    """Any text that the model takes."""
    least = max(1, shape.metadata.get("min", 0))
    pattern = re.sub(r"\\[pP]\{\w+\}", r"\\w", shape.metadata.get("pattern", ".*"))
    fits = (text for text in ["a" * least, "1" * least, *SAMPLES] if len(text) >= least and re.fullmatch(pattern, text, re.S))
    return next(fits, "a" * least)


def sample(shape, member=""):
    """The least that the model takes."""
    kind = shape.type_name
    if kind == "structure":
        return KNOWN.get(member) or {key: sample(shape.members[key], key) for key in shape.required_members}
    if kind == "list":
        return [sample(shape.member, member)] * max(1, shape.metadata.get("min", 0))
    if kind == "map":
        return {sample(shape.key): sample(shape.value)}
    if kind == "string":
        return shape.enum[0] if shape.enum else KNOWN.get(member) or word(shape)
    if kind == "blob":
        return b"a" * max(1, shape.metadata.get("min", 0))
    return {"boolean": True, "integer": 1, "long": 1, "double": 1.0, "timestamp": 0}[kind]


def listed(root):
    for path in sorted(root.glob("src/svc/*/ops.tsv")):
        for line in path.read_text().splitlines():
            words = line.split("#", 1)[0].split()
            if words and not words[0].startswith("!"):
                yield path.parent.name, words[0]


# Those that any verified caller may, and those that a token of somebody else's decides
FREE = {"GetCallerIdentity", "GetSessionToken"}
BY_TOKEN = {"AssumeRoleWithWebIdentity", "AssumeRoleWithSAML", "GetScopedCredentials"}


def test_whoever_has_no_policy_may_do_nothing(yagura, someone):
    before = state(yagura)
    operations = [one for one in listed(ROOT) if one[1] not in BY_TOKEN and one[0] != "s3control"]  # whose hosts don't resolve
    assert len(operations) > 400
    names = {"cloudtraildata": "cloudtrail-data"}  # folders have no hyphens
    plain = botocore.config.Config(inject_host_prefix=False)  # such names need not resolve
    clients = {service: yagura.client(names.get(service, service), credentials=someone.credentials, config=plain)
               for service in {service for service, _ in operations}}
    for service, operation in operations:
        client = clients[service]
        model = client.meta.service_model.operation_model(operation)
        arguments = sample(model.input_shape) if model.input_shape else {}
        try:
            client._make_api_call(operation, arguments)  # pylint: disable=protected-access
            outcome = "done", 200
        except ClientError as error:
            outcome = error.response["Error"]["Code"], error.response["ResponseMetadata"]["HTTPStatusCode"]
            if service == "s3" and outcome[1] == 404:
                continue  # spec: S3 tells everybody that there is no such bucket
            assert operation in FREE or f"not authorized to perform: {names.get(service, service)}:" in str(error), error
        denied = "AccessDenied" if client.meta.service_model.metadata["protocol"] in ("query", "rest-xml") else "AccessDeniedException"
        assert outcome == (("done", 200) if operation in FREE else (denied, 403)), (service, operation, outcome)
    assert state(yagura) == before


def test_an_explicit_deny_beats_every_allow(someone):
    someone.may({"Effect": "Allow", "Action": "*"})
    assert someone.asks("ListUsers") == 200
    someone.may({"Effect": "Allow", "Action": "*"}, {"Effect": "Deny", "Action": "iam:List*"})
    assert someone.asks("ListUsers") == 403
    assert someone.asks("GetUser") == 200


def test_the_use_of_a_key_is_noted(yagura, someone):
    key = someone.credentials["accessKeyId"]
    last = lambda: yagura.client("iam").get_access_key_last_used(AccessKeyId=key)["AccessKeyLastUsed"]
    assert last()["ServiceName"] == "N/A"
    check(raw.once(yagura, *raw.sts(yagura, credentials={**someone.credentials, "secretAccessKey": "w" * 40})), 403,
          "SignatureDoesNotMatch")
    assert last()["ServiceName"] == "N/A"
    assert someone.asks_for_detectors("eu-west-2") == 403
    until(lambda: last()["ServiceName"] == "guardduty", "the note of a use")
    assert last()["Region"] == "eu-west-2"
    assert abs((last()["LastUsedDate"] - raw.now()).total_seconds()) < 60


def test_policies_name_resources(someone):
    someone.may({"Effect": "Allow", "Action": "iam:GetUser", "Resource": someone.arn})
    assert someone.asks("GetUser", UserName=someone.name) == 200
    assert someone.asks("GetUser") == 200
    assert someone.asks("GetUser", UserName="admin") == 403
    someone.may({"Effect": "Allow", "Action": "iam:CreateUser", "Resource": "arn:aws:iam::*:user/team/*"})
    made = name("user")
    assert someone.asks("CreateUser", UserName=made) == 403
    assert someone.asks("CreateUser", UserName=made, Path="/team/") == 200
    someone.iam.delete_user(UserName=made)


def test_policies_have_conditions(someone):
    for address, status in (("127.0.0.0/8", 200), ("10.0.0.0/8", 403)):
        someone.may({"Effect": "Allow", "Action": "iam:ListUsers",
                     "Condition": {"IpAddress": {"aws:SourceIp": address}}})
        assert someone.asks("ListUsers") == status
    someone.may({"Effect": "Allow", "Action": "guardduty:ListDetectors",
                 "Condition": {"StringEquals": {"aws:RequestedRegion": "eu-west-1"}}})
    assert someone.asks_for_detectors("eu-west-1") == 200
    assert someone.asks_for_detectors("eu-central-1") == 403


def test_policies_take_effect_on_the_very_next_call(yagura, someone):
    iam, group = yagura.client("iam"), name("group")
    iam.create_group(GroupName=group)
    iam.attach_group_policy(GroupName=group, PolicyArn=ARN)
    # Several connections, so that each thread of the server has remembered what was.
    connections = [raw.Connection(yagura) for _ in range(8)]
    for _ in range(10):
        for change, status in ((iam.add_user_to_group, 200), (iam.remove_user_from_group, 403)):
            change(GroupName=group, UserName=someone.name)
            for connection in connections:
                answer = connection.ask(*raw.iam(yagura, "ListUsers", credentials=someone.credentials))
                assert answer.status == status
    for connection in connections:
        connection.close()
    iam.detach_group_policy(GroupName=group, PolicyArn=ARN)
    iam.delete_group(GroupName=group)


# Many at once


def test_one_name_is_won_once(yagura):
    user = name("user")

    def create(_):
        return raw.once(yagura, *raw.iam(yagura, "CreateUser", UserName=user))
    with concurrent.futures.ThreadPoolExecutor(32) as pool:
        answers_ = list(pool.map(create, range(64)))
    assert sorted(answer.status for answer in answers_) == [200] + [409] * 63
    assert {code(answer) for answer in answers_ if answer.status == 409} == {"EntityAlreadyExists"}
    yagura.client("iam").delete_user(UserName=user)


def test_thirty_two_clients_make_and_unmake_users(yagura):
    before = users(yagura)

    def work(_):
        with raw.Connection(yagura) as connection:
            for _ in range(5):
                user = name("user")
                for action, status in (("CreateUser", 200), ("GetUser", 200), ("DeleteUser", 200), ("GetUser", 404)):
                    answer = connection.ask(*raw.iam(yagura, action, UserName=user))
                    assert answer.status == status, (action, answer)
    with concurrent.futures.ThreadPoolExecutor(32) as pool:
        list(pool.map(work, range(32)))
    assert users(yagura) == before
