"""Drives one workload at one server with wrk and tells what it cost the server."""

import json
import re
import subprocess

from adapter import HERE, Failed
from processes import cpu_seconds
from server import person


def prepare(server, name, scale):
    """Writes the requests of a workload to a file for replay.lua and tries the last of them; the file."""
    spec = server.workloads[name]
    people = _people(server, spec, scale)
    answer = server.call(spec, **people[-1])
    if "ten" in spec and len(answer[spec["ten"]]) != 10:
        raise Failed(f"{server.name}: {spec['path']} answered {len(answer[spec['ten']])} items, not 10.")
    file = server.folder / f"{server.name}.{name}.requests"
    with open(file, "wb") as out:
        for words in people:
            raw = server.raw(spec, words)
            out.write(b"%d\n%b" % (len(raw), raw))
    return file


def callers(scale):
    """The numbers of the accounts whose tokens requests have."""
    step = max(1, scale["ACCOUNTS"] // scale["CALLERS"])
    return [1 + step * turn for turn in range(min(scale["CALLERS"], scale["ACCOUNTS"]))]


def _people(server, spec, scale):
    """The words that fill in each of the requests that are sent in turn."""
    match spec.get("as", "nobody"):
        case "nobody":
            return [{}]
        case "stranger":
            return [person(number) for number in range(1, scale["ACCOUNTS"] + 1)]
        case "caller":
            return [server.sign_in(number) for number in callers(scale)]
        case file:
            with open(file) as lines:
                return [json.loads(line) for line in lines]


def run(server, name, requests, seconds, connections):
    """One run; the figures."""
    spec = server.workloads[name]
    if "before" in spec:
        server.run_helper(spec["before"])
    before = _cpu(server)
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "20s", "--latency"]
    command += ["-s", str(HERE / "replay.lua"), server.base, "--", str(requests)]
    output = subprocess.run(command, capture_output=True, text=True)
    cpu, database_cpu = (spent - earlier for spent, earlier in zip(_cpu(server), before))
    found = re.search(r"^FIGURES (.*)", output.stdout, re.MULTILINE)
    if not found:
        raise Failed(f"wrk told no figures: {output.stdout}{output.stderr}")
    figures = json.loads(found[1])
    sent = figures["requests"]
    if sent == 0:
        raise Failed(f"{server.name}/{name}: nothing was answered.")
    if spec.get("once") and sent > sum(1 for _ in open(spec["as"])):
        raise Failed(f"{server.name}/{name}: requests were sent twice; raise --sessions.")
    return {
        "rate": sent / figures["micros"] * 1e6,
        "p50": figures["p50"] / 1e3,
        "p99": figures["p99"] / 1e3,
        "cpu": cpu / sent * 1e6,
        # Of an embedded database: in the server's own.
        "database_cpu": database_cpu / sent * 1e6 if server.database_pid else None,
        "sent": sent,
        "failed": figures["failed"],
    }


def _cpu(server):
    """CPU seconds so far of the server and of its database server."""
    return cpu_seconds(server.pid), cpu_seconds(server.database_pid) if server.database_pid else 0
