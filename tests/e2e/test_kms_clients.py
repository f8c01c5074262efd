"""KMS through other clients: the AWS Encryption SDK, the AWS CLI and the SDK for JavaScript, all unmodified."""

import base64
import json
import subprocess
import sys

import aws_encryption_sdk
import pytest
from aws_encryption_sdk.exceptions import AWSEncryptionSDKClientError
from aws_encryption_sdk.identifiers import CommitmentPolicy

from conftest import ROOT
from javascript import Refused


@pytest.fixture(scope="module")
def key(yagura):
    return yagura.client("kms").create_key(Description="of clients")["KeyMetadata"]["Arn"]


@pytest.fixture
def elsewhere(yagura, monkeypatch):
    """Endpoint and keys of the server, where unmodified programs look for them."""
    for name, value in yagura.environment().items():
        monkeypatch.setenv(name, value)


def provider(*keys):
    return aws_encryption_sdk.StrictAwsKmsMasterKeyProvider(key_ids=list(keys))


def test_the_encryption_sdk_wraps_its_data_keys_here(yagura, elsewhere, key):
    sdk = aws_encryption_sdk.EncryptionSDKClient(commitment_policy=CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT)
    context = {"purpose": "test", "tenant": "4711"}
    text = b"a message of many frames " * 1000
    sealed, _ = sdk.encrypt(source=text, key_provider=provider(key), encryption_context=context)
    opened, header = sdk.decrypt(source=sealed, key_provider=provider(key))
    assert opened == text and context.items() <= header.encryption_context.items()
    assert sdk.decrypt(source=sealed, key_provider=aws_encryption_sdk.DiscoveryAwsKmsMasterKeyProvider())[0] == text
    other = yagura.client("kms").create_key()["KeyMetadata"]["Arn"]
    with pytest.raises(AWSEncryptionSDKClientError):
        sdk.decrypt(source=sealed, key_provider=provider(other))
    changed = sealed[:200] + bytes([sealed[200] ^ 1]) + sealed[201:]
    with pytest.raises(AWSEncryptionSDKClientError):
        sdk.decrypt(source=changed, key_provider=provider(key))


def test_several_keys_wrap_one_data_key_and_each_opens_it(yagura, elsewhere, key):
    sdk = aws_encryption_sdk.EncryptionSDKClient()
    far = yagura.client("kms", region="eu-west-1").create_key()["KeyMetadata"]["Arn"]
    sealed, _ = sdk.encrypt(source=b"both", key_provider=provider(key, far))
    for one in (key, far):
        assert sdk.decrypt(source=sealed, key_provider=provider(one))[0] == b"both"


def test_the_command_line_encrypts_and_decrypts(yagura, key, tmp_path):
    def aws(*arguments):
        done = subprocess.run([sys.executable, "-m", "awscli", "kms", *arguments, "--output", "json"], check=True,
                              env=yagura.environment(), capture_output=True, text=True, cwd=ROOT)
        return json.loads(done.stdout)
    (tmp_path / "plain").write_bytes(b"from a shell")
    sealed = aws("encrypt", "--key-id", key, "--plaintext", f"fileb://{tmp_path}/plain", "--encryption-context", "a=b")
    (tmp_path / "sealed").write_bytes(base64.b64decode(sealed["CiphertextBlob"]))
    opened = aws("decrypt", "--ciphertext-blob", f"fileb://{tmp_path}/sealed", "--encryption-context", "a=b")
    assert opened["Plaintext"] == "ZnJvbSBhIHNoZWxs"


def test_the_javascript_sdk_uses_keys(javascript, key):
    sealed = javascript.call("kms", "Encrypt", KeyId=key, Plaintext=b"from node", EncryptionContext={"a": "b"})
    opened = javascript.call("kms", "Decrypt", CiphertextBlob=sealed["CiphertextBlob"], EncryptionContext={"a": "b"})
    assert opened["Plaintext"] == b"from node"
    with pytest.raises(Refused, match="InvalidCiphertext"):
        javascript.call("kms", "Decrypt", CiphertextBlob=sealed["CiphertextBlob"])
    made = javascript.call("kms", "GenerateDataKey", KeyId=key, KeySpec="AES_128")
    assert len(made["Plaintext"]) == 16
    pair = javascript.call("kms", "CreateKey", KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["KeyId"]
    asked = {"KeyId": pair, "Message": b"m", "SigningAlgorithm": "ECDSA_SHA_256"}
    signature = javascript.call("kms", "Sign", **asked)["Signature"]
    assert javascript.call("kms", "Verify", Signature=signature, **asked)["SignatureValid"] is True
