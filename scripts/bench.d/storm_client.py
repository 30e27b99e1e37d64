#!/usr/bin/env python3
"""Sends requests whose tokens cannot be verified: storm_client.py PORT TOKEN RATE SECONDS, in a directory with ca.pem and client.*

Half of them name random keys, half have a wrong signature. Prints how many were answered 401, and how many otherwise.
"""
import base64
import json
import os
import socket
import ssl
import sys
import time

CONNECTIONS, INTERVAL = 4, 0.05


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def bad_tokens(token):
    """Endless: a random `kid`, then a signature of random octets, in turn."""
    header, payload, signature = token.split(".")
    members = json.loads(base64.urlsafe_b64decode(header + "=" * (-len(header) % 4)))
    while True:
        named = base64url(json.dumps(members | {"kid": os.urandom(8).hex()}).encode())
        yield f"{named}.{payload}.{signature}"
        yield f"{header}.{payload}.{base64url(os.urandom(64))}"


def main():
    port, token, rate, seconds = int(sys.argv[1]), sys.argv[2], int(sys.argv[3]), float(sys.argv[4])
    context = ssl.create_default_context(cafile="ca.pem")
    context.load_cert_chain("client.pem", "client.key")
    connections = [context.wrap_socket(socket.create_connection(("127.0.0.1", port), 10), server_hostname="localhost")
                   for _ in range(CONNECTIONS)]
    tokens, batch = bad_tokens(token), max(1, round(rate * INTERVAL / CONNECTIONS))
    refused = other = 0
    start = tick = time.monotonic()
    while tick < start + seconds:
        for connection in connections:
            connection.sendall("".join(
                f"GET / HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {next(tokens)}\r\n\r\n" for _ in range(batch)).encode())
        for connection in connections:
            answers = b""
            while answers.count(b"HTTP/1.1 ") < batch or not answers.endswith(b"}\n"):
                part = connection.recv(1 << 16)
                if not part:
                    sys.exit("a connection ended")
                answers += part
            bad = answers.count(b"HTTP/1.1 401 ")
            refused, other = refused + bad, other + batch - bad
        tick += INTERVAL
        time.sleep(max(0, tick - time.monotonic()))
    print(refused, other)


if __name__ == "__main__":
    main()
