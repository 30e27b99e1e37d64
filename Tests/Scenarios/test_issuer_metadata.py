"""The issuer's metadata (RFC 8414; requirements E), from issuers that publish whatever a test wants."""
import http.server
import json
import threading

import pytest

from harness.challenges import is_problem
from harness.forge import ALGORITHMS, AUDIENCE
from harness.processes import eventually

OAUTH, OPENID = "/.well-known/oauth-authorization-server", "/.well-known/openid-configuration"


class Publisher:
    """A web server on loopback; `pages` are a status, a media type and a text by path. What is not there is 404."""

    def __init__(self, forge):
        self.asked, self.pages = [], {}
        publisher = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                publisher.asked.append(self.path)
                status, kind, text = publisher.pages.get(self.path, (404, "text/plain", "not here"))
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(text.encode())))
                self.end_headers()
                self.wfile.write(text.encode())

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = "http://127.0.0.1:%d" % self.server.server_address[1]
        self.publish("/keys", {"keys": [key.jwk() for key in forge.keys.values()]})
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def publish(self, path, document, status=200, kind="application/json"):
        self.pages[path] = (status, kind, document if isinstance(document, str) else json.dumps(document))

    def metadata(self, issuer=None, **changes):
        return {"issuer": issuer or self.url, "jwks_uri": self.url + "/keys"} | changes


@pytest.fixture
def publisher(forge):
    publisher = Publisher(forge)
    yield publisher
    publisher.server.shutdown()
    publisher.server.server_close()


@pytest.fixture
def trusting(start_proxy):
    """A proxy that trusts one issuer, whose keys are to be discovered."""

    def start(issuer, wait="ready"):
        entry = {"issuer": issuer, "audience": AUDIENCE, "algorithms": ALGORITHMS, "cooldown": "1s"}
        return start_proxy({"tokens": [entry], "routes": None}, wait=wait)

    return start


def is_not_ready(proxy, publisher, forge, issuer):
    eventually(lambda: "keys not fetched" in proxy.process.err, "it says so")
    assert "/keys" not in publisher.asked and proxy.admin("/readyz")[0] == 503
    answer = proxy.ask(token=forge.token(iss=issuer))
    assert answer.status == 503 and answer.value("Retry-After") and is_problem(answer, "keys_unavailable")
    return True


@pytest.mark.parametrize("path,first,second", [("", OAUTH, OPENID), ("/t1", OAUTH + "/t1", "/t1" + OPENID), ("/t/1/", OAUTH + "/t/1", "/t/1" + OPENID)])
@pytest.mark.parametrize("only_openid", [False, True])
def test_the_well_known_part_is_inserted_and_openids_comes_behind_and_second(trusting, publisher, forge, path, first, second, only_openid):
    """(ASM-01)"""
    issuer = publisher.url + path
    publisher.publish(second if only_openid else first, publisher.metadata(issuer))
    proxy = trusting(issuer)
    assert publisher.asked[0] == first and (publisher.asked[1] == second) == only_openid
    assert proxy.ask(token=forge.token(iss=issuer)).status == 200


@pytest.mark.parametrize("named", ["{url}/", "{url}/t", "{upper}", "{url}0", "https://127.0.0.1", "", " {url}", "{url}\u0000"])
def test_an_issuer_that_differs_in_one_character_is_another(trusting, publisher, forge, named):
    """(ASM-02, ASM-03)"""
    publisher.publish(OAUTH, publisher.metadata(named.format(url=publisher.url, upper=publisher.url.replace("http", "HTTP")) or " "))
    assert is_not_ready(trusting(publisher.url, "alive"), publisher, forge, publisher.url)


@pytest.mark.parametrize("escape", [lambda url: url.replace("/", "\\/"), lambda url: "".join(f"\\u{ord(c):04x}" for c in url)])
def test_an_issuer_is_compared_as_it_reads(trusting, publisher, forge, escape):
    """(ASM-03)"""
    publisher.publish(OAUTH, '{"issuer": "%s", "jwks_uri": "%s/keys"}' % (escape(publisher.url), publisher.url))
    assert trusting(publisher.url).ask(token=forge.token(iss=publisher.url)).status == 200


@pytest.mark.parametrize(
    "document",
    [
        "[]", "null", "", "{", '{"issuer": 1}', '{"issuer": "%(url)s"}', '{"issuer": "%(url)s", "jwks_uri": 1}', '{"jwks_uri": "%(url)s/keys"}',
        '{"issuer": "%(url)s", "issuer": "%(url)s", "jwks_uri": "%(url)s/keys"}', '{"issuer": "%(url)s", "jwks_uri": "%(url)s/keys"} x',
    ],
)  # fmt: skip
def test_metadata_that_is_not_what_it_should_be_is_not_used(trusting, publisher, forge, document):
    """(ASM-02, ASM-05)"""
    publisher.publish(OAUTH, document % {"url": publisher.url} if "%" in document else document)
    assert is_not_ready(trusting(publisher.url, "alive"), publisher, forge, publisher.url)


@pytest.mark.parametrize("status,kind", [(200, "text/html"), (200, "application/jsonp"), (204, "application/json"), (404, "application/json"), (500, "application/json"), (201, "text/plain")])
def test_anything_but_200_with_json_is_a_failure_and_tried_again(trusting, publisher, forge, status, kind):
    """(ASM-05)"""
    publisher.publish(OAUTH, publisher.metadata(), status, kind)
    proxy = trusting(publisher.url, "alive")
    assert is_not_ready(proxy, publisher, forge, publisher.url)
    publisher.publish(OAUTH, publisher.metadata())
    proxy.wait_ready()
    assert proxy.ask(token=forge.token(iss=publisher.url)).status == 200


@pytest.mark.parametrize("address", ["http://192.0.2.1/keys", "http://keys.example.com/keys", "file:///etc/passwd", "ftp://127.0.0.1/keys", "/keys", "//127.0.0.1/keys", "", "data:application/json,{}"])
def test_keys_are_not_fetched_from_anywhere_but_https_or_here(trusting, publisher, forge, address):
    """(ASM-06)"""
    publisher.publish(OAUTH, publisher.metadata(jwks_uri=address))
    assert is_not_ready(trusting(publisher.url, "alive"), publisher, forge, publisher.url)


def test_an_issuer_behind_tls_does_not_send_for_keys_in_clear(start_proxy, start_issuer, publisher, pki):
    """(ASM-06)"""
    issuer = start_issuer()
    issuer.fault(metadata={"members": {"jwks_uri": publisher.url + "/keys"}})
    proxy = start_proxy({"tokens": [{"issuer": issuer.url, "audience": AUDIENCE, "certificate_authorities": pki.path("ca.pem")}]}, wait="alive")
    eventually(lambda: "keys not fetched" in proxy.process.err, "it says so")
    assert not publisher.asked and proxy.admin("/readyz")[0] == 503


@pytest.mark.parametrize("url", ["http://as.example.com", "http://192.0.2.1", "ftp://127.0.0.1"])
def test_an_issuer_in_clear_elsewhere_is_a_mistake(start_proxy, url):
    """(ASM-06)"""
    proxy = start_proxy({"tokens": [{"issuer": url, "audience": AUDIENCE}]}, wait=None)
    assert proxy.process.wait() == 64 and "issuer" in proxy.process.err


def test_members_for_clients_change_nothing_here(trusting, publisher, forge):
    """(MTLS-14, MTLS-20)"""
    extra = {"tls_client_certificate_bound_access_tokens": "true", "mtls_endpoint_aliases": {"jwks_uri": publisher.url + "/elsewhere", "tls_client_certificate_bound_access_tokens": 1}}
    publisher.publish(OAUTH, publisher.metadata(**extra))
    proxy = trusting(publisher.url)
    assert proxy.ask(token=forge.token(iss=publisher.url)).status == 200 and "/elsewhere" not in publisher.asked
    assert proxy.ask(token=forge.token(iss=publisher.url, bind=None)).reason == "cnf_missing"
