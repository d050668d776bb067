"""Figures as Markdown tables: workloads, start and memory, and how they stand to what was promised."""

from statistics import median

# What Portcullis promises: a workload's CPU time a request, at most so many times that of another server.
PROMISED_CPU = [
    ("account", "limit-sqlite", 1.5),
    ("list", "limit-sqlite", 1.5),
    ("create", "limit-sqlite", 1.5),
    ("login", "limit-sqlite", 1.05),
]
PROMISED_START_MS = 30
PROMISED_IDLE_MIB = 20
PROMISED_LOADED_MIB = 90


def workloads(results):
    """`results[workload][server]` is a list of runs."""
    lines = [
        "| workload | server | requests/s | p50 ms | p99 ms | CPU µs/request | failed |",
        "|---|---|--:|--:|--:|--:|--:|",
    ]
    for workload, servers in results.items():
        for server, runs in servers.items():
            rate, p50, p99, cpu = (_number(_median(runs, key)) for key in ("rate", "p50", "p99", "cpu"))
            failed = sum(run["failed"] for run in runs)
            lines.append(f"| {workload} | {server} | {rate} | {p50} | {p99} | {cpu} | {failed} |")
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


def promises(results, servers, name):
    """How the server of this name stands to what is promised; only what was measured is told."""
    lines = ["| promise | at most | measured |", "|---|--:|--:|"]
    for workload, other, most in PROMISED_CPU:
        runs = results.get(workload, {})
        if name in runs and other in runs:
            # Paired run by run, so that a drift of the machine's speed cancels.
            ratio = median(own["cpu"] / its["cpu"] for own, its in zip(runs[name], runs[other]))
            lines.append(f"| CPU of `{workload}` ÷ {other} | {most} | {ratio:.2f} |")
    if name in servers:
        told = servers[name]
        lines.append(f"| start to first answer, ms | {PROMISED_START_MS} | {median(told['start_ms']):.0f} |")
        lines.append(f"| memory idle, MiB | {PROMISED_IDLE_MIB} | {told['idle_mib']:.1f} |")
        lines.append(f"| memory after all load, MiB | {PROMISED_LOADED_MIB} | {told['loaded_mib']:.1f} |")
    return "\n".join(lines)


def _median(runs, key):
    return median(run[key] for run in runs)


def _number(value):
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"
