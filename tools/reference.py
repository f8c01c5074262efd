#!/usr/bin/env python3
"""Writes manual pages and shell completions from what the program says of itself (--help), so that they can't disagree.

    tools/reference.py --binary build/release/yagura --version 0.1.0 --out build/share

docs/man/NAME.1 holds what only a person can write; its line @OPTIONS@ becomes the options. A command without such a file
gets a page made from its help alone."""

import argparse
import pathlib
import re
import subprocess

ROOT = pathlib.Path(__file__).resolve().parent.parent
DATE = "2026-11"
FILES = "DIR|FILE|PATH"

PAGE = r'''.TH YAGURA-{upper} 1 "{date}" "Yagura @VERSION@" "Yagura"
.SH NAME
yagura\-{name} \- {summary}
.SH SYNOPSIS
{usage}
.SH OPTIONS
@OPTIONS@
.SH EXAMPLES
.nf
{examples}
.fi
.SH SEE ALSO
.BR yagura (1)
'''


def ask(binary, *words):
    return subprocess.run([binary, *words, "--help"], check=True, stdout=subprocess.PIPE, text=True).stdout


class Command:
    def __init__(self, binary, name):
        self.name = name
        text = ask(binary, name)
        self.summary = text.split("\n", 1)[0]
        usage = re.search(r"usage: ((?:.+\n)+)", text).group(1)
        self.usages = [line.strip() for line in usage.replace(f" | yagura {name} ", f"\nyagura {name} ").splitlines()]
        self.examples = text.partition("examples:\n")[2].rstrip()
        block = text.partition("options:\n")[2].partition("\nexamples:")[0]
        words = " ".join(line.removeprefix(f"yagura {name} ").partition("[options]")[0] for line in self.usages)
        self.words = [word for word in re.findall(r"[A-Za-z-]+", words) if word.islower() and not word.startswith("-")]
        self.options = re.findall(r"(?m)^  --([a-z-]+)(?: ([A-Z]\S*))? +(\S.*)$", block)


def roff(text):
    return text.replace("\\", "\\\\").replace("-", "\\-").replace("…", "\\&...")


def options_roff(command):
    lines = []
    for name, value, text in command.options:
        lines += [".TP", f".B \\-\\-{roff(name)}" + (f" \\fI{value}\\fR" if value else ""), roff(text)]
    return "\n".join(lines)


def page(command, version):
    path = ROOT / "docs/man" / f"yagura-{command.name}.1"
    text = path.read_text() if path.exists() else PAGE.format(
        upper=command.name.upper(), date=DATE, name=command.name, summary=roff(command.summary),
        usage="\n.br\n".join(f".B {roff(usage)}" for usage in command.usages), examples=roff(command.examples))
    return text.replace("@OPTIONS@", options_roff(command)).replace("@VERSION@", version)


def bash(commands):
    cases = "\n".join(f"        {command.name}) options='{' '.join('--' + name for name, _, _ in command.options)}'"
                      + (f" words='{' '.join(command.words)}'" if command.words else "") + " ;;" for command in commands)
    return f"""# bash completion of yagura
_yagura() {{
    local current=${{COMP_WORDS[COMP_CWORD]}} previous=${{COMP_WORDS[COMP_CWORD-1]}} options= words=
    if [ "$COMP_CWORD" -eq 1 ]; then
        COMPREPLY=($(compgen -W '{' '.join(command.name for command in commands)}' -- "$current"))
        return
    fi
    if [ "$previous" = --format ]; then
        COMPREPLY=($(compgen -W 'table json ndjson csv html' -- "$current"))
        return
    fi
    case ${{COMP_WORDS[1]}} in
{cases}
    esac
    if [[ $current == -* ]]; then
        COMPREPLY=($(compgen -W "$options" -- "$current"))
    elif [ "$COMP_CWORD" -eq 2 ] && [ -n "$words" ]; then
        COMPREPLY=($(compgen -W "$words" -- "$current"))
    else
        COMPREPLY=($(compgen -f -- "$current"))
    fi
}}
complete -o filenames -F _yagura yagura
"""


def quoted(text):
    return text.replace("'", "'\\''").replace("[", "\\[").replace("]", "\\]").replace(":", "\\:")


def zsh(commands):
    names = "\n".join(f"    '{command.name}:{quoted(command.summary)}'" for command in commands)
    cases = []
    for command in commands:
        cases.append(f"    {command.name}) _arguments \\")
        for name, value, text in command.options:
            action = f":{value.lower()}:" + ("_files" if re.search(FILES, value) else "") if value else ""
            cases.append(f"        '*--{name}[{quoted(text)}]{action}' \\")
        cases.append("        '*:path:_files' ;;")
    cases = "\n".join(cases)
    return f"""#compdef yagura
local -a commands=(
{names}
)
if (( CURRENT == 2 )); then
    _describe command commands
    return
fi
local command=$words[2]
shift words
(( CURRENT-- ))
case $command in
{cases}
esac
"""


def fish(commands):
    lines = ["# fish completion of yagura"]
    for command in commands:
        summary = command.summary.replace("'", "\\'")
        lines.append(f"complete -c yagura -n __fish_use_subcommand -f -a {command.name} -d '{summary}'")
        for name, value, text in command.options:
            text = text.replace("\\", "\\\\").replace("'", "\\'")
            needs = " -r" if value else ""
            lines.append(f"complete -c yagura -n '__fish_seen_subcommand_from {command.name}' -l {name}{needs} -d '{text}'")
    return "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", required=True)
    parser.add_argument("--version", required=True)
    parser.add_argument("--out", required=True, type=pathlib.Path)
    options = parser.parse_args()
    block = ask(options.binary).partition("commands:\n")[2].partition("\n\n")[0]
    names = re.findall(r"(?m)^  ([a-z-]+) ", block)
    commands = [Command(options.binary, name) for name in names]
    files = {
        "man/man1/yagura.1": (ROOT / "docs/man/yagura.1").read_text().replace("@VERSION@", options.version).replace(
            "@COMMANDS@", "\n".join(f".TP\n.BR yagura\\-{command.name} (1)\n{roff(command.summary)}" for command in commands)),
        "bash-completion/completions/yagura": bash(commands),
        "zsh/vendor-completions/_yagura": zsh(commands),
        "fish/vendor_completions.d/yagura.fish": fish(commands),
        **{f"man/man1/yagura-{command.name}.1": page(command, options.version) for command in commands},
    }
    for name, text in files.items():
        path = options.out / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


if __name__ == "__main__":
    main()
