#!/usr/bin/env python3
"""portcullis.py DATABASE KEYS TOKENS ACCOUNTS TASKS SESSIONS: fills a Portcullis database (an SQLite file, or the URL of
one on a server) in which account 1 has been registered. KEYS is the folder of its keys. The server must not be running.

Every account gets the password hash of the first, so that nothing is hashed here. The refresh tokens of the sessions are
written to the file TOKENS, one JSON object a line.
"""

import base64
import hashlib
import hmac
import json
import os
import sys
import time
from pathlib import Path

from database import open_database

key_folder, tokens = Path(sys.argv[2]), sys.argv[3]
accounts, tasks, sessions = map(int, sys.argv[4:])
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
    ((password_hash, created_at),) = db.ask("SELECT password_hash, created_at FROM accounts WHERE id = 1")
    created_at = int(created_at)
    names = ((f"user{number}", f"user{number}@example.com") for number in range(2, accounts + 1))
    db.insert(
        "accounts",
        ["public_id", "username", "username_key", "email", "email_key", "role", "status", "password_hash", "epoch"]
        + ["version", "created_at", "updated_at"],
        (
            (uuid7(created_at), name, name, email, email, "user", "active", password_hash, 0, 1, created_at, created_at)
            for name, email in names
        ),
    )
    return [int(number) for (number,) in db.ask("SELECT id FROM accounts ORDER BY id")]


def seed_tasks(db, account_ids):
    description = "A seeded task for the benchmark"
    # A task a minute, the accounts taking turns, as they would have.
    tasks_in_turn = (
        (NOW - (tasks - turn) * 60_000, account_id, f"Task {turn} of user {number}")
        for turn in range(1, tasks + 1)
        for number, account_id in enumerate(account_ids, 1)
    )
    db.insert(
        "tasks",
        ["public_id", "account_id", "title", "title_key", "description", "description_key", "version", "created_at"]
        + ["updated_at"],
        (
            (uuid7(at), account_id, title, title.lower(), description, description.lower(), 1, at, at)
            for at, account_id, title in tasks_in_turn
        ),
    )


def seed_sessions(db, account_ids):
    ((current,),) = db.ask("SELECT id FROM key_sets WHERE state = 'current'")
    keys = json.loads((key_folder / f"{current}.json").read_text())
    key = refresh_key(base64.b64decode(keys["mac_secret"]))
    ids = [(uuid7(NOW), account_ids[turn % accounts]) for turn in range(sessions)]
    db.insert(
        "sessions",
        ["id", "account_id", "kind", "key_set", "epoch", "current_counter", "created_at", "last_used_at"]
        + ["idle_expires_at", "expires_at", "ip", "user_agent"],
        (
            (session, account_id, "rotating", keys["id"], 0, 0, NOW, NOW)
            + (NOW + 30 * DAY, NOW + 180 * DAY, "127.0.0.1", "load")
            for session, account_id in ids
        ),
    )
    with open(tokens, "w") as out:
        for session, _ in ids:
            out.write(json.dumps({"refresh_token": refresh_token(keys["id"], key, session)}) + "\n")


db = open_database(sys.argv[1])
account_ids = seed_accounts(db)
seed_tasks(db, account_ids)
seed_sessions(db, account_ids)
db.settle()
