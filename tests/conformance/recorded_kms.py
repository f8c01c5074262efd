"""KMS as AWS answered it."""

import datetime
import functools

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding

import recorded

KMS = "test_kms.py::TestKMS::"
DATA = "test_kms.py::TestKMSGenerateKeys::"
LASTING = {"ExpirationModel": "KEY_MATERIAL_DOES_NOT_EXPIRE"}
ABSENT = "134f2428-cec1-4b25-a1ae-9048164dba47"


def shown(value):
    """Times as these recordings write them."""
    if isinstance(value, dict):
        return {key: shown(member) for key, member in value.items()}
    if isinstance(value, list):
        return [shown(member) for member in value]
    return "datetime" if isinstance(value, datetime.datetime) else value


def case(name, *arguments):
    def register(function):
        @functools.wraps(function)
        def run(*all_of_them):
            return shown(function(*all_of_them))
        recorded.case(name, *arguments)(run)
        return function
    return register


def made(aws, kms=None, **options):
    kms = kms or aws.client("kms")
    metadata = kms.create_key(**options)["KeyMetadata"]
    aws.later(kms.schedule_key_deletion, KeyId=metadata["KeyId"], PendingWindowInDays=7)
    return metadata


def new(aws, **options):
    return made(aws, **options)["KeyId"]


@case(KMS + "test_generate_random_invalid_number_of_bytes[None]")
@case(KMS + "test_generate_random_invalid_number_of_bytes[0]", 0)
@case(KMS + "test_generate_random_invalid_number_of_bytes[1025]", 1025)
def random_sizes(aws, *size):
    asked = {"NumberOfBytes": size[0]} if size else {}
    import botocore.config
    kms = aws.client("kms", config=botocore.config.Config(parameter_validation=False))
    return {"generate-random-exc": aws.refused(kms.generate_random, **asked)}


for _bits in (2048, 3072, 4096):
    for _hash in (1, 256):
        @case(KMS + f"test_encrypt_validate_plaintext_size_per_key_type[RSA_{_bits}-RSAES_OAEP_SHA_{_hash}]", _bits, _hash)
        def too_long(aws, bits, kind):
            key = new(aws, KeySpec=f"RSA_{bits}", KeyUsage="ENCRYPT_DECRYPT")
            return {"generate-random-exc": aws.refused(
                aws.client("kms").encrypt, KeyId=key, Plaintext=b"x" * 471, EncryptionAlgorithm=f"RSAES_OAEP_SHA_{kind}")}


@case(KMS + "test_get_key_in_different_region")
def other_region(aws):
    far = aws.client("kms", region="eu-central-1")
    here = aws.client("kms")
    key = made(aws, far, Description="test key 123")
    arn = key["Arn"]
    return {"describe-key-diff-region-with-id": aws.refused(here.describe_key, KeyId=key["KeyId"]),
            "describe-key-diff-region-with-arn": aws.refused(here.describe_key, KeyId=arn),
            "describe-key-same-specific-region-with-id": far.describe_key(KeyId=key["KeyId"]),
            "describe-key-same-specific-region-with-arn": far.describe_key(KeyId=arn)}


@case(KMS + "test_get_key_does_not_exist")
def no_such_key(aws):
    kms = aws.client("kms")
    arn = f"arn:aws:kms:{aws.region}:{aws.account}:key/{ABSENT}"
    return {"describe-nonexistent-key-with-id": aws.refused(kms.describe_key, KeyId=ABSENT),
            "describe-nonexistent-with-arn": aws.refused(kms.describe_key, KeyId=arn),
            "describe-key-with-valid-id-mrk": aws.refused(kms.describe_key, KeyId="mrk-134f2428cec14b25a1ae9048164dba47")}


@case(KMS + "test_get_key_invalid_uuid")
def invalid_ids(aws):
    kms = aws.client("kms")
    return {"describe-key-with-invalid-uuid": aws.refused(kms.describe_key, KeyId="fake-key-id"),
            "describe-key-with-invalid-uuid-2": aws.refused(kms.describe_key, KeyId="134f2428cec14b25a1ae9048164dba47"),
            "describe-key-with-invalid-uuid-mrk": aws.refused(kms.describe_key, KeyId="mrk-fake-key-id")}


@case(KMS + "test_create_alias")
def alias_prefix(aws):
    return {"create_alias": aws.refused(aws.client("kms").create_alias, AliasName="name", TargetKeyId=new(aws))}


SIGNING = [("RSA_2048", "RSASSA_PSS_SHA_256"), ("RSA_2048", "RSASSA_PSS_SHA_384"), ("RSA_2048", "RSASSA_PSS_SHA_512"),
           ("RSA_4096", "RSASSA_PKCS1_V1_5_SHA_256"), ("RSA_4096", "RSASSA_PKCS1_V1_5_SHA_512"),
           ("ECC_NIST_P256", "ECDSA_SHA_256"), ("ECC_SECG_P256K1", "ECDSA_SHA_256"), ("ECC_NIST_P384", "ECDSA_SHA_384")]
for _spec, _algorithm in SIGNING:
    @case(KMS + f"test_sign_verify[{_spec}-{_algorithm}]", _spec, _algorithm)
    def sign_verify(aws, spec, algorithm):
        kms, key = aws.client("kms"), new(aws, KeySpec=spec, KeyUsage="SIGN_VERIFY")
        asked = {"KeyId": key, "SigningAlgorithm": algorithm}
        signed = kms.sign(Message=b"test message 123!%$@ 1234567890", MessageType="RAW", **asked)
        return {"signature": signed,
                "verification": kms.verify(Message=b"test message 123!%$@ 1234567890", Signature=signed["Signature"],
                                           MessageType="RAW", **asked),
                "bad-digest": aws.refused(kms.sign, Message=b"short", MessageType="DIGEST", **asked),
                "bad-signature": aws.refused(kms.verify, Message=b"other", Signature=signed["Signature"], **asked)}


@case(KMS + "test_hmac_create_key")
def hmac_key(aws):
    key = made(aws, Description="test key", KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC")
    return {"create-hmac-key": key, "describe-key": aws.client("kms").describe_key(KeyId=key["KeyId"])["KeyMetadata"]}


@case(KMS + "test_invalid_generate_mac[HMAC_224-HMAC_SHA_256]")
def other_algorithm(aws):
    key = new(aws, KeySpec="HMAC_224", KeyUsage="GENERATE_VERIFY_MAC")
    return {"generate-mac": aws.refused(aws.client("kms").generate_mac, KeyId=key, Message=b"m", MacAlgorithm="HMAC_SHA_256")}


@case(KMS + "test_invalid_generate_mac[HMAC_256-INVALID]")
def unknown_algorithm(aws):
    return {"generate-mac": aws.refused(aws.client("kms").generate_mac, KeyId=aws.name(), Message=b"m", MacAlgorithm="INVALID")}


@case(KMS + "test_invalid_verify_mac[HMAC_256-INVALID-some important message]", "INVALID", b"message")
@case(KMS + "test_invalid_verify_mac[HMAC_256-HMAC_SHA_256-some different important message]", "HMAC_SHA_256", b"other")
@case(KMS + "test_invalid_verify_mac[HMAC_256-HMAC_SHA_512-some important message]", "HMAC_SHA_512", b"message")
def wrong_mac(aws, algorithm, message):
    kms, key = aws.client("kms"), new(aws, KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC")
    mac = kms.generate_mac(KeyId=key, Message=b"message", MacAlgorithm="HMAC_SHA_256")
    return {"generate-mac": mac,
            "verify-mac": aws.refused(kms.verify_mac, KeyId=key, Message=message, Mac=mac["Mac"], MacAlgorithm=algorithm)}


def wrap(kms, key, material, algorithm="RSAES_OAEP_SHA_256"):
    asked = kms.get_parameters_for_import(KeyId=key, WrappingAlgorithm=algorithm, WrappingKeySpec="RSA_2048")
    public = serialization.load_der_public_key(asked["PublicKey"])
    sealed = public.encrypt(material, padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None))
    return {"KeyId": key, "ImportToken": asked["ImportToken"], "EncryptedKeyMaterial": sealed}


@case(KMS + "test_import_key_symmetric")
def import_symmetric(aws):
    kms, created = aws.client("kms"), made(aws, Origin="EXTERNAL", Description=aws.name())
    key = created["KeyId"]
    out = {"created-key": created,
           "encrypt-before-import-error": aws.refused(kms.encrypt, KeyId=key, Plaintext=b"x"),
           "describe-key-before-import": kms.describe_key(KeyId=key),
           "import-expiring-key-without-valid-to": aws.refused(
               kms.import_key_material, ExpirationModel="KEY_MATERIAL_EXPIRES", **wrap(kms, key, b"k" * 32))}
    kms.import_key_material(**wrap(kms, key, b"k" * 32), **LASTING)
    out["describe-key-after-import"] = kms.describe_key(KeyId=key)
    kms.delete_imported_key_material(KeyId=key)
    out["describe-key-after-deleted-import"] = kms.describe_key(KeyId=key)
    out["encrypt-after-delete-error"] = aws.refused(kms.encrypt, KeyId=key, Plaintext=b"x")
    return out


CURVES = {"ECC_NIST_P256": ec.SECP256R1(), "ECC_NIST_P384": ec.SECP384R1(), "ECC_NIST_P521": ec.SECP521R1(),
          "ECC_SECG_P256K1": ec.SECP256K1()}
for _spec in CURVES:
    @case(KMS + f"test_import_key_ecc_keys[{_spec}]", _spec)
    def import_curve(aws, spec):
        kms = aws.client("kms")
        key = new(aws, Origin="EXTERNAL", KeySpec=spec, KeyUsage="SIGN_VERIFY", Description="test ecc key import")
        out = {"describe-key-before-import": kms.describe_key(KeyId=key)}
        private = ec.generate_private_key(CURVES[spec]).private_bytes(
            serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        if spec == "ECC_NIST_P521":
            from cryptography.hazmat.primitives import keywrap
            asked = kms.get_parameters_for_import(KeyId=key, WrappingAlgorithm="RSA_AES_KEY_WRAP_SHA_256",
                                                  WrappingKeySpec="RSA_2048")
            public = serialization.load_der_public_key(asked["PublicKey"])
            sealed = public.encrypt(b"a" * 32, padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None))
            kms.import_key_material(KeyId=key, ImportToken=asked["ImportToken"], **LASTING, EncryptedKeyMaterial=sealed
                                    + keywrap.aes_key_wrap_with_padding(b"a" * 32, private))
        else:
            kms.import_key_material(**wrap(kms, key, private), **LASTING)
        out["describe-key-after-import"] = described = kms.describe_key(KeyId=key)
        asked = {"KeyId": key, "Message": b"m", "SigningAlgorithm": described["KeyMetadata"]["SigningAlgorithms"][0]}
        out["sign-result"] = kms.sign(**asked)
        out["verify-result"] = kms.verify(Signature=out["sign-result"]["Signature"], **asked)
        kms.delete_imported_key_material(KeyId=key)
        out["describe-key-after-deleted-import"] = kms.describe_key(KeyId=key)
        return out


@case(KMS + "test_error_messaging_for_invalid_keys")
def usage_messages(aws):
    kms = aws.client("kms")
    plain_key = new(aws)
    mac_key = new(aws, KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC")
    sign_key = new(aws, KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")
    blob = kms.encrypt(KeyId=plain_key, Plaintext=b"x")["CiphertextBlob"]
    return {"generate-mac-invalid-key-id": aws.refused(kms.generate_mac, KeyId=plain_key, Message=b"m", MacAlgorithm="HMAC_SHA_256"),
            "sign-invalid-key-id": aws.refused(kms.sign, KeyId=mac_key, Message=b"m", SigningAlgorithm="RSASSA_PSS_SHA_256"),
            "verify-invalid-key-id": aws.refused(kms.verify, KeyId=plain_key, Message=b"m", Signature=b"s",
                                                 SigningAlgorithm="RSASSA_PSS_SHA_256"),
            "encrypt-invalid-key-id": aws.refused(kms.encrypt, KeyId=sign_key, Plaintext=b"x"),
            "decrypt-invalid-key-id": aws.refused(kms.decrypt, KeyId=mac_key, CiphertextBlob=blob)}


@case(KMS + "test_plaintext_size_for_encrypt")
def size(aws):
    return {"invalid-plaintext-size-encrypt": aws.refused(aws.client("kms").encrypt, KeyId=new(aws), Plaintext=b"x" * 4097)}


@case(KMS + "test_encrypt_decrypt_encryption_context")
def contexts(aws):
    kms, key = aws.client("kms"), new(aws)
    sealed = kms.encrypt(KeyId=key, Plaintext=b"plaintext", EncryptionContext={"context-key": "context-value"})
    blob = sealed["CiphertextBlob"]
    return {"encrypt_response": {**sealed, "CiphertextBlob": "ciphertext-blob"},
            "decrypt_response_with_encryption_context": {**kms.decrypt(
                CiphertextBlob=blob, EncryptionContext={"context-key": "context-value"}), "Plaintext": "plaintext"},
            "decrypt_response_without_encryption_context": aws.refused(kms.decrypt, CiphertextBlob=blob),
            "decrypt_response_with_invalid_ciphertext": aws.refused(kms.decrypt, CiphertextBlob=blob[:-1] + bytes([blob[-1] ^ 1]))}


def without_context(aws, operation, member, **arguments):
    kms, key = aws.client("kms"), new(aws)
    made_ = getattr(kms, operation)(KeyId=key, EncryptionContext={"a": "b"}, **arguments)
    return {"decrypt-without-encryption-context": aws.refused(kms.decrypt, CiphertextBlob=made_[member])}


for _operation, _member, _arguments in [
        ("generate_data_key", "CiphertextBlob", {"KeySpec": "AES_256"}),
        ("generate_data_key_without_plaintext", "CiphertextBlob", {"KeySpec": "AES_256"}),
        ("generate_data_key_pair", "PrivateKeyCiphertextBlob", {"KeyPairSpec": "RSA_2048"}),
        ("generate_data_key_pair_without_plaintext", "PrivateKeyCiphertextBlob", {"KeyPairSpec": "RSA_2048"})]:
    @case(DATA + f"test_encryption_context_{_operation}", _operation, _member, _arguments)
    def context_needed(aws, operation, member, arguments):
        return without_context(aws, operation, member, **arguments)


@case(KMS + "test_non_multi_region_keys_should_not_have_multi_region_properties")
def one_region(aws):
    return {"non_multi_region_keys_should_not_have_multi_region_properties": made(
        aws, MultiRegion=False, Description="test non multi region key")}


PAIR = [{"TagKey": "tag1", "TagValue": "value1"}, {"TagKey": "tag2", "TagValue": "value2"}]


@case(KMS + "test_tag_existing_key_and_untag", False)
@case(KMS + "test_create_key_with_tag_and_untag", True)
def tags(aws, at_once):
    kms, key = aws.client("kms"), new(aws, **({"Tags": PAIR} if at_once else {}))
    if not at_once:
        kms.tag_resource(KeyId=key, Tags=PAIR)
    out = {"list-resource-tags": kms.list_resource_tags(KeyId=key)["Tags"]}
    kms.untag_resource(KeyId=key, TagKeys=["tag1", "tag2"])
    out["list-resource-tags-after-all-untagged"] = kms.list_resource_tags(KeyId=key)["Tags"]
    return out


@case(KMS + "test_tag_key_with_duplicate_tag_keys_raises_error")
def tags_twice(aws):
    return {"duplicate-tag-keys": aws.refused(aws.client("kms").tag_resource, KeyId=new(aws), Tags=[PAIR[0], PAIR[0]])}


@case(KMS + "test_create_key_with_too_many_tags_raises_error")
def too_many_tags(aws):
    many = [{"TagKey": f"key{i}", "TagValue": "v"} for i in range(51)]
    return {"invalid-tag-key": aws.refused(aws.client("kms").create_key, Tags=many)}


@case(KMS + "test_tag_existing_key_with_invalid_tag_key", None)
@case(KMS + "test_create_key_with_invalid_tag_key[lowercase_prefix]", "aws:key")
@case(KMS + "test_create_key_with_invalid_tag_key[uppercase_prefix]", "AWS:key")
def reserved_tags(aws, name):
    kms, tag = aws.client("kms"), [{"TagKey": name or "aws:key", "TagValue": "v"}]
    return {"invalid-tag-key": aws.refused(kms.create_key, Tags=tag) if name else
            aws.refused(kms.tag_resource, KeyId=new(aws), Tags=tag)}


@case(KMS + "test_create_key_with_invalid_tag_key[too_long_key]")
def long_tag(aws):
    return {"invalid-tag-key": aws.refused(aws.client("kms").create_key, Tags=[{"TagKey": "a" * 129, "TagValue": "v"}])}


@case(KMS + "test_key_enable_rotation_status[90]", 90)
@case(KMS + "test_key_enable_rotation_status[180]", 180)
def rotation_status(aws, days):
    kms, key = aws.client("kms"), new(aws)
    kms.enable_key_rotation(KeyId=key, RotationPeriodInDays=days)
    return {"match_response": kms.get_key_rotation_status(KeyId=key)}


@case(KMS + "test_rotate_key_on_demand_with_symmetric_key_and_automatic_rotation_enabled")
def both_rotations(aws):
    kms, key = aws.client("kms"), new(aws)
    kms.enable_key_rotation(KeyId=key)
    return {"rotate-on-demand-response": kms.rotate_key_on_demand(KeyId=key),
            "rotation-status-response-after-rotation": kms.get_key_rotation_status(KeyId=key)}


@case(KMS + "test_rotate_key_on_demand_raises_error_given_key_that_does_not_exist")
def rotate_nothing(aws):
    return {"error-response": aws.refused(aws.client("kms").rotate_key_on_demand, KeyId=ABSENT)}


@case(KMS + "test_key_rotations_limits")
def rotation_limit(aws):
    kms, key = aws.client("kms"), new(aws)
    for _ in range(25):
        kms.rotate_key_on_demand(KeyId=key)
    return {"error-response": aws.refused(kms.rotate_key_on_demand, KeyId=key)}


@case(DATA + "test_generate_data_key_pair_without_plaintext_dry_run")
def dry(aws):
    return {"dryrun_exception": aws.refused(aws.client("kms").generate_data_key_pair_without_plaintext, KeyId=new(aws),
                                            KeyPairSpec="RSA_2048", DryRun=True)}


@case(KMS + "test_re_encrypt[SYMMETRIC_DEFAULT-SYMMETRIC_DEFAULT]", "SYMMETRIC_DEFAULT", "SYMMETRIC_DEFAULT")
@case(KMS + "test_re_encrypt[RSA_2048-RSAES_OAEP_SHA_256]", "RSA_2048", "RSAES_OAEP_SHA_256")
def re_encrypt(aws, spec, algorithm):
    kms = aws.client("kms")
    first, second = (new(aws, KeySpec=spec, KeyUsage="ENCRYPT_DECRYPT") for _ in range(2))
    blob = kms.encrypt(KeyId=first, Plaintext=b"x", EncryptionAlgorithm=algorithm)["CiphertextBlob"]
    moved = kms.re_encrypt(CiphertextBlob=blob, SourceKeyId=first, DestinationKeyId=second, SourceEncryptionAlgorithm=algorithm,
                           DestinationEncryptionAlgorithm=algorithm)
    return {"test_re_encrypt": {**moved, "CiphertextBlob": "ciphertext-blob"}}


@case(KMS + "test_re_encrypt_incorrect_source_key")
def wrong_source(aws):
    kms, first, second = aws.client("kms"), new(aws), new(aws)
    blob = kms.encrypt(KeyId=first, Plaintext=b"x")["CiphertextBlob"]
    return {"incorrect-source-key": aws.refused(kms.re_encrypt, CiphertextBlob=blob, SourceKeyId=second, DestinationKeyId=second)}


@case(KMS + "test_describe_with_alias_arn")
def alias_arn(aws):
    kms, created = aws.client("kms"), made(aws, Description="test - description")
    name = f"alias/{aws.name()}"
    kms.create_alias(AliasName=name, TargetKeyId=created["KeyId"])
    return {"created-key": created,
            "describe-key": kms.describe_key(KeyId=f"arn:aws:kms:{aws.region}:{aws.account}:{name}")}


@case(KMS + "test_replicate_replica_key_should_fail")
def replicate_replica(aws):
    kms, key = aws.client("kms"), new(aws, MultiRegion=True)
    far = aws.client("kms", region="eu-central-1")
    kms.replicate_key(KeyId=key, ReplicaRegion="eu-central-1")
    aws.later(far.schedule_key_deletion, KeyId=key)
    return {"fail-replicate-non-primary-key": aws.refused(far.replicate_key, KeyId=key, ReplicaRegion="eu-west-1")}


@case(KMS + "test_rotate_key_on_demand_on_external_key_with_no_key_material[SYMMETRIC_DEFAULT]", "SYMMETRIC_DEFAULT")
@case(KMS + "test_rotate_key_on_demand_on_external_key_with_no_key_material[RSA_4096]", "RSA_4096")
def rotate_without_material(aws, label):
    kms, created = aws.client("kms"), made(aws, Origin="EXTERNAL", Description="test-key")
    return {"create-kms-external-key": created,
            f"rotate-key-on-demand-error-response-{label}": aws.refused(kms.rotate_key_on_demand, KeyId=created["KeyId"])}


@case(KMS + "test_get_parameters_for_import_raises_for_non_external_kms_keys")
def import_into_own(aws):
    return {"get-import-parameters-error": aws.refused(aws.client("kms").get_parameters_for_import, KeyId=new(aws),
                                                       WrappingAlgorithm="RSAES_OAEP_SHA_256", WrappingKeySpec="RSA_2048")}


@case(KMS + "test_rotate_key_on_demand_for_external_keys_decrypts_with_previous_material")
def external_rotation(aws):
    kms, created = aws.client("kms"), made(aws, Origin="EXTERNAL", Description="test-key")
    key = created["KeyId"]
    imported = kms.import_key_material(**wrap(kms, key, b"1" * 32), **LASTING)
    sealed = kms.encrypt(KeyId=key, Plaintext=b"x")
    kms.import_key_material(**wrap(kms, key, b"2" * 32), ImportType="NEW_KEY_MATERIAL", **LASTING)
    rotated = kms.rotate_key_on_demand(KeyId=key)
    assert kms.decrypt(CiphertextBlob=sealed["CiphertextBlob"])["Plaintext"] == b"x"
    return {"create-kms-external-key": created, "import-key-material-response": imported,
            "kms-encrypt-initial-response": {**sealed, "CiphertextBlob": "ciphertext-blob"},
            "rotate-key-on-demand-response": rotated}


@case(KMS + "test_key_rotation_updates_current_key_material_id_for_aws_symmetric_keys")
def material_ids(aws):
    kms, key = aws.client("kms"), new(aws, Description="test-key")
    before = kms.describe_key(KeyId=key)
    kms.rotate_key_on_demand(KeyId=key)
    return {"describe-key-before-rotation": before, "describe-key-after-rotation": kms.describe_key(KeyId=key)}


@case(KMS + "test_derive_shared_secret_matches_openssl")
def agreement(aws):
    kms, key = aws.client("kms"), new(aws, KeySpec="ECC_NIST_P256", KeyUsage="KEY_AGREEMENT")
    form = serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    peer = ec.generate_private_key(ec.SECP256R1())
    derived = kms.derive_shared_secret(KeyId=key, KeyAgreementAlgorithm="ECDH", PublicKey=peer.public_key().public_bytes(*form))
    ours = serialization.load_der_public_key(kms.get_public_key(KeyId=key)["PublicKey"])
    assert derived["SharedSecret"] == peer.exchange(ec.ECDH(), ours)
    return {"derived-shared-key-resp": {**derived, "SharedSecret": "shared-secret"}}
