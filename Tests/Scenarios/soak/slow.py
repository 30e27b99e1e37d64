"""A crowd of slow and idle clients of each kind, and what a client that behaves notices of it: its latency with the crowd beside that without.

Each kind has a Holdfast of its own, whose bounds leave room for the crowd: that it is let in is what is to be shown.
"""
import asyncio
import os
import resource
import statistics
import time

import hpack

from harness.http2 import END_HEADERS, END_STREAM, HEADERS, PREFACE, frame
from harness.http2 import settings as h2_settings
from harness.processes import PATIENCE, Process, free_port
from harness.proxy import Proxy, merged

AT_ONCE = 64  # handshakes under way
PROBES, NEWCOMERS = 400, 60


NGINX = """daemon off; worker_processes 1; worker_rlimit_nofile 60000; pid {folder}/nginx.pid; error_log {folder}/nginx.log; {user}
events {{ worker_connections 50000; }}
http {{ access_log off; client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
server {{ listen 127.0.0.1:{port} backlog=4096; location / {{ return 200 "ok"; }} location /upload {{ proxy_pass http://127.0.0.1:{port}/; }} location /large {{ alias {folder}/large; }} }} }}
"""


def start_api(folder):
    port = free_port()
    (folder / "large").write_bytes(bytes(4 << 20))
    user = "user root;" if os.geteuid() == 0 else ""
    (folder / "nginx.conf").write_text(NGINX.format(folder=folder, port=port, user=user))
    return Process(["nginx", "-p", folder, "-e", folder / "nginx.log", "-c", folder / "nginx.conf"], folder, "nginx"), f"http://127.0.0.1:{port}"


class Kind:
    """`opening`: what each of the crowd sends behind its handshake, given a token; None where it does not get so far. `pace`: octets that follow,
    one a `PAUSE`."""

    def __init__(self, name, opening=None, alpn=None, pace=b"", tls=True, reads=True):
        self.name, self.opening, self.alpn, self.pace, self.tls, self.reads = name, opening, alpn, pace, tls, reads


PAUSE = 5


def http1(line, *fields):
    return lambda token: ("\r\n".join([line, "Host: localhost", f"Authorization: Bearer {token}", *fields]) + "\r\n").encode()


def no_window(token):
    """An answer that is asked for and has no room to come."""
    head = [(":method", "GET"), (":scheme", "https"), (":authority", "localhost"), (":path", "/large"), ("authorization", f"Bearer {token}")]
    block = hpack.Encoder().encode(head)
    return PREFACE + h2_settings((4, 0)) + frame(HEADERS, END_HEADERS | END_STREAM, 1, block)


KINDS = [
    Kind("silent before TLS", tls=False),
    Kind("idle behind a handshake", opening=lambda token: b""),
    Kind("a head, an octet at a time", opening=http1("GET / HTTP/1.1"), pace=b"X-Slow: yes"),
    Kind("a body, an octet at a time", opening=lambda token: http1("POST /upload HTTP/1.1", "Content-Length: 1000000")(token) + b"\r\n", pace=b"x"),
    Kind("an answer that is not read", opening=lambda token: http1("GET /large HTTP/1.1")(token) + b"\r\n", reads=False),
    Kind("HTTP/2 without a window", opening=no_window, alpn=["h2"], reads=False),
]


class Crowd:
    def __init__(self, kind, proxy, context, token):
        self.kind, self.proxy, self.context, self.token = kind, proxy, context, token
        self.open, self.failed, self.tasks = [], 0, []

    async def gather(self, count):
        gate = asyncio.Semaphore(AT_ONCE)

        async def one(number):
            async with gate:
                try:
                    # 20,000 of one address would use up its ports.
                    source = (f"127.0.{1 + number % 8}.1", 0)
                    tls = {"ssl": self.context, "server_hostname": "localhost"} if self.kind.tls else {}
                    reader, writer = await asyncio.open_connection(*self.proxy.address, local_addr=source, limit=1 << 12, **tls)
                except OSError:
                    self.failed += 1
                    return
                self.open.append(writer)
                if self.kind.opening:
                    writer.write(self.kind.opening(self.token))
                if not self.kind.reads:
                    writer.transport.pause_reading()

        await asyncio.gather(*(one(number) for number in range(count)))
        if self.kind.pace:
            self.tasks.append(asyncio.create_task(self.go_on()))

    async def go_on(self):
        at = 0
        while True:
            octet = self.kind.pace[at % len(self.kind.pace) :][:1]
            at += 1
            for writer in self.open:
                if not writer.is_closing():
                    writer.write(octet)
            await asyncio.sleep(PAUSE)

    def left(self):
        return sum(not writer.is_closing() for writer in self.open)

    def leave(self):
        for task in self.tasks:
            task.cancel()
        for writer in self.open:
            writer.transport.abort()


def latencies(proxy, token):
    """Milliseconds of requests on one connection, and of connections with their first."""
    def timed(action):
        began = time.perf_counter()
        assert action().status == 200
        return (time.perf_counter() - began) * 1000

    with proxy.connect() as connection:
        requests = [timed(lambda: connection.request(token=token)) for _ in range(PROBES)]

    def newcomer():
        with proxy.connect() as connection:
            return connection.request(token=token)

    return requests, [timed(newcomer) for _ in range(NEWCOMERS)]


def spread(values):
    ordered = sorted(values)
    return statistics.median(ordered), ordered[int(len(ordered) * 0.99)]


async def beside(kind, count, pki, forge, settings, folder):
    bounds = {"max_connections": count + 2000, "max_handshakes": count + 1000, "idle_timeout": "1h", "head_timeout": "5m", "handshake_timeout": "5m"}
    changes = {"tokens": [settings["tokens"][1]], "routes": None, "listener": {**bounds, "minimum_body_rate": "0B"}, "log": {"access": False}}
    changes["upstream"] = {"url": settings["api"]}
    settings = {name: value for name, value in settings.items() if name != "api"}
    proxy = Proxy(pki, folder, merged(settings, changes), None, f"slow-{KINDS.index(kind)}")
    loop = asyncio.get_running_loop()
    await loop.run_in_executor(None, proxy.wait_ready)
    token = forge.token(bind="client-a")
    alone = await loop.run_in_executor(None, latencies, proxy, token)
    # The crowd is another client's: what a client has itself is its own share.
    crowd = Crowd(kind, proxy, pki.context("client-b", alpn=kind.alpn), forge.token(bind="client-b"))
    try:
        await asyncio.wait_for(crowd.gather(count), 20 * PATIENCE)
        beside = await loop.run_in_executor(None, latencies, proxy, token)
        left = crowd.left()
    finally:
        crowd.leave()
        await loop.run_in_executor(None, proxy.end)
    return alone, beside, left, crowd.failed


async def run(count, pki, forge, settings, folder):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    api, settings["api"] = start_api(folder)
    try:
        await each(count, pki, forge, settings, folder)
    finally:
        api.end()
    return 0


async def each(count, pki, forge, settings, folder):
    print(f"{'kind':28} {'open':>6} {'failed':>6}   request, median and 99 %: alone, beside, ratio   connection and request")
    for kind in KINDS:
        alone, beside_, left, failed = await beside(kind, count, pki, forge, settings, folder)
        columns = []
        for before, after in zip(alone, beside_):
            (a, b), (c, d) = spread(before), spread(after)
            columns.append(f"{a:5.2f} {c:5.2f} {c / a:4.2f}x | {b:6.2f} {d:6.2f} {d / b:4.2f}x ms")
        print(f"{kind.name:28} {left:6} {failed:6}   " + "   ".join(columns), flush=True)
