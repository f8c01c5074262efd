"""The shapes of a service as C types, in an order that a compiler accepts even for recursive ones.

Pointers come first (lists and maps are a pointer and a count), then structures, which hold lists by value and structures
by pointer, then map entries, which may hold anything by value."""

from . import names

STRINGS = {"string", "blob", "character"}
INTEGERS = {"byte": 8, "short": 16, "integer": 32}
BARE = {"boolean": "bool", "byte": "int32_t", "short": "int32_t", "integer": "int32_t", "long": "int64_t",
        "float": "double", "double": "double", "timestamp": "int64_t", "bigdecimal": "double", "biginteger": "int64_t"}
OPTIONAL = {"bool": "struct opt_bool", "int32_t": "struct opt_int", "int64_t": "struct opt_long",
            "double": "struct opt_double"}


class Types:
    """The C types of one service: which shapes get one, how each is called, what each member looks like."""

    def __init__(self, service):
        self.service = service
        self.prefix = service.folder
        self.unique = names.Unique()
        self.named = {}      # key -> C tag without "struct"
        self.keys = []       # every table row: shape names, then (operation, "in"/"out")
        for operation in sorted(service.operations):
            for side in ("in", "out"):
                self.named[(operation, side)] = self.unique.take(f"{self.prefix}_{names.snake(operation)}_{side}")
        for name in sorted(service.shapes):
            self.keys.append(name)
            if self.kind(name) in ("structure", "list", "map"):
                self.named[name] = self.unique.take(f"{self.prefix}_{names.snake(name)}")
                if self.kind(name) == "map":
                    self.unique.take(self.named[name] + "_entry")
        self.keys += [(operation, side) for operation in sorted(service.operations) for side in ("in", "out")]

    def shape(self, key):
        """The model's shape behind a key; an empty structure where an operation names none."""
        if isinstance(key, str):
            return self.service.shapes[key]
        part = self.service.operations[key[0]].get("input" if key[1] == "in" else "output")
        return self.service.shapes[part["shape"]] if part else {"type": "structure", "members": {}}

    def kind(self, key):
        shape = self.shape(key)
        if shape.get("document"):
            return "document"
        return "string" if shape["type"] in ("character", "jsonvalue") else shape["type"]

    def bare(self, name):
        """The type of an element of a list or of a map's value."""
        kind = self.kind(name)
        if kind in STRINGS or kind == "document":
            return "struct str"
        return BARE.get(kind) or f"struct {self.named[name]}"

    def optional(self, name):
        """The type of a structure's member."""
        kind = self.kind(name)
        if kind == "structure":
            return f"const struct {self.named[name]} *"
        if kind == "timestamp":
            return "struct opt_time "
        bare = self.bare(name)
        return OPTIONAL.get(bare, bare) + " "

    def fields(self, key):
        """(model's name, member, C name) of a structure's members, in the model's order."""
        unique = names.Unique()
        shape = self.shape(key)
        return [(name, member, unique.take(names.member(name))) for name, member in shape.get("members", {}).items()]

    def declare(self):
        """All struct definitions, as lines."""
        lines = [f"struct {tag};" for tag in sorted(self.named.values())]
        compounds = [key for key in self.keys if key in self.named]
        for key in compounds:
            if self.kind(key) == "list":
                element = self.bare(self.shape(key)["member"]["shape"])
                lines += [f"struct {self.named[key]} {{", f"    {element} *items;", "    size_t count;", "};"]
            elif self.kind(key) == "map":
                lines += [f"struct {self.named[key]}_entry;", f"struct {self.named[key]} {{",
                          f"    struct {self.named[key]}_entry *items;", "    size_t count;", "};"]
        for key in compounds:
            if self.kind(key) == "structure":
                fields = [f"    {self.optional(member['shape'])}{c};" for _, member, c in self.fields(key)]
                lines += [f"struct {self.named[key]} {{"] + (fields or ["    uint8_t no_members;"]) + ["};"]
        for key in compounds:
            if self.kind(key) == "map":
                value = self.bare(self.shape(key)["value"]["shape"])
                lines += [f"struct {self.named[key]}_entry {{", "    struct str key;", f"    {value} value;", "};"]
        return lines
