"""One server of a comparison, as its adapter (a JSON file, described in README.md) tells to start, seed and call it."""

import contextlib
import http.client
import json
import os
import re
import signal
import socket
import subprocess
import time
import urllib.parse

import adapter
from adapter import Failed
from seed import database

PASSWORD = "a password for measurements"
START_LIMIT_SECS = 60
STOP_LIMIT_SECS = 15


class Server:
    def __init__(self, name, folder, scale):
        self.adapter = adapter.read(name, folder, scale)
        self.name, self.workloads = self.adapter["name"], self.adapter["workloads"]
        self.base = self.adapter["base"]
        address = urllib.parse.urlsplit(self.base)
        self.host, self.port = address.hostname, address.port
        if self.host != "127.0.0.1":
            raise Failed(f"{self.name}: only 127.0.0.1 is a target, not {self.host}.")
        self.folder, self.log = folder, folder / f"{self.name}.log"
        self.process = None
        # On a database server; an embedded one is a file of the server's own.
        self.database = self.database_pid = None

    # ------------------------------------------------------------------ start, seed, stop
    def start(self):
        """Starts the server; the seconds until its first good answer."""
        began = time.perf_counter()
        with open(self.log, "a") as log:
            self.process = subprocess.Popen(
                self.adapter["start"],
                cwd=self.folder,
                env={**os.environ, **self.adapter.get("environment", {})},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        while not self._answers():
            if self.process.poll() is not None or time.perf_counter() - began > START_LIMIT_SECS:
                raise Failed(f"{self.name} did not start; its log ends:\n{self.log.read_text()[-2000:]}")
            time.sleep(0.0005)
        return time.perf_counter() - began

    def stop(self):
        if self.process is None:
            return
        self.process.terminate()
        try:
            self.process.wait(STOP_LIMIT_SECS)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)  # its own group: see start_new_session
            self.process.wait()
        self.process = None

    def close(self):
        """Stops the server and leaves nothing on a database server."""
        self.stop()
        if self.database:
            with contextlib.suppress(subprocess.CalledProcessError):  # its client has told why
                self.database.drop()
            self.database = None

    def seed(self):
        """Makes the database by a first start, registers account 1 where that is possible, and fills in the rest."""
        if database.is_on_server(self.adapter.get("database", "")):
            self.database = database.create(self.adapter["database"])
            self.database_pid = self.database.pid()
        self.start()
        if "register" in self.adapter:
            self.call(self.adapter["register"], **person(1))
        self.stop()
        if "seed" in self.adapter:
            self.run_helper(self.adapter["seed"])

    def run_helper(self, arguments):
        done = subprocess.run(arguments, cwd=self.folder, capture_output=True, text=True)
        if done.returncode != 0:
            raise Failed(f"{self.name}: {' '.join(arguments)} failed:\n{done.stderr[-2000:]}")

    @property
    def pid(self):
        return self.process.pid

    def _answers(self):
        try:
            with socket.create_connection((self.host, self.port), timeout=5) as connection:
                head = f"GET {self.adapter['ready']} HTTP/1.1\r\nHost: {self.host}\r\nConnection: close\r\n\r\n"
                connection.sendall(head.encode())
                return connection.recv(64)[9:12] == b"200"
        except OSError:
            return False

    # ------------------------------------------------------------------ requests
    def call(self, spec, **words):
        """Sends one request; its JSON."""
        method, path, headers, body = self._parts(spec, words)
        connection = http.client.HTTPConnection(self.host, self.port, timeout=60)
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            data = answer.read()
        finally:
            connection.close()
        if answer.status >= 300:
            raise Failed(f"{self.name}: {method} {path} answered {answer.status}: {data[:300]!r}")
        return json.loads(data)

    def raw(self, spec, words):
        """The bytes of a request."""
        method, path, headers, body = self._parts(spec, words)
        lines = [f"{method} {path} HTTP/1.1", f"Host: {self.host}:{self.port}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        if body:
            lines.append(f"Content-Length: {len(body)}")
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + body

    def _parts(self, spec, words):
        fill = lambda text: re.sub(r"\{(\w+)\}", lambda match: str(words.get(match[1], match[0])), text)
        headers, body = {}, b""
        if "headers" in spec:
            headers = {name: fill(value) for name, value in spec["headers"].items()}
        elif "token" in words:
            headers["Authorization"] = f"Bearer {words['token']}"
        if "body" in spec:
            headers["Content-Type"] = "application/json"
            body = json.dumps({name: fill(value) for name, value in spec["body"].items()}).encode()
        return "POST" if body else "GET", fill(spec["path"]), headers, body

    # ------------------------------------------------------------------ people
    def sign_in(self, number):
        """What requests of this person need: a token, and what the adapter takes from further answers."""
        words = person(number)
        answer = self.call(self.adapter["sign_in"], **words)
        words |= {"token": answer["access_token"], "refresh_token": answer.get("refresh_token")}
        for name, spec in self.adapter.get("look_up", {}).items():
            found = self.call(spec, **words)
            for step in spec["take"]:
                found = found[step]
            words[name] = found
        return words


def person(number):
    return {"number": number, "username": f"user{number}", "email": f"user{number}@example.com", "password": PASSWORD}
