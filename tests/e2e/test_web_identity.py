"""AssumeRoleWithWebIdentity: tokens with GitHub's claims, through boto3 and the SDK for JavaScript; and those that are refused."""

import hashlib
import hmac
import json
import os
import select
import socket
import subprocess
import threading
import time
import urllib.parse
import urllib.request

import botocore.config
import pytest

import tokens
from test_iam import ADMIN, name, refused
from tokens import GITHUB, claims


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    folder = tmp_path_factory.mktemp("keys")
    return {algorithm: tokens.Key(folder, algorithm, kid=algorithm) for algorithm in
            ("RS256", "ES256", "ES384", "ES512")}


@pytest.fixture(scope="module")
def github(tmp_path_factory, keys):
    """A server that knows GitHub's keys from a file: ours."""
    from conftest import Yagura, own_store
    folder = tmp_path_factory.mktemp("github")
    (folder / "keys.json").write_text(json.dumps({"keys": [key.jwk() for key in keys.values()]}))
    server = Yagura(folder / "data", "--jwks", f"{GITHUB}={folder / 'keys.json'}", store=own_store()).start()
    server.client("iam").create_open_id_connect_provider(Url=GITHUB, ClientIDList=["sts.amazonaws.com"])
    yield server
    server.stop()


def role_for(server, issuer, condition, **more):
    """A role that the provider's tokens open."""
    iam, account = server.client("iam"), server.client("sts").get_caller_identity()["Account"]
    place = issuer.removeprefix("https://")
    document = {"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Action": ["sts:AssumeRoleWithWebIdentity", "sts:TagSession"],
        "Principal": {"Federated": f"arn:aws:iam::{account}:oidc-provider/{place}"},
        "Condition": {operator: {f"{place}:{key}": value for key, value in keys.items()} for operator, keys in condition.items()}}]}
    made = name("role")
    arn = iam.create_role(RoleName=made, AssumeRolePolicyDocument=json.dumps(document), **more)["Role"]["Arn"]
    iam.attach_role_policy(RoleName=made, PolicyArn=ADMIN)
    return arn


@pytest.fixture(scope="module")
def role(github):
    return role_for(github, GITHUB, {"StringEquals": {"aud": "sts.amazonaws.com"},
                                     "StringLike": {"sub": "repo:octo-org/octo-repo:*"}})


def unsigned(server):
    """Calls with a token aren't signed, whatever the keys."""
    return server.client("sts", credentials={"accessKeyId": "x", "secretAccessKey": "x"})


def assume(server, role, token, **more):
    return unsigned(server).assume_role_with_web_identity(RoleArn=role, RoleSessionName="work", WebIdentityToken=token, **more)


@pytest.mark.parametrize("algorithm", ["RS256", "RS384", "RS512", "ES256", "ES384", "ES512"])
def test_a_signed_token_opens_the_role(github, keys, role, algorithm):
    key = keys.get(algorithm) or keys["RS256"]
    answer = assume(github, role, key.sign(claims(), algorithm))
    assert answer["AssumedRoleUser"]["Arn"].endswith("/work")
    assert answer["SubjectFromWebIdentityToken"] == "repo:octo-org/octo-repo:ref:refs/heads/main"
    assert (answer["Audience"], answer["Provider"]) == ("sts.amazonaws.com", f"arn:aws:iam::{role.split(':')[4]}:oidc-provider/"
                                                        f"{GITHUB.removeprefix('https://')}")
    made = answer["Credentials"]
    inside = github.client("sts", credentials={"accessKeyId": made["AccessKeyId"], "secretAccessKey": made["SecretAccessKey"],
                                               "sessionToken": made["SessionToken"]})
    assert inside.get_caller_identity()["Arn"] == answer["AssumedRoleUser"]["Arn"]


def test_the_flow_of_configure_aws_credentials(github, keys, role, javascript):
    said = javascript.run("github.cjs", role, keys["RS256"].sign(claims()), environment={"AWS_ENDPOINT_URL": github.endpoint})
    assert said.endswith("/GitHubActions")


def test_a_token_file_is_all_that_boto3_needs(github, keys, role, tmp_path):
    (tmp_path / "token").write_text(keys["RS256"].sign(claims()))
    environment = {**os.environ, "AWS_ENDPOINT_URL": github.endpoint, "AWS_DEFAULT_REGION": "ap-northeast-1", "AWS_ROLE_ARN": role,
                   "AWS_WEB_IDENTITY_TOKEN_FILE": str(tmp_path / "token"), "AWS_ROLE_SESSION_NAME": "job", "AWS_PAGER": ""}
    environment = {key: value for key, value in environment.items() if key not in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")}
    done = subprocess.run(["python", "-c", "import boto3; print(boto3.client('sts').get_caller_identity()['Arn'])"],
                          env=environment, capture_output=True, text=True, timeout=60)
    assert done.stdout.strip().endswith("/job"), done.stderr


def hmac_with_public_key(key):
    """The old confusion: the public key as secret of HS256."""
    head, body = (tokens.b64(json.dumps(part).encode()) for part in ({"alg": "HS256", "kid": key.kid}, claims()))
    text = f"{head}.{body}"
    return f"{text}.{tokens.b64(hmac.new(key.public(), text.encode(), hashlib.sha256).digest())}"


def without_signature():
    head, body = (tokens.b64(json.dumps(part).encode()) for part in ({"alg": "none"}, claims()))
    return f"{head}.{body}."


def forged(key):
    head, body, signature = key.sign(claims()).split(".")
    other = tokens.b64(json.dumps(claims(actor="mallory")).encode())
    return f"{head}.{other}.{signature}"


BAD = {
    "none": (lambda keys: without_signature(), "InvalidIdentityToken"),
    "confused": (lambda keys: hmac_with_public_key(keys["RS256"]), "InvalidIdentityToken"),
    "forged": (lambda keys: forged(keys["RS256"]), "InvalidIdentityToken"),
    "key of another kind": (lambda keys: keys["ES256"].sign(claims(), kid="RS256"), "InvalidIdentityToken"),
    "unknown key": (lambda keys: keys["RS256"].sign(claims(), kid="other"), "InvalidIdentityToken"),
    "key within": (lambda keys: keys["ES256"].sign(claims(), kid="other", jwk=keys["ES256"].jwk()), "InvalidIdentityToken"),
    "extensions": (lambda keys: keys["RS256"].sign(claims(), crit=["b64"], b64=False), "InvalidIdentityToken"),
    "audience": (lambda keys: keys["RS256"].sign(claims(audience="sigstore")), "InvalidIdentityToken"),
    "audience by azp": (lambda keys: keys["RS256"].sign(claims(azp="someone")), "InvalidIdentityToken"),
    "issuer": (lambda keys: keys["RS256"].sign(claims(issuer="https://other.example")), "InvalidIdentityToken"),
    "expired": (lambda keys: keys["RS256"].sign(claims(exp=int(time.time()) - 1)), "ExpiredTokenException"),
    "no end": (lambda keys: keys["RS256"].sign({key: value for key, value in claims().items() if key != "exp"}), "InvalidIdentityToken"),
    "not yet": (lambda keys: keys["RS256"].sign(claims(nbf=int(time.time()) + 3600)), "InvalidIdentityToken"),
    "subject": (lambda keys: keys["RS256"].sign(claims(repository="octo-org/other")), "AccessDenied"),
    "oversized": (lambda keys: keys["RS256"].sign(claims(padding="x" * 20000)), "ValidationError"),
    "no token": (lambda keys: "nonsense", "InvalidIdentityToken"),
}


@pytest.mark.parametrize("what", BAD)
def test_a_bad_token_is_refused(github, keys, role, what):
    made, code = BAD[what]
    with refused(code):
        assume(github, role, made(keys))


def test_a_weak_key_is_no_key(github, keys, role, tmp_path):
    weak = tokens.Key(tmp_path, "RS256", kid="weak", bits=1024)
    path = github.options[1].split("=", 1)[1]
    before = open(path).read()
    open(path, "w").write(json.dumps({"keys": [weak.jwk()]}))
    try:
        with refused("InvalidIdentityToken"):
            assume(github, role, weak.sign(claims()))
    finally:
        open(path, "w").write(before)


def test_claims_are_session_tags_and_conditions(github, keys):
    arn = role_for(github, GITHUB, {"StringEquals": {"repository_owner": "octo-org"},
                                  "ForAnyValue:StringEquals": {"amr": "mfa"}}, MaxSessionDuration=3600)
    tagged = claims(amr=["pwd", "mfa"], **{"https://aws.amazon.com/tags": {
        "principal_tags": {"team": ["red"]}, "transitive_tag_keys": ["team"]}})
    assert assume(github, arn, keys["RS256"].sign(tagged))["PackedPolicySize"] == 1
    with refused("AccessDenied"):
        assume(github, arn, keys["RS256"].sign(claims()))
    with refused("ValidationError"):
        assume(github, arn, keys["RS256"].sign(tagged), DurationSeconds=3601)


@pytest.fixture
def provider(tmp_path, keys):
    made = tokens.Provider(tmp_path, [keys["RS256"]])
    yield made
    made.close()


def test_keys_come_from_the_provider_over_https(yagura, provider, keys, tmp_path):
    iam, issuer = yagura.client("iam"), provider.issuer
    made = iam.create_open_id_connect_provider(Url=issuer, ClientIDList=["app"], ThumbprintList=[provider.thumbprint])
    arn = role_for(yagura, issuer, {"StringEquals": {"aud": "app"}})
    token = keys["RS256"].sign(claims(issuer=issuer, audience="app"))
    assert assume(yagura, arn, token)["Audience"] == "app"
    assume(yagura, arn, token)
    assert provider.asked == ["/.well-known/openid-configuration", "/keys"], "the keys are remembered"
    with refused("InvalidIdentityToken"):
        assume(yagura, arn, keys["RS256"].sign(claims(issuer=issuer, audience="app"), kid="new"))
    assert len(provider.asked) == 2, "and an unknown key id makes nobody ask again at once"
    iam.delete_open_id_connect_provider(OpenIDConnectProviderArn=made["OpenIDConnectProviderArn"])


def test_a_provider_that_nobody_vouches_for_is_not_believed(yagura, provider, keys):
    iam, issuer = yagura.client("iam"), provider.issuer
    made = iam.create_open_id_connect_provider(Url=issuer, ClientIDList=["app"], ThumbprintList=["0" * 40])
    arn = role_for(yagura, issuer, {"StringEquals": {"aud": "app"}})
    with refused("IDPCommunicationError"):
        assume(yagura, arn, keys["RS256"].sign(claims(issuer=issuer, audience="app")))
    assert provider.asked == []
    iam.delete_open_id_connect_provider(OpenIDConnectProviderArn=made["OpenIDConnectProviderArn"])


def test_one_house_s_tokens_open_roles_of_another(yagura, servers, tmp_path):
    """GetWebIdentityToken: signed here, believed there by the keys that this server shows."""
    iam, sts = yagura.client("iam"), yagura.client("sts")
    ask = {"Audience": ["partner"], "SigningAlgorithm": "ES384", "Tags": [{"Key": "purpose", "Value": "sync"}]}
    with refused("OutboundWebIdentityFederationDisabledException"):
        sts.get_web_identity_token(**ask)
    issuer = iam.enable_outbound_web_identity_federation()["IssuerIdentifier"]
    account = sts.get_caller_identity()["Account"]
    tokens_of = {algorithm: sts.get_web_identity_token(**{**ask, "SigningAlgorithm": algorithm})["WebIdentityToken"]
                 for algorithm in ("ES384", "RS256")}
    with urllib.request.urlopen(f"{yagura.endpoint}/_yagura/jwks/{account}", timeout=10) as answer:
        (tmp_path / "keys.json").write_bytes(answer.read())
    for wrong in ({"SigningAlgorithm": "HS256"}, {"SubjectMode": "OriginIdentity"}):
        with refused("ValidationError"):
            sts.get_web_identity_token(**{**ask, **wrong})
    iam.disable_outbound_web_identity_federation()

    other = servers("--jwks", f"{issuer}={tmp_path / 'keys.json'}")
    other.client("iam").create_open_id_connect_provider(Url=issuer, ClientIDList=["partner"])
    role = role_for(other, issuer, {"StringEquals": {"sub": sts.get_caller_identity()["Arn"]}})
    for token in tokens_of.values():
        assert assume(other, role, token)["SubjectFromWebIdentityToken"] == sts.get_caller_identity()["Arn"]
        with refused("InvalidIdentityToken"):
            assume(other, role, token[:-8] + "AAAAAAAA")


class Silent:
    """A provider that takes connections and says nothing until it is closed."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.issuer = f"https://127.0.0.1:{self.listener.getsockname()[1]}"
        self.callers = []
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                self.callers.append(self.listener.accept()[0])
            except OSError:
                return

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for caller in self.callers:
            caller.close()


def waiting(server, role, token):
    """A call that is sent, and whose answer nobody reads."""
    host, port = server.endpoint.removeprefix("http://").split(":")
    form = urllib.parse.urlencode({"Action": "AssumeRoleWithWebIdentity", "Version": "2011-06-15", "RoleArn": role,
                                   "RoleSessionName": "work", "WebIdentityToken": token})
    made = socket.create_connection((host, int(port)), timeout=10)
    made.sendall((f"POST / HTTP/1.1\r\nHost: {host}:{port}\r\nContent-Type: application/x-www-form-urlencoded\r\n"
                  f"Content-Length: {len(form)}\r\n\r\n{form}").encode())
    return made


@pytest.mark.boto3_only("its retries are looked at")
@pytest.mark.skipif(bool(os.environ.get("YAGURA_FEW") or os.environ.get("YAGURA_TEST_STORE")),
                    reason="five seconds must do for 272 calls: in the release flavour, on SQLite")
def test_who_finds_no_thread_free_is_throttled_and_comes_again(servers, keys, tmp_path):
    """64 calls under way and 192 that wait for a provider's keys: the next one's client tries again by itself."""
    (tmp_path / "keys.json").write_text(json.dumps({"keys": [keys["RS256"].jwk()]}))
    server, silent = servers("--jwks", f"{GITHUB}={tmp_path / 'keys.json'}"), Silent()
    for url in (GITHUB, silent.issuer):
        server.client("iam").create_open_id_connect_provider(Url=url, ClientIDList=["sts.amazonaws.com"])
    good = role_for(server, GITHUB, {"StringEquals": {"aud": "sts.amazonaws.com"}})
    stuck = role_for(server, silent.issuer, {"StringEquals": {"aud": "sts.amazonaws.com"}})
    patient = server.client("sts", credentials={"accessKeyId": "x", "secretAccessKey": "x"},
                            config=botocore.config.Config(retries={"mode": "standard", "total_max_attempts": 8}))
    wanted = {"RoleArn": good, "RoleSessionName": "work", "WebIdentityToken": keys["RS256"].sign(claims())}
    assert patient.assume_role_with_web_identity(**wanted)["ResponseMetadata"]["RetryAttempts"] == 0

    token = keys["RS256"].sign(claims(issuer=silent.issuer))
    calls = [waiting(server, stuck, token) for _ in range(64 + 192 + 16)]
    answered, _, _ = select.select(calls, [], [], 4)  # after five seconds the first of them give up
    said = answered[0].recv(4096).decode()
    assert said.startswith("HTTP/1.1 400 ") and "<Code>Throttling</Code>" in said and "<Message>Rate exceeded</Message>" in said

    patient.meta.events.register("needs-retry.sts", lambda **_: silent.close() if silent.listener.fileno() >= 0 else None)
    assert patient.assume_role_with_web_identity(**wanted)["ResponseMetadata"]["RetryAttempts"] >= 1
    for call in calls:
        call.close()
