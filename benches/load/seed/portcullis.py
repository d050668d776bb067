#!/usr/bin/env python3
"""portcullis.py DATA_FOLDER TOKENS ACCOUNTS TASKS SESSIONS: fills a Portcullis database in which account 1 has been
registered. The server must not be running.

Every account gets the password hash of the first, so that nothing is hashed here. The refresh tokens of the sessions are
written to the file TOKENS, one JSON object a line.
"""

import base64
import hashlib
import hmac
import json
import os
import sqlite3
import sys
import time
from pathlib import Path

folder, tokens = Path(sys.argv[1]), sys.argv[2]
accounts, tasks, sessions = map(int, sys.argv[3:])
NOW = int(time.time() * 1000)
DAY = 24 * 3600 * 1000


def uuid7(at):
    """A public id as the database keeps it (RFC 9562, section 5.7)."""
    random = int.from_bytes(os.urandom(10), "big") & ~(0xF << 76) & ~(0x3 << 62)
    return (at << 80 | 0x7 << 76 | 0x2 << 62 | random).to_bytes(16, "big")


def refresh_key(secret):
    """The key of refresh tokens: HKDF-SHA-256 (RFC 5869), as src/security/mac.rs derives it."""
    extracted = hmac.digest(b"portcullis", secret, hashlib.sha256)
    return hmac.digest(extracted, b"refresh token\x01", hashlib.sha256)


def refresh_token(key_set, key, session):
    """The token of a session that has not been refreshed yet, as src/security/refresh_token.rs seals it."""
    body = b"\x01" + bytes.fromhex(key_set) + session + bytes(8)
    return base64.urlsafe_b64encode(body + hmac.digest(key, body, hashlib.sha256)).decode().rstrip("=")


def seed_accounts(db):
    password_hash, created_at = db.execute("SELECT password_hash, created_at FROM accounts WHERE id = 1").fetchone()
    db.executemany(
        "INSERT INTO accounts (id, public_id, username, username_key, email, email_key, name, role, status,"
        " password_hash, epoch, version, created_at, updated_at)"
        " VALUES (?1, ?2, ?3, ?3, ?4, ?4, NULL, 'user', 'active', ?5, 0, 1, ?6, ?6)",
        (
            (number, uuid7(created_at), f"user{number}", f"user{number}@example.com", password_hash, created_at)
            for number in range(2, accounts + 1)
        ),
    )


def seed_tasks(db):
    description = "A seeded task for the benchmark"
    rows = (
        # A task a minute, the accounts taking turns, as they would have.
        (uuid7(at), number, f"Task {turn} of user {number}", f"task {turn} of user {number}", at)
        for turn in range(1, tasks + 1)
        for number in range(1, accounts + 1)
        for at in [NOW - (tasks - turn) * 60_000]
    )
    db.executemany(
        "INSERT INTO tasks (public_id, account_id, title, title_key, description, description_key, version,"
        f" created_at, updated_at) VALUES (?1, ?2, ?3, ?4, '{description}', '{description.lower()}', 1, ?5, ?5)",
        rows,
    )


def seed_sessions(db):
    (key_file,) = (folder / "keys").glob("*.json")
    keys = json.loads(key_file.read_text())
    key = refresh_key(base64.b64decode(keys["mac_secret"]))
    ids = [(uuid7(NOW), 1 + turn % accounts) for turn in range(sessions)]
    db.executemany(
        "INSERT INTO sessions (id, account_id, kind, key_set, epoch, current_counter, created_at, last_used_at,"
        " idle_expires_at, expires_at, ip, user_agent)"
        f" VALUES (?1, ?2, 'rotating', '{keys['id']}', 0, 0, {NOW}, {NOW}, {NOW + 30 * DAY}, {NOW + 180 * DAY},"
        " '127.0.0.1', 'load')",
        ids,
    )
    with open(tokens, "w") as out:
        for session, _ in ids:
            out.write(json.dumps({"refresh_token": refresh_token(keys["id"], key, session)}) + "\n")


with sqlite3.connect(folder / "portcullis.db") as db:
    seed_accounts(db)
    seed_tasks(db)
    seed_sessions(db)
