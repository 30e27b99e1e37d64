"""A request is judged by no reading of its method, path and fields that an API could not share (requirements FW-11, CC-15)."""
import json

import pytest

from harness.challenges import is_problem
from harness.processes import HOLDFAST, run
from harness.proxy import Proxy

ROUTES = [
    {"path": "/accounts/*", "methods": ["POST"], "scopes": ["accounts:write"]},
    {"path": "/payments/*", "scopes": ["payments"]},
    {"path": "/dav/*", "methods": ["PROPFIND"], "scopes": ["dav"]},
    {"path": "/certificate/*", "require": "certificate"},
    {"path": "/certificate/report", "scopes": ["report"]},
    {"path": "/one/*", "scopes": ["one"]},
    {"path": "/one/two", "scopes": ["two"]},
]


@pytest.fixture(scope="module")
def routed(pki, folder, settings):
    proxy = Proxy(pki, folder, settings, {"routes": ROUTES}, "readings").wait_ready()
    yield proxy
    proxy.end()


@pytest.fixture(scope="module")
def exact(pki, folder, settings):
    proxy = Proxy(pki, folder, settings, {"routes": {"matching": "exact", "list": ROUTES}}, "exact").wait_ready()
    yield proxy
    proxy.end()


# Methods


@pytest.mark.parametrize("method", ["post", "Post", "pOST", "get", "put", "delete", "patch", "options", "head", "trace", "Trace", "connect", "propfind"])
@pytest.mark.parametrize("target", ["/accounts/7", "/elsewhere"])
def test_a_known_method_in_another_case_is_refused_for_that(routed, issuer, untouched, method, target):
    with routed.connect() as connection:
        connection.send(connection.head(method, target, issuer.token(), [("Content-Length", "0")]))
        answer = connection.answer()
        assert answer.status == 501 and is_problem(answer, "method_miscased"), answer


def test_so_it_is_without_routes(start_proxy, issuer, untouched):
    proxy = start_proxy({"routes": None})
    for method in ["get", "trace", "connect"]:
        answer = proxy.ask(method, "/", issuer.token())
        assert answer.status == 501 and answer.reason == "method_miscased"
    with proxy.connect() as connection:
        assert connection.send(connection.head("connect", "127.0.0.1:80", issuer.token())).answer().reason == "method_miscased"


def test_an_unknown_method_matches_only_routes_for_all_methods(routed, forge):
    none, payments = forge.token(), forge.token(scope="payments")
    assert routed.ask("PURGE", "/accounts/7", none).status == 200, "the route is for POST, so nothing covers it"
    assert routed.ask("PURGE", "/payments/7", none).reason == "scope_insufficient"
    assert routed.ask("PURGE", "/payments/7", payments).json()["method"] == "PURGE"
    assert routed.ask("PROPFIND", "/dav/7", none).reason == "scope_insufficient"
    assert routed.ask("proppatch", "/dav/7", none).json()["method"] == "proppatch", "no case of a known one"


# Paths

FOLDED = [
    "/PAYMENTS/1", "/Payments/1", "/payments./1", "/payments.../1", "/payments%20/1", "/payments%2E/1", "/%20payments/1", "/PAYMENTS%20./1",
    "/%EF%BD%90%EF%BD%81yments/1", "/%EF%BC%B0AYMENTS/1", "/payments%C2%A0/1", "/payments%E3%80%80/1", "/pay%E2%80%8Bments/1",
    "/payment%C5%BF/1", "/PAYMENTS", "/Payments/", "/p%41YMENTS/1",
]  # fmt: skip


@pytest.mark.parametrize("target", FOLDED)
def test_a_path_that_an_api_could_fold_to_a_routes_needs_what_that_route_needs(routed, forge, upstream, target):
    before = upstream.requests()
    assert routed.ask(target=target, token=forge.token()).reason == "scope_insufficient"
    assert upstream.requests() == before
    answer = routed.ask(target=target, token=forge.token(scope="payments"))
    assert answer.status == 200 and answer.json()["target"] == target, "octet for octet"


@pytest.mark.parametrize("target", ["/CERTIFICATE/x", "/certificate./x", "/certificate%20/x"])
def test_a_path_that_folds_to_a_weaker_route_keeps_what_its_spelling_gets(routed, forge, target):
    assert routed.ask(target=target).reason == "credentials_missing"
    assert routed.ask(target=target, token=forge.token()).status == 200
    assert routed.ask(target="/certificate/x").status == 200


@pytest.mark.parametrize("target", ["/certificate/REPORT", "/certificate/report.", "/certificate/Report/", "/certificate/%EF%BD%92eport"])
def test_under_a_weaker_wildcard_the_stricter_route_counts(routed, forge, target):
    assert routed.ask(target=target).reason == "credentials_missing"
    assert routed.ask(target=target, token=forge.token()).reason == "scope_insufficient"
    assert routed.ask(target=target, token=forge.token(scope="report")).status == 200


@pytest.mark.parametrize("target", ["/one/TWO", "/one/two.", "/one/two%20", "/one/...", "/one/%20/x", "/one/%EF%BC%8F", "/x%EF%BC%9By", "/%E2%80%A5/x"])
def test_where_neither_reading_is_the_stricter_or_none_is_certain_the_path_is_ambiguous(routed, forge, untouched, target):
    answer = routed.ask(target=target, token=forge.token(scope="one two"))
    assert answer.status == 400 and is_problem(answer, "path_ambiguous")


@pytest.mark.parametrize(
    "target", ["/one/x.y", "/one/.z", "/one/A-b_C~9", "/one/%C3%BC%E6%97%A5", "/one/%E4%FF", "/one/a%20b", "/one/[1]{2}|3^`\"<>", "/one/100%25"]
)  # fmt: skip
def test_what_only_looks_unusual_passes(routed, forge, target):
    assert routed.ask(target=target, token=forge.token(scope="one")).json()["target"] == target
    assert routed.ask(target=target, token=forge.token()).reason == "scope_insufficient"


def test_a_path_without_end_is_judged_in_no_time(routed, forge):
    """Marks that would have to be put in order take time that grows with their square."""
    with routed.connect() as connection:
        for _ in range(50):
            assert connection.request(target="/one/" + "%CC%A7%CC%81" * 650, token=forge.token(scope="one")).reason == "path_ambiguous"
            assert connection.request(target="/one/" + "%EF%BD%81" * 850, token=forge.token(scope="one")).status == 200


@pytest.mark.parametrize("target", FOLDED[:5])
def test_matched_exactly_a_path_is_what_it_is_spelled(exact, forge, target):
    assert exact.ask(target=target, token=forge.token()).json()["target"] == target
    assert exact.ask(target="/payments/1", token=forge.token()).reason == "scope_insufficient"


def test_check_says_which_matching_is_in_force_and_that_exact_is_weaker(routed, exact):
    folded, plain = (run(HOLDFAST, "check", "--config", proxy.file) for proxy in (routed, exact))
    assert folded.returncode == plain.returncode == 0
    assert "matching: fold" in folded.stdout and "warning: routes.matching" not in folded.stdout
    assert "matching: exact" in plain.stdout and "warning: routes.matching is `exact`" in plain.stdout


def test_check_names_routes_that_an_api_could_take_for_one(pki, routed, tmp_path):
    file = tmp_path / "alike.yaml"
    configuration = routed.configuration | {"routes": [{"path": "/admin", "scopes": ["a"]}, {"path": "/Admin", "scopes": ["b"]}]}
    file.write_text(json.dumps(configuration))
    assert "routes[0] and routes[1] are one path" in run(HOLDFAST, "check", "--config", file).stdout


@pytest.mark.parametrize(
    "routes", [{"matching": "loose", "list": ROUTES}, {"matching": "exact"}, {"list": []}, {"list": ROUTES, "fold": True}, {"path": "/a"}], ids=str
)  # fmt: skip
def test_a_mapping_of_routes_that_cannot_be_meant_is_a_mistake(start_proxy, routes):
    proxy = start_proxy({"routes": routes}, wait=None)
    assert proxy.process.wait() == 64 and "routes" in proxy.process.err


# Fields


def test_what_is_set_for_the_api_takes_its_family_from_clients(start_proxy, forge):
    """(CC-15)"""
    proxy = start_proxy({"forward": {"claims": {"sub": "X-Remote-User", "org": "X-Acme-Org", "tenant": "X-Tenant"}, "thumbprint_header": "X-Proof-Thumbprint"}})
    forged = ["X-Remote-Group", "x_remote_extra_scopes", "X-Remote-Anything", "X-Acme-Roles", "X_ACME_USER", "X-Acme", "X-Tenant-Id", "X-Proof-Of"]
    honest = ["X-Acmes", "X-Tenants", "X-Request-Id", "traceparent", "X-Amz-Date", "x-ms-version", "X-Api-Key", "X-Other-Roles"]
    answer = proxy.ask(token=forge.token(sub="alice", org="blue", tenant="t"), headers=[(name, "system:masters") for name in forged + honest])
    assert [name for name, value in answer.json()["fields"] if value == "system:masters"] == honest
    assert answer.seen("X-Remote-User") == ["alice"] and answer.seen("X-Acme-Org") == ["blue"] and answer.seen("X-Tenant") == ["t"]


def test_a_name_is_kept_by_the_files_word_and_check_says_so(start_proxy, forge):
    keep = ["X-Scope-OrgID", "X-Envoy-*", "X-Remote-Group"]
    proxy = start_proxy({"forward": {"keep": keep, "claims": {"sub": "X-Remote-User"}}})
    sent = ["X-Scope-OrgID", "x_scope_orgid", "X-Envoy-Max-Retries", "X-Remote-Group", "X-Remote-User", "X-Remote-Extra-A", "X-Forwarded-User"]
    answer = proxy.ask(token=forge.token(sub="alice"), headers=[(name, "mine") for name in sent])
    assert [name for name, value in answer.json()["fields"] if value == "mine"] == sent[:4]
    assert answer.seen("X-Remote-User") == ["alice"]
    checked = run(HOLDFAST, "check", "--config", proxy.file).stdout
    assert f"warning: forward.keep lets what clients send in {', '.join(keep)} reach the API" in checked


@pytest.mark.parametrize(
    "forward",
    [
        {"keep": ["X-Client-Cert-SHA256"]}, {"keep": ["x_client_cert_sha256"]}, {"keep": ["X-Sub"], "claims": {"sub": "X-Sub"}}, {"keep": ["Client-Cert"]},
        {"keep": ["X-Forwarded-For"]}, {"keep": ["X-Holdfast-Would-Refuse"]}, {"keep": ["Connection"]}, {"keep": ["X-A"], "strip": ["x-a"]}, {"keep": ["*"]},
        {"keep": []}, {"strip": ["a b"]}, {"strip": ["*"]}, {"strip": ["X-*-Y"]}, {"strip": ["x" * 65]}, {"strip": ["Content-Type"]},
    ],
    ids=str,
)  # fmt: skip
def test_what_cannot_be_kept_or_stripped_is_a_mistake_with_its_place(start_proxy, forward):
    proxy = start_proxy({"forward": forward}, wait=None)
    assert proxy.process.wait() == 64
    place = proxy.process.err.splitlines()[0].split(": forward.")[0].split(":")
    assert len(place) == 3 and place[1].isdigit() and place[2].isdigit(), proxy.process.err
