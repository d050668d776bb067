"""A Portcullis database beside Portcullis: an SQLite file, or one on a MariaDB or PostgreSQL server (`mysql://…` or
`postgres://…`), reached by the server's own command-line client. What is asked for comes back as text.
"""

import itertools
import os
import sqlite3
import subprocess
import urllib.parse
from pathlib import Path

ROWS_A_STATEMENT = 1000


def is_on_server(database):
    return "://" in database


def open_database(database):
    """The database at this URL or path."""
    if not is_on_server(database):
        return Sqlite(database)
    url = urllib.parse.urlsplit(database)
    return Postgres(url) if url.scheme.startswith("postgres") else MariaDb(url)


def create(url):
    """A new database on a server."""
    made = open_database(url)
    made.ask_server(f"CREATE DATABASE {made.name}")
    return made


class Sqlite:
    def __init__(self, path):
        self.connection = sqlite3.connect(path, timeout=30)

    def ask(self, sql):
        with self.connection:
            return [tuple(map(str, row)) for row in self.connection.execute(sql)]

    def insert(self, table, columns, rows):
        """Inserts all rows in one transaction."""
        places = ", ".join("?" for _ in columns)
        with self.connection:
            self.connection.executemany(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({places})", rows)

    def settle(self):
        """An embedded database does nothing by itself."""


class OnServer:
    """What both servers have in common."""

    def __init__(self, url):
        self.url, self.name = url, url.path.strip("/")

    def ask(self, sql):
        return self._client(self.name, sql)

    def ask_server(self, sql):
        """Runs a statement that is not about this database's tables."""
        return self._client(self.MAINTENANCE, sql)

    def insert(self, table, columns, rows):
        """Inserts all rows in one transaction."""
        head = f"INSERT INTO {table} ({', '.join(columns)}) VALUES\n"
        statements, rows = ["BEGIN;"], iter(rows)
        while some := list(itertools.islice(rows, ROWS_A_STATEMENT)):
            statements.append(head + ",\n".join(f"({', '.join(map(self._literal, row))})" for row in some) + ";")
        self.ask("\n".join([*statements, "COMMIT;"]))

    def pid(self):
        """The server's process, which must run on this machine."""
        ((file,),) = self.ask_server(self.PID_FILE)
        return int(Path(file).read_text().split()[0])

    def _literal(self, value):
        match value:
            case None:
                return "NULL"
            case bytes():
                return self.BYTES.format(value.hex())
            case str():
                return "'" + value.replace("'", "''") + "'"
        return str(value)

    def _client(self, database, sql):
        command, environment = self._command(database)
        done = subprocess.run(
            command, input=sql, env={**os.environ, **environment}, stdout=subprocess.PIPE, text=True, check=True
        )
        return [tuple(line.split("\t")) for line in done.stdout.splitlines()]


class MariaDb(OnServer):
    MAINTENANCE = "mysql"
    PID_FILE = "SELECT @@pid_file"
    BYTES = "x'{}'"

    def drop(self):
        self.ask_server(f"DROP DATABASE {self.name}")

    def settle(self):
        """Has the server do now what it would do by itself a while after so many rows."""
        self.ask("ANALYZE TABLE accounts, sessions, tasks")

    def _command(self, database):
        server = [f"--host={self.url.hostname}", f"--port={self.url.port or 3306}", f"--user={self.url.username}"]
        flags = ["--no-defaults", "--protocol=tcp", "--skip-ssl", "--batch", "--raw", "--skip-column-names"]
        password = urllib.parse.unquote(self.url.password or "")
        return ["mariadb", *flags, *server, database], {"MYSQL_PWD": password}


class Postgres(OnServer):
    MAINTENANCE = "postgres"
    PID_FILE = "SELECT current_setting('data_directory') || '/postmaster.pid'"
    BYTES = "'{}'"  # as a UUID is written; no other column that is filled here holds bytes

    def drop(self):
        self.ask_server(f"DROP DATABASE {self.name} WITH (FORCE)")

    def settle(self):
        """Has the server do now what it would do by itself a while after so many rows."""
        self.ask("VACUUM (ANALYZE) accounts, sessions, tasks")

    def _command(self, database):
        url = self.url._replace(path=f"/{database}").geturl()
        flags = ["--no-psqlrc", "--quiet", "--no-align", "--tuples-only", "--field-separator=\t"]
        return ["psql", *flags, "--set=ON_ERROR_STOP=1", url], {}
