"""Every operation of STS through the AWS CLI and the SDK for JavaScript, unmodified: what is allowed, and what is refused."""

import base64
import json
import os
import subprocess

import pytest

from javascript import Refused
from test_iam import name, trust

TASK = "arn:aws:iam::aws:policy/root-task/IAMAuditRootUserCredentials"
ASSERTION = base64.b64encode(b"<Response/>").decode()


@pytest.fixture(scope="module")
def role(yagura):
    iam, made = yagura.client("iam"), name("role")
    account = yagura.client("sts").get_caller_identity()["Account"]
    yield iam.create_role(RoleName=made, AssumeRolePolicyDocument=trust(account))["Role"]["Arn"]
    iam.delete_role(RoleName=made)


def calls(role, key):
    """Operation, input, and the error that must come of it, if any."""
    provider = f"arn:aws:iam::{role.split(':')[4]}:saml-provider/none"
    return [
        ("GetCallerIdentity", {}, None),
        ("GetAccessKeyInfo", {"AccessKeyId": key}, None),
        ("AssumeRole", {"RoleArn": role, "RoleSessionName": "work", "DurationSeconds": 900}, None),
        ("GetSessionToken", {"DurationSeconds": 900}, None),
        ("GetFederationToken", {"Name": "guest", "DurationSeconds": 900}, None),
        ("GetScopedCredentials", {"DurationSeconds": 60}, "InvalidSubjectCredentials"),
        ("AssumeRoleWithWebIdentity", {"RoleArn": role, "RoleSessionName": "work", "WebIdentityToken": "nonsense"}, "InvalidIdentityToken"),
        ("AssumeRoleWithSAML", {"RoleArn": role, "PrincipalArn": provider, "SAMLAssertion": ASSERTION}, "InvalidIdentityToken"),
        ("DecodeAuthorizationMessage", {"EncodedMessage": "nonsense"}, "InvalidAuthorizationMessageException"),
        ("GetWebIdentityToken", {"Audience": ["partner"], "SigningAlgorithm": "RS256"}, "OutboundWebIdentityFederationDisabledException"),
        ("AssumeRoot", {"TargetPrincipal": "999999999999", "TaskPolicyArn": {"arn": TASK}}, "AccessDenied"),
    ]


def kebab(word):
    word = word.replace("SAML", "Saml")
    return "".join(f"-{c.lower()}" if c.isupper() and at else c.lower() for at, c in enumerate(word))


@pytest.mark.skipif(bool(os.environ.get("YAGURA_FEW") or os.environ.get("YAGURA_TEST_STORE")), reason="a second for each start of the CLI")
def test_the_aws_cli_over_every_operation(yagura, role):
    key = yagura.credentials["accessKeyId"]
    processes = [(operation, error, subprocess.Popen(
        ["aws", "sts", kebab(operation), "--cli-input-json", json.dumps(members)], env=yagura.environment(), text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE)) for operation, members, error in calls(role, key)]
    for operation, error, process in processes:
        said, trouble = process.communicate(timeout=60)
        if error:
            newer = "aws: error:" in trouble and operation == "GetScopedCredentials"  # than the CLI
            assert process.returncode != 0 and (newer or f"({error})" in trouble), (operation, trouble)
        else:
            assert process.returncode == 0 and json.loads(said), (operation, trouble)


def test_the_sdk_for_javascript_over_every_operation(yagura, role, javascript):
    missing = []
    for operation, members, error in calls(role, yagura.credentials["accessKeyId"]):
        try:
            answer = javascript.call("sts", operation, **members)
            assert error is None and answer, operation
        except Refused as caught:
            if "is not a constructor" in caught.message:
                missing.append(operation)
                continue
            assert error and caught.name.removesuffix("Exception") == error.removesuffix("Exception"), (operation, caught)
    assert set(missing) <= {"GetScopedCredentials"}, "newer than the SDK"
