"""A collector of OTLP over HTTP, whose exports are read by OpenTelemetry's own messages."""
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from google.protobuf.json_format import MessageToDict
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTracePartialSuccess, ExportTraceServiceRequest, ExportTraceServiceResponse


class Collector:
    """`answer` says what becomes of an export: `taken`, `silence` for none at all, a status, or how many spans are rejected as `("rejected", n)`."""

    def __init__(self, port=0, pki=None):
        self.answer = "taken"
        self.ending = threading.Event()
        self.attempts = 0
        self.headers = []
        self.bodies = {"/v1/traces": [], "/v1/metrics": []}

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(handler):
                body = handler.rfile.read(int(handler.headers["Content-Length"]))
                assert handler.headers["Content-Type"] == "application/x-protobuf"
                self.attempts += 1
                self.headers.append(dict(handler.headers))
                answer = "silence" if self.ending.is_set() else self.answer
                if answer == "silence":
                    self.ending.wait()
                    handler.close_connection = True
                    return
                told = b""
                if isinstance(answer, tuple):
                    told = ExportTraceServiceResponse(partial_success=ExportTracePartialSuccess(rejected_spans=answer[1])).SerializeToString()
                handler.send_response(answer if isinstance(answer, int) else 200)
                handler.send_header("Content-Type", "application/x-protobuf")
                handler.send_header("Content-Length", str(len(told)))
                handler.end_headers()
                handler.wfile.write(told)
                if not isinstance(answer, int):
                    self.bodies[handler.path].append(body)

            def log_message(handler, *_):
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, request, client_address):
                pass

        self.server = Server(("127.0.0.1", port), Handler)
        self.scheme = "http"
        if pki:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(pki.path("server.pem"), pki.path("server.key"))
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
            self.scheme = "https"
        self.port = self.server.server_port
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    @property
    def url(self):
        return f"{self.scheme}://127.0.0.1:{self.port}"

    def exports(self):
        return [ExportTraceServiceRequest.FromString(body) for body in list(self.bodies["/v1/traces"])]

    def resources(self):
        return [attributes(each.resource) for request in self.exports() for each in request.resource_spans]

    def spans(self):
        return [span for request in self.exports() for each in request.resource_spans for scope in each.scope_spans for span in scope.spans]

    def metrics(self):
        read = [ExportMetricsServiceRequest.FromString(body) for body in list(self.bodies["/v1/metrics"])]
        found = [m for request in read for each in request.resource_metrics for scope in each.scope_metrics for m in scope.metrics]
        return {metric.name: metric for metric in found}

    def end(self):
        self.ending.set()
        self.server.shutdown()
        self.server.server_close()


def attributes(message):
    return {pair["key"]: next(iter(pair["value"].values())) for pair in MessageToDict(message)["attributes"]}
