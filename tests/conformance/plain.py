"""Values as the driver's plain JSON (tests/conformance/plain.h)."""

import base64
import json
import math
from datetime import datetime

from botocore.utils import parse_timestamp


def _timestamp(value):
    return round((value if isinstance(value, datetime) else parse_timestamp(value)).timestamp() * 1000)


def _scalar(shape, value):
    kind = shape.type_name
    if kind == "blob":
        raw = value if isinstance(value, bytes) else str(value).encode()
        return base64.b64encode(raw).decode()
    if kind == "timestamp":
        return _timestamp(value)
    if kind in ("float", "double"):
        return float(value) if not isinstance(value, str) else value
    if isinstance(value, (dict, list)):
        return json.dumps(value, sort_keys=True)
    return value


def of(shape, value):
    """A case's params or result, as the driver takes and gives it. Members that are None are left out."""
    if value is None:
        return None
    kind = shape.type_name
    if getattr(shape, "is_document_type", False):
        return json.dumps(value, sort_keys=True)
    if kind == "structure":
        return {name: of(shape.members[name], v) for name, v in value.items() if v is not None and name in shape.members}
    if kind == "list":
        return [of(shape.member, v) for v in value]
    if kind == "map":
        return {name: of(shape.value, v) for name, v in value.items()}
    return _scalar(shape, value)


def same(shape, left, right):
    """Equal as values of the shape: documents and JSON headers by what they hold."""
    if left is None or right is None:
        return left is right
    kind = shape.type_name
    if getattr(shape, "is_document_type", False) or shape.serialization.get("jsonvalue"):
        return json.loads(left) == json.loads(right)
    if kind == "structure":
        return set(left) == set(right) and all(same(shape.members[n], left[n], right[n]) for n in left)
    if kind == "list":
        return len(left) == len(right) and all(same(shape.member, a, b) for a, b in zip(left, right))
    if kind == "map":
        return set(left) == set(right) and all(same(shape.value, left[n], right[n]) for n in left)
    if isinstance(left, float) and isinstance(right, float):
        return math.isclose(left, right, rel_tol=1e-6)
    return left == right


def alike(left, right):
    """Equal results of botocore's parser: NaN equals itself, streams by their bytes."""
    left, right = (v.read() if hasattr(v, "read") else v for v in (left, right))
    if isinstance(left, dict) and isinstance(right, dict):
        return set(left) == set(right) and all(alike(left[key], right[key]) for key in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(alike(a, b) for a, b in zip(left, right))
    if isinstance(left, float) and isinstance(right, float):
        return left == right or (math.isnan(left) and math.isnan(right))
    return left == right
