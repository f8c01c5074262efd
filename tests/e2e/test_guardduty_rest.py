"""What GuardDuty answers of plans, scans, coverage, usage, organisations and AWS's own rules: truthfully, through boto3."""

import csv
import json

import pytest
from botocore.exceptions import ClientError

from conftest import until

HOME, FOREIGN = "111122223333", "999988887777"
THIRD = "777788889999"
REGION = "sa-east-1"


@pytest.fixture(scope="module")
def client(yagura):
    return yagura.client("guardduty", REGION)


@pytest.fixture
def detector(client):
    made = client.create_detector(Enable=True)["DetectorId"]
    yield made
    client.delete_detector(DetectorId=made)


def refused(code, call, words="", **arguments):
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    error = caught.value.response["Error"]
    assert error["Code"] == code and words in error["Message"], error


# Malware


def test_plans_are_kept_and_say_that_they_protect_nothing(client):
    role = f"arn:aws:iam::{HOME}:role/scanner"
    bucket = {"S3Bucket": {"BucketName": "uploads", "ObjectPrefixes": ["in/", "new/"]}}
    made = client.create_malware_protection_plan(Role=role, ProtectedResource=bucket, ClientToken="once",
                                                 Actions={"Tagging": {"Status": "ENABLED"}}, Tags={"team": "blue"})
    plan = made["MalwareProtectionPlanId"]
    again = client.create_malware_protection_plan(Role=role, ProtectedResource=bucket, ClientToken="once")
    assert again["MalwareProtectionPlanId"] == plan
    refused("ConflictException", client.create_malware_protection_plan, Role=role, ProtectedResource=bucket)
    shown = client.get_malware_protection_plan(MalwareProtectionPlanId=plan)
    assert shown["Role"] == role and shown["ProtectedResource"] == bucket and shown["CreatedAt"]
    assert shown["Actions"] == {"Tagging": {"Status": "ENABLED"}} and shown["Tags"] == {"team": "blue"}
    assert shown["Status"] == "ERROR" and "no malware engine" in shown["StatusReasons"][0]["Message"]
    assert shown["Arn"] == f"arn:aws:guardduty:{REGION}:{HOME}:malware-protection-plan/{plan}"
    client.tag_resource(ResourceArn=shown["Arn"], Tags={"env": "prod"})
    assert client.list_tags_for_resource(ResourceArn=shown["Arn"])["Tags"] == {"team": "blue", "env": "prod"}
    refused("BadRequestException", client.list_tags_for_resource, "resourceArn", ResourceArn=shown["Arn"] + "0")
    assert {"MalwareProtectionPlanId": plan} in client.list_malware_protection_plans()["MalwareProtectionPlans"]
    client.update_malware_protection_plan(MalwareProtectionPlanId=plan, Role=role + "2",
                                          Actions={"Tagging": {"Status": "DISABLED"}},
                                          ProtectedResource={"S3Bucket": {"ObjectPrefixes": ["in/"]}})
    shown = client.get_malware_protection_plan(MalwareProtectionPlanId=plan)
    assert shown["Role"] == role + "2" and shown["Actions"]["Tagging"]["Status"] == "DISABLED"
    assert shown["ProtectedResource"]["S3Bucket"] == {"BucketName": "uploads", "ObjectPrefixes": ["in/"]}
    client.delete_malware_protection_plan(MalwareProtectionPlanId=plan)
    refused("ResourceNotFoundException", client.get_malware_protection_plan, MalwareProtectionPlanId=plan)
    refused("ResourceNotFoundException", client.delete_malware_protection_plan, MalwareProtectionPlanId=plan)
    refused("BadRequestException", client.create_malware_protection_plan, "protectedResource", Role=role,
            ProtectedResource={"S3Bucket": {"BucketName": "NO"}})


def test_scans_are_skipped_and_never_called_clean(client, detector):
    instance = f"arn:aws:ec2:{REGION}:{HOME}:instance/i-0123456789abcdef0"
    volume = f"arn:aws:ec2:{REGION}:{HOME}:volume/vol-0123456789abcdef0"
    first = client.start_malware_scan(ResourceArn=instance, ClientToken="once")["ScanId"]
    assert client.start_malware_scan(ResourceArn=instance, ClientToken="once")["ScanId"] == first
    second = client.start_malware_scan(ResourceArn=volume, ScanConfiguration={"Role": f"arn:aws:iam::{HOME}:role/x"})["ScanId"]
    refused("BadRequestException", client.start_malware_scan, "resourceArn",
            ResourceArn=f"arn:aws:ec2:{REGION}:{HOME}:subnet/subnet-1")
    shown = client.get_malware_scan(ScanId=second)
    assert shown["ScanStatus"] == "SKIPPED" and shown["ScanStatusReason"] == "RESOURCE_UNAVAILABLE"
    assert shown["SkippedResourcesCount"] == 1 and shown["ScannedResourcesCount"] == 0
    assert "ScanResultDetails" not in shown and shown["ResourceType"] == "EBS_VOLUME"
    assert shown["DetectorId"] == detector and shown["ScanConfiguration"]["Role"].endswith("role/x")
    refused("ResourceNotFoundException", client.get_malware_scan, ScanId="0" * 32)

    def scans(**arguments):
        pages = client.get_paginator("list_malware_scans").paginate(**arguments)
        return [scan["ScanId"] for page in pages for scan in page["Scans"]]
    assert set(scans()) == {first, second}
    assert scans(PaginationConfig={"PageSize": 1}) == scans()
    assert scans(SortCriteria={"AttributeName": "scanStartTime", "OrderBy": "ASC"}) == scans()[::-1]
    for key, condition, expected in [
        ("RESOURCE_TYPE", {"EqualsValue": "EBS_VOLUME"}, {second}), ("SCAN_ID", {"EqualsValue": first}, {first}),
        ("RESOURCE_ARN", {"EqualsValue": instance}, {first}), ("SCAN_STATUS", {"EqualsValue": "COMPLETED"}, set()),
        ("SCAN_START_TIME", {"GreaterThan": 1600000000000}, {first, second}), ("SCAN_START_TIME", {"LessThan": 1}, set()),
        ("ACCOUNT_ID", {"EqualsValue": HOME}, {first, second}), ("GUARDDUTY_FINDING_ID", {"EqualsValue": "x"}, set()),
    ]:
        criterion = {"ListMalwareScansCriterionKey": key, "FilterCondition": condition}
        assert set(scans(FilterCriteria={"ListMalwareScansFilterCriterion": [criterion]})) == expected, (key, condition)
    (described,) = client.describe_malware_scans(DetectorId=detector)["Scans"]
    assert described["ScanId"] == first and described["ScanStatus"] == "SKIPPED" and described["ScanType"] == "ON_DEMAND"
    assert "no malware engine" in described["FailureReason"] and described["ResourceDetails"] == {"InstanceArn": instance}
    none = client.describe_malware_scans(DetectorId=detector, FilterCriteria={"FilterCriterion": [
        {"CriterionKey": "SCAN_STATUS", "FilterCondition": {"EqualsValue": "COMPLETED"}}]})
    assert none["Scans"] == []
    refused("BadRequestException", client.send_object_malware_scan, "not scanned",
            S3Object={"Bucket": "uploads", "Key": "a.bin"})


def test_scan_settings(client, detector):
    shown = client.get_malware_scan_settings(DetectorId=detector)
    assert shown["EbsSnapshotPreservation"] == "NO_RETENTION"
    criteria = {"Include": {"EC2_INSTANCE_TAG": {"MapEquals": [{"Key": "scan", "Value": "yes"}]}}}
    client.update_malware_scan_settings(DetectorId=detector, ScanResourceCriteria=criteria)
    client.update_malware_scan_settings(DetectorId=detector, EbsSnapshotPreservation="RETENTION_WITH_FINDING")
    shown = client.get_malware_scan_settings(DetectorId=detector)
    assert shown["ScanResourceCriteria"]["Include"] == criteria["Include"]
    assert shown["EbsSnapshotPreservation"] == "RETENTION_WITH_FINDING"


# Coverage, organisations, AWS's rules and analyst


def test_no_agent_is_covered(client, detector):
    assert client.list_coverage(DetectorId=detector)["Resources"] == []
    statistics = client.get_coverage_statistics(
        DetectorId=detector, StatisticsType=["COUNT_BY_RESOURCE_TYPE", "COUNT_BY_COVERAGE_STATUS"])["CoverageStatistics"]
    assert statistics == {"CountByResourceType": {}, "CountByCoverageStatus": {}}


def test_no_account_is_in_an_organisation(client, detector):
    rule = {"RuleId": "some-rule", "Mode": "LIVE"}
    for call, arguments in [
        (client.enable_organization_admin_account, {"AdminAccountId": FOREIGN}),
        (client.disable_organization_admin_account, {"AdminAccountId": FOREIGN}),
        (client.list_organization_admin_accounts, {}), (client.get_organization_statistics, {}),
        (client.describe_organization_configuration, {"DetectorId": detector}),
        (client.update_organization_configuration, {"DetectorId": detector, "AutoEnableOrganizationMembers": "ALL"}),
        (client.create_custom_detection_rule_org_configuration, rule),
        (client.get_custom_detection_rule_org_configuration, rule),
        (client.update_custom_detection_rule_org_configuration, rule),
        (client.delete_custom_detection_rule_org_configuration, rule),
        (client.list_custom_detection_rule_org_configurations, {}),
    ]:
        refused("BadRequestException", call, "required AWS Organization master permission", **arguments)


def test_aws_own_rules_are_not_here(client):
    assert client.list_custom_detection_rules()["Rules"] == []
    assert client.list_custom_detection_rule_associations()["RuleAssociations"] == []
    one = {"RuleId": "some-rule", "AssociationId": "x"}
    for call, arguments in [
        (client.get_custom_detection_rule, {"RuleId": "some-rule"}),
        (client.create_custom_detection_rule_association, {"RuleId": "some-rule", "Mode": "LIVE"}),
        (client.get_custom_detection_rule_association, one), (client.delete_custom_detection_rule_association, one),
        (client.update_custom_detection_rule_association, {**one, "Mode": "LIVE"}),
    ]:
        refused("ResourceNotFoundException", call, "was not found", **arguments)


def test_there_is_no_analyst(client, detector):
    assert client.list_investigations(DetectorId=detector)["Investigations"] == []
    for call in [client.get_investigation, client.list_investigation_records]:
        refused("ResourceNotFoundException", call, DetectorId=detector, InvestigationId="0" * 32)
    refused("BadRequestException", client.create_investigation, "AI_ANALYST", DetectorId=detector, TriggerPrompt="what happened?")


# Usage


def record(number, account, service="iam.amazonaws.com", category="Management"):
    return {"eventVersion": "1.08", "eventID": f"00000000-0000-0000-0000-{number:012d}", "eventTime": "2024-05-01T00:00:00Z",
            "eventName": "ListUsers", "eventSource": service, "awsRegion": "eu-west-1", "sourceIPAddress": "198.51.100.7",
            "userAgent": "aws-cli", "eventCategory": category, "recipientAccountId": account, "readOnly": True,
            "userIdentity": {"type": "IAMUser", "accountId": account, "userName": "eve", "principalId": "AIDAX",
                             "arn": f"arn:aws:iam::{account}:user/eve"}}


def test_usage_counts_what_was_read_and_shows_whose_it_was(servers, tmp_path):
    folder = tmp_path / "logs"
    folder.mkdir()
    records = [record(n, THIRD) for n in range(3)] + [record(10 + n, FOREIGN) for n in range(5)]
    records.append(record(20, FOREIGN, "s3.amazonaws.com", "Data"))
    (folder / "trail.json").write_text(json.dumps({"Records": records}))
    server = servers("--account-id", HOME, "--watch", folder)  # whose own calls count as well
    client = server.client("guardduty", "eu-west-1")
    detector = client.create_detector(Enable=True)["DetectorId"]

    def usage(kind, **more):
        criteria = {"Features": ["CLOUD_TRAIL", "S3_DATA_EVENTS", "FLOW_LOGS"], "AccountIds": [FOREIGN, THIRD], **more.pop("criteria", {})}
        return client.get_usage_statistics(DetectorId=detector, UsageStatisticType=kind, UsageCriteria=criteria,
                                           **more)["UsageStatistics"]

    def total(amount, unit="Records"):
        return {"Amount": str(amount), "Unit": unit}
    until(lambda: usage("SUM_BY_ACCOUNT")["SumByAccount"], "the log is read")
    assert usage("SUM_BY_ACCOUNT")["SumByAccount"] == [
        {"AccountId": FOREIGN, "Total": total(6)}, {"AccountId": THIRD, "Total": total(3)}]
    assert usage("SUM_BY_FEATURES")["SumByFeature"] == [
        {"Feature": "CLOUD_TRAIL", "Total": total(8)}, {"Feature": "S3_DATA_EVENTS", "Total": total(1)}]
    assert usage("SUM_BY_DATA_SOURCE")["SumByDataSource"] == [
        {"DataSource": "CLOUD_TRAIL", "Total": total(8)}, {"DataSource": "S3_LOGS", "Total": total(1)}]
    top = {one["Feature"]: one["Accounts"] for one in usage("TOP_ACCOUNTS_BY_FEATURE")["TopAccountsByFeature"]}
    assert top["CLOUD_TRAIL"][0] == {"AccountId": FOREIGN, "Total": total(5)}
    assert usage("SUM_BY_RESOURCE").get("SumByResource", []) == usage("TOP_RESOURCES").get("TopResources", []) == []
    assert usage("SUM_BY_ACCOUNT", criteria={"AccountIds": [THIRD]})["SumByAccount"] == [
        {"AccountId": THIRD, "Total": total(3)}]
    (dollars,) = usage("SUM_BY_ACCOUNT", Unit="USD", criteria={"AccountIds": [THIRD]})["SumByAccount"]
    assert dollars["Total"] == total("0.00", "USD")
    (size,) = usage("SUM_BY_ACCOUNT", Unit="Bytes", criteria={"AccountIds": [THIRD]})["SumByAccount"]
    assert int(size["Total"]["Amount"]) > 3 * 300
    first = client.get_usage_statistics(DetectorId=detector, UsageStatisticType="SUM_BY_ACCOUNT", MaxResults=1,
                                        UsageCriteria={"DataSources": ["CLOUD_TRAIL"], "AccountIds": [FOREIGN, THIRD]})
    rest = client.get_usage_statistics(DetectorId=detector, UsageStatisticType="SUM_BY_ACCOUNT", MaxResults=1,
                                       UsageCriteria={"DataSources": ["CLOUD_TRAIL"], "AccountIds": [FOREIGN, THIRD]}, NextToken=first["NextToken"])
    assert [one["UsageStatistics"]["SumByAccount"][0]["AccountId"] for one in (first, rest)] == [FOREIGN, THIRD]
    assert not rest.get("NextToken")
    refused("BadRequestException", client.get_usage_statistics, DetectorId=detector, UsageStatisticType="SUM_BY_ACCOUNT",
            UsageCriteria={})
    refused("BadRequestException", client.get_usage_statistics, DetectorId=detector, UsageStatisticType="SUM_BY_ACCOUNT",
            UsageCriteria={"Features": ["CLOUD_TRAIL"]}, Unit="JPY")

    # The account that the records name is a member without having been made.
    members = {one["AccountId"]: one for one in client.list_members(DetectorId=detector)["Members"]}
    assert set(members) == {FOREIGN, THIRD}
    member = members[FOREIGN]
    assert member["AccountId"] == FOREIGN and member["RelationshipStatus"] == "Enabled"
    assert member["Email"].endswith("@seen-in-logs.invalid") and member["AdministratorId"] == HOME
    shown = client.get_member_detectors(DetectorId=detector, AccountIds=[FOREIGN])["MemberDataSourceConfigurations"]
    assert shown[0]["AccountId"] == FOREIGN
    trial = client.get_remaining_free_trial_days(DetectorId=detector, AccountIds=[HOME, FOREIGN, "123456789012"])
    assert {one["AccountId"] for one in trial["Accounts"]} == {HOME, FOREIGN}
    assert trial["Accounts"][0]["DataSources"]["CloudTrail"] == {"FreeTrialDaysRemaining": 0}
    assert [one["AccountId"] for one in trial["UnprocessedAccounts"]] == ["123456789012"]


# Filters


def test_every_field_that_aws_filters_by_is_accepted(client, detector, shared):
    table = shared / "facts" / "guardduty_filter_fields.csv" if shared else None
    if table is None or not table.exists():
        pytest.skip("the shared table of fields is not beside this checkout")
    with table.open() as lines:
        fields = [row["json_field"] for row in csv.DictReader(lines)]
    assert len(fields) > 600
    refusals = []
    for at in range(0, len(fields), 50):
        for field in fields[at:at + 50]:
            try:
                client.list_findings(DetectorId=detector, FindingCriteria={"Criterion": {field: {"Equals": ["1"]}}})
            except ClientError as error:
                refusals.append((field, str(error)))
    assert not refusals, [field for field, _ in refusals]
