"""What functions can do, and what they can't: runtimes, failures in Lambda's words, and the walls of the sandbox."""

import base64
import http.client
import http.server
import importlib.util
import io
import json
import os
import pathlib
import shutil
import struct
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
import zipfile
import zlib

import pytest

from conftest import ROOT, until
from functions import ECHO, Functions, archive, python, refused, unique

LIGHT = bool(os.environ.get("YAGURA_FEW") or os.environ.get("YAGURA_TEST_STORE"))
heavy = pytest.mark.skipif(LIGHT, reason="walls are tried in the release flavour, on SQLite")
node = pytest.mark.skipif(not any(map(os.path.exists, ("/usr/bin/node", "/usr/local/bin/node"))), reason="needs Debian's nodejs")


@pytest.fixture(scope="module")
def functions(yagura):
    return Functions(yagura)


def handler(body, before=""):
    return before + "def handler(event, context):\n" + "".join(f"    {line}\n" for line in body.splitlines())


def test_failures_have_lambdas_shapes(functions):
    error, answer, log = functions.call(functions.make(handler("sys.exit(1)", "import sys\n")))
    assert error == "Unhandled" and answer["errorType"] == "Runtime.ExitError"
    assert answer["errorMessage"].endswith(" Error: Runtime exited with error: exit status 1") and "Status: error" in log

    error, answer, log = functions.call(functions.make(handler("while True: pass"), Timeout=1))
    assert answer["errorType"] == "Sandbox.Timedout" and answer["errorMessage"].endswith(" Error: Task timed out after 1.00 seconds")
    assert " Task timed out after 1.00 seconds\nEND " in log and "Duration: 1000.00 ms" in log and "Status: timeout" in log

    error, answer, log = functions.call(functions.make(handler("raise ValueError('no good')")))
    assert error == "Unhandled" and answer["errorType"] == "ValueError" and answer["errorMessage"] == "no good"
    assert answer["stackTrace"] == ["  File \"/var/task/app.py\", line 2, in handler\n    raise ValueError('no good')\n"]
    assert answer["requestId"] in log and "[ERROR] ValueError: no good\nTraceback (most recent call last):\n" in log

    for code, kind, words in (
        ("import nowhere\n", "Runtime.ImportModuleError", "Unable to import module 'app': No module named 'nowhere'"),
        ("x = 1\n", "Runtime.HandlerNotFound", "Handler 'handler' missing on module 'app'"),
        ("def handler(event, context:\n", "Runtime.UserCodeSyntaxError", "Syntax error in module 'app': "),
    ):
        error, answer, log = functions.call(functions.make(code))
        assert error == "Unhandled" and answer["errorType"] == kind and words in answer["errorMessage"], answer
        assert f"INIT_REPORT Init Duration: " in log and f"Phase: init\tStatus: error\tError Type: {kind}" in log
    assert functions.call(functions.make(handler("return {1, 2}")))[1]["errorType"] == "Runtime.MarshalError"
    assert functions.call(functions.make(handler("return 'x' * 7000000"), Timeout=10))[1] == {
        "errorMessage": "Response payload size exceeded maximum allowed payload size (6291556 bytes).",
        "errorType": "Function.ResponseSizeTooLarge"}


def test_a_function_that_failed_runs_again(functions):
    name = functions.make(handler("if event: os._exit(2)\nreturn 'fine'", "import os\n"))
    assert functions.result(name) == "fine"
    assert "exit status 2" in functions.call(name, {"a": 1})[1]["errorMessage"]
    assert functions.result(name) == "fine"


class Hook(http.server.BaseHTTPRequestHandler):
    taken = []

    def do_POST(self):
        Hook.taken.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture
def hook():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hook)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    Hook.taken = []
    yield server.server_address[1]
    server.shutdown()


def test_the_seeds_slack_handler(functions, shared, hook):
    """It lacks `import os`: shown as Lambda shows it. With it, it posts."""
    snippet = shared and shared / "seed/snippets/guardduty_slack_lambda.py"
    if not snippet or not snippet.exists():
        pytest.skip("the seed's snippets are not here")
    code = snippet.read_text()
    event = {"detail": {"severity": 8, "type": "Recon:EC2/PortProbe", "description": "d", "accountId": "1", "region": "r"}}
    settings = {"handler": "slack.lambda_handler", "Environment": {"Variables": {"SLACK_WEBHOOK_URL": f"http://127.0.0.1:{hook}/services/x"}},
                "Timeout": 10}
    error, answer, log = functions.call(functions.make(archive({"slack.py": code}), **settings), event)
    assert (error, answer["errorType"], answer["errorMessage"]) == ("Unhandled", "NameError", "name 'os' is not defined")
    assert answer["stackTrace"][0].startswith("  File \"/var/task/slack.py\", line ") and "webhook_url = os.environ" in answer["stackTrace"][0]
    assert "[ERROR] NameError: name 'os' is not defined" in log and not Hook.taken
    functions.result(functions.make(archive({"slack.py": "import os\n" + code}), **settings), event)
    assert Hook.taken[0]["attachments"][0]["color"] == "#ff0000"


@node
def test_node(functions):
    def make(code, name="index.js", **settings):
        return functions.make(archive({name: code}), runtime="nodejs20.x", handler="index.handler", MemorySize=256, Timeout=10, **settings)
    assert functions.result(make("exports.handler = async (event, context) => ({ event, name: context.functionName });"), {"a": 1})["event"] == {"a": 1}
    assert functions.result(make("exports.handler = (event, context, done) => done(null, 7);")) == 7
    assert functions.result(make("export const handler = async () => 8;", "index.mjs")) == 8
    error, answer, log = functions.call(make("exports.handler = async () => { console.log('x'); throw new TypeError('bad'); };"))
    assert (error, answer["errorType"], answer["errorMessage"], answer["trace"][0]) == ("Unhandled", "TypeError", "bad", "TypeError: bad")
    assert "\tINFO\tx\n" in log and "\tERROR\tInvoke Error \t" in log
    assert functions.call(make("require('nowhere');"))[1]["errorType"] == "Runtime.ImportModuleError"
    assert functions.call(make("exports.other = 1;"))[1] ["errorMessage"] == "index.handler is undefined or not exported"


SHELL = """#!/bin/bash
while true; do
  exec 3<>/dev/tcp/${AWS_LAMBDA_RUNTIME_API/:/\\/}
  printf 'GET /2018-06-01/runtime/invocation/next HTTP/1.1\\r\\nHost: x\\r\\nConnection: close\\r\\n\\r\\n' >&3
  id=; while IFS=$'\\r' read -r line <&3 && [ -n "${line%$'\\r'}" ]; do
    case "${line,,}" in lambda-runtime-aws-request-id:*) id=${line#*: }; id=${id%$'\\r'};; esac
  done
  body=$(cat <&3); exec 3>&-
  exec 3<>/dev/tcp/${AWS_LAMBDA_RUNTIME_API/:/\\/}
  answer="[\\"$_HANDLER\\",$body]"
  printf 'POST /2018-06-01/runtime/invocation/%s/response HTTP/1.1\\r\\nHost: x\\r\\nConnection: close\\r\\nContent-Length: %d\\r\\n\\r\\n%s' "$id" "${#answer}" "$answer" >&3
  cat <&3 >/dev/null; exec 3>&-
done
"""


STREAMS = """
exports.handler = awslambda.streamifyResponse(async (event, stream, context) => {
  const what = event.rawPath ?? event.what;
  if (what === '/at-once') throw new TypeError('nothing yet');
  if (what === '/page') {
    stream = awslambda.HttpResponseStream.from(stream, { statusCode: 201, headers: { 'X-Colour': 'blue' }, cookies: ['a=1'] });
  }
  stream.write('one ' + context.functionVersion);
  await fetch(process.env.GO_ON);
  if (what === '/late') throw new TypeError('too late');
  stream.write(Buffer.alloc(100000, 'x'));
  stream.end('two');
});
"""


@pytest.fixture
def gate():
    """A server that answers once .opened is set: what a function waits for."""
    class Gate(http.server.BaseHTTPRequestHandler):
        opened = threading.Event()

        def do_GET(self):
            self.opened.wait(20)
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_):
            pass
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Gate)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    Gate.url = f"http://127.0.0.1:{server.server_address[1]}/"
    yield Gate
    Gate.opened.set()
    server.shutdown()


@node
@pytest.mark.boto3_only  # the others have no command for it, or don't read what comes
def test_answers_that_stream(functions, gate):
    client = functions.client
    name = functions.make(archive({"index.js": STREAMS}), runtime="nodejs20.x", handler="index.handler", MemorySize=256, Timeout=20,
                          Environment={"Variables": {"GO_ON": gate.url}})

    def stream(what, **more):
        answer = client.invoke_with_response_stream(FunctionName=name, Payload=json.dumps({"what": what}), **more)
        assert answer["ExecutedVersion"] == "$LATEST" and answer["StatusCode"] == 200
        parts = []
        for event in answer["EventStream"]:
            if "InvokeComplete" in event:
                return b"".join(parts), event["InvokeComplete"]
            parts.append(event["PayloadChunk"]["Payload"])
            gate.opened.set()
        raise AssertionError("no InvokeComplete")
    body, complete = stream("all", LogType="Tail")
    assert body == b"one $LATEST" + b"x" * 100000 + b"two"
    assert "ErrorCode" not in complete and "REPORT RequestId" in base64.b64decode(complete["LogResult"]).decode()
    body, complete = stream("/late")
    assert body == b"one $LATEST" and complete["ErrorCode"] == "Unhandled" and json.loads(complete["ErrorDetails"])["errorMessage"] == "too late"
    body, complete = stream("/at-once")
    assert body == b"" and json.loads(complete["ErrorDetails"])["errorType"] == "TypeError"
    assert client.invoke_with_response_stream(FunctionName=name, InvocationType="DryRun")["StatusCode"] == 204
    whole = client.invoke(FunctionName=name, Payload=b"{}")["Payload"].read()
    assert whole.startswith(b"one $LATEST") and whole.endswith(b"two")

    url = client.create_function_url_config(FunctionName=name, AuthType="NONE", InvokeMode="RESPONSE_STREAM")["FunctionUrl"]
    client.add_permission(FunctionName=name, StatementId="all", Action="lambda:InvokeFunctionUrl", Principal="*", FunctionUrlAuthType="NONE")
    gate.opened.clear()
    with urllib.request.urlopen(url + "page") as answer:
        assert (answer.status, answer.headers["X-Colour"], answer.headers["Set-Cookie"]) == (201, "blue", "a=1")
        assert answer.headers["Transfer-Encoding"] == "chunked" and answer.read(11) == b"one $LATEST"
        gate.opened.set()
        assert answer.read().endswith(b"two")
    with urllib.request.urlopen(url) as answer:
        assert (answer.status, answer.headers["Content-Type"]) == (200, "application/octet-stream") and answer.read().endswith(b"two")
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(url + "at-once")
    assert caught.value.code == 502
    with urllib.request.urlopen(url + "late") as answer, pytest.raises((http.client.IncompleteRead, ConnectionError)):
        answer.read()


def test_a_bootstrap_of_its_own(functions):
    name = functions.make(archive({"bootstrap": SHELL}), runtime="provided.al2023", handler="some.word")
    assert functions.result(name, {"a": 1}) == ["some.word", {"a": 1}]
    assert functions.result(name, {"a": 2}) == ["some.word", {"a": 2}]
    answer = functions.call(functions.make(archive({"readme": "no bootstrap"}), runtime="provided.al2023", handler="x"))[1]
    assert answer["errorType"] == "Runtime.InvalidEntrypoint" and "/var/task/bootstrap: no such file or directory" in answer["errorMessage"]


def test_archives_that_would_do_harm_are_refused(functions):
    def entries(*pairs):
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as made:
            for name, text, mode in pairs:
                entry = zipfile.ZipInfo(name)
                entry.external_attr = mode << 16
                made.writestr(entry, text)
        return out.getvalue()
    for name in ("../outside.py", "/etc/cron.d/x", "a/../../b"):
        refused("InvalidParameterValueException", functions.make, entries((name, "x", 0o100644)))
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as made:
        for i in range(3):
            made.writestr(f"zeros{i}", bytes(100 << 20))
    said = refused("InvalidParameterValueException", functions.make, bomb.getvalue())
    assert said["Error"]["Message"] == "Unzipped size must be smaller than 262144000 bytes"
    # Links within are fine, links out are not: nothing is unpacked of the archive then.
    inside = entries(("app.py", ECHO, 0o100644), ("link.py", "app.py", 0o120777))
    assert functions.result(functions.make(inside, handler="link.handler"), {"a": 1}) == {"a": 1}
    for target in ("/etc/passwd", "../../../../../etc/passwd"):
        name = functions.make(entries(("app.py", ECHO, 0o100644), ("link", target, 0o120777)))
        refused("InvalidZipFileException", functions.client.invoke, FunctionName=name)
    # Through a link that the archive itself laid.
    name = functions.make(entries(("d", ".", 0o120777), ("d/app.py", ECHO, 0o100644)))
    refused("InvalidZipFileException", functions.client.invoke, FunctionName=name)


@heavy
def test_walls(functions):
    hog = functions.make(handler("keep = []\nwhile True: keep.append(bytearray(1 << 20))"), Timeout=10)
    error, answer, log = functions.call(hog)
    assert "Runtime exited with error: signal: killed" in answer["errorMessage"] and "Error Type: Runtime.OutOfMemory" in log
    bomb = functions.make(handler("n = 0\ntry:\n    while True:\n        if os.fork() == 0: time.sleep(100)\n        n += 1\n"
                                  "except OSError as error: return [n, error.errno]", "import os, time\n"), Timeout=10, MemorySize=1024)
    error, answer, log = functions.call(bomb)
    assert "killed" in str(answer) or answer[0] < 1100
    disk = functions.make(handler("try:\n    with open('/tmp/x', 'wb') as f:\n        for i in range(600): f.write(bytes(1 << 20))\n"
                                  "except OSError as error: return error.errno"), Timeout=20)
    assert functions.result(disk) in (27, 28)  # too large; no space left
    see = functions.make(handler("def can(do):\n    try: do(); return True\n    except OSError: return False\n"
                                 "return {'write': [can(lambda: open(p + '/x', 'w')) for p in ('/', '/usr', '/var/task', '/opt', '/etc')],\n"
                                 "        'read': [can(lambda: os.listdir(p)) for p in ('/root', '/home', event['data'])],\n"
                                 "        'tmp': can(lambda: open('/tmp/y', 'w')), 'processes': [p for p in os.listdir('/proc') if p.isdigit()],\n"
                                 "        'uid': os.getuid(), 'chown': can(lambda: os.chown('/tmp/y', 0, 0)),\n"
                                 "        'namespace': can(lambda: ctypes.CDLL(None).unshare(0x10000000) == 0 or (_ for _ in ()).throw(OSError))}",
                                 "import ctypes, os\n"))
    seen = functions.result(see, {"data": str(functions.server.data)})
    assert seen == {"write": [False] * 5, "read": [False] * 3, "tmp": True, "processes": ["1", "2"], "uid": 993, "chown": False,
                    "namespace": False}, seen


@heavy
def test_nothing_of_a_function_outlives_its_environment(servers):
    server = servers("--lambda-idle", 200)
    functions = Functions(server)
    mark = unique("mark")
    name = functions.make(handler(f"subprocess.Popen(['bash', '-c', 'exec -a {mark} sleep 300'], start_new_session=True)\nreturn 1",
                                  "import subprocess\n"))
    functions.result(name)

    def alive():
        return subprocess.run(["pgrep", "-f", mark], stdout=subprocess.DEVNULL).returncode == 0
    assert alive()
    until(lambda: not alive(), "the idle environment is taken down")
    functions.result(name)
    assert alive()
    server.kill()
    until(lambda: not alive(), "it ends with the server")


def test_networks(servers, hook):
    code = handler("def ask(url):\n    try: return urllib.request.urlopen(url, timeout=3).status\n    except OSError as error: return 'refused'\n"
                   "return [ask(os.environ['AWS_ENDPOINT_URL'] + '/_yagura/health'), *map(ask, event['urls'])]", "import os, urllib.request\n")
    urls = [f"http://127.0.0.1:{hook}/", f"http://localhost:{hook}/"]

    class Reach(Hook):
        do_GET = lambda self: (self.send_response(200), self.end_headers())
    Hook.do_GET = Reach.do_GET
    for setting, wanted in (("none", [200, "refused", "refused"]), (f"127.0.0.1:{hook}", [200, 200, 200]), ("open", [200, 200, 200])):
        server = servers("--lambda-network", setting)
        functions = Functions(server)
        assert functions.result(functions.make(code, Timeout=10), {"urls": urls}) == wanted, setting


@heavy
def test_the_official_client_for_python_runs_unmodified(functions):
    """awslambdaric as a layer, started by a bootstrap of two lines."""
    found = importlib.util.find_spec("awslambdaric")
    if not found:
        pytest.skip("awslambdaric is not installed (tools/setup.sh test)")
    folder = pathlib.Path(found.origin).parents[1]
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for pattern in ("awslambdaric/**/*", "runtime_client*.so", "simplejson/**/*", "snapshot_restore_py*.py"):
            for path in folder.glob(pattern):
                if path.is_file() and "__pycache__" not in path.parts:
                    made.write(path, f"python/{path.relative_to(folder)}")
    arn = functions.client.publish_layer_version(LayerName=unique("ric"), Content={"ZipFile": out.getvalue()})["LayerVersionArn"]
    code = archive({"app.py": "def handler(event, context):\n    return [event, context.aws_request_id]\n",
                    "bootstrap": "#!/bin/sh\nexport PYTHONPATH=/opt/python\nexec /usr/bin/python3 -m awslambdaric app.handler\n"})
    name = functions.make(code, runtime="provided.al2023", handler="app.handler", Layers=[arn], Timeout=20, MemorySize=256)
    assert functions.result(name, {"a": 1})[0] == {"a": 1}
    assert functions.result(name, {"a": 2})[0] == {"a": 2}


OFFICIAL = ROOT / "build/official"


@pytest.mark.skipif(not (OFFICIAL / "go/bootstrap").exists(), reason="aws-lambda-go is not built (tools/official_clients.sh)")
def test_the_official_client_for_go_runs_unmodified(functions):
    """aws-lambda-go, whole answers and streamed ones."""
    client, out = functions.client, io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        made.write(OFFICIAL / "go/bootstrap", "bootstrap")
    name = functions.make(out.getvalue(), runtime="provided.al2023", handler="echo", Timeout=20)
    answer = functions.result(name, {"a": 1})
    assert (answer["event"], answer["function"]) == ({"a": 1}, name) and functions.result(name, {"a": 2})["id"] != answer["id"]
    assert functions.call(name, {"fail": 1})[:2] == ("Unhandled", {"errorMessage": "as asked", "errorType": "errorString"})
    page = functions.make(out.getvalue(), runtime="provided.al2023", handler="page", Timeout=20)
    events = list(client.invoke_with_response_stream(FunctionName=page, Payload=b'{"rawPath": "/broken"}')["EventStream"])
    assert b"streamed by Go" in b"".join(one["PayloadChunk"]["Payload"] for one in events[:-1])
    assert json.loads(events[-1]["InvokeComplete"]["ErrorDetails"])["errorMessage"] == "in the middle"
    url = client.create_function_url_config(FunctionName=page, AuthType="NONE", InvokeMode="RESPONSE_STREAM")["FunctionUrl"]
    client.add_permission(FunctionName=page, StatementId="all", Action="lambda:InvokeFunctionUrl", Principal="*", FunctionUrlAuthType="NONE")
    with urllib.request.urlopen(url) as answer:
        assert (answer.status, answer.headers["X-Colour"], answer.read()) == (202, "green", b"streamed by Go")


@node
@pytest.mark.skipif(not list(OFFICIAL.glob("node/node_modules/aws-lambda-ric/**/rapid-client.node")),
                    reason="aws-lambda-ric is not built (tools/official_clients.sh)")
def test_the_official_client_for_node_runs_unmodified(functions):
    """aws-lambda-ric as a layer, whole answers and streamed ones."""
    client, out, folder = functions.client, io.BytesIO(), OFFICIAL / "node/node_modules/aws-lambda-ric"
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for path in [folder / "index.mjs", folder / "package.json", *folder.glob("**/rapid-client.node")]:
            made.write(path, f"ric/{path.relative_to(folder)}")
    arn = client.publish_layer_version(LayerName=unique("ric"), Content={"ZipFile": out.getvalue()})["LayerVersionArn"]
    code = archive({"app.js": "exports.handler = async (event, context) => [event, context.awsRequestId];\n"
                              "exports.page = awslambda.streamifyResponse(async (event, stream) => { stream.write('by '); stream.end('the RIC'); });\n",
                    "bootstrap": "#!/bin/sh\nexec node /opt/ric/index.mjs \"$_HANDLER\"\n"})

    def make(handler):
        return functions.make(code, runtime="provided.al2023", handler=handler, Layers=[arn], Timeout=20, MemorySize=256)
    name = make("app.handler")
    assert functions.result(name, {"a": 1})[0] == {"a": 1} and functions.result(name, {"a": 2})[0] == {"a": 2}
    events = list(client.invoke_with_response_stream(FunctionName=make("app.page"), Payload=b"{}")["EventStream"])
    assert b"".join(one["PayloadChunk"]["Payload"] for one in events[:-1]) == b"by the RIC" and "ErrorCode" not in events[-1]["InvokeComplete"]


def test_the_function_of_a_changed_function_is_new(functions):
    name = functions.make(handler("return 1"))
    assert functions.result(name) == 1
    functions.client.update_function_configuration(FunctionName=name, Environment={"Variables": {"XX": "1"}})
    functions.client.update_function_code(FunctionName=name, ZipFile=python(handler("return os.environ['XX']", "import os\n")))
    assert functions.result(name) == "1"


@heavy
def test_who_rests_is_frozen_and_wakes_for_its_next_call(functions):
    name = functions.make(handler("return count[0]", "import threading, time\ncount = [0]\ndef work():\n    while True:\n        count[0] += 1\n"
                                  "        time.sleep(0.01)\nthreading.Thread(target=work, daemon=True).start()\n"))
    before = functions.result(name)
    time.sleep(3.5)
    assert functions.result(name) < before + 260  # of 350 that it would have counted
