"""Key sets: from a file, a URL or the issuer's metadata; rotated, missing, broken, and never fetched more than they should be."""
import http.server
import json
import threading
import time
from types import SimpleNamespace

import pytest

from harness.challenges import is_bare_challenge, is_invalid_token, is_problem
from harness.forge import AUDIENCE, Key
from harness.issuer import Issuer
from harness.processes import eventually, free_port


def discovered(issuer, pki, **changes):
    entry = {"issuer": issuer.url, "audience": AUDIENCE, "certificate_authorities": pki.path("ca.pem"), "cooldown": "1s"}
    return {"tokens": [entry | changes]}


def is_unavailable(answer):
    assert answer.status == 503 and answer.value("Retry-After") and not answer.values("WWW-Authenticate"), answer
    return is_problem(answer, "keys_unavailable")


def accepts(proxy, token, **options):
    return lambda: proxy.ask(token=token, **options).status == 200


@pytest.mark.parametrize("fault", ["error", "garbage", "empty", "hang"])
def test_before_the_keys_are_there_nothing_is_accepted_and_then_they_come(start_proxy, start_issuer, pki, upstream, fault):
    """(DT-10, ASM-05)"""
    issuer = start_issuer()
    issuer.fault(jwks=fault)
    proxy = start_proxy(discovered(issuer, pki), wait="alive")
    before = upstream.requests()
    assert proxy.admin("/readyz")[0] == 503 and issuer.url in proxy.admin("/readyz")[1]
    assert is_unavailable(proxy.ask(token=issuer.token()))
    assert is_bare_challenge(proxy.ask())
    assert upstream.requests() == before
    if fault != "hang":  # one that hangs is only given up after its own time
        issuer.fault(jwks="none")
        proxy.wait_ready()
        assert proxy.ask(token=issuer.token()).status == 200


def test_an_issuer_that_is_started_later_is_found(start_proxy, pki, tmp_path):
    gone = Issuer(pki, tmp_path, name="gone")
    gone.end()
    proxy = start_proxy(discovered(gone, pki), wait="alive")
    assert proxy.admin("/readyz")[0] == 503
    back = Issuer(pki, tmp_path, "--address", "%s:%d" % gone.address, name="back")
    try:
        proxy.wait_ready()
        assert proxy.ask(token=back.token()).status == 200
    finally:
        back.end()


def test_a_rotated_key_is_accepted_and_a_dropped_one_refused_without_a_restart(start_proxy, start_issuer, pki):
    """(JWT-16, JWT-33, AT-05)"""
    issuer = start_issuer()
    proxy = start_proxy(discovered(issuer, pki))
    first = issuer.token()
    assert proxy.ask(token=first).status == 200
    issuer.rotate()
    second = issuer.token()
    assert proxy.ask(token=second).status == 200, "the request waits for the look that it causes"
    assert proxy.ask(token=first).status == 200, "the old key is still published"
    issuer.rotate(drop_old=True)
    third = issuer.token()
    assert proxy.ask(token=third).status == 200
    assert is_invalid_token(proxy.ask(token=first), "kid_unknown"), "although its verdict was remembered"
    assert is_invalid_token(proxy.ask(token=second), "kid_unknown")


def test_unknown_keys_and_bad_signatures_of_one_client_cause_two_looks_at_once_and_no_more_in_a_cooldown(start_proxy, start_issuer, pki):
    """(JWT-16)"""
    issuer = start_issuer()
    proxy = start_proxy(discovered(issuer, pki, cooldown="3600s"))
    assert issuer.visits("jwks") == 1
    good = issuer.token()
    with proxy.connect() as connection:
        for number in range(300):
            token = issuer.mint(bind="client-a", header={"kid": f"random-{number}"}) if number % 3 else issuer.mint(bind="client-a", foreign_key=True)
            assert connection.request(token=token).status == 401
            assert connection.request(token=good).status == 200
    assert issuer.visits("jwks") == 1 + 2


@pytest.mark.parametrize("fault", ["error", "garbage", "empty", "hang"])
def test_the_last_good_keys_serve_while_the_issuer_is_down(start_proxy, start_issuer, pki, fault):
    """(JWT-34)"""
    issuer = start_issuer()
    proxy = start_proxy(discovered(issuer, pki))
    token = issuer.token()
    issuer.fault(jwks=fault)
    unknown = issuer.mint(bind="client-a", header={"kid": "unknown"})
    eventually(lambda: proxy.ask(token=unknown).status == 401 and issuer.visits("jwks") >= 2, "a refresh is tried")
    assert proxy.ask(token=token).status == 200
    assert proxy.ask(token=issuer.mint(bind="client-a")).status == 200
    assert proxy.admin("/readyz")[0] == 200


def test_keys_that_nobody_confirms_any_more_are_withdrawn(start_proxy, start_issuer, pki):
    """(JWT-34, DT-10)"""
    issuer = start_issuer()
    proxy = start_proxy(discovered(issuer, pki, stale_keys="2s"))
    token = issuer.token()
    assert proxy.ask(token=token).status == 200
    issuer.fault(jwks="error")
    answer = eventually(lambda: next((a for a in [proxy.ask(token=token)] if a.status != 200), None), "503", every=0.1)
    assert is_unavailable(answer)
    eventually(lambda: proxy.admin("/readyz")[0] == 503, "not ready")
    issuer.fault(jwks="none")
    proxy.wait_ready()
    assert proxy.ask(token=token).status == 200


def test_an_issuer_that_is_up_confirms_its_keys_before_they_are_withdrawn(start_proxy, start_issuer, pki):
    """(JWT-34)"""
    issuer = start_issuer()
    proxy = start_proxy(discovered(issuer, pki, stale_keys="6s"))
    token = issuer.token()
    end = time.monotonic() + 8
    while time.monotonic() < end:
        assert proxy.ask(token=token).status == 200
        time.sleep(0.1)


def test_the_shortest_times_that_are_possible_leave_the_issuer_in_peace(start_proxy, start_issuer, pki):
    """Half a second lies between two looks that nobody waits for, whatever is configured and whatever comes."""
    issuer = start_issuer()
    began = time.monotonic()
    proxy = start_proxy(discovered(issuer, pki, stale_keys="2s", refresh_keys="1s", cooldown="1s"))
    unknown = issuer.mint(bind="client-a", header={"kid": "unknown"})

    def several():
        assert proxy.ask(token=unknown).status in (401, 503)
        return issuer.visits("jwks") >= 8

    eventually(several, "several looks")
    visits = issuer.visits("jwks")
    looked_for = 2 + (time.monotonic() - began) / 2
    assert visits <= (time.monotonic() - began) / 0.5 + 1 + looked_for


def test_metadata_that_names_another_issuer_is_not_used(start_proxy, start_issuer, pki):
    """(ASM-02)"""
    liar = start_issuer("--issuer", "https://elsewhere.example.com")
    url = "https://%s:%d" % liar.address
    proxy = start_proxy({"tokens": [{"issuer": url, "audience": AUDIENCE, "certificate_authorities": pki.path("ca.pem")}]}, wait="alive")
    eventually(lambda: liar.visits("metadata") >= 1, "the metadata is asked for")
    assert liar.visits("jwks") == 0 and proxy.admin("/readyz")[0] == 503
    assert is_unavailable(proxy.ask(token=liar.mint(bind="client-a", claims={"iss": url})))


def test_an_issuer_whose_certificate_is_not_trusted_is_not_asked(start_proxy, start_issuer, pki):
    """(ASM-04, DT-10)"""
    issuer = start_issuer()
    for authorities in [None, pki.path("stranger-ca.pem")]:
        entry = {"issuer": issuer.url, "audience": AUDIENCE}
        if authorities:
            entry["certificate_authorities"] = authorities
        proxy = start_proxy({"tokens": [entry]}, wait="alive")
        assert is_unavailable(proxy.ask(token=issuer.token()))
        eventually(lambda: "keys not fetched" in proxy.process.err, "it says so")
    assert issuer.visits("jwks") == 0 and issuer.visits("metadata") == 0


def test_an_issuer_whose_certificate_has_another_name_is_not_asked(start_proxy, start_issuer, pki):
    """(ASM-04)"""
    issuer = start_issuer("--address", "127.0.0.2:0")
    proxy = start_proxy(discovered(issuer, pki), wait="alive")
    eventually(lambda: "keys not fetched" in proxy.process.err, "it says so")
    assert is_unavailable(proxy.ask(token=issuer.token())) and issuer.visits("metadata") == 0


def test_the_path_of_an_issuer_comes_after_the_well_known_part(start_proxy, pki, tmp_path):
    """RFC 8414 section 3.1. (ASM-01)"""
    port = free_port()
    issuer = Issuer(pki, tmp_path, "--address", f"127.0.0.1:{port}", "--issuer", f"https://127.0.0.1:{port}/tenant/1")
    try:
        assert start_proxy(discovered(issuer, pki)).ask(token=issuer.token()).status == 200
        assert issuer.visits("metadata") == 1
    finally:
        issuer.end()


def test_keys_can_come_from_a_url_of_their_own(start_proxy, start_issuer, pki):
    """(AT-03)"""
    issuer = start_issuer("--issuer", "https://as.example.com/tenant")
    proxy = start_proxy({"tokens": [{"issuer": "https://as.example.com/tenant", "audience": AUDIENCE, "keys": issuer.lab_url + "/jwks"}]})
    assert issuer.visits("metadata") == 0 and proxy.ask(token=issuer.token()).status == 200
    assert is_invalid_token(proxy.ask(token=issuer.mint(bind="client-a", claims={"iss": "https://as.example.com"})), "iss_unknown")


def test_a_key_file_that_changes_is_read_again(start_proxy, settings, forge, tmp_path):
    old, new = Key("ES256", "old"), Key("ES256", "new")
    path = tmp_path / "keys.json"
    path.write_text(json.dumps({"keys": [old.jwk()]}))
    proxy = start_proxy({"tokens": [dict(settings["tokens"][1], keys=str(path))]})

    def token(key):
        return forge.token(header={"kid": key.kid}, signature=key.sign)

    assert proxy.ask(token=token(old)).status == 200 and proxy.ask(token=token(new)).status == 401
    replacement = tmp_path / "keys.new"
    replacement.write_text(json.dumps({"keys": [new.jwk()]}))
    replacement.replace(path)
    eventually(accepts(proxy, token(new)), "the new file is read", every=0.1)
    assert proxy.ask(token=token(old)).status == 401
    path.write_text("{not json")
    assert proxy.ask(token=token(new)).status == 200


@pytest.fixture
def web(request):
    """A plain web server whose answers are functions of the path."""
    servers = []

    def start(answer):
        asked = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                asked.append(self.path)
                status, headers, body = answer(self.path)
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                try:
                    self.wfile.write(body)
                except ConnectionError:
                    pass

            def log_message(self, *_):
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        servers.append(server)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return SimpleNamespace(url="http://127.0.0.1:%d" % server.server_address[1], asked=asked)

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def fetching(web, settings, **changes):
    return {"tokens": [{"issuer": settings["tokens"][1]["issuer"], "audience": AUDIENCE, "keys": web.url + "/keys"} | changes]}


def test_a_redirect_to_another_host_is_not_followed(start_proxy, settings, forge, web):
    """(ASM-07)"""
    keys = json.dumps({"keys": [key.jwk() for key in forge.keys.values()]}).encode()
    elsewhere = web(lambda path: (200, {"Content-Type": "application/json"}, keys))
    here = web(lambda path: (302, {"Location": elsewhere.url + "/keys"}, b""))
    proxy = start_proxy(fetching(here, settings), wait="alive")
    eventually(lambda: "keys not fetched" in proxy.process.err, "it says so")
    assert here.asked and not elsewhere.asked and is_unavailable(proxy.ask(token=forge.token()))


def test_a_key_set_of_any_size_is_not_read_to_its_end(start_proxy, settings, forge, web):
    """(ASM-07)"""
    keys = json.dumps({"keys": [key.jwk() for key in forge.keys.values()], "padding": "x" * (64 << 20)}).encode()
    here = web(lambda path: (200, {"Content-Type": "application/json"}, keys))
    proxy = start_proxy(fetching(here, settings), wait="alive")
    eventually(lambda: "keys not fetched" in proxy.process.err, "it says so")
    assert is_unavailable(proxy.ask(token=forge.token())) and proxy.process.resident_kib() < 100 * 1024


def test_a_key_set_is_asked_for_by_url_and_nothing_else(start_proxy, settings, forge, web):
    """(ASM-07, JWT-15)"""
    keys = json.dumps({"keys": [key.jwk() for key in forge.keys.values()]}).encode()
    here = web(lambda path: (200, {"Content-Type": "application/json"}, keys))
    proxy = start_proxy(fetching(here, settings, cooldown="1s"))
    for kid in ["../../etc/passwd", "http://127.0.0.1:1/", "?x=y"]:
        assert proxy.ask(token=forge.token(header={"kid": kid})).status == 401
    assert set(here.asked) == {"/keys"}
