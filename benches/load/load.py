#!/usr/bin/env python3
"""load.py [options] ADAPTER…: drives the same workloads at several servers in alternation and compares what they cost.

All servers are up together; their runs alternate (A B C, C B A, …) and each figure is the median of the runs. The figure
to judge by is the server's CPU time a request: it hardly moves when something else shares the machine. README.md tells
what is needed and how to read the tables.
"""

import argparse
import json
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path

import report
import workload
from adapter import Failed
from processes import memory_mib
from server import Server

SETTLE_SECS = 2
WARM_UP_SECS = 1
# Access tokens are good for 15 minutes: sign in anew well before.
FRESH_SECS = 300


def options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("adapters", nargs="+", metavar="ADAPTER", help="a name in adapters/, or a .json file")
    parser.add_argument("--workloads", type=lambda text: text.split(","), help="only these (default: all that any has)")
    parser.add_argument("--seconds", type=int, default=5, help="length of a run")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--login-connections", type=int, default=4, help="for `login`, which takes a core for long")
    parser.add_argument("--accounts", type=int, default=1000)
    parser.add_argument("--tasks", type=int, default=100, help="of each account")
    parser.add_argument("--sessions", type=int, default=50_000, help="that `refresh` uses up within one run")
    parser.add_argument("--callers", type=int, default=50, help="how many accounts' tokens the requests rotate over")
    parser.add_argument("--starts", type=int, default=5, help="how often starting is measured")
    parser.add_argument("--figures", type=Path, help="write every run's figures to this JSON file")
    return parser.parse_args()


def main():
    chosen = options()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))  # so that the servers are stopped too
    folder = Path(tempfile.mkdtemp(prefix="load-"))
    scale = {name.upper(): getattr(chosen, name) for name in ("accounts", "tasks", "sessions", "callers")}
    servers = []
    try:
        servers += [Server(adapter, folder, scale) for adapter in chosen.adapters]
        told = start_all(servers, chosen.starts)
        results = {}
        names = chosen.workloads or list(dict.fromkeys(name for server in servers for name in server.workloads))
        for name in names:
            results[name] = compare(name, [server for server in servers if name in server.workloads], chosen, scale)
        for server in servers:
            told[server.name]["loaded_mib"] = memory_mib(server.pid)
    except Failed as failure:
        sys.exit(f"load.py: {failure}")
    finally:
        for server in servers:
            server.close()
        shutil.rmtree(folder, ignore_errors=True)
    print(report.workloads(results), report.starts(told), sep="\n\n")
    print("", report.promises(results, told), sep="\n")
    if chosen.figures:
        chosen.figures.write_text(json.dumps({"workloads": results, "servers": told}, indent=1))


def start_all(servers, times):
    """Seeds and starts every server; what starting took, and the memory at rest."""
    for server in servers:
        server.seed()
        say(f"{server.name}: seeded")
    told = {server.name: {"start_ms": []} for server in servers}
    for _ in range(times):
        for server in servers:
            server.stop()
            told[server.name]["start_ms"].append(server.start() * 1000)
    time.sleep(SETTLE_SECS)
    for server in servers:
        told[server.name]["idle_mib"] = memory_mib(server.pid)
    return told


def compare(name, servers, chosen, scale):
    """All runs of one workload."""
    connections = chosen.login_connections if name == "login" else chosen.connections
    runs, prepared, requests = {server.name: [] for server in servers}, None, {}
    for turn in range(chosen.runs):
        first = prepared is None
        if first or time.monotonic() - prepared > FRESH_SECS:
            requests = {server.name: workload.prepare(server, name, scale) for server in servers}
            prepared = time.monotonic()
        for server in servers if first else []:
            workload.run(server, name, requests[server.name], WARM_UP_SECS, connections)
        for server in servers if turn % 2 == 0 else reversed(servers):
            figures = workload.run(server, name, requests[server.name], chosen.seconds, connections)
            runs[server.name].append(figures)
            told = f"{figures['rate']:9.0f}/s  p99 {figures['p99']:8.2f} ms  CPU {figures['cpu']:8.1f} µs"
            say(f"{name:8} {turn + 1} {server.name:19} {told}  failed {figures['failed']}")
    return runs


def say(line):
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
