#!/bin/sh
# Installs what a target needs, once: tools/setup.sh SECTION... (of tools/packages.txt), by default build and test.
# Leaves build/.setup-SECTION behind, holding the checksum of the lists it was made from; does nothing while that holds.
set -eu
cd "$(dirname "$0")/.."

say() { echo "setup: $*" >&2; }

packages_of() { # SECTION
    sed -n "/^\[$1\]/,/^\[/p" tools/packages.txt | grep -v -e '^\[' -e '^#' -e '^ *$'
}

is_installed() { # PACKAGE
    dpkg-query -W -f '${Status}' "$1" 2>/dev/null | grep -q ' installed$'
}

missing_of() { # SECTION
    for package in $(packages_of "$1"); do
        is_installed "$package" || echo "$package"
    done
}

as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif command -v sudo >/dev/null 2>&1; then
        sudo "$@"
    else
        say "neither root nor sudo here. Install these as root, then try again:"
        say "  apt-get install --no-install-recommends $missing"
        exit 1
    fi
}

# Services that come with a package (PostgreSQL, nginx) are for tests to start, not for the machine to run.
install_quietly() { # PACKAGE...
    as_root sh -c '
        policy=/usr/sbin/policy-rc.d
        if [ ! -e $policy ]; then
            printf "#!/bin/sh\nexit 101\n" >$policy && chmod 755 $policy
            trap "rm -f $policy" EXIT
        fi
        export DEBIAN_FRONTEND=noninteractive
        apt-get update -qq || echo "setup: apt-get update failed, trying with the lists at hand" >&2
        apt-get install -y -qq --no-install-recommends -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 "$@" </dev/null >/tmp/yagura-apt.$$ 2>&1 ||
            { cat /tmp/yagura-apt.$$ >&2; rm -f /tmp/yagura-apt.$$; exit 1; }
        rm -f /tmp/yagura-apt.$$' install "$@"
}

venv() { # FOLDER REQUIREMENTS
    [ "$(cat "$1/.stamp" 2>/dev/null)" != "$(cksum <"$2")" ] || return 0
    say "Python environment $1"
    rm -rf "$1"
    /usr/bin/python3 -m venv "$1"
    "$1/bin/pip" install --quiet --no-compile --disable-pip-version-check --no-deps -r "$2"
    cksum <"$2" >"$1/.stamp"
}

# What conformance tests hold us against and npm has; without npm they are skipped.
oracles() {
    command -v npm >/dev/null 2>&1 || { say "no npm here: tests against iam-simulate are skipped"; return 0; }
    [ "$(cat build/oracles/.stamp 2>/dev/null)" != "$(cksum <tools/oracles/package.json)" ] || return 0
    mkdir -p build/oracles
    cp tools/oracles/package.json build/oracles/
    if npm install --prefix build/oracles --ignore-scripts --no-audit --no-fund --loglevel=error >&2; then
        cksum <tools/oracles/package.json >build/oracles/.stamp
    else
        say "iam-simulate could not be installed: tests against it are skipped"
    fi
}

# Amazon's SDK for JavaScript, exactly as locked; without npm the tests with it are skipped.
javascript() {
    command -v npm >/dev/null 2>&1 || { say "no npm here: tests with the SDK for JavaScript are skipped"; return 0; }
    [ "$(cat build/js/.stamp 2>/dev/null)" != "$(cksum <tests/e2e/js/package-lock.json)" ] || return 0
    mkdir -p build/js
    cp tests/e2e/js/package.json tests/e2e/js/package-lock.json build/js/
    if npm ci --prefix build/js --ignore-scripts --no-audit --no-fund --loglevel=error >&2; then
        cksum <tests/e2e/js/package-lock.json >build/js/.stamp
    else
        say "the SDK for JavaScript could not be installed: tests with it are skipped"
    fi
}

mkdir -p build
[ $# -gt 0 ] || set -- build test
for section; do
    stamp=build/.setup-$section
    lists=$(cat tools/packages.txt tools/requirements.txt bench/requirements.txt tools/oracles/package.json tests/e2e/js/package-lock.json | cksum)
    if [ "$(cat "$stamp" 2>/dev/null)" = "$lists" ]; then
        touch "$stamp"
        continue
    fi
    [ -n "$(packages_of "$section")" ] || { say "tools/packages.txt has no section $section"; exit 2; }
    missing=$(missing_of "$section" | tr '\n' ' ')
    if [ -n "$missing" ]; then
        say "installing $missing"
        install_quietly $missing
    fi
    case $section in
        build) venv build/venv tools/requirements.txt ;;
        test) oracles; javascript ;;
        bench) venv build/venv-bench bench/requirements.txt ;;
    esac
    echo "$lists" >"$stamp"
done
