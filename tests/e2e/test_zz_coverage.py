"""Runs last (by its name): every operation listed in an ops.tsv was called by some test of this run."""

from conftest import CALLED, ROOT


def listed():
    for path in sorted(ROOT.glob("src/svc/*/ops.tsv")):
        for line in path.read_text().splitlines():
            words = line.split("#", 1)[0].split()
            if words and not words[0].startswith("!"):
                yield f"{path.parent.name} {words[0]}"


def test_every_listed_operation_was_called(yagura):
    called = set(CALLED.read_text().splitlines())
    missing = [operation for operation in listed() if operation not in called]
    assert not missing, f"listed in ops.tsv, yet no test calls: {', '.join(missing)}"
