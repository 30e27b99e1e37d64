"""What the access log says of a request: who, with which token, over what TLS, where to and how long; and never a token."""
import hashlib
import json
import ssl

import pytest

from harness.forge import ISSUER
from harness.processes import HOLDFAST, eventually, run
from harness.proxy import yaml

FORMATS = {
    "json": ("path", lambda line: line),
    "ecs": ("url.path", lambda line: line),
    "otel": ("url.path", lambda line: line["Attributes"]),
}


def test_a_line_says_whose_token_it_was_and_over_what_it_came(start_proxy, forge, pki):
    proxy = start_proxy()
    token = forge.token(jti="known-to-the-issuer", client_id="an-app", sub="somebody")
    proxy.ask("POST", "/payments/7", token=forge.token(jti="known-to-the-issuer", client_id="an-app", sub="somebody", scope="payments:write"))
    line = proxy.logged("/payments/7")
    assert (line["issuer"], line["client_id"], line["route"]) == (ISSUER, "an-app", "/payments/*")
    assert line["token_id_hash"] == hashlib.sha256(b"known-to-the-issuer").hexdigest()[:16]
    assert line["tls_version"] == "1.3" and line["tls_resumed"] is False and line["upstream_us"] > 0
    assert not {"subject", "client_port", "upstream_address", "bound_thumbprint"} & set(line)
    assert "somebody" not in proxy.process.out and token not in proxy.process.out


def test_a_token_that_is_shown_with_another_certificate_is_named_with_both(start_proxy, forge, pki):
    proxy = start_proxy()
    proxy.ask(target="/stolen", token=forge.token(jti="stolen"), client="client-b")
    line = proxy.logged("/stolen")
    assert line["reason"] == "cnf_mismatch" and line["token_id_hash"] == hashlib.sha256(b"stolen").hexdigest()[:16]
    assert (line["bound_thumbprint"], line["thumbprint"]) == (pki.thumbprint("client-a"), pki.thumbprint("client-b"))
    proxy.ask(target="/expired", token=forge.token(exp=1))
    assert "bound_thumbprint" not in proxy.logged("/expired")


def test_what_is_only_reported_is_named_with_both_too(start_proxy, forge, pki):
    proxy = start_proxy({"report_only": True})
    proxy.ask(target="/stolen", token=forge.token(), client="client-b")
    line = proxy.logged("/stolen")
    assert (line["would_refuse"], line["outcome"], line["bound_thumbprint"]) == ("cnf_mismatch", "ok", pki.thumbprint("client-a"))


def test_a_token_that_proves_nothing_names_nobody(start_proxy, forge):
    """Whoever made it up wrote those names."""
    proxy = start_proxy()
    head, payload, signature = forge.token(client_id="made-up").split(".")
    other = forge.token(client_id="another").split(".")[2]
    proxy.ask(target="/forged", token=f"{head}.{payload}.{other}")
    line = proxy.logged("/forged")
    assert line["reason"] == "signature_invalid" and not {"issuer", "client_id", "token_id_hash"} & set(line)


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3], ids=["1.2", "1.3"])
def test_a_resumed_session_is_told_from_a_full_handshake(start_proxy, pki, version):
    proxy = start_proxy()
    context = pki.context("client-a", version)
    with proxy.connect(context=context) as first:
        assert first.request(target="/certificate/first").status == 200
        session = first.sock.session
    with proxy.connect(context=context, session=session) as second:
        assert second.request(target="/certificate/second").status == 200
        assert second.sock.session_reused
    name = {ssl.TLSVersion.TLSv1_2: "1.2", ssl.TLSVersion.TLSv1_3: "1.3"}[version]
    for path, resumed in [("/certificate/first", False), ("/certificate/second", True)]:
        line = proxy.logged(path)
        assert (line["tls_version"], line["tls_resumed"]) == (name, resumed)


@pytest.mark.parametrize("form", FORMATS)
def test_each_format_has_the_same_in_its_own_words(start_proxy, issuer, form):
    proxy = start_proxy({"log": {"format": form}})
    proxy.ask(target="/one", token=issuer.token())
    key, members = FORMATS[form]

    def found():
        return next((line for line in map(members, proxy.log_lines()) if line.get(key) == "/one"), None)

    line = eventually(found, "the line")
    names = {
        "json": ("client", "status", "issuer"), "ecs": ("client.address", "http.response.status_code", "holdfast.issuer"),
        "otel": ("client.address", "http.response.status_code", "holdfast.issuer"),
    }[form]  # fmt: skip
    assert tuple(line[name] for name in names) == ("127.0.0.1", 200, issuer.url)
    proxy.process.terminate()
    assert proxy.process.wait() == 0
    message = {"json": "message", "ecs": "message", "otel": "Body"}[form]
    assert {"listening", "stopped"} <= {json.loads(line)[message] for line in proxy.process.err.splitlines()}


def test_fields_can_be_left_out_and_added_and_a_reload_takes_it_up(start_proxy, issuer, upstream):
    proxy = start_proxy({"log": {"fields": {"omit": ["path", "client"], "add": ["subject", "upstream_address", "client_port", "generation"]}}})
    proxy.ask(target="/one", token=issuer.token())
    line, = eventually(proxy.log_lines, "a line")
    assert not {"path", "client"} & set(line) and line["subject"] and line["generation"] == 1 and line["client_port"] > 0
    assert line["upstream_address"] == upstream.url.removeprefix("http://")
    proxy.file.write_text(yaml({**proxy.configuration, "log": {"format": "ecs"}}))
    eventually(lambda: proxy.metric("holdfast_generation") == 2, "the reload")
    proxy.ask(target="/two", token=issuer.token())
    eventually(lambda: any(line.get("url.path") == "/two" for line in proxy.log_lines()), "a line in the new form")


@pytest.mark.parametrize("fields, words", [
    ({"omit": ["reason"]}, "without it nobody could tell"), ({"omit": ["token"]}, "is not one of"), ({"add": ["path"]}, "already"),
    ({"omit": ["subject"]}, "unless it stands in `add`"), ({"omit": ["path", "path"]}, "twice"),
])  # fmt: skip
def test_a_field_that_cannot_be_left_out_or_added_is_a_mistake(proxy, tmp_path, fields, words):
    file = tmp_path / "wrong.yaml"
    file.write_text(yaml({**proxy.configuration, "log": {"fields": fields}}))
    result = run(HOLDFAST, "check", "--config", file)
    assert result.returncode == 64 and "log.fields" in result.stderr + result.stdout and words in result.stderr + result.stdout
