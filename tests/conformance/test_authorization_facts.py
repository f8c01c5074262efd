"""What our services say of authorisation, held against the facts: every action exists, and is about the kind of resource that
its template names."""

import fnmatch
import json
import os
import pathlib
import re
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))

from model import actions, keys, service  # noqa: E402

# Operations that are younger than the facts.
YOUNGER = ["sts:GetScopedCredentials", "guardduty:*CustomDetectionRule*", "guardduty:*Investigation*", "kms:Encapsulate",
           "kms:Decapsulate", "iam:UpdateOpenIDConnectProvider", "secretsmanager:ListResourcePolicies", "cloudtrail:ListInsightsMetricData"]


def services():
    return [service.load(path.parent) for path in sorted((ROOT / "src/svc").glob("*/ops.tsv"))]


@pytest.fixture(scope="module")
def forms():
    return dict(actions.read(ROOT / "rules/authorization/actions.txt"))


def action_of(one, name):
    row = one.rows[name]
    return row[3] if len(row) == 4 else f"{one.signing_name}:{name}"


@pytest.mark.parametrize("one", services(), ids=lambda one: one.folder)
def test_every_action_exists(one, forms):
    known = {action.lower() for action in forms}
    unknown = [action_of(one, name) for name in one.rows if action_of(one, name).lower() not in known]
    assert [action for action in unknown if not any(fnmatch.fnmatch(action, young) for young in YOUNGER)] == []


def keys_of(action):
    """What policies about an action may ask for."""
    return set(action["conditionKeys"]).union(*(resource["conditionKeys"] for resource in action["resources"]))


@pytest.mark.parametrize("one", services(), ids=lambda one: one.folder)
def test_every_key_is_one_that_the_action_takes(one, shared_facts):
    """Keys that an operation's input fills, against those that its action takes or its resource types do."""
    facts = shared_facts.get(one.signing_name)
    if facts is None:
        pytest.skip(f"the facts don't know {one.signing_name}")
    wrong = []
    everything = set().union(*map(keys_of, facts["actions"].values()))
    for name, rows in keys.of_service(one).items():
        action = facts["actions"].get(name)
        if name not in one.rows or action is None:
            continue
        # S3 judges one operation as one of several actions (GetObject as GetObjectVersion), each with keys of its own.
        taken = everything if one.signing_name == "s3" else keys_of(action)
        bare = {re.sub(r"\$\{.*|<.*", "", key).lower() for key in taken}
        wrong += [f"{name} {key}" for key, _, passed in rows
                  if not passed and not key.startswith("aws:") and key.rstrip("*").lower() not in bare]
    assert wrong == []


@pytest.fixture(scope="module")
def shared_facts():
    path = pathlib.Path(os.environ.get("YAGURA_SHARED", ROOT.parent / "shared")) / "corpora/iam/service_authorization.jsonl"
    if not path.exists():
        pytest.skip("the facts aren't beside this checkout")
    lines = path.read_text().splitlines()
    return {fact["service"]: fact for fact in map(json.loads, lines)}


def test_forms_of_arns_are_the_documented_ones(forms, shared_facts):
    wrong = []
    for action, form in forms.items():
        prefix, name = action.split(":")
        facts = shared_facts[prefix]
        documented = {kind["arn"] for kind in facts["resourceTypes"].values()}
        if name not in facts["actions"] or (form != "*" and form not in documented):
            wrong.append(action)
    assert wrong == [] and len(forms) > 500


def resource_of(one, template):
    """An ARN as the template makes it (svc/request.h), with x for each member."""
    filled = re.sub(r"\{\w+\}", "x", template)
    region = "" if one.signing_name in ("iam", "sts") else "r"
    return filled if filled.startswith("arn:") else f"arn:aws:{one.signing_name}:{region}:111122223333:{filled}"


def fits(arn, form):
    """Whether an ARN has the form, but for case: the facts spell GuardDuty's publishingDestination without capitals."""
    pattern = re.sub(r"\\\$\\\{(\w+)\\\}", lambda found: ".+" if found[1].endswith("WithPath") else "[^/]+", re.escape(form))
    return re.fullmatch(pattern, arn, re.IGNORECASE) is not None


@pytest.mark.parametrize("one", services(), ids=lambda one: one.folder)
def test_templates_have_the_form_of_the_action_s_resources(one, shared_facts):
    facts = shared_facts.get(one.signing_name)
    if facts is None:
        pytest.skip(f"the facts don't know {one.signing_name}")
    kinds = {kind.lower(): about["arn"] for kind, about in facts["resourceTypes"].items()}
    wrong = []
    for name, row in one.rows.items():
        action = facts["actions"].get(action_of(one, name).split(":")[1])
        template = row[1]
        if action is None or not action["resources"] or template == "*" or template.startswith("{"):
            continue
        forms = [kinds[resource["name"].lower()] for resource in action["resources"]]
        if not any(fits(resource_of(one, template), form) for form in forms):
            wrong.append(f"{name} {template}, where the action is about {forms}")
    assert wrong == []
