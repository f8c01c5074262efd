"""Smithy's malformed requests: each must be refused with the case's status and error.

For broken constraints the text of the answer is AWS's own, which differs from Smithy's in wording and in how it writes
paths; what is compared is the member it blames: ours is the case's path or, for elements, the list or map around it."""

import base64
import json
import re

SERVICE = "malformed"


def question(request):
    query = "&".join(request.get("queryParams", []))
    return {"do": "decode", "service": SERVICE, "method": request["method"], "path": request["uri"], "query": query,
            "headers": [[n, v] for n, v in request.get("headers", {}).items()],
            "body": base64.b64encode(request.get("body", "").encode()).decode()}


def blamed(case):
    """The path that the case blames, as words; None when it is not about a constraint."""
    contents = case["response"].get("body", {}).get("assertion", {}).get("contents")
    return json.loads(contents)["fieldList"][0]["path"].strip("/").split("/") if contents else None


def check(case, answer):
    if "status" not in answer:
        return f"accepted as {answer}"
    if answer["status"] != case["response"]["code"]:
        return f"wanted {case['response']['code']}, got {answer['status']}"
    wanted = case["response"]["headers"]["x-amzn-errortype"]
    got = {name.lower(): value for name, value in answer["headers"]}["x-amzn-errortype"]
    if got != wanted:
        return f"wanted {wanted}, got {got}"
    path = blamed(case)
    if path is None:
        return None
    message = json.loads(base64.b64decode(answer["body"]))["message"]
    found = re.match(r"1 validation error detected: Value .* at '([^']*)' failed to satisfy constraint: Member must |"
                     r"1 validation error detected: Value .* at '([^']*)' failed to satisfy constraint: Map ", message)
    ours = (found.group(1) or found.group(2)).split(".") if found else None
    return None if ours and ours == path[:len(ours)] and len(path) - len(ours) <= 1 else f"wanted {path}, got {message}"


def run(driver, cases):
    """(how many ran, what went wrong)."""
    failures, count = [], 0
    for line in cases.read_text().splitlines():
        case = json.loads(line)
        count += 1
        wrong = check(case, driver.ask(**question(case["request"])))
        if wrong:
            failures.append(f"{case['id']}: {wrong}")
    return count, failures
