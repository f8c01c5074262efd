#!/usr/bin/env python3
"""A database password that changes again and again while clients log in with it: none may ever be refused.

    tests/rotations.py [--binary build/release/yagura] [--rotations 100] [--clients 50] [--kills 10]

Starts a server and a PostgreSQL with SCRAM. A secret holds one of two users that take turns (our rotation function of
alternating users); each client, over and over, asks GetSecretValue and logs in with what it was given. The server is killed
(SIGKILL) in the middle of some rotations and started again. A rotation begins when every client has logged in at least once
since the last one: a password must not be rotated away twice between asking for it and using it, as no schedule does.
Ends with status 1 if any login was refused or any rotation did not end."""

import argparse
import contextlib
import json
import os
import pathlib
import random
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tests/e2e")]

import botocore.exceptions  # noqa: E402

from databases import Postgres  # noqa: E402

ROLE = "rotation"
PATIENCE_S = 120


def allow(principal, action, **more):
    return json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", **({"Principal": principal} if principal else {}), "Action": action, **more}]})


def make_function(server, engine, strategy, name=None):
    """The ARN of one of our functions, which Secrets Manager may invoke."""
    iam, functions = server.client("iam"), server.client("lambda")
    name = name or f"rotate-{engine}-{strategy}"
    account = server.client("sts").get_caller_identity()["Account"]
    with contextlib.suppress(iam.exceptions.EntityAlreadyExistsException):
        iam.create_role(RoleName=ROLE, AssumeRolePolicyDocument=allow({"Service": "lambda.amazonaws.com"}, "sts:AssumeRole"))
    iam.put_role_policy(RoleName=ROLE, PolicyName="p", PolicyDocument=allow(None, [
        "secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue", "secretsmanager:PutSecretValue",
        "secretsmanager:UpdateSecretVersionStage", "secretsmanager:GetRandomPassword"], Resource="*"))
    code = (ROOT / "build/functions" / f"rotation-{engine}-{strategy}.zip").read_bytes()
    made = functions.create_function(FunctionName=name, Runtime="python3.11", Handler="lambda_function.lambda_handler",
                                     Role=f"arn:aws:iam::{account}:role/{ROLE}", Code={"ZipFile": code}, Timeout=30, MemorySize=256)
    functions.add_permission(FunctionName=name, StatementId="secretsmanager", Action="lambda:InvokeFunction",
                             Principal="secretsmanager.amazonaws.com", SourceAccount=account)
    return made["FunctionArn"]


class Clients:
    """Threads that ask and log in; counts, and the refused logins."""

    def __init__(self, server, database, secret, count):
        self.server, self.database, self.secret = server, database, secret
        self.logins, self.refused, self.waits = [0] * count, [], 0
        self.stopping = threading.Event()
        self.threads = [threading.Thread(target=self.run, args=(at,), daemon=True) for at in range(count)]

    def start(self):
        for thread in self.threads:
            thread.start()
        return self

    def value(self):
        """Asked again while the server is away."""
        while True:
            try:
                sm = self.server.client("secretsmanager")
                return json.loads(sm.get_secret_value(SecretId=self.secret)["SecretString"])
            except (botocore.exceptions.HTTPClientError, botocore.exceptions.EndpointConnectionError):
                self.waits += 1
                time.sleep(0.02)

    def run(self, at):
        while not self.stopping.is_set():
            value = self.value()
            try:
                self.database.login(value)
                self.logins[at] += 1
            except Exception as error:  # noqa: BLE001: whatever it is, a client could not log in
                self.refused.append(f"{value['username']}: {type(error).__name__}: {error}")

    def each_once(self):
        """Waits until every client has logged in after this moment's beginning: an attempt under way doesn't count."""
        before = list(self.logins)
        deadline = time.monotonic() + PATIENCE_S
        while not all(now >= then + 2 for now, then in zip(self.logins, before)):
            if time.monotonic() > deadline or self.refused:
                return
            time.sleep(0.005)

    def stop(self):
        self.stopping.set()
        for thread in self.threads:
            thread.join(PATIENCE_S)


def wait_for(server, secret, version, kill_after=None):
    """Until the version is current and nothing is pending; kills the server once on the way when told to."""
    started = time.monotonic()
    while time.monotonic() - started < PATIENCE_S:
        if kill_after is not None and time.monotonic() - started >= kill_after:
            server.kill()
            server.start()
            kill_after = None
        stages = server.client("secretsmanager").describe_secret(SecretId=secret)["VersionIdsToStages"]
        if stages.get(version) == ["AWSCURRENT"] and not any("AWSPENDING" in each for each in stages.values()):
            return kill_after is None
        time.sleep(0.01)
    raise TimeoutError(f"the rotation to {version} did not end: {stages}")


def prepare(server, database):
    """The secret's ARN: its function is that of alternating users."""
    sm = server.client("secretsmanager")
    database.make_user("app", "first \\ ' \" password")
    master = sm.create_secret(Name="master", SecretString=json.dumps(database.secret()))["ARN"]
    value = database.secret("app", "first \\ ' \" password", masterarn=master)
    secret = sm.create_secret(Name="app", SecretString=json.dumps(value))["ARN"]
    return secret, make_function(server, "postgresql", "alternating-users")


def rotate_all(server, database, rotations, clients, kills, say=lambda *_: None):
    """Figures of the whole: a dictionary."""
    secret, function = prepare(server, database)
    busy = Clients(server, database, secret, clients).start()
    killed, durations = 0, []
    chosen = set(random.Random(1).sample(range(1, rotations), min(kills, rotations - 1))) if kills else set()
    try:
        for at in range(rotations):
            busy.each_once()
            started = time.monotonic()
            more = {"RotationLambdaARN": function, "RotationRules": {"AutomaticallyAfterDays": 30}} if at == 0 else {}
            version = server.client("secretsmanager").rotate_secret(SecretId=secret, **more)["VersionId"]
            kill_after = random.Random(at).uniform(0, 0.3) if at in chosen else None
            killed += bool(wait_for(server, secret, version, kill_after) and kill_after is not None)
            durations.append(time.monotonic() - started)
            say(f"rotation {at + 1}: {durations[-1]:.2f} s, {sum(busy.logins)} logins, {len(busy.refused)} refused")
            if busy.refused:
                break
        busy.each_once()
    finally:
        busy.stop()
    return {"rotations": len(durations), "killed": killed, "logins": sum(busy.logins), "refused": busy.refused,
            "waits": busy.waits, "median_s": sorted(durations)[len(durations) // 2]}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", default="build/release/yagura")
    parser.add_argument("--rotations", type=int, default=100)
    parser.add_argument("--clients", type=int, default=50)
    parser.add_argument("--kills", type=int, default=10)
    options = parser.parse_args()
    os.environ["YAGURA_BINARY"] = options.binary
    import conftest
    if Postgres.missing():
        sys.exit(Postgres.missing())
    with tempfile.TemporaryDirectory(prefix="yagura-rotations-") as folder:
        conftest.CALLED.parent.mkdir(parents=True, exist_ok=True)
        server, database = conftest.Yagura(pathlib.Path(folder) / "data"), Postgres()
        try:
            server.start()
            database.start()
            figures = rotate_all(server, database, options.rotations, options.clients, options.kills, print)
        finally:
            server.stop()
            database.stop()
    refused = figures.pop("refused")
    print(f"{figures['rotations']} rotations of one password, {figures['killed']} with the server killed in the middle, "
          f"{options.clients} clients: {figures['logins']} logins, {len(refused)} refused; "
          f"a rotation took {figures['median_s']:.2f} s (median)")
    print("\n".join(refused[:5]))
    sys.exit(1 if refused or figures["rotations"] < options.rotations else 0)


if __name__ == "__main__":
    main()
