"""GuardDuty through boto3 and the AWS CLI."""

import json
import shutil
import subprocess
import sys

import boto3
import botocore.config
import pytest
from botocore.exceptions import ClientError

# One detector per account and Region: each test takes a Region of its own.
REGIONS = iter(r for r in sorted(boto3.session.Session().get_available_regions("guardduty")) if r != "ap-northeast-1")
NOT_OWNED = "The request is rejected because the input detectorId is not owned by the current account."
INVALID = "The request is rejected because the parameter {} has an invalid value."

KEY = "UnauthorizedAccess:IAMUser/MaliciousIPCaller"
TOR = "UnauthorizedAccess:EC2/TorClient"
BUCKET = "Policy:S3/BucketPublicAccessGranted"
# Ours, about filters that can hide what is high.
HIDING = "Policy:IAMUser/SuppressionRuleHidesHighSeverity.Yagura"
SEQUENCE = "AttackSequence:IAM/CompromisedCredentials"


def refused(call, message=None, **arguments):
    """The call is a BadRequestException, with that text."""
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    error = caught.value.response
    assert error["Error"]["Code"] == "BadRequestException", error
    assert error["ResponseMetadata"]["HTTPStatusCode"] == 400
    if message:
        assert error["Error"]["Message"] == message


class Detector:
    """A detector made for one test, and how its findings are asked for."""

    def __init__(self, client, region):
        self.client, self.region = client, region
        self.id = client.create_detector(Enable=True)["DetectorId"]

    def samples(self, *types):
        self.client.create_sample_findings(DetectorId=self.id, FindingTypes=list(types))

    def list(self, criterion=None, **arguments):
        """All ids, page after page."""
        if criterion is not None:
            arguments["FindingCriteria"] = {"Criterion": criterion}
        pages = self.client.get_paginator("list_findings").paginate(DetectorId=self.id, **arguments)
        return [identifier for page in pages for identifier in page["FindingIds"]]

    def get(self, identifiers, **arguments):
        return self.client.get_findings(DetectorId=self.id, FindingIds=identifiers, **arguments)["Findings"]

    def all(self):
        identifiers = self.list()
        return [one for at in range(0, len(identifiers), 50) for one in self.get(identifiers[at:at + 50])]

    def types(self, criterion):
        return sorted(finding["Type"] for finding in self.get(self.list(criterion)))


@pytest.fixture
def detector(yagura):
    region = next(REGIONS)
    made = Detector(yagura.client("guardduty", region), region)
    yield made
    made.client.delete_detector(DetectorId=made.id)


@pytest.fixture
def four(detector):
    detector.samples(KEY, TOR, BUCKET, SEQUENCE)
    return detector


# Detectors


def test_the_seed_enables_guardduty_unmodified(yagura, shared):
    snippet = shared / "seed" / "snippets" / "guardduty_enable.py" if shared else None
    if snippet is None or not snippet.exists():
        pytest.skip("the shared seed is not beside this checkout")
    client = yagura.client("guardduty")
    for identifier in client.list_detectors()["DetectorIds"]:
        client.delete_detector(DetectorId=identifier)
    subprocess.run([sys.executable, str(snippet)], env=yagura.environment(), check=True, timeout=60)
    (identifier,) = client.list_detectors()["DetectorIds"]
    features = {f["Name"]: f["Status"] for f in client.get_detector(DetectorId=identifier)["Features"]}
    assert features["EKS_RUNTIME_MONITORING"] == features["LAMBDA_NETWORK_LOGS"] == "ENABLED"
    client.delete_detector(DetectorId=identifier)


def test_a_detector_with_data_sources_and_features(yagura):
    client = yagura.client("guardduty", next(REGIONS))
    made = client.create_detector(
        Enable=True,
        DataSources={
            "S3Logs": {"Enable": True},
            "Kubernetes": {"AuditLogs": {"Enable": False}},
            "MalwareProtection": {"ScanEc2InstanceWithFindings": {"EbsVolumes": True}},
        },
        Features=[
            {"Name": "EKS_RUNTIME_MONITORING", "Status": "ENABLED",
             "AdditionalConfiguration": [{"Name": "EKS_ADDON_MANAGEMENT", "Status": "ENABLED"}]},
            {"Name": "LAMBDA_NETWORK_LOGS", "Status": "DISABLED"},
        ],
        FindingPublishingFrequency="ONE_HOUR",
        Tags={"team": "blue"},
    )["DetectorId"]
    shown = client.get_detector(DetectorId=made)
    features = {f["Name"]: f for f in shown["Features"]}
    assert shown["Status"] == "ENABLED" and shown["FindingPublishingFrequency"] == "ONE_HOUR"
    assert shown["Tags"] == {"team": "blue"} and shown["CreatedAt"] and shown["UpdatedAt"]
    assert shown["ServiceRole"].endswith(
        ":role/aws-service-role/guardduty.amazonaws.com/AWSServiceRoleForAmazonGuardDuty")
    assert {name: f["Status"] for name, f in features.items()} == {
        "CLOUD_TRAIL": "ENABLED", "DNS_LOGS": "ENABLED", "FLOW_LOGS": "ENABLED", "S3_DATA_EVENTS": "ENABLED",
        "EKS_AUDIT_LOGS": "DISABLED", "EBS_MALWARE_PROTECTION": "ENABLED", "RDS_LOGIN_EVENTS": "ENABLED",
        "EKS_RUNTIME_MONITORING": "ENABLED", "LAMBDA_NETWORK_LOGS": "DISABLED", "RUNTIME_MONITORING": "DISABLED",
        "AI_PROTECTION": "DISABLED",
    }
    assert features["EKS_RUNTIME_MONITORING"]["AdditionalConfiguration"][0]["Status"] == "ENABLED"
    assert shown["DataSources"]["Kubernetes"]["AuditLogs"]["Status"] == "DISABLED"
    assert shown["DataSources"]["S3Logs"]["Status"] == "ENABLED"

    client.update_detector(DetectorId=made, DataSources={"Kubernetes": {"AuditLogs": {"Enable": True}}}, Enable=False)
    shown = client.get_detector(DetectorId=made)
    assert shown["Status"] == "DISABLED"
    assert {f["Name"]: f["Status"] for f in shown["Features"]}["EKS_AUDIT_LOGS"] == "ENABLED"

    client.delete_detector(DetectorId=made)
    refused(client.get_detector, NOT_OWNED, DetectorId=made)
    assert client.list_detectors()["DetectorIds"] == []


def test_one_detector_per_account_and_region(detector):
    refused(detector.client.create_detector,
            "The request is rejected because a detector already exists for the current account.", Enable=True)
    assert detector.client.list_detectors()["DetectorIds"] == [detector.id]


def test_client_tokens_make_creation_idempotent(yagura):
    client = yagura.client("guardduty", next(REGIONS))
    made = [client.create_detector(Enable=True, ClientToken="once")["DetectorId"] for _ in range(2)]
    assert made[0] == made[1]
    refused(client.create_detector, Enable=False, ClientToken="once")
    client.delete_detector(DetectorId=made[0])


def test_runtime_monitoring_excludes_its_older_form(detector):
    refused(detector.client.update_detector, DetectorId=detector.id, Features=[
        {"Name": "EKS_RUNTIME_MONITORING", "Status": "ENABLED"}, {"Name": "RUNTIME_MONITORING", "Status": "ENABLED"}])


def test_an_unknown_detector_is_not_owned(yagura, detector):
    client, unknown = detector.client, "0" * 32
    for call, arguments in [
        (client.get_detector, {}), (client.update_detector, {"Enable": True}), (client.delete_detector, {}),
        (client.list_findings, {}), (client.get_findings, {"FindingIds": ["x"]}),
        (client.archive_findings, {"FindingIds": ["x"]}), (client.unarchive_findings, {"FindingIds": ["x"]}),
        (client.get_findings_statistics, {"FindingStatisticTypes": ["COUNT_BY_SEVERITY"]}),
        (client.create_sample_findings, {}),
        (client.update_findings_feedback, {"FindingIds": ["x"], "Feedback": "USEFUL"}),
    ]:
        refused(call, NOT_OWNED, DetectorId=unknown, **arguments)
    elsewhere = yagura.client("guardduty", next(REGIONS))
    refused(elsewhere.get_detector, NOT_OWNED, DetectorId=detector.id)


def test_broken_constraints_are_bad_requests(yagura, detector):
    loose = yagura.client("guardduty", detector.region, config=botocore.config.Config(parameter_validation=False))
    refused(loose.list_findings, DetectorId=detector.id, MaxResults=51)
    refused(loose.list_findings, DetectorId=detector.id, MaxResults=0)
    refused(loose.create_detector)
    refused(loose.update_detector, DetectorId=detector.id, FindingPublishingFrequency="NEVER")
    refused(loose.get_findings, DetectorId=detector.id, FindingIds=["x"] * 51)


# Samples

RESOURCES = {
    "AccessKey": "AccessKeyDetails", "Instance": "InstanceDetails", "S3Bucket": "S3BucketDetails",
    "S3Object": "S3BucketDetails", "EKSCluster": "EksClusterDetails", "ECSCluster": "EcsClusterDetails",
    "Container": "ContainerDetails", "Lambda": "LambdaDetails", "RDSDBInstance": "RdsDbInstanceDetails",
    "EBSSnapshot": "EbsSnapshotDetails", "EC2Image": "Ec2ImageDetails", "RecoveryPoint": "RecoveryPointDetails",
}
ACTIONS = {
    "AWS_API_CALL": "AwsApiCallAction", "NETWORK_CONNECTION": "NetworkConnectionAction", "PORT_PROBE": "PortProbeAction",
    "DNS_REQUEST": "DnsRequestAction", "KUBERNETES_API_CALL": "KubernetesApiCallAction",
    "RDS_LOGIN_ATTEMPT": "RdsLoginAttemptAction",
}


def test_samples_of_every_type(detector):
    detector.client.create_sample_findings(DetectorId=detector.id)
    findings = detector.all()
    types = [f["Type"] for f in findings]
    assert len(types) == len(set(types)) >= 229
    for finding in findings:
        service, kind = finding["Service"], finding["Resource"]["ResourceType"]
        assert finding["Title"].startswith("[SAMPLE] ")
        assert json.loads(service["AdditionalInfo"]["Value"])["sample"] is True
        assert service["DetectorId"] == detector.id and service["Archived"] is False and service["Count"] == 1
        assert finding["Arn"].endswith(f":detector/{detector.id}/finding/{finding['Id']}")
        assert 1 <= finding["Severity"] <= 10 and finding["Region"] == detector.region
        if kind == "AttackSequence":
            assert service["Detection"]["Sequence"]["Signals"]
        else:
            assert finding["Resource"][RESOURCES[kind]], finding["Type"]
        if "Action" in service:
            assert service["Action"][ACTIONS[service["Action"]["ActionType"]]], finding["Type"]
    assert {f["Resource"]["ResourceType"] for f in findings} >= set(RESOURCES) | {"AttackSequence"}


def test_samples_again_are_repeats_not_new_findings(detector):
    detector.samples(KEY)
    detector.samples(KEY)
    (finding,) = detector.all()
    assert finding["Service"]["Count"] == 2


def test_an_unknown_sample_type_is_refused_and_makes_nothing(detector):
    refused(detector.client.create_sample_findings, INVALID.format("findingTypes"), DetectorId=detector.id,
            FindingTypes=[KEY, "Recon:EC2/NoSuchThing"])
    assert detector.list() == []


# Findings


def test_pages_hold_every_finding_once(detector):
    detector.client.create_sample_findings(DetectorId=detector.id)
    everything = detector.list()
    assert len(everything) == len(set(everything)) >= 229
    for attribute in ["severity", "type", "updatedAt", "createdAt", "service.count", "id", "accountId"]:
        for order in ["ASC", "DESC"]:
            sort = {"AttributeName": attribute, "OrderBy": order}
            assert sorted(detector.list(SortCriteria=sort)) == sorted(everything), (attribute, order)
    page = detector.client.list_findings(DetectorId=detector.id, MaxResults=7)
    assert len(page["FindingIds"]) == 7 and page["NextToken"]
    last = detector.client.list_findings(DetectorId=detector.id, FindingCriteria={"Criterion": {"type": {"Eq": [KEY]}}})
    assert len(last["FindingIds"]) == 1 and not last.get("NextToken")


def test_a_token_serves_only_its_own_list(detector):
    detector.client.create_sample_findings(DetectorId=detector.id)
    ask = {"DetectorId": detector.id}
    first = detector.client.list_findings(**ask, MaxResults=5)
    token = first["NextToken"]
    again = detector.client.list_findings(**ask, MaxResults=9, NextToken=token)
    assert len(again["FindingIds"]) == 9 and not set(again["FindingIds"]) & set(first["FindingIds"])
    middle = len(token) // 2
    changed = token[:middle] + ("A" if token[middle] != "A" else "B") + token[middle + 1:]
    for bad in [changed, token[:-4], "x", "=" * 5000]:
        refused(detector.client.list_findings, INVALID.format("nextToken"), **ask, NextToken=bad)
    refused(detector.client.list_findings, INVALID.format("nextToken"), **ask, NextToken=token,
            SortCriteria={"AttributeName": "severity"})


def test_findings_sort(four):
    for order, reverse in [("ASC", False), ("DESC", True)]:
        sort = {"AttributeName": "severity", "OrderBy": order}
        found = [f["Severity"] for f in four.get(four.list(SortCriteria=sort))]
        assert found == sorted(found, reverse=reverse) and len(found) == 4
    ordered = [f["Type"] for f in four.get(four.list(), SortCriteria={"AttributeName": "type", "OrderBy": "ASC"})]
    assert ordered == sorted(ordered)
    refused(four.client.list_findings, INVALID.format("sortCriteria"), DetectorId=four.id,
            SortCriteria={"AttributeName": "no.such.field"})


@pytest.mark.parametrize("field, condition, expected", [
    ("type", {"Eq": [KEY, TOR]}, [KEY, TOR]),
    ("type", {"Equals": [KEY]}, [KEY]),
    ("type", {"NotEquals": [KEY, SEQUENCE]}, [TOR, BUCKET]),
    ("type", {"Neq": [KEY]}, [TOR, BUCKET, SEQUENCE]),
    ("severity", {"GreaterThanOrEqual": 9}, [SEQUENCE]),
    ("severity", {"GreaterThan": 8}, [SEQUENCE]),
    ("severity", {"LessThan": 9}, [KEY, TOR, BUCKET]),
    ("severity", {"LessThanOrEqual": 1}, []),
    ("severity", {"Gte": 9}, [SEQUENCE]),
    ("severity", {"Gt": 8}, [SEQUENCE]),
    ("severity", {"Lt": 9, "Gt": 8}, []),
    ("severity", {"Lte": 8}, [KEY, TOR, BUCKET]),
    ("type", {"Matches": ["UnauthorizedAccess:*"]}, [KEY, TOR]),
    ("type", {"NotMatches": ["UnauthorizedAccess:*"]}, [BUCKET, SEQUENCE]),
    ("resource.resourceType", {"Eq": ["Instance"]}, [TOR]),
    ("resource.s3BucketDetails.name", {"Eq": ["amzn-s3-demo-bucket"]}, [BUCKET]),
    ("resource.instanceDetails.networkInterfaces.publicIp", {"Eq": ["198.51.100.0"]}, [TOR]),
    ("service.archived", {"Eq": ["false"]}, [KEY, TOR, BUCKET, SEQUENCE]),
    ("updatedAt", {"GreaterThan": 1600000000000}, [KEY, TOR, BUCKET, SEQUENCE]),
    ("updatedAt", {"LessThan": 1600000000000}, []),
])
def test_criteria(criteria_detector, field, condition, expected):
    assert criteria_detector.types({field: condition}) == sorted(expected)


@pytest.fixture(scope="module")
def criteria_detector(yagura):
    region = next(REGIONS)
    made = Detector(yagura.client("guardduty", region), region)
    made.samples(KEY, TOR, BUCKET, SEQUENCE)
    yield made
    made.client.delete_detector(DetectorId=made.id)


def test_criteria_join_by_and(four):
    assert four.types({"severity": {"Lt": 9}, "resource.resourceType": {"Neq": ["Instance", "S3Bucket"]}}) == [KEY]
    refused(four.client.list_findings, INVALID.format("findingCriteria"), DetectorId=four.id,
            FindingCriteria={"Criterion": {"no.such.field": {"Eq": ["x"]}}})


def test_archive_and_unarchive(four):
    (key,) = four.list({"type": {"Eq": [KEY]}})
    four.client.archive_findings(DetectorId=four.id, FindingIds=[key])
    assert four.get([key])[0]["Service"]["Archived"] is True
    assert four.list({"service.archived": {"Eq": ["true"]}}) == [key]
    assert len(four.list({"service.archived": {"Eq": ["false"]}})) == 3
    four.client.unarchive_findings(DetectorId=four.id, FindingIds=[key])
    assert four.list({"service.archived": {"Eq": ["true"]}}) == []


def test_unknown_finding_ids_are_refused_and_change_nothing(four):
    (key,) = four.list({"type": {"Eq": [KEY]}})
    refused(four.client.get_findings, INVALID.format("findingIds"), DetectorId=four.id, FindingIds=["nothing"])
    refused(four.client.archive_findings, INVALID.format("findingIds"), DetectorId=four.id, FindingIds=[key, "nothing"])
    assert four.get([key])[0]["Service"]["Archived"] is False
    assert four.get([]) == []


def test_feedback(four):
    (key,) = four.list({"type": {"Eq": [KEY]}})
    four.client.update_findings_feedback(DetectorId=four.id, FindingIds=[key], Feedback="NOT_USEFUL", Comments="noise")
    assert four.get([key])[0]["Service"]["UserFeedback"] == "NOT_USEFUL"


def test_findings_go_with_their_detector(yagura):
    region = next(REGIONS)
    client = yagura.client("guardduty", region)
    first = Detector(client, region)
    first.samples(KEY)
    client.delete_detector(DetectorId=first.id)
    second = Detector(client, region)
    assert second.list() == []
    client.delete_detector(DetectorId=second.id)


# Statistics


def test_statistics_by_severity(four):
    ask = {"DetectorId": four.id, "FindingStatisticTypes": ["COUNT_BY_SEVERITY"]}
    counts = four.client.get_findings_statistics(**ask)["FindingStatistics"]["CountBySeverity"]
    assert sum(counts.values()) == 4 and counts["9.0"] == 1
    narrowed = four.client.get_findings_statistics(**ask, FindingCriteria={"Criterion": {"severity": {"Gte": 9}}})
    assert narrowed["FindingStatistics"]["CountBySeverity"] == {"9.0": 1}


def test_statistics_by_group(four):
    def grouped(by, **more):
        answer = four.client.get_findings_statistics(DetectorId=four.id, GroupBy=by, **more)["FindingStatistics"]
        return answer["GroupedBy" + "".join(word.title() for word in by.split("_"))]
    assert [one["TotalFindings"] for one in grouped("ACCOUNT")] == [4]
    assert {one["FindingType"] for one in grouped("FINDING_TYPE")} == {KEY, TOR, BUCKET, SEQUENCE}
    assert {one["ResourceType"] for one in grouped("RESOURCE")} == {"AccessKey", "Instance", "S3Bucket", "AttackSequence"}
    assert sum(one["TotalFindings"] for one in grouped("SEVERITY")) == 4
    assert sum(one["TotalFindings"] for one in grouped("DATE")) == 4
    assert len(grouped("FINDING_TYPE", MaxResults=2)) == 2
    totals = [one["TotalFindings"] for one in grouped("SEVERITY", OrderBy="ASC")]
    assert totals == sorted(totals)
    assert all(one["LastGeneratedAt"] for one in grouped("ACCOUNT"))


def test_statistics_take_one_question(four):
    ask = {"DetectorId": four.id}
    refused(four.client.get_findings_statistics, **ask)
    refused(four.client.get_findings_statistics, **ask, GroupBy="ACCOUNT", FindingStatisticTypes=["COUNT_BY_SEVERITY"])
    refused(four.client.get_findings_statistics, **ask, FindingStatisticTypes=["COUNT_BY_SEVERITY"], MaxResults=5)


# Filters


def test_filters(four):
    client, ask = four.client, {"DetectorId": four.id}
    criteria = {"Criterion": {"type": {"Eq": [KEY]}, "severity": {"Gte": 1}}}
    made = client.create_filter(**ask, Name="quiet", Action="ARCHIVE", Description="known", FindingCriteria=criteria,
                                Tags={"team": "blue"})
    assert made["Name"] == "quiet"
    client.create_filter(**ask, Name="first", Rank=1, FindingCriteria={"Criterion": {"severity": {"Gte": 7}}})
    assert client.list_filters(**ask)["FilterNames"] == ["first", "quiet"]
    shown = client.get_filter(**ask, FilterName="quiet")
    assert shown["FindingCriteria"] == criteria and shown["Rank"] == 2 and shown["Action"] == "ARCHIVE"
    assert shown["Description"] == "known" and shown["Tags"] == {"team": "blue"}
    refused(client.create_filter, **ask, Name="quiet", FindingCriteria=criteria)
    client.update_filter(**ask, FilterName="quiet", Rank=1, Description="moved")
    assert client.list_filters(**ask)["FilterNames"] == ["quiet", "first"]
    page = client.list_filters(**ask, MaxResults=1)
    assert client.list_filters(**ask, MaxResults=1, NextToken=page["NextToken"])["FilterNames"] == ["first"]
    client.delete_filter(**ask, FilterName="first")
    refused(client.get_filter, INVALID.format("filterName"), **ask, FilterName="first")
    client.delete_filter(**ask, FilterName="quiet")


def test_an_archive_filter_suppresses_new_findings(detector):
    detector.client.create_filter(DetectorId=detector.id, Name="quiet", Action="ARCHIVE",
                                  FindingCriteria={"Criterion": {"type": {"Matches": ["UnauthorizedAccess:*"]}}})
    detector.samples(KEY, BUCKET)
    assert detector.types({"service.archived": {"Eq": ["true"]}}) == [KEY]
    assert detector.types({"service.archived": {"Eq": ["false"]}}) == sorted([BUCKET, HIDING])


# Tags


def arn_of(yagura, detector):
    account = yagura.client("sts").get_caller_identity()["Account"]
    return f"arn:aws:guardduty:{detector.region}:{account}:detector/{detector.id}"


def test_tags(yagura, detector):
    client, arn = detector.client, arn_of(yagura, detector)
    client.tag_resource(ResourceArn=arn, Tags={"team": "blue", "env": "prod"})
    client.tag_resource(ResourceArn=arn, Tags={"team": "red"})
    assert client.list_tags_for_resource(ResourceArn=arn)["Tags"] == {"team": "red", "env": "prod"}
    assert client.get_detector(DetectorId=detector.id)["Tags"] == {"team": "red", "env": "prod"}
    client.untag_resource(ResourceArn=arn, TagKeys=["team", "absent"])
    assert client.list_tags_for_resource(ResourceArn=arn)["Tags"] == {"env": "prod"}


def test_tags_that_are_refused(yagura, detector):
    client, arn = detector.client, arn_of(yagura, detector)
    refused(client.tag_resource, ResourceArn=arn, Tags={"aws:team": "blue"})
    refused(client.tag_resource, ResourceArn=arn, Tags={f"key{n}": "" for n in range(51)})
    assert client.list_tags_for_resource(ResourceArn=arn)["Tags"] == {}
    refused(client.tag_resource, NOT_OWNED, ResourceArn=arn[:-32] + "0" * 32, Tags={"a": "b"})


# The AWS CLI


def test_the_aws_cli(yagura, detector):
    if shutil.which("aws") is None:
        pytest.skip("no AWS CLI on PATH")

    def aws(*words):
        done = subprocess.run(["aws", "guardduty", *words, "--output", "json"], capture_output=True, text=True,
                              env=yagura.environment(detector.region), timeout=60)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout) if done.stdout.strip() else None

    assert aws("list-detectors")["DetectorIds"] == [detector.id]
    aws("create-sample-findings", "--detector-id", detector.id, "--finding-types", KEY, TOR)
    listed = aws("list-findings", "--detector-id", detector.id)["FindingIds"]
    assert len(listed) == 2
    shown = aws("get-findings", "--detector-id", detector.id, "--finding-ids", *listed)["Findings"]
    assert {f["Type"] for f in shown} == {KEY, TOR}
