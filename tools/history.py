#!/usr/bin/env python3
"""Writes benign CloudTrail histories, for warming up and for counting false alarms.

    tools/history.py --out DIR --events 10000000 --days 60 --seed 7       accounts full of people, roles and jobs
    tools/history.py --out DIR --for attack.jsonl.gz --days 45             a past for whoever acts in these records

One gzipped file of records a line per day, in order of time. The same arguments give the same bytes. With --for, the past
ends the day before the first record, in the records' own accounts and regions, and every identity that acts in them gets a
past of its own: with --as stolen (default) from a network and clients of its own, with --as home from the network and client
of the records.

What is assumed (all of it drawn anew with each seed):
- People work on weekdays in their own time zone, 2 to 10 bursts of work a day, seldom at night or at weekends (on call).
  Each has a trade (developer, operator, data, security, manager, billing) with calls of falling frequency, a few of them rare.
  On 12 days of 100 somebody tries 1 to 6 calls never used before, now and then of a service never used before.
- Everybody has an office network, a home network, and a share travels: 2 days of 100 begin a trip of 1 to 5 days, to a
  network and country new to the person. Addresses change within a network. Clients: SDK or CLI, whose versions rise every
  few weeks, and the console with a browser; on 1 day of 200 a new tool is taken up for good.
- Roles of machines call few APIs round the clock with a daily and weekly season, from a handful of cloud networks that grow
  with scaling; deployment roles work in loud bursts and create, change and delete; auditors read everything; some jobs run
  weekly or monthly. On 1 hour of 200 a role is several times as loud as usual.
- 1 to 3 calls of 100 are refused, on a bad hour of a person or role many more. New people and roles appear on any day.
- S3 data events, Bedrock and secrets belong to the ordinary business of those whose trade it is.
Attacks, outages and reorganisations are not in it."""
import argparse
import datetime
import gzip
import hashlib
import json
import pathlib
import random

TRADES = {
    "developer": "lambda:ListFunctions20150331 lambda:GetFunction20150331v2 logs:FilterLogEvents logs:DescribeLogGroups "
                 "cloudformation:DescribeStacks cloudformation:ListStacks s3:ListBuckets s3:GetObject s3:PutObject sqs:ListQueues "
                 "dynamodb:DescribeTable dynamodb:ListTables sts:GetCallerIdentity ecs:DescribeServices ecs:ListTasks "
                 "ecr:DescribeRepositories ecr:GetAuthorizationToken lambda:UpdateFunctionCode20150331v2 ssm:GetParameter "
                 "secretsmanager:GetSecretValue cloudformation:CreateStack cloudformation:UpdateStack apigateway:GetRestApis "
                 "states:ListStateMachines events:ListRules events:PutRule iam:ListRoles iam:GetRole",
    "operator": "ec2:DescribeInstances ec2:DescribeInstanceStatus ec2:DescribeSecurityGroups ec2:DescribeVolumes ec2:DescribeSubnets "
                "ec2:DescribeVpcs elasticloadbalancing:DescribeLoadBalancers autoscaling:DescribeAutoScalingGroups "
                "monitoring:DescribeAlarms monitoring:GetMetricData ssm:StartSession ssm:DescribeInstanceInformation "
                "ec2:StartInstances ec2:StopInstances ec2:RebootInstances ec2:AuthorizeSecurityGroupIngress ec2:CreateSnapshot "
                "ec2:CreateImage ec2:RunInstances rds:DescribeDBInstances rds:CreateDBSnapshot ec2:ModifyInstanceAttribute "
                "route53:ListHostedZones route53:ChangeResourceRecordSets iam:ListUsers iam:GetUser sts:AssumeRole "
                "kms:ListKeys ec2:TerminateInstances ec2:CreateSecurityGroup sts:GetCallerIdentity",
    "data": "athena:StartQueryExecution athena:GetQueryExecution athena:GetQueryResults glue:GetTables glue:GetDatabases "
            "s3:ListObjects s3:GetObject s3:PutObject s3:ListBuckets redshift:DescribeClusters sagemaker:ListEndpoints "
            "sagemaker:InvokeEndpoint bedrock:InvokeModel bedrock:ListFoundationModels emr:ListClusters s3:DeleteObject "
            "glue:StartJobRun glue:GetJobRuns quicksight:ListDashboards sts:GetCallerIdentity",
    "security": "iam:ListUsers iam:ListRoles iam:GetAccountAuthorizationDetails iam:ListAccessKeys iam:GetRolePolicy "
                "iam:ListAttachedRolePolicies iam:GetCredentialReport cloudtrail:LookupEvents cloudtrail:DescribeTrails "
                "guardduty:ListFindings guardduty:GetFindings securityhub:GetFindings config:DescribeConfigRules "
                "s3:GetBucketPolicy s3:GetBucketAcl kms:ListKeys kms:GetKeyPolicy ec2:DescribeSecurityGroups "
                "access-analyzer:ListFindings iam:CreateUser iam:CreateAccessKey iam:AttachUserPolicy iam:UpdateAccessKey "
                "iam:CreateRole iam:PutRolePolicy iam:DeleteAccessKey organizations:ListAccounts guardduty:UpdateFilter "
                "guardduty:ArchiveFindings wafv2:ListWebACLs",
    "manager": "ec2:DescribeInstances s3:ListBuckets monitoring:GetDashboard monitoring:DescribeAlarms health:DescribeEvents "
               "support:DescribeCases ce:GetCostAndUsage iam:ListUsers organizations:ListAccounts",
    "billing": "ce:GetCostAndUsage ce:GetCostForecast budgets:ViewBudget cur:DescribeReportDefinitions s3:GetObject s3:ListObjects "
               "organizations:ListAccounts pricing:GetProducts support:DescribeCases",
}
MACHINES = {
    "web": "s3:GetObject s3:PutObject dynamodb:GetItem sqs:SendMessage kms:Decrypt secretsmanager:GetSecretValue ssm:GetParameter",
    "worker": "sqs:ReceiveMessage sqs:DeleteMessage s3:GetObject s3:PutObject kms:Decrypt kms:GenerateDataKey sns:Publish",
    "etl": "s3:ListObjects s3:GetObject s3:PutObject glue:GetTable glue:GetPartitions athena:StartQueryExecution kms:Decrypt "
           "s3:DeleteObject",
    "agent": "ssm:UpdateInstanceInformation ssm:ListInstanceAssociations ec2:DescribeTags ec2:DescribeVolumes logs:CreateLogStream",
    "assistant": "bedrock:InvokeModel bedrock:InvokeModelWithResponseStream s3:GetObject kms:Decrypt",
    "auditor": "ec2:DescribeInstances ec2:DescribeSecurityGroups ec2:DescribeVpcs ec2:DescribeSnapshots ec2:DescribeImages "
               "ec2:DescribeNetworkAcls ec2:DescribeFlowLogs iam:ListUsers iam:ListRoles iam:ListPolicies iam:GetPolicyVersion "
               "iam:ListAccessKeys iam:GetAccountSummary s3:ListBuckets s3:GetBucketPolicy s3:GetBucketAcl s3:GetBucketEncryption "
               "s3:GetBucketLogging kms:ListKeys kms:DescribeKey rds:DescribeDBInstances rds:DescribeDBSnapshots "
               "lambda:ListFunctions20150331 lambda:GetPolicy20150331v2 cloudtrail:DescribeTrails cloudtrail:GetTrailStatus "
               "config:DescribeConfigurationRecorders guardduty:ListDetectors sns:ListTopics sqs:ListQueues ecr:DescribeRepositories",
    "backup": "ec2:CreateSnapshot ec2:DescribeSnapshots ec2:DeleteSnapshot ec2:DescribeVolumes rds:CreateDBSnapshot "
              "rds:DescribeDBSnapshots rds:DeleteDBSnapshot dynamodb:CreateBackup backup:StartCopyJob",
}
DEPLOY = "cloudformation:DescribeStacks cloudformation:CreateStack cloudformation:UpdateStack cloudformation:DeleteStack " \
         "lambda:UpdateFunctionCode20150331v2 lambda:UpdateFunctionConfiguration20150331v2 lambda:CreateFunction20150331 " \
         "lambda:AddPermission20150331v2 iam:GetRole iam:CreateRole iam:PutRolePolicy iam:AttachRolePolicy iam:PassRole " \
         "iam:DeleteRolePolicy ec2:DescribeSecurityGroups ec2:CreateSecurityGroup ec2:AuthorizeSecurityGroupIngress " \
         "ec2:RevokeSecurityGroupIngress ec2:DeleteSecurityGroup ec2:DescribeSubnets ec2:RunInstances ec2:TerminateInstances " \
         "ec2:CreateTags ecs:RegisterTaskDefinition ecs:UpdateService ecs:DescribeServices ecr:GetAuthorizationToken ecr:PutImage " \
         "s3:PutObject s3:PutBucketPolicy s3:GetObject ssm:GetParameter ssm:PutParameter events:PutRule events:PutTargets " \
         "logs:PutRetentionPolicy kms:Decrypt route53:ChangeResourceRecordSets sts:GetCallerIdentity"
# What anybody may try one day.
WIDER = "ec2:DescribeAddresses ec2:DescribeKeyPairs ec2:DescribeRouteTables ec2:DescribeFlowLogs ec2:DescribeSnapshots " \
        "ec2:DescribeNetworkInterfaces ec2:DescribeInstanceAttribute ec2:GetConsoleOutput ec2:CreateKeyPair ec2:ImportKeyPair " \
        "ec2:CreateTags ec2:AllocateAddress ec2:CreateVolume ec2:DeleteVolume ec2:DeleteSnapshot ec2:CopySnapshot ec2:DeleteSecurityGroup " \
        "iam:GetAccountSummary iam:ListPolicies iam:ListGroups iam:GetPolicy iam:CreatePolicy iam:ChangePassword iam:ListMFADevices " \
        "iam:EnableMFADevice iam:CreateVirtualMFADevice iam:GetLoginProfile iam:UpdateLoginProfile iam:CreateLoginProfile iam:AddUserToGroup " \
        "s3:CreateBucket s3:GetBucketLocation s3:GetBucketVersioning s3:PutBucketVersioning s3:ListObjectVersions s3:DeleteObject " \
        "s3:PutBucketPolicy s3:GetBucketTagging sns:ListTopics sns:CreateTopic sns:Publish sqs:CreateQueue sqs:GetQueueAttributes " \
        "kms:DescribeKey kms:ListAliases kms:CreateKey kms:Encrypt rds:DescribeDBSnapshots rds:ModifyDBInstance rds:DescribeDBClusters " \
        "lambda:Invoke lambda:CreateFunction20150331 lambda:DeleteFunction20150331 lambda:GetPolicy20150331v2 logs:CreateLogGroup " \
        "logs:DeleteLogGroup logs:GetLogEvents logs:StartQuery ssm:SendCommand ssm:GetParametersByPath ssm:ListCommands " \
        "secretsmanager:ListSecrets secretsmanager:GetSecretValue secretsmanager:CreateSecret secretsmanager:DescribeSecret " \
        "glue:GetJobs athena:ListWorkGroups bedrock:InvokeModel bedrock:ListFoundationModels eks:ListClusters eks:DescribeCluster " \
        "ecs:ListClusters cloudfront:ListDistributions acm:ListCertificates wafv2:ListWebACLs elasticache:DescribeCacheClusters " \
        "monitoring:PutMetricAlarm monitoring:DeleteAlarms config:DescribeComplianceByConfigRule servicequotas:ListServiceQuotas " \
        "servicequotas:RequestServiceQuotaIncrease codebuild:ListProjects codecommit:ListRepositories backup:ListBackupJobs " \
        "guardduty:ListDetectors securityhub:DescribeHub cognito-idp:ListUserPools route53:GetHostedZone sts:GetSessionToken"
READ = ("Get", "List", "Describe", "Lookup", "Head", "Filter", "View", "Search")
DATA = {("s3", name) for name in "GetObject PutObject DeleteObject ListObjects".split()} | {
    ("bedrock", "InvokeModel"), ("bedrock", "InvokeModelWithResponseStream"), ("sagemaker", "InvokeEndpoint")}
CLIENTS = ["aws-cli/2.{v}.1 md/awscrt#0.19 ua/2.0 os/linux#5.{v}.0 md/arch#x86_64 lang/python#3.11.6 md/pyimpl#CPython cfg/retry-mode#standard",
           "Boto3/1.{v}.10 md/Botocore#1.{v}.10 ua/2.0 os/macos#23.{v}.0 md/arch#arm64 lang/python#3.10.9",
           "aws-sdk-go-v2/1.{v}.0 os/windows lang/go#1.21.{v} md/GOOS#windows",
           "APN/1.0 HashiCorp/1.0 Terraform/1.{v}.0 (+https://www.terraform.io) aws-sdk-go/1.44.{v} (go1.20; linux; amd64)",
           "aws-sdk-java/2.{v}.1 Linux/5.10.{v} OpenJDK_64-Bit_Server_VM/17 Java/17.0.{v} vendor/Amazon io/sync http/Apache"]
BROWSERS = ["Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/1{v}.0.0.0 Safari/537.36",
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/1{v}.0.0.0 Safari/537.36",
            "Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:1{v}.0) Gecko/20100101 Firefox/1{v}.0"]
MACHINE_CLIENTS = ["aws-sdk-java/2.{v}.1 Linux/5.10.{v} OpenJDK_64-Bit_Server_VM/17 Java/17.0.{v}", "Boto3/1.{v}.10 md/Botocore#1.{v}.10 ua/2.0 "
                   "os/linux#5.10.{v} md/arch#x86_64 lang/python#3.9.{v} exec-env/AWS_Lambda_python3.9", "aws-sdk-go/1.44.{v} (go1.20; linux; amd64)"]
REGIONS = "us-east-1 eu-west-1 ap-northeast-1 us-west-2 eu-central-1 ap-southeast-1".split()
DAY = 86400


def calls(text):
    return [tuple(word.split(":")) for word in text.split()]


def falling(rng, items, spread=1.1):
    """Items in a random order with weights that fall: the first ones often, the last ones hardly ever."""
    items = list(items)
    rng.shuffle(items)
    return items, [1 / (i + 1) ** spread for i in range(len(items))]


class Network:
    """Sixteen bits that a person or company has, and some addresses within."""

    def __init__(self, rng, cloud=False):
        self.prefix = f"{rng.choice([3, 18, 34, 44, 52, 54]) if cloud else rng.randint(61, 222)}.{rng.randint(1, 254)}"
        self.rng = rng

    def address(self):
        return f"{self.prefix}.{self.rng.randint(0, 7)}.{self.rng.randint(1, 60)}"


class FixedNetwork:
    """The one address that records of an attack came from."""

    def __init__(self, address):
        self.fixed = address

    def address(self):
        return self.fixed


class Caller:
    """Somebody with an identity, habits, and bursts of work on a day."""

    def __init__(self, rng, account, region, identity):
        self.rng, self.account = rng, account
        self.regions = [region] + ([rng.choice(REGIONS)] if rng.random() < 0.3 else [])
        self.identity = json.dumps(identity, separators=(",", ":"))
        self.buckets, self.bucket_weights = falling(rng, [f"{account[-4:]}-{word}" for word in rng.sample(
            "assets logs reports data images backup exports models website archive".split(), 4)])
        self.resources = [f"res-{rng.randrange(1 << 20):05x}" for _ in range(6)]
        self.version = rng.randint(10, 40)
        self.refused = rng.uniform(0.005, 0.03)
        self.joined = 0

    def choose(self, repertoire, weights, count):
        return self.rng.choices(repertoire, weights, k=count)

    def record(self, at, call, address, agent, refused):
        service, name = call
        region = self.regions[0] if len(self.regions) == 1 or self.rng.random() < 0.9 else self.regions[1]
        request = "null"
        if service == "s3" and name != "ListBuckets":
            bucket = self.rng.choices(self.buckets, self.bucket_weights)[0]
            request = f'{{"bucketName":"{bucket}","key":"k/{self.rng.randrange(100000)}"}}'
        elif service == "bedrock" and name.startswith("Invoke"):
            request = '{"modelId":"anthropic.claude-3-haiku"}'
        elif not name.startswith(READ):
            request = f'{{"name":"{self.rng.choice(self.resources)}"}}'
        read = "true" if name.startswith(READ) else "false"
        data = call in DATA
        error = '"errorCode":"AccessDenied","errorMessage":"not authorized",' if self.rng.random() < refused else ""
        ident = f"{self.rng.getrandbits(128):032x}"
        moment = clock(at)
        return at, (f'{{"eventVersion":"1.09","userIdentity":{self.identity},"eventTime":"{moment}","eventSource":"{service}.amazonaws.com",'
                    f'"eventName":"{name}","awsRegion":"{region}","sourceIPAddress":"{address}","userAgent":"{agent}",{error}'
                    f'"requestParameters":{request},"responseElements":null,"requestID":"{ident[:16]}","eventID":"{ident[:8]}-{ident[8:12]}-'
                    f'{ident[12:16]}-{ident[16:20]}-{ident[20:]}","readOnly":{read},"eventType":"AwsApiCall","managementEvent":'
                    f'{"false" if data else "true"},"recipientAccountId":"{self.account}","eventCategory":"{"Data" if data else "Management"}"}}\n')


class Person(Caller):
    def __init__(self, rng, account, region, identity, office, trade=None, client=None, home=None):
        super().__init__(rng, account, region, identity)
        self.trade = trade or rng.choice(list(TRADES))
        everything = calls(TRADES[self.trade])
        self.repertoire, self.weights = falling(rng, rng.sample(everything, max(5, int(len(everything) * rng.uniform(0.5, 1)))))
        self.office, self.home = office, home or Network(rng)
        self.zone = rng.choice([-8, -5, 0, 1, 1, 9, 9, 9])
        self.client = client or rng.choice(CLIENTS)
        self.browser = rng.choice(BROWSERS)
        self.busy = rng.uniform(0.3, 2)
        self.trip_days, self.trip = 0, None
        self.curious = rng.uniform(0.03, 0.22)
        self.fixed = client is not None

    def place(self):
        if self.rng.random() < 0.02 and not self.fixed:
            self.trip_days, self.trip = self.rng.randint(1, 5), Network(self.rng)
        if self.trip_days > 0:
            self.trip_days -= 1
            return self.trip
        return self.office if self.rng.random() < 0.6 and not self.fixed else self.home

    def day(self, day, start, scale):
        weekend = (start // DAY + 4) % 7 in (0, 6)
        if weekend and self.rng.random() > 0.06 or not weekend and self.rng.random() < 0.08:
            return
        if self.rng.random() < 0.05:
            self.version += 1
        if self.rng.random() < 0.005 and not self.fixed:
            self.client = self.rng.choice(CLIENTS)
        tried = []
        if self.rng.random() < self.curious:
            tried = self.rng.sample(calls(WIDER) if self.rng.random() < 0.5 else calls(TRADES[self.trade]), self.rng.randint(1, 6))
            if self.rng.random() < 0.5:
                self.repertoire.append(tried[0])
                self.weights.append(self.weights[-1])
        network = self.place()
        for _ in range(self.rng.randint(2, 6)):
            hour = self.rng.gauss(13.5, 3) if self.rng.random() < 0.97 else self.rng.uniform(0, 24)
            at = start + (hour - self.zone) * 3600
            count = max(1, int(self.rng.lognormvariate(2, 0.8) * self.busy * scale))
            yield from self.burst(at, network, count, tried if self.rng.random() < 0.5 else [])

    def burst(self, at, network, count, tried):
        address = network.address()
        console = self.rng.random() < 0.4
        agent = (self.browser if console else self.client).format(v=self.version)
        refused = 0.4 if self.rng.random() < 0.02 else self.refused
        for call in self.choose(self.repertoire, self.weights, count) + tried:
            at += self.rng.expovariate(1 / 20)
            yield self.record(int(at), call, address, agent, refused)


class Machine(Caller):
    def __init__(self, rng, account, region, identity, kind=None, client=None, home=None):
        super().__init__(rng, account, region, identity)
        kind = kind or rng.choice(list(MACHINES))
        everything = calls(MACHINES[kind])
        self.repertoire, self.weights = falling(rng, everything if kind == "auditor" else rng.sample(everything, rng.randint(3, len(everything))), 0.6)
        self.networks = [home] if home else [Network(rng, True) for _ in range(rng.randint(1, 3))]
        self.client = client or rng.choice(MACHINE_CLIENTS)
        self.rate = rng.lognormvariate(0.3, 0.8)
        self.peak = rng.randint(0, 23)
        self.swing = rng.uniform(0, 0.9)
        self.period = rng.choice([1, 1, 1, 1, 7, 28]) if kind in ("auditor", "backup") else 1
        self.at_hours = range(24) if kind not in ("auditor", "backup") else [rng.randint(0, 23)]
        self.fixed = home is not None

    def day(self, day, start, scale):
        if day % self.period != 0:
            return
        if self.rng.random() < 0.03:
            self.version += 1
        if self.rng.random() < 0.02 and not self.fixed:
            self.networks.append(Network(self.rng, True))
        weekend = 0.6 if (start // DAY + 4) % 7 in (0, 6) else 1
        for hour in self.at_hours:
            season = 1 + self.swing * (1 if abs((hour - self.peak + 12) % 24 - 12) < 5 else -1)
            loud = self.rng.uniform(3, 8) if self.rng.random() < 0.005 else 1
            many = 12 if len(self.at_hours) == 1 else 1
            mean = self.rate * season * weekend * loud * many * scale
            count = int(self.rng.gauss(mean, mean ** 0.5) + 0.5)
            refused = 0.3 if self.rng.random() < 0.002 else self.refused / 3
            agent = self.client.format(v=self.version)
            for call in self.choose(self.repertoire, self.weights, max(0, count)):
                at = start + hour * 3600 + self.rng.randrange(3600)
                yield self.record(at, call, self.rng.choice(self.networks).address(), agent, refused)


class Deployer(Caller):
    """Continuous delivery: some runs a day, each loud, each a little different."""

    def __init__(self, rng, account, region, identity):
        super().__init__(rng, account, region, identity)
        self.repertoire, self.weights = falling(rng, rng.sample(calls(DEPLOY), rng.randint(15, 35)), 0.8)
        self.networks = [Network(rng, True) for _ in range(6)]
        self.client = CLIENTS[3] if rng.random() < 0.6 else CLIENTS[1]
        self.runs = rng.uniform(0.5, 6)

    def day(self, day, start, scale):
        weekend = 0.2 if (start // DAY + 4) % 7 in (0, 6) else 1
        if self.rng.random() < 0.04:
            self.version += 1
        if self.rng.random() < 0.04:
            self.networks.append(Network(self.rng, True))
        if self.rng.random() < 0.03:
            self.repertoire.append(self.rng.choice(calls(DEPLOY)))
            self.weights.append(self.weights[-1])
        for _ in range(int(self.rng.expovariate(1 / self.runs) * weekend + 0.5)):
            at = start + (self.rng.gauss(14, 4) % 24) * 3600
            address = self.rng.choice(self.networks).address()
            agent = self.client.format(v=self.version)
            refused = 0.3 if self.rng.random() < 0.02 else self.refused
            for call in self.choose(self.repertoire, self.weights, int(self.rng.lognormvariate(3.5, 0.6) * scale)):
                at += self.rng.expovariate(0.5)
                yield self.record(int(at), call, address, agent, refused)


def clock(at, cache={}):
    day = at // DAY
    if day not in cache:
        cache.clear()
        cache[day] = datetime.datetime.fromtimestamp(day * DAY, datetime.timezone.utc).strftime("%Y-%m-%dT")
    seconds = at % DAY
    return f"{cache[day]}{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}Z"


def user_identity(account, name, rng):
    return {"type": "IAMUser", "principalId": f"AIDA{rng.randrange(36 ** 8):09d}", "arn": f"arn:aws:iam::{account}:user/{name}",
            "accountId": account, "accessKeyId": f"AKIA{rng.randrange(36 ** 8):012d}", "userName": name}


def role_identity(account, role, session, rng, path=""):
    ident = f"AROA{rng.randrange(36 ** 8):09d}"
    return {"type": "AssumedRole", "principalId": f"{ident}:{session}", "arn": f"arn:aws:sts::{account}:assumed-role/{role}/{session}",
            "accountId": account, "accessKeyId": f"ASIA{rng.randrange(36 ** 8):012d}", "sessionContext": {"sessionIssuer": {
                "type": "Role", "principalId": ident, "arn": f"arn:aws:iam::{account}:role/{path}{role}", "accountId": account,
                "userName": role}, "attributes": {"mfaAuthenticated": "false"}}}


def populate(rng, account, region, people, machines, days):
    office = Network(rng)
    trades = list(TRADES)
    for i in range(people):
        trade = rng.choice(trades)
        if i % 2 == 0:
            identity = user_identity(account, f"user{i:03d}", rng)
        else:
            identity = role_identity(account, f"AWSReservedSSO_{trade}_{account[:8]}", f"person{i:03d}@example.com", rng,
                                     "aws-reserved/sso.amazonaws.com/")
        yield Person(rng, account, region, identity, office, trade)
    for i in range(machines):
        session = f"app-{rng.randrange(1 << 20):05x}"
        yield Machine(rng, account, region, role_identity(account, f"service{i:03d}", session, rng))
    for i in range(max(1, machines // 10)):
        yield Deployer(rng, account, region, role_identity(account, f"deploy{i:02d}", "run", rng))


def society(rng, options):
    """Callers for the number of events that is wanted, at their natural pace."""
    callers = []
    accounts = [f"{rng.randrange(10 ** 11, 10 ** 12)}" for _ in range(options.accounts)]
    for account in accounts:
        callers += populate(rng, account, rng.choice(REGIONS[:3]), options.people, options.machines, options.days)
    for caller in callers:
        if rng.random() < 0.1:
            caller.joined = rng.randrange(options.days)
    return callers


def read_records(paths):
    for path in paths:
        opened = gzip.open(path, "rt") if path.suffix == ".gz" else open(path)
        with opened as lines:
            yield from (json.loads(line) for line in lines if line.strip())


def own_call(record):
    identity = record.get("userIdentity", {})
    address = record.get("sourceIPAddress", "")
    return identity.get("arn") and identity.get("type") != "AWSService" and not identity.get("invokedBy") and address[:1].isdigit()


def actors(rng, records, options):
    """A past for everybody in the records, and neighbours for their accounts."""
    found, accounts = {}, {}
    for record in filter(own_call, records):
        issuer = record["userIdentity"].get("sessionContext", {}).get("sessionIssuer", {}).get("arn")
        account = record.get("recipientAccountId") or record["userIdentity"].get("accountId")
        found.setdefault((account, issuer or record["userIdentity"]["arn"]), record)
        accounts.setdefault(account, record["awsRegion"])
    for account, region in accounts.items():
        yield from populate(rng, account, region, options.people, options.machines, options.days)
    for (account, who), record in found.items():
        home = FixedNetwork(record["sourceIPAddress"]) if getattr(options, "as") == "home" else None
        client = record.get("userAgent", "").replace("{", "(").replace("}", ")").replace('"', "'") if home else None
        identity, region = record["userIdentity"], record["awsRegion"]
        if identity["type"] == "AssumedRole":
            yield Machine(rng, account, region, identity, rng.choice(["web", "worker", "etl", "agent"]), client, home)
        else:
            yield Person(rng, account, region, identity, Network(rng), rng.choice(["operator", "developer", "security"]), client, home)


def write(callers, options, first_day, scale):
    options.out.mkdir(parents=True, exist_ok=True)
    total = 0
    late = []
    for day in range(options.days):
        start = (first_day + day) * DAY
        events = late
        for caller in callers:
            if caller.joined <= day:
                events.extend(caller.day(day, start, scale))
        events.sort(key=lambda event: event[0])
        late = [event for event in events if event[0] >= start + DAY]
        events = [event for event in events if event[0] < start + DAY]
        name = options.out / f"{clock(start)[:10]}.json.gz"
        with open(name, "wb") as raw, gzip.GzipFile(filename="", fileobj=raw, mode="wb", compresslevel=1, mtime=0) as out:
            out.write("".join(text for _, text in events).encode())
        total += len(events)
        if options.events and total >= options.events:
            break
    return total


def natural_pace(rng, options, callers):
    """How loud everybody must be for the wanted number of events, from a rehearsal of four days."""
    if not options.events:
        return 1
    state = rng.getstate()
    seen = sum(1 for day in range(4) for caller in callers for _ in caller.day(day, (20454 + day) * DAY, 1))
    rng.setstate(state)
    return max(0.2, options.events / (seen / 4 * options.days) * 0.95)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=pathlib.Path, required=True, help="folder for the files")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--days", type=int, default=45)
    parser.add_argument("--start", default="2026-01-01", help="first day; with --for it is reckoned back from the records")
    parser.add_argument("--events", type=int, default=0, help="about so many (default: as many as it takes)")
    parser.add_argument("--accounts", type=int, default=3)
    parser.add_argument("--people", type=int, default=25, help="per account")
    parser.add_argument("--machines", type=int, default=25, help="roles of machines per account")
    parser.add_argument("--for", dest="records", type=pathlib.Path, action="append", help="records whose actors get a past (repeatable)")
    parser.add_argument("--as", choices=["stolen", "home"], default="stolen", help="where that past came from")
    options = parser.parse_args()
    rng = random.Random(int.from_bytes(hashlib.sha256(str(options.seed).encode()).digest()[:8], "big"))
    if options.records:
        records = list(read_records(options.records))
        first = min(datetime.datetime.fromisoformat(record["eventTime"].replace("Z", "+00:00")) for record in records)
        callers = list(actors(rng, records, options))
        first_day = int(first.timestamp()) // DAY - options.days
    else:
        callers = society(rng, options)
        first_day = int(datetime.datetime.fromisoformat(options.start).replace(tzinfo=datetime.timezone.utc).timestamp()) // DAY
    total = write(callers, options, first_day, natural_pace(rng, options, callers))
    print(f"{total} events of {len(callers)} callers in {options.days} days: {options.out}")


if __name__ == "__main__":
    main()
