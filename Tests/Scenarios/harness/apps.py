"""A small API, as WSGI and as ASGI have it."""
import hashlib


def wsgi(environment, start):
    body = environment["wsgi.input"].read()
    path = environment["PATH_INFO"]
    if path == "/none":
        start("204 No Content", [])
        return []
    if path == "/stream":
        start("200 OK", [])
        return (b"x" * 1000 for _ in range(100))
    answer = f"{hashlib.sha256(body).hexdigest()} {environment['HTTP_X_CLIENT_CERT_SHA256']}".encode()
    start("200 OK", [("Content-Length", str(len(answer)))])
    return [answer]


async def asgi(scope, receive, send):
    if scope["type"] != "http":
        return
    body, more = b"", True
    while more:
        message = await receive()
        body, more = body + message.get("body", b""), message.get("more_body", False)

    async def respond(status, fields, *parts):
        await send({"type": "http.response.start", "status": status, "headers": fields})
        for part in parts:
            await send({"type": "http.response.body", "body": part, "more_body": True})
        await send({"type": "http.response.body", "body": b""})

    if scope["path"] == "/none":
        return await respond(204, [])
    if scope["path"] == "/stream":
        return await respond(200, [], *[b"x" * 1000] * 100)
    thumbprint = dict(scope["headers"])[b"x-client-cert-sha256"].decode()
    answer = f"{hashlib.sha256(body).hexdigest()} {thumbprint}".encode()
    await respond(200, [(b"content-length", str(len(answer)).encode())], answer)
