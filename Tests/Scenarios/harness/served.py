"""A server on the loopback interface whose answers a test writes."""
import http.server
import ssl
import threading


class Served:
    """`answer` is what it gives: octets with a status of 200, or a status; `asked` is how often it was asked."""

    def __init__(self, answer, headers=(), tls=None):
        """`tls`: a PKI whose server it is; None for cleartext."""
        self.answer, self.headers, self.asked = answer, dict(headers), 0
        served = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                served.asked += 1
                status, body = (served.answer, b"") if isinstance(served.answer, int) else (200, served.answer)
                self.send_response(status)
                for name, value in served.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        if tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(tls.path("server.pem"), tls.path("server.key"))
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self.server.server_port}/ca.crl"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()
