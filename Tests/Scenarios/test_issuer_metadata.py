"""The issuer's metadata (RFC 8414; requirements E), from issuers that publish whatever a test wants."""
import http.server
import json
import re
import threading

import pytest

from harness.asking import asking
from harness.challenges import is_invalid_token, is_problem
from harness.forge import ALGORITHMS, AUDIENCE
from harness.processes import HOLDFAST, eventually, run

OAUTH, OPENID = "/.well-known/oauth-authorization-server", "/.well-known/openid-configuration"


class Publisher:
    """A web server on loopback; `pages` are a status, a media type and a text by path. What is not there is 404."""

    def __init__(self, forge):
        self.asked, self.posted, self.pages = [], [], {}
        publisher = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                publisher.asked.append(self.path)
                status, kind, text = publisher.pages.get(self.path, (404, "text/plain", "not here"))
                self.send_response(status)
                if kind:
                    self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(text.encode())))
                self.end_headers()
                self.wfile.write(text.encode())

            def do_POST(self):
                publisher.posted.append(self.path)
                self.send_error(404)

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


@pytest.mark.parametrize(
    "first",
    [
        {"issuer": "https://elsewhere.example.com"}, {"jwks_uri": None}, {"jwks_uri": "http://keys.example.com/keys"}, {"issuer": None}, "[]", "{", "<html>",
    ],
    ids=repr,
)  # fmt: skip
@pytest.mark.parametrize("place", ["/t1" + OPENID, OPENID + "/t1"])
def test_where_a_document_cannot_be_used_the_next_one_is_asked_for(trusting, publisher, forge, first, place):
    """And the last of them is OpenID Connect's with the well-known part inserted. (ASM-01, ASM-02, ASM-05)"""
    issuer = publisher.url + "/t1"
    publisher.publish(OAUTH + "/t1", first if isinstance(first, str) else publisher.metadata(**{"issuer": issuer} | first))
    publisher.publish(place, publisher.metadata(issuer))
    proxy = trusting(issuer)
    assert publisher.asked[0] == OAUTH + "/t1" and place in publisher.asked
    assert proxy.ask(token=forge.token(iss=issuer)).status == 200


@pytest.mark.parametrize(
    "void",
    [
        {"introspection_endpoint": None}, {"introspection_endpoint": 5}, {"mtls_endpoint_aliases": None}, {"mtls_endpoint_aliases": []},
        {"mtls_endpoint_aliases": {"introspection_endpoint": None}}, {"scopes_supported": None}, {"x": ""},
    ],
    ids=repr,
)  # fmt: skip
def test_members_that_nothing_asks_for_decide_nothing(trusting, publisher, forge, void):
    """(ASM-05)"""
    publisher.publish(OAUTH, publisher.metadata(**void))
    assert trusting(publisher.url).ask(token=forge.token(iss=publisher.url)).status == 200


def test_a_document_that_is_no_help_is_told_with_its_address_and_what_was_found_in_it(trusting, publisher):
    """(ASM-02)"""
    publisher.publish(OAUTH, publisher.metadata("https://elsewhere.example.com"))
    proxy = trusting(publisher.url, "alive")
    told = eventually(lambda: next((line for line in proxy.process.messages() if line["message"] == "keys not fetched"), None), "it says so")
    assert told["fault"] == "issuer_mismatch" and told["place"] == publisher.url + OAUTH and told["issuer"] == publisher.url
    assert "https://elsewhere.example.com" in told["problem"] and OPENID + " answers 404" in told["problem"]
    assert no_types_of_ours(proxy.process.err)
    status, text = proxy.admin("/readyz?verbose")
    assert status == 503 and "warning: keys of " + publisher.url in text and "https://elsewhere.example.com" in text


def no_types_of_ours(text):
    return not re.search(r"TokenValidation|HoldfastServer|ProxyEngine|NIOSSL|HTTPClient|BoringSSL|\bFault\b|Optional\(", text)


@pytest.mark.parametrize("kind", ["application/octet-stream", "text/plain; charset=utf-8", "binary/octet-stream", ""])
def test_a_key_set_of_another_media_type_is_refused_with_the_type_found_unless_the_entry_takes_any(start_proxy, publisher, forge, settings, kind):
    """(ASM-05)"""
    publisher.publish("/keys?signature=secret", {"keys": [key.jwk() for key in forge.keys.values()]}, kind=kind)
    entry = settings["tokens"][1] | {"keys": publisher.url + "/keys?signature=secret"}
    strict = start_proxy({"tokens": [entry]}, wait="alive")
    found = kind.split(";")[0] or "no media type"
    eventually(lambda: "keys not fetched" in strict.process.err and found in strict.process.err, "it says what it found")
    assert '"fault":"media_type"' in strict.process.err and publisher.url + "/keys?..." in strict.process.err and "secret" not in strict.process.err
    lenient = start_proxy({"tokens": [entry | {"keys_media_type": "any"}]})
    assert lenient.ask(token=forge.token()).status == 200
    assert "keys_media_type is `any`" in run(HOLDFAST, "check", "--config", lenient.file).stdout


def test_metadata_of_another_media_type_is_taken_where_the_entry_takes_any(start_proxy, publisher, forge):
    publisher.publish(OAUTH, publisher.metadata(), kind="binary/octet-stream")
    entry = {"issuer": publisher.url, "audience": AUDIENCE, "algorithms": ALGORITHMS, "keys_media_type": "any"}
    assert start_proxy({"tokens": [entry], "routes": None}).ask(token=forge.token(iss=publisher.url)).status == 200


@pytest.mark.parametrize("name", ["urn:example:as", "http://adfs.example.com/adfs/services/trust", "ACME", "https://as.example.com/?p=b2c"])
def test_an_issuer_by_any_name_is_one_whose_keys_are_written(start_proxy, publisher, forge, folder, name):
    """(AT-03)"""
    for keys in (str(folder / "forge.json"), publisher.url + "/keys"):
        proxy = start_proxy({"tokens": [{"issuer": name, "audience": AUDIENCE, "algorithms": ALGORITHMS, "keys": keys}], "routes": None})
        assert proxy.ask(token=forge.token(iss=name)).status == 200
        assert is_invalid_token(proxy.ask(token=forge.token(iss=name + "/")), "iss_unknown")
    without = start_proxy({"tokens": [{"issuer": name, "audience": AUDIENCE}]}, wait=None)
    assert without.process.wait() == 64 and "tokens[0].issuer" in without.process.err and "`keys`" in without.process.err


@pytest.mark.parametrize("host", ["LOCALHOST", "LocalHost"])
def test_another_spelling_of_this_machine_is_this_machine(start_proxy, publisher, forge, settings, host):
    """(ASM-06)"""
    url = publisher.url.replace("127.0.0.1", host)
    proxy = start_proxy({"tokens": [settings["tokens"][1] | {"keys": url + "/keys"}]})
    assert proxy.ask(token=forge.token()).status == 200 and publisher.asked == ["/keys"]


def test_a_configured_endpoint_is_never_replaced_by_another(start_proxy, start_issuer, publisher, pki):
    """Another spelling of it is not "none". (INT-02)"""
    issuer = start_issuer("--opaque")
    proxy = start_proxy(asking(issuer, "client_secret_basic", endpoint=publisher.url.replace("127.0.0.1", "LOCALHOST") + "/introspect"))
    assert proxy.ask(token="t").status == 503
    assert issuer.visits("introspect") == issuer.visits("metadata") == 0, "our secret goes to nobody else"
    assert publisher.posted == ["/introspect"]


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
def test_an_issuer_in_clear_elsewhere_whose_keys_are_to_be_discovered_is_a_mistake(start_proxy, url):
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
