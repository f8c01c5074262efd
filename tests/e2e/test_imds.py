"""yagura imds: unmodified boto3 and AWS CLI find a role's credentials as on an EC2 instance, or in a container."""

import json
import os
import re
import signal
import subprocess
import urllib.error
import urllib.request

import pytest

from conftest import ROOT, binary
from test_iam import ADMIN

TRUST = json.dumps({"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}]})


@pytest.fixture(scope="module")
def profile(yagura):
    iam = yagura.client("iam")
    iam.create_role(RoleName="app", AssumeRolePolicyDocument=TRUST)
    iam.attach_role_policy(RoleName="app", PolicyArn=ADMIN)
    iam.create_instance_profile(InstanceProfileName="web")
    iam.add_role_to_instance_profile(InstanceProfileName="web", RoleName="app")
    yield "web"
    iam.remove_role_from_instance_profile(InstanceProfileName="web", RoleName="app")
    iam.delete_instance_profile(InstanceProfileName="web")
    iam.detach_role_policy(RoleName="app", PolicyArn=ADMIN)
    iam.delete_role(RoleName="app")


@pytest.fixture
def imds(yagura, tmp_path):
    """imds(*options) starts one and gives its address."""
    started = []

    def start(*options):
        store = ["--store", yagura.store] if yagura.store else []
        process = subprocess.Popen([binary(), "imds", "--data", str(yagura.data), "--listen", "127.0.0.1:0", *store, *options],
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT)
        started.append(process)
        said = process.stdout.readline()
        assert said, process.stderr.read()
        return re.search(r"http://\S+", said)[0]
    yield start
    for process in started:
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0, process.stderr.read()
        process.stdout.close()
        process.stderr.close()


def ask(url, method="GET", **headers):
    request = urllib.request.Request(url, method=method, headers={key.replace("_", "-"): value for key, value in headers.items()})
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def client_environment(yagura, **more):
    kept = {key: value for key, value in os.environ.items() if not key.startswith("AWS_")}
    return {**kept, "AWS_ENDPOINT_URL": yagura.endpoint, "AWS_DEFAULT_REGION": "ap-northeast-1", "AWS_PAGER": "", "HOME": "/nonexistent", **more}


def run(*command, environment):
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


WHO = "import boto3; print(boto3.client('sts').get_caller_identity()['Arn'])"


def test_unmodified_clients_find_the_role(yagura, profile, imds):
    environment = client_environment(yagura, AWS_EC2_METADATA_SERVICE_ENDPOINT=imds("--instance-profile", profile))
    assert run("python", "-c", WHO, environment=environment).endswith("assumed-role/app/i-0123456789abcdef0")
    assert run("aws", "sts", "get-caller-identity", "--query", "Arn", "--output", "text",
               environment=environment).endswith("assumed-role/app/i-0123456789abcdef0")


def test_a_container_shows_its_token(yagura, profile, imds, tmp_path):
    (tmp_path / "token").write_text("a-token-of-some-length\n")
    url = imds("--role", "app", "--instance-id", "task-1", "--container-token", str(tmp_path / "token"))
    environment = client_environment(yagura, AWS_CONTAINER_CREDENTIALS_FULL_URI=f"{url}/credentials",
                                     AWS_CONTAINER_AUTHORIZATION_TOKEN="a-token-of-some-length")
    assert run("python", "-c", WHO, environment=environment).endswith("assumed-role/app/task-1")
    assert ask(f"{url}/credentials")[0] == 401
    assert ask(f"{url}/credentials", Authorization="wrong")[0] == 401


def test_nothing_is_told_without_a_token(profile, imds):
    url = imds("--role", "app")
    page = f"{url}/latest/meta-data/iam/security-credentials/"
    assert ask(page)[0] == 401
    assert ask(page, X_aws_ec2_metadata_token="0" * 80)[0] == 401
    token_url = f"{url}/latest/api/token"
    for ttl in ("0", "21601", "x", None):
        headers = {"X_aws_ec2_metadata_token_ttl_seconds": ttl} if ttl else {}
        assert ask(token_url, "PUT", **headers)[0] == 400
    assert ask(token_url, "PUT", X_aws_ec2_metadata_token_ttl_seconds="60", X_Forwarded_For="192.0.2.1")[0] == 403
    status, token = ask(token_url, "PUT", X_aws_ec2_metadata_token_ttl_seconds="60")
    assert status == 200
    assert ask(page, X_aws_ec2_metadata_token=token) == (200, "app")
    said = json.loads(ask(page + "app", X_aws_ec2_metadata_token=token)[1])
    assert said["Code"] == "Success" and said["AccessKeyId"].startswith("ASIA") and said["Token"]
    assert json.loads(ask(page + "app", X_aws_ec2_metadata_token=token)[1])["AccessKeyId"] == said["AccessKeyId"]
    assert ask(f"{url}/latest/meta-data/placement/region", X_aws_ec2_metadata_token=token) == (200, "ap-northeast-1")
    assert ask(f"{url}/latest/meta-data/nothing", X_aws_ec2_metadata_token=token)[0] == 404
    changed = ("f" if token[0] != "f" else "0") + token[1:]
    assert ask(page, X_aws_ec2_metadata_token=changed)[0] == 401
    assert ask(page, "POST", X_aws_ec2_metadata_token=token)[0] == 405


def test_version_1_only_when_asked_for(profile, imds):
    assert ask(imds("--role", "app", "--imdsv1") + "/latest/meta-data/instance-id") == (200, "i-0123456789abcdef0")


@pytest.mark.parametrize("options, status, words", [
    ([], 2, "name a role"), (["--role", "nobody"], 4, "nobody"), (["--role", "closed"], 4, "trust policy")])
def test_what_is_wrong_is_said_at_the_start(yagura, options, status, words):
    iam = yagura.client("iam")
    if "closed" in options:
        iam.create_role(RoleName="closed", AssumeRolePolicyDocument=TRUST.replace("ec2", "lambda"))
    store = ["--store", yagura.store] if yagura.store else []
    done = subprocess.run([binary(), "imds", "--data", str(yagura.data), "--listen", "127.0.0.1:0", *store, *options],
                          capture_output=True, text=True, timeout=30, cwd=ROOT)
    assert (done.returncode, words in done.stderr) == (status, True), done.stderr
    if "closed" in options:
        iam.delete_role(RoleName="closed")
