"""yagura suppress as its user sees it."""

import json
import os
import subprocess

import boto3
import pytest
from test_detect_cli import BINARY, stop_logging
from test_notify import opened_to, told  # noqa: F401 (a fixture)
from test_sources import wait_for

pytestmark = pytest.mark.skipif("YAGURA_TEST_STORE" in os.environ, reason="on SQLite alone")


def suppress(server, *words):
    return subprocess.run([BINARY, "suppress", "--data", server.data, *words], capture_output=True, text=True, timeout=60)


def by(name, event):
    return event | {"userIdentity": event["userIdentity"] | {"userName": name, "arn": f"arn:aws:iam::111122223333:user/{name}"}}


def test_a_finding_becomes_a_filter_with_a_reason_and_an_end(told):  # noqa: F811
    server = told()
    keys = json.loads((server.data / "credentials").read_text())
    client = boto3.client("guardduty", region_name="us-east-1", endpoint_url=(server.data / "endpoint").read_text().strip(),
                          aws_access_key_id=keys["accessKeyId"], aws_secret_access_key=keys["secretAccessKey"])
    detector = client.create_detector(Enable=True)["DetectorId"]
    told.write(opened_to(1, "444455556666", "records"), stop_logging(2))

    def listed(archived="false"):
        return client.list_findings(DetectorId=detector, FindingCriteria={"Criterion": {
            "type": {"Equals": ["Exfiltration:S3/TransferDataToCloudAccount"]}, "service.archived": {"Equals": [archived]}}})["FindingIds"]

    wait_for(listed)
    finding = listed()[0]
    looked = suppress(server, "--from", finding, "--dry-run", "--preview", "3660d")
    assert looked.returncode == 0 and "records" in looked.stdout and "would have hidden 1 findings" in looked.stderr
    assert client.list_filters(DetectorId=detector)["FilterNames"] == []
    done = suppress(server, "--from", finding, "--reason", "partner export", "--expires", "30d")
    assert done.returncode == 0, done.stderr
    made = client.get_filter(DetectorId=detector, FilterName=f"suppress-{finding[:12]}")
    assert made["Action"] == "ARCHIVE" and made["Description"] == "partner export"
    told.write(by("bob", opened_to(3, "444455556666", "records")), name="b")
    wait_for(lambda: len(listed("true")) == 1)
    assert listed() == [finding]


@pytest.mark.parametrize("words, said", [
    ([], "--from"), (["--from", "0" * 32, "--expires", "1d"], "--reason"), (["--from", "0" * 32, "--reason", "x"], "--expires"),
    (["--from", "0" * 32, "--reason", "x", "--expires", "2001-01-01"], "--expires"), (["--from", "x", "--preview", "soon"], "--preview"),
])
def test_wrong_use_says_what_to_do(told, words, said):  # noqa: F811
    done = suppress(told(), *words)
    assert done.returncode == 2 and said in done.stderr
