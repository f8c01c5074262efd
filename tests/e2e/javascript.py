"""Amazon's SDK for JavaScript, unmodified, against the server: the fixture `javascript` of conftest.py.

    javascript.call("secrets-manager", "GetSecretValue", SecretId="x")      the output; Refused says error, status and more
    javascript.call("sts", "GetCallerIdentity", options={"credentials": {...}})    options of the client's constructor
    javascript.run("github.cjs", "argument", environment={...})             a script of tests/e2e/js; what it printed

Bytes go in and come out as bytes; times go in as datetime and come out as ISO texts."""

import base64
import datetime
import json
import math
import pathlib
import shutil
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
SCRIPTS = ROOT / "tests/e2e/js"
MODULES = ROOT / "build/js/node_modules"


def missing():
    """Why it can't run here, or None."""
    if shutil.which("node") is None:
        return "node is not installed"
    return None if (MODULES / "@aws-sdk").is_dir() else "the SDK for JavaScript is not installed (tools/setup.sh test)"


class Refused(Exception):
    def __init__(self, error):
        super().__init__(f"{error['name']}: {error['message']}")
        self.name, self.message, self.status = error["name"], error["message"], error["status"]
        self.headers = error.get("headers", {})
        self.unknown, self.more = error.get("unknown", False), unpack(error.get("more", {}))


def pack(value):
    if isinstance(value, dict):
        return {key: pack(member) for key, member in value.items()}
    if isinstance(value, (list, tuple)):
        return [pack(member) for member in value]
    if isinstance(value, (bytes, bytearray)):
        return {"$bytes": base64.b64encode(value).decode()}
    if isinstance(value, float) and not math.isfinite(value):
        return {"$number": str(value).replace("inf", "Infinity").replace("nan", "NaN")}
    return {"$time": value.isoformat()} if isinstance(value, datetime.datetime) else value


def unpack(value):
    if isinstance(value, list):
        return [unpack(member) for member in value]
    if isinstance(value, dict):
        packed = value.get("$bytes")
        return base64.b64decode(packed) if packed is not None else {key: unpack(member) for key, member in value.items()}
    return value


class JavaScript:
    """One node process for all calls; it lives as long as the run."""

    def __init__(self, server):
        self.server = server
        self.process = subprocess.Popen(["node", str(SCRIPTS / "calls.cjs")], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        text=True, env=self.environment())

    def environment(self, extra=None):
        return {**self.server.environment(), "AWS_REGION": "ap-northeast-1", "NODE_PATH": str(MODULES),
                "NODE_NO_WARNINGS": "1", **(extra or {})}

    def call(self, client, operation, options=None, **members):
        self.process.stdin.write(json.dumps({"client": client, "options": options or {}, "operation": operation,
                                             "input": pack(members)}) + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        if "error" in answer:
            raise Refused(answer["error"])
        return unpack(answer["output"])

    def run(self, script, *arguments, environment=None, seconds=30):
        done = subprocess.run(["node", str(SCRIPTS / script), *arguments], capture_output=True, text=True, timeout=seconds,
                              env=self.environment(environment))
        assert done.returncode == 0, done.stderr
        return done.stdout

    def close(self):
        self.process.stdin.close()
        self.process.wait(10)
        self.process.stdout.close()
