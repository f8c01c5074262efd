"""The AWS CLI and Amazon's SDK for JavaScript behind the face of a boto3 client, so that one test tries all three.

    iam = through_cli(server, "iam")
    iam.get_user(UserName="x")["User"]["CreateDate"]      # as boto3 gives it; refusals are ClientErrors

What isn't an operation (get_paginator, exceptions) is boto3's own."""

import base64
import contextlib
import io
import json
import os
import re
import urllib.parse
from unittest import mock

import botocore.exceptions
import dateutil.parser
from botocore import xform_name

from javascript import Refused

# Operations whose command takes other words than the API (it writes the QR code into a file).
OTHER_WORDS = {"CreateVirtualMFADevice"}
REFUSAL = re.compile(r"An error occurred \((\S+)\) when calling the \S+ operation(?: \(.*?\))?: (.*)", re.DOTALL)


def typed(shape, value):
    """A value as boto3 would have it: times, bytes and policy documents."""
    if shape is None or value is None:
        return value
    if shape.type_name == "structure":
        return {name: typed(shape.members.get(name), member) for name, member in value.items()}
    if shape.type_name == "list":
        return [typed(shape.member, member) for member in value]
    if shape.type_name == "timestamp":
        return dateutil.parser.parse(value) if isinstance(value, str) else value
    if shape.type_name == "blob" and isinstance(value, str):
        return base64.b64decode(value)
    if shape.name == "policyDocumentType" and isinstance(value, str):  # botocore opens IAM's, the SDK leaves them closed
        return json.loads(urllib.parse.unquote(value))
    return value


class Through:
    def __init__(self, plain, call):
        self.plain, self.call = plain, call
        self.operations = {xform_name(name): name for name in plain.meta.service_model.operation_names}

    def __getattr__(self, name):
        if name not in self.operations:
            return getattr(self.plain, name)
        model = self.plain.meta.service_model.operation_model(self.operations[name])
        return lambda **members: typed(model.output_shape, self.call(model, members) or {})


def refusal(model, code, message):
    """Clients that name an error by its shape mean its code."""
    codes = {shape.name: shape.error_code for shape in model.error_shapes}
    return botocore.exceptions.ClientError({"Error": {"Code": codes.get(code, code), "Message": message}}, model.name)


def encoded(value):
    return base64.b64encode(value).decode() if isinstance(value, bytes) else str(value)


def through_cli(server, service):
    """In this process: starting Python anew takes longer than the call."""
    from awscli.clidriver import create_clidriver
    driver, plain = create_clidriver(), server.client(service)

    def call(model, members):
        if model.name in OTHER_WORDS:
            return getattr(plain, xform_name(model.name))(**members)
        out, err = io.TextIOWrapper(io.BytesIO(), "utf-8"), io.StringIO()
        words = [service, xform_name(model.name, "-"), "--output", "json", "--no-paginate", "--cli-input-json",
                 json.dumps(members, default=encoded)]
        with mock.patch.dict(os.environ, server.environment()), contextlib.redirect_stdout(out), \
                contextlib.redirect_stderr(err):
            status = driver.main(words)
        out.flush()
        text = out.buffer.getvalue().decode()
        if status:
            found = REFUSAL.search(err.getvalue())
            assert found, err.getvalue()
            raise refusal(model, found[1], found[2].strip())
        return json.loads(text) if text.strip() else {}
    return Through(plain, call)


def through_javascript(javascript, server, service):
    plain = server.client(service)

    def call(model, members):
        try:
            return javascript.call(service, model.name, **members)
        except Refused as refused:
            if refused.name == "TypeError":  # an operation newer than the SDK
                return getattr(plain, xform_name(model.name))(**members)
            raise refusal(model, refused.name, refused.message) from None
    return Through(plain, call)
