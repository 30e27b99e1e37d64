"""`forward.claims`: what a token says as fields for the upstream, which no value can break and no client can forge."""
import json
from urllib.parse import unquote

import pytest

from harness.forge import AUDIENCE
from harness.processes import HOLDFAST, run
from harness.proxy import Proxy

CLAIMS = {
    "sub": "X-Token-Subject", "name": "X-Token-Name", "level": "X-Token-Level", "verified": "X-Token-Verified", "roles": "X-Token-Roles",
    "address": "X-Token-Address", "https://claims.example.com/tenant": "X-Token-Tenant", "scope": "X-Token-Scope", "iss": "X-Token-Issuer",
}  # fmt: skip


@pytest.fixture(scope="module")
def telling(pki, folder, settings):
    """A proxy that forwards claims and keeps the token to itself."""
    changes = {"forward": {"claims": CLAIMS, "authorization": "remove"}, "routes": [{"path": "/certificate/*", "require": "certificate"}]}
    proxy = Proxy(pki, folder, settings, changes, "telling").wait_ready()
    yield proxy
    proxy.end()


def told(proxy, token, claim, **options):
    answer = proxy.ask(token=token, **options)
    assert answer.status == 200, answer
    return answer.seen(CLAIMS[claim])


def test_claims_are_fields_of_their_own(telling, forge):
    answer = telling.ask(token=forge.token(sub="someone", name="A Name", **{"https://claims.example.com/tenant": "blue"}))
    assert answer.seen("X-Token-Subject") == ["someone"] and answer.seen("X-Token-Name") == ["A Name"]
    assert answer.seen("X-Token-Tenant") == ["blue"] and answer.seen("X-Token-Scope") == ["accounts:read"]
    assert answer.seen("X-Token-Issuer") == ["https://forge.example.com"]


def test_authorization_can_be_kept_from_the_upstream(telling, forge):
    assert telling.ask(token=forge.token()).seen("Authorization") == []


@pytest.mark.parametrize(
    "value,expected",
    [
        ("plain", "plain"), ("", ""), ("with space", "with space"), ("a,b", "a%2Cb"), ('say "so"', "say %22so%22"), ("100%", "100%25"),
        ("a%2Cb", "a%252Cb"), ("line\r\nX-Admin: 1", "line%0D%0AX-Admin: 1"), ("\n", "%0A"), ("\0", "%00"), ("\t", "%09"), ("\x7f", "%7F"),
        ("né", "n%C3%A9"), ("日本", "%E6%97%A5%E6%9C%AC"), ("😀", "%F0%9F%98%80"), ("a;b=c", "a;b=c"), ("<x>'\\", "<x>'\\"), ("\u2028", "%E2%80%A8"),
    ],
)  # fmt: skip
def test_no_value_can_break_its_field(telling, forge, value, expected):
    fields = telling.ask(token=forge.token(name=value)).json()["fields"]
    [seen] = [text for name, text in fields if name == "X-Token-Name"]
    assert seen == expected and unquote(seen, errors="strict") == value
    assert "X-Admin" not in [name for name, _ in fields]


@pytest.mark.parametrize("value", [" lead", "trail ", "  ", " "])
def test_space_at_either_end_does_not_get_lost(telling, forge, value):
    [seen] = told(telling, forge.token(name=value), "name")
    assert unquote(seen) == value


@pytest.mark.parametrize(
    "text,expected",
    [("3", "3"), ("-3", "-3"), ("3.50", "3.50"), ("1e3", "1e3"), ("12345678901234567890123", "12345678901234567890123"), ("0", "0"), ("1.0E+2", "1.0E+2")],
)
def test_a_number_is_told_as_it_is_written(telling, forge, text, expected):
    claims = forge.octets(forge.claims()).decode()[:-1] + f', "level": {text}}}'
    assert told(telling, forge.seal(forge.header(), claims), "level") == [expected]


@pytest.mark.parametrize("value,expected", [(True, "true"), (False, "false")])
def test_a_boolean_is_a_word(telling, forge, value, expected):
    assert told(telling, forge.token(verified=value), "verified") == [expected]


@pytest.mark.parametrize(
    "value,expected", [(["admin", "user"], "admin,user"), (["one"], "one"), (["a,b", "c"], "a%2Cb,c"), (["x\r\ny", 'q"'], "x%0D%0Ay,q%22"), (["", "a"], ",a")]
)
def test_a_list_of_texts_is_joined_by_commas_that_no_text_has(telling, forge, value, expected):
    [seen] = told(telling, forge.token(roles=value), "roles")
    assert seen == expected and [unquote(part) for part in seen.split(",")] == value


@pytest.mark.parametrize("value", [{"country": "NZ", "lines": ["a, b", 'c "d"']}, [1, 2], [["a"]], [{"a": 1}], {}, ["a", 1], {"é": "\r\n"}], ids=repr)
def test_anything_else_is_json_that_can_be_read_again(telling, forge, value):
    [seen] = told(telling, forge.token(address=value), "address")
    assert json.loads(unquote(seen)) == value
    assert all(" " <= c <= "~" and c not in ',"' for c in seen)


def test_a_claim_that_is_missing_or_null_is_no_field(telling, forge):
    answer = telling.ask(token=forge.token())
    assert answer.status == 200 and [answer.seen(name) for name in ("X-Token-Name", "X-Token-Level", "X-Token-Roles")] == [[], [], []]
    claims = forge.claims() | {"name": None, "roles": None}
    answer = telling.ask(token=forge.seal(forge.header(), claims))
    assert answer.status == 200 and answer.seen("X-Token-Name") == [] and answer.seen("X-Token-Roles") == []


FORGERIES = ["X-Token-Name", "x-token-name", "X_Token_Name", "x_token-name", "X.Token.Name", "X-TOKEN_NAME"]


@pytest.mark.parametrize("name", FORGERIES)
def test_a_clients_own_field_of_that_name_is_stripped_whether_the_token_has_the_claim_or_not(telling, forge, name):
    for claims, expected in [({}, []), ({"name": "true"}, ["true"])]:
        answer = telling.ask(token=forge.token(**claims), headers=[(name, "forged"), (name, "twice")])
        assert answer.status == 200
        assert [value for field, value in answer.json()["fields"] if "token" in field.lower() and "name" in field.lower()] == expected


def test_it_is_stripped_where_no_token_is_looked_at_too(telling, forge):
    answer = telling.ask(target="/certificate/x", token=forge.token(name="true"), headers=[(name, "forged") for name in FORGERIES])
    assert answer.status == 200 and not [field for field, _ in answer.json()["fields"] if "token" in field.lower()]


@pytest.mark.parametrize("header", ["Remote-User", "X-Remote-User", "X-Auth-Request-Email", "X_Odd_Name"])
def test_a_name_that_is_always_stripped_can_carry_a_claim_of_ours(start_proxy, forge, header):
    """As legacy APIs expect it."""
    proxy = start_proxy({"forward": {"claims": {"sub": header}}})
    for spelling in [header, header.lower(), header.replace("-", "_"), header.replace("_", "-")]:
        fields = proxy.ask(token=forge.token(sub="true"), headers=[(spelling, "forged")]).json()["fields"]
        assert [field for field in fields if field[0].lower().replace("_", "-") == header.lower().replace("_", "-")] == [[header, "true"]]


def test_connection_cannot_take_a_claim_away(telling, forge):
    answer = telling.ask(token=forge.token(name="true"), headers=[("Connection", "X-Token-Name, keep-alive")])
    assert answer.status == 200 and answer.seen("X-Token-Name") == ["true"]


def test_a_trailer_is_no_claim(telling, forge):
    with telling.connect() as connection:
        head = connection.head("POST", token=forge.token(), headers=[("Transfer-Encoding", "chunked"), ("Trailer", "X-Token-Name")])
        answer = connection.send(head + "5\r\nhello\r\n0\r\nX-Token-Name: forged\r\n\r\n").answer("POST")
    report = answer.json()
    assert answer.status == 200 and answer.seen("X-Token-Name") == []
    assert not [name for name, _ in report["body"]["trailers"] if name.lower() == "x-token-name"]


def test_each_request_tells_the_claims_of_its_own_token(telling, forge, pki):
    """Over shared connections and with remembered verdicts."""
    tokens = {"client-a": [forge.token(name=f"a{n}") for n in range(3)], "client-b": [forge.token(bind="client-b", name=f"b{n}") for n in range(3)]}
    with telling.connect("client-a") as a, telling.connect("client-b") as b:
        for _ in range(3):
            for n in range(3):
                assert a.request(token=tokens["client-a"][n]).seen("X-Token-Name") == [f"a{n}"]
                assert b.request(token=tokens["client-b"][n]).seen("X-Token-Name") == [f"b{n}"]


def test_a_long_claim_does_not_break_the_request(telling, forge):
    value = "é" * 1500
    [seen] = told(telling, forge.token(name=value), "name")
    assert unquote(seen) == value


def test_what_an_issuer_says_of_an_opaque_token_is_told_in_the_same_way(start_proxy, issuer, pki):
    """From its answer and from what is remembered of it."""
    entry = {"issuer": issuer.url, "audience": AUDIENCE, "certificate_authorities": pki.path("ca.pem"), "introspection": issuer.introspection()}
    proxy = start_proxy({"tokens": [entry], "routes": None, "forward": {"claims": CLAIMS}})
    said = {"name": 'é, "so"\r\nX-Admin: 1', "level": 3, "verified": True, "roles": ["a,b", "c"], "address": {"country": "NZ"}}
    token, other = issuer.opaque(bind="client-a", claims=said), issuer.opaque(bind="client-a")
    for _ in range(2):
        answer = proxy.ask(token=token)
        assert answer.status == 200 and answer.seen("X-Token-Name") == ["%C3%A9%2C %22so%22%0D%0AX-Admin: 1"]
        assert answer.seen("X-Token-Level") == ["3"] and answer.seen("X-Token-Verified") == ["true"] and answer.seen("X-Token-Roles") == ["a%2Cb,c"]
        assert json.loads(unquote(answer.seen("X-Token-Address")[0])) == said["address"]
        assert proxy.ask(token=other, headers=[("X-Token-Name", "forged")]).seen("X-Token-Name") == []


def test_check_says_which_claims_the_upstream_gets(telling):
    checked = run(HOLDFAST, "check", "--config", telling.file)
    assert checked.returncode == 0 and "X-Token-Subject" in checked.stdout and "no Authorization field" in checked.stdout


MISTAKES = {
    "a name that means something": {"sub": "Host"},
    "the thumbprint's own name": {"sub": "X-Client-Cert-SHA256"},
    "the mark of report_only": {"sub": "X-Holdfast-Would-Refuse"},
    "one name for two claims": {"sub": "X-Token-Subject", "name": "x-token-subject"},
    "one name for two claims, as a lenient upstream reads it": {"sub": "X-Token-Subject", "name": "X_Token_Subject"},
    "a name that is no token": {"sub": "X Token"},
    "a name that would break the line": {"sub": "X-Token:\r\nX-Admin"},
    "a length": {"sub": "Content-Length"},
    "credentials": {"sub": "Authorization"},
    "a list": ["sub"],
    "no name": {"sub": None},
    "an empty claim": {"": "X-Token-Empty"},
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_field_that_cannot_be_meant_is_a_mistake(start_proxy, name):
    proxy = start_proxy({"forward": {"claims": MISTAKES[name]}}, wait=None)
    assert proxy.process.wait() == 64 and "forward" in proxy.process.err, proxy.process.err
