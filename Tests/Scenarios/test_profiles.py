"""`profile`: the rules of FAPI and of the ecosystems built on it (requirements Q)."""
import re
import ssl
import uuid

import pytest

from harness.challenges import challenge, is_bare_challenge, is_insufficient_scope, is_invalid_request, is_invalid_token, is_problem
from harness.forge import AUDIENCE, ISSUER
from harness.processes import HOLDFAST, eventually, run
from harness.proxy import Proxy

PROFILES = ["fapi2", "fapi1", "uk", "brazil", "cdr"]
MANAGING = ["fapi1", "uk", "brazil", "cdr"]  # those in which the interaction id is ours to see to
MAKING = ["fapi1", "uk", "cdr"]
ID = "x-fapi-interaction-id"
UUID4 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
V12 = ssl.TLSVersion.TLSv1_2


@pytest.fixture(scope="module")
def server(pki):
    """FAPI 1.0's suites need a server certificate of RSA."""
    return pki.issue("server-rsa", "--key", "rsa", "--usage", "server")


@pytest.fixture(scope="module")
def configured(pki, folder, upstream, forge, server):
    """The configuration under a profile, which must not say anything that the profile forbids."""

    def changes(profile):
        return {
            "profile": profile,
            "listener": {"certificate": pki.path(f"{server}.pem"), "private_key": pki.path(f"{server}.key"), "hosts": ["127.0.0.1"]},
            "tokens": [{"issuer": ISSUER, "audience": AUDIENCE, "keys": str(folder / "forge.json")}],
            "upstream": {"url": upstream.url},
            "routes": [{"path": "/payments/*", "scopes": ["payments:write"]}],
        }

    return changes


@pytest.fixture(scope="module")
def under(pki, folder, configured):
    """A proxy under a profile, started when it is first asked for."""
    started = {}

    def start(profile):
        if profile not in started:
            started[profile] = Proxy(pki, folder, configured(profile), name=f"profile-{profile}").wait_ready()
        return started[profile]

    yield start
    for proxy in started.values():
        proxy.end()


def ask(proxy, *arguments, sent="new", **options):
    """A request with an interaction id: a new one, another text, several, or none."""
    values = [str(uuid.uuid4())] if sent == "new" else [sent] if isinstance(sent, str) else sent or []
    headers = [*options.pop("headers", []), *[(ID, value) for value in values]]
    return proxy.ask(*arguments, headers=headers, **options)


# Tokens


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("algorithm", ["RS256", "RS512"])
def test_rsa_signatures_of_the_old_kind_are_refused(under, forge, untouched, profile, algorithm):
    """(Q-02, Q-12, AT-08)"""
    answer = ask(under(profile), token=forge.token(algorithm))
    assert answer.status == 401 and challenge(answer)["error"] == "invalid_token"


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("algorithm", ["PS256", "ES256"])
def test_the_algorithms_of_fapi_pass(under, forge, profile, algorithm):
    """(Q-02, Q-12)"""
    assert ask(under(profile), token=forge.token(algorithm)).status == 200


@pytest.mark.parametrize("profile,status", [("fapi2", 200), ("fapi1", 401), ("uk", 401), ("brazil", 401), ("cdr", 401)])
def test_eddsa_is_of_fapi_2_only(under, forge, profile, status):
    """(Q-02, Q-12)"""
    assert ask(under(profile), token=forge.token("EdDSA")).status == status


@pytest.mark.parametrize("profile", PROFILES)
def test_a_token_is_bound_valid_in_the_header_and_sufficient(under, forge, pki, profile):
    """(Q-01, Q-05, Q-06, Q-10, Q-15)"""
    proxy = under(profile)
    token = forge.token()
    assert ask(proxy, token=token).seen("X-Client-Cert-SHA256") == [pki.thumbprint("client-a")]
    for answer, error in [
        (ask(proxy), None), (ask(proxy, target=f"/?access_token={token}"), None), (ask(proxy, token=token, client="client-b"), "invalid_token"),
        (ask(proxy, token=forge.token(bind=None)), "invalid_token"), (ask(proxy, token=forge.token(exp=1)), "invalid_token"),
        (ask(proxy, token=forge.token(aud="https://other.example.com")), "invalid_token"), (ask(proxy, token=forge.token(signature=b"\1" * 64)), "invalid_token"),
        (ask(proxy, token=forge.token(cnf={"jkt": "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"})), "invalid_token"),
    ]:  # fmt: skip
        assert answer.status == 401 and challenge(answer).get("error") == error
    short = ask(proxy, target="/payments/1", token=token)
    assert short.status == 403 and challenge(short)["error"] == "insufficient_scope" and challenge(short)["scope"] == "payments:write"
    assert ask(proxy, target="/payments/1", token=forge.token(scope="payments:write")).status == 200


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("client", ["stranger", "client-self-signed", "client-expired"])
def test_a_certificate_of_another_authority_is_no_handshake(under, untouched, profile, client):
    """(Q-15)"""
    with pytest.raises(OSError), under(profile).connect(client) as connection:
        connection.sock.recv(1)


# x-fapi-interaction-id


def ways(proxy, forge, sent):
    """An answer of each kind, by its status."""
    narrow = forge.token()
    return {
        200: ask(proxy, target="/way/200", token=narrow, sent=sent),
        401: ask(proxy, target="/way/401", sent=sent),
        403: ask(proxy, target="/payments/way", token=narrow, sent=sent),
        502: ask(proxy, target="/way/502", token=narrow, sent=sent, headers=[("Lab-Respond", "hang-up=0")]),
    }


@pytest.mark.parametrize("profile", MANAGING)
def test_the_interaction_id_is_played_back_on_every_answer_sent_on_and_logged(under, forge, profile):
    """(Q-08, Q-13, Q-14, Q-16)"""
    proxy = under(profile)
    sent = str(uuid.uuid4())
    for status, answer in ways(proxy, forge, sent).items():
        assert answer.status == status and answer.values(ID) == [sent]
        if status == 200:
            assert answer.seen(ID) == [sent]

    def logged():
        return {line["status"] for line in proxy.log_lines() if line.get("interaction_id") == sent}

    eventually(lambda: logged() == {200, 401, 403, 502}, "a line each")


@pytest.mark.parametrize("profile", MAKING)
def test_where_the_client_sent_none_there_is_a_new_one(under, forge, profile):
    """(Q-08, Q-13, Q-16)"""
    proxy = under(profile)
    made = []
    for status, answer in ways(proxy, forge, None).items():
        assert answer.status == status
        made.append(answer.value(ID))
        if status == 200:
            assert answer.seen(ID) == [made[-1]]
    assert all(UUID4.fullmatch(id) for id in made) and len(set(made)) == len(made)
    path = f"/made/{profile}"
    answer = ask(proxy, target=path, token=forge.token(), sent=None)
    assert proxy.logged(path)["interaction_id"] == answer.value(ID)


INVALID = [
    "", "not-a-uuid", "00000000-0000-4000-8000-00000000000", "00000000-0000-4000-8000-0000000000000", "{00000000-0000-4000-8000-000000000000}",
    "00000000000040008000000000000000", "g0000000-0000-4000-8000-000000000000", "00000000-0000-4000-8000-000000000000, x", "urn:uuid:00000000-0000-4000-8000-000000000000",
    '00000000-0000-4000-8000-00000000000"', "x" * 8000, "\xe9" * 36,
]  # fmt: skip


@pytest.mark.parametrize("value", INVALID, ids=lambda value: repr(value[:40]))
def test_one_that_is_no_uuid_is_replaced(under, forge, value):
    """(Q-08)"""
    for profile in MAKING:
        answer = ask(under(profile), token=forge.token(), sent=value)
        assert answer.status == 200 and UUID4.fullmatch(answer.value(ID)) and answer.seen(ID) == [answer.value(ID)]


def test_two_are_as_good_as_none(under, forge):
    """(Q-08)"""
    two = [str(uuid.uuid4()), str(uuid.uuid4())]
    for profile in MAKING:
        answer = ask(under(profile), token=forge.token(), sent=two)
        assert answer.status == 200 and answer.value(ID) not in two and answer.seen(ID) == [answer.value(ID)]


@pytest.mark.parametrize("value", ["6BA7B810-9DAD-11D1-80B4-00C04FD430C8", "6ba7b811-9dad-11d1-80b4-00c04fd430c8", "c4ff5a1e-6f1c-4f0e-9a9e-3f1f4f5f6f7f"])
def test_any_version_and_case_of_a_uuid_is_kept_as_it_came(under, forge, value):
    """(Q-08)"""
    for profile in MANAGING:
        answer = ask(under(profile), token=forge.token(), sent=value)
        assert answer.values(ID) == [value] and answer.seen(ID) == [value]


@pytest.mark.parametrize("profile", MANAGING)
def test_an_upstream_that_says_another_is_overruled(under, forge, profile):
    """One answer, one id. (Q-08)"""
    sent = str(uuid.uuid4())
    answer = ask(under(profile), token=forge.token(), sent=sent, headers=[("Lab-Respond", f"field=X-Fapi-Interaction-Id: {uuid.uuid4()}")])
    assert answer.status == 200 and answer.values(ID) == [sent]


@pytest.mark.parametrize("profile", MANAGING)
def test_each_request_of_a_connection_has_its_own(under, forge, profile):
    """(Q-08)"""
    token = forge.token()
    with under(profile).connect() as connection:
        for sent in [str(uuid.uuid4()) for _ in range(5)]:
            answer = connection.request(token=token, headers=[(ID, sent)])
            assert answer.values(ID) == [sent] and answer.seen(ID) == [sent]
            assert connection.request(headers=[(ID, sent)]).values(ID) == [sent]


@pytest.mark.parametrize("sent", [None, "not-a-uuid", "", ["6ba7b811-9dad-11d1-80b4-00c04fd430c8"] * 2], ids=repr)
def test_brazil_refuses_a_request_without_one(under, forge, untouched, sent):
    """(Q-14)"""
    answer = ask(under("brazil"), token=forge.token(), sent=sent)
    assert answer.status == 400 and not answer.values("WWW-Authenticate") and UUID4.fullmatch(answer.value(ID))


@pytest.mark.parametrize("value", ["6ba7b811-9dad-11d1-80b4-00c04fd430c8", "anything at all", ""])
def test_fapi_2_leaves_it_alone(under, forge, value):
    """(Q-04)"""
    proxy = under("fapi2")
    answer = ask(proxy, target="/alone", token=forge.token(), sent=value)
    assert answer.status == 200 and answer.seen(ID) == [value] and answer.values(ID) == []
    answer = ask(proxy, token=forge.token(), sent=None)
    assert answer.status == 200 and answer.seen(ID) == [] and answer.values(ID) == []
    assert ask(proxy).values(ID) == [] and "interaction_id" not in proxy.logged("/alone")


def test_without_a_profile_it_is_left_alone_too(proxy, forge):
    """(Q-04)"""
    answer = ask(proxy, token=forge.token(), sent="anything")
    assert answer.seen(ID) == ["anything"] and answer.values(ID) == []


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("address", ["203.0.113.7", "2001:db8::7", "::1", "::ffff:203.0.113.7"])
def test_the_customers_address_is_taken_in_both_families(under, forge, profile, address):
    """(Q-09)"""
    headers = [("x-fapi-customer-ip-address", address), ("x-fapi-auth-date", "Tue, 11 Sep 2012 19:43:31 GMT")]
    answer = ask(under(profile), token=forge.token(), headers=headers)
    assert answer.status == 200 and answer.seen("x-fapi-customer-ip-address") == [address] and answer.seen("x-fapi-auth-date") == [headers[1][1]]


# Errors


def errors(proxy, forge):
    """An error of ours of each kind."""
    token = forge.token()
    with proxy.connect() as connection:
        connection.host = "other.example.com"
        misdirected = connection.request(headers=[(ID, str(uuid.uuid4()))])
    found = [
        ask(proxy), ask(proxy, token="a b"), ask(proxy, token=forge.token(exp=1)), ask(proxy, target="/payments/1", token=token), ask(proxy, "TRACE"),
        ask(proxy, target="/a//b", token=token), ask(proxy, token=token, headers=[("Lab-Respond", "hang-up=0")]), misdirected,
    ]  # fmt: skip
    assert [answer.status for answer in found] == [401, 400, 401, 403, 405, 400, 502, 421]
    return found


@pytest.mark.parametrize("profile", PROFILES)
def test_every_error_of_ours_is_json_with_a_date(under, forge, profile):
    """(Q-07)"""
    for answer in errors(under(profile), forge):
        kind = answer.value("Content-Type").lower()
        assert re.fullmatch(r"application/(problem\+)?json(; ?charset=utf-8)?", kind) and isinstance(answer.json(), dict)
        assert answer.body.decode("utf-8") and re.fullmatch(r"\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT", answer.value("Date"))


@pytest.mark.parametrize("profile", ["fapi2", "fapi1"])
def test_fapi_itself_has_the_usual_errors(under, forge, profile):
    proxy = under(profile)
    assert is_bare_challenge(ask(proxy)) and is_invalid_request(ask(proxy, token="a b")) and is_invalid_token(ask(proxy, token=forge.token(exp=1)))
    assert is_insufficient_scope(ask(proxy, target="/payments/1", token=forge.token()), "payments:write")
    assert all(is_problem(answer) for answer in errors(proxy, forge))


def is_uk(answer):
    """OBErrorResponse1."""
    body = answer.json()
    assert set(body) <= {"Code", "Id", "Message", "Errors"} and body["Code"] and body["Message"] and body["Errors"]
    for error in body["Errors"]:
        assert set(error) <= {"ErrorCode", "Message", "Path", "Url"} and error["ErrorCode"] and error["Message"]
        assert len(error["Message"]) <= 500 and len(body["Code"]) <= 40 and len(body["Message"]) <= 500
    return True


def is_brazil(answer):
    """ResponseError."""
    body = answer.json()
    assert set(body) == {"errors", "meta"} and 1 <= len(body["errors"]) <= 13
    for error in body["errors"]:
        assert all(isinstance(error[name], str) and error[name] for name in ("code", "title", "detail"))
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", body["meta"]["requestDateTime"])
    return True


def is_cdr(answer):
    """ResponseErrorListV2."""
    body = answer.json()
    assert set(body) == {"errors"} and body["errors"]
    for error in body["errors"]:
        assert set(error) <= {"code", "title", "detail", "meta"} and error["code"].startswith("urn:au-cds:error:cds-all:")
        assert all(isinstance(error[name], str) and error[name] for name in ("code", "title", "detail"))
    return True


@pytest.mark.parametrize("profile,is_its_own", [("uk", is_uk), ("brazil", is_brazil), ("cdr", is_cdr)])
def test_each_ecosystem_has_its_own_errors_beside_the_usual_challenge(under, forge, profile, is_its_own):
    """(Q-13, Q-14, Q-16, BR-08)"""
    for answer in errors(under(profile), forge):
        assert is_its_own(answer) and answer.value("Content-Type").startswith("application/json") and len(answer.values(ID)) == 1
        if answer.status == 401:
            assert challenge(answer)


def test_cdr_names_a_missing_permission_by_its_urn(under, forge):
    """(Q-16)"""
    [error] = ask(under("cdr"), target="/payments/1", token=forge.token()).json()["errors"]
    assert error["code"].startswith("urn:au-cds:error:cds-all:Authorisation/")


@pytest.mark.parametrize("profile", PROFILES)
def test_the_apis_own_errors_are_left_alone(under, forge, profile):
    """(Q-13, Q-16)"""
    for status in [403, 406, 429]:
        answer = ask(under(profile), token=forge.token(), headers=[("Lab-Respond", f"status={status};field=Retry-After: 7")])
        assert answer.status == status and answer.value("Retry-After") == "7" and answer.json()["method"] == "GET"


# TLS


def offering(pki, suite):
    context = pki.context(version=V12)
    context.set_ciphers(suite + ":@SECLEVEL=0")
    return context


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("suite", ["ECDHE-RSA-AES128-GCM-SHA256", "ECDHE-RSA-AES256-GCM-SHA384"])
def test_the_suites_of_fapi_are_spoken(under, pki, forge, profile, suite):
    """(Q-03, Q-11, Q-14)"""
    with under(profile).connect(context=offering(pki, suite)) as connection:
        assert connection.sock.cipher()[0] == suite
        assert connection.request(token=forge.token(), headers=[(ID, str(uuid.uuid4()))]).status == 200


WEAK = ["AES128-GCM-SHA256", "AES256-SHA", "ECDHE-RSA-AES128-SHA", "ECDHE-RSA-AES256-SHA384", "NULL", "ECDHE-ECDSA-AES128-GCM-SHA256"]


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("suite", WEAK)
def test_other_suites_of_tls_1_2_are_not(under, pki, profile, suite):
    """(Q-03, Q-11)"""
    refuses(under(profile), offering(pki, suite))


@pytest.mark.parametrize("profile", MANAGING)
@pytest.mark.parametrize("suite", ["ECDHE-RSA-CHACHA20-POLY1305"])
def test_fapi_1_has_four_suites_and_no_more(under, pki, profile, suite):
    """(Q-11)"""
    refuses(under(profile), offering(pki, suite))


def refuses(proxy, context):
    with pytest.raises(ssl.SSLError) as failure, proxy.connect(context=context) as connection:
        connection.sock.recv(1)
    assert failure.value.reason in ("SSLV3_ALERT_HANDSHAKE_FAILURE", "TLSV1_ALERT_INSUFFICIENT_SECURITY")


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1])
def test_tls_begins_with_1_2(under, pki, profile, version):
    """(Q-03)"""
    context = pki.context()
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version, context.maximum_version = version, version
    with pytest.raises(ssl.SSLError) as failure, under(profile).connect(context=context) as connection:
        connection.sock.recv(1)
    assert failure.value.reason == "TLSV1_ALERT_PROTOCOL_VERSION"


def s_client(proxy, pki, token, *options):
    text = f"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n{ID}: {uuid.uuid4()}\r\nAuthorization: Bearer {token}\r\n\r\n"
    client = ["-cert", pki.path("client-a.pem"), "-key", pki.path("client-a.key"), "-cert_chain", pki.path("intermediate.pem")]
    shown = run("openssl", "s_client", "-connect", "%s:%d" % proxy.address, "-CAfile", pki.path("ca.pem"), *client, *options, "-ign_eof", input=text)
    assert "HTTP/1.1 200" in shown.stdout, shown.stdout + shown.stderr
    return shown.stdout


@pytest.mark.parametrize("profile,resumes", [("brazil", False), ("uk", True), ("fapi2", True)])
@pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])
def test_brazil_resumes_no_session(under, pki, forge, tmp_path, profile, resumes, version):
    """(Q-14)"""
    saved = tmp_path / "session"
    s_client(under(profile), pki, forge.token(), version, "-sess_out", saved)
    if not resumes and not saved.exists():
        return  # no ticket came, so there is nothing to resume with
    for _ in range(3):
        again = s_client(under(profile), pki, forge.token(), version, "-sess_in", saved)
        assert ("Reused, TLS" in again) == resumes and ("New, TLS" in again) != resumes


# Configuration


def starts(start_proxy, configured, profile, **changes):
    """Whether `check` takes the configuration."""
    proxy = start_proxy(configured(profile) | changes, wait=None)
    checked = run(HOLDFAST, "check", "--config", proxy.file)
    assert checked.returncode in (0, 64) and (checked.returncode == 0 or checked.stderr)
    return checked.returncode == 0


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("algorithms", [["RS256"], ["ES256", "RS256"], ["ES256", "RS512"]], ids=repr)
def test_an_algorithm_that_a_profile_forbids_is_a_mistake(start_proxy, configured, profile, algorithms):
    """(Q-02, Q-12, AT-08)"""
    [issuer] = configured(profile)["tokens"]
    assert not starts(start_proxy, configured, profile, tokens=[issuer | {"algorithms": algorithms}])


@pytest.mark.parametrize("profile,takes", [("fapi2", True), ("fapi1", False), ("uk", False), ("brazil", False), ("cdr", False)])
def test_eddsa_can_be_configured_in_fapi_2_only(start_proxy, configured, profile, takes):
    """(Q-02, Q-12)"""
    [issuer] = configured(profile)["tokens"]
    assert starts(start_proxy, configured, profile, tokens=[issuer | {"algorithms": ["ES256", "EdDSA"]}]) == takes


def test_cdr_knows_its_own_authority_only(start_proxy, configured):
    """(Q-15)"""
    anybody = {"client_certificates": {"trust": "any", "authorities": None}}
    assert not starts(start_proxy, configured, "cdr", **anybody)
    assert starts(start_proxy, configured, "fapi2", **anybody)


@pytest.mark.parametrize("profile", ["fapi", "FAPI2", "ukob", "", 2, ["uk", "cdr"]])
def test_a_profile_that_is_none_is_a_mistake(start_proxy, profile):
    proxy = start_proxy({"profile": profile}, wait=None)
    assert proxy.process.wait() == 64 and "profile" in proxy.process.err, proxy.process.err


@pytest.mark.parametrize("profile", PROFILES)
def test_check_names_the_profile(under, profile):
    checked = run(HOLDFAST, "check", "--config", under(profile).file)
    assert checked.returncode == 0 and profile in checked.stdout
