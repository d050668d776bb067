#!/usr/bin/env python3
"""limit.py DATABASE ACCOUNTS TASKS: fills the limit server's database. The server must not be running."""

import sqlite3
import sys

database, accounts, tasks = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
with sqlite3.connect(database) as db:
    db.executemany(
        "INSERT INTO users (id, username, email) VALUES (?, ?, ?)",
        ((number, f"user{number}", f"user{number}@example.com") for number in range(1, accounts + 1)),
    )
    db.executemany(
        "INSERT INTO tasks (title, description, user_id) VALUES (?, ?, ?)",
        (
            (f"Task {turn} of user {number}", "A seeded task for the benchmark", number)
            for turn in range(1, tasks + 1)
            for number in range(1, accounts + 1)
        ),
    )
