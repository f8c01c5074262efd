"""Parameters made up for an operation's input: every member, within the model's constraints, the same on every run."""

import random
import re

DEPTH = 4
TEXTS = ["a", "ab-1", "aA1", "a.b", "1", "12", "123456789012", "2020-01-01", "/a/", "arn:aws:iam::123456789012:role/abc",
         "arn:aws:s3:::bucket", "a@b.example", "10.0.0.0/8", "{}", "0123456789abcdef", "https://a.example/b"]


class Impossible(Exception):
    """No text at hand satisfies the pattern."""


def _text(shape, rng):
    if shape.enum:
        return rng.choice(shape.enum)
    low, high = int(shape.metadata.get("min", 0)), int(shape.metadata.get("max", 1000))
    pattern = shape.metadata.get("pattern")
    candidates = TEXTS + [text * low for text in ("a", "1", "A")] + [(text * (low // len(text) + 1))[:high] for text in TEXTS]
    fitting = []
    for text in candidates:
        try:
            if low <= len(text) <= high and (not pattern or re.fullmatch(pattern, text, re.A)):
                fitting.append(text)
        except re.error as error:
            raise Impossible(pattern) from error
    if not fitting:
        raise Impossible(pattern)
    return rng.choice(fitting) if pattern else (rng.choice(fitting) + "\u6ad3 &<%+/")[: max(low, min(high, 12))]


def _number(shape, rng):
    low, high = shape.metadata.get("min", 0), shape.metadata.get("max", 100)
    return rng.randint(int(low), int(max(low, min(high, low + 1000))))


def _count(shape):
    return max(int(shape.metadata.get("min", 0)), min(2, int(shape.metadata.get("max", 2))))


def _structure(shape, rng, depth):
    made = {}
    union = getattr(shape, "is_tagged_union", False)
    names = [rng.choice(list(shape.members))] if union else shape.members
    for name in names:
        if depth >= DEPTH and name not in shape.required_members and not union:
            continue
        try:
            made[name] = value(shape.members[name], rng, depth + 1)
        except Impossible:
            if name in shape.required_members:
                raise
    return made


def value(shape, rng, depth=0):
    kind = shape.type_name
    if shape.serialization.get("location") == "statusCode":
        return 200
    if shape.serialization.get("eventstream") or depth > 3 * DEPTH:
        raise Impossible(shape.name)
    if kind == "structure":
        return _structure(shape, rng, depth)
    if kind == "list":
        return [value(shape.member, rng, depth + 1) for _ in range(_count(shape))]
    if kind == "map":
        made = {}
        for _ in range(8 * _count(shape)):  # keys may meet
            if len(made) < _count(shape):
                made[value(shape.key, rng, depth)] = value(shape.value, rng, depth + 1)
        return made
    if kind == "string":
        return _text(shape, rng)
    if kind == "blob":
        return rng.randbytes(max(3, int(shape.metadata.get("min", 0))))
    if kind == "boolean":
        return rng.choice([True, False])
    if kind == "timestamp":
        return rng.randint(0, 2_000_000_000)
    if kind in ("float", "double"):
        return float(_number(shape, rng))
    return _number(shape, rng)


def of(operation, seed):
    """None when the operation takes nothing."""
    shape = operation.input_shape
    return value(shape, random.Random(f"{operation.name} {seed}")) if shape else {}
