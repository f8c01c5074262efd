"""C names for a model's names."""

import re

from botocore import xform_name

RESERVED = set(
    """auto break case char const continue default do double else enum extern float for goto if inline int long register
    restrict return short signed sizeof static struct switch typedef union unsigned void volatile while bool true false
    errno NULL EOF stdin stdout stderr assert offsetof""".split()
)


def snake(name):
    """CreateIPSet -> create_ip_set: the same words that boto3 uses for its methods."""
    plain = re.sub(r"[^A-Za-z0-9]+", "_", name)
    word = xform_name(plain) if not plain.isupper() else plain.lower()
    word = re.sub(r"_+", "_", word).strip("_")
    return "_" + word if word[:1].isdigit() else word


def member(name):
    word = snake(name)
    return word + "_" if word in RESERVED else word


def quote(text):
    """A C string literal, or NULL. Octal escapes end after three digits, so nothing after them is swallowed."""
    if text is None:
        return "NULL"
    plain = []
    for byte in text.encode():
        char = chr(byte)
        if char in '"\\':
            plain.append("\\" + char)
        elif 32 <= byte < 127 and char != "?":
            plain.append(char)
        else:
            plain.append("\\%03o" % byte)
    return '"' + "".join(plain) + '"'


class Unique:
    """Hands out each name once: a second taker gets NAME_2."""

    def __init__(self):
        self.taken = set()

    def take(self, name):
        found, number = name, 2
        while found in self.taken:
            found, number = f"{name}_{number}", number + 1
        self.taken.add(found)
        return found
