"""Every protocol case of ../shared; a corpus that is there but of which nothing ran is a failure."""

import pytest

import protocols


@pytest.fixture(scope="module")
def driver():
    if not protocols.CORPUS.exists():
        pytest.skip(f"{protocols.CORPUS} is not there")
    return protocols.build()


def judge(capsys, name, run, failures):
    with capsys.disabled():
        print(f"\ncorpus {name}: run {run} passed {run - len(failures)}")
    assert run > 0, f"the corpus {name} is there, yet no case of it ran"
    assert not failures, "\n".join(failures)


def test_requests_of_botocore_decode_into_their_parameters(driver, capsys):
    judge(capsys, "botocore-input", *protocols.run_botocore(driver, "input"))


def test_botocore_reads_our_answers_as_it_reads_its_own(driver, capsys):
    judge(capsys, "botocore-output", *protocols.run_botocore(driver, "output"))


def test_malformed_requests_are_refused(driver, capsys):
    judge(capsys, "smithy-malformed", *protocols.run_malformed(driver))
