"""What honest issuers really send: their tokens, key sets and answers pass where the file says what they are like, and no others do."""
import json
import time

import pytest

from harness.asking import asking
from harness.challenges import is_insufficient_scope, is_invalid_token
from harness.forge import AUDIENCE
from harness.issuer import Issuer
from harness.processes import HOLDFAST, run
from harness.proxy import Proxy, plain
from harness.shapes import ANSWERS, BOUND, ENTRA_V2, HOUR, KEYCLOAK, NOW, SHAPES, UNSUITABLE, VARIANTS

SCOPED = [{"path": "/payments", "scopes": ["payments"]}, {"path": "/never", "scopes": ["payment"]}]


def filled(value, thumbprint):
    """With the moment and the binding in their places."""
    if isinstance(value, dict):
        return {name: thumbprint if name == "x5t#S256" and member == BOUND else filled(member, thumbprint) for name, member in value.items()}
    plain = {NOW: int(time.time()), HOUR: int(time.time()) + 3600, BOUND: {"x5t#S256": thumbprint}}
    return plain[value] if isinstance(value, str) and value in plain else value


def published(forge, shape):
    """Its key set, with keys of the forge."""
    return {"keys": [forge.keys[algorithm].jwk(**members) for algorithm, members in shape.keys]}


def entry(forge, shape, folder):
    file = folder / f"{shape.name.replace(' ', '-')}.json"
    file.write_text(json.dumps(published(forge, shape)))
    return {"issuer": shape.issuer, "audience": shape.audience, "keys": str(file)} | shape.entry


def token(forge, shape, pki, client="client-a"):
    return forge.seal(shape.header, filled(shape.claims, pki.thumbprint(client)), shape.header["alg"])


@pytest.fixture(scope="module")
def all_of_them(pki, folder, settings, forge):
    """A proxy that takes tokens of every issuer."""
    (folder / "shapes").mkdir(exist_ok=True)
    tokens = [entry(forge, shape, folder / "shapes") for shape in SHAPES]
    proxy = Proxy(pki, folder, settings | {"tokens": tokens, "routes": SCOPED}, name="shapes").wait_ready()
    yield proxy
    proxy.end()


def passes(proxy, forge, pki, shape):
    good = token(forge, shape, pki)
    for target in ("/", "/payments"):
        answer = proxy.ask(target=target, token=good)
        assert answer.status == 200 and answer.seen("X-Client-Cert-SHA256") == [pki.thumbprint("client-a")], (target, answer)
    assert is_insufficient_scope(proxy.ask(target="/never", token=good), "payment")
    assert is_invalid_token(proxy.ask(token=good, client="client-b"), "cnf_mismatch")
    head, claims, signature = good.split(".")
    assert is_invalid_token(proxy.ask(token=f"{head}.{claims}.{signature[:-8]}AAAAAAAA"))
    return True


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)
def test_the_tokens_of_real_issuers_pass_with_their_certificate_and_their_scopes(all_of_them, forge, pki, shape):
    """(AT-10, JWT-17, JWT-18)"""
    assert passes(all_of_them, forge, pki, shape)


@pytest.mark.parametrize("shape", VARIANTS, ids=lambda shape: shape.name)
def test_so_do_they_in_another_form_where_the_file_says_it(start_proxy, forge, pki, tmp_path, shape):
    """(AT-01, AT-02, AT-10)"""
    proxy = start_proxy({"tokens": [entry(forge, shape, tmp_path)], "routes": SCOPED})
    assert passes(proxy, forge, pki, shape)
    told = explain(proxy, forge, pki, shape, tmp_path, "--path", "/payments")
    assert told.returncode == 0 and "failed" not in told.stdout, told.stdout


@pytest.mark.parametrize("shape,reason", UNSUITABLE, ids=lambda value: getattr(value, "name", None))
def test_what_is_as_well_signed_and_no_access_token_for_this_api_is_refused(all_of_them, forge, pki, tmp_path, untouched, shape, reason):
    """(JWT-29, JWT-25, MTLS-05)"""
    assert is_invalid_token(all_of_them.ask(token=token(forge, shape, pki)), reason)
    told = explain(all_of_them, forge, pki, shape, tmp_path)
    assert told.returncode == 1 and f"refused: {reason}" in told.stdout, told.stdout


def explain(proxy, forge, pki, shape, folder, *options):
    (folder / "token").write_text(token(forge, shape, pki))
    return run(HOLDFAST, "explain", "--config", proxy.file, "--certificate", pki.path("client-a.pem"), "--token", folder / "token", *options)


def test_one_word_of_a_text_can_be_asked_for_in_any_claim(start_proxy, forge, pki, tmp_path):
    """And `scope` and `scp` are lists in either form; elsewhere the whole text is compared. (DT-08)"""
    words = {"scp": "access_as_user Files.Read", "groups": "staff payments-approvers", "roles": ["Payments.Write", "X"]}
    routes = [
        {"path": "/scp", "claims": {"scp": "access_as_user"}}, {"path": "/scp-other", "claims": {"scp": "access"}},
        {"path": "/roles", "claims": {"roles": "Payments.Write"}}, {"path": "/roles-word", "claims": {"roles": {"word": ["Y", "X"]}}},
        {"path": "/groups", "claims": {"groups": {"word": "payments-approvers"}}}, {"path": "/groups-other", "claims": {"groups": {"word": "payments"}}},
        {"path": "/groups-whole", "claims": {"groups": "payments-approvers"}}, {"path": "/groups-text", "claims": {"groups": words["groups"]}},
    ]  # fmt: skip
    shape = ENTRA_V2.but("Entra", claims=words)
    proxy = start_proxy({"tokens": [entry(forge, shape, tmp_path)], "routes": routes})
    expected = {"scp": 200, "scp-other": 403, "roles": 200, "roles-word": 200, "groups": 200, "groups-other": 403, "groups-whole": 403, "groups-text": 200}
    for path, status in expected.items():
        assert proxy.ask(target=f"/{path}", token=token(forge, shape, pki)).status == status, path
        told = explain(proxy, forge, pki, shape, tmp_path, "--path", f"/{path}")
        assert (told.returncode == 0) == (status == 200), told.stdout
    listed = ENTRA_V2.but("Entra", claims={"scp": ["x", "access_as_user"]})
    assert proxy.ask(target="/scp", token=token(forge, listed, pki)).status == 200


@pytest.mark.parametrize("names", [["Ed25519", "Ed25519"], ["EdDSA", "Ed25519"], ["Ed25519", "EdDSA"], ["EdDSA", None], ["Ed25519", None]], ids=repr)
@pytest.mark.parametrize("allowed", ["EdDSA", "Ed25519"])
def test_ed25519_is_eddsa_in_tokens_keys_and_the_allow_list(start_proxy, forge, pki, tmp_path, names, allowed):
    """RFC 9864. (JWT-07, JWT-10)"""
    header, key = names
    (tmp_path / "keys.json").write_text(json.dumps({"keys": [forge.keys["EdDSA"].jwk(alg=key), forge.keys["ES256"].jwk()]}))
    proxy = start_proxy({"tokens": [{"issuer": "https://forge.example.com", "audience": AUDIENCE, "keys": str(tmp_path / "keys.json"), "algorithms": [allowed]}]})
    assert proxy.ask(token=forge.token("EdDSA", header={"alg": header})).status == 200
    assert is_invalid_token(proxy.ask(token=forge.token("EdDSA", header={"alg": "Ed448"})), "alg_not_allowed")
    assert is_invalid_token(proxy.ask(token=forge.token("ES256")), "alg_not_allowed")
    assert is_invalid_token(proxy.ask(token=forge.token("EdDSA", header={"alg": header}, signature=b"\0" * 64)), "signature_invalid")


# Which members are looked at


@pytest.fixture(scope="module")
def lenient(pki, folder, settings):
    """A proxy for an issuer of tokens before RFC 9068, with routes that ask for how and when the user authenticated."""
    routes = [
        {"path": "/acr", "acr": ["urn:strong", "1"]}, {"path": "/recent", "max_auth_age": "15m"}, {"path": "/scoped", "scopes": ["accounts:read"]},
        {"path": "/claims", "claims": {"sub": "someone"}}, {"path": "/present", "claims": {"tenant": plain("present")}},
    ]  # fmt: skip
    tokens = [dict(settings["tokens"][1], type="any")]
    proxy = Proxy(pki, folder, settings | {"tokens": tokens, "routes": routes}, name="lenient").wait_ready()
    yield proxy
    proxy.end()


ODD = [
    ("auth_time", "2026-11-26T04:10:05.116Z", "/recent", "auth_too_old"), ("auth_time", [1], "/recent", "auth_too_old"), ("auth_time", "", "/recent", "auth_too_old"),
    ("acr", 1, "/acr", "acr_insufficient"), ("acr", ["urn:strong"], "/acr", "acr_insufficient"), ("acr", None, "/acr", "acr_insufficient"),
    ("sub", None, "/claims", "claim_insufficient"), ("sub", 7, "/claims", "claim_insufficient"), ("sub", "", "/claims", "claim_insufficient"),
    ("scope", 1, "/scoped", "scope_insufficient"), ("scope", {"accounts:read": 1}, "/scoped", "scope_insufficient"), ("scope", None, "/scoped", "scope_insufficient"),
    ("tenant", "", "/present", "claim_insufficient"), ("tenant", [], "/present", "claim_insufficient"), ("tenant", {}, "/present", "claim_insufficient"),
    ("jti", 5, None, None), ("client_id", 17, None, None), ("client_id", ["a"], None, None), ("nbf", "soon", None, None), ("nbf", None, None, None),
    ("nbf", "1600000000", None, None), ("iat", True, None, None), ("iat", -62135596800, None, None), ("at_hash", None, None, None), ("events", {}, None, None),
    ("typ", None, None, None), ("token_type", "", None, None),
]  # fmt: skip


@pytest.mark.parametrize("name,value,path,reason", ODD, ids=lambda value: repr(value)[:24])
def test_a_member_is_judged_where_a_rule_asks_for_it_and_nowhere_else(lenient, forge, name, value, path, reason):
    """(AT-02)"""
    odd = forge.seal(forge.header(typ="JWT"), forge.claims() | {name: value})
    assert lenient.ask(target="/elsewhere", token=odd).status == 200
    if path:
        answer = lenient.ask(target=path, token=odd)
        assert answer.status in (401, 403) and answer.reason == reason, answer


@pytest.mark.parametrize(
    "name,value",
    [("exp", None), ("exp", ""), ("exp", "4102444800"), ("exp", True), ("aud", None), ("aud", ""), ("aud", []), ("aud", [1]), ("iss", None), ("iss", 1), ("iss", {}), ("nbf", 4102444800000),
     ("nbf", "4102444800"), ("iat", 4102444800), ("cnf", None), ("cnf", {}), ("cnf", "text"), ("typ", "ID"), ("token_use", "id"), ("at_hash", "x")],
    ids=repr,
)  # fmt: skip
def test_what_every_token_is_asked_for_is_always_judged(lenient, forge, untouched, name, value):
    """(AT-02, JWT-25, JWT-26, JWT-27, JWT-29)"""
    assert is_invalid_token(lenient.ask(token=forge.seal(forge.header(typ="JWT"), forge.claims() | {name: value})))


def test_a_list_of_required_claims_is_held_to(start_proxy, settings, forge, tmp_path):
    """(AT-02)"""
    proxy = start_proxy({"tokens": [dict(settings["tokens"][1], required_claims=["sub", "tenant"])]})
    assert proxy.ask(token=forge.token(client_id=None, jti=None, iat=None, tenant="blue")).status == 200
    for claims in ({"tenant": None}, {"tenant": "blue", "sub": None}, {"tenant": "blue", "exp": None}, {"tenant": "blue", "aud": None}):
        assert is_invalid_token(proxy.ask(token=forge.token(**claims)), "claim_missing")
    assert is_invalid_token(proxy.ask(token=forge.token(tenant="blue", header={"typ": "JWT"})), "typ_not_accepted")
    assert is_invalid_token(proxy.ask(token=forge.seal(forge.header(), forge.claims(tenant="blue") | {"sub": 7})), "claims_malformed")
    checked = run(HOLDFAST, "check", "--config", proxy.file)
    assert checked.returncode == 0 and "required_claims leaves out `client_id`, `iat`, `jti`" in checked.stdout
    bare = start_proxy({"tokens": [dict(settings["tokens"][1], required_claims=[])]})
    assert bare.ask(token=forge.token(sub=None, client_id=None, jti=None, iat=None)).status == 200


@pytest.mark.parametrize(
    "header,claims,words",
    [
        ({}, {"jti": 5}, "`jti` is a number, and a text is needed"), ({}, {"exp": "tomorrow"}, "`exp` is a text, and a number of seconds"),
        ({}, {"client_id": None}, "There is no `client_id`"), ({}, {"typ": "ID"}, "`typ` says `ID`"), ({}, {"aud": {"a": 1}}, "`aud` is an object"),
        ({"kid": 7}, {}, "`kid` is a number"), ({"cty": "JWT"}, {}, "`cty` says that it holds another token"), ({"zip": "DEF"}, {}, "It has `zip`"),
    ],
    ids=repr,
)  # fmt: skip
def test_the_member_at_fault_and_its_type_are_told(proxy, forge, pki, tmp_path, header, claims, words):
    (tmp_path / "token").write_text(forge.seal(forge.header() | header, forge.claims() | claims))
    told = run(HOLDFAST, "explain", "--config", proxy.file, "--certificate", pki.path("client-a.pem"), "--token", tmp_path / "token")
    assert told.returncode == 1 and words in told.stdout and "at+jwt\n             found     at+jwt" not in told.stdout.partition("failed")[2], told.stdout


# Answers about opaque tokens


@pytest.fixture(scope="module")
def authority(pki, folder):
    authority = Issuer(pki, folder, "--opaque", name="shapes-authority")
    yield authority
    authority.end()


@pytest.fixture(scope="module")
def asker(pki, folder, settings, authority):
    proxy = Proxy(pki, folder, settings, asking(authority, cache="0s") | {"routes": SCOPED}, name="shapes-asker").wait_ready()
    yield proxy
    proxy.end()


@pytest.mark.parametrize("name", ANSWERS)
def test_the_answers_of_real_issuers_are_taken(asker, authority, pki, name):
    """(MTLS-12, INT-05, AT-10)"""
    members = {"aud": AUDIENCE} | filled(ANSWERS[name], pki.thumbprint("client-a"))
    with authority.failing(introspect={"body": json.dumps(members), "content_type": "application/json"}):
        for number, target in enumerate(["/", "/payments"]):
            assert asker.ask(target=target, token=f"opaque-{number}").status == 200
        assert is_insufficient_scope(asker.ask(target="/never", token="opaque-2"), "payment")
        assert is_invalid_token(asker.ask(token="opaque-3", client="client-b"), "cnf_mismatch")
    for other in ({"token_type": "N_A"}, {"token_use": "refresh_token"}, {"typ": "Refresh"}):
        with authority.failing(introspect={"body": json.dumps(members | other), "content_type": "application/json"}):
            assert is_invalid_token(asker.ask(token="opaque-4"), "typ_not_accepted")


def test_explain_tells_what_an_answer_lacks(asker, authority, pki, tmp_path):
    (tmp_path / "token").write_text("opaque")
    usual = {"active": True, "aud": AUDIENCE, "exp": int(time.time()) + 300, "cnf": {"x5t#S256": pki.thumbprint("client-a")}}
    for members, reason, words in [
        ({}, None, "would be forwarded"), ({"aud": None}, "aud_mismatch", "audience_in_answer: optional"), ({"token_use": "refresh_token"}, "typ_not_accepted", "`token_use` says `refresh_token`"),
        ({"token_type": 7}, "typ_not_accepted", "`token_type` is no text"),
    ]:  # fmt: skip
        with authority.failing(introspect={"body": json.dumps(usual | members), "content_type": "application/json"}):
            told = run(HOLDFAST, "explain", "--config", asker.file, "--certificate", pki.path("client-a.pem"), "--token", tmp_path / "token")
            answer = asker.ask(token="opaque")
        assert words in told.stdout and (reason is None) == (told.returncode == 0), told.stdout
        assert len([line for line in told.stdout.splitlines() if line.startswith("failed")]) == (0 if reason is None else 1)
        assert answer.status == 200 if reason is None else is_invalid_token(answer, reason)


def test_keycloak_through_introspection_needs_no_audience_mapper_where_the_file_says_so(start_proxy, authority, forge, pki):
    """Its lightweight tokens name no audience, and are taken only where they are asked about and the file says that they are for here. (INT-05)"""
    claims = filled(KEYCLOAK.but("", claims={"aud": None, "sub": None}).claims, pki.thumbprint("client-a")) | {"iss": authority.url}
    lightweight = forge.seal(KEYCLOAK.header, claims, "RS256")
    answer = {"active": True} | {name: value for name, value in claims.items() if name != "iss"}
    strict, told = start_proxy(asking(authority, cache="0s")), start_proxy(asking(authority, entry={"audience_in_answer": "optional"}, cache="0s"))
    with authority.failing(introspect={"body": json.dumps(answer), "content_type": "application/json"}):
        assert is_invalid_token(strict.ask(token=lightweight), "aud_mismatch")
        assert told.ask(token=lightweight).status == 200
        assert is_invalid_token(told.ask(token=lightweight, client="client-b"), "cnf_mismatch")
