"""Protocol cases of others against our codecs: botocore's both ways, and Smithy's malformed requests.

The corpora lie in $YAGURA_SHARED or ../shared. build() makes test models of the cases, has them compiled into the driver
(protocols_main.c), and each run_ function puts every case of one corpus through it."""

import base64
import json
import os
import pathlib
import subprocess
import sys
from urllib.parse import urlsplit

import botocore.model
import botocore.parsers
from botocore.awsrequest import HeadersDict

import malformed
import models
import plain

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
SHARED = pathlib.Path(os.environ.get("YAGURA_SHARED", ROOT.parent / "shared"))
CORPUS = SHARED / "corpora" / "protocols"


def ignored():
    """(protocol, direction, id) of the cases that we leave out, from ignored.tsv."""
    rows = set()
    for line in (HERE / "ignored.tsv").read_text().splitlines():
        if line and not line.startswith("#"):
            rows.add(tuple(line.split("\t")[:3]))
    return rows


def flavour():
    """Of the binary under test: its folder below build/."""
    return pathlib.Path(os.environ.get("YAGURA_BINARY", "build/release/yagura")).parent.name


class Driver:
    def __init__(self, path):
        self.process = subprocess.Popen([path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, **question):
        self.process.stdin.write(json.dumps(question) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            sys.exit(f"the driver died of {question}")
        return json.loads(line)


def complete(entry, case):
    """The headers that a case leaves unsaid and every client of the protocol sends."""
    metadata, serialized = entry["model"]["metadata"], case["serialized"]
    headers = dict(serialized.get("headers", {}))
    said = {name.lower() for name in headers} | {name.lower() for name in serialized.get("forbidHeaders", [])}
    if metadata["protocol"] == "json" and "x-amz-target" not in said:
        headers["X-Amz-Target"] = f"{metadata['targetPrefix']}.{case['given']['name']}"
    if metadata["protocol"] == "rest-json" and "content-type" not in said and serialized.get("body"):
        headers["Content-Type"] = "application/json"
    return serialized | {"headers": headers}


def request_of(serialized, is_cbor=False):
    uri = urlsplit(serialized.get("uri", "/"))
    body = serialized.get("body") or ""
    raw = base64.b64decode(body) if is_cbor else body.encode()
    path = uri.path or "/"
    return {"method": serialized.get("method", "POST"), "path": path, "query": uri.query,
            "headers": [[n, v] for n, v in serialized.get("headers", {}).items()],
            "body": base64.b64encode(raw).decode()}


def tell(protocol, shape, wanted, got):
    """What was got, with what the bytes can't tell put right: empty lists, maps and payloads leave no trace in headers,
    query strings and forms; a map of all parameters also holds those with members of their own."""
    told = dict(got)
    bound = {m.serialization.get("name", n) for n, m in shape.members.items()
             if m.serialization.get("location") == "querystring" and m.type_name != "map"}
    for name, member in shape.members.items():
        location = member.serialization.get("location")
        silent = protocol in ("query", "ec2") or location in ("header", "headers", "querystring")
        if silent and name in wanted and not wanted[name] and name not in got:
            told[name] = wanted[name]
        if name == shape.serialization.get("payload") and got.get(name) == {} and name not in wanted:
            del told[name]
        if location == "querystring" and member.type_name == "map" and name in got:
            told[name] = {key: v for key, v in got[name].items() if key in wanted.get(name, {}) or key not in bound}
            if not told[name] and name not in wanted:
                del told[name]
    return told


def check_input(driver, entry, case, service):
    """None when the request decodes into the case's params, else what went wrong."""
    name = case["given"]["name"]
    shape = service.operation_model(name).input_shape
    answer = driver.ask(do="decode", service=entry["name"], **request_of(complete(entry, case), "cbor" in entry["protocol"]))
    if answer.get("operation") != name:
        return f"answered {answer} {base64.b64decode(answer.get('body', ''))}"
    wanted = plain.of(shape, case.get("params") or {}) if shape else {}
    got = tell(entry["model"]["metadata"]["protocol"], shape, wanted, answer["value"]) if shape else {}
    if shape is None or plain.same(shape, wanted, got):
        return None
    return f"wanted {wanted}, got {got}"


def response_of(raw, is_cbor=False):
    body = raw.get("body", "")
    body = base64.b64decode(body) if is_cbor else body.encode() if isinstance(body, str) else body
    return {"status_code": raw["status_code"], "headers": HeadersDict(raw.get("headers", {})), "body": body, "context": {}}


def parse(service, operation, response):
    """As botocore's client does: a result, or an error's code, message and modelled members."""
    parser = botocore.parsers.ResponseParserFactory().create_parser(service.metadata["protocol"])
    if service.metadata["protocol"] == "query" and not response["body"]:
        return {}
    parsed = parser.parse(response, service.operation_model(operation).output_shape)
    if response["status_code"] >= 301:
        error = service.shape_for_error_code(parsed.get("Error", {}).get("Code"))
        if error is not None:
            parsed.update(parser.parse(response, error))
        parsed["Error"] = {key: parsed["Error"].get(key) for key in ("Code", "Message")}
    parsed.pop("ResponseMetadata", None)
    return parsed


def ask_output(driver, entry, case, operation):
    """The driver's answer for a case's result or error."""
    if "error" in case:
        shape = next(s for s in operation.error_shapes if case["errorCode"] in (s.error_code, s.name))
        return driver.ask(do="error", service=entry["name"], operation=operation.name, shape=shape.name,
                          value=plain.of(shape, case["error"]))
    value = plain.of(operation.output_shape, case["result"]) if operation.output_shape else {}
    return driver.ask(do="encode", service=entry["name"], operation=operation.name, value=value)


def takes_all_headers(shape):
    return shape is not None and any(m.serialization.get("location") == "headers" and not m.serialization.get("name")
                                     for m in shape.members.values())


def check_output(driver, entry, case, service):
    """None when botocore reads our answer as it reads the case's own."""
    name = case["given"]["name"]
    operation = service.operation_model(name)
    answer = ask_output(driver, entry, case, operation)
    if "failure" in answer:
        return answer["failure"]
    headers = dict(answer["headers"])
    if takes_all_headers(operation.output_shape):
        headers = {key: v for key, v in headers.items() if key not in ("x-amzn-RequestId", "Content-Type")}
    body = base64.b64decode(answer["body"])
    ours = parse(service, name, response_of({"status_code": answer["status"], "headers": headers, "body": body}))
    theirs = parse(service, name, response_of(case["response"], "cbor" in entry["protocol"]))
    return None if plain.alike(ours, theirs) else f"wanted {theirs}, got {ours} from {body} {headers}"


def build():
    """The driver over models of all cases."""
    out = ROOT / "build/conformance"
    out.mkdir(parents=True, exist_ok=True)
    entries = [{"name": e["name"], "model": e["model"]} for e in models.botocore_models(CORPUS) + models.smithy_models()]
    (out / "models.json").write_text(json.dumps(entries))
    subprocess.run([sys.executable, "tools/model.py", "--models", out / "models.json", "--out", out / "gen"], cwd=ROOT,
                   check=True)
    return make("protocols")


def make(name):
    driver = f"build/{flavour()}/bin/{name}"
    environment = {key: value for key, value in os.environ.items() if key not in ("MAKEFLAGS", "MAKELEVEL")}
    subprocess.run(["make", "-j2", f"FLAVOUR={flavour()}", driver], cwd=ROOT, check=True, env=environment)
    return Driver(ROOT / driver)


def run_botocore(driver, direction):
    """(how many ran, what went wrong)."""
    run, failures, left_out = 0, [], ignored()
    check = check_input if direction == "input" else check_output
    for entry in models.botocore_models(CORPUS):
        if entry["direction"] != direction:
            continue
        service = botocore.model.ServiceModel(entry["model"], entry["name"])
        for case in entry["cases"]:
            if (entry["protocol"], direction, case["id"]) in left_out:
                continue
            run += 1
            try:
                wrong = check(driver, entry, case, service)
            except (botocore.parsers.ResponseParserError, TypeError) as error:
                wrong = f"botocore's parser: {error}"
            if wrong:
                failures.append(f"{entry['protocol']} {case['id']}: {wrong}")
    return run, failures


def run_malformed(driver):
    return malformed.run(driver, CORPUS / "smithy" / "cases.jsonl")
