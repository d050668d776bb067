"""What mails promise, shown by the built program against a real SMTP server: outbox.py BINARY

Needs aiosmtpd, openssl, the MariaDB client, and PORTCULLIS_TEST_MARIADB_URL as .ci/databases sets it.
"""

import collections
import email
import email.policy
import json
import os
import pathlib
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

BINARY = pathlib.Path(sys.argv[1]).resolve()
PASSWORD = "correct horse battery"
USER, SECRET = "portcullis", "open sesame"
PATIENCE = 90


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def eventually(what: str, holds):
    end = time.monotonic() + PATIENCE
    while not (found := holds()):
        assert time.monotonic() < end, f"not within {PATIENCE} s: {what}"
        time.sleep(0.05)
    return found


class Postmaster:
    """An SMTP server that insists on TLS and a password. Keeps what arrives, also while it is closed."""

    def __init__(self, folder: pathlib.Path, port: int):
        self.port, self.certificate = port, folder / "smtp.pem"
        key = folder / "smtp.key"
        command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost"
        command = command.split() + ["-addext", "subjectAltName=DNS:localhost", "-addext", "basicConstraints=CA:FALSE"]
        subprocess.run(command + ["-keyout", key, "-out", self.certificate], check=True, capture_output=True)
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(self.certificate, key)
        self.mails, self.sessions, self.before_answer, self.controller = [], [], None, None

    def open(self):
        login = lambda server, session, envelope, mechanism, data: AuthResult(
            success=(data.login, data.password) == (USER.encode(), SECRET.encode())
        )
        self.controller = Controller(
            self, hostname="127.0.0.1", port=self.port, tls_context=self.context, require_starttls=True,
            auth_required=True, authenticator=login,
        )
        self.controller.start()

    def close(self):
        self.controller.stop()

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("nobody@"):
            return "550 5.1.1 There is no such person here"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        self.mails.append((envelope.rcpt_tos[0], message))
        self.sessions.append((session.ssl is not None, session.authenticated))
        if self.before_answer:
            self.before_answer()
        return "250 2.0.0 kept"

    def to(self, address: str) -> list:
        return [message for to, message in list(self.mails) if to == address]


class Server:
    """One node, with a folder of its own."""

    def __init__(self, folder: pathlib.Path, postmaster: Postmaster, *settings: str):
        self.folder, self.port = folder, free_port()
        folder.mkdir(exist_ok=True)
        everything = [
            f"server.listen=127.0.0.1:{self.port}", f"data.dir={folder}", "log.format=json",
            "password.hash_memory=8MiB", "password.hash_iterations=1", "mail.smtp_host=localhost",
            f"mail.smtp_port={postmaster.port}", f"mail.smtp_ca={postmaster.certificate}",
            f"mail.smtp_username={USER}", f"mail.smtp_password={SECRET}", "mail.from=Gate <gate@example.org>",
            "mail.timeout=1s", *settings,
        ]
        self.settings = [word for setting in everything for word in ("--set", setting)]
        self.process = None

    running: list = []

    def start(self):
        greeting, log = self.folder / "greeting", self.folder / "log"
        self.process = subprocess.Popen(
            [BINARY, "serve", *self.settings], cwd=self.folder, stdout=greeting.open("w"), stderr=log.open("a")
        )
        self.running.append(self.process)
        eventually("the server starts", lambda: self.alive() and "first admin" in greeting.read_text())
        return self

    def alive(self) -> bool:
        assert self.process.poll() is None, (self.folder / "log").read_text()
        return True

    def log(self) -> list:
        return [json.loads(line) for line in (self.folder / "log").read_text().splitlines()]

    def kill(self):
        self.process.send_signal(signal.SIGKILL)

    def stop(self):
        self.process.terminate()
        assert self.process.wait(PATIENCE) == 0, (self.folder / "log").read_text()

    def post(self, path: str, body: dict) -> int:
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/api/v1{path}", json.dumps(body).encode(), {"Content-Type": "application/json"}
        )
        try:
            return urllib.request.urlopen(request, timeout=PATIENCE).status
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            return 0

    def register(self, address: str):
        status = self.post("/auth/register", {"email": address, "password": PASSWORD})
        assert status in (201, 202, 0), status
        return status

    def command(self, *words: str) -> str:
        ran = subprocess.run([BINARY, *words, *self.settings], cwd=self.folder, capture_output=True, text=True)
        assert ran.returncode == 0, ran.stderr
        return ran.stdout

    def mail(self, address: str) -> dict:
        listed = json.loads(self.command("mail", "list", "--output", "json"))
        return next(mail for mail in listed if mail["recipient"] == address)


def down_then_up(folder, postmaster):
    """Registering works while the mail server is down; the mail waits, and arrives once when it is up."""
    node = Server(folder / "one", postmaster).start()
    assert node.register("ada@example.com") == 201
    assert node.post("/auth/login", {"login": "ada@example.com", "password": PASSWORD}) == 200
    waiting = eventually("an attempt", lambda: (mail := node.mail("ada@example.com"))["attempts"] and mail)
    assert waiting["state"] == "queued" and waiting["last_error"], waiting
    postmaster.open()
    eventually("the mail arrives", lambda: postmaster.to("ada@example.com"))
    eventually("it is noted", lambda: node.mail("ada@example.com")["state"] == "sent")
    time.sleep(2)
    assert len(postmaster.to("ada@example.com")) == 1
    assert postmaster.sessions == [(True, True)], "encrypted and signed in"
    message = postmaster.to("ada@example.com")[0]
    assert message["From"] == "Gate <gate@example.org>" and message["To"] == "ada@example.com"
    assert message["Message-ID"] == f"<{waiting['id']}@example.org>"
    assert message["Subject"] == "Welcome to Portcullis"
    assert message.get_body(("plain",)) and message.get_body(("html",))
    node.stop()


def killed_in_between(folder, postmaster):
    """kill -9 between sending and noting: at most one duplicate, which its Message-ID tells, and never a loss."""
    node = Server(folder / "two", postmaster).start()
    postmaster.before_answer = node.kill
    node.register("crash@example.com")
    node.process.wait(PATIENCE)
    postmaster.before_answer = None
    assert len(postmaster.to("crash@example.com")) == 1
    node.start()
    eventually("it arrives again", lambda: len(postmaster.to("crash@example.com")) == 2)
    eventually("it is noted", lambda: node.mail("crash@example.com")["state"] == "sent")
    time.sleep(2)
    first, *more = [message["Message-ID"] for message in postmaster.to("crash@example.com")]
    assert more == [first], (first, more)
    node.stop()


def rejected(folder, postmaster):
    """A recipient that the server rejects parks the mail with the server's answer."""
    node = Server(folder / "three", postmaster).start()
    assert node.register("nobody@example.com") == 201
    parked = eventually("parked", lambda: (mail := node.mail("nobody@example.com"))["state"] == "failed" and mail)
    assert parked["last_error"] == "550 5.1.1 There is no such person here" and parked["attempts"] == 1, parked
    assert not postmaster.to("nobody@example.com")
    node.stop()


def tried_by_hand(folder, postmaster):
    """`mail test` prints what is said between us and the server, and no password."""
    node = Server(folder / "four", postmaster).start()
    said = node.command("mail", "test", "eve@example.com")
    for line in ["C: STARTTLS", "C: MAIL FROM:<gate@example.org>", "C: RCPT TO:<eve@example.com>", "S: 250 2.0.0 kept"]:
        assert line in said, said
    assert SECRET not in said and len(postmaster.to("eve@example.com")) == 1
    node.stop()


def shared_by_two_nodes(folder, postmaster):
    """Two nodes on one MariaDB share 1,000 queued mails and send each once."""
    url = os.environ["PORTCULLIS_TEST_MARIADB_URL"]
    place = urllib.parse.urlsplit(url)
    client = ["mariadb", f"--host={place.hostname}", f"--port={place.port}", f"--user={place.username}",
              f"--password={place.password}", "--protocol=tcp", "--batch", "--skip-column-names"]
    name = f"portcullis_mail_{os.getpid()}"

    def sql(statement: str) -> str:
        ran = subprocess.run([*client, "--execute", statement], capture_output=True, text=True)
        assert ran.returncode == 0, ran.stderr
        return ran.stdout

    sql(f"CREATE DATABASE {name}")
    shared = [f"database.url={url}/{name}", "database.deadline=20s", f"keys.master_key={'k' * 48}", "mail.timeout=30s"]
    try:
        nodes = [Server(folder / node, postmaster, *shared).start() for node in ("five", "six")]
        sql(
            f"USE {name}; INSERT INTO mails (public_id, template, recipient, variables, state, attempts, code_failures,"
            " created_at, queued_at, next_attempt_at) SELECT UNHEX(REPLACE(UUID(), '-', '')), 'welcome',"
            " CONCAT('m', seq, '@example.com'), '{}', 'queued', 0, 0, 1, UNIX_TIMESTAMP() * 1000, 1 FROM seq_1_to_1000"
        )
        left = f"SELECT COUNT(*) FROM {name}.mails WHERE state <> 'sent'"
        eventually("all are sent", lambda: sql(left).strip() == "0")
        for node in nodes:
            node.stop()
        sent = collections.Counter(to for to, _ in postmaster.mails if to.startswith("m"))
        assert len(sent) == 1000 and set(sent.values()) == {1}, sent.most_common(3)
        ids = {message["Message-ID"] for to, message in postmaster.mails if to.startswith("m")}
        assert len(ids) == 1000
        shares = [sum(line.get("message") == "mail sent" for line in node.log()) for node in nodes]
        print(f"        the nodes sent {shares[0]} and {shares[1]}")
        assert sum(shares) == 1000 and min(shares) > 0, shares
    finally:
        sql(f"DROP DATABASE IF EXISTS {name}")


def main() -> int:
    passed = failed = 0
    with tempfile.TemporaryDirectory() as path:
        folder = pathlib.Path(path)
        postmaster = Postmaster(folder, free_port())
        for check in (down_then_up, killed_in_between, rejected, tried_by_hand, shared_by_two_nodes):
            try:
                check(folder, postmaster)
                passed += 1
                print(f"ok      {check.__doc__}", flush=True)
            except Exception as error:  # one check that fails leaves the others their turn
                for process in Server.running:
                    process.kill()
                postmaster.before_answer = None
                failed += 1
                print(f"FAILED  {check.__doc__}\n        {type(error).__name__}: {error}", flush=True)
        if postmaster.controller:
            postmaster.close()
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
