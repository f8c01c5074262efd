"""Runs last (by its name): every operation listed in an ops.tsv was called by some test of this run, and through each client
some call of it succeeded. uncalled.tsv lists what a client can't have, and why."""

import os

import pytest

from conftest import CALLED, CLIENT, ROOT, SUCCEEDED

FEW = bool(os.environ.get("YAGURA_FEW") or os.environ.get("YAGURA_TEST_STORE"))


def listed():
    for path in sorted(ROOT.glob("src/svc/*/ops.tsv")):
        for line in path.read_text().splitlines():
            words = line.split("#", 1)[0].split()
            if words and not words[0].startswith("!"):
                yield f"{path.parent.name} {words[0]}"


def excepted(*clients):
    rows = [line.split("\t") for line in (ROOT / "tests/e2e/uncalled.tsv").read_text().splitlines() if line and line[0] != "#"]
    return {operation for client, operation, _ in rows if client in clients}


@pytest.mark.skipif(CLIENT != "boto3", reason="other clients call what they can")
def test_every_listed_operation_was_called():
    called = set(CALLED.read_text().splitlines())
    missing = [operation for operation in listed() if operation not in called]
    assert not missing, f"listed in ops.tsv, yet no test calls: {', '.join(missing)}"


@pytest.mark.skipif(FEW, reason="not all tests run in this flavour")
def test_every_listed_operation_succeeded():
    succeeded = {line.partition("\t")[0] for line in SUCCEEDED.read_text().splitlines()}
    missing = [operation for operation in listed() if operation not in succeeded | excepted(CLIENT, "all")]
    assert not missing, f"no call through {CLIENT} succeeded: {', '.join(missing)}"
    stale = sorted(excepted(CLIENT) & succeeded)
    assert not stale, f"succeeded through {CLIENT}, yet in uncalled.tsv: {', '.join(stale)}"
