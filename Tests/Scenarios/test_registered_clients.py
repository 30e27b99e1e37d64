"""Registered clients: an organisation registers one root, gives each of its services less, and takes one back without the others."""
import copy
import json
from pathlib import Path

import pytest
from cryptography import x509

from harness.certificates import Maker, common_name, der, text
from harness.pki import PKI
from harness.processes import HOLDFAST, eventually, run
from harness.proxy import yaml
from harness.revocation import Authority

REFUSED_AT_HANDSHAKE = (OSError, EOFError)
LIMIT = x509.ObjectIdentifier("2.25.1470839792.1")
BOTH = "reports:read payments:write"
ROUTES = [
    {"path": "/reports", "scopes": ["reports:read"]}, {"path": "/payments", "scopes": ["payments:write"]},
    {"path": "/either", "scopes": {"any": ["reports:read", "payments:write"]}}, {"path": "/open"},
]  # fmt: skip


@pytest.fixture(scope="module")
def acme(pki, tmp_path_factory):
    """An organisation with a root, two intermediates that its owner limits, and a service below each."""
    pki = PKI(tmp_path_factory.mktemp("acme") / "pki", like=pki)
    pki.work("--authority", "acme", "--self-signed", "--organization", "Acme")
    pki.work("--authority", "acme-reports", "--from", "acme", "--scope", "reports:read")
    pki.work("--authority", "acme-payments", "--from", "acme", "--scope", "payments:write", "--scope", "reports:read")
    pki.work("--authority", "acme-nothing", "--from", "acme", "--no-scope")
    for service in ("reports", "payments", "nothing"):
        pki.issue(f"service-{service}", "--from", f"acme-{service}", "--organization", "Acme")
    pki.issue("service-whole", "--from", "acme", "--organization", "Acme")
    return pki


def listed(pki, file, *names):
    """Acme's list with the intermediates of these names on it, and an empty one of each intermediate."""
    lists = Authority(pki, "acme").revoked(*[pki.certificate(name) for name in names])
    for name in ("acme-reports", "acme-payments", "acme-nothing"):
        lists += Authority(pki, name).revoked()
    file.write_bytes(lists)


@pytest.fixture
def registered(acme, start_proxy, tmp_path):
    """A proxy that knows `acme` by its root, and nobody else; `registered.reload()` waits until its files are in force."""
    lists, denied = tmp_path / "acme.crl", tmp_path / "denied.txt"
    listed(acme, lists)
    denied.write_text("")
    client = {
        "id": "acme", "authority": {"file": acme.path("acme.pem"), "revocation": {"lists": [str(lists)]}},
        "scopes": ["reports:read", "payments:write"], "client_id": "someone",
    }  # fmt: skip
    proxy = start_proxy({
        "client_certificates": {"authorities": None, "clients": [client], "deny": str(denied)}, "routes": ROUTES,
        "forward": {"claims": {"scope": "X-Scope", "scp": "X-Scp"}, "client": {"id": "X-Client"}},
    })  # fmt: skip

    def reload(write):
        before = proxy.metric("holdfast_generation")
        write()
        eventually(lambda: proxy.metric("holdfast_generation") > before, "it is in force")

    proxy.reload, proxy.lists, proxy.denied = reload, lists, denied
    return proxy


@pytest.fixture
def token(acme, forge):
    """A token of the test's issuer, bound to a service of Acme."""
    own = copy.copy(forge)
    own.pki = acme
    return lambda client, **claims: own.token(bind=client, **({"scope": BOTH} | claims))


def ask(proxy, pki, client, target, token, headers=()):
    with proxy.connect(context=pki.context(client)) as connection:
        return connection.request(target=target, token=token, headers=headers)


@pytest.mark.parametrize(
    ("service", "allowed"),
    [("whole", {"/reports", "/payments", "/either"}), ("reports", {"/reports", "/either"}), ("payments", {"/reports", "/payments", "/either"}),
     ("nothing", set())],
)  # fmt: skip
def test_each_service_may_do_what_its_intermediate_leaves_it(registered, acme, token, service, allowed):
    client = f"service-{service}"
    for target in ("/reports", "/payments", "/either"):
        answer = ask(registered, acme, client, target, token(client))
        if target in allowed:
            assert answer.status == 200
        else:
            assert (answer.status, answer.reason) == (403, "scope_not_for_client") and not answer.values("www-authenticate")
    assert ask(registered, acme, client, "/open", token(client)).status == 200


@pytest.mark.parametrize("way", ["list", "deny list"])
def test_one_service_is_taken_back_without_the_others(registered, acme, token, upstream, way):
    """(PKI-11)"""
    with registered.connect(context=acme.context("service-reports")) as reports, registered.connect(context=acme.context("service-payments")) as other:
        assert reports.request(target="/reports", token=token("service-reports")).status == 200
        assert other.request(target="/payments", token=token("service-payments")).status == 200
        if way == "list":
            registered.reload(lambda: listed(acme, registered.lists, "acme-reports"))
        else:
            registered.reload(lambda: registered.denied.write_text(f"thumbprint {acme.thumbprint('acme-reports')}\n"))
        before = upstream.requests()
        answer = reports.request(target="/reports", token=token("service-reports"))
        assert answer.reason == ("cert_revoked" if way == "list" else "cert_denied")
        with pytest.raises(REFUSED_AT_HANDSHAKE):
            ask(registered, acme, "service-reports", "/reports", token("service-reports"))
        assert upstream.requests() == before
        assert other.request(target="/payments", token=token("service-payments")).status == 200
        assert ask(registered, acme, "service-payments", "/payments", token("service-payments")).status == 200


def test_whoever_is_nobodys_client_is_refused_at_the_handshake_with_a_reason_of_its_own(registered, pki, acme, token):
    # Of a CA that is trusted and not registered.
    changed = registered.configuration["client_certificates"] | {"authorities": pki.path("clients-ca.pem")}
    registered.reload(lambda: registered.file.write_text(yaml(registered.configuration | {"client_certificates": changed})))
    with pytest.raises(REFUSED_AT_HANDSHAKE):
        registered.ask(target="/open", client="client-a")
    assert registered.metric("holdfast_handshake_failures_total", reason="client_unknown") == 1
    assert ask(registered, acme, "service-whole", "/open", token("service-whole")).status == 200
    file = Path(registered.file).with_name("token")
    file.write_text("x")
    explained = run(HOLDFAST, "explain", "--config", registered.file, "--certificate", pki.path("client-a.pem"), "--token", file)
    assert "refused: client_unknown" in explained.stdout and "none of the clients in `client_certificates.clients`" in explained.stdout


def test_a_client_that_is_registered_no_more_stops_at_its_next_request(registered, pki, acme, token):
    with registered.connect(context=acme.context("service-whole")) as connection:
        assert connection.request(target="/open", token=token("service-whole")).status == 200
        clients = [{"id": "other", "subject": {"O": "Somebody"}}]
        changed = {"trust": "authorities", "authorities": [acme.path("acme.pem"), pki.path("clients-ca.pem")], "clients": clients}
        registered.reload(lambda: registered.file.write_text(yaml(registered.configuration | {"client_certificates": changed})))
        answer = connection.request(target="/open", token=token("service-whole"))
        assert (answer.status, answer.reason) == (403, "client_unknown")


def test_a_token_of_another_client_id_is_refused_though_it_is_bound(registered, acme, token):
    answer = ask(registered, acme, "service-whole", "/open", token("service-whole", client_id="somebody-else"))
    assert (answer.status, answer.reason) == (401, "client_mismatch")
    assert 'error="invalid_token"' in answer.value("www-authenticate")


def test_the_upstream_is_told_of_the_client_and_of_no_scope_that_it_may_not_use(registered, acme, token):
    client = "service-reports"
    bound = token(client, scope="reports:read payments:write", scp=["payments:write", "reports:read"])
    seen = ask(registered, acme, client, "/reports", bound, [("X-Client", "root"), ("X-Scope", "x")]).json()["fields"]
    assert [(name, value) for name, value in seen if name in ("X-Client", "X-Scope", "X-Scp")] == [
        ("X-Client", "acme"), ("X-Scope", "reports:read"), ("X-Scp", "reports:read")]
    # Where nothing is left there is no field, and neither where scopes are written as nobody can read them.
    seen = ask(registered, acme, "service-nothing", "/open", token("service-nothing", scp={"payments:write": True})).json()["fields"]
    assert not [name for name, _ in seen if name in ("X-Scope", "X-Scp")]
    line = registered.logged("/reports")
    assert line["registered_client"] == "acme"


def test_explain_tells_the_client_and_what_it_may_use(registered, acme, token, tmp_path):
    file = tmp_path / "token"
    file.write_text(token("service-reports"))
    explained = run(
        HOLDFAST, "explain", "--config", registered.file, "--certificate", acme.path("service-reports.pem"), "--token", file, "--path", "/payments")
    assert "refused: scope_not_for_client" in explained.stdout
    assert "registered client acme, which may use reports:read" in explained.stdout and "this registered client may use them" in explained.stdout


@pytest.mark.parametrize("content", [b"", b"\x30", text("payments:write"), der(0x30, der(0x04, b"payments:write")), der(0x30, text("a b"))])
def test_a_limit_that_cannot_be_understood_leaves_nothing(registered, acme, token, content):
    client = Maker(acme, "acme")(common_name("odd"), extensions=[x509.UnrecognizedExtension(LIMIT, content)])
    assert ask(registered, acme, client, "/open", token(client)).status == 200
    assert ask(registered, acme, client, "/reports", token(client)).reason == "scope_not_for_client"


def test_a_leaf_may_be_limited_too_by_whoever_issued_it(registered, acme, token):
    limit = x509.UnrecognizedExtension(LIMIT, der(0x30, text("reports:read")))
    client = Maker(acme, "acme-payments")(common_name("less"), extensions=[limit])
    assert ask(registered, acme, client, "/reports", token(client)).status == 200
    assert ask(registered, acme, client, "/payments", token(client)).reason == "scope_not_for_client"


WAYS = {
    "certificate": lambda pki: {"certificates": [pki.path("client-a.pem")]},
    "thumbprint": lambda pki: {"certificates": pki.thumbprint("client-a")},
    "key of a certificate": lambda pki: {"keys": pki.path("client-a.pem")},
    "subject": lambda pki: {"subject": {"CN": "client-a"}},
}


@pytest.mark.parametrize("way", WAYS)
def test_a_client_is_known_in_whatever_way_is_written(start_proxy, pki, issuer, way):
    proxy = start_proxy({"client_certificates": {"clients": [{"id": "a"} | WAYS[way](pki)]}, "routes": None})
    assert proxy.ask(token=issuer.token()).status == 200
    with pytest.raises(REFUSED_AT_HANDSHAKE):
        proxy.ask(token=issuer.token("client-b"), client="client-b")


def test_a_key_outlives_its_certificate_and_a_pinned_certificate_does_not_outlive_itself(start_proxy, pki, issuer):
    clients = {"keys": pki.path("client-a.pem")}, {"certificates": pki.path("client-a.pem")}
    by_key, by_certificate = (start_proxy({"client_certificates": {"clients": [{"id": "a"} | way]}, "routes": None}) for way in clients)
    token = issuer.mint(bind="client-a-renewed")
    assert by_key.ask(token=token, client="client-a-renewed").status == 200
    with pytest.raises(REFUSED_AT_HANDSHAKE):
        by_certificate.ask(token=token, client="client-a-renewed")


def test_a_self_signed_certificate_is_known_where_any_is_taken(start_proxy, pki, issuer):
    trust = {"trust": "any", "authorities": None, "clients": [{"id": "a", "certificates": pki.path("client-self-signed.pem")}]}
    proxy = start_proxy({"client_certificates": trust, "routes": None})
    assert proxy.ask(token=issuer.mint(bind="client-self-signed"), client="client-self-signed").status == 200
    with pytest.raises(REFUSED_AT_HANDSHAKE):
        proxy.ask(token=issuer.token())


def test_whoever_would_be_two_clients_is_refused(start_proxy, pki, issuer):
    clients = [{"id": "a", "certificates": pki.thumbprint("client-a")}, {"id": "everybody", "subject": {"CN": "client-*"}}]
    proxy = start_proxy({"client_certificates": {"clients": clients}, "routes": None})
    with pytest.raises(REFUSED_AT_HANDSHAKE):
        proxy.ask(token=issuer.token())
    assert proxy.metric("holdfast_handshake_failures_total", reason="client_ambiguous") == 1
    assert proxy.ask(token=issuer.token("client-b"), client="client-b").status == 200


def test_check_finds_clients_that_cannot_be_told_apart(start_proxy, registered, pki, acme, tmp_path):
    copy = tmp_path / "copy.pem"
    copy.write_text(Path(acme.path("acme.pem")).read_text())
    first = registered.configuration["client_certificates"]["clients"][0]
    cases = {
        "stands for `acme` too": [first, {"id": "b", "authority": str(copy)}],
        "could be one of `a` (line": [{"id": "a", "dns": "*.x"}, {"id": "b", "dns": "y.x"}],
    }
    for words, clients in cases.items():
        certificates = {"trust": "authorities", "authorities": pki.path("clients-ca.pem"), "clients": clients}
        file = tmp_path / "wrong.yaml"
        file.write_text(json.dumps(registered.configuration | {"client_certificates": certificates}))
        checked = run(HOLDFAST, "check", "--config", file)
        assert checked.returncode == 64 and words in checked.stderr, checked
    said = run(HOLDFAST, "check", "--config", registered.file).stdout
    assert "Client `acme`: certificates below a CA of" in said and "`client_id` is `someone`" in said


def test_report_only_reports_what_the_client_may_not_use(registered, acme, token):
    routes = [ROUTES[1] | {"report_only": True}]
    registered.reload(lambda: registered.file.write_text(yaml(registered.configuration | {"routes": routes})))
    answer = ask(registered, acme, "service-reports", "/payments", token("service-reports"))
    assert dict(answer.json()["fields"])["X-Holdfast-Would-Refuse"] == "scope_not_for_client"
