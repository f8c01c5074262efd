"""Answers recorded from AWS (../shared/corpora/aws_recorded, made by LocalStack's snapshot tests) beside ours.

The recordings hold answers, not requests: a case makes the calls that the recorded test's name and answers tell of, and
returns the same named objects. Cases stand in recorded_SERVICE.py, and of large services also in recorded_SERVICE_PART.py:

    from recorded import case

    @case("test_sts.py::TestSTSIntegrations::test_assume_role")        # the key behind tests/aws/services/sts/
    @case("test_kms.py::TestKMS::test_sizes[0]", 0)                    # several recordings of one function: arguments
    def assume_role(aws):
        sts = aws.client("sts")                                        # boto3, as the first administrator
        return {"assume-role": sts.assume_role(...), "refusal": aws.refused(sts.assume_role, RoleArn="x", ...)}

`aws` is a struct Aws below. What it must give is exactly what was recorded: every member, no other. <name:1> stands for
any text, the same everywhere in one recording, and another than <name:2>; <datetime> and the like for anything. Headers and
request ids don't count. A recording that has no case, or whose case differs, stands in recorded_misses/SERVICE.tsv with the reason."""

import datetime
import importlib
import json
import pathlib
import re
import uuid

from botocore.exceptions import ClientError
from botocore.response import StreamingBody

HERE = pathlib.Path(__file__).parent
SERVICES = {"iam": "iam", "sts": "sts", "kms": "kms", "secretsmanager": "secretsmanager", "lambda": "lambda_", "cloudwatch": "cloudwatch", "logs": "logs", "s3": "s3",
            "s3control": "s3control"}  # folders
PLACEHOLDER = re.compile(r"<([^<>]+)>")
ACCOUNTS = ("111111111111",)
CLIENTS = {}
CASES = {service: {} for service in SERVICES}  # service → recording → (function, arguments)


def case(name, *arguments):
    """Registers a function as the case of the recording NAME."""
    def register(function):
        service = function.__module__.removeprefix("recorded_").partition("_")[0]
        assert name not in CASES[service], f"two cases of {name}"
        CASES[service][name] = (function, arguments)
        return function
    return register


def load(service):
    """The service's cases; none when nobody wrote any."""
    for path in sorted([*HERE.glob(f"recorded_{service}.py"), *HERE.glob(f"recorded_{service}_*.py")]):
        importlib.import_module(path.stem)
    return CASES[service]


def recordings(shared, service):
    """Recording → its named objects."""
    folder = SERVICES[service]
    found = {}
    for path in sorted((shared / "corpora/aws_recorded" / folder).rglob("*.snapshot.json")):
        for name, recorded in json.loads(path.read_text()).items():
            found[re.sub(rf"^tests/aws/(services/)?{folder}/", "", name)] = recorded["recorded-content"]
    return found


def misses(service):
    """Recording → why it has no case or differs."""
    path = HERE / "recorded_misses" / f"{service}.tsv"
    lines = path.read_text().splitlines() if path.exists() else []
    rows = [line.split("\t") for line in lines if line and not line.startswith("#")]
    bad = [row for row in rows if len(row) != 2 or not row[1].strip()]
    assert not bad, f"{path.name}: name and reason, separated by a tab: {bad[:3]}"
    assert len({row[0] for row in rows}) == len(rows), f"{path.name}: a name stands there twice"
    return dict(rows)


class Aws:
    """What a case sees: our server as if it were AWS, and what it leaves behind taken away again."""

    def __init__(self, server, account, region="us-east-1"):
        self.server, self.account, self.region = server, account, region
        self.undo = []

    def client(self, service, region=None, **options):
        kind = (id(self.server), service, region or self.region, *((name, id(value)) for name, value in sorted(options.items())))
        if kind not in CLIENTS:  # to make one takes longer than most cases; what they are made of is kept, so that its id stays its own
            CLIENTS[kind] = self.server.client(service, region=region or self.region, **options), self.server, options
        return CLIENTS[kind][0]

    def name(self, prefix="case"):
        """A name that nobody else has."""
        return f"{prefix}-{uuid.uuid4().hex[:8]}"

    def refused(self, call, *arguments, **members):
        """The error's response of a call that must be refused."""
        try:
            answer = call(*arguments, **members)
        except ClientError as error:
            return error.response
        raise AssertionError(f"not refused: {answer}")

    def later(self, call, *arguments, **members):
        """Called when the case is over, last one first; refusals don't matter then."""
        self.undo.append((call, arguments, members))

    def close(self):
        while self.undo:
            call, arguments, members = self.undo.pop()
            try:
                call(*arguments, **members)
            except ClientError:
                pass


def plain(value):
    """As the recordings write values."""
    if isinstance(value, dict):
        return {key: {**plain(member), "HTTPHeaders": {}} if key == "ResponseMetadata" and isinstance(member, dict)
                else plain(member) for key, member in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(member) for member in value]
    if isinstance(value, StreamingBody):
        return plain(value.read())
    if isinstance(value, bytes):
        return value.decode(errors="replace")
    if isinstance(value, (datetime.datetime, datetime.date)):
        return value.isoformat()
    return value


class Comparison:
    """One recording beside our objects; what differs is collected in words."""

    def __init__(self, account, region):
        self.known = {"partition": "aws", "region": region, "account": account, "account-id": account}
        self.account = account
        self.differences = []

    def compare(self, recorded, ours):
        """Whole placeholders first: they say what those within longer texts stand for."""
        ours = plain(ours)
        for whole in (True, False):
            self.walk("", recorded, ours, whole)
        return list(dict.fromkeys(self.differences))

    def walk(self, place, recorded, ours, whole):
        if isinstance(recorded, (dict, list)) and isinstance(ours, str):
            ours = read_json(ours)
        if isinstance(recorded, dict) and isinstance(ours, dict):
            self.members(place, recorded, ours, whole)
        elif isinstance(recorded, list) and isinstance(ours, list):
            if len(recorded) != len(ours):
                self.differ(place, f"{len(recorded)} items", f"{len(ours)}: {ours}")
            for at, (one, other) in enumerate(zip(recorded, ours)):
                self.walk(f"{place}[{at}]", one, other, whole)
        elif isinstance(recorded, str) and PLACEHOLDER.search(recorded):
            self.text(place, recorded, ours, whole)
        elif self.own(recorded) != ours or isinstance(recorded, bool) != isinstance(ours, bool):
            self.differ(place, recorded, ours)

    def members(self, place, recorded, ours, whole):
        ignored = {"RequestId", "RetryAttempts", "MaxAttemptsReached", "HostId", "ChecksumAlgorithm"} if place.endswith(".ResponseMetadata") else set()
        for name in [*recorded, *(key for key in ours if key not in recorded and key not in ignored)]:
            if name not in ours or name not in recorded:
                self.differ(f"{place}.{name}", recorded.get(name, "nothing"), ours.get(name, "nothing"))
            else:
                self.walk(f"{place}.{name}", recorded[name], ours[name], whole)

    def own(self, text):
        for account in ACCOUNTS if isinstance(text, str) else ():
            text = text.replace(account, self.account)
        return text

    def text(self, place, recorded, ours, whole):
        """A text with placeholders, against what is known of them; learns what isn't."""
        recorded = self.own(recorded)
        alone = PLACEHOLDER.fullmatch(recorded)
        if alone and not re.search(r":\d+$", alone[1]) and alone[1] not in self.known:
            return  # <datetime>: anything
        if whole and not alone:
            return
        names, pattern = [], ""
        for at, part in enumerate(PLACEHOLDER.split(recorded)):
            if at % 2 == 0:
                pattern += re.escape(part)
            elif part in self.known:
                pattern += re.escape(self.known[part])
            elif part in names:
                pattern += f"(?P=p{names.index(part)})"
            else:
                pattern += f"(?P<p{len(names)}>.+?)"
                names.append(part)
        found = re.fullmatch(pattern, str(ours), re.DOTALL)
        if not found:
            self.differ(place, recorded, ours)
            return
        for at, name in enumerate(names):
            self.learn(place, name, found[f"p{at}"])

    def learn(self, place, name, value):
        if not re.search(r":\d+$", name):
            return
        kind = name.rsplit(":", 1)[0]
        twin = next((other for other, known in self.known.items()
                     if known == value and other != name and other.rsplit(":", 1)[0] == kind), None)
        if twin:
            self.differ(place, f"<{name}>, another than <{twin}>", value)
        self.known[name] = value

    def differ(self, place, recorded, ours):
        self.differences.append(f"{place}: recorded {recorded!r}, ours {ours!r}")


def read_json(text):
    try:
        return json.loads(text)
    except ValueError:
        return text


def run(server, account, service, name, recorded):
    """What differs between the recording and its case, in words; nothing: it passes."""
    function, arguments = CASES[service][name]
    aws = Aws(server, account)
    try:
        return Comparison(account, aws.region).compare(recorded, function(aws, *arguments))
    except Exception as error:  # noqa: BLE001: a case that breaks is a case that differs
        return [f"{type(error).__name__}: {error}"]
    finally:
        aws.close()
