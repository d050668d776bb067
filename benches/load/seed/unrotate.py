#!/usr/bin/env python3
"""unrotate.py DATABASE: makes every seeded session one that was never refreshed, so that its first token is good again.
The server may be running."""

import sys

from database import open_database

open_database(sys.argv[1]).ask(
    "UPDATE sessions SET current_counter = 0, previous_counter = NULL, rotated_at = NULL, rotated_ip = NULL"
    " WHERE user_agent = 'load' AND current_counter > 0"
)
