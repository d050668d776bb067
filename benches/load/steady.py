"""Requests at a fixed rate, whatever the server does: one process for each connection, latencies without coordinated
omission."""

import socket
import time
from multiprocessing import Pool

TIMEOUT_SECS = 20
# time.sleep wakes up late by about this much; the rest is waited for awake.
AWAKE_SECS = 0.0002


def latencies(address, requests, rate, seconds):
    """Sends each of `requests` in turn over a connection of its own, together `rate` a second; all latencies in ms.

    A request that is held up by the answer before it counts from the moment when it was due.
    """
    pause = len(requests) / rate
    jobs = [(address, raw, turn * pause / len(requests), pause, seconds) for turn, raw in enumerate(requests)]
    with Pool(len(jobs)) as processes:
        return [latency for found in processes.starmap(_connection, jobs, chunksize=1) for latency in found]


def _connection(address, request, offset, pause, seconds):
    found = []
    with socket.create_connection(address, timeout=TIMEOUT_SECS) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        free = time.perf_counter()
        due = free + offset
        end = due + seconds
        while due < end:
            _wait_until(due)
            # A late wake-up of ours is not the server's: only a connection that was busy counts from when it was due.
            began = due if free > due else time.perf_counter()
            connection.sendall(request)
            _read_answer(connection)
            free = time.perf_counter()
            found.append((free - began) * 1000)
            due += pause
    return found


def _wait_until(due):
    left = due - time.perf_counter()
    if left > AWAKE_SECS:
        time.sleep(left - AWAKE_SECS)
    while time.perf_counter() < due:
        pass


def _read_answer(connection):
    """Reads one answer with a Content-Length; it must be 200."""
    answer = connection.recv(65536)
    while b"\r\n\r\n" not in answer:
        answer += connection.recv(65536)
    head, _, body = answer.partition(b"\r\n\r\n")
    if head[9:12] != b"200":
        raise ConnectionError(f"answered {head[:200]!r}")
    length = next(int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
    while len(body) < length:
        body += connection.recv(65536)
