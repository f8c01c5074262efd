"""What tests of functions share: archives, roles, and one call with its log."""

import base64
import io
import json
import uuid
import zipfile

import pytest
from botocore.exceptions import ClientError

TRUST = json.dumps({"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]})
ECHO = "def handler(event, context):\n    return event\n"


def archive(files):
    """A zip of {name: text}, all executable."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name, text in files.items():
            entry = zipfile.ZipInfo(name)
            entry.external_attr = 0o100755 << 16
            made.writestr(entry, text)
    return out.getvalue()


def python(code):
    return archive({"app.py": code})


def unique(prefix="fn"):
    return f"{prefix}-{uuid.uuid4().hex[:8]}"


def refused(wanted, call, /, *arguments, **members):
    """The error's response of a call that must be refused with this code."""
    with pytest.raises(ClientError) as caught:
        call(*arguments, **members)
    assert caught.value.response["Error"]["Code"] == wanted, caught.value
    return caught.value.response


def role(server, *statements, region="ap-northeast-1"):
    iam, name = server.client("iam", region), unique("role")
    arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
    if statements:
        iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=json.dumps(
            {"Version": "2012-10-17", "Statement": list(statements)}))
    return arn


class Functions:
    """A server's functions: made with a role of theirs, called with their log."""

    def __init__(self, server):
        self.server, self.client, self.role = server, server.client("lambda"), role(server)

    def make(self, code, runtime="python3.12", handler="app.handler", **settings):
        name = settings.pop("FunctionName", None) or unique()
        made = self.client.create_function(
            FunctionName=name, Runtime=runtime, Handler=handler, Role=settings.pop("Role", self.role),
            Code={"ZipFile": code if isinstance(code, bytes) else python(code)}, **settings)
        return made["FunctionName"]

    def call(self, name, event=None, **settings):
        """(error, answer, log)"""
        answer = self.client.invoke(FunctionName=name, Payload=json.dumps(event or {}), LogType="Tail", **settings)
        log = base64.b64decode(answer["LogResult"]).decode()
        return answer.get("FunctionError"), json.loads(answer["Payload"].read() or b"null"), log

    def result(self, name, event=None, **settings):
        error, answer, log = self.call(name, event, **settings)
        assert error is None, (answer, log)
        return answer
