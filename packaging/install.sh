#!/bin/sh
# packaging/install.sh DESTDIR PREFIX BINARY VERSION: binary, manual pages, completions, systemd unit, rotation functions.
set -eu
destdir=$1 prefix=$2 binary=$3 version=$4
share=$(mktemp -d)
trap 'rm -rf "$share"' EXIT
python=build/venv/bin/python
[ -x $python ] || python=python3

$python tools/reference.py --binary "$binary" --version "$version" --out "$share"
gzip -9n "$share"/man/man1/*.1
tools/rotation_functions.py --out "$share/yagura/functions" >/dev/null
install -Dm755 "$binary" "$destdir$prefix/bin/yagura"
(cd "$share" && find . -type f) | while read -r file; do
    install -Dm644 "$share/$file" "$destdir$prefix/share/${file#./}"
done
install -Dm644 LICENSE "$destdir$prefix/share/doc/yagura/copyright"
install -Dm644 README.md "$destdir$prefix/share/doc/yagura/README.md"
for page in docs/*.md; do
    install -Dm644 "$page" "$destdir$prefix/share/doc/yagura/$page"
done
sed "s|@BINDIR@|$prefix/bin|" packaging/yagura.service >"$share/yagura.service"
install -Dm644 "$share/yagura.service" "$destdir$prefix/lib/systemd/system/yagura.service"
