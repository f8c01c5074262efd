"""The root key: its sources, its replacement, and that nothing of it or of what it seals lies about."""

import base64
import os
import pathlib
import random
import re
import resource
import shutil
import signal
import subprocess
import time

import pytest

from conftest import Yagura, binary, until
from test_kms import LASTING, refused, wrapped

FEW = bool(os.environ.get("YAGURA_FEW") or os.environ.get("YAGURA_TEST_STORE"))
SOFTHSM = next((p for p in ("/usr/lib/softhsm/libsofthsm2.so", "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so")
                if pathlib.Path(p).exists()), None)
needs_token = pytest.mark.skipif(not SOFTHSM or not shutil.which("softhsm2-util"), reason="needs softhsm2")


def secret_file(folder, name, text):
    path = folder / name
    path.write_text(text)
    path.chmod(0o600)
    return path


@pytest.fixture(scope="module")
def token(tmp_path_factory):
    """URI of a fresh SoftHSM token; the environment names it to this process and its children."""
    folder = tmp_path_factory.mktemp("token")
    (folder / "tokens").mkdir()
    (folder / "softhsm2.conf").write_text(f"directories.tokendir = {folder}/tokens\nlog.level = ERROR\n")
    before = os.environ.get("SOFTHSM2_CONF")
    os.environ["SOFTHSM2_CONF"] = str(folder / "softhsm2.conf")
    subprocess.run(["softhsm2-util", "--init-token", "--free", "--label", "yagura", "--pin", "1234567", "--so-pin", "7654321"],
                   check=True, capture_output=True)
    pin = secret_file(folder, "pin", "1234567\n")
    yield f"pkcs11:token=yagura?module-path={SOFTHSM}&pin-source={pin}"
    os.environ.pop("SOFTHSM2_CONF") if before is None else os.environ.update(SOFTHSM2_CONF=before)


def admin(data, *options, check=True, environment=None):
    done = subprocess.run([binary(), "admin", "rotate-root-key", "--data", str(data), *options], capture_output=True, text=True,
                          env={**os.environ, **(environment or {})})
    assert not check or done.returncode == 0, done.stderr
    return done


def start(data, *options):
    return Yagura(data, *options).start()


def seal_something(server):
    kms = server.client("kms")
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    return kms.encrypt(KeyId=key, Plaintext=b"sealed before")["CiphertextBlob"]


def opens(server, blob):
    return server.client("kms").decrypt(CiphertextBlob=blob)["Plaintext"] == b"sealed before"


def refuses(data, *options):
    """Why serve does not start."""
    done = subprocess.run([binary(), "serve", "--listen", "127.0.0.1:0", "--data", str(data), *options], capture_output=True,
                          text=True, timeout=20)
    assert done.returncode == 4
    return done.stderr


@needs_token
@pytest.mark.skipif(FEW, reason="once is enough")
def test_the_root_key_moves_from_source_to_source(tmp_path, token):
    data = tmp_path / "data"
    server = start(data)
    blob = seal_something(server)
    assert "holds" in admin(data, check=False).stderr or admin(data, check=False).returncode == 4  # it is in use
    server.stop()
    before = (data / "root.key").read_bytes()
    admin(data)
    assert (data / "root.key").read_bytes() != before

    phrase = secret_file(tmp_path, "phrase", "correct horse battery staple\n")
    passphrase = f"passphrase:{phrase}"
    admin(data, "--to", passphrase)
    assert not (data / "root.key").exists() and (data / "root.sealed").stat().st_mode & 0o777 == 0o600
    assert "name what opens it with --root-key" in refuses(data)
    wrong = secret_file(tmp_path, "wrong", "incorrect horse\n")
    assert "a wrong passphrase" in refuses(data, "--root-key", f"passphrase:{wrong}")
    server = start(data, "--root-key", passphrase)
    assert opens(server, blob)
    server.stop()

    admin(data, "--root-key", passphrase, "--to", token)
    assert "another kind of source" in refuses(data, "--root-key", passphrase)
    server = start(data, "--root-key", token)
    assert opens(server, blob)
    server.stop()

    secret_file(tmp_path, "first", "a" * 64)
    credentials = {"CREDENTIALS_DIRECTORY": str(tmp_path)}
    admin(data, "--root-key", token, "--to", "credential:first", environment=credentials)
    assert "CREDENTIALS_DIRECTORY" in refuses(data, "--root-key", "credential:first")
    admin(data, "--root-key", "credential:first", "--to", "file", environment=credentials)
    server = start(data)
    assert opens(server, blob)
    server.stop()


def test_a_killed_replacement_is_finished_or_undone(tmp_path):
    data = tmp_path / "data"
    server = start(data)
    blob = seal_something(server)
    server.stop()
    for _ in range(2 if FEW else 10):
        process = subprocess.Popen([binary(), "admin", "rotate-root-key", "--data", str(data)], stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL)
        time.sleep(random.uniform(0, 0.03))
        process.kill()
        process.wait()
        server = start(data)
        assert opens(server, blob)
        server.stop()
        assert not list(data.glob("*.next"))


def test_another_root_key_is_refused_before_anything_is_lost(tmp_path):
    data = tmp_path / "data"
    server = start(data)
    blob = seal_something(server)
    server.stop()
    right = (data / "root.key").read_bytes()
    (data / "root.key").write_bytes(os.urandom(32))
    assert "sealed under another root key" in refuses(data)
    (data / "root.key").write_bytes(right)
    server = start(data)
    assert opens(server, blob)
    server.stop()


def read_memory(pid):
    """The bytes of every readable mapping."""
    with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
        for line in maps.read().splitlines():
            begin, end, rights = re.match(r"([0-9a-f]+)-([0-9a-f]+) (....)", line).groups()
            if rights[0] == "r":
                try:
                    memory.seek(int(begin, 16))
                    yield memory.read(int(end, 16) - int(begin, 16))
                except (OSError, ValueError, OverflowError):
                    continue


def core_of(pid, folder):
    """What a debugger saves of the running process, as its coredump_filter says; None without a debugger."""
    if shutil.which("gcore") is None:
        return None
    done = subprocess.run(["gcore", "-o", str(folder / "image"), str(pid)], capture_output=True, text=True, timeout=60)
    path = folder / f"image.{pid}"
    assert path.exists(), done.stderr
    return path.read_bytes()


@pytest.mark.skipif(bool(os.environ.get("YAGURA_FEW")), reason="sanitizers keep what was freed")
def test_no_secret_lies_in_memory_images_logs_or_on_disk(tmp_path):
    """Markers are planted as key material, plaintext, access key and session; then memory and files are searched."""
    data = tmp_path / "data"
    server = start(data, "--log-level", "debug")
    kms, iam, sts = server.client("kms"), server.client("iam"), server.client("sts")
    marker = b"MARKER-key-material-0123456789ab"
    key = kms.create_key(Origin="EXTERNAL")["KeyMetadata"]["KeyId"]
    kms.import_key_material(**wrapped(kms, key, marker), **LASTING)
    plain = b"MARKER-plaintext-of-a-caller-" * 4
    assert kms.decrypt(CiphertextBlob=kms.encrypt(KeyId=key, Plaintext=plain)["CiphertextBlob"])["Plaintext"] == plain
    iam.create_user(UserName="marked")
    secret = iam.create_access_key(UserName="marked")["AccessKey"]["SecretAccessKey"].encode()
    session = sts.get_session_token()["Credentials"]
    for _ in range(50):  # other calls come after it and use the same buffers
        kms.list_keys()
        iam.list_users()
    root = (data / "root.key").read_bytes()
    wanted = {"plaintext": plain[:29], "access key": secret, "session's secret": session["SecretAccessKey"].encode(),
              "session token": session["SessionToken"].encode()[:40], "plaintext as it was sent": base64.b64encode(plain)[:36]}
    kept = {"key material": marker, "root key": root}  # are in use: locked in memory, and out of every core
    pid = server.process.pid
    image = b"".join(read_memory(pid))
    assert kept["key material"] in image, "what is looked for would be found"
    assert not [name for name, value in wanted.items() if value in image]
    assert int(pathlib.Path(f"/proc/{pid}/coredump_filter").read_text(), 16) == 0
    core = core_of(pid, tmp_path)
    wanted.update(kept)
    assert core is None or not [name for name, value in wanted.items() if value in core]
    wanted.pop("root key")  # its own file holds it
    server.stop()
    for path in [p for p in data.rglob("*") if p.is_file()]:
        content = path.read_bytes()
        found = [name for name, value in wanted.items() if value in content]
        assert not found, f"{path.name} holds {found}"
    assert not [name for name, value in wanted.items() if value in server.log.read_bytes()]


@pytest.mark.skipif(FEW, reason="once is enough")
def test_a_crash_leaves_no_core(tmp_path):
    def crash(*command):
        def allow_cores():
            resource.setrlimit(resource.RLIMIT_CORE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
            os.chdir(tmp_path)
        return subprocess.Popen(command, preexec_fn=allow_cores, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    crash("python3", "-c", "import os; os.abort()").wait(20)
    if not list(tmp_path.glob("core*")):
        pytest.skip("this machine leaves no cores in the working folder of a process")
    for path in tmp_path.glob("core*"):
        path.unlink()
    process = crash(binary(), "serve", "--listen", "127.0.0.1:0", "--data", str(tmp_path / "data"))
    until(lambda: (tmp_path / "data" / "endpoint").exists(), "it starts")
    process.send_signal(signal.SIGABRT)
    assert process.wait(20) == -signal.SIGABRT
    assert not list(tmp_path.glob("core*"))


@needs_token
def test_keys_of_a_custom_key_store_stay_in_the_token(tmp_path, token):
    cluster, other = "cluster-abcdefghijk", "cluster-bcdefghijkl"
    data = tmp_path / "data"
    options = ["--hsm", f"{cluster}={token.split('&pin-source')[0]}"]
    server = start(data, *options)
    kms = server.client("kms")
    asked = dict(CustomKeyStoreName="hsm", KeyStorePassword="1234567", TrustAnchorCertificate="certificate")
    refused(kms.create_custom_key_store, "CloudHsmClusterNotFoundException", CloudHsmClusterId=other, **asked)
    refused(kms.create_custom_key_store, "UnsupportedOperationException", CustomKeyStoreName="x",
            CustomKeyStoreType="EXTERNAL_KEY_STORE")
    store = kms.create_custom_key_store(CloudHsmClusterId=cluster, **asked)["CustomKeyStoreId"]
    refused(kms.create_custom_key_store, "CustomKeyStoreNameInUseException", CloudHsmClusterId=cluster, **asked)
    make = dict(Origin="AWS_CLOUDHSM", CustomKeyStoreId=store)
    refused(kms.create_key, "CustomKeyStoreInvalidStateException", **make)

    kms.update_custom_key_store(CustomKeyStoreId=store, KeyStorePassword="wrong-pin")
    kms.connect_custom_key_store(CustomKeyStoreId=store)
    shown = kms.describe_custom_key_stores(CustomKeyStoreId=store)["CustomKeyStores"][0]
    assert (shown["ConnectionState"], shown["ConnectionErrorCode"]) == ("FAILED", "INVALID_CREDENTIALS")
    kms.update_custom_key_store(CustomKeyStoreId=store, KeyStorePassword="1234567", NewCustomKeyStoreName="renamed")
    kms.connect_custom_key_store(CustomKeyStoreId=store)
    assert kms.describe_custom_key_stores(CustomKeyStoreName="renamed")["CustomKeyStores"][0]["ConnectionState"] == "CONNECTED"

    key = kms.create_key(**make)["KeyMetadata"]
    assert key["CustomKeyStoreId"] == store and key["Origin"] == "AWS_CLOUDHSM"
    context = {"a": "b"}
    blob = kms.encrypt(KeyId=key["KeyId"], Plaintext=b"in the token", EncryptionContext=context)["CiphertextBlob"]
    made = kms.generate_data_key(KeyId=key["KeyId"], KeySpec="AES_256")
    assert kms.decrypt(CiphertextBlob=blob, EncryptionContext=context)["Plaintext"] == b"in the token"
    assert kms.decrypt(CiphertextBlob=made["CiphertextBlob"])["Plaintext"] == made["Plaintext"]
    refused(kms.decrypt, "InvalidCiphertextException", CiphertextBlob=blob)
    refused(kms.decrypt, "InvalidCiphertextException", CiphertextBlob=blob[:-1] + bytes([blob[-1] ^ 1]), EncryptionContext=context)
    refused(kms.rotate_key_on_demand, "UnsupportedOperationException", KeyId=key["KeyId"])
    refused(kms.create_key, "UnsupportedOperationException", KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY", **make)
    refused(kms.delete_custom_key_store, "CustomKeyStoreHasCMKsException", CustomKeyStoreId=store)

    kms.disconnect_custom_key_store(CustomKeyStoreId=store)
    refused(kms.decrypt, "KMSInvalidStateException", CiphertextBlob=blob, EncryptionContext=context)
    assert kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"]["KeyState"] == "Unavailable"
    kms.update_key_description(KeyId=key["KeyId"], Description="meanwhile")
    kms.connect_custom_key_store(CustomKeyStoreId=store)
    server.stop()

    server = start(data, *options)  # connected still: the token is logged in to when it is first needed
    kms = server.client("kms")
    assert kms.decrypt(CiphertextBlob=blob, EncryptionContext=context)["Plaintext"] == b"in the token"
    empty = kms.create_custom_key_store(CloudHsmClusterId=cluster, **asked)["CustomKeyStoreId"]
    kms.delete_custom_key_store(CustomKeyStoreId=empty)
    server.stop()
