#!/usr/bin/env python3
"""unrotate.py DATA_FOLDER: makes every seeded session one that was never refreshed, so that its first token is good
again. The server may be running."""

import sqlite3
import sys

with sqlite3.connect(f"{sys.argv[1]}/portcullis.db", timeout=30) as db:
    db.execute(
        "UPDATE sessions SET current_counter = 0, previous_counter = NULL, rotated_at = NULL, rotated_ip = NULL"
        " WHERE user_agent = 'load' AND current_counter > 0"
    )
