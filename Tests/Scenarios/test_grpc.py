"""gRPC from end to end: grpcio's client, Holdfast over HTTP/2 on both sides, grpcio's server."""
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import grpc
import pytest

from harness.processes import PATIENCE, free_port

COUNT = 50
LARGE = b"x" * 1_000_000


class Echo(grpc.GenericRpcHandler):
    """Every kind of call, on octets as they are."""

    def service(self, details):
        kind = details.method.rsplit("/", 1)[1]
        if kind == "unary":
            return grpc.unary_unary_rpc_method_handler(self.unary)
        if kind == "answers":
            return grpc.unary_stream_rpc_method_handler(lambda request, context: iter([request] * COUNT))
        if kind == "requests":
            return grpc.stream_unary_rpc_method_handler(lambda requests, context: b"".join(requests))
        if kind == "both":
            return grpc.stream_stream_rpc_method_handler(lambda requests, context: requests)
        return None

    def unary(self, request, context):
        fields = dict(context.invocation_metadata())
        context.set_trailing_metadata([("x-thumbprint", fields.get("x-client-cert-sha256", "none")), ("x-forged", fields.get("x-real-ip", "none"))])
        if request == b"missing":
            context.abort(grpc.StatusCode.NOT_FOUND, "no such thing")
        return request


@pytest.fixture(params=["h2c", "h2"])
def api(request, pki):
    """Its port, and the upstream that it is."""
    server = grpc.server(ThreadPoolExecutor(max_workers=8), handlers=[Echo()])
    if request.param == "h2c":
        port = server.add_insecure_port("127.0.0.1:0")
        upstream = {"url": f"http://127.0.0.1:{port}", "protocol": "h2c"}
    else:
        pair = (Path(pki.path("server.key")).read_bytes(), Path(pki.path("server.pem")).read_bytes())
        port = server.add_secure_port("127.0.0.1:0", grpc.ssl_server_credentials([pair]))
        upstream = {"url": f"https://127.0.0.1:{port}", "certificate_authorities": pki.path("ca.pem"), "protocol": "h2"}
    server.start()
    yield upstream
    server.stop(None).wait()


@pytest.fixture
def channel(start_proxy, pki):
    opened = []

    def channel(upstream, wait="ready"):
        proxy = start_proxy({"upstream": upstream, "routes": None}, wait=wait)
        files = [Path(pki.path(name)).read_bytes() for name in ("ca.pem", "client-a.key", "client-a.pem")]
        opened.append(grpc.secure_channel("127.0.0.1:%d" % proxy.address[1], grpc.ssl_channel_credentials(*files)))
        return opened[-1]

    yield channel
    for one in opened:
        one.close()


def test_all_kinds_of_calls(api, channel, issuer, forge, pki):
    calls = channel(api)
    words = {"metadata": [("authorization", f"Bearer {issuer.token()}"), ("x-real-ip", "forged")], "timeout": PATIENCE}
    answer, call = calls.unary_unary("/echo/unary").with_call(b"one", **words)
    assert answer == b"one" and dict(call.trailing_metadata()) == {"x-thumbprint": pki.thumbprint("client-a"), "x-forged": "none"}
    assert calls.unary_unary("/echo/unary")(LARGE, **words) == LARGE
    assert list(calls.unary_stream("/echo/answers")(b"part" * 1000, **words)) == [b"part" * 1000] * COUNT
    assert calls.stream_unary("/echo/requests")(iter([b"part"] * COUNT), **words) == b"part" * COUNT

    # Each goes only once the last has come back.
    back = threading.Semaphore(1)

    def parts():
        for number in range(COUNT):
            assert back.acquire(timeout=PATIENCE)
            yield b"%d" % number

    for number, part in enumerate(calls.stream_stream("/echo/both")(parts(), **words)):
        assert part == b"%d" % number
        back.release()
    assert number == COUNT - 1

    with pytest.raises(grpc.RpcError) as failed:
        calls.unary_unary("/echo/unary")(b"missing", **words)
    assert (failed.value.code(), failed.value.details()) == (grpc.StatusCode.NOT_FOUND, "no such thing")
    with pytest.raises(grpc.RpcError) as failed:
        calls.unary_unary("/echo/nothing")(b"", **words)
    assert failed.value.code() == grpc.StatusCode.UNIMPLEMENTED

    pending = [calls.unary_unary("/echo/unary").future(b"%d" % number, **words) for number in range(200)]
    assert [one.result() for one in pending] == [b"%d" % number for number in range(200)]

    for token in (forge.token(bind="client-b"), None):
        metadata = [("authorization", f"Bearer {token}")] if token else []
        for call in (calls.unary_unary("/echo/unary"), lambda *words, **more: next(calls.stream_stream("/echo/both")(iter(words), **more))):
            with pytest.raises(grpc.RpcError) as refused:
                call(b"", metadata=metadata, timeout=PATIENCE)
            assert refused.value.code() == grpc.StatusCode.UNAUTHENTICATED


def test_an_api_that_is_not_there(channel, issuer):
    calls = channel({"url": f"http://127.0.0.1:{free_port()}", "protocol": "h2c"}, wait="alive")
    with pytest.raises(grpc.RpcError) as failed:
        calls.unary_unary("/echo/unary")(b"", metadata=[("authorization", f"Bearer {issuer.token()}")], timeout=PATIENCE)
    assert failed.value.code() == grpc.StatusCode.UNAVAILABLE


def test_an_api_of_http1(channel, issuer, upstream):
    calls = channel({"url": upstream.url, "protocol": "h2c"}, wait="alive")
    with pytest.raises(grpc.RpcError) as failed:
        calls.unary_unary("/echo/unary")(b"", metadata=[("authorization", f"Bearer {issuer.token()}")], timeout=PATIENCE)
    assert failed.value.code() == grpc.StatusCode.UNAVAILABLE
