#!/usr/bin/env python3
"""Checks what the compiler cannot: who may include whom, where each library and function belongs, what is banned, and
sizes. Prints file:line: reason; exit status 1 when there is any.

    tools/lint.py [FILE...]     these files, by default all of src, tests, fuzz and bench
    tools/lint.py --spec        detectors and service nouns that cite no document ("spec:"), in code or in their test"""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent

# Room: the rooms it may include besides itself.
MAY_INCLUDE = {
    "base": "",
    "crypto": "base",
    "net": "base",
    "sandbox": "base",
    "wire": "base crypto",
    "store": "base crypto net wire",
    "match": "base",
    "policy": "base",
    "ingest": "base match",
    "detect": "base match ingest",
    "comply": "base match policy",
    "svc": "base crypto wire store match policy ingest detect comply",
    "app": "base crypto net sandbox wire store match policy ingest detect comply svc",
}
# Service: the one whose other API it is, and whose code it may see.
SECOND_API = {"s3control": "s3"}
# Library header: the rooms that may see it.
LIBRARIES = [
    (r"sqlite3\.h|libpq-fe\.h", "store"),
    (r"openssl/.*", "crypto"),
    (r"microhttpd\.h|gnutls/.*|curl/.*|sys/socket\.h|netinet/.*|netdb\.h|sys/epoll\.h|poll\.h", "net sandbox"),
    (r"seccomp\.h|sched\.h|spawn\.h|linux/(landlock|seccomp|rtnetlink)\.h", "sandbox"),
    (r"pthread\.h|threads\.h", "base"),
    (r"cmocka\.h", "tests"),
]
# Function: the rooms that may call it, and why the others may not.
CALLS = [
    (r"malloc|calloc|realloc|reallocarray|free|strdup|strndup", "base", "memory is base's: use an arena or memory_new"),
    (r"pthread_\w+|thrd_\w+|mtx_\w+|cnd_\w+", "base", "threads and locks live in base/queue.c"),
    (r"clock_gettime|gettimeofday|time|timespec_get", "base", "use ctx->now_ms or base/clock.h"),
    (r"getenv|secure_getenv|setenv", "app", "the environment is app's"),
    (r"socket|bind|listen|accept4?|connect|recv|getaddrinfo", "net sandbox", "sockets are net's"),
    (r"fork|vfork|clone|unshare|posix_spawnp?|execv\w*|waitpid|popen|system", "sandbox", "processes are sandbox's"),
    (r"sqlite3_\w+|PQ\w+", "store", "SQL libraries are store's"),
]
BANNED = r"strcpy|strcat|sprintf|vsprintf|strncpy|strncat|strncmp|strtok|strtok_r|atoi|atol|sscanf|fscanf|scanf|alloca" \
         r"|rand|srand|gmtime|localtime|gets"
SLEEPS = r"sleep|usleep|nanosleep"
FILE_LINES, FUNCTION_LINES = 600, 60

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')
NOISE = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)


class File:
    def __init__(self, path):
        self.path = path
        self.name = str(path.relative_to(ROOT))
        parts = self.name.split("/")
        self.text = path.read_text(errors="replace")
        # A header that includes one of tests serves tests alone.
        self.is_test = parts[0] != "src" or self.name.endswith(("_test.c", "_test.h")) or (
            path.suffix == ".h" and re.search(r'#include "(tests/|\S+_test\.h")', self.text) is not None)
        self.room = parts[1] if parts[0] == "src" and len(parts) > 2 else parts[0]
        self.service = parts[2] if self.room == "svc" and len(parts) > 3 else None
        self.lines = self.text.split("\n")
        # Comments and literals blanked, line by line as before.
        blanked = NOISE.sub(lambda found: re.sub(r"[^\n]", " ", found.group()), self.text)
        self.code = blanked.split("\n")
        self.own = set(re.findall(r"(?m)^static [^;=]*?(\w+)\(", blanked))


def included_room(target):
    """The room that an include names, and the service in it."""
    generated = re.fullmatch(r"(\w+)_model\.h", target)
    if generated:
        return "svc", None  # what a call to another service looks like, not its code
    if target in ("services.h", "schema.h"):
        return "svc", None
    parts = target.split("/")
    return parts[0], parts[1] if parts[0] == "svc" and len(parts) > 2 else None


def check_include(file, target):
    room, service = included_room(target)
    header = ROOT / "src" / target
    if not file.is_test and (room == "tests" or header.exists() and File(header).is_test):
        yield f'includes "{target}": only tests may'
    if room == "tests":
        return
    if file.room not in MAY_INCLUDE or room not in MAY_INCLUDE:
        return
    if room != file.room and room not in MAY_INCLUDE[file.room].split():
        yield f'{file.room} includes "{target}": it may see only {MAY_INCLUDE[file.room] or "itself"}'
    if file.service and service and service not in (file.service, SECOND_API.get(file.service)):
        yield f'service {file.service} includes "{target}": a service calls another through the front door'


def check_library(file, target):
    for pattern, room in LIBRARIES:
        if re.fullmatch(pattern, target) and file.room not in room.split() and file.room in MAY_INCLUDE:
            yield f"includes <{target}>: only {room} may"


def check_includes(file):
    for number, line in enumerate(file.lines, 1):
        found = INCLUDE.match(line)
        if found:
            check = check_include if found.group(1) == '"' else check_library
            for reason in check(file, found.group(2)):
                yield number, reason


def called(names, line):
    return re.search(rf"(?<![\w.>])({names})\s*\(", line)


def check_calls(file):
    for number, line in enumerate(file.code, 1):
        found = called(BANNED, line)
        if found:
            yield number, f"{found.group(1)} is banned"
        if re.search(r"(?<!\w)goto(?!\w)", line):
            yield number, "goto is banned: use CLEANUP"
        if re.match(r"\s*typedef\s+(struct|union|enum)\b[^(]*$", line):
            yield number, "no typedef for structs"
        if file.is_test:
            if file.name.endswith("_test.c") and called(SLEEPS, line):
                yield number, "tests don't sleep"
            continue
        for names, room, why in CALLS:
            found = called(names, line)
            if found and file.room not in room.split() and found.group(1) not in file.own:
                yield number, f"calls {found.group(1)}: {why}"
        if re.match(r"int main\(", line) and file.room != "app":
            yield number, "main is app's"


def check_sql(file):
    """In a service, statements stand in rows.c (or rows_NOUN.c) alone."""
    if not file.service or file.is_test or file.path.stem.split("_")[0] == "rows":
        return
    for number, line in enumerate(file.lines, 1):
        if re.search(r'"\s*(SELECT|INSERT INTO|UPDATE \w+ SET|DELETE FROM) ', line):
            yield number, "SQL outside the service's rows.c"


def functions(file):
    """(first line of the body, number of lines): from a { in the first column to its }; initialisers are no functions."""
    start = None
    for number, line in enumerate(file.code, 1):
        if line.startswith("{"):
            before = file.code[number - 2].rstrip() if number > 1 else ""
            start = number if not before.endswith("=") else None
        elif line.startswith("}") and start:
            yield start, number - start - 1
            start = None


def table_lines(file):
    """Lines of initialisers at file level: a table may be as long as it must."""
    total, inside = 0, False
    for line in file.code:
        if not inside and re.match(r"[\w].*=\s*\{\s*$", line):
            inside = True
        total += inside
        if inside and line.startswith("}"):
            inside = False
    return total


def check_sizes(file):
    length = len(file.lines) - table_lines(file)
    if length > FILE_LINES:
        yield FILE_LINES, f"{length} lines without its tables; the limit is {FILE_LINES}"
    for start, count in functions(file):
        if count > FUNCTION_LINES:
            yield start, f"a function of {count} lines; the limit is {FUNCTION_LINES}"
    for number, line in enumerate(file.lines, 1):
        if line.rstrip() != line or "\t" in line:
            yield number, "space at the end, or a tab"


def check_own_header(file):
    """A .c includes its own header first, so that every header stands alone."""
    header = file.path.with_suffix(".h")
    if file.path.suffix != ".c" or file.is_test or not header.exists():
        return
    for number, line in enumerate(file.lines, 1):
        found = INCLUDE.match(line)
        if found:
            if found.group(2) != str(header.relative_to(ROOT / "src")):
                yield number, f"its own header comes first: {header.name}"
            return


CHECKS = [check_includes, check_calls, check_sql, check_sizes, check_own_header]


def list_missing_specs():
    for path in sorted([*ROOT.glob("src/detect/**/*.c"), *ROOT.glob("src/svc/*/*.c")]):
        if "spec:" not in path.read_text(errors="replace"):
            print(path.relative_to(ROOT))


def main(arguments):
    if arguments == ["--spec"]:
        return list_missing_specs()
    folders = ["src", "tests", "fuzz", "bench"]
    chosen = [pathlib.Path(name).resolve() for name in arguments] or [
        path for folder in folders for pattern in ("*.c", "*.h") for path in (ROOT / folder).rglob(pattern)]
    troubles = 0
    for path in sorted(chosen):
        file = File(path)
        for check in CHECKS:
            for number, reason in check(file):
                print(f"{file.name}:{number}: {reason}")
                troubles += 1
    print(f"lint: {len(chosen)} files, {troubles} troubles" if troubles else f"lint: {len(chosen)} files, fine")
    sys.exit(1 if troubles else 0)


if __name__ == "__main__":
    main(sys.argv[1:])
