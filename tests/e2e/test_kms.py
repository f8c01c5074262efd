"""KMS through boto3: keys and what may be done with them, and what is refused in AWS's words."""

import hashlib
import hmac
import json

import pytest
from botocore.exceptions import ClientError
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding


@pytest.fixture(scope="module")
def kms(yagura):
    return yagura.client("kms")


def new_key(kms, **options):
    return kms.create_key(**options)["KeyMetadata"]["KeyId"]


def refused(call, code, words=None, **arguments):
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    assert caught.value.response["Error"]["Code"] == code, caught.value
    if words is not None:
        assert words in caught.value.response["Error"]["Message"], caught.value
    return caught.value


def test_what_is_encrypted_under_a_context_opens_under_it_alone(kms):
    key = new_key(kms, Description="first")
    sealed = kms.encrypt(KeyId=key, Plaintext=b"hello", EncryptionContext={"b": "2", "a": "1"})
    assert sealed["EncryptionAlgorithm"] == "SYMMETRIC_DEFAULT" and sealed["KeyId"].endswith(key)
    blob = sealed["CiphertextBlob"]
    opened = kms.decrypt(CiphertextBlob=blob, EncryptionContext={"a": "1", "b": "2"})
    assert opened["Plaintext"] == b"hello" and opened["KeyId"] == sealed["KeyId"] and len(opened["KeyMaterialId"]) == 64
    refused(kms.decrypt, "InvalidCiphertextException", CiphertextBlob=blob)
    refused(kms.decrypt, "InvalidCiphertextException", CiphertextBlob=blob, EncryptionContext={"a": "1", "b": "3"})
    for at in (0, 3, 10, 30, 60, 70, len(blob) - 1):
        changed = bytes(b ^ (i == at) for i, b in enumerate(blob))
        refused(kms.decrypt, "InvalidCiphertextException", CiphertextBlob=changed, KeyId=key,
                EncryptionContext={"a": "1", "b": "2"}) if at not in (3, 10) else refused(
            kms.decrypt, "IncorrectKeyException", CiphertextBlob=changed, KeyId=key)
    refused(kms.decrypt, "InvalidCiphertextException", CiphertextBlob=b"nothing of ours")
    other = new_key(kms)
    refused(kms.decrypt, "IncorrectKeyException", "does not identify a CMK", CiphertextBlob=blob, KeyId=other)


def test_data_keys_come_in_plain_and_sealed(kms):
    key = new_key(kms)
    made = kms.generate_data_key(KeyId=key, KeySpec="AES_256", EncryptionContext={"x": "y"})
    assert len(made["Plaintext"]) == 32
    assert kms.decrypt(CiphertextBlob=made["CiphertextBlob"], EncryptionContext={"x": "y"})["Plaintext"] == made["Plaintext"]
    assert len(kms.generate_data_key(KeyId=key, NumberOfBytes=100)["Plaintext"]) == 100
    bare = kms.generate_data_key_without_plaintext(KeyId=key)
    assert "Plaintext" not in bare and len(kms.decrypt(CiphertextBlob=bare["CiphertextBlob"])["Plaintext"]) == 32
    refused(kms.generate_data_key, "ValidationException", KeyId=key)
    pair = kms.generate_data_key_pair(KeyId=key, KeyPairSpec="ECC_NIST_P256")
    private = serialization.load_der_private_key(pair["PrivateKeyPlaintext"], None)
    assert kms.decrypt(CiphertextBlob=pair["PrivateKeyCiphertextBlob"])["Plaintext"] == pair["PrivateKeyPlaintext"]
    public = private.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    assert public == pair["PublicKey"]
    assert "PrivateKeyPlaintext" not in kms.generate_data_key_pair_without_plaintext(KeyId=key, KeyPairSpec="ECC_NIST_EDWARDS25519")
    refused(kms.generate_data_key_pair, "UnsupportedOperationException", KeyId=key, KeyPairSpec="ML_KEM_512")
    assert len(kms.generate_random(NumberOfBytes=17)["Plaintext"]) == 17


def test_an_alias_names_a_key_until_it_names_another(kms):
    first, second = new_key(kms), new_key(kms)
    kms.create_alias(AliasName="alias/app", TargetKeyId=first)
    refused(kms.create_alias, "AlreadyExistsException", AliasName="alias/app", TargetKeyId=second)
    blob = kms.encrypt(KeyId="alias/app", Plaintext=b"1")["CiphertextBlob"]
    kms.update_alias(AliasName="alias/app", TargetKeyId=second)
    assert kms.describe_key(KeyId="alias/app")["KeyMetadata"]["KeyId"] == second
    assert kms.decrypt(CiphertextBlob=blob)["KeyId"].endswith(first)
    listed = kms.list_aliases(KeyId=second)["Aliases"]
    assert [a["AliasName"] for a in listed] == ["alias/app"] and listed[0]["TargetKeyId"] == second
    kms.delete_alias(AliasName="alias/app")
    refused(kms.describe_key, "NotFoundException", "alias/app is not found", KeyId="alias/app")
    refused(kms.create_alias, "ValidationException", 'start with the prefix "alias/"', AliasName="app", TargetKeyId=first)


def test_the_state_of_a_key_decides_what_it_does(kms):
    key = new_key(kms)
    kms.disable_key(KeyId=key)
    refused(kms.encrypt, "DisabledException", "is disabled.", KeyId=key, Plaintext=b"x")
    kms.enable_key(KeyId=key)
    blob = kms.encrypt(KeyId=key, Plaintext=b"x")["CiphertextBlob"]
    kms.update_key_description(KeyId=key, Description="later")
    left = kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    assert left["KeyState"] == "PendingDeletion"
    refused(kms.decrypt, "KMSInvalidStateException", "is pending deletion.", CiphertextBlob=blob)
    refused(kms.enable_key, "KMSInvalidStateException", KeyId=key)
    kms.cancel_key_deletion(KeyId=key)
    shown = kms.describe_key(KeyId=key)["KeyMetadata"]
    assert shown["KeyState"] == "Disabled" and shown["Description"] == "later" and "DeletionDate" not in shown
    refused(kms.schedule_key_deletion, "ValidationException", KeyId=key, PendingWindowInDays=6)
    assert key in [k["KeyId"] for page in kms.get_paginator("list_keys").paginate(Limit=3) for k in page["Keys"]]
    refused(kms.list_keys, "InvalidMarkerException", Marker="bm90aGluZw==")


@pytest.mark.parametrize("spec, algorithm", [
    ("RSA_2048", "RSASSA_PSS_SHA_256"), ("RSA_2048", "RSASSA_PKCS1_V1_5_SHA_512"), ("ECC_NIST_P256", "ECDSA_SHA_256"),
    ("ECC_NIST_P384", "ECDSA_SHA_384"), ("ECC_NIST_P521", "ECDSA_SHA_512"), ("ECC_SECG_P256K1", "ECDSA_SHA_256"),
    ("ECC_NIST_EDWARDS25519", "ED25519_SHA_512"), ("SM2", "SM2DSA")])
def test_signatures_are_those_that_others_verify(kms, spec, algorithm):
    key = new_key(kms, KeySpec=spec, KeyUsage="SIGN_VERIFY")
    signature = kms.sign(KeyId=key, Message=b"message", SigningAlgorithm=algorithm)["Signature"]
    asked = dict(KeyId=key, Message=b"message", SigningAlgorithm=algorithm)
    assert kms.verify(Signature=signature, **asked)["SignatureValid"]
    refused(kms.verify, "KMSInvalidSignatureException", Signature=signature[:-1] + b"?", **asked)
    public = kms.get_public_key(KeyId=key)
    assert algorithm in public["SigningAlgorithms"]
    if spec == "SM2":
        return
    loaded = serialization.load_der_public_key(public["PublicKey"])
    digest = {"256": hashes.SHA256(), "384": hashes.SHA384(), "512": hashes.SHA512()}[algorithm[-3:]]
    if algorithm.startswith("RSASSA_PSS"):
        loaded.verify(signature, b"message", padding.PSS(padding.MGF1(digest), digest.digest_size), digest)
    elif algorithm.startswith("RSASSA"):
        loaded.verify(signature, b"message", padding.PKCS1v15(), digest)
    elif algorithm.startswith("ECDSA"):
        loaded.verify(signature, b"message", ec.ECDSA(digest))
    else:
        loaded.verify(signature, b"message")
        refused(kms.sign, "ValidationException", "MessageType must be RAW", KeyId=key, Message=b"m" * 64, MessageType="DIGEST",
                SigningAlgorithm=algorithm)
        refused(kms.sign, "UnsupportedOperationException", "Ed25519ph", KeyId=key, Message=b"m" * 64, MessageType="DIGEST",
                SigningAlgorithm="ED25519_PH_SHA_512")
        return
    made = hashlib.new(f"sha{algorithm[-3:]}", b"message").digest()
    kms.verify(KeyId=key, Message=made, MessageType="DIGEST", Signature=signature, SigningAlgorithm=algorithm)
    refused(kms.sign, "ValidationException", f"Digest is invalid length for algorithm {algorithm}.", KeyId=key, Message=b"short",
            MessageType="DIGEST", SigningAlgorithm=algorithm)


def test_rsa_takes_what_fits_and_no_context(kms):
    key = new_key(kms, KeySpec="RSA_2048", KeyUsage="ENCRYPT_DECRYPT")
    asked = dict(KeyId=key, EncryptionAlgorithm="RSAES_OAEP_SHA_256")
    blob = kms.encrypt(Plaintext=b"p" * 190, **asked)["CiphertextBlob"]
    assert kms.decrypt(CiphertextBlob=blob, **asked)["Plaintext"] == b"p" * 190
    refused(kms.encrypt, "ValidationException", "cannot encrypt data larger than 190 bytes.", Plaintext=b"p" * 191, **asked)
    refused(kms.decrypt, "InvalidCiphertextException", CiphertextBlob=blob[:-1] + b"?", **asked)
    refused(kms.encrypt, "ValidationException", Plaintext=b"p", EncryptionContext={"a": "b"}, **asked)
    public = serialization.load_der_public_key(kms.get_public_key(KeyId=key)["PublicKey"])
    outside = public.encrypt(b"outside", padding.OAEP(padding.MGF1(hashes.SHA1()), hashes.SHA1(), None))
    opened = kms.decrypt(KeyId=key, CiphertextBlob=outside, EncryptionAlgorithm="RSAES_OAEP_SHA_1")
    assert opened["Plaintext"] == b"outside"


def test_codes_agree_with_pythons_hmac(kms):
    for size in (224, 256, 384, 512):
        key = new_key(kms, KeySpec=f"HMAC_{size}", KeyUsage="GENERATE_VERIFY_MAC")
        asked = dict(KeyId=key, Message=b"message", MacAlgorithm=f"HMAC_SHA_{size}")
        mac = kms.generate_mac(**asked)["Mac"]
        assert len(mac) == size // 8 and kms.verify_mac(Mac=mac, **asked)["MacValid"]
        refused(kms.verify_mac, "KMSInvalidMacException", Mac=mac[::-1], **asked)
    refused(kms.generate_mac, "InvalidKeyUsageException", "Algorithm HMAC_SHA_256 is incompatible with key spec HMAC_512.",
            KeyId=key, Message=b"m", MacAlgorithm="HMAC_SHA_256")


def test_two_parties_agree_on_a_secret(kms):
    key = new_key(kms, KeySpec="ECC_NIST_P256", KeyUsage="KEY_AGREEMENT")
    mine = ec.generate_private_key(ec.SECP256R1())
    form = serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    theirs = serialization.load_der_public_key(kms.get_public_key(KeyId=key)["PublicKey"])
    asked = dict(KeyId=key, KeyAgreementAlgorithm="ECDH")
    made = kms.derive_shared_secret(PublicKey=mine.public_key().public_bytes(*form), **asked)
    assert made["SharedSecret"] == mine.exchange(ec.ECDH(), theirs)
    other = ec.generate_private_key(ec.SECP384R1()).public_key().public_bytes(*form)
    refused(kms.derive_shared_secret, "ValidationException", PublicKey=other, **asked)


def test_what_can_not_be_is_refused(kms):
    refused(kms.create_key, "ValidationException", "You must specify a KeyUsage value", KeySpec="HMAC_256")
    refused(kms.create_key, "ValidationException", KeySpec="ECC_SECG_P256K1", KeyUsage="ENCRYPT_DECRYPT")
    refused(kms.create_key, "UnsupportedOperationException", "OpenSSL 3.5", KeySpec="ML_DSA_44", KeyUsage="SIGN_VERIFY")
    refused(kms.describe_key, "NotFoundException", "Invalid keyId 'fake-key-id'", KeyId="fake-key-id")
    key = new_key(kms)
    refused(kms.sign, "InvalidKeyUsageException", "key usage is ENCRYPT_DECRYPT which is not valid for Sign.", KeyId=key,
            Message=b"m", SigningAlgorithm="ECDSA_SHA_256")
    refused(kms.encrypt, "DryRunOperationException", "would have succeeded", KeyId=key, Plaintext=b"m", DryRun=True)
    refused(kms.encapsulate, "UnsupportedOperationException", KeyId=key, EncapsulationAlgorithm="ML_KEM")
    refused(kms.decapsulate, "UnsupportedOperationException", KeyId=key, EncapsulationAlgorithm="ML_KEM",
            SharedSecretCiphertextBlob=b"x" * 768)


def test_what_was_sealed_by_one_key_is_sealed_by_another(kms):
    first, second = new_key(kms), new_key(kms)
    blob = kms.encrypt(KeyId=first, Plaintext=b"moves", EncryptionContext={"a": "1"})["CiphertextBlob"]
    moved = kms.re_encrypt(CiphertextBlob=blob, SourceEncryptionContext={"a": "1"}, DestinationKeyId=second,
                           DestinationEncryptionContext={"b": "2"})
    assert moved["SourceKeyId"].endswith(first) and moved["KeyId"].endswith(second)
    opened = kms.decrypt(CiphertextBlob=moved["CiphertextBlob"], EncryptionContext={"b": "2"})
    assert opened["Plaintext"] == b"moves" and opened["KeyId"].endswith(second)
    last = kms.get_key_last_usage(KeyId=second)["KeyLastUsage"]
    assert last["Operation"] == "Decrypt"


def test_tags_are_counted_and_some_are_reserved(kms):
    key = new_key(kms, Tags=[{"TagKey": "a", "TagValue": "1"}])
    kms.tag_resource(KeyId=key, Tags=[{"TagKey": f"t{i}", "TagValue": ""} for i in range(49)])
    refused(kms.tag_resource, "TagException", "Too many tags", KeyId=key, Tags=[{"TagKey": "one", "TagValue": ""}])
    kms.untag_resource(KeyId=key, TagKeys=[f"t{i}" for i in range(49)])
    refused(kms.tag_resource, "TagException", "reserved", KeyId=key, Tags=[{"TagKey": "AWS:x", "TagValue": ""}])
    assert kms.list_resource_tags(KeyId=key)["Tags"] == [{"TagKey": "a", "TagValue": "1"}]


def test_a_policy_must_not_lock_its_author_out(kms):
    key = new_key(kms)
    default = json.loads(kms.get_key_policy(KeyId=key)["Policy"])
    assert default["Statement"][0]["Action"] == "kms:*"
    assert kms.list_key_policies(KeyId=key)["PolicyNames"] == ["default"]
    shut = json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/nobody"}, "Action": "kms:*", "Resource": "*"}]})
    refused(kms.put_key_policy, "MalformedPolicyDocumentException", "will not allow you to update the key policy in the future",
            KeyId=key, Policy=shut)
    refused(kms.put_key_policy, "MalformedPolicyDocumentException", KeyId=key, Policy="{}")
    kms.put_key_policy(KeyId=key, Policy=shut, BypassPolicyLockoutSafetyCheck=True)
    refused(kms.encrypt, "AccessDeniedException", KeyId=key, Plaintext=b"x")


@pytest.fixture(scope="module")
def someone(yagura):
    """A user without any policy of its own."""
    iam = yagura.client("iam")
    iam.create_user(UserName="kms-someone")
    made = iam.create_access_key(UserName="kms-someone")["AccessKey"]
    user = iam.get_user(UserName="kms-someone")["User"]["Arn"]
    return user, yagura.client("kms", credentials={"accessKeyId": made["AccessKeyId"], "secretAccessKey": made["SecretAccessKey"]})


def test_a_grant_lets_its_grantee_and_nobody_longer_than_it_lasts(kms, someone):
    arn, theirs = someone
    key = new_key(kms)
    refused(theirs.encrypt, "AccessDeniedException", KeyId=key, Plaintext=b"x")
    grant = kms.create_grant(KeyId=key, GranteePrincipal=arn, RetiringPrincipal=arn, Operations=["Encrypt", "Decrypt"], Name="one",
                             Constraints={"EncryptionContextSubset": {"team": "red"}})
    again = kms.create_grant(KeyId=key, GranteePrincipal=arn, RetiringPrincipal=arn, Operations=["Encrypt", "Decrypt"], Name="one",
                             Constraints={"EncryptionContextSubset": {"team": "red"}})
    assert again["GrantId"] == grant["GrantId"]
    refused(theirs.encrypt, "AccessDeniedException", KeyId=key, Plaintext=b"x")
    blob = theirs.encrypt(KeyId=key, Plaintext=b"x", EncryptionContext={"team": "red", "more": "1"},
                          GrantTokens=[grant["GrantToken"]])["CiphertextBlob"]
    assert theirs.decrypt(CiphertextBlob=blob, EncryptionContext={"team": "red", "more": "1"})["Plaintext"] == b"x"
    refused(theirs.generate_data_key, "AccessDeniedException", KeyId=key, KeySpec="AES_256", EncryptionContext={"team": "red"})
    listed = kms.list_grants(KeyId=key)["Grants"]
    assert listed[0]["Operations"] == ["Encrypt", "Decrypt"] and listed[0]["Constraints"] == {
        "EncryptionContextSubset": {"team": "red"}}
    assert [g["GrantId"] for g in kms.list_retirable_grants(RetiringPrincipal=arn)["Grants"]] == [grant["GrantId"]]
    theirs.retire_grant(GrantToken=grant["GrantToken"])
    refused(theirs.encrypt, "AccessDeniedException", KeyId=key, Plaintext=b"x", EncryptionContext={"team": "red"})
    second = kms.create_grant(KeyId=key, GranteePrincipal=arn, Operations=["DescribeKey"])
    theirs.describe_key(KeyId=key)
    kms.revoke_grant(KeyId=key, GrantId=second["GrantId"])
    refused(theirs.describe_key, "AccessDeniedException", KeyId=key)
    refused(kms.create_grant, "ValidationException", KeyId=key, GranteePrincipal=arn, Operations=["Sign"])


def test_a_policy_asks_about_the_context_and_the_algorithm(kms, someone):
    arn, theirs = someone
    allow = {"Sid": "owner", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "kms:*",
             "Resource": "*"}
    narrow = {"Effect": "Allow", "Principal": {"AWS": arn}, "Action": ["kms:Encrypt", "kms:Decrypt"], "Resource": "*",
              "Condition": {"StringEquals": {"kms:EncryptionContext:app": "web"}}}
    key = new_key(kms, Policy=json.dumps({"Version": "2012-10-17", "Statement": [allow, narrow]}))
    blob = theirs.encrypt(KeyId=key, Plaintext=b"x", EncryptionContext={"app": "web"})["CiphertextBlob"]
    assert theirs.decrypt(CiphertextBlob=blob, EncryptionContext={"app": "web"})["Plaintext"] == b"x"
    refused(theirs.encrypt, "AccessDeniedException", KeyId=key, Plaintext=b"x", EncryptionContext={"app": "job"})
    refused(theirs.decrypt, "AccessDeniedException", CiphertextBlob=blob)
