"""Our decisions are those of iam-simulate: made-up cases over the whole policy language and every layer. It runs as a process
of its own, installed by tools/setup.sh; what it does otherwise than AWS's documentation says is listed in
policy_cases.DEVIATIONS, and each deviation must still be one."""

import collections
import json
import os
import pathlib
import shutil
import subprocess

import pytest

import policy_cases
import protocols

ROOT = pathlib.Path(__file__).resolve().parents[2]
ORACLE = ROOT / "build/oracles"
CASES = int(os.environ.get("YAGURA_POLICY_CASES", "6000"))


def made(name):
    driver = f"build/{protocols.flavour()}/bin/{name}"
    environment = {key: value for key, value in os.environ.items() if key not in ("MAKEFLAGS", "MAKELEVEL")}
    subprocess.run(["make", "-j2", f"FLAVOUR={protocols.flavour()}", driver], cwd=ROOT, check=True, env=environment)
    return ROOT / driver


def answers(command, cases):
    text = "".join(json.dumps(case) + "\n" for case in cases)
    done = subprocess.run([str(word) for word in command], input=text, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert len(lines) == len(cases), done.stderr or done.stdout[-500:]
    return lines


def reason_of(case, ours, theirs):
    return next((reason for reason, concerns in policy_cases.DEVIATIONS if concerns(case, ours, theirs)), None)


def test_decisions_are_those_of_iam_simulate(capsys):
    if shutil.which("node") is None or not (ORACLE / "node_modules/@cloud-copilot/iam-simulate").is_dir():
        pytest.skip("iam-simulate or node is not installed")
    cases = policy_cases.cases(CASES)
    ours = answers([made("policy_decide")], cases)
    theirs = answers(["node", ROOT / "tests/conformance/policy_oracle.cjs", ORACLE], cases)
    reasons = collections.Counter()
    wrong = []
    for case, our, their in zip(cases, ours, theirs):
        reason = reason_of(case, our, their) if our != their else None
        reasons.update([reason] if reason else [])
        wrong += [f"ours {our}, theirs {their}: {json.dumps(case)}"] if our != their and not reason else []
    with capsys.disabled():
        print(f"\ncorpus iam-simulate: run {len(cases)} passed {len(cases) - len(wrong) - reasons.total()}")
        print(f"decisions: {dict(collections.Counter(ours))}")
        for reason, count in reasons.items():
            print(f"deviation, {count} cases: {reason}")
    assert not wrong, f"{len(wrong)} decisions differ\n" + "\n".join(wrong[:5])
    stale = {reason for reason, _ in policy_cases.DEVIATIONS} - set(reasons)
    assert not stale or CASES < 6000, f"no longer deviations: {stale}"
