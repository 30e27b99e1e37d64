#!/usr/bin/env python3
"""An upstream for long bodies that is no bottleneck: bodies_upstream.py PORT FILE

GET answers with FILE, sent by the kernel. PUT takes a body, throws it away and answers with its length (with chunks: of the framed
octets), so that the client can see that all of it arrived. One request a connection."""
import os
import socket
import sys
import threading

SCRATCH = 1 << 20


def read_head(connection):
    """The header section and whatever of the body came with it."""
    data = b""
    while b"\r\n\r\n" not in data:
        more = connection.recv(65536)
        if not more or len(data) > 65536:
            return None, b""
        data += more
    head, _, body = data.partition(b"\r\n\r\n")
    return head, body


def send_file(connection, path):
    with open(path, "rb") as file:
        size, position = os.path.getsize(path), 0
        connection.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: application/octet-stream\r\nContent-Length: %d\r\n\r\n" % size)
        while position < size:
            sent = os.sendfile(connection.fileno(), file.fileno(), position, size - position)
            if sent == 0:
                return
            position += sent


def discard(connection, length, received):
    scratch = bytearray(SCRATCH)
    while received < length:
        count = connection.recv_into(scratch)
        if count == 0:
            return
        received += count
    answer = b"%d\n" % received
    connection.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s" % (len(answer), answer))


def discard_chunks(connection, received):
    count, end = len(received), received[-5:]
    while end != b"0\r\n\r\n":
        more = connection.recv(SCRATCH)
        if not more:
            return
        count += len(more)
        end = (end + more)[-5:]
    answer = b"%d\n" % count
    connection.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s" % (len(answer), answer))


def serve(connection, path):
    try:
        with connection:
            head, body = read_head(connection)
            if head is None:
                return
            lines = head.decode("latin-1").split("\r\n")
            fields = dict(line.lower().split(":", 1) for line in lines[1:] if ":" in line)
            if lines[0].startswith("GET "):
                send_file(connection, path)
            elif fields.get("content-length", "").strip().isdigit():
                discard(connection, int(fields["content-length"]), len(body))
            elif fields.get("transfer-encoding", "").strip() == "chunked":
                discard_chunks(connection, body)
            else:
                connection.sendall(b"HTTP/1.1 411 Length Required\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
    except OSError:
        pass  # the other side went away, which is its right


def main(port, path):
    with socket.create_server(("127.0.0.1", port), backlog=64) as listener:
        while True:
            connection, _ = listener.accept()
            threading.Thread(target=serve, args=(connection, path), daemon=True).start()


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(int(sys.argv[1]), sys.argv[2])
