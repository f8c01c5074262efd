"""KMS through boto3: keys and what may be done with them, and what is refused in AWS's words."""

import datetime
import hashlib
import hmac
import json

import pytest
from botocore.exceptions import ClientError
from conftest import until
from cryptography.hazmat.primitives import hashes, keywrap, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa


@pytest.fixture(scope="module")
def kms(yagura):
    return yagura.client("kms")


def new_key(kms, **options):
    return kms.create_key(**options)["KeyMetadata"]["KeyId"]


def spoilt(blob):
    return blob[:-1] + bytes([blob[-1] ^ 1])


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
    refused(kms.verify, "KMSInvalidSignatureException", Signature=spoilt(signature), **asked)
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
    refused(kms.decrypt, "InvalidCiphertextException", CiphertextBlob=spoilt(blob), **asked)
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
    refused(kms.list_retirable_grants, "AccessDeniedException", RetiringPrincipal="arn:aws:iam::999988887777:role/other")


def test_a_grant_passes_on_no_more_than_it_gives(kms, someone):
    arn, theirs = someone
    key = new_key(kms)
    kms.create_grant(KeyId=key, GranteePrincipal=arn, Operations=["CreateGrant", "Decrypt"],
                     Constraints={"EncryptionContextSubset": {"team": "red"}})
    child = dict(KeyId=key, GranteePrincipal=arn)
    red, blue = ({"EncryptionContextSubset": {"team": team}} for team in ("red", "blue"))
    theirs.create_grant(Operations=["Decrypt"], Constraints=red, **child)
    refused(theirs.create_grant, "AccessDeniedException", Operations=["Encrypt"], Constraints=red, **child)
    refused(theirs.create_grant, "AccessDeniedException", Operations=["Decrypt"], Constraints=blue, **child)
    refused(theirs.create_grant, "AccessDeniedException", Operations=["Decrypt"], **child)


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


def test_rotated_keys_still_open_what_is_old(kms):
    key = new_key(kms)
    first = kms.encrypt(KeyId=key, Plaintext=b"old")["CiphertextBlob"]
    before = kms.describe_key(KeyId=key)["KeyMetadata"]["CurrentKeyMaterialId"]
    assert kms.get_key_rotation_status(KeyId=key)["KeyRotationEnabled"] is False
    kms.enable_key_rotation(KeyId=key, RotationPeriodInDays=90)
    status = kms.get_key_rotation_status(KeyId=key)
    assert status["RotationPeriodInDays"] == 90 and status["NextRotationDate"]
    kms.rotate_key_on_demand(KeyId=key)
    after = kms.describe_key(KeyId=key)["KeyMetadata"]["CurrentKeyMaterialId"]
    assert after != before
    opened = kms.decrypt(CiphertextBlob=first)
    assert opened["Plaintext"] == b"old" and opened["KeyMaterialId"] == before
    second = kms.encrypt(KeyId=key, Plaintext=b"new")["CiphertextBlob"]
    assert kms.decrypt(CiphertextBlob=second)["KeyMaterialId"] == after
    rotations = kms.list_key_rotations(KeyId=key)["Rotations"]
    assert [(r["RotationType"], r["KeyMaterialId"]) for r in rotations] == [("ON_DEMAND", after)]
    whole = kms.list_key_rotations(KeyId=key, IncludeKeyMaterial="ALL_KEY_MATERIAL", Limit=1)
    assert whole["Rotations"][0]["KeyMaterialId"] == before and whole["Truncated"]
    rest = kms.list_key_rotations(KeyId=key, IncludeKeyMaterial="ALL_KEY_MATERIAL", Limit=1, Marker=whole["NextMarker"])
    assert rest["Rotations"][0]["KeyMaterialState"] == "CURRENT" and not rest["Truncated"]
    kms.disable_key_rotation(KeyId=key)
    for _ in range(24):
        kms.rotate_key_on_demand(KeyId=key)
    refused(kms.rotate_key_on_demand, "LimitExceededException", "on-demand rotations limit has been reached", KeyId=key)
    hmac_key = new_key(kms, KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC")
    refused(kms.enable_key_rotation, "UnsupportedOperationException", KeyId=hmac_key)


def wrapped(kms, key, material, algorithm="RSAES_OAEP_SHA_256"):
    """What ImportKeyMaterial takes, made as its users make it."""
    asked = kms.get_parameters_for_import(KeyId=key, WrappingAlgorithm=algorithm, WrappingKeySpec="RSA_2048")
    public = serialization.load_der_public_key(asked["PublicKey"])
    digest = hashes.SHA1() if algorithm.endswith("_1") else hashes.SHA256()
    oaep = padding.OAEP(padding.MGF1(digest), digest, None)
    if algorithm.startswith("RSAES"):
        sealed = public.encrypt(material, oaep)
    else:
        aes = bytes(range(32))
        sealed = public.encrypt(aes, oaep) + keywrap.aes_key_wrap_with_padding(aes, material)
    return {"KeyId": key, "ImportToken": asked["ImportToken"], "EncryptedKeyMaterial": sealed}


LASTING = {"ExpirationModel": "KEY_MATERIAL_DOES_NOT_EXPIRE"}


def test_imported_material_comes_goes_and_comes_again(kms):
    key = new_key(kms, Origin="EXTERNAL")
    refused(kms.encrypt, "KMSInvalidStateException", "is pending import.", KeyId=key, Plaintext=b"x")
    refused(kms.get_parameters_for_import, "UnsupportedOperationException", "origin is AWS_KMS which is not valid",
            KeyId=new_key(kms), WrappingAlgorithm="RSAES_OAEP_SHA_256", WrappingKeySpec="RSA_2048")
    refused(kms.get_parameters_for_import, "UnsupportedOperationException", KeyId=key, WrappingAlgorithm="RSAES_PKCS1_V1_5",
            WrappingKeySpec="RSA_2048")
    material = b"m" * 32
    refused(kms.import_key_material, "ValidationException", "A validTo date must be set", **wrapped(kms, key, material))
    kms.import_key_material(**wrapped(kms, key, material), **LASTING)
    blob = kms.encrypt(KeyId=key, Plaintext=b"x")["CiphertextBlob"]
    kms.delete_imported_key_material(KeyId=key)
    assert kms.describe_key(KeyId=key)["KeyMetadata"]["KeyState"] == "PendingImport"
    refused(kms.decrypt, "KMSInvalidStateException", CiphertextBlob=blob)
    refused(kms.import_key_material, "IncorrectKeyMaterialException", **wrapped(kms, key, b"n" * 32), **LASTING)
    kms.import_key_material(**wrapped(kms, key, material, "RSA_AES_KEY_WRAP_SHA_256"), **LASTING)
    assert kms.decrypt(CiphertextBlob=blob)["Plaintext"] == b"x"
    new = kms.import_key_material(**wrapped(kms, key, b"n" * 32), ImportType="NEW_KEY_MATERIAL", **LASTING)
    kms.rotate_key_on_demand(KeyId=key)
    assert kms.describe_key(KeyId=key)["KeyMetadata"]["CurrentKeyMaterialId"] == new["KeyMaterialId"]
    assert kms.decrypt(CiphertextBlob=blob)["Plaintext"] == b"x"
    refused(kms.rotate_key_on_demand, "KMSInvalidStateException", "No available key material pending rotation", KeyId=key)


def test_wrong_tokens_and_materials_are_refused(kms):
    key, other = new_key(kms, Origin="EXTERNAL"), new_key(kms, Origin="EXTERNAL")
    made = wrapped(kms, key, b"m" * 32)
    refused(kms.import_key_material, "InvalidImportTokenException", **{**made, "KeyId": other}, **LASTING)
    refused(kms.import_key_material, "InvalidImportTokenException", **{**made, "ImportToken": b"x" * 200}, **LASTING)
    refused(kms.import_key_material, "InvalidCiphertextException", **{**made, "EncryptedKeyMaterial": b"x" * 256}, **LASTING)
    refused(kms.import_key_material, "InvalidCiphertextException", **wrapped(kms, key, b"m" * 31), **LASTING)
    for sealed in (b"x" * 300, made["EncryptedKeyMaterial"]):
        cut = wrapped(kms, key, b"m" * 32, "RSA_AES_KEY_WRAP_SHA_1")
        refused(kms.import_key_material, "InvalidCiphertextException", **{**cut, "EncryptedKeyMaterial": sealed}, **LASTING)


@pytest.mark.parametrize("spec, curve", [("ECC_NIST_P256", ec.SECP256R1()), ("ECC_NIST_P521", ec.SECP521R1()),
                                         ("ECC_SECG_P256K1", ec.SECP256K1()), ("RSA_2048", None)])
def test_pairs_are_imported_as_pkcs8(kms, spec, curve):
    private = ec.generate_private_key(curve) if curve else rsa.generate_private_key(65537, 2048)
    der = private.private_bytes(serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    key = new_key(kms, KeySpec=spec, KeyUsage="SIGN_VERIFY", Origin="EXTERNAL")
    kms.import_key_material(**wrapped(kms, key, der, "RSA_AES_KEY_WRAP_SHA_256"), **LASTING)
    algorithm = kms.describe_key(KeyId=key)["KeyMetadata"]["SigningAlgorithms"][0]
    signature = kms.sign(KeyId=key, Message=b"m", SigningAlgorithm=algorithm)["Signature"]
    digest = hashes.SHA512() if algorithm.endswith("512") else hashes.SHA256()
    private.public_key().verify(signature, b"m", *([ec.ECDSA(digest)] if curve else [padding.PKCS1v15(), digest]))


def test_material_expires(kms):
    key = new_key(kms, Origin="EXTERNAL")
    soon = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=4)
    kms.import_key_material(**wrapped(kms, key, b"m" * 32), ExpirationModel="KEY_MATERIAL_EXPIRES", ValidTo=soon)
    assert kms.describe_key(KeyId=key)["KeyMetadata"]["ExpirationModel"] == "KEY_MATERIAL_EXPIRES"
    until(lambda: kms.describe_key(KeyId=key)["KeyMetadata"]["KeyState"] == "PendingImport", "the material expires", 20)
    refused(kms.encrypt, "KMSInvalidStateException", KeyId=key, Plaintext=b"x")


def test_a_key_of_several_regions_opens_everywhere(kms, yagura):
    key = new_key(kms, MultiRegion=True)
    assert key.startswith("mrk-")
    blob = kms.encrypt(KeyId=key, Plaintext=b"far")["CiphertextBlob"]
    elsewhere = yagura.client("kms", region="eu-west-1")
    refused(elsewhere.decrypt, "AccessDeniedException", "does not exist in this region", CiphertextBlob=blob)
    made = kms.replicate_key(KeyId=key, ReplicaRegion="eu-west-1", Description="there", Tags=[{"TagKey": "a", "TagValue": "b"}])
    assert made["ReplicaKeyMetadata"]["MultiRegionConfiguration"]["MultiRegionKeyType"] == "REPLICA"
    assert made["ReplicaTags"] == [{"TagKey": "a", "TagValue": "b"}]
    assert elsewhere.decrypt(CiphertextBlob=blob)["Plaintext"] == b"far"
    kms.rotate_key_on_demand(KeyId=key)
    later = kms.encrypt(KeyId=key, Plaintext=b"later")["CiphertextBlob"]
    assert elsewhere.decrypt(CiphertextBlob=later)["Plaintext"] == b"later"
    refused(elsewhere.replicate_key, "UnsupportedOperationException", "is not a multi-region primary key.", KeyId=key,
            ReplicaRegion="us-east-1")
    refused(kms.replicate_key, "AlreadyExistsException", KeyId=key, ReplicaRegion="eu-west-1")
    kms.update_primary_region(KeyId=key, PrimaryRegion="eu-west-1")
    shown = elsewhere.describe_key(KeyId=key)["KeyMetadata"]["MultiRegionConfiguration"]
    assert shown["MultiRegionKeyType"] == "PRIMARY" and shown["ReplicaKeys"][0]["Region"] == "ap-northeast-1"
    waiting = elsewhere.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    assert waiting["KeyState"] == "PendingReplicaDeletion"
    elsewhere.cancel_key_deletion(KeyId=key)
