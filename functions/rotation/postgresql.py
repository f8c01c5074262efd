"""PostgreSQL through pg8000."""

import base64
import hashlib
import hmac
import os
import secrets
import ssl

import pg8000.native

from rotation import Denied

ENGINES = ("postgres", "aurora-postgresql", "postgresql")
ITERATIONS = 4096
DENIED = {"28P01", "28000"}  # wrong password; no such user, or none that may log in
CONNECT_S = 10


def tls_contexts(secret):
    """"ssl": true demands TLS, false forbids it; otherwise it is tried first. CA_FILE names whom to trust."""
    wish = str(secret.get("ssl", "")).lower()
    verified = ssl.create_default_context(cafile=os.environ.get("CA_FILE"))
    if not os.environ.get("CA_FILE"):
        verified.check_hostname, verified.verify_mode = False, ssl.CERT_NONE
    return {"true": [verified], "false": [None]}.get(wish, [verified, None])


def open_with(secret, context):
    return pg8000.native.Connection(
        secret["username"], host=secret["host"], port=int(secret.get("port") or 5432), password=secret["password"],
        database=secret.get("dbname") or "postgres", ssl_context=context, timeout=CONNECT_S)


def connect(secret):
    contexts = tls_contexts(secret)
    for context in contexts:
        try:
            return open_with(secret, context)
        except pg8000.exceptions.DatabaseError as error:
            if error.args and isinstance(error.args[0], dict) and error.args[0].get("C") in DENIED:
                raise Denied(f"{secret['username']} can't log in at {secret['host']}") from None
            raise
        except pg8000.exceptions.InterfaceError:
            if context is contexts[-1]:
                raise  # the server refuses TLS only where plain connections may be tried
    raise AssertionError("not reached")


def ask(connection):
    connection.run("SELECT now()")


def name(user):
    return pg8000.native.identifier(user)


def scram(password):
    """What PostgreSQL stores: the password itself never reaches the server's log. RFC 5802, RFC 7677."""
    salt = secrets.token_bytes(16)
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, ITERATIONS)
    stored = hashlib.sha256(hmac.digest(salted, b"Client Key", "sha256")).digest()
    server = hmac.digest(salted, b"Server Key", "sha256")
    text = [base64.b64encode(part).decode() for part in (salt, stored, server)]
    return f"SCRAM-SHA-256${ITERATIONS}:{text[0]}${text[1]}:{text[2]}"


def verifier(connection, user, password):
    if not password.isascii():
        return password  # only the server knows how it prepares other letters
    if connection.run("SHOW password_encryption")[0][0] == "md5":
        return "md5" + hashlib.md5((password + user).encode()).hexdigest()
    return scram(password)


def set_password(connection, user, password):
    stored = pg8000.native.literal(verifier(connection, user, password))
    connection.run(f"ALTER ROLE {name(user)} PASSWORD {stored}")


def same_rights(connection, user, model):
    if not connection.run("SELECT 1 FROM pg_roles WHERE rolname = :user", user=user):
        connection.run(f"CREATE ROLE {name(user)} WITH LOGIN")
    # Whichever came first is the member: the other way round would be a circle.
    member = "SELECT 1 FROM pg_auth_members m JOIN pg_roles r ON r.oid = m.roleid JOIN pg_roles u ON u.oid = m.member" \
             " WHERE r.rolname = :role AND u.rolname = :member"
    if not connection.run(member, role=model, member=user) and not connection.run(member, role=user, member=model):
        connection.run(f"GRANT {name(model)} TO {name(user)}")
