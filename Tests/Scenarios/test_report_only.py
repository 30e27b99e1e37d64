"""`report_only`: the mode of a migration, in which what would be refused is forwarded, marked and counted; and never left on unnoticed."""
import hashlib
from datetime import datetime, timedelta, timezone

import pytest

from harness.challenges import is_bare_challenge, is_invalid_token
from harness.forge import AUDIENCE
from harness.processes import HOLDFAST, eventually, free_port, run, while_it_lasts
from harness.proxy import Proxy

MARK = "X-Holdfast-Would-Refuse"
ROUTES = [
    {"path": "/payments/*", "scopes": ["payments:write"]}, {"path": "/strong", "acr": ["urn:strong"]},
    {"path": "/blue", "claims": {"tenant": "blue"}}, {"path": "/certificate/*", "require": "certificate"},
]  # fmt: skip


@pytest.fixture(scope="module")
def reporting(pki, folder, settings):
    """A proxy that refuses nothing that judgement alone would refuse."""
    changes = {"report_only": True, "routes": ROUTES, "forward": {"claims": {"sub": "X-Token-Subject"}}}
    proxy = Proxy(pki, folder, settings, changes, "reporting").wait_ready()
    yield proxy
    proxy.end()


def refusals(forge, issuer):
    """A request of each kind that would be refused, by the reason."""
    get = {"target": "/x"}
    return {
        "credentials_missing": get,
        "scheme_unsupported": get | {"headers": [("Authorization", "Basic dXNlcjpwYXNz")]},
        "credentials_malformed": get | {"token": "a b"},
        "credentials_duplicated": get | {"token": issuer.token(), "headers": [("Authorization", "Bearer x")]},
        "credentials_in_two_places": {"target": "/x?access_token=y", "token": issuer.token()},
        "token_malformed": get | {"token": "a.b.c"},
        "signature_invalid": get | {"token": forge.token(signature=b"\1" * 64)},
        "iss_unknown": get | {"token": forge.token(iss="https://unknown.example.com")},
        "aud_mismatch": get | {"token": forge.token(aud="https://other.example.com")},
        "token_expired": get | {"token": forge.token(exp=1)},
        "cnf_missing": get | {"token": forge.token(bind=None)},
        "cnf_mismatch": get | {"token": forge.token(bind="client-b")},
        "scope_insufficient": {"target": "/payments/1", "token": forge.token()},
        "acr_insufficient": {"target": "/strong", "token": forge.token()},
        "claim_insufficient": {"target": "/blue", "token": forge.token()},
        "path_ambiguous": {"target": "/a//b/%2e%2e/c;d", "token": forge.token()},
    }


REASONS = [
    "credentials_missing", "scheme_unsupported", "credentials_malformed", "credentials_duplicated", "credentials_in_two_places", "token_malformed",
    "signature_invalid", "iss_unknown", "aud_mismatch", "token_expired", "cnf_missing", "cnf_mismatch", "scope_insufficient", "acr_insufficient",
    "claim_insufficient", "path_ambiguous",
]  # fmt: skip


@pytest.mark.parametrize("reason", REASONS)
def test_what_would_be_refused_is_forwarded_marked_and_counted(reporting, pki, forge, issuer, reason):
    before = reporting.metric("holdfast_would_refuse_total", reason=reason)
    request = refusals(forge, issuer)[reason]
    answer = reporting.ask(**(request | {"target": request["target"] + ("&" if "?" in request["target"] else "?") + f"n={reason}"}))
    assert answer.status == 200 and answer.seen(MARK) == [reason]
    assert answer.seen("X-Client-Cert-SHA256") == [pki.thumbprint("client-a")], "who is there stays true"
    assert answer.seen("X-Token-Subject") == [], "nothing of a token that would be refused is vouched for"
    assert not answer.values("WWW-Authenticate") and not answer.values(MARK)
    assert reporting.metric("holdfast_would_refuse_total", reason=reason) == before + 1
    assert reporting.metric("holdfast_refusals_total", reason=reason) == 0


def test_every_request_of_the_list_is_tried(forge, issuer):
    assert set(refusals(forge, issuer)) == set(REASONS)


def test_the_log_tells_what_would_have_been_refused(reporting, issuer):
    reporting.ask(target="/log/bad", token=issuer.token("client-b"))
    reporting.ask(target="/log/good", token=issuer.token())
    bad, good = reporting.logged("/log/bad"), reporting.logged("/log/good")
    assert bad["would_refuse"] == "cnf_mismatch" and bad["status"] == 200 and bad["outcome"] == "ok"
    assert "would_refuse" not in good


def test_what_would_pass_carries_no_mark_even_if_the_client_sends_one(reporting, issuer):
    forged = [(MARK, "cnf_mismatch"), (MARK.lower(), "x"), ("x_holdfast_would_refuse", "x"), ("X.Holdfast.Would.Refuse", "x")]
    answer = reporting.ask(token=issuer.token(), headers=forged)
    assert answer.status == 200
    assert not [name for name, _ in answer.json()["fields"] if "refuse" in name.lower()]
    answer = reporting.ask(token=issuer.token("client-b"), headers=forged)
    assert [value for name, value in answer.json()["fields"] if "refuse" in name.lower()] == ["cnf_mismatch"]


def test_the_mark_is_stripped_where_nothing_is_only_reported_too(proxy, issuer):
    answer = proxy.ask(token=issuer.token(), headers=[(MARK, "x"), ("x_holdfast_would_refuse", "x")])
    assert answer.status == 200 and not [name for name, _ in answer.json()["fields"] if "refuse" in name.lower()]


def test_what_is_forwarded_is_forwarded_octet_for_octet(reporting, forge):
    """As a request that passes is, the credentials included."""
    body = bytes(range(256)) * 400
    headers = [("X-First", "1"), ("x-odd", "\xe9  b"), ("X-Last", "2"), ("Content-Type", "application/octet-stream")]
    target = "/octets/%41?x=%2F&&y"
    seen = []
    for token in [forge.token(), forge.token(bind="client-b")]:
        answer = reporting.ask("POST", target, token, headers, body)
        assert answer.status == 200 and answer.seen("Authorization") == [f"Bearer {token}"]
        report = answer.json()
        assert report["target"] == target and report["body"]["sha256"] == hashlib.sha256(body).hexdigest()
        seen.append([field for field in report["fields"] if field[0] not in ("Authorization", MARK, "X-Token-Subject", "Host")])
    assert seen[0] == seen[1]


def test_what_cannot_be_parsed_for_certain_is_still_refused(reporting, issuer, untouched):
    """Nobody could say what would be forwarded."""
    for text, reason in [
        ("Host: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 5", "framing_te_and_cl"), ("Host : a", "whitespace_before_colon"),
        ("X: y", "host_missing"), ("Host: a\r\nContent-Length: 5, 6", None), ("Host: a\r\n X: folded", "line_folded"),
    ]:
        with reporting.connect() as connection:
            answer = connection.send(f"POST / HTTP/1.1\r\n{text}\r\nAuthorization: Bearer {issuer.token()}\r\n\r\n").answer()
            assert answer.status == 400 and reason in (None, answer.reason) and connection.is_closed()


def test_a_certificate_that_is_not_accepted_is_still_refused(reporting, pki, untouched):
    with pytest.raises(OSError), reporting.connect("stranger") as connection:
        connection.sock.recv(1)


def test_keys_that_are_not_there_hold_nobody_up(start_proxy, pki):
    """Not ready, though: the day it enforces it would refuse everybody."""
    entry = {"issuer": f"https://127.0.0.1:{free_port()}", "audience": AUDIENCE, "certificate_authorities": pki.path("ca.pem")}
    proxy = start_proxy({"report_only": True, "routes": None, "tokens": [entry]}, wait="alive")
    answer = proxy.ask(token="eyJhbGciOiJFUzI1NiIsInR5cCI6ImF0K2p3dCJ9.e30.AAAA")
    assert answer.status == 200 and len(answer.seen(MARK)) == 1
    assert proxy.admin("/readyz")[0] == 503


def test_a_missing_certificate_is_reported_where_none_is_needed(start_proxy, pki, issuer):
    """And no thumbprint is told of it."""
    routes = [{"path": "/open", "require": "nothing"}, {"path": "/certificate", "require": "certificate"}]
    proxy = start_proxy({"report_only": True, "routes": routes})
    with proxy.connect(context=pki.context(None)) as connection:
        for target, token, reason in [("/certificate", None, "cert_missing"), ("/", None, "credentials_missing"), ("/", issuer.token(), "cnf_unproven")]:
            answer = connection.request(target=target, token=token, headers=[("X-Client-Cert-SHA256", pki.thumbprint("client-a"))])
            assert answer.status == 200 and answer.seen(MARK) == [reason] and answer.seen("X-Client-Cert-SHA256") == []


def test_one_route_can_report_while_the_others_enforce(start_proxy, issuer):
    routes = [{"path": "/old/*", "report_only": True}, {"path": "/old/but-strict"}, {"path": "/new/*", "scopes": ["payments:write"]}]
    proxy = start_proxy({"routes": routes})
    assert proxy.ask(target="/old/x").seen(MARK) == ["credentials_missing"]
    assert proxy.ask(target="/old/x", token=issuer.token("client-b")).seen(MARK) == ["cnf_mismatch"]
    for target in ["/old/but-strict", "/new/x", "/", "/older"]:
        assert is_bare_challenge(proxy.ask(target=target))
        assert is_invalid_token(proxy.ask(target=target, token=issuer.token("client-b")), "cnf_mismatch")
    for target in ["/old/../new/x", "/old/%2e%2e/x", "/old//x"]:
        assert proxy.ask(target=target).status == 400
    assert proxy.metric("holdfast_report_only") == 1


def day(ahead):
    return (datetime.now(timezone.utc) + timedelta(days=ahead)).strftime("%Y-%m-%d")


def reporting_until(until, where="root"):
    if where == "root":
        return {"routes": None, "report_only": until}
    return {"routes": [{"path": "/*", "report_only": until}]}


@pytest.mark.parametrize("where", ["root", "route"])
@pytest.mark.parametrize("ahead,reports", [(30, True), (0, False), (-400, False)])
def test_it_ends_with_the_day_before_its_date(start_proxy, issuer, where, ahead, reports):
    proxy = start_proxy(reporting_until(day(ahead), where))
    answer = proxy.ask(token=issuer.token("client-b"))
    if reports:
        assert answer.status == 200 and answer.seen(MARK) == ["cnf_mismatch"]
    else:
        assert is_invalid_token(answer, "cnf_mismatch") and not warnings(proxy)
    assert proxy.metric("holdfast_report_only") == (1 if reports else 0)


def test_it_ends_while_running(start_proxy, issuer):
    """Also on an open connection, and for a token that is remembered."""
    token = issuer.token("client-b")

    def reporting(lifetime):
        until = (datetime.now(timezone.utc) + timedelta(seconds=lifetime)).strftime("%Y-%m-%dT%H:%M:%SZ")
        proxy = start_proxy(reporting_until(until))
        connection = proxy.connect()
        answer = connection.request(token=token)
        assert answer.status == 200 and answer.seen(MARK) == ["cnf_mismatch"]
        return proxy, connection

    proxy, connection = while_it_lasts(reporting)
    with connection:
        refused = eventually(lambda: next((a for a in [connection.request(token=token)] if a.status != 200), None), "it enforces")
        assert is_invalid_token(refused, "cnf_mismatch")
    assert proxy.metric("holdfast_report_only") == 0


def warnings(proxy):
    messages = proxy.process.messages()
    return [message for message in messages if message["level"] == "warning" and "report_only" in message["message"]]


def test_it_is_loud_at_the_start(reporting):
    eventually(lambda: warnings(reporting), "a warning")
    assert reporting.metric("holdfast_report_only") == 1


def test_where_it_is_off_nothing_is_said(proxy):
    assert not warnings(proxy) and proxy.metric("holdfast_report_only") == 0


@pytest.mark.parametrize("changes", [{"report_only": True}, {"routes": [{"path": "/old/*", "report_only": True}]}], ids=["root", "route"])
def test_check_warns_of_it(start_proxy, proxy, changes):
    def warned(file):
        checked = run(HOLDFAST, "check", "--config", file)
        assert checked.returncode == 0
        return [line for line in checked.stdout.splitlines() if line.startswith("warning:") and "report_only" in line]

    assert warned(start_proxy(changes).file) and not warned(proxy.file)


@pytest.mark.parametrize("value", ["tomorrow", "2027-13-01", "2027-02-30", "2999-12-31", 1, [], {"until": "2027-01-01"}, "true", "yes", ""], ids=repr)
def test_a_day_that_is_none_is_a_mistake(start_proxy, value):
    proxy = start_proxy({"report_only": value}, wait=None)
    assert proxy.process.wait() == 64 and "report_only" in proxy.process.err, proxy.process.err


def test_false_is_the_same_as_nothing(start_proxy, issuer):
    proxy = start_proxy({"report_only": False})
    assert is_invalid_token(proxy.ask(token=issuer.token("client-b")), "cnf_mismatch") and proxy.metric("holdfast_report_only") == 0


def test_clients_are_not_promised_a_binding_that_is_not_enforced(start_proxy):
    """(MTLS-14, PRM-07)"""
    resource = {"resource": {"identifier": "https://api.example.com"}}
    page = {"target": "/.well-known/oauth-protected-resource"}
    strict = start_proxy(resource | {"routes": None}).ask(**page).json()
    assert strict["tls_client_certificate_bound_access_tokens"] is True
    for changes in [{"routes": None, "report_only": True}, {"routes": [{"path": "/old/*", "report_only": True}]}]:
        assert start_proxy(resource | changes).ask(**page).json().get("tls_client_certificate_bound_access_tokens") in (None, False)


@pytest.mark.parametrize("path", ["//payments/1", "/x/../payments/1", "/payments/1;x", "/payments%2f1"])
def test_a_route_that_enforces_is_not_reached_by_another_spelling(start_proxy, path, untouched):
    """(FW-11)"""
    proxy = start_proxy({"report_only": True, "routes": [{"path": "/payments/*", "report_only": False}]})
    assert proxy.ask(target=path).status == 400
