"""Made-up questions to a policy engine, over the whole language and every layer, and where iam-simulate is known to answer
otherwise than AWS's documentation does.

A case names principal, action, resource and its account, context, and the documents of each layer: identity, session,
boundary, endpoint and resourcePolicy are lists of documents, scp and rcp lists of levels, each a list. The same seed gives the
same cases."""

import random
import re

HOME, AWAY = "111122223333", "444455556666"
USER, TEAM_USER = f"arn:aws:iam::{HOME}:user/ann", f"arn:aws:iam::{HOME}:user/team/bob"
ROLE, SESSION = f"arn:aws:iam::{HOME}:role/r", f"arn:aws:sts::{HOME}:assumed-role/r/s"
FEDERATED, SERVICE, ANONYMOUS = f"arn:aws:sts::{HOME}:federated-user/ann", "sns.amazonaws.com", "anonymous"
CALLERS = [USER] * 4 + [SESSION] * 4 + [TEAM_USER, FEDERATED, SERVICE, ANONYMOUS]

# Action, resource of an account, whether the resource's policy decides (KMS keys).
CALLS = [
    ("s3:GetObject", "arn:aws:s3:::bucket/home/ann/notes.txt"), ("s3:PutObject", "arn:aws:s3:::bucket/home/bob/a?b$c"),
    ("s3:ListBucket", "arn:aws:s3:::bucket"), ("sqs:SendMessage", "arn:aws:sqs:eu-west-1:{}:orders"),
    ("dynamodb:GetItem", "arn:aws:dynamodb:us-east-1:{}:table/Users"), ("kms:Decrypt", "arn:aws:kms:eu-west-1:{}:key/k-1"),
    ("lambda:InvokeFunction", "arn:aws:lambda:eu-west-1:{}:function:f:live"), ("sts:AssumeRole", "arn:aws:iam::{}:role/team/x"),
    ("iam:PassRole", "arn:aws:iam::{}:role/team/x"), ("ec2:DescribeInstances", "*"), ("sts:GetCallerIdentity", "*"),
]
TEXTS = {"aws:PrincipalTag/team": ["red", "blue", "Blue", "re*"], "aws:username": ["ann", "bob", "home"],
         "aws:ResourceTag/team": ["red", "blue"], "s3:prefix": ["home/ann", "home/", "a?b"], "aws:UserAgent": ["aws-cli/2", "boto3"]}
LISTS = {"aws:TagKeys": ["red", "blue", "green", "Blue"]}
NUMBERS = {"s3:max-keys": ["10", "10.5", "-3", "1000", "x"]}
DATES = {"aws:CurrentTime": ["2026-11-01T00:00:00Z", "2026-11-24T09:30:00Z", "2027-01-01T00:00:00Z", "yesterday"]}
TRUTHS = {"aws:SecureTransport": ["true", "false", "True"]}
ADDRESSES = {"aws:SourceIp": ["192.0.2.17", "10.1.2.3", "2001:db8::17"]}
NETWORKS = ["192.0.2.0/24", "10.0.0.0/8", "192.0.2.17", "2001:db8::/32", "0.0.0.0/0", "10.1.2.3/32"]
ARNS = {"aws:PrincipalArn": [USER, ROLE], "aws:SourceArn": [f"arn:aws:sns:eu-west-1:{HOME}:topic", "arn:aws:s3:::bucket"]}
ARN_PATTERNS = [USER, ROLE, f"arn:aws:iam::{HOME}:*", "arn:aws:iam::*:role/?", "arn:aws:s3:::b*", f"arn:aws:sns:*:{HOME}:topic",
                "arn:aws:iam::${aws:PrincipalAccount}:user/*", "arn:*:*:*:*:*"]
BYTES = {"x:Bytes": ["QUJD", "QUJE"]}
OPERATORS = [
    (TEXTS, TEXTS, ["StringEquals", "StringNotEquals", "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase", "StringLike",
                    "StringNotLike"]),
    (LISTS, LISTS, ["StringEquals", "StringNotEquals", "StringLike", "StringNotLike", "StringEqualsIgnoreCase"]),
    (NUMBERS, NUMBERS, ["NumericEquals", "NumericNotEquals", "NumericLessThan", "NumericLessThanEquals", "NumericGreaterThan",
                        "NumericGreaterThanEquals"]),
    (DATES, DATES, ["DateEquals", "DateNotEquals", "DateLessThan", "DateLessThanEquals", "DateGreaterThan", "DateGreaterThanEquals"]),
    (TRUTHS, TRUTHS, ["Bool"]),
    (ADDRESSES, {"aws:SourceIp": NETWORKS}, ["IpAddress", "NotIpAddress"]),
    (ARNS, {key: ARN_PATTERNS for key in ARNS}, ["ArnEquals", "ArnLike", "ArnNotEquals", "ArnNotLike"]),
    (BYTES, BYTES, ["BinaryEquals"]),
]
VARIABLES = ["${aws:username}", "${aws:PrincipalTag/team}", "${aws:nothing, 'ann'}", "${aws:nothing}", "${aws:TagKeys}", "${*}", "${?}"]


class Maker:
    def __init__(self, seed):
        self.random = random.Random(seed)

    def maybe(self, chance):
        return self.random.random() < chance

    def some(self, make, most):
        """One value, or a list of them."""
        count = self.random.randint(1, most)
        return make() if count == 1 and self.maybe(0.5) else [make() for _ in range(count)]

    def action(self, action):
        service, name = action.split(":")
        return self.random.choice([action, action, action.lower(), f"{service}:{name[:3]}*", f"{service}:*", f"{service}:?{name[1:]}", "*",
                                   self.random.choice(CALLS)[0], f"{service.upper()}:{name}", f"{service}:", f"{service}:*{name[-4:]}"])

    def resource(self, arn):
        if arn == "*":
            return self.random.choice(["*", "*", "arn:aws:ec2:*:*:instance/*"])
        head, tail = arn[:-3], arn[-3:]
        parts = arn.split(":")
        return self.random.choice([
            arn, arn, "*", head + "*", head + "?" + tail[1:], ":".join([*parts[:3], "*", *parts[4:]]), ":".join([*parts[:5], "*"]),
            "arn:aws:s3:::bucket/home/" + self.random.choice(VARIABLES) + "/*", "arn:aws:s3:::bucket/home/bob/a${?}b${$}c",
            ":".join([*parts[:5], parts[5][:2] + self.random.choice(VARIABLES)]), "arn:aws:sqs:*:*:other", arn + "x"])

    def condition(self):
        keys, values, operators = self.random.choice(OPERATORS)
        key = self.random.choice(list(keys))
        operator = self.random.choice(operators)
        if self.maybe(0.15):
            return {"Null": {key: self.random.choice(["true", "false", ["true", "false"]])}}
        if keys is LISTS or self.maybe(0.15):
            operator = self.random.choice(["ForAllValues:", "ForAnyValue:"]) + operator
        if self.maybe(0.2):
            operator += "IfExists"

        def value():
            text = self.random.choice(values[key])
            if keys in (TEXTS, LISTS) and self.maybe(0.25):
                return self.random.choice([text[:2] + "*", "?" + text[1:], self.random.choice(VARIABLES)])
            return text

        return {operator: {key.upper() if self.maybe(0.1) else key: self.some(value, 3)}}

    def conditions(self):
        made = {}
        for _ in range(self.random.choice([0, 0, 0, 1, 1, 2])):
            for operator, keys in self.condition().items():
                made.setdefault(operator, {}).update(keys)
        return {"Condition": made} if made else {}

    def principal(self):
        arns = [USER, USER, ROLE, SESSION, TEAM_USER, FEDERATED, HOME, AWAY, f"arn:aws:iam::{HOME}:root"]
        return self.random.choice(["*", {"AWS": "*"}, {"AWS": self.some(lambda: self.random.choice(arns), 3)},
                                   {"AWS": self.some(lambda: self.random.choice(arns), 3)}, {"Service": SERVICE}])

    def statement(self, call, principals, deny=0.2):
        action, resource = call
        made = {"Effect": "Deny" if self.maybe(deny) else "Allow"}
        not_action, not_resource = self.maybe(0.1), self.maybe(0.1)
        made["NotAction" if not_action else "Action"] = self.some(lambda: self.action(action), 3)
        made["NotResource" if not_resource else "Resource"] = self.some(lambda: self.resource(resource), 3)
        if principals:
            denied = made["Effect"] == "Deny" and self.maybe(0.3)
            made["NotPrincipal" if denied else "Principal"] = self.principal()
        return {**made, **self.conditions()}

    def document(self, call, principals=False, deny=0.2):
        return {"Version": "2012-10-17", "Statement": [self.statement(call, principals, deny) for _ in range(self.random.randint(1, 3))]}

    def generous(self, call):
        """One that mostly allows, so that the other layers get a word in."""
        everything = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
        return everything if self.maybe(0.6) else self.document(call)

    def control(self, call, principals):
        everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
        statements = [everything] if self.maybe(0.85) else []
        statements += [self.statement(call, False, 0.7) for _ in range(self.random.randint(0 if statements else 1, 1))]
        return {"Version": "2012-10-17", "Statement": [{**one, **({"Principal": "*"} if principals else {})} for one in statements]}

    def context(self):
        made = {key: self.random.choice(values) for keys in (TEXTS, NUMBERS, DATES, TRUTHS, ADDRESSES, ARNS, BYTES)
                for key, values in keys.items() if self.maybe(0.7)}
        if self.maybe(0.6):
            made["aws:TagKeys"] = self.random.sample(LISTS["aws:TagKeys"], self.random.randint(2, 3))
        return made

    def case(self):
        caller, (action, resource) = self.random.choice(CALLERS), self.random.choice(CALLS)
        account = AWAY if self.maybe(0.3) else HOME
        call = (action, resource.format(account))
        made = {"principal": caller, "action": action, "resource": call[1], "resourceAccount": account, "context": self.context()}
        named = caller.startswith("arn:")
        if named:
            made["identity"] = [self.generous(call) for _ in range(self.random.randint(1, 2))] if self.maybe(0.85) else []
        if self.maybe(0.55) or not named:
            made["resourcePolicy"] = [self.document(call, principals=True)]
        if named and self.maybe(0.3):
            made["boundary"] = [self.generous(call)]
        if caller in (SESSION, FEDERATED) and self.maybe(0.4):
            made["session"] = [self.generous(call)]
        if self.maybe(0.1):
            made["endpoint"] = [self.control(call, False)]
        for kind in ("scp", "rcp"):
            if self.maybe(0.25):
                made[kind] = [[self.control(call, kind == "rcp")] for _ in range(self.random.randint(1, 3))]
        made["resourceDecides"] = ":key/" in call[1] or (action == "sts:AssumeRole" and "resourcePolicy" in made)
        return made


def cases(count, seed=2026):
    maker = Maker(seed)
    return [maker.case() for _ in range(count)]


def statements(case):
    lists = [case.get(kind, []) for kind in ("identity", "session", "boundary", "endpoint", "resourcePolicy")]
    lists += [level for kind in ("scp", "rcp") for level in case.get(kind, [])]
    return [statement for documents in lists for document in documents for statement in document["Statement"]]


def operators(case):
    return {(operator, key.lower()) for statement in statements(case) for operator, keys in statement.get("Condition", {}).items()
            for key in keys}


def uses(case, *operators_of, key=None, value=None):
    """Does a condition of the case use such an operator, on this key, with such a value of the policy?"""
    for statement in statements(case):
        for operator, keys in statement.get("Condition", {}).items():
            for name, values in keys.items():
                values = values if isinstance(values, list) else [values]
                if any(word in operator for word in operators_of) and key in (None, name.lower()) and (value is None or value in values):
                    return True
    return False


def has(case, key):
    return case["context"].get(key)


def unreadable(case):
    return any(uses(case, f"{kind}NotEquals", key=key.lower(), value=text) or (uses(case, f"{kind}NotEquals") and has(case, key) == text)
               for kind, key, text in (("Numeric", "s3:max-keys", "x"), ("Date", "aws:CurrentTime", "yesterday")))


def any_without_key(case):
    return any("ForAnyValue:" in operator and operator.endswith("IfExists") and
               key not in {name.lower() for name in case["context"]} for operator, key in operators(case))


def valueless(case, text):
    names = re.findall(r"\$\{([^}',]+)\}", text)
    return any(len(name) > 1 and not isinstance(has(case, name), str) for name in names)


def negated_texts(case):
    """What stands in a NotResource or beside a negated operator."""
    for statement in statements(case):
        lists = [statement.get("NotResource", [])]
        lists += [values for operator, keys in statement.get("Condition", {}).items() if "Not" in operator for values in keys.values()]
        for values in lists:
            yield from values if isinstance(values, list) else [values]


# Where iam-simulate is known to differ: a reason, and which cases it can concern. In the documentation's favour where that
# speaks; else ours is the plain reading.
DEVIATIONS = [
    ("it lets session policies limit what a resource's policy grants to the session itself or to anyone; the IAM user guide "
     "(session policies) doesn't", lambda case, ours, theirs: "session" in case and "resourcePolicy" in case and ours == "Allowed"),
    ("it lets SCPs bind service principals; Organizations' guide says that they bind users and roles of member accounts",
     lambda case, ours, theirs: case["principal"] == SERVICE and "scp" in case),
    ("to it, ForAnyValue with IfExists isn't met by a missing key; the IAM user guide (IfExists) says it is",
     lambda case, ours, theirs: any_without_key(case)),
    ("to it, a variable without a value stops a NotResource or a negated operator; ours only matches nothing, as the IAM user guide "
     "(policy variables) says", lambda case, ours, theirs: any(valueless(case, text) for text in negated_texts(case))),
    ("to it, what is no number or date is neither equal nor unequal to one", lambda case, ours, theirs: unreadable(case)),
    ("to it, an IPv6 address is neither in nor outside of an IPv4 network, nor the other way round",
     lambda case, ours, theirs: uses(case, "NotIpAddress")),
    ("to it, 0.0.0.0/0 holds 0.0.0.0 alone", lambda case, ours, theirs: uses(case, "IpAddress", value="0.0.0.0/0")),
]
