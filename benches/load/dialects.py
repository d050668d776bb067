#!/usr/bin/env python3
"""dialects.py [options]: what a dialect costs beside the same call in /api/v1, in CPU time of the server a request.

One server speaks all dialects. The runs of both calls alternate (A B, B A, …); the ratio is the median of the rounds' ratios.
"""

import argparse
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

import workload
from adapter import Failed
from server import Server, person

PROMISED_RATIO = 1.1
BOOKS = 10
WARM_UP_SECS = 1
# Access tokens are good for 15 minutes: sign in anew well before.
FRESH_SECS = 300


def options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=lambda text: text.split(","), help='only these, such as "task_manager task"')
    parser.add_argument("--seconds", type=int, default=2, help="length of a run")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--login-connections", type=int, default=4, help="for `login`, which takes a core for long")
    parser.add_argument("--login-seconds", type=int, default=6, help="the same")
    return parser.parse_args()


def main():
    chosen = options()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))  # so that the server is stopped too
    folder = Path(tempfile.mkdtemp(prefix="dialects-"))
    scale = {"ACCOUNTS": 1000, "TASKS": 100, "SESSIONS": 1, "CALLERS": 20}
    server = None
    try:
        server = Server("dialects", folder, scale)
        server.seed()
        server.start()
        make_books(server, scale)
        calls = chosen.calls or [name for name in server.workloads if plain(name) != name]
        results = {name: compare(server, name, chosen, scale) for name in calls}
    except Failed as failure:
        sys.exit(f"dialects.py: {failure}")
    finally:
        if server:
            server.close()
        shutil.rmtree(folder, ignore_errors=True)
    told(results)


def plain(name):
    """The same call in /api/v1: the name of a dialect's call begins with the dialect's."""
    first, _, rest = name.partition(" ")
    return rest if "_" in first else name


def make_books(server, scale):
    """Ten books for each caller, which the seed does not have."""
    for number in workload.callers(scale):
        token = server.call(server.adapter["sign_in"], **person(number))["access_token"]
        for turn in range(BOOKS):
            server.call(server.adapter["book"], token=token, turn=turn)


def compare(server, name, chosen, scale):
    """The runs of a dialect's call and of the same call in /api/v1, round by round."""
    pair = name, plain(name)
    if not all(call in server.workloads for call in pair):
        raise Failed(f"There is no call {name!r} of a dialect.")
    connections, seconds = chosen.connections, chosen.seconds
    if pair[1] == "login":
        connections, seconds = chosen.login_connections, chosen.login_seconds
    rounds, prepared, requests = [], None, {}
    for turn in range(chosen.rounds):
        first = prepared is None
        if first or time.monotonic() - prepared > FRESH_SECS:
            requests = {call: workload.prepare(server, call, scale) for call in pair}
            prepared = time.monotonic()
        for call in pair if first else ():
            workload.run(server, call, requests[call], WARM_UP_SECS, connections)
        runs = {}
        for call in pair if turn % 2 == 0 else reversed(pair):
            runs[call] = workload.run(server, call, requests[call], seconds, connections)
        rounds.append(tuple(runs[call] for call in pair))
        own, other = rounds[-1]
        line = f"{name:24} {turn + 1} {own['cpu']:8.1f} µs ÷ {other['cpu']:8.1f} µs"
        print(f"{line} = {own['cpu'] / other['cpu']:.3f}", file=sys.stderr, flush=True)
    return rounds


def told(results):
    print("| call | dialect, µs/request | `/api/v1`, µs/request | ratio | failed |", "|---|--:|--:|--:|--:|", sep="\n")
    missed = []
    for name, rounds in results.items():
        own, others = (median(run["cpu"] for run in side) for side in zip(*rounds))
        ratio = median(own["cpu"] / other["cpu"] for own, other in rounds)
        failed = sum(run["failed"] for pair in rounds for run in pair)
        print(f"| {name} | {own:,.1f} | {others:,.1f} | {ratio:.2f} | {failed} |")
        if ratio > PROMISED_RATIO:
            missed.append(name)
    print(f"\nmore than {PROMISED_RATIO} times the same call in /api/v1: {', '.join(missed) or 'none'}")


if __name__ == "__main__":
    main()
