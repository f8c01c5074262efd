#!/bin/sh
# packaging/deb.sh VERSION BINARY: build/yagura_VERSION_ARCH.deb. What it depends on is read from the binary.
set -eu
version=$1 binary=$2
arch=$(dpkg --print-architecture)
tree=build/deb
rm -rf "$tree"
mkdir -p "$tree/root/DEBIAN" "$tree/debian"
packaging/install.sh "$tree/root" /usr "$binary" "$version"
strip --strip-unneeded "$tree/root/usr/bin/yagura"
gzip -9nc CHANGELOG.md >"$tree/root/usr/share/doc/yagura/changelog.gz"

# dpkg-shlibdeps wants to stand in a source package.
printf 'Source: yagura\n\nPackage: yagura\nArchitecture: any\n' >"$tree/debian/control"
depends=$(cd "$tree" && dpkg-shlibdeps -O root/usr/bin/yagura | sed 's/^shlibs:Depends=//')
cat >"$tree/root/DEBIAN/control" <<CONTROL
Package: yagura
Version: $version
Architecture: $arch
Maintainer: Yagura maintainers <maintainers@yagura.invalid>
Installed-Size: $(du -sk --exclude=DEBIAN "$tree/root" | cut -f1)
Depends: $depends
Section: admin
Priority: optional
Description: self-hosted cloud-security platform that speaks the AWS APIs
 One program: yagura serve answers GuardDuty, IAM and STS as AWS does, so that
 unmodified clients work with it; yagura detect finds threats in CloudTrail,
 network, Kubernetes, database and runtime logs with no server at all.
CONTROL
for script in postinst prerm postrm; do
    install -m755 "packaging/$script" "$tree/root/DEBIAN/$script"
done
dpkg-deb --root-owner-group --build "$tree/root" "build/yagura_${version}_$arch.deb" >/dev/null
echo "build/yagura_${version}_$arch.deb"
