"""Figures as Markdown tables: workloads, start and memory, and how they stand to what was promised."""

from statistics import median

# What Portcullis promises of a workload's CPU time a request: with its embedded database, at most so many times that of
# another server;
PROMISED_CPU = [
    ("account", "limit-sqlite", 1.5),
    ("list", "limit-sqlite", 1.5),
    ("create", "limit-sqlite", 1.5),
    ("login", "limit-sqlite", 1.05),
]
# with a database server, which is not counted, at most so many microseconds.
PROMISED_MICROS = {
    "portcullis-mariadb": {"account": 130, "list": 180, "create": 300},
    "portcullis-postgres": {"account": 130, "list": 140, "create": 300},
}
PROMISED_START_MS = 30
PROMISED_IDLE_MIB = 20
PROMISED_LOADED_MIB = 90


def workloads(results):
    """`results[workload][server]` is a list of runs."""
    lines = [
        "| workload | server | requests/s | p50 ms | p99 ms | CPU µs/request | database's | failed |",
        "|---|---|--:|--:|--:|--:|--:|--:|",
    ]
    for workload, servers in results.items():
        for server, runs in servers.items():
            keys = "rate", "p50", "p99", "cpu", "database_cpu"
            rate, p50, p99, cpu, database_cpu = (_number(_median(runs, key)) for key in keys)
            failed = sum(run["failed"] for run in runs)
            lines.append(f"| {workload} | {server} | {rate} | {p50} | {p99} | {cpu} | {database_cpu} | {failed} |")
    return "\n".join(lines)


def starts(servers):
    """`servers[name]` holds `start_ms` (a list), `idle_mib` and `loaded_mib`."""
    lines = [
        "| server | start to first answer, ms (median, least to most) | memory idle, MiB | after all load, MiB |",
        "|---|--:|--:|--:|",
    ]
    for name, told in servers.items():
        times = told["start_ms"]
        span = f"{median(times):.0f} ({min(times):.0f} to {max(times):.0f})"
        lines.append(f"| {name} | {span} | {told['idle_mib']:.1f} | {told['loaded_mib']:.1f} |")
    return "\n".join(lines)


def promises(results, servers):
    """How Portcullis stands to what is promised; only what was measured is told."""
    lines = ["| promise | at most | measured |", "|---|--:|--:|"]
    for workload, other, most in PROMISED_CPU:
        runs = results.get(workload, {})
        if "portcullis" in runs and other in runs:
            # Paired run by run, so that a drift of the machine's speed cancels.
            ratio = median(own["cpu"] / its["cpu"] for own, its in zip(runs["portcullis"], runs[other]))
            lines.append(f"| CPU of `{workload}` ÷ {other} | {most} | {ratio:.2f} |")
    for server, workloads in PROMISED_MICROS.items():
        for workload, most in workloads.items():
            if runs := results.get(workload, {}).get(server):
                cpu = _number(_median(runs, "cpu"))
                lines.append(f"| {server}: CPU of `{workload}`, µs | {most} | {cpu} |")
    if told := servers.get("portcullis"):
        lines.append(f"| start to first answer, ms | {PROMISED_START_MS} | {median(told['start_ms']):.0f} |")
        lines.append(f"| memory idle, MiB | {PROMISED_IDLE_MIB} | {told['idle_mib']:.1f} |")
        lines.append(f"| memory after all load, MiB | {PROMISED_LOADED_MIB} | {told['loaded_mib']:.1f} |")
    return "\n".join(lines)


def _median(runs, key):
    """`None` of what was not measured."""
    return None if runs[0][key] is None else median(run[key] for run in runs)


def _number(value):
    if value is None:
        return "–"
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"
