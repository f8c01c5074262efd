"""The four steps of a rotation, for one user whose password changes and for two users that take turns.

A database module offers
    connect(secret)                      a connection as the secret's user, or Unreachable / Denied
    set_password(connection, user, password)
    same_rights(connection, user, model) makes the user, when there is none, with what model may do
    alternate(user)                      the name of the other one
and every step may be repeated: after a kill, a time-out or an error Secrets Manager starts over from the first one."""

import json
import os

from secrets_manager import Refused, call

CURRENT, PENDING, PREVIOUS = "AWSCURRENT", "AWSPENDING", "AWSPREVIOUS"
SUFFIX = "_clone"
FIELDS = ("host", "username", "password")


class Denied(Exception):
    """The database knows the user, and not this password, or knows neither."""


class WrongState(Exception):
    """Secret, version or function are not as a rotation needs them."""


def alternate(user):
    return user.removesuffix(SUFFIX) if user.endswith(SUFFIX) else user + SUFFIX


def flag(name, default):
    return os.environ.get(name, default).strip().lower() in ("true", "1", "yes")


def new_password():
    """By the options that AWS's functions have, under the same names."""
    return call("GetRandomPassword",
                PasswordLength=int(os.environ.get("PASSWORD_LENGTH", "32")),
                ExcludeCharacters=os.environ.get("EXCLUDE_CHARACTERS", "/@\"'\\"),
                ExcludeNumbers=flag("EXCLUDE_NUMBERS", "false"),
                ExcludePunctuation=flag("EXCLUDE_PUNCTUATION", "false"),
                ExcludeUppercase=flag("EXCLUDE_UPPERCASE", "false"),
                ExcludeLowercase=flag("EXCLUDE_LOWERCASE", "false"),
                RequireEachIncludedType=flag("REQUIRE_EACH_INCLUDED_TYPE", "true"))["RandomPassword"]


def secret_value(arn, stage, version=None):
    """The secret's JSON object, with what a connection needs."""
    asked = {"SecretId": arn, "VersionStage": stage, **({"VersionId": version} if version else {})}
    try:
        value = json.loads(call("GetSecretValue", **asked).get("SecretString") or "")
    except ValueError:
        raise WrongState(f"the {stage} value of {arn} is not a JSON object") from None
    if not isinstance(value, dict):
        raise WrongState(f"the {stage} value of {arn} is not a JSON object")
    for field in FIELDS:
        if not value.get(field):
            raise WrongState(f"the {stage} value of {arn} has no {field}")
    return value


def optional_value(arn, stage, version=None):
    try:
        return secret_value(arn, stage, version)
    except Refused as error:
        if error.code == "ResourceNotFoundException":
            return None
        raise


class Rotation:
    """One secret's rotation to one version, by the rules of a strategy below."""

    def __init__(self, database, arn, token):
        self.database, self.arn, self.token = database, arn, token

    def value(self, stage, version=None):
        value = secret_value(self.arn, stage, version)
        if value.get("engine", self.database.ENGINES[0]) not in self.database.ENGINES:
            raise WrongState(f"the secret's engine must be {' or '.join(self.database.ENGINES)}")
        return value

    def works(self, value):
        """Whether one can log in with it."""
        try:
            self.database.connect(value).close()
        except Denied:
            return False
        return True

    def create_secret(self):
        current = self.value(CURRENT)
        if optional_value(self.arn, PENDING, self.token):
            return
        pending = {**current, "username": self.next_user(current), "password": new_password()}
        call("PutSecretValue", SecretId=self.arn, ClientRequestToken=self.token, SecretString=json.dumps(pending),
             VersionStages=[PENDING])

    def set_secret(self):
        current, pending = self.value(CURRENT), self.value(PENDING, self.token)
        if pending["username"] != self.next_user(current):
            raise WrongState("the pending user is not the one whose turn it is")
        if pending["host"] != current["host"]:
            raise WrongState("the pending host is not the current one")
        if not self.works(pending):
            self.change(current, pending)

    def test_secret(self):
        connection = self.database.connect(self.value(PENDING, self.token))
        try:
            self.database.ask(connection)
        finally:
            connection.close()

    def finish_secret(self):
        stages = call("DescribeSecret", SecretId=self.arn).get("VersionIdsToStages", {})
        current = next((version for version, names in stages.items() if CURRENT in names), None)
        if current == self.token:
            return
        call("UpdateSecretVersionStage", SecretId=self.arn, VersionStage=CURRENT, MoveToVersionId=self.token,
             **({"RemoveFromVersionId": current} if current else {}))


class SingleUser(Rotation):
    """The user changes its own password. Between this and AWSCURRENT's move the old one no longer works."""

    def next_user(self, current):
        return current["username"]

    def change(self, current, pending):
        former = next((value for value in (current, optional_value(self.arn, PREVIOUS))
                       if value and value["username"] == pending["username"] and value["host"] == pending["host"] and self.works(value)), None)
        if former is None:
            raise WrongState("neither the current, the pending nor the previous password works")
        connection = self.database.connect(former)
        try:
            self.database.set_password(connection, pending["username"], pending["password"])
            if not self.works(pending):
                self.database.set_password(connection, former["username"], former["password"])
                raise WrongState("the new password did not work; the former one was put back")
        finally:
            connection.close()


class AlternatingUsers(Rotation):
    """A master changes the user that is out of use, so that what AWSCURRENT holds works at every moment."""

    def next_user(self, current):
        return alternate(current["username"])

    def master(self, current):
        arn = current.get("masterarn")
        if not arn:
            raise WrongState("the secret has no masterarn: alternating users are changed by a master's secret")
        master = secret_value(arn, CURRENT)
        if master["host"] != current["host"] or int(master.get("port") or 0) != int(current.get("port") or 0):
            raise WrongState("the master's secret is of another database")
        return {**master, "dbname": current.get("dbname"), "ssl": current.get("ssl")}

    def change(self, current, pending):
        if not self.works(current):
            raise WrongState("the current password does not work: nothing to take rights from")
        connection = self.database.connect(self.master(current))
        try:
            self.database.same_rights(connection, pending["username"], current["username"])
            self.database.set_password(connection, pending["username"], pending["password"])
        finally:
            connection.close()


STEPS = {"createSecret": "create_secret", "setSecret": "set_secret", "testSecret": "test_secret", "finishSecret": "finish_secret"}


def judge(arn, token):
    """The version must be one that a rotation may work on; True when it is current already."""
    secret = call("DescribeSecret", SecretId=arn)
    stages = secret.get("VersionIdsToStages", {}).get(token)
    if not secret.get("RotationEnabled"):
        raise WrongState(f"secret {arn} is not enabled for rotation")
    if stages is None:
        raise WrongState(f"version {token} has no stage for rotation of secret {arn}")
    if CURRENT not in stages and PENDING not in stages:
        raise WrongState(f"version {token} is not set as {PENDING} for rotation of secret {arn}")
    return CURRENT in stages


def handle(event, database, strategy):
    arn, token, step = event["SecretId"], event["ClientRequestToken"], event["Step"]
    if step not in STEPS:
        raise WrongState(f"unknown step {step}")
    if judge(arn, token):
        print(f"{step}: version {token} of {arn} is {CURRENT} already")
        return
    getattr(strategy(database, arn, token), STEPS[step])()
    print(f"{step}: done for {arn}")
