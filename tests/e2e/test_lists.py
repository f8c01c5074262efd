"""Lists of the GuardDuty API: through their states, from S3 and from files, and what they do to findings while the server runs."""

import botocore.exceptions
import fake_aws
import pytest
from conftest import Yagura, own_store, until
from test_detect_cli import STEALTH, record, stop_logging, write

KINDS = {
    "ip_set": ("IpSetId", "IpSetIds", "ipset"),
    "threat_intel_set": ("ThreatIntelSetId", "ThreatIntelSetIds", "threatintelset"),
    "trusted_entity_set": ("TrustedEntitySetId", "TrustedEntitySetIds", "trustedentityset"),
    "threat_entity_set": ("ThreatEntitySetId", "ThreatEntitySetIds", "threatentityset"),
}
RECON = "Recon:IAMUser/MaliciousIPCaller.Custom"


@pytest.fixture
def server(tmp_path, monkeypatch):
    fake = fake_aws.FakeAws()
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", fake.endpoint)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", fake_aws.ACCESS_KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", fake_aws.SECRET)
    monkeypatch.delenv("AWS_SESSION_TOKEN", raising=False)
    for name in ("logs", "lists"):
        (tmp_path / name).mkdir()
    server = Yagura(tmp_path / "data", "--watch", tmp_path / "logs", "--watch-interval", 20, "--list-folder", tmp_path / "lists",
                    store=own_store()).start()
    server.fake = fake
    yield server
    server.stop()
    fake.stop()


def guardduty(server):
    client = server.client("guardduty", region="us-east-1")
    known = client.list_detectors()["DetectorIds"]
    return client, known[0] if known else client.create_detector(Enable=True)["DetectorId"]


def call(client, verb, kind, **arguments):
    return getattr(client, f"{verb}_{kind}")(**arguments)


def reaches(client, detector, kind, made, state):
    key = KINDS[kind][0]

    def got():
        answer = call(client, "get", kind, DetectorId=detector, **{key: made})
        return answer if answer["Status"] == state else None
    return until(got, f"{kind} {state}")


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_goes_through_its_states(server, kind):
    client, detector = guardduty(server)
    key, keys, noun = KINDS[kind]
    server.fake.put("lists-bucket", "a list.txt", b"198.51.100.7\nnonsense\n10.0.0.1\n")
    made = call(client, "create", kind, DetectorId=detector, Name="mine", Format="TXT", Activate=True, Tags={"team": "security"},
                Location="https://s3.amazonaws.com/lists-bucket/a%20list.txt")[key]
    got = reaches(client, detector, kind, made, "ACTIVE")
    assert (got["Name"], got["Format"], got["Tags"]) == ("mine", "TXT", {"team": "security"})
    assert got["Location"] == "https://s3.amazonaws.com/lists-bucket/a%20list.txt"
    assert call(client, f"list", f"{kind}s", DetectorId=detector)[keys] == [made]
    arn = f"arn:aws:guardduty:us-east-1:111122223333:detector/{detector}/{noun}/{made}"
    client.tag_resource(ResourceArn=arn, Tags={"more": "1"})
    assert client.list_tags_for_resource(ResourceArn=arn)["Tags"] == {"team": "security", "more": "1"}

    call(client, "update", kind, DetectorId=detector, Activate=False, Name="renamed", **{key: made})
    assert reaches(client, detector, kind, made, "INACTIVE")["Name"] == "renamed"
    call(client, "update", kind, DetectorId=detector, Activate=True, Location="s3://lists-bucket/none.txt", **{key: made})
    got = reaches(client, detector, kind, made, "ERROR")
    if "entity" in kind:
        assert "404" in got["ErrorDetails"] and got["CreatedAt"] <= got["UpdatedAt"]
    call(client, "delete", kind, DetectorId=detector, **{key: made})
    reaches(client, detector, kind, made, "DELETED")
    assert call(client, f"list", f"{kind}s", DetectorId=detector)[keys] == []
    with pytest.raises(botocore.exceptions.ClientError, match="no such resource"):
        call(client, "get", kind, DetectorId=detector, **{key: "f" * 32})


def found(client, detector, kind=RECON):
    ids = client.list_findings(DetectorId=detector)["FindingIds"]
    return [f for f in client.get_findings(DetectorId=detector, FindingIds=ids)["Findings"] if f["Type"] == kind] if ids else []


def count(client, detector, kind=RECON):
    return sum(f["Service"]["Count"] for f in found(client, detector, kind))


def stopped(client, detector):
    return count(client, detector, STEALTH)


def test_a_list_acts_while_the_server_runs_and_after_it_was_killed(server, tmp_path):
    client, detector = guardduty(server)
    logs, lists = tmp_path / "logs", tmp_path / "lists"
    (lists / "threats.csv").write_text("Indicator type, Indicator, Description\nIPv4, 198.51.100.7, botnet\n")
    write(logs / "1.json", record(1, "ListUsers"))
    made = client.create_threat_intel_set(DetectorId=detector, Name="mine", Format="OTX_CSV", Activate=True,
                                          Location=f"file://{lists}/threats.csv")["ThreatIntelSetId"]
    reaches(client, detector, "threat_intel_set", made, "ACTIVE")
    numbers = iter(range(2, 1000))

    def acts():
        """Lists reach the judge a moment after they are active."""
        number = next(numbers)
        write(logs / f"{number}.json", record(number, "ListUsers"))
        return count(client, detector) > 0
    until(acts, "a finding by the list")
    assert found(client, detector)[0]["Service"]["Evidence"]["ThreatIntelligenceDetails"] == [
        {"ThreatListName": "mine", "ThreatNames": ["botnet"]}]

    # What changed in the file counts when it is activated again, not before; kill -9 forgets nothing.
    (lists / "threats.csv").write_text("IPv4, 203.0.113.9, other\n")
    server.kill()
    server.start()
    client, detector = guardduty(server)
    before = count(client, detector)
    write(logs / "2000.json", record(2000, "ListUsers"))
    until(lambda: count(client, detector) > before, "a finding after the restart")

    # Trusted beats threat.
    (lists / "trusted.txt").write_text("198.51.100.0/24\n")
    trusted = client.create_ip_set(DetectorId=detector, Name="ours", Format="TXT", Activate=True,
                                   Location=f"file://{lists}/trusted.txt")["IpSetId"]
    reaches(client, detector, "ip_set", trusted, "ACTIVE")
    numbers = iter(range(3000, 9000))

    def is_quiet():
        """One more record without a finding; the call beside it shows that the log was read."""
        number, before = next(numbers), count(client, detector)
        write(logs / f"{number}.json", record(number, "ListUsers"), stop_logging(number + 10000))
        seen = stopped(client, detector)
        until(lambda: stopped(client, detector) > seen, "the log is read")
        return count(client, detector) == before
    seen = write(logs / "2999.json", stop_logging(2999))
    until(lambda: seen and stopped(client, detector) == 1, "the first of the calls beside")
    until(is_quiet, "no more findings by trusted addresses")


def test_files_outside_the_folder_are_not_read(server, tmp_path):
    client, detector = guardduty(server)
    (tmp_path / "secret.txt").write_text("198.51.100.7\n")
    (tmp_path / "lists" / "link.txt").symlink_to(tmp_path / "secret.txt")
    for number, path in enumerate(["secret.txt", "lists/../secret.txt", "lists/link.txt", "lists/none.txt", "lists"]):
        made = client.create_threat_entity_set(DetectorId=detector, Name=f"n{number}", Format="TXT", Activate=True,
                                               Location=f"file://{tmp_path}/{path}")["ThreatEntitySetId"]
        assert "--list-folder" in reaches(client, detector, "threat_entity_set", made, "ERROR")["ErrorDetails"]
