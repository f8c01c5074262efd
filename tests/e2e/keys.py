"""Certificates, keys and one-time codes for tests, made with openssl and the standard library."""

import base64
import hashlib
import hmac
import pathlib
import struct
import subprocess
import time

STEP = 30


def totp(seed, step=0):
    """The code of a base32 seed, so many steps from now. spec: RFC 6238."""
    key = base64.b32decode(seed + "=" * (-len(seed) % 8))
    mac = hmac.new(key, struct.pack(">Q", int(time.time()) // STEP + step), hashlib.sha1).digest()
    at = mac[-1] & 15
    return f"{(struct.unpack('>I', mac[at:at + 4])[0] & 0x7FFFFFFF) % 1000000:06}"


def openssl(*words, **options):
    return subprocess.run(["openssl", *map(str, words)], check=True, capture_output=True, **options).stdout.decode()


class Authority:
    """A certificate authority in a folder."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.key, self.certificate = self.made("ca", "-addext", "basicConstraints=critical,CA:TRUE")

    def made(self, name, *options):
        key, certificate = self.folder / f"{name}.key", self.folder / f"{name}.pem"
        openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", certificate, "-days", "30",
                "-subj", f"/CN={name}", *options)
        return key.read_text(), certificate.read_text()

    def issue(self, name):
        """A key and a certificate that the authority signed."""
        return self.made(name, "-CA", self.folder / "ca.pem", "-CAkey", self.folder / "ca.key")

    def ssh_public_key(self, name, kind="rsa", bits=2048):
        """The line of a public key as SSH writes it."""
        path = self.folder / f"ssh-{name}"
        subprocess.run(["ssh-keygen", "-q", "-t", kind, "-b", str(bits), "-N", "", "-C", name, "-f", path], check=True)
        return path.with_suffix(".pub").read_text()


def saml_metadata(certificate, entity="https://idp.example/saml", until="2031-01-02T03:04:05Z"):
    body = "".join(certificate.strip().splitlines()[1:-1])
    return f"""<?xml version="1.0"?>
<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID="{entity}"
    validUntil="{until}">
  <md:IDPSSODescriptor WantAuthnRequestsSigned="false" protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">
    <md:KeyDescriptor use="signing"><ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:X509Data>
      <ds:X509Certificate>{body}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>
    <md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="https://idp.example/sso"/>
  </md:IDPSSODescriptor>
</md:EntityDescriptor>"""
