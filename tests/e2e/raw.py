"""HTTP and SigV4 by hand, for what well-behaved clients never send."""

import datetime
import hashlib
import hmac
import socket
import urllib.parse

DAY = "%Y%m%d"
STAMP = "%Y%m%dT%H%M%SZ"
EMPTY = hashlib.sha256(b"").hexdigest()


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    def __repr__(self):
        return f"{self.status} {self.headers} {self.body[:400]!r}"


class Connection:
    """A socket to a server; answers are read one by one."""

    def __init__(self, server, seconds=20):
        where = urllib.parse.urlsplit(server.endpoint)
        self.socket = socket.create_connection((where.hostname, where.port), timeout=seconds)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.file = self.socket.makefile("rb", buffering=1 << 16)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.file.close()
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data)

    def end(self):
        """Nothing more will be sent."""
        self.socket.shutdown(socket.SHUT_WR)

    def read(self, head=False):
        """The next answer; None when the server has closed the connection."""
        line = self.file.readline()
        if not line:
            return None
        assert line.startswith(b"HTTP/1."), line
        headers = {}
        while (field := self.file.readline()) not in (b"\r\n", b""):
            name, _, value = field.decode("latin-1").partition(":")
            headers[name.lower()] = value.strip()
        status = int(line.split()[1])
        size = 0 if head or status < 200 else int(headers.get("content-length", "0"))
        return Answer(status, headers, self.file.read(size))

    def ask(self, *request, head=False):
        self.send(encode(*request))
        return self.read(head)


def once(server, *request, head=False):
    with Connection(server) as connection:
        return connection.ask(*request, head=head)


def encode(method, target, headers, body=b""):
    """headers: a list of pairs."""
    lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in headers)]
    if body or method in ("POST", "PUT"):
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1", "surrogateescape") + body


def host(server):
    return urllib.parse.urlsplit(server.endpoint).netloc


def now():
    return datetime.datetime.now(datetime.timezone.utc)


def key_of(secret, day, region, service):
    key = b"AWS4" + secret.encode()
    for part in (day, region, service, "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key


def canonical_query(query):
    pairs = sorted(tuple(part.partition("=")[::2]) for part in query.split("&")) if query else []
    return "&".join(f"{name}={value}" for name, value in pairs)


def seal(credentials, scope, stamp, canonical):
    day, region, service = scope
    text = "\n".join(["AWS4-HMAC-SHA256", stamp, f"{day}/{region}/{service}/aws4_request",
                      hashlib.sha256(canonical.encode()).hexdigest()])
    return hmac.digest(key_of(credentials["secretAccessKey"], day, region, service), text.encode(), "sha256").hex()


def sign(server, service, method="POST", target="/", headers=(), body=b"", *, credentials=None, region="ap-northeast-1",
         at=None, payload=None, day=None, where=None):
    """A request signed in its headers: method, target, headers, body, for encode."""
    credentials = credentials or server.credentials
    stamp = (at or now()).strftime(STAMP)
    scope = (day or stamp[:8], region, service)
    fields = [("Host", where or host(server)), ("X-Amz-Date", stamp), *headers]
    if service == "s3":
        fields.append(("X-Amz-Content-Sha256", payload or hashlib.sha256(body).hexdigest()))
    if "sessionToken" in credentials:
        fields.append(("X-Amz-Security-Token", credentials["sessionToken"]))
    named = sorted((name.lower(), " ".join(value.split())) for name, value in fields)
    path, _, query = target.partition("?")
    quoted = path if service == "s3" else urllib.parse.quote(path)
    names = ";".join(name for name, _ in named)
    canonical = "\n".join([method, quoted, canonical_query(query), *(f"{n}:{v}" for n, v in named), "", names,
                           payload or hashlib.sha256(body).hexdigest()])
    signature = seal(credentials, scope, stamp, canonical)
    fields.append(("Authorization", f"AWS4-HMAC-SHA256 Credential={credentials['accessKeyId']}/{'/'.join(scope)}"
                   f"/aws4_request, SignedHeaders={names}, Signature={signature}"))
    return method, target, fields, body


def presign(server, service, query, *, method="GET", path="/", credentials=None, region="ap-northeast-1", at=None,
            seconds=60):
    """A request signed in its query."""
    credentials = credentials or server.credentials
    stamp = (at or now()).strftime(STAMP)
    scope = (stamp[:8], region, service)
    pairs = [*query, ("X-Amz-Algorithm", "AWS4-HMAC-SHA256"), ("X-Amz-Date", stamp), ("X-Amz-Expires", str(seconds)),
             ("X-Amz-Credential", "/".join([credentials["accessKeyId"], *scope, "aws4_request"])),
             ("X-Amz-SignedHeaders", "host")]
    if "sessionToken" in credentials:
        pairs.append(("X-Amz-Security-Token", credentials["sessionToken"]))
    text = canonical_query("&".join(f"{n}={urllib.parse.quote(v, safe='-_.~')}" for n, v in pairs))
    payload = "UNSIGNED-PAYLOAD" if service == "s3" else EMPTY
    canonical = "\n".join([method, path, text, f"host:{host(server)}", "", "host", payload])
    signature = seal(credentials, scope, stamp, canonical)
    return method, f"{path}?{text}&X-Amz-Signature={signature}", [("Host", host(server))], b""


def form(**members):
    return urllib.parse.urlencode(members).encode()


FORM = ("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")


def iam(server, action, **more):
    """A signed IAM request; members' names as keys, signing options in lower case."""
    members = {name: value for name, value in more.items() if name[0].isupper()}
    options = {name: value for name, value in more.items() if name[0].islower()}
    return sign(server, "iam", headers=[FORM], body=form(Action=action, Version="2010-05-08", **members), **options)


def sts(server, action="GetCallerIdentity", **options):
    return sign(server, "sts", headers=[FORM], body=form(Action=action, Version="2011-06-15"), **options)
