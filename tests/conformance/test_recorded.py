"""What AWS answered once, we answer too: recorded.py says how. Each recording passes, or is listed with its reason."""

import importlib.util
import json
import os
import pathlib

import pytest

import recorded

ROOT = pathlib.Path(__file__).resolve().parents[2]
SHARED = pathlib.Path(os.environ.get("YAGURA_SHARED", ROOT.parent / "shared"))
SERVICES = [service for service, folder in recorded.SERVICES.items()
            if (SHARED / "corpora/aws_recorded" / folder).is_dir()]
RECORDINGS = {service: recorded.recordings(SHARED, service) for service in SERVICES}
MISSES = {service: recorded.misses(service) for service in SERVICES}
WRITTEN = [(service, name) for service in SERVICES for name in sorted(recorded.load(service))]


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """One `yagura serve`, as the end-to-end tests start it; what is called here doesn't count there."""
    spec = importlib.util.spec_from_file_location("e2e_server", ROOT / "tests/e2e/conftest.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.Yagura.note = lambda self, model, **_: None
    made = module.Yagura(tmp_path_factory.mktemp("recorded") / "data").start()
    yield made
    made.stop()


@pytest.fixture(scope="module")
def account(server):
    return server.client("sts").get_caller_identity()["Account"]


@pytest.mark.skipif(not SERVICES, reason="no recordings beside the checkout")
@pytest.mark.parametrize("service, name", [one for one in WRITTEN if one[1] not in MISSES[one[0]]],
                         ids=lambda value: value)
def test_what_was_recorded_is_what_we_answer(server, account, service, name):
    assert name in RECORDINGS[service], "there is no such recording"
    differences = recorded.run(server, account, service, name, RECORDINGS[service][name])
    assert not differences, "\n".join(differences[:20])


@pytest.mark.skipif(not SERVICES, reason="no recordings beside the checkout")
@pytest.mark.parametrize("service", SERVICES)
def test_every_recording_has_a_case_or_a_reason(server, account, capsys, service):
    cases, all_of_them, listed = recorded.CASES[service], RECORDINGS[service], MISSES[service]
    run = [name for name in cases if name in all_of_them]
    stale = sorted(name for name in run if name in listed
                   and not recorded.run(server, account, service, name, all_of_them[name]))
    with capsys.disabled():
        print(f"\ncorpus aws_recorded/{service}: {len(all_of_them)} recorded, run {len(run)} passed "
              f"{sum(1 for name in run if name not in listed)} listed as missed {len(listed)}")
    assert run, f"the recordings of {service} are there, yet no case of them ran"
    assert not stale, f"listed in recorded_misses/{service}.tsv, but passing: {stale}"
    unknown = sorted(set(listed) - set(all_of_them))
    assert not unknown, f"listed in recorded_misses/{service}.tsv, but not recorded: {unknown}"
    unlisted = sorted(set(all_of_them) - set(cases) - set(listed))
    assert not unlisted, (f"{len(unlisted)} recordings have neither a case in recorded_{service}.py nor a line in "
                          f"recorded_misses/{service}.tsv:\n" + "\n".join(f"{name}\tREASON" for name in unlisted))


SAMPLE = {"one": {"Arn": "arn:<partition>:iam::111111111111:role/<name:1>", "Name": "<name:1>", "At": "<datetime>",
                  "Other": "<name:2>", "ResponseMetadata": {"HTTPHeaders": {}, "HTTPStatusCode": 200}}}
ANSWER = {"one": {"Arn": "arn:aws:iam::444455556666:role/a", "Name": "a", "At": "2026-01-01", "Other": "b",
                  "ResponseMetadata": {"HTTPHeaders": {"date": "now"}, "HTTPStatusCode": 200, "RequestId": "r"}}}


@pytest.mark.parametrize("member, value, fits", [
    ("Name", "a", True), ("Name", "c", False), ("Other", "a", False), ("More", "x", False), ("Arn", "arn:aws:iam::1:role/a", False),
    ("At", "any", True), ("ResponseMetadata", {"HTTPStatusCode": 400}, False)])
def test_the_comparison_sees_what_differs(member, value, fits):
    ours = json.loads(json.dumps(ANSWER))
    ours["one"][member] = value
    assert (recorded.Comparison("444455556666", "us-east-1").compare(SAMPLE, ours) == []) == fits
