"""The programs Yagura is held against, built into build/peers with pinned versions; made once.

Each needs a toolchain that isn't part of the project's own build (cargo, Maven and a JDK). A peer that can't be had is
left out, and the table says why."""

import hashlib
import os
import shutil
import subprocess

from common import ROOT, say

SOURCES = ROOT / "bench/peers"
BUILT = ROOT / "build/peers"

# What was looked for and isn't to be had: the tables say so.
ABSENT = ("Not served by the registries: quamina's Go module (its Rust port stands in), cloudtrail-rs, sigma-go, sigmalite, "
          "go-sigma-rule-engine, zircolite.")


class Peer:
    def __init__(self, name, command=None, reason=None):
        self.name, self.command, self.reason = name, command, reason


def digest(*sources):
    files = sorted(file for source in sources for file in (source.rglob("*") if source.is_dir() else [source]) if file.is_file())
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()


def is_built(product, source):
    """Of these very sources; clones and rebases touch times."""
    stamp = product.with_name(product.name + ".made-of")
    return product.exists() and stamp.exists() and stamp.read_text() == digest(source)


def built(product, source):
    product.with_name(product.name + ".made-of").write_text(digest(source))


def attempt(command, **options):
    """None, or the last words of what went wrong."""
    try:
        result = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                timeout=1500, **options)
    except (OSError, subprocess.TimeoutExpired) as trouble:
        return str(trouble)
    return None if result.returncode == 0 else (result.stdout.strip().splitlines() or ["no word"])[-1]


def cargo(name, title):
    source, target = SOURCES / name, BUILT / name
    product = target / f"release/{name}_bench"
    if not is_built(product, source):
        if shutil.which("cargo") is None:
            return Peer(title, reason="cargo is not installed")
        say(f"building {title}")
        work = BUILT / f"{name}-source"  # cargo writes its lock beside the manifest
        shutil.rmtree(work, ignore_errors=True)
        shutil.copytree(source, work)
        trouble = attempt(["cargo", "build", "--release"], cwd=work, env={**os.environ, "CARGO_TARGET_DIR": str(target)})
        if trouble:
            return Peer(title, reason=trouble)
        built(product, source)
    return Peer(title, [product])


def quamina():
    return cargo("quamina", "quamina 0.7.0 (Rust)")


def cedar():
    return cargo("cedar", "Cedar 4.14.1 (Rust)")


def sigma_engines():
    peer = cargo("sigma", "rsigma 0.23.0 and sigma-rust 0.7.0")
    names = {"rsigma": "rsigma 0.23.0", "rsigma-prefilter": "rsigma 0.23.0, its prefilters on", "sigma-rust": "sigma-rust 0.7.0"}
    return [Peer(title, peer.command and [*peer.command, name], peer.reason) for name, title in names.items()]


def yyjson():
    """Its C source travels in the source package of a Python module."""
    title, source, target = "yyjson (in yyjson 4.0.6 for Python)", SOURCES / "yyjson_bench.c", BUILT / "yyjson"
    product = target / "yyjson_bench"
    if not is_built(product, source):
        say(f"building {title}")
        target.mkdir(parents=True, exist_ok=True)
        pip = ROOT / "build/venv/bin/pip"
        trouble = attempt([pip, "download", "-q", "--no-deps", "--no-binary", ":all:", "-d", target, "yyjson==4.0.6"])
        trouble = trouble or attempt(["tar", "-xzf", target / "yyjson-4.0.6.tar.gz", "-C", target, "--strip-components=2",
                                      "yyjson-4.0.6/yyjson/yyjson.c", "yyjson-4.0.6/yyjson/yyjson.h"])
        trouble = trouble or attempt(["gcc", "-O3", "-march=native", f"-I{target}", source, target / "yyjson.c", "-o", product])
        if trouble:
            return Peer(title, reason=trouble)
        built(product, source)
    return Peer(title, [product])


def ruler():
    title, source, target = "event-ruler 1.8.1 (Java)", SOURCES / "ruler", BUILT / "ruler"
    product = target / "Bench.class"
    if not is_built(product, source):
        if not (shutil.which("mvn") and shutil.which("javac")):
            return Peer(title, reason="Maven or a JDK is not installed")
        say(f"building {title}")
        target.mkdir(parents=True, exist_ok=True)
        trouble = (attempt(["mvn", "-B", "-q", "dependency:copy-dependencies", f"-DoutputDirectory={target}"], cwd=source)
                   or attempt(["javac", "-nowarn", "-cp", f"{target}/*", "-d", target, source / "Bench.java"]))
        if trouble:
            return Peer(title, reason=trouble)
        built(product, source)
    return Peer(title, ["java", "-Xms2g", "-Xmx4g", "-XX:+UseSerialGC", "-cp", f"{target}/*:{target}", "Bench"])
