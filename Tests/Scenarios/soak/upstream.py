"""The upstream that misbehaves: over TCP, TLS or a Unix socket, a thread a connection."""
import socket
import threading

from harness.accepting import accept_each
from harness.wire import MessageReader, Truncated

from .answers import Answer, Over
from .link import Link

ACCEPTING = 0.2  # seconds between two looks whether it is over


class Upstream:
    def __init__(self, ledger, salt, kind, folder, context, patience):
        self.ledger, self.salt, self.context, self.patience = ledger, salt, context, patience
        if kind == "unix":
            path = str(folder / "soak.sock")
            self.listener = socket.create_server(path, family=socket.AF_UNIX, backlog=512)
            self.url = "http+unix://" + path
        else:
            self.listener = socket.create_server(("127.0.0.1", 0), backlog=512)
            port = self.listener.getsockname()[1]
            self.url = f"https://localhost:{port}" if context else f"http://127.0.0.1:{port}"
        self.serving = 0
        self.lock = threading.Lock()
        accept_each(self.listener, self.serve)

    def serve(self, sock):
        with self.lock:
            self.serving += 1
        link = None
        try:
            link = Link(sock, self.context, self.patience, server=True)
            reader = MessageReader(link)
            while True:
                self.exchange(link, reader)
        except (OSError, Truncated, Over):  # the proxy, or this answer, ended the connection
            pass
        except Exception as error:
            self.ledger.fault(f"the upstream could not read a request: {error!r}", link=link)
        finally:
            sock.close()
            with self.lock:
                self.serving -= 1

    def exchange(self, link, reader):
        line, fields = reader.head()
        entry = self.ledger.seen(line, fields, link)
        if entry is None:
            raise Over
        answer = Answer(link, entry, self.salt)
        if not answer.comes_early:
            if any(name.lower() == "expect" for name, _ in fields):
                link.send(b"HTTP/1.1 100 Continue\r\n\r\n")
            self.read_body(entry, fields, reader, link)
        answer.perform()
        if answer.comes_early:
            self.read_body(entry, fields, reader, link)

    def read_body(self, entry, fields, reader, link):
        body, _ = reader.body(fields)
        expected = entry.exchange.uploaded()
        if body != expected:
            self.ledger.fault(f"a body of {len(body)} octets arrived and not that of {len(expected)}", entry, link)
        elif entry.exchange.aborts:
            self.ledger.fault("half a request arrived as a whole one", entry, link)

    def end(self):
        self.listener.close()
