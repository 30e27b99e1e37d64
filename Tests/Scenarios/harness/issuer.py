"""The lab's authorization server."""
import http.client
import json
import urllib.parse

from .processes import LAB, Process, split_address


class Issuer:
    def __init__(self, pki, folder, *options, name="issuer"):
        self.pki = pki
        self.process = Process([LAB, "issuer", "--pki", pki.folder, *options], folder, name)
        ready = self.process.ready_line()
        self.url = ready["issuer"]
        self.address = split_address(ready["address"])
        self.mtls_address = split_address(ready["mtls_address"])
        self.lab_address = split_address(ready["lab_address"])
        self.lab_url = "http://" + ready["lab_address"]
        self.tokens = {}

    def ask(self, address, context, method, target, body=None, content_type="application/json"):
        make = http.client.HTTPConnection if context is None else http.client.HTTPSConnection
        connection = make(*address, timeout=10, **({} if context is None else {"context": context}))
        try:
            connection.request(method, target, body, {"Content-Type": content_type} if body else {})
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def grant(self, certificate, **parameters):
        """The token endpoint's status and JSON."""
        status, body = self.ask(
            self.mtls_address, self.pki.context(certificate), "POST", "/token",
            urllib.parse.urlencode({"grant_type": "client_credentials", **parameters}), "application/x-www-form-urlencoded",
        )
        return status, json.loads(body)

    def token(self, client="client-a", certificate=None):
        """A token bound to the client's certificate, granted over mutual TLS; the same one again while it lives."""
        key = (client, certificate)
        if key not in self.tokens:
            status, answer = self.grant(certificate or client, client_id=client)
            assert status == 200, answer
            self.tokens[key] = answer["access_token"]
        return self.tokens[key]

    def lab(self, target, value=None):
        body = None if value is None else json.dumps(value)
        status, answer = self.ask(self.lab_address, None, "GET" if value is None else "POST", target, body)
        assert status == 200, answer
        return json.loads(answer)

    def mint(self, bind=None, **order):
        """A token as ordered; bound to the certificate of the client named by `bind`."""
        if bind is not None:
            order["bind"] = self.pki.thumbprint(bind)
        return self.lab("/lab/token", order)["access_token"]

    def fault(self, **faults):
        self.lab("/lab/faults", faults)

    def rotate(self, drop_old=False):
        self.tokens.clear()
        self.lab("/lab/rotate" + ("?drop=old" if drop_old else ""), {})

    def visits(self, name):
        return self.lab("/lab/counts").get(name, 0)

    def end(self):
        self.process.end()
