"""MySQL and MariaDB through PyMySQL."""

import hashlib
import os
import re
import ssl

import pymysql

from rotation import Denied

ENGINES = ("mysql", "mariadb", "aurora-mysql")
DENIED = {1045, 1698}  # wrong password; no such user
CONNECT_S = 10


def tls(secret):
    """As for PostgreSQL: true demands it, false forbids it, otherwise it is tried."""
    context = ssl.create_default_context(cafile=os.environ.get("CA_FILE"))
    if not os.environ.get("CA_FILE"):
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return {"true": [context], "false": [None]}.get(str(secret.get("ssl", "")).lower(), [context, None])


def open_with(secret, context):
    return pymysql.connect(host=secret["host"], port=int(secret.get("port") or 3306), user=secret["username"],
                           password=secret["password"], database=secret.get("dbname") or None, ssl=context,
                           ssl_disabled=context is None, connect_timeout=CONNECT_S, autocommit=True)


def connect(secret):
    contexts = tls(secret)
    for context in contexts:
        try:
            return open_with(secret, context)
        except pymysql.err.OperationalError as error:
            if error.args[0] in DENIED:
                raise Denied(f"{secret['username']} can't log in at {secret['host']}") from None
            if context is contexts[-1]:
                raise
    raise AssertionError("not reached")


def run(connection, statement, values=()):
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall()


def ask(connection):
    run(connection, "SELECT now()")


def accounts(connection, user):
    return [host for (host,) in run(connection, "SELECT host FROM mysql.user WHERE user = %s", (user,))]


def is_mariadb(connection):
    return "mariadb" in run(connection, "SELECT version()")[0][0].lower()


def native_hash(password):
    """What MariaDB stores. It logs statements as they are (MySQL covers passwords itself), so it is given this."""
    return "*" + hashlib.sha1(hashlib.sha1(password.encode()).digest()).hexdigest().upper()


def set_password(connection, user, password):
    """Of the account that is logged in, or of every host of another user."""
    hashed = native_hash(password) if is_mariadb(connection) else None
    if run(connection, "SELECT current_user()")[0][0].rsplit("@", 1)[0] == user:
        own = "SET PASSWORD = %s" if hashed else "ALTER USER USER() IDENTIFIED BY %s"
        run(connection, own, (hashed or password,))
        return
    for host in accounts(connection, user):
        run(connection, f"ALTER USER %s@%s IDENTIFIED BY {'PASSWORD ' if hashed else ''}%s", (user, host, hashed or password))


def same_rights(connection, user, model):
    """GRANT statements of the model, said again for the other name; a password in them is left out."""
    for host in accounts(connection, model):
        run(connection, "CREATE USER IF NOT EXISTS %s@%s IDENTIFIED BY %s", (user, host, os.urandom(16).hex() + "Aa1!"))
        for (grant,) in run(connection, "SHOW GRANTS FOR %s@%s", (model, host)):
            rights, rest = re.fullmatch(r"(GRANT .+) TO (.+)", grant, re.S).groups()
            options = " WITH GRANT OPTION" if rest.endswith("WITH GRANT OPTION") else ""
            account = f"{connection.escape(user)}@{connection.escape(host)}"
            with connection.cursor() as cursor:
                cursor.execute(f"{rights} TO {account}{options}")
