"""Databases for tests to change passwords in: PostgreSQL with SCRAM and MariaDB, each on a free port in a temporary folder.

Both are those of Debian's packages; missing() says why one can't run here, or None. Every statement goes to their logs, so
that a test can see that no password does."""

import contextlib
import os
import pathlib
import pwd
import secrets
import shutil
import socket
import subprocess
import tempfile
import time

import pg8000.native
import pymysql

MASTER = "master"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def as_user(name):
    """Neither server runs as root."""
    return {"user": name, "group": pwd.getpwnam(name).pw_gid, "extra_groups": []} if os.geteuid() == 0 else {}


class Database:
    """host, port, master's password; a folder that is gone afterwards."""

    user = "nobody"

    def __init__(self):
        self.host, self.port, self.password = "127.0.0.1", free_port(), secrets.token_hex(12)
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="yagura-db-", dir="/tmp"))
        if os.geteuid() == 0:
            shutil.chown(self.folder, self.user)
        self.log = self.folder / "log"

    def run(self, *command, **more):
        return subprocess.run([str(word) for word in command], cwd=self.folder, check=True, stdin=subprocess.DEVNULL,
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **as_user(self.user), **more)

    def secret(self, user=MASTER, password=None, **more):
        """What the rotation functions read."""
        return {"engine": self.engine, "host": self.host, "port": self.port, "username": user,
                "password": password or self.password, "dbname": self.dbname, **more}

    def said(self):
        return self.log.read_text(errors="replace")


class Postgres(Database):
    user, engine, dbname = "postgres", "postgres", "postgres"

    @staticmethod
    def missing():
        return None if Postgres.binaries() else "PostgreSQL is not installed"

    @staticmethod
    def binaries():
        return next(iter(sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)), None)

    def start(self):
        (self.folder / "pw").write_text(self.password)
        (self.folder / "pw").chmod(0o644)
        self.run(self.binaries() / "initdb", "-D", self.folder / "data", "-U", MASTER, "-A", "scram-sha-256", "--pwfile",
                 self.folder / "pw", "-E", "UTF8", "--no-locale", "--no-sync")
        self.run(self.binaries() / "pg_ctl", "-D", self.folder / "data", "-w", "-t", "60", "-l", self.log, "-o",
                 f"-c listen_addresses=127.0.0.1 -c port={self.port} -c unix_socket_directories= -c fsync=off"
                 " -c max_connections=200 -c log_statement=all", "start")
        return self

    def stop(self):
        with contextlib.suppress(subprocess.CalledProcessError):
            self.run(self.binaries() / "pg_ctl", "-D", self.folder / "data", "-m", "immediate", "stop")
        shutil.rmtree(self.folder, ignore_errors=True)

    def login(self, value):
        """Raises unless one can log in and ask something."""
        connection = pg8000.native.Connection(value["username"], host=value["host"], port=int(value["port"]),
                                              password=value["password"], database=value["dbname"], timeout=30)
        try:
            return connection.run("SELECT current_user")[0][0]
        finally:
            connection.close()

    def make_user(self, user, password):
        with contextlib.closing(pg8000.native.Connection(MASTER, host=self.host, port=self.port, password=self.password,
                                                         database=self.dbname)) as master:
            master.run("SET log_statement = 'none'")
            master.run(f"CREATE ROLE {pg8000.native.identifier(user)} LOGIN PASSWORD {pg8000.native.literal(password)}")


class MariaDB(Database):
    user, engine, dbname = "nobody", "mariadb", "app"

    @staticmethod
    def missing():
        return None if shutil.which("mariadbd") and MariaDB.TABLES.is_dir() else "MariaDB is not installed"

    TABLES = pathlib.Path("/usr/share/mysql")  # what makes a server's own tables

    def make_tables(self, data):
        """As mariadb-install-db does, which needs another package for reading settings that there are none of."""
        data.mkdir()
        shutil.chown(data, self.user) if os.geteuid() == 0 else None
        parts = ["mysql_system_tables.sql", "mysql_performance_tables.sql", "mysql_system_tables_data.sql", "maria_add_gis_sp_bootstrap.sql"]
        text = "CREATE DATABASE mysql;\nUSE mysql;\n" + "\n".join((self.TABLES / part).read_text() for part in parts)
        subprocess.run(["mariadbd", "--no-defaults", "--bootstrap", f"--datadir={data}", "--skip-name-resolve", "--innodb-buffer-pool-size=8M"],
                       input=text.encode(), cwd=self.folder, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                       **as_user(self.user))

    def start(self):
        data = self.folder / "data"
        self.make_tables(data)
        (self.folder / "init.sql").write_text(
            f"CREATE USER {MASTER}@'%' IDENTIFIED BY '{self.password}';\nGRANT ALL ON *.* TO {MASTER}@'%' WITH GRANT OPTION;\n"
            f"CREATE DATABASE {self.dbname};\n")
        (self.folder / "init.sql").chmod(0o644)
        self.process = subprocess.Popen(
            ["mariadbd", "--no-defaults", f"--datadir={data}", f"--port={self.port}", "--bind-address=127.0.0.1",
             f"--socket={self.folder}/s", f"--init-file={self.folder}/init.sql", f"--pid-file={self.folder}/pid",
             "--innodb-flush-log-at-trx-commit=0", "--innodb-buffer-pool-size=8M", "--skip-name-resolve",
             f"--general-log=1", f"--general-log-file={self.log}"],
            cwd=self.folder, stdout=subprocess.DEVNULL, stderr=(self.folder / "errors").open("wb"), **as_user(self.user))
        deadline = time.monotonic() + 30
        while True:
            try:
                return self.login(self.secret()) and self
            except pymysql.err.OperationalError:
                if time.monotonic() > deadline or self.process.poll() is not None:
                    said = (self.folder / "errors").read_text(errors="replace")
                    self.stop()
                    raise RuntimeError(said[-2000:]) from None
                time.sleep(0.05)

    def stop(self):
        self.process.kill()
        self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def connect(self, value):
        return pymysql.connect(host=value["host"], port=int(value["port"]), user=value["username"], password=value["password"],
                               database=value["dbname"], connect_timeout=30, autocommit=True)

    def login(self, value):
        with contextlib.closing(self.connect(value)) as connection, connection.cursor() as cursor:
            cursor.execute("SELECT current_user()")
            return cursor.fetchone()[0]

    def make_user(self, user, password):
        with contextlib.closing(self.connect(self.secret())) as connection, connection.cursor() as cursor:
            cursor.execute("SET SESSION sql_log_off = 1")
            cursor.execute("CREATE USER %s@'%%' IDENTIFIED BY %s", (user, password))
            cursor.execute(f"GRANT SELECT, INSERT ON {self.dbname}.* TO %s@'%%'", (user,))
