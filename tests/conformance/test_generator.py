"""tools/model.py: mistakes in ops.tsv end the build with their name, and the same input gives the same output."""

import pathlib
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent


def generate(folder, out, text):
    service = folder / "sts"
    service.mkdir(exist_ok=True)
    (service / "ops.tsv").write_text(text)
    return subprocess.run([sys.executable, "tools/model.py", "--services", folder, "--out", out], cwd=ROOT, text=True,
                          capture_output=True)


@pytest.mark.parametrize("line, complaint", [
    ("GetCallerIdentitee read * management", "GetCallerIdentitee is not an operation of the model"),
    ("GetCallerIdentity peek * management", "access is read or write, not peek"),
    ("GetCallerIdentity read * sometimes", "audit is management, data or none, not sometimes"),
    ("GetCallerIdentity read *", "expected operation, access, resource, audit"),
    ("GetCallerIdentity read * none\nGetCallerIdentity read * none", "stands there twice"),
    ("!colour red", "unknown directive !colour"),
])
def test_a_mistake_is_named(tmp_path, line, complaint):
    run = generate(tmp_path, tmp_path / "out", f"!validation ValidationError\n{line}\n")
    assert run.returncode == 1 and complaint in run.stderr


def test_a_service_must_name_its_validation_fault(tmp_path):
    assert "names no !validation fault" in generate(tmp_path, tmp_path / "out", "GetCallerIdentity read * none\n").stderr


def test_the_same_input_gives_the_same_output(tmp_path):
    text = "!validation ValidationError\nGetCallerIdentity read * none # why\n"
    for out in ("a", "b"):
        assert generate(tmp_path, tmp_path / out, text).returncode == 0
    for path in (tmp_path / "a").iterdir():
        assert path.read_text() == (tmp_path / "b" / path.name).read_text()
    header = (tmp_path / "a/sts_model.h").read_text()
    assert "struct err sts_get_caller_identity(struct request *rq, const struct sts_get_caller_identity_in *in," in header
    assert "struct err sts_assume_role(" not in header
