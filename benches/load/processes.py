"""What the kernel tells of a process and its children: CPU time and memory (Linux, /proc)."""

import contextlib
import os

TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


def tree(root):
    """The process and all that descend from it."""
    children = {}
    for name in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError):
            children.setdefault(int(_stat(name)[1]), []).append(int(name))
    found, left = [], [root]
    while left:
        found.append(left.pop())
        left += children.get(found[-1], [])
    return found


def cpu_seconds(root):
    """User and system time so far, of the living tree and of its children that have ended."""
    ticks = 0
    for process in tree(root):
        with contextlib.suppress(OSError):
            ticks += sum(map(int, _stat(process)[11:15]))
    return ticks / TICKS_PER_SECOND


def memory_mib(root):
    """Resident memory, pages that processes share counted once (PSS)."""
    kib = 0
    for process in tree(root):
        with contextlib.suppress(OSError), open(f"/proc/{process}/smaps_rollup") as lines:
            kib += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return kib / 1024


def _stat(process):
    """The fields of /proc/PID/stat behind the name: state, parent, …, utime, stime, cutime, cstime (proc(5))."""
    with open(f"/proc/{process}/stat") as file:
        return file.read().rpartition(")")[2].split()
