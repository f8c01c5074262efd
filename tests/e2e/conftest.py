"""One `yagura serve` for the whole run, spoken to by real clients.

    YAGURA_BINARY        the program, else build/release/yagura
    YAGURA_TEST_STORE    --store URL, else SQLite in the data folder
    YAGURA_FEW           set under sanitizers: fewer rounds of what takes long
    YAGURA_CALLED        set by tests/run, which runs each file by itself: notes are added to
    YAGURA_CLIENT        cli or javascript: what yagura.client gives speaks through that client (clients.py), else boto3
    YAGURA_SHARED        shared material beside the checkout, else ../shared

The `yagura` fixture starts it on a free port with a fresh data folder and stops it at the end; sanitizer output and an
unclean end fail the run. Every operation that a client of its making calls is written to build/e2e/called.txt, every one
that succeeded to build/e2e/CLIENT.tsv with the test that called it: test_zz_coverage.py holds them against the ops.tsv
files, and tests/run finds there the tests that are worth running through the other clients."""

import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import time
import urllib.parse
import uuid

import boto3
import botocore.config
import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import clients as other_clients  # noqa: E402
import javascript as javascript_sdk  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]
CALLED = ROOT / "build" / "e2e" / "called.txt"
CLIENT = os.environ.get("YAGURA_CLIENT", "boto3")
SUCCEEDED = CALLED.parent / f"{CLIENT}.tsv"
SECONDS = CALLED.parent / "seconds.tsv"
TROUBLE = re.compile(r"(Address|Leak|Thread|UndefinedBehavior)Sanitizer|runtime error:|Assertion .* failed")
START_SECONDS = 20
STOP_SECONDS = 20


def binary():
    return str(pathlib.Path(os.environ.get("YAGURA_BINARY", ROOT / "build" / "release" / "yagura")).resolve())


def until(true, what, seconds=30):
    """The first true value; short looks, no more waiting than needed."""
    deadline = time.monotonic() + seconds
    while not (value := true()):
        assert time.monotonic() < deadline, f"{what}: not within {seconds} s"
        time.sleep(0.02)
    return value


def own_store():
    """On PostgreSQL a database of its own: what is sealed in it opens with one data folder's root key only."""
    url = os.environ.get("YAGURA_TEST_STORE")
    if not url:
        return None
    name = f"yagura_{uuid.uuid4().hex}"
    subprocess.run(["psql", "-q", url, "-c", f"CREATE DATABASE {name}"], check=True)
    return urllib.parse.urlsplit(url)._replace(path=f"/{name}").geturl()


def spelt(model):
    """Folders are botocore's service names without hyphens."""
    return f"{model.service_model.service_name.replace('-', '')} {model.name}"


def note_call(model, **_):
    note(CALLED, spelt(model))


def note_success(model):
    test = os.environ.get("PYTEST_CURRENT_TEST", "").rpartition(" (")[0]
    note(SUCCEEDED, f"{spelt(model)}\t{test}")


def note(path, line, known=set()):
    if (path, line) not in known:
        known.add((path, line))
        with path.open("a") as notes:
            notes.write(f"{line}\n")


class Yagura:
    """A running server. Credentials are those of its first administrator."""

    def __init__(self, data, *options, store=None):
        self.data, self.options, self.store = data, options, store
        self.log = data.parent / f"{data.name}.log"
        self.process = self.endpoint = self.credentials = None
        self.clients = {}

    def command(self):
        store = ["--store", self.store] if self.store else []
        return [binary(), "serve", "--listen", "127.0.0.1:0", "--data", str(self.data), "--check-answers", *store,
                *map(str, self.options)]

    def start(self):
        endpoint = self.data / "endpoint"
        endpoint.unlink(missing_ok=True)
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(self.command(), stdout=log, stderr=log, cwd=ROOT)
        deadline = time.monotonic() + START_SECONDS
        while not endpoint.exists() or not endpoint.read_text().strip():
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.process.kill()
                pytest.fail(f"{' '.join(self.command())} did not start:\n{self.said()[-4000:]}")
            time.sleep(0.01)
        self.endpoint = endpoint.read_text().strip()
        self.credentials = json.loads((self.data / "credentials").read_text())
        return self

    def said(self):
        return self.log.read_text(errors="replace")

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        """Asks it to end, and fails on anything but a clean end."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            status = self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            status = f"none within {STOP_SECONDS} s of SIGTERM"
        text = self.said()
        found = TROUBLE.search(text)
        if status not in (0, -signal.SIGKILL) or found:
            start = max(0, found.start() - 200) if found else max(0, len(text) - 4000)
            pytest.fail(f"yagura serve ended with status {status}:\n{text[start:start + 4000]}")

    def client(self, service, region="ap-northeast-1", credentials=None, config=None):
        """A boto3 client that does not retry. credentials: {"accessKeyId", "secretAccessKey"[, "sessionToken"]}."""
        if not credentials and not config:
            known = (self.endpoint, service, region)
            self.clients[known] = self.clients.get(known) or self.client(service, region, self.credentials)
            return self.clients[known]
        chosen = credentials or self.credentials
        plain = botocore.config.Config(retries={"total_max_attempts": 1})
        made = boto3.session.Session().client(
            service, region_name=region, endpoint_url=self.endpoint, config=plain.merge(config) if config else plain,
            aws_access_key_id=chosen["accessKeyId"], aws_secret_access_key=chosen["secretAccessKey"],
            aws_session_token=chosen.get("sessionToken"))
        if CLIENT != "boto3" and not config:
            return other_clients.through(CLIENT, self, made, chosen, note_success)
        return self.watch(made)

    def watch(self, client):
        """What a client of the test's own making calls counts as well."""
        if CLIENT != "boto3":
            return client
        client.meta.events.register("before-call", note_call)
        client.meta.events.register("after-call", lambda model, http_response, **_:
                                    http_response.status_code < 400 and note_success(model))
        return client

    def environment(self, region="ap-northeast-1"):
        """For programs that are run unmodified: boto3 scripts, the AWS CLI."""
        return {
            **os.environ,
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": self.credentials["accessKeyId"],
            "AWS_SECRET_ACCESS_KEY": self.credentials["secretAccessKey"],
            "AWS_DEFAULT_REGION": region,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_PAGER": "",
        }


def pytest_sessionstart():
    """Before any test, also those that start servers of their own."""
    CALLED.parent.mkdir(parents=True, exist_ok=True)
    if "YAGURA_CALLED" not in os.environ:
        CALLED.unlink(missing_ok=True)
        SUCCEEDED.unlink(missing_ok=True)
    CALLED.touch()


def pytest_configure(config):
    config.addinivalue_line("markers", "boto3_only(why): not to be run through the other clients")


def pytest_runtest_logreport(report):
    """What a test takes, its fixtures included: of those that may run through other clients."""
    if CLIENT == "boto3" and report.passed and "boto3_only" not in report.keywords:
        note(SECONDS, f"{report.nodeid}\t{report.duration:.4f}")


@pytest.fixture(scope="session")
def yagura(tmp_path_factory):
    server = Yagura(tmp_path_factory.mktemp("yagura") / "data", store=own_store()).start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def javascript(yagura):
    """Amazon's SDK for JavaScript: javascript.py."""
    if reason := javascript_sdk.missing():
        pytest.skip(reason)
    made = javascript_sdk.JavaScript(yagura)
    yield made
    made.close()


@pytest.fixture
def servers(tmp_path):
    """servers(*options) starts a server of the test's own; servers(*options, of=server) one more on that one's data."""
    made = []

    def start(*options, of=None):
        data, store = (of.data, of.store) if of else (tmp_path / f"data-{len(made)}", own_store())
        made.append(Yagura(data, *options, store=store))
        return made[-1].start()
    yield start
    for server in made:
        server.stop()


@pytest.fixture(scope="session")
def shared():
    """The folder of shared material, or None."""
    folder = pathlib.Path(os.environ.get("YAGURA_SHARED", ROOT.parent / "shared"))
    return folder if folder.is_dir() else None
