"""Web identity tokens of the tests' own making: keys and signatures by the openssl program, claims as GitHub's are."""

import base64
import http.server
import json
import ssl
import subprocess
import threading
import time

GITHUB = "https://token.actions.githubusercontent.com"
CURVES = {"ES256": ("P-256", 32), "ES384": ("P-384", 48), "ES512": ("P-521", 66)}


def openssl(*arguments, data=b""):
    return subprocess.run(["openssl", *map(str, arguments)], input=data, capture_output=True, check=True).stdout


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def number(value, size=None):
    return b64(value.to_bytes(size or (value.bit_length() + 7) // 8, "big"))


def raw_signature(der, size):
    """ECDSA's r and s side by side, out of DER."""
    at = 3 if der[1] & 0x80 else 2
    numbers = []
    for _ in range(2):
        length = der[at + 1]
        numbers.append(int.from_bytes(der[at + 2:at + 2 + length], "big"))
        at += 2 + length
    return b"".join(part.to_bytes(size, "big") for part in numbers)


class Key:
    """A private key in a file, and its public half as a JWK."""

    def __init__(self, folder, algorithm="RS256", kid="k1", bits=2048):
        self.algorithm, self.kid = algorithm, kid
        self.path = folder / f"{kid}-{algorithm}-{bits}.pem"
        if algorithm.startswith("ES"):
            openssl("genpkey", "-algorithm", "EC", "-pkeyopt", f"ec_paramgen_curve:{CURVES[algorithm][0]}", "-out", self.path)
        else:
            openssl("genpkey", "-algorithm", "RSA", "-pkeyopt", f"rsa_keygen_bits:{bits}", "-out", self.path)

    def public(self):
        return openssl("pkey", "-in", self.path, "-pubout")

    def jwk(self):
        lines = openssl("pkey", "-in", self.path, "-pubout", "-outform", "DER")
        if self.algorithm.startswith("ES"):
            curve, size = CURVES[self.algorithm]
            point = lines[-2 * size:]
            return {"kty": "EC", "crv": curve, "kid": self.kid, "use": "sig", "x": b64(point[:size]), "y": b64(point[size:])}
        modulus = openssl("rsa", "-pubin", "-noout", "-modulus", data=self.public()).decode().split("=")[1]
        return {"kty": "RSA", "kid": self.kid, "use": "sig", "n": number(int(modulus, 16)), "e": "AQAB"}

    def sign(self, claims, algorithm=None, **header):
        algorithm = algorithm or self.algorithm
        head = {"typ": "JWT", "alg": algorithm, "kid": self.kid, **header}
        text = f"{b64(json.dumps(head).encode())}.{b64(json.dumps(claims).encode())}".encode()
        signature = openssl("dgst", f"-sha{algorithm[2:]}", "-sign", self.path, data=text)
        if algorithm in CURVES:
            signature = raw_signature(signature, CURVES[algorithm][1])
        return f"{text.decode()}.{b64(signature)}"


def claims(issuer=GITHUB, audience="sts.amazonaws.com", repository="octo-org/octo-repo", **others):
    """As GitHub Actions makes them."""
    now = int(time.time())
    return {"iss": issuer, "aud": audience, "sub": f"repo:{repository}:ref:refs/heads/main", "exp": now + 300, "nbf": now - 60,
            "iat": now, "jti": "a3e6f8c1", "repository": repository, "repository_owner": repository.split("/")[0],
            "ref": "refs/heads/main", "workflow": "deploy", "actor": "octocat", "event_name": "push", "run_id": "42", **others}


class Provider:
    """An OpenID Connect provider on loopback, over HTTPS with a certificate that nobody but its thumbprint vouches for."""

    def __init__(self, folder, keys):
        self.keys, self.asked = list(keys), []
        certificate = folder / "tls.pem"
        openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", folder / "tls.key", "-out", certificate, "-days", "2",
                "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost")
        self.thumbprint = openssl("x509", "-in", certificate, "-noout", "-fingerprint", "-sha1").decode().split("=")[1].strip() \
            .replace(":", "").lower()
        provider = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                provider.asked.append(self.path)
                body = json.dumps(provider.answer(self.path)).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, folder / "tls.key")
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.issuer = f"https://localhost:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def answer(self, path):
        if path == "/.well-known/openid-configuration":
            return {"issuer": self.issuer, "jwks_uri": f"{self.issuer}/keys"}
        return {"keys": [key.jwk() for key in self.keys]}

    def close(self):
        self.server.shutdown()
        self.server.server_close()
