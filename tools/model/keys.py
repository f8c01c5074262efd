"""Condition keys that a call carries in its input, and the roles it passes on: rules/authorization/SERVICE.tsv.

    operation   key            from                 [passed to]
    CreateKey   kms:KeySpec    KeySpec

Operation "*": each one with such a member. From: a member, dots leading inwards, elements of lists each on their own. A
key that ends in "*" takes the value that the map or the list of tags has for the rest of its name; "{}" behind a member
takes their keys. Key iam:PassRole: the member is a role that is handed to a service. Tags are found by themselves."""

import pathlib

from .service import Mistake

TAGS = ("Tags", "tags", "TagList")
TAG_KEYS = ("TagKeys", "tagKeys")


def leads_somewhere(service, shape_name, path):
    """Whether a path of members exists below a shape."""
    for part in path.removesuffix("{}").split("."):
        shape = service.shapes[shape_name]
        while shape["type"] == "list":
            shape = service.shapes[shape["member"]["shape"]]
        if shape["type"] != "structure" or part not in shape.get("members", {}):
            return False
        shape_name = shape["members"][part]["shape"]
    return True


def read(folder):
    path = pathlib.Path("rules/authorization") / f"{folder}.tsv"
    if not path.exists():
        return
    for number, line in enumerate(path.read_text().splitlines(), 1):
        words = line.split("#", 1)[0].split()
        if words and len(words) != (4 if words[1] == "iam:PassRole" else 3):
            raise Mistake(f"{path}:{number}: expected operation, key, member and, for iam:PassRole, the service it is passed to")
        if words:
            yield f"{path}:{number}", words


def own_tags(service, operation, input_name):
    """Every operation that takes tags has the keys that speak of them."""
    members = service.shapes[input_name].get("members", {})
    for member in TAGS:
        if member in members and service.shapes[members[member]["shape"]]["type"] in ("map", "list"):
            yield operation, ("aws:RequestTag/*", member, None)
            yield operation, ("aws:TagKeys", member + "{}", None)
    for member in TAG_KEYS:
        if member in members:
            yield operation, ("aws:TagKeys", member, None)


def of_service(service):
    """Operation → its rows (key, from, passed to)."""
    inputs = {name: operation["input"]["shape"] for name, operation in service.operations.items() if operation.get("input")}
    found = {}
    for place, (operation, key, path, *passed) in read(service.folder):
        fitting = [name for name in (inputs if operation == "*" else [operation])
                   if name in inputs and leads_somewhere(service, inputs[name], path)]
        if not fitting and operation in ("*", *service.operations):
            raise Mistake(f"{place}: {operation} has no member {path}")
        for name in fitting:
            found.setdefault(name, []).append((key, path, passed[0] if passed else None))
    for name, shape in inputs.items():
        for operation, entry in own_tags(service, name, shape):
            found.setdefault(operation, []).append(entry)
    return found
