#!/usr/bin/env python3
"""Pictures under load: pictures.py BINARY [--bench BENCH] (needs Pillow, and wrk for delivery).

Prints what Pillow takes for a thumbnail of a 4000 x 3000 JPEG beside the figures of `cargo bench --bench pictures`; uploads
a second and peak memory with 32 such pictures at once; thumbnails a second beside a fixed JSON answer.
"""

import argparse
import concurrent.futures
import http.client
import io
import json
import pathlib
import random
import statistics
import subprocess
import tempfile
import threading
import time

from PIL import Image, ImageFilter

UPLOADS = 32


def picture() -> bytes:
    """4000 x 3000, baseline, with the detail of a photograph."""
    noise = random.Random(7)
    small = Image.new("RGB", (500, 375))
    small.putdata([(noise.randrange(256), noise.randrange(256), noise.randrange(256)) for _ in range(500 * 375)])
    large = small.resize((4000, 3000), Image.Resampling.BICUBIC).filter(ImageFilter.GaussianBlur(2))
    out = io.BytesIO()
    large.save(out, "JPEG", quality=85)
    return out.getvalue()


def pillow(source: bytes) -> float:
    """The median of milliseconds for Pillow's thumbnail, from the file to the encoded thumbnail."""
    times = []
    for _ in range(15):
        start = time.perf_counter()
        image = Image.open(io.BytesIO(source))
        image.thumbnail((150, 150))
        image.save(io.BytesIO(), "JPEG", quality=80)
        times.append((time.perf_counter() - start) * 1000)
    return statistics.median(times)


class Server:
    """The program with a data folder of its own."""

    def __init__(self, binary: str, folder: str) -> None:
        command = [binary, "serve", "--data-dir", folder, "--set", "server.listen=127.0.0.1:0", "--set", "log.format=json"]
        log = open(pathlib.Path(folder).parent / "log", "wb")
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)
        self.address = ""
        for line in self.process.stdout:
            if "address" in line:
                self.address = line.split("//")[1].strip()
            if "first admin" in line:
                break

    def call(self, method: str, path: str, body=None, token: str = "", media_type: str = "application/json"):
        """Status and body of one answer, on a connection of its own."""
        connection = http.client.HTTPConnection(self.address, timeout=120)
        headers = {"content-type": media_type}
        if token:
            headers["authorization"] = f"Bearer {token}"
        content = body if isinstance(body, bytes) or body is None else json.dumps(body)
        connection.request(method, path, content, headers)
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        return answer.status, content

    def memory(self) -> float:
        """MiB of memory in use."""
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.split("VmRSS:")[1].split()[0]) / 1024

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait()


def rate(address: str, path: str) -> float:
    """Requests a second over 32 connections."""
    said = subprocess.run(
        ["wrk", "-t1", "-c32", "-d3s", f"http://{address}{path}"], capture_output=True, text=True, check=True
    ).stdout
    return float(said.split("Requests/sec:")[1].split()[0])


def load(binary: str, source: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        server = Server(binary, f"{folder}/data")
        try:
            measure(server, source)
        finally:
            server.stop()


def measure(server: Server, source: bytes) -> None:
    account = {"username": "ada", "password": "correct horse battery staple"}
    server.call("POST", "/api/v1/auth/register", account)
    login = {"login": account["username"], "password": account["password"]}
    token = json.loads(server.call("POST", "/api/v1/auth/login", login)[1])["access_token"]
    paths = []
    for number in range(UPLOADS):
        _, made = server.call("POST", "/api/v1/books", {"title": f"Book {number}", "category": "science"}, token)
        paths.append(f"/api/v1/books/{json.loads(made)['id']}/cover")
    idle, peak, done = server.memory(), 0.0, threading.Event()

    def watch() -> None:
        nonlocal peak
        while not done.is_set():
            peak = max(peak, server.memory())
            time.sleep(0.01)

    watcher = threading.Thread(target=watch)
    watcher.start()
    start = time.perf_counter()
    with concurrent.futures.ThreadPoolExecutor(UPLOADS) as pool:
        answers = list(pool.map(lambda path: server.call("PUT", path, source, token, "image/jpeg"), paths))
    took = time.perf_counter() - start
    done.set()
    watcher.join()
    statuses = [status for status, _ in answers]
    kept = statuses.count(200)
    print(f"{UPLOADS} uploads at once: {kept} kept, {UPLOADS - kept} put off, {kept / took:.2f} uploads/s")
    print(f"memory: idle {idle:.0f} MiB, peak {peak:.0f} MiB, above idle {peak - idle:.0f} MiB")
    thumbnail = next(json.loads(body) for status, body in answers if status == 200)["cover"]["thumbnail_url"]
    path = "/" + thumbnail.split("/", 3)[3]
    pairs = [(rate(server.address, path), rate(server.address, "/healthz")) for _ in range(5)]
    thumbnails, fixed = (statistics.median(side) for side in zip(*pairs))
    print(f"thumbnails: {thumbnails:.0f}/s, fixed JSON (/healthz): {fixed:.0f}/s, {100 * thumbnails / fixed:.0f} %")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("binary")
    parser.add_argument("--bench", help="the program that cargo bench builds; its figures are printed as well")
    arguments = parser.parse_args()
    source = picture()
    print(f"a JPEG of 4000 x 3000, {len(source) / 1024:.0f} KiB")
    print(f"{pillow(source):8.2f} ms  Pillow: thumbnail")
    if arguments.bench:
        with tempfile.NamedTemporaryFile(suffix=".jpg") as file:
            file.write(source)
            file.flush()
            print(subprocess.run([arguments.bench, file.name], capture_output=True, text=True, check=True).stdout, end="")
    load(arguments.binary, source)


if __name__ == "__main__":
    main()
