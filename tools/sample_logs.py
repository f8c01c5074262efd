#!/usr/bin/env python3
"""Writes sample CloudTrail logs of our own making, in the real key layout: a working day of a small company with two
accounts, and within it the story of a leaked key. The same seed writes the same bytes.

    tools/sample_logs.py [--out examples/logs]             the day of examples/ (2,300 records)
    tools/sample_logs.py --out build/bench/logs --size 200 as many such days as make 200 MB of JSON

All names, accounts and addresses are made up; the addresses are those set aside for documentation."""

import argparse
import base64
import collections
import datetime
import gzip
import json
import pathlib
import random
import shutil
import uuid

HOME, SECOND, STRANGER = "111122223333", "444455556666", "999988887777"
REGION, GLOBAL = "ap-northeast-1", "us-east-1"
OFFICE, VPN, NAT, ATTACKER = "203.0.113.17", "203.0.113.54", "192.0.2.80", "198.51.100.66"
FIRST_DAY = datetime.datetime(2026, 11, 16, tzinfo=datetime.timezone.utc)
RECORDS_A_DAY = 2300
CLI = "aws-cli/2.31.4 md/awscrt#0.27.6 ua/2.1 os/linux#6.8.0 md/arch#x86_64 lang/python#3.13.7 cfg/retry-mode#standard"
BOTO = "Boto3/1.40.42 md/Botocore#1.40.42 ua/2.1 os/linux#5.15.0 md/arch#x86_64 lang/python#3.12.3"
TERRAFORM = "APN/1.0 HashiCorp/1.0 Terraform/1.13.3 terraform-provider-aws/6.14.1 aws-sdk-go-v2/1.39.2"
KALI = "aws-cli/2.24.10 md/Botocore#1.37.9 ua/2.0 os/linux#6.12.13-kali1-amd64 md/arch#x86_64 lang/python#3.13.2"
CHROME = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"


def arn(service, account, what, region=""):
    return f"arn:aws:{service}:{region}:{account}:{what}"


def stable_id(prefix, name, length=17):
    """An id that is always the same for a name."""
    return (prefix + uuid.uuid5(uuid.NAMESPACE_DNS, name).hex.upper() * 2)[:len(prefix) + length]


def user(name, account=HOME, key=None):
    return {"type": "IAMUser", "principalId": stable_id("AIDA", name), "arn": arn("iam", account, f"user/{name}"),
            "accountId": account, "accessKeyId": key or stable_id("AKIA", name, 16), "userName": name}


def role(name, session, account=HOME, mfa="false"):
    issuer = stable_id("AROA", name)
    return {"type": "AssumedRole", "principalId": f"{issuer}:{session}",
            "arn": arn("sts", account, f"assumed-role/{name}/{session}"), "accountId": account,
            "accessKeyId": stable_id("ASIA", name + session, 16),
            "sessionContext": {
                "sessionIssuer": {"type": "Role", "principalId": issuer, "arn": arn("iam", account, f"role/{name}"),
                                  "accountId": account, "userName": name},
                "attributes": {"creationDate": "2026-11-16T00:00:00Z", "mfaAuthenticated": mfa}}}


def instance(name, instance_id):
    who = role(name, instance_id)
    who["sessionContext"]["ec2RoleDelivery"] = "2.0"
    return who


def root(account=HOME):
    return {"type": "Root", "principalId": account, "arn": arn("iam", account, "root"), "accountId": account}


def service(name):
    return {"type": "AWSService", "invokedBy": name}


WEB = stable_id("i-", "web-1").lower()
WEB_ROLE = instance("web-server", WEB)
BUCKETS = ["acme-web-assets", "acme-invoices", "acme-customer-exports", "acme-build-artifacts"]


class Log:
    """Collects records; fills in what every record has."""

    def __init__(self, seed):
        self.rng = random.Random(seed)
        self.records = []

    def hexadecimal(self, length):
        return f"{self.rng.getrandbits(4 * length):0{length}x}"

    def add(self, when, who, source, name, address, agent, request=None, answer=None, error=None, region=REGION,
            read_only=None, data=False, account=None, **more):
        # "recipientAccountId" is the account the log belongs to, wherever the caller comes from.
        record = {
            "eventVersion": "1.11", "userIdentity": who, "eventTime": when.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "eventSource": f"{source}.amazonaws.com", "eventName": name, "awsRegion": region,
            "sourceIPAddress": address, "userAgent": agent}
        if error:
            record["errorCode"], record["errorMessage"] = error
        reads = name.startswith(("Get", "List", "Describe", "Head", "Lookup")) if read_only is None else read_only
        record.update({
            "requestParameters": request, "responseElements": answer, "requestID": str(uuid.UUID(self.hexadecimal(32))),
            "eventID": str(uuid.UUID(self.hexadecimal(32))), "readOnly": reads, "eventType": "AwsApiCall",
            "managementEvent": not data, "recipientAccountId": account or who.get("accountId", HOME),
            "eventCategory": "Data" if data else "Management"})
        if "." in address and not address.endswith("amazonaws.com"):
            record["tlsDetails"] = {"tlsVersion": "TLSv1.3", "cipherSuite": "TLS_AES_128_GCM_SHA256",
                                    "clientProvidedHostHeader": f"{source}.{region}.amazonaws.com"}
        record.update(more)
        if source == "s3":
            record.setdefault("additionalEventData", {})["x-amz-id-2"] = base64.b64encode(self.rng.randbytes(57)).decode()
        self.records.append(record)

    def work(self, *call, **more):
        """A call of the daily work, as against one of the story."""
        self.add(*call, **more)

    def login(self, when, who, address, agent, mfa, ok=True):
        who = {key: value for key, value in who.items() if key != "accessKeyId"}
        error = {} if ok else {"errorMessage": "Failed authentication"}
        self.add(when, who, "signin", "ConsoleLogin", address, agent, None,
                 {"ConsoleLogin": "Success" if ok else "Failure"}, region=GLOBAL, read_only=False,
                 additionalEventData={"LoginTo": "https://console.aws.amazon.com/console/home",
                                      "MobileVersion": "No", "MFAUsed": "Yes" if mfa else "No"},
                 eventType="AwsConsoleSignIn", **error)


class BusyLog(Log):
    """For measurements: as much that is new in each record as in a large company's logs, so that they compress as those
    do (6 to 1). Sessions come and go, and requests and answers name things that are seen once or a few times."""

    def one_of(self, prefix, most, length=17):
        return stable_id(prefix, f"{prefix}{self.rng.randrange(most)}", length)

    def vary(self, when, who):
        """The same caller in one of many sessions."""
        if "sessionContext" not in who or "ec2RoleDelivery" in who["sessionContext"]:
            return who
        hour = when.replace(minute=self.rng.randrange(0, 60, 5), second=self.rng.randrange(60))
        name = who["sessionContext"]["sessionIssuer"]["userName"]
        fresh = role(name, f"{name}-{self.rng.randrange(10 ** 6)}-{hour:%H%M%S}", who["accountId"])
        fresh["sessionContext"]["attributes"]["creationDate"] = hour.strftime("%Y-%m-%dT%H:%M:%SZ")
        return fresh

    def details(self, source):
        """What a request names, by kind of service."""
        if source in ("ec2", "autoscaling", "elasticloadbalancing", "config"):
            items = [{"instanceId": self.one_of("i-", 400).lower()} for _ in range(self.rng.randrange(1, 5))]
            return {"instancesSet": {"items": items}, "clientToken": str(uuid.UUID(self.hexadecimal(32)))}
        if source == "kms":
            function = arn("lambda", HOME, f"function:{self.one_of('job-', 300, 8).lower()}", REGION)
            return {"encryptionContext": {"aws:lambda:FunctionArn": function}}
        return {"nextToken": base64.b64encode(self.rng.randbytes(self.rng.randrange(30, 120))).decode()}

    def work(self, when, who, source, name, address, agent, request=None, answer=None, **more):
        who = self.vary(when, who)
        if source == "kms":
            key = uuid.uuid5(uuid.NAMESPACE_DNS, f"key-{self.rng.randrange(500)}")
            more["resources"] = [{"accountId": HOME, "type": "AWS::KMS::Key", "ARN": arn("kms", HOME, f"key/{key}", REGION)}]
        if request and "roleArn" in request:
            token = base64.b64encode(self.rng.randbytes(240)).decode()
            answer = {"credentials": {"accessKeyId": stable_id("ASIA", self.hexadecimal(8), 16), "sessionToken": token,
                                      "expiration": (when + datetime.timedelta(hours=1)).strftime("%b %d, %Y, %I:%M:%S %p")}}
        if address == NAT:
            more["vpcEndpointId"] = self.one_of("vpce-", 40).lower()
        self.add(when, who, source, name, address, agent, {**(request or {}), **self.details(source)}, answer, **more)


def denied(who, action):
    return ("AccessDenied", f"User: {who['arn']} is not authorized to perform: {action} because no identity-based "
                            f"policy allows the {action} action")


# ---- the company at work -------------------------------------------------------------------------------------------

def noise_web(log, when):
    key = f"invoices/2026/11/{log.hexadecimal(12)}.pdf"
    log.work(when, WEB_ROLE, "s3", "GetObject", NAT, f"[{BOTO}]", {"bucketName": "acme-invoices", "key": key,
            "Host": f"acme-invoices.s3.{REGION}.amazonaws.com"}, data=True,
            resources=[{"type": "AWS::S3::Object", "ARN": f"arn:aws:s3:::acme-invoices/{key}"},
                       {"accountId": HOME, "type": "AWS::S3::Bucket", "ARN": "arn:aws:s3:::acme-invoices"}],
            additionalEventData={"bytesTransferredOut": log.rng.randrange(20000, 900000), "AuthenticationMethod":
                                 "AuthHeader", "SignatureVersion": "SigV4", "CipherSuite": "TLS_AES_128_GCM_SHA256"})


def noise_lambda(log, when):
    who = role("order-worker", "order-worker")
    log.work(when, who, "kms", "Decrypt", NAT, "aws-internal/3", {"encryptionContext": {"aws:lambda:FunctionArn":
            arn("lambda", HOME, "function:order-worker", REGION)}, "encryptionAlgorithm": "SYMMETRIC_DEFAULT"},
            read_only=True)


def noise_monitoring(log, when):
    who = role("monitoring-reader", "poller", log.rng.choice([HOME, HOME, SECOND]))
    source, name = log.rng.choice([("ec2", "DescribeInstances"), ("ec2", "DescribeVolumes"),
                                   ("monitoring", "GetMetricData"), ("rds", "DescribeDBInstances"),
                                   ("elasticloadbalancing", "DescribeLoadBalancers"), ("sqs", "GetQueueAttributes"),
                                   ("autoscaling", "DescribeAutoScalingGroups"), ("tagging", "GetResources")])
    log.work(when, who, source, name, "192.0.2.44", "aws-sdk-go-v2/1.39.2 os/linux lang/go#1.25.1", {"maxResults": 100})


def noise_services(log, when):
    caller, source, name, request = log.rng.choice([
        ("config", "ec2", "DescribeSecurityGroups", {"filterSet": {}}),
        ("config", "iam", "GetAccountSummary", None),
        ("cloudtrail", "s3", "GetBucketAcl", {"bucketName": "acme-trail", "Host": "acme-trail.s3.amazonaws.com"}),
        ("autoscaling", "ec2", "DescribeInstanceStatus", {"instancesSet": {}}),
        ("ec2", "sts", "AssumeRole", {"roleArn": arn("iam", HOME, "role/web-server"), "roleSessionName": WEB}),
        ("lambda", "sts", "AssumeRole", {"roleArn": arn("iam", HOME, "role/order-worker"),
                                         "roleSessionName": "order-worker"})])
    name_of_caller = f"{caller}.amazonaws.com"
    log.work(when, service(name_of_caller), source, name, name_of_caller, name_of_caller, request,
            read_only=True, account=HOME)


def noise_pipeline(log, when):
    who = role("ci-deploy", f"run-{log.rng.randrange(4000, 4400)}")
    function = log.rng.choice(["order-worker", "mailer", "thumbnailer"])
    source, name, request = log.rng.choice([
        ("ecr", "GetAuthorizationToken", None), ("ecr", "BatchCheckLayerAvailability", {"repositoryName": "web"}),
        ("lambda", "GetFunction20150331v2", {"functionName": function}),
        ("lambda", "UpdateFunctionCode20150331v2", {"functionName": function, "publish": True, "dryRun": False}),
        ("cloudformation", "DescribeStacks", {"stackName": "web"}), ("sts", "GetCallerIdentity", None),
        ("ssm", "GetParameter", {"name": "/web/image", "withDecryption": False})])
    log.work(when, who, source, name, "192.0.2.121", TERRAFORM, request)


def noise_people(log, when):
    who, address, agent = log.rng.choice([(user("alice"), OFFICE, CHROME), (user("bob"), VPN, FIREFOX),
                                          (user("carol"), OFFICE, CLI)])
    source, name, request = log.rng.choice([
        ("ec2", "DescribeInstances", {"instancesSet": {}, "filterSet": {}}), ("s3", "ListBuckets", None),
        ("cloudwatch", "DescribeAlarms", {"maxRecords": 100}), ("logs", "FilterLogEvents", {"logGroupName": "/web"}),
        ("lambda", "ListFunctions20150331", {"maxItems": 50}), ("iam", "ListUsers", {"maxItems": 1000}),
        ("health", "DescribeEventAggregates", None), ("ce", "GetCostAndUsage", {"granularity": "DAILY"}),
        ("ec2", "DescribeVpcs", {"vpcSet": {}}), ("notifications", "ListNotificationHubs", None)])
    region = GLOBAL if source in ("iam", "health", "ce") else REGION
    error = denied(who, f"{source}:{name}") if source == "ce" and who["userName"] == "bob" else None
    log.work(when, who, source, name, address, agent, request, error=error, region=region)


def noise_operations(log, when):
    """Changes that happen on any day and are nobody's alarm."""
    who = user("carol")
    source, name, request, answer = log.rng.choice([
        ("ec2", "AuthorizeSecurityGroupIngress", {"groupId": "sg-0a1b2c3d4e5f60718", "ipPermissions": {"items": [
            {"ipProtocol": "tcp", "fromPort": 443, "toPort": 443, "groups": {}, "ipRanges": {"items": [
                {"cidrIp": "10.20.0.0/16"}]}, "ipv6Ranges": {}, "prefixListIds": {}}]}}, {"_return": True}),
        ("ec2", "CreateTags", {"resourcesSet": {"items": [{"resourceId": WEB}]}, "tagSet": {"items": [
            {"key": "owner", "value": "web"}]}}, {"_return": True}),
        ("ec2", "CreateSnapshot", {"volumeId": "vol-0aa11bb22cc33dd44", "description": "nightly"}, None),
        ("s3", "PutBucketTagging", {"bucketName": "acme-web-assets", "tagging": "",
                                    "Host": f"acme-web-assets.s3.{REGION}.amazonaws.com"}, None),
        ("rds", "CreateDBSnapshot", {"dBInstanceIdentifier": "orders", "dBSnapshotIdentifier": "orders-nightly"},
         None)])
    log.work(when, who, source, name, OFFICE, TERRAFORM, request, answer)


# How often, and in which hours (UTC; the company is in Tokyo) a kind of call happens.
NOISE = [(noise_web, 22, range(0, 24)), (noise_lambda, 18, range(0, 24)), (noise_monitoring, 22, range(0, 24)),
         (noise_services, 20, range(0, 24)), (noise_pipeline, 8, range(0, 11)), (noise_people, 9, range(0, 10)),
         (noise_operations, 1, range(1, 9))]


def write_noise(log, day, count):
    weights = [weight for _, weight, _ in NOISE]
    for _ in range(count):
        make, _, hours = log.rng.choices(NOISE, weights)[0]
        when = day + datetime.timedelta(hours=log.rng.choice(hours), seconds=log.rng.randrange(3600))
        make(log, when)
    for name, address, agent, minutes in [("alice", OFFICE, CHROME, 8), ("bob", VPN, FIREFOX, 41)]:
        log.login(day + datetime.timedelta(minutes=minutes), user(name), address, agent, mfa=True)


# ---- the story: the backup job's key was in a public repository ----------------------------------------------------

def story_foothold(log, at):
    """Who am I, what is here; half of it is refused."""
    thief = user("svc-backup")
    for minute, source, name, allowed in [
            (0, "sts", "GetCallerIdentity", True), (1, "iam", "GetUser", True),
            (1, "iam", "ListAttachedUserPolicies", True), (2, "iam", "ListUsers", True), (2, "iam", "ListRoles", True),
            (3, "iam", "GetAccountAuthorizationDetails", True), (3, "organizations", "ListAccounts", False),
            (4, "s3", "ListBuckets", True), (5, "ec2", "DescribeInstances", True), (5, "ec2", "DescribeSnapshots", True),
            (6, "secretsmanager", "ListSecrets", False), (6, "rds", "DescribeDBInstances", False),
            (7, "lambda", "ListFunctions20150331", False), (7, "kms", "ListKeys", False),
            (8, "cloudtrail", "DescribeTrails", True), (8, "guardduty", "ListDetectors", True)]:
        region = GLOBAL if source in ("iam", "organizations") else REGION
        log.add(at(minute), thief, source, name, ATTACKER, KALI, None, region=region,
                error=None if allowed else denied(thief, f"{source}:{name}"))


def story_persistence(log, at):
    """A user of their own, with every right, and a console session without MFA."""
    thief = user("svc-backup")
    made = {"userName": "support-tmp", "userId": stable_id("AIDA", "support-tmp"),
            "arn": arn("iam", HOME, "user/support-tmp"), "path": "/"}
    admin = "arn:aws:iam::aws:policy/AdministratorAccess"
    for minute, name, request, answer in [
            (12, "CreateUser", {"userName": "support-tmp"}, {"user": made}),
            (13, "AttachUserPolicy", {"userName": "support-tmp", "policyArn": admin}, None),
            (14, "CreateAccessKey", {"userName": "support-tmp"}, {"accessKey": {
                "userName": "support-tmp", "status": "Active", "accessKeyId": stable_id("AKIA", "support-tmp", 16)}}),
            (15, "CreateLoginProfile", {"userName": "support-tmp", "passwordResetRequired": False}, {"loginProfile": {
                "userName": "support-tmp", "passwordResetRequired": False}})]:
        log.add(at(minute), thief, "iam", name, ATTACKER, KALI, request, answer, region=GLOBAL)
    log.login(at(19), user("support-tmp"), ATTACKER, FIREFOX, mfa=False)


def story_blinding(log, at):
    """Logs off before the theft."""
    intruder = user("support-tmp")
    trail = arn("cloudtrail", HOME, "trail/company", REGION)
    log.add(at(24), intruder, "cloudtrail", "StopLogging", ATTACKER, KALI, {"name": trail})
    log.add(at(25), intruder, "ec2", "DeleteFlowLogs", ATTACKER, KALI, {"DeleteFlowLogsRequest": {
        "FlowLogId": {"tag": 1, "content": "fl-0123456789abcdef0"}}}, {"DeleteFlowLogsResponse": {"unsuccessful": ""}})
    log.add(at(26), intruder, "iam", "UpdateAccountPasswordPolicy", ATTACKER, KALI, {
        "minimumPasswordLength": 6, "requireSymbols": False, "requireNumbers": False, "requireUppercaseCharacters": False,
        "requireLowercaseCharacters": False, "allowUsersToChangePassword": True}, region=GLOBAL)


def story_theft(log, at):
    """A snapshot for a stranger's account, a bucket for everyone, a door for tomorrow."""
    intruder = user("support-tmp")
    log.add(at(31), intruder, "ec2", "ModifySnapshotAttribute", ATTACKER, KALI, {
        "snapshotId": "snap-0f1e2d3c4b5a69788", "createVolumePermission": {"add": {"items": [{"userId": STRANGER}]}},
        "attributeType": "CREATE_VOLUME_PERMISSION"}, {"_return": True})
    log.add(at(34), intruder, "s3", "DeleteAccountPublicAccessBlock", ATTACKER, KALI, {
        "Host": f"{HOME}.s3-control.{REGION}.amazonaws.com", "publicAccessBlock": ""})
    bucket = {"bucketName": "acme-customer-exports", "Host": f"acme-customer-exports.s3.{REGION}.amazonaws.com"}
    resources = [{"accountId": HOME, "type": "AWS::S3::Bucket", "ARN": "arn:aws:s3:::acme-customer-exports"}]
    log.add(at(35), intruder, "s3", "DeleteBucketPublicAccessBlock", ATTACKER, KALI,
            {**bucket, "publicAccessBlock": ""}, read_only=False, resources=resources)
    log.add(at(36), intruder, "s3", "PutBucketPolicy", ATTACKER, KALI, {**bucket, "policy": "", "bucketPolicy": {
        "Version": "2012-10-17", "Statement": [{"Sid": "Share", "Effect": "Allow", "Principal": "*",
                                               "Action": ["s3:GetObject", "s3:ListBucket"],
                                               "Resource": ["arn:aws:s3:::acme-customer-exports",
                                                            "arn:aws:s3:::acme-customer-exports/*"]}]}},
            read_only=False, resources=resources)
    log.add(at(38), intruder, "s3", "PutBucketLogging", ATTACKER, KALI, {**bucket, "logging": "", "BucketLoggingStatus":
            {"xmlns": "http://s3.amazonaws.com/doc/2006-03-01/"}}, read_only=False, resources=resources)
    log.add(at(41), intruder, "ec2", "AuthorizeSecurityGroupIngress", ATTACKER, KALI, {
        "groupId": "sg-0a1b2c3d4e5f60718", "ipPermissions": {"items": [{
            "ipProtocol": "tcp", "fromPort": 22, "toPort": 22, "groups": {}, "ipRanges": {"items": [
                {"cidrIp": "0.0.0.0/0"}]}, "ipv6Ranges": {}, "prefixListIds": {}}]}}, {"_return": True})
    log.add(at(43), intruder, "ec2", "GetPasswordData", ATTACKER, KALI, {
        "instanceId": stable_id("i-", "jump-1").lower()})
    # The web server's role keys, taken from the machine and used from the attacker's own.
    for minute, name in [(50, "ListBuckets"), (51, "GetBucketLocation"), (52, "GetBucketAcl")]:
        log.add(at(minute), WEB_ROLE, "s3", name, ATTACKER, KALI, bucket if name != "ListBuckets" else None)


def story_second_account(log, at):
    """Sideways, into the account of the other team."""
    intruder = user("support-tmp")
    hop = role("OrganizationAccountAccessRole", "maintenance", SECOND)
    log.add(at(61), intruder, "sts", "AssumeRole", ATTACKER, KALI, {
        "roleArn": arn("iam", SECOND, "role/OrganizationAccountAccessRole"), "roleSessionName": "maintenance"},
        {"credentials": {"accessKeyId": hop["accessKeyId"], "expiration": "Nov 16, 2026, 5:12:00 PM"}}, read_only=True)
    trust = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": arn("iam", STRANGER, "root")},
                                                     "Action": "sts:AssumeRole"}]}
    log.add(at(64), hop, "iam", "UpdateAssumeRolePolicy", ATTACKER, KALI, {
        "roleName": "batch-runner", "policyDocument": json.dumps(trust)}, region=GLOBAL)
    log.add(at(65), hop, "iam", "AttachRolePolicy", ATTACKER, KALI, {
        "roleName": "batch-runner", "policyArn": "arn:aws:iam::aws:policy/AdministratorAccess"}, region=GLOBAL)
    log.add(at(70), hop, "ec2", "RunInstances", ATTACKER, KALI, {
        "instancesSet": {"items": [{"imageId": "ami-0abcdef1234567890", "minCount": 20, "maxCount": 20}]},
        "instanceType": "p5.48xlarge"}, error=("Client.VcpuLimitExceeded", "You have requested more vCPU capacity than "
                                               "your current vCPU limit of 0 allows"))


def story_morning_after(log, at):
    """Somebody who has only the root password left looks what happened."""
    log.login(at(385), root(), OFFICE, CHROME, mfa=True)
    for minute, name in [(387, "ListUsers"), (388, "ListAccessKeys"), (391, "UpdateAccessKey")]:
        who = {**root(), "accessKeyId": stable_id("ASIA", "root", 16)}
        request = {"userName": "svc-backup", "status": "Inactive", "accessKeyId": stable_id("AKIA", "svc-backup", 16)}
        log.add(at(minute), who, "iam", name, OFFICE, CHROME, request if name == "UpdateAccessKey" else None, region=GLOBAL)


STORY = [story_foothold, story_persistence, story_blinding, story_theft, story_second_account, story_morning_after]


def write_story(log, day):
    start = day + datetime.timedelta(hours=16, minutes=12)  # the small hours in Tokyo
    for number, chapter in enumerate(STORY):
        chapter(log, lambda minute: start + datetime.timedelta(minutes=minute, seconds=(number * 17 + minute * 7) % 60))


# ---- files ---------------------------------------------------------------------------------------------------------

def write_files(log, out):
    """One object per account, region and hour, named as CloudTrail names them; returns the bytes of JSON in them."""
    files = collections.defaultdict(list)
    for record in log.records:
        files[record["recipientAccountId"], record["awsRegion"], record["eventTime"][:13]].append(record)
    total = 0
    for (account, region, hour), records in sorted(files.items()):
        # Delivery keeps no order within an object.
        log.rng.shuffle(records)
        folder = out / "AWSLogs" / account / "CloudTrail" / region / hour[:10].replace("-", "/")
        folder.mkdir(parents=True, exist_ok=True)
        stamp = hour.replace("-", "") + "55Z"
        unique = "".join(log.rng.choices("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", k=16))
        text = json.dumps({"Records": records}, separators=(",", ":")).encode()
        total += len(text)
        path = folder / f"{account}_CloudTrail_{region}_{stamp}_{unique}.json.gz"
        path.write_bytes(gzip.compress(text, 9 if total < 10_000_000 else 6, mtime=0))
    return total


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", default="examples/logs", type=pathlib.Path)
    parser.add_argument("--seed", default=2026, type=int)
    parser.add_argument("--size", default=0, type=int, metavar="MB", help="of JSON, before compression")
    options = parser.parse_args()
    shutil.rmtree(options.out / "AWSLogs", ignore_errors=True)
    written, days = 0, 0
    while written == 0 or written < options.size * 1_000_000:
        day = FIRST_DAY + datetime.timedelta(days=days)
        log = (BusyLog if options.size else Log)(options.seed + days)
        write_noise(log, day, RECORDS_A_DAY * (1 if options.size == 0 else 8))
        write_story(log, day)
        written += write_files(log, options.out)
        days += 1
    print(f"{options.out}: {written / 1e6:.1f} MB of JSON over {days} day{'s' if days > 1 else ''}")


if __name__ == "__main__":
    main()
