"""Made-up Sigma rules for CloudTrail as responders write them: a service, some of its actions, and mostly one thing more, with
a filter. One in twelve names what the generated logs show, so that some match; the rest wait for what never comes."""

import random

SHOWN = ["s3 GetObject", "s3 GetBucketAcl", "s3 ListBuckets", "kms Decrypt", "sts AssumeRole", "ec2 DescribeInstances",
         "ec2 DescribeSecurityGroups", "ec2 DescribeInstanceStatus", "iam GetAccountSummary", "iam ListUsers", "iam GetUser",
         "elasticloadbalancing DescribeLoadBalancers", "logs DescribeLogGroups", "lambda ListFunctions20150331",
         "iam AttachUserPolicy", "iam ListAccessKeys", "iam UpdateAccessKey", "organizations ListAccounts", "ec2 RunInstances"]
SERVICES = ["ec2", "s3", "iam", "sts", "kms", "lambda", "logs", "dynamodb", "rds", "ssm", "cloudformation", "secretsmanager", "eks",
            "ecs", "sns", "sqs", "guardduty", "config", "cloudtrail", "route53"]
VERBS = ["Create", "Delete", "Update", "Put", "Attach", "Detach", "Run", "Stop", "Disable", "Modify", "Describe", "Get"]
NOUNS = ["Instances", "BucketPolicy", "User", "Role", "Key", "Function", "LogGroup", "Table", "Snapshot", "Parameter", "Stack",
         "SecretValue", "Cluster", "Task", "Topic", "Queue", "Policy", "SecurityGroup", "Volume", "Subnet", "Trail", "Detector",
         "Recorder", "HostedZone", "AccessKey", "LoginProfile", "Grant", "Alias", "Image", "Address"]


def extra(number, r):
    """One thing more, by kind."""
    return ["", f"    userIdentity.arn|contains: 'assumed-role/service-{r.randrange(900)}'\n", "    errorCode: AccessDenied\n",
            f"    userAgent|startswith: 'aws-cli/{r.randrange(4)}'\n", f"    sourceIPAddress|cidr: 203.0.113.{r.randrange(32) * 8}/29\n",
            f"    userIdentity.arn|endswith: ':user/{r.choice(['alice', 'bob', 'carol', 'dave', 'erin'])}'\n"][number % 6]


def asked(number, r):
    """Service and actions."""
    if number % 12 == 0:
        service, action = r.choice(SHOWN).split()
        return service, [action]
    return r.choice(SERVICES), sorted({r.choice(VERBS) + r.choice(NOUNS) for _ in range(r.randrange(1, 5))})


def rule(number, r):
    service, actions = asked(number, r)
    narrow = extra(number if number % 12 else r.choice([2, 4, 5]), r)
    names = f"    userAgent|contains: 'tool-{number}'\n" if number % 25 == 24 else f"    eventName: [{', '.join(actions)}]\n"
    return (f"title: rule {number}\nid: 00000000-0000-4000-8000-{number:012d}\nstatus: test\nlevel: low\n"
            "logsource: { product: aws, service: cloudtrail }\n"
            f"detection:\n  s:\n    eventSource: {service}.amazonaws.com\n{names}{narrow}"
            f"  f:\n    userIdentity.type: AWSService\n    userAgent|contains: 'internal-{number % 50}'\n"
            "  condition: s and not f\n")


def rules(count):
    r = random.Random(count)
    return [rule(number, r) for number in range(count)]
