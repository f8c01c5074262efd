"""What guards keys and secrets, end to end: each call beside nginx's `return 200` with an answer of the same size.

Every call is verified, authorised and recorded. A call is one entry of CALLS: its name, its targets and what makes it ready."""

import base64
import contextlib
import json
import os
import pathlib
import subprocess
import tempfile
import urllib.parse
import urllib.request

import boto3

from common import TURNS, at_least, median, ratio
from functions import function_rows
from serving import REGION, Call, free_port, load, nginx, running

VALUE = json.dumps({"username": "app_user", "password": "p" * 32, "engine": "postgres", "host": "db.example.org", "port": 5432})


def client(service, port, keys):
    return boto3.client(service, region_name=REGION, endpoint_url=f"http://127.0.0.1:{port}", aws_access_key_id=keys[0],
                        aws_secret_access_key=keys[1])


def secret_value(port, keys):
    client("secretsmanager", port, keys).create_secret(Name="bench", SecretString=VALUE)
    call = Call(port, "/", "secretsmanager", keys, '{"SecretId": "bench"}', "application/x-amz-json-1.1")
    return signed_for(call, "secretsmanager.GetSecretValue")


def signed_for(call, target):
    """x-amz-target is read, and need not be signed."""
    call.headers["X-Amz-Target"] = target
    return call


def assume_role(port, keys):
    account = client("sts", port, keys).get_caller_identity()["Account"]
    trust = {"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": account}, "Action": "sts:AssumeRole"}]}
    role = client("iam", port, keys).create_role(RoleName="bench", AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
    form = {"Action": "AssumeRole", "Version": "2011-06-15", "RoleArn": role, "RoleSessionName": "bench"}
    return Call(port, "/", "sts", keys, urllib.parse.urlencode(form), "application/x-www-form-urlencoded; charset=utf-8")


def kms_call(operation, options=None, **members):
    """A call on a key of its own; bytes are those of a caller with four short pairs of encryption context."""
    def prepare(port, keys):
        kms = client("kms", port, keys)
        key = kms.create_key(**(options or {}))["KeyMetadata"]["KeyId"]
        body = {"KeyId": key, **members}
        if operation == "Decrypt":
            blob = kms.encrypt(KeyId=key, Plaintext=b"p" * 64, EncryptionContext=CONTEXT)["CiphertextBlob"]
            body = {"CiphertextBlob": base64.b64encode(blob).decode(), "EncryptionContext": CONTEXT}
        return signed_for(Call(port, "/", "kms", keys, json.dumps(body), "application/x-amz-json-1.1"),
                          f"TrentService.{operation}")
    return prepare


CONTEXT = {"application": "web", "stage": "production", "tenant": "4711", "purpose": "session"}
PLAIN = base64.b64encode(b"p" * 64).decode()
CALLS = {
    "GetSecretValue": (0.4, 0.6, secret_value),
    "AssumeRole": (0.4, 0.6, assume_role),
    "KMS Encrypt": (0.4, 0.6, kms_call("Encrypt", Plaintext=PLAIN, EncryptionContext=CONTEXT)),
    "KMS Decrypt": (0.4, 0.6, kms_call("Decrypt")),
    "KMS GenerateDataKey": (0.4, 0.6, kms_call("GenerateDataKey", KeySpec="AES_256", EncryptionContext=CONTEXT)),
}

SIGNING = {  # openssl's name, key spec, algorithm, target end to end
    "rsa2048": ("RSA_2048", "RSASSA_PKCS1_V1_5_SHA_256", 0.9),
    "ecdsap256": ("ECC_NIST_P256", "ECDSA_SHA_256", None),
}


def in_process(options):
    """Signatures a second of processor time, without a request around them."""
    text = subprocess.run([options.binary.parent / "bench/sign_bench", "1"], check=True, capture_output=True, text=True).stdout
    return {name: float(figure) for name, figure in (line.split() for line in text.splitlines())}


def in_process_rows(options):
    ours, marks = {name: [] for name in SIGNING}, {name: [] for name in SIGNING}
    for _ in range(TURNS):
        for name, figure in in_process(options).items():
            ours[name].append(figure)
            marks[name].append(openssl_speed(name, processes=1))
    for name in SIGNING:
        yield [f"{name} in process: signatures/s", f"{median(ours[name]):.0f}", "", ""]
        yield [f"{name} in process, to openssl speed", *at_least(ratio(ours[name], marks[name]), 0.9, 1.0)]


def openssl_speed(name, processes=os.cpu_count()):
    """Signatures a second, of as many processes as the server has threads."""
    many = ["-multi", str(processes)] if processes > 1 else []
    text = subprocess.run(["openssl", "speed", "-seconds", "1", *many, name], check=True, capture_output=True, text=True).stdout
    return float(text.strip().splitlines()[-1].split()[-2])


def signing_rows(options):
    for name, (spec, algorithm, target) in SIGNING.items():
        port, ours, marks = free_port(), [], []
        with tempfile.TemporaryDirectory() as data, \
                running([options.binary, "serve", "--data", data, "--listen", f"127.0.0.1:{port}"], port):
            stored = json.loads((pathlib.Path(data) / "credentials").read_text())
            prepare = kms_call("Sign", {"KeySpec": spec, "KeyUsage": "SIGN_VERIFY"}, Message=PLAIN, SigningAlgorithm=algorithm)
            call = prepare(port, (stored["accessKeyId"], stored["secretAccessKey"]))
            for _ in range(TURNS):
                ours.append(load(call, options.seconds))
                marks.append(openssl_speed(name))
        figure = ratio(ours, marks)
        yield [f"KMS Sign {spec}: signatures/s", f"{median(ours):.0f}", "", ""]
        yield [f"KMS Sign {spec}, to openssl speed {name}", *(at_least(figure, target, 1.0) if target else [f"{figure:.2f}", "", "reported"])]


def size_of(call):
    """Of its answer's body."""
    request = urllib.request.Request(call.url, call.body.encode() if call.body else None, call.headers)
    with urllib.request.urlopen(request, timeout=20) as answer:
        return len(answer.read())


def measure(call, options):
    """Rates of the call and of nginx, turn by turn."""
    port, ours, marks = free_port(), [], []
    with nginx(port, size_of(call)):
        mark = Call(port, "/")
        for _ in range(TURNS):
            ours.append(load(call, options.seconds))
            marks.append(load(mark, options.seconds))
    return ours, marks


def bench_guard(options):
    rows = []
    for name, (target, dream, prepare) in CALLS.items():
        port = free_port()
        with tempfile.TemporaryDirectory() as data, contextlib.ExitStack() as servers:
            servers.enter_context(running([options.binary, "serve", "--data", data, "--listen", f"127.0.0.1:{port}"], port))
            stored = json.loads((pathlib.Path(data) / "credentials").read_text())
            call = prepare(port, (stored["accessKeyId"], stored["secretAccessKey"]))
            ours, marks = measure(call, options)
        rows.append([f"{name}: requests/s", f"{median(ours):.0f}", "", ""])
        rows.append([f"{name}, to nginx", *at_least(ratio(ours, marks), target, dream)])
    rows.extend(signing_rows(options))
    rows.extend(function_rows(options))
    rows.extend(in_process_rows(options))
    yield "Keys and secrets, end to end", ["what", "figure", "target", "verdict"], rows
