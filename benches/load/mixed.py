#!/usr/bin/env python3
"""mixed.py [options]: whether reading stays quick while many sign in.

GET /api/v1/account comes at a fixed rate, on the quiet server and then while clients keep signing in, in turns; the p99 of
both and their ratio are the medians of all turns.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median, quantiles

import workload
from adapter import HERE, Failed
from server import Server
from steady import latencies

PROMISED_RATIO = 3


def options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rate", type=int, default=200, help="of GET /api/v1/account, a second")
    parser.add_argument("--connections", type=int, default=4, help="that share the rate")
    parser.add_argument("--clients", type=int, default=64, help="that keep signing in")
    parser.add_argument("--seconds", type=int, default=10, help="length of a run")
    parser.add_argument("--turns", type=int, default=3)
    return parser.parse_args()


def main():
    chosen = options()
    folder = Path(tempfile.mkdtemp(prefix="mixed-"))
    scale = {"ACCOUNTS": 1000, "TASKS": 100, "SESSIONS": 1, "CALLERS": chosen.connections}
    server = None
    try:
        server = Server("portcullis", folder, scale)
        server.seed()
        server.start()
        turns = [one_turn(server, chosen, scale) for _ in range(chosen.turns)]
    except Failed as failure:
        sys.exit(f"mixed.py: {failure}")
    finally:
        if server:
            server.close()
        shutil.rmtree(folder, ignore_errors=True)
    told(turns)


def one_turn(server, chosen, scale):
    """Latencies on the quiet server and on the busy one."""
    spec = server.workloads["account"]
    callers = [server.sign_in(number) for number in range(1, chosen.connections + 1)]
    requests = [server.raw(spec, caller) for caller in callers]
    read = lambda: latencies((server.host, server.port), requests, chosen.rate, chosen.seconds)
    read()  # warm-up
    quiet = read()
    sign_ins = workload.prepare(server, "login", scale)
    command = ["wrk", "-t1", f"-c{chosen.clients}", f"-d{chosen.seconds + 2}s", "--timeout", "20s"]
    command += ["-s", str(HERE / "replay.lua"), server.base, "--", str(sign_ins)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as signing_in:
        try:
            busy = read()
            if signing_in.poll() is not None:
                raise Failed("the clients stopped signing in before the reading ended.")
        finally:
            signing_in.terminate()
    return quiet, busy


def told(turns):
    percentile = lambda found, which: quantiles(found, n=100)[which - 1]
    print("| `GET /api/v1/account` | requests | p50 ms | p99 ms | most ms |", "|---|--:|--:|--:|--:|", sep="\n")
    for name, runs in zip(("quiet", "while clients sign in"), zip(*turns)):
        p50, p99 = (median(percentile(run, which) for run in runs) for which in (50, 99))
        print(f"| {name} | {sum(map(len, runs)):,} | {p50:.2f} | {p99:.2f} | {max(map(max, runs)):.2f} |")
    ratio = median(percentile(busy, 99) / percentile(quiet, 99) for quiet, busy in turns)
    print(f"\np99 while clients sign in ÷ p99 quiet: {ratio:.2f} (promised: at most {PROMISED_RATIO})")


if __name__ == "__main__":
    main()
