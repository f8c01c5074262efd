#!/usr/bin/env python3
"""Packs the rotation functions (functions/rotation) into build/functions/rotation-*.zip, ready for `aws lambda create-function`.

    tools/rotation_functions.py [--out FOLDER] [--packages FOLDER]

The drivers are copied from --packages (build/venv's own by default), whose versions must be those of
functions/rotation/requirements.txt; nothing is fetched. The same input gives the same bytes."""

import argparse
import importlib.metadata
import pathlib
import sys
import zipfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
SOURCE = ROOT / "functions" / "rotation"
COMMON = ["rotation.py", "secrets_manager.py"]
DRIVERS = {"postgresql": ["pg8000", "scramp", "asn1crypto", "python-dateutil", "six"], "mysql": ["PyMySQL"]}
STRATEGIES = ["single_user", "alternating_users"]
EPOCH = (1980, 1, 1, 0, 0, 0)


def pinned():
    lines = [line.split("#")[0].strip() for line in (SOURCE / "requirements.txt").read_text().splitlines()]
    return dict(line.split("==") for line in lines if line)


def files_of(package, folder):
    """Path in the zip and bytes of every file of an installed package, its licence and metadata included."""
    found = next(iter(importlib.metadata.distributions(name=package, path=[str(folder)])), None)
    if found is None or found.version != pinned()[package]:
        sys.exit(f"{package} {pinned()[package]} is not in {folder}: pip install --target FOLDER --no-deps "
                 f"-r {SOURCE.relative_to(ROOT)}/requirements.txt, then give --packages FOLDER")
    for file in found.files:
        unwanted = file.suffix in (".pyc", ".so") or file.name in ("RECORD", "INSTALLER", "REQUESTED", "direct_url.json") or ".." in file.parts
        if not unwanted:
            yield str(file), (folder / file).read_bytes()


def contents(engine, strategy, folder):
    yield "lambda_function.py", (SOURCE / f"{engine}_{strategy}.py").read_bytes()
    for name in [*COMMON, f"{engine}.py"]:
        yield name, (SOURCE / name).read_bytes()
    for package in DRIVERS[engine]:
        yield from files_of(package, folder)


def pack(path, files):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, data in sorted(files):
            entry = zipfile.ZipInfo(name, EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, data)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    installed = next(iter((ROOT / "build/venv/lib").glob("python3*/site-packages")), ROOT / "build/venv")
    parser.add_argument("--out", type=pathlib.Path, default=ROOT / "build" / "functions")
    parser.add_argument("--packages", type=pathlib.Path, default=installed)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    for engine in DRIVERS:
        for strategy in STRATEGIES:
            path = options.out / f"rotation-{engine}-{strategy.replace('_', '-')}.zip"
            pack(path, contents(engine, strategy, options.packages))
            print(path)


if __name__ == "__main__":
    main()
