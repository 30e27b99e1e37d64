"""What puts load on a server, and what that cost the server. All of it runs on the load's core."""
import json
import os
import re
import socket
import ssl
import subprocess
import time
from dataclasses import dataclass

from processes import BenchError


@dataclass
class Cost:
    """`microseconds` of the server's CPU time an operation, `rate` operations a second, and what was wrong, if anything."""
    microseconds: float
    rate: float
    fault: str = ""


class Load:
    def __init__(self, directory, core):
        self.directory, self.core = directory, core

    def path(self, name):
        return os.path.join(self.directory, name)

    def token(self, name):
        with open(self.path(name + ".tokens")) as file:
            return file.readline().strip()

    def execute(self, command, seconds, **environment):
        try:
            return subprocess.run(
                ["taskset", "-c", str(self.core), *command], cwd=self.directory, env=os.environ | environment, text=True,
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=seconds).stdout
        except subprocess.TimeoutExpired:
            return f"still running after {seconds:.0f} s"

    def requests(self, server, tokens, seconds, connections=64, path="/"):
        """Keep-alive HTTP/1.1 requests with the token, or the tokens in turn, of the file `tokens`."""
        before = server.cpu_nanoseconds()
        output = self.execute(
            ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "-s", self.path("load.lua"), f"https://127.0.0.1:{server.port}{path}"],
            seconds + 30, LD_PRELOAD=self.path("client-cert.so"), CLIENT_CERT="client.pem", CLIENT_KEY="client.key",
            BENCH_TOKENS=f"{tokens}.tokens")
        spent = server.cpu_nanoseconds() - before
        found = re.search(r"^RESULT (\d+) (\d+) (\d+) (\d+)$", output, re.M)
        if not found or int(found[1]) == 0:
            return Cost(0, 0, f"wrk: {last_line(output)}")
        count, duration, refused, broken = map(int, found.groups())
        fault = f"{refused} not 2xx, {broken} broken, of {count}" if refused or broken else ""
        return Cost(spent / count / 1000, count * 1e6 / duration, fault)

    def http2_requests(self, server, tokens, seconds, connections, streams):
        """Requests over HTTP/2 with the first token of the file `tokens`, `streams` at once on each connection, by h2load."""
        before = server.cpu_nanoseconds()
        output = self.execute(
            ["h2load", "-t1", f"-c{connections}", f"-m{streams}", "-D", str(seconds),
             "-H", f"authorization: Bearer {self.token(tokens)}", f"https://127.0.0.1:{server.port}/"],
            seconds + 30, LD_PRELOAD=self.path("client-cert.so"), CLIENT_CERT="client.pem", CLIENT_KEY="client.key")
        spent = server.cpu_nanoseconds() - before
        found = re.search(r"^requests: \d+ total, \d+ started, (\d+) done, (\d+) succeeded", output, re.M)
        if not found or int(found[1]) == 0:
            return Cost(0, 0, f"h2load: {last_line(output)}")
        if "Application protocol: h2" not in output:
            return Cost(0, 0, "not HTTP/2")
        done, succeeded = map(int, found.groups())
        fault = f"{done - succeeded} not 2xx of {done}" if done > succeeded else ""
        return Cost(spent / done / 1000, done / seconds, fault)

    def handshakes(self, server, seconds):
        """A new connection with a full TLS 1.3 mutual handshake each, one after the other."""
        before = server.cpu_nanoseconds()
        output = self.execute(
            ["openssl", "s_time", "-connect", f"127.0.0.1:{server.port}", "-cert", "client.pem", "-key", "client.key", "-CAfile", "ca.pem",
             "-new", "-tls1_3", "-time", str(seconds)], seconds + 30)
        time.sleep(0.1)  # the server's side of the last one
        spent = server.cpu_nanoseconds() - before
        found = re.search(r"^(\d+) connections in (\d+) real seconds", output, re.M)
        if not found or int(found[1]) == 0:
            return Cost(0, 0, f"openssl: {last_line(output)}")
        return Cost(spent / int(found[1]) / 1000, int(found[1]) / max(1, int(found[2])))

    def post_quantum_handshakes(self, lab, server, seconds):
        """The same with X25519MLKEM768, which OpenSSL 3.0 does not have: by holdfast-lab's client."""
        before = server.cpu_nanoseconds()
        output = self.execute(
            [lab, "handshakes", "--server", f"127.0.0.1:{server.port}", "--certificate", "client.pem", "--private-key", "client.key",
             "--ca", "ca.pem", "--seconds", str(seconds)], seconds + 30)
        time.sleep(0.1)
        spent = server.cpu_nanoseconds() - before
        try:
            count = json.loads(output)["handshakes"]
        except (ValueError, KeyError):
            return Cost(0, 0, f"holdfast-lab: {last_line(output)}")
        return Cost(spent / max(1, count) / 1000, count / seconds)

    def transfer(self, server, arguments, seconds=120):
        """One request by curl; gives the CPU seconds of the server, and curl's `status received sent` line as words."""
        before = server.cpu_nanoseconds()
        # One cipher for all: OpenSSL's servers take the client's first choice, BoringSSL's take their own.
        output = self.execute(
            ["curl", "-sS", "--http1.1", "--cacert", "ca.pem", "--cert", "client.pem", "--key", "client.key",
             "--tls13-ciphers", "TLS_AES_256_GCM_SHA384", "-H", f"Authorization: Bearer {self.token('es256')}", "-H", "Expect:",
             "-w", "\n%{http_code} %{size_download} %{size_upload}\n", *arguments], seconds)
        return (server.cpu_nanoseconds() - before) / 1e9, last_line(output).split()


class Client:
    """A client that leaves Nagle's algorithm on, as many do."""

    def __init__(self, load):
        self.context = ssl.create_default_context(cafile=load.path("ca.pem"))
        self.context.load_cert_chain(load.path("client.pem"), load.path("client.key"))
        self.requests = {name: f"GET / HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {load.token(name)}\r\n\r\n".encode()
                         for name in ("es256", "rs256", "mismatch")}

    def connect(self, port):
        plain = socket.create_connection(("127.0.0.1", port), 10)
        return self.context.wrap_socket(plain, server_hostname="localhost")

    def status(self, connection, token="es256"):
        connection.sendall(self.requests[token])
        answer = connection.recv(16384)
        while b"\r\n\r\n" not in answer:
            more = connection.recv(16384)
            if not more:
                break
            answer += more
        words = answer.split(b" ", 2)
        return int(words[1]) if len(words) > 2 and words[1].isdigit() else 0

    def check(self, server, judges_tokens):
        """That `server` does the work which its figures will be said to be of: lets a bound token pass and, if it judges, no other."""
        expected = {"es256": (200,), "rs256": (200,), "mismatch": (401, 403) if judges_tokens else (200,)}
        for token, statuses in expected.items():
            with self.connect(server.port) as connection:
                status = self.status(connection, token)
            if status not in statuses:
                raise BenchError(f"{server.name} answers {status} to the {token} token, not {statuses[0]}")


def last_line(text):
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[-1].strip() if lines else "no output"
