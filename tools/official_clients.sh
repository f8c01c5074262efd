#!/bin/sh
# Builds functions on Amazon's runtime interface clients for Go and Node.js into build/official, for test_lambda_runtime.py, which skips
# what isn't there. Needs go, or npm with cmake, make and g++; takes minutes, so no other target does it.
set -eu
cd "$(dirname "$0")/.."

say() { echo "official clients: $*" >&2; }

go_client() {
    command -v go >/dev/null 2>&1 || { say "no go here"; return 0; }
    mkdir -p build/official/go
    (cd tests/e2e/go && CGO_ENABLED=0 go build -ldflags="-s -w" -tags lambda.norpc -o ../../../build/official/go/bootstrap .)
}

node_client() {
    command -v npm >/dev/null 2>&1 || { say "no npm here"; return 0; }
    npm install --prefix build/official/node --no-audit --no-fund --loglevel=error "aws-lambda-ric@$1" >&2
}

go_client
node_client 4.0.2
