"""Test models: the operations that protocol cases are written against, as service models for tools/model.py."""

import json
import pathlib

METADATA = {"endpointPrefix": "test", "serviceId": "Test", "apiVersion": "2020-01-01"}


def suites(corpus):
    """(protocol file, direction, suite) of every suite of botocore's cases."""
    for direction in ("input", "output"):
        for path in sorted((corpus / "botocore" / direction).glob("*.json")):
            for suite in json.loads(path.read_text()):
                yield path.stem, direction, suite


def wrap(case):
    """The cases leave out what every query answer has around its members."""
    given = case["given"]
    if "output" in given:
        given["output"].setdefault("resultWrapper", given["name"] + "Result")


def split(suite):
    """A suite as models: cases may share an operation's name and yet differ in what it is."""
    models = []
    for case in suite["cases"]:
        given = case["given"]
        name = given["name"]
        for operations, cases in models:
            if operations.get(name, given) == given:
                operations[name] = given
                cases.append(case)
                break
        else:
            models.append(({name: given}, [case]))
    return models


def botocore_models(corpus):
    """Models with their cases: {"name", "protocol", "direction", "model", "cases"}."""
    made = []
    for protocol, direction, suite in suites(corpus):
        for case in suite["cases"] if protocol == "query" else []:
            wrap(case)
        for operations, cases in split(suite):
            metadata = METADATA | suite["metadata"]
            model = {"metadata": metadata, "shapes": suite["shapes"], "operations": operations}
            made.append({"name": f"c{len(made)}", "protocol": protocol, "direction": direction, "model": model,
                         "cases": cases})
    return made


def smithy_models():
    """Our own models for the malformed-request cases."""
    here = pathlib.Path(__file__).parent
    found = json.loads((here / "malformed_models.json").read_text())
    for entry in found:
        entry["model"]["metadata"] = METADATA | {"protocol": "rest-json", "protocols": ["rest-json"]}
        for name, operation in entry["model"]["operations"].items():
            operation.setdefault("name", name)
    return found
