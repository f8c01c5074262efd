"""The AWS CLI and Amazon's SDK for JavaScript behind the face of a boto3 client, so that one test tries all three.

    iam = through_cli(server, "iam")
    iam.get_user(UserName="x")["User"]["CreateDate"]      # as boto3 gives it; refusals are ClientErrors

    YAGURA_CLIENT=cli pytest tests/e2e/test_kms.py     the whole file, its clients (conftest.py) being these

What isn't an operation (exceptions, meta) is boto3's own; waiters and paginators are boto3's over these calls.
An operation that a client has no word for is boto3's, and not noted as this client's."""

import base64
import contextlib
import datetime
import io
import json
import os
import pathlib
import re
import tempfile
import threading
import urllib.parse
from unittest import mock

import botocore.handlers
import botocore.response
import botocore.utils
import botocore.waiter
from botocore import xform_name
from botocore.paginate import Paginator

from javascript import JavaScript, Refused

REFUSAL = re.compile(r"An error occurred \((\S+)\) when calling the \S+ operation(?: \(.*?\))?: (.*)", re.DOTALL)
COMMANDS = {"s3": "s3api"}
HOISTED = {("CreateFunction", "Code"), ("PublishLayerVersion", "Content")}  # blobs within, that the CLI takes by --zip-file
RENAMED = {"fromTime": "from"}  # a word that botocore can't have as it is
QR_CODE = "CreateVirtualMFADevice"  # its command writes the code into a file
ONE_AT_A_TIME = threading.Lock()  # environment and standard output are the process's


class NoSuchCommand(Exception):
    """The client has no word for this operation."""


def asked(shape, value):
    """Input as its shape has it: what boto3 converts by itself."""
    if shape is None or value is None:
        return value
    if shape.type_name == "structure" and isinstance(value, dict):
        return {name: asked(shape.members.get(name), member) for name, member in value.items()}
    if shape.type_name == "list" and isinstance(value, (list, tuple)):
        return [asked(shape.member, member) for member in value]
    if shape.type_name == "map" and isinstance(value, dict):
        return {key: asked(shape.value, member) for key, member in value.items()}
    if shape.type_name == "timestamp":
        return botocore.utils.parse_to_aware_datetime(value)
    if shape.type_name == "blob":
        value = value.read() if hasattr(value, "read") else value
        return value.encode() if isinstance(value, str) else bytes(value)
    return value


def typed(shape, value):
    """A value as boto3 would have it: times, bytes and policy documents."""
    if shape is None or value is None:
        return value
    if shape.type_name == "structure":
        return {name: typed(shape.members.get(name), member) for name, member in value.items()}
    if shape.type_name == "list":
        return [typed(shape.member, member) for member in value]
    if shape.type_name == "map":
        return {key: typed(shape.value, member) for key, member in value.items()}
    if shape.type_name == "timestamp":
        return botocore.utils.parse_timestamp(value)
    if shape.type_name == "blob":
        return base64.b64decode(value) if isinstance(value, str) else value
    if shape.name == "policyDocumentType" and isinstance(value, str):  # botocore opens IAM's, the SDK leaves them closed
        return json.loads(urllib.parse.unquote(value))
    return value


class Through:
    def __init__(self, plain, call, note):
        self.plain, self.call, self.note = plain, call, note
        self.operations = {xform_name(name): name for name in plain.meta.service_model.operation_names}

    def model(self, name):
        return self.plain.meta.service_model.operation_model(self.operations[name])

    def __getattr__(self, name):
        if name not in self.operations:
            return getattr(self.plain, name)
        return lambda **members: self.made(self.model(name), members)

    def made(self, model, members):
        if "CopySource" in members:
            members = dict(members)
            botocore.handlers.handle_copy_source_param(members)
        try:
            answer = self.call(model, asked(model.input_shape, members))
        except NoSuchCommand:
            return getattr(self.plain, xform_name(model.name))(**members)
        self.note(model)
        metadata, body = answer.pop("ResponseMetadata", {}), model.get_streaming_output()
        output = typed(model.output_shape, answer) or {}
        for name in [name for name, value in output.items() if body is not None and isinstance(value, bytes)]:
            output[name] = botocore.response.StreamingBody(io.BytesIO(output[name]), len(output[name]))
        return {**output, "ResponseMetadata": metadata}

    def get_paginator(self, name):
        pages = self.plain.get_paginator(name)
        return Paginator(getattr(self, name), pages._pagination_cfg, self.model(name))

    def get_waiter(self, name):
        waits = {xform_name(word): word for word in self.plain._get_waiter_config()["waiters"]}
        return botocore.waiter.create_waiter_with_client(
            waits[name], botocore.waiter.WaiterModel(self.plain._get_waiter_config()), self)


def refusal(plain, model, code, message, more):
    """Clients that name an error by its shape mean its code. more: members beside Error."""
    shape = {shape.name: shape for shape in plain.meta.service_model.error_shapes}.get(code)
    code = shape.error_code if shape else code
    if model.http["method"] == "HEAD":
        code = str(more["ResponseMetadata"]["HTTPStatusCode"])  # there is no body to name it
    told = {name: message for name in (shape.members if shape else ()) if name.lower() == "message"}
    error = {**more.pop("Error", {}), "Code": code, "Message": message}
    return plain.exceptions.from_code(code)({"Error": error, **told, **more}, model.name)


class Cli:
    """The AWS CLI with one set of keys, in this process: starting Python anew takes longer than the call."""

    def __init__(self, environment):
        self.environment, self.usual, self.parsed = environment, None, {}

    def driver(self, writes):
        """What an argument hooks into a driver stays there: each call that writes a file needs one of its own."""
        from awscli.clidriver import create_clidriver  # sets AWS_DATA_PATH, once
        if self.usual and not writes:
            return self.usual
        made = create_clidriver()
        made.session.register("after-call", self.saw)
        self.usual = self.usual or (None if writes else made)
        return made

    def saw(self, parsed, **_):
        """What the CLI was answered and doesn't print: status, members of errors."""
        self.parsed = dict(parsed)  # it takes away what it won't print

    def run(self, words, writes=False):
        """(status, standard output, standard error, what was answered)"""
        out, err = io.TextIOWrapper(io.BytesIO(), "utf-8"), io.StringIO()
        with ONE_AT_A_TIME, mock.patch.dict(os.environ, self.environment), contextlib.redirect_stdout(out), \
                contextlib.redirect_stderr(err):
            self.parsed = {}
            try:
                status = self.driver(writes).main(words)
            except SystemExit as ended:  # words that it doesn't know
                status = ended.code
            out.flush()
            return status, out.buffer.getvalue().decode(), err.getvalue(), self.parsed


def cli_calls(server, plain, credentials, note):
    import awscli.clidriver  # noqa: F401, before its environment is changed
    cli = Cli({**server.environment(plain.meta.region_name), "AWS_MAX_ATTEMPTS": "1",
               "AWS_ACCESS_KEY_ID": credentials["accessKeyId"], "AWS_SECRET_ACCESS_KEY": credentials["secretAccessKey"],
               "AWS_SESSION_TOKEN": credentials.get("sessionToken") or ""})
    service = plain.meta.service_model.service_name

    def call(model, members):
        with tempfile.TemporaryDirectory() as folder:
            written = pathlib.Path(folder) / "written"
            words = command(model, members, written)
            status, out, err, parsed = cli.run([COMMANDS.get(service, service), *words], str(written) in words)
            if status:
                if "invalid choice" in err.lower():
                    raise NoSuchCommand(model.name)
                found = REFUSAL.search(err)
                assert found, err
                raise refusal(plain, model, found[1], found[2].strip(), parsed)
            answer = {**(json.loads(out) if out.strip() else {}), "ResponseMetadata": parsed.get("ResponseMetadata", {})}
            return with_file(model, answer, written)
    return Through(plain, call, note)


def command(model, members, written):
    """The words of a call. Bytes can't stand in JSON: they are files."""
    words, left = [xform_name(model.name, "-"), "--output", "json", "--no-paginate"], dict(members or {})
    if "CopySource" in left:
        left["CopySource"] = urllib.parse.unquote(left["CopySource"])  # it quotes what it is given
    body = model.get_streaming_input()

    def file(name, data):
        path = written.parent / name
        path.write_bytes(data)
        streams = body is not None and model.input_shape.members.get(name) is body and body.serialization.get("streaming")
        words.extend([f"--{xform_name(name, '-')}", str(path) if streams else f"fileb://{path}"])
    for name, value in (members or {}).items():
        if isinstance(value, bytes):
            file(name, left.pop(name))
        elif (model.name, name) in HOISTED and "ZipFile" in value:
            file("ZipFile", left.pop(name)["ZipFile"])
    if model.has_streaming_output or model.name == QR_CODE:  # these commands take no --cli-input-json
        for name, value in left.items():
            words += flag(xform_name(name, "-"), value)
    elif left:
        words += ["--cli-input-json", json.dumps(left, default=written_out)]
    if model.name == QR_CODE:
        return [*words, "--bootstrap-method", "Base32StringSeed", "--outfile", str(written)]
    return [*words, str(written)] if model.has_streaming_output else words


def flag(name, value):
    if isinstance(value, bool):
        return [f"--{name}" if value else f"--no-{name}"]
    plain = isinstance(value, (str, int, float, datetime.datetime))
    return [f"--{name}", (written_out(value) if hasattr(value, "isoformat") else str(value)) if plain else
            json.dumps(value, default=written_out)]


def with_file(model, answer, written):
    """The answer, together with what the command wrote into a file."""
    if model.has_streaming_output:
        answer[model.output_shape.serialization["payload"]] = written.read_bytes()
    if model.name == QR_CODE:
        answer["VirtualMFADevice"]["Base32StringSeed"] = base64.b64encode(written.read_bytes()).decode()
    return answer


def written_out(value):
    return value.isoformat() if isinstance(value, datetime.datetime) else value.decode()


NODE = []


def javascript_calls(server, plain, credentials, note):
    service = "-".join(plain.meta.service_model.service_id.lower().split())
    options = {"endpoint": server.endpoint, "region": plain.meta.region_name, "credentials": credentials}
    if not NODE:
        NODE.append(JavaScript(server))

    def call(model, members):
        if model.name == "CreateExportTask":  # boto3 renames a member that is a word of Python
            members = {"from" if key == "fromTime" else key: value for key, value in members.items()}
        try:
            with ONE_AT_A_TIME:
                named = {RENAMED.get(name, name): value for name, value in (members or {}).items()}
                return NODE[0].call(service, model.name, options, **named)
        except Refused as refused:
            if refused.unknown:
                raise NoSuchCommand(model.name) from None
            metadata = {"HTTPStatusCode": refused.status, "HTTPHeaders": refused.headers}
            more = {**refused.more, "Error": refused.more, "ResponseMetadata": metadata}
            raise refusal(plain, model, refused.name, refused.message, more) from None
    return Through(plain, call, note)


def through(name, server, plain, credentials, note):
    return {"cli": cli_calls, "javascript": javascript_calls}[name](server, plain, credentials, note)


def through_cli(server, service):
    return cli_calls(server, server.client(service), server.credentials, lambda model: None)


def through_javascript(javascript, server, service):
    return javascript_calls(server, server.client(service), server.credentials, lambda model: None)
