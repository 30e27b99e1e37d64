"""The listener's TLS: who may finish a handshake, and what stays true on resumed and long-lived connections (requirements O and P)."""
import shutil
import socket
import ssl
import time

import pytest

from harness.challenges import is_invalid_token
from harness.processes import HOLDFAST, PATIENCE, eventually, free_port, run, while_it_lasts
from harness.wire import Connection, Truncated

V12, V13 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3


def alert(proxy, context):
    """The alert that ends a handshake. Nothing is written, so that no reset can discard it."""
    with pytest.raises(ssl.SSLError) as failure, proxy.connect(context=context) as connection:
        connection.sock.recv(1)
    return failure.value.reason


@pytest.mark.parametrize("version", [V12, V13])
def test_tls_1_2_and_1_3_are_spoken(proxy, issuer, pki, version):
    """(Q-03)"""
    with proxy.connect(context=pki.context(version=version)) as connection:
        assert connection.sock.version() == {V12: "TLSv1.2", V13: "TLSv1.3"}[version]
        assert connection.request(token=issuer.token()).status == 200


def test_tls_1_3_is_preferred(proxy):
    """(MTLS-24)"""
    with proxy.connect() as connection:
        assert connection.sock.version() == "TLSv1.3"


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1])
def test_older_versions_are_not(proxy, pki, version):
    """(Q-03)"""
    context = pki.context()
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version, context.maximum_version = version, version
    assert alert(proxy, context) == "TLSV1_ALERT_PROTOCOL_VERSION"


def test_tls_1_3_alone_can_be_demanded(start_proxy, pki, issuer):
    proxy = start_proxy({"listener": {"minimum_tls": "1.3"}})
    assert alert(proxy, pki.context(version=V12)) == "TLSV1_ALERT_PROTOCOL_VERSION"
    assert proxy.ask(token=issuer.token()).status == 200


@pytest.mark.parametrize("ciphers", ["AES128-GCM-SHA256", "AES256-SHA", "ECDHE-ECDSA-AES128-SHA", "ECDHE-ECDSA-AES128-SHA256", "DHE-RSA-AES128-GCM-SHA256", "NULL"])
def test_weak_suites_of_tls_1_2_are_not_negotiated(proxy, pki, ciphers):
    """(Q-03)"""
    context = pki.context(version=V12)
    context.set_ciphers(ciphers + ":@SECLEVEL=0")
    assert alert(proxy, context) in ("SSLV3_ALERT_HANDSHAKE_FAILURE", "TLSV1_ALERT_INSUFFICIENT_SECURITY")


@pytest.mark.parametrize("ciphers", ["ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384"])
def test_good_suites_of_tls_1_2_are_negotiated(proxy, pki, issuer, ciphers):
    context = pki.context(version=V12)
    context.set_ciphers(ciphers)
    with proxy.connect(context=context) as connection:
        assert connection.sock.cipher()[0] == ciphers and connection.request(token=issuer.token()).status == 200


@pytest.mark.parametrize("version", [V12, V13])
def test_no_certificate_is_no_handshake(proxy, pki, untouched, version):
    """(DT-02)"""
    expected = {V12: "HANDSHAKE_FAILURE", V13: "CERTIFICATE_REQUIRED"}[version]
    assert alert(proxy, pki.context(None, version)).endswith(expected)


@pytest.mark.parametrize("version", [V12, V13])
@pytest.mark.parametrize("client", ["stranger", "client-self-signed", "client-expired", "client-future", "client-serverauth", "server", "ca", "intermediate"])
def test_a_certificate_that_is_not_a_clients_of_ours_is_no_handshake(proxy, pki, untouched, client, version):
    # An authority's own certificate is refused by TLS itself: its key is not for signing handshakes.
    """(MTLS-16)"""
    expected = ("CERTIFICATE", "UNKNOWN_CA", "ILLEGAL_PARAMETER") if client in ("ca", "intermediate") else ("CERTIFICATE", "UNKNOWN_CA")
    assert any(word in alert(proxy, pki.context(client, version)) for word in expected)


@pytest.mark.parametrize("client,reason", [("stranger", "cert_untrusted"), ("client-expired", "cert_expired"), ("client-future", "cert_not_yet_valid")])
def test_why_a_handshake_failed_is_counted(start_proxy, pki, client, reason):
    proxy = start_proxy()
    alert(proxy, pki.context(client))
    eventually(lambda: proxy.metric("holdfast_handshake_failures_total", reason=reason) == 1, f"{reason} is counted")
    assert proxy.metric("holdfast_handshakes_total") == 0


@pytest.mark.parametrize("version", [V12, V13])
@pytest.mark.parametrize("client", ["stranger", "client-self-signed", "client-expired", "client-future", "client-serverauth"])
def test_whoever_is_refused_for_a_certificate_sees_one_alert(proxy, pki, untouched, client, version):
    """(TLS-10) It says that it was the certificate; the log alone says why (test_refused_handshakes.py)."""
    assert alert(proxy, pki.context(client, version)) == "SSLV3_ALERT_CERTIFICATE_UNKNOWN"


@pytest.mark.parametrize("offered", [None, ["http/1.1"]])
def test_another_protocol_than_the_one_agreed_on_is_not_spoken(proxy, pki, untouched, offered):
    """(TLS-06) ALPACA: whatever it is, no server behind us gets to read it."""
    preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes(9)
    for octets in [preface, b"USER anonymous\r\nPASS x\r\n", b"EHLO a\r\n", b"* OK IMAP4rev1\r\n", b"\x16\x03\x01\x00\x05hello"]:
        with proxy.connect(context=pki.context(alpn=offered)) as connection:
            answer = connection.send(octets).answer()
            assert answer.status in (400, 501, 505) and answer.values("Connection") == ["close"], octets


def test_a_certificate_without_any_usage_is_a_clients(proxy, pki, issuer):
    name = pki.issue("client-usage-none", "--usage", "none")
    assert proxy.ask(token=issuer.mint(bind=name), client=name).status == 200


def chain(pki, name, *certificates):
    """The key of the first with a chain of these files' first certificates."""
    texts = [(pki.folder / f"{c}.pem").read_text().split("-----END CERTIFICATE-----\n")[0] + "-----END CERTIFICATE-----\n" for c in certificates]
    (pki.folder / f"{name}.pem").write_text("".join(texts))
    shutil.copy(pki.path(f"{certificates[0]}.key"), pki.path(f"{name}.key"))  # with its mode: readable by its owner alone
    return pki.context(name)


def test_a_path_with_a_missing_intermediate_is_no_path(proxy, pki):
    """A certificate never seen before: of one that was, the path is remembered."""
    fresh = pki.issue("never-seen")
    assert "CERTIFICATE" in alert(proxy, chain(pki, "leaf-only", fresh))


def test_certificates_that_do_not_belong_to_the_path_do_no_harm(proxy, pki, issuer):
    context = chain(pki, "shuffled", "client-a", "stranger-ca", "client-b", "intermediate", "ca")
    with proxy.connect(context=context) as connection:
        answer = connection.request(token=issuer.token())
        assert answer.status == 200 and answer.seen("X-Client-Cert-SHA256") == [pki.thumbprint("client-a")]


def test_an_intermediate_that_is_configured_need_not_be_sent(start_proxy, pki, issuer, tmp_path):
    both = tmp_path / "authorities.pem"
    both.write_text((pki.folder / "clients-ca.pem").read_text() + (pki.folder / "intermediate.pem").read_text())
    proxy = start_proxy({"client_certificates": {"authorities": str(both)}})
    with proxy.connect(context=chain(pki, "leaf-only", "client-a")) as connection:
        assert connection.request(token=issuer.token()).status == 200


def test_the_systems_authorities_count_for_nothing(start_proxy, pki, issuer):
    """(MTLS-22)"""
    proxy = start_proxy(environment={"SSL_CERT_FILE": pki.path("stranger-ca.pem"), "SSL_CERT_DIR": str(pki.folder)})
    assert "CERTIFICATE" in alert(proxy, pki.context("stranger"))
    assert proxy.ask(token=issuer.token()).status == 200


def test_with_any_certificate_trusted_there_must_still_be_one(start_proxy, pki):
    """(MTLS-15, DT-02)"""
    proxy = start_proxy({"client_certificates": {"trust": "any", "authorities": None}})
    assert alert(proxy, pki.context(None)).endswith("CERTIFICATE_REQUIRED")
    for client in ["client-self-signed", "stranger", "client-expired", "client-serverauth"]:
        assert proxy.ask(client=client).status == 401, "the handshake is done"


@pytest.mark.parametrize("version", [V12, V13])
def test_a_session_resumed_on_any_loop_has_the_identity_of_the_first(proxy, pki, issuer, version):
    context = pki.context(version=version)
    with proxy.connect(context=context) as first:
        assert first.request(token=issuer.token()).status == 200
        session = first.sock.session
    for _ in range(4):
        with proxy.connect(context=context, session=session) as next_one:
            assert next_one.sock.session_reused
            answer = next_one.request(token=issuer.token())
            assert answer.status == 200 and answer.seen("X-Client-Cert-SHA256") == [pki.thumbprint("client-a")]
            assert is_invalid_token(next_one.request(token=issuer.token("client-b")), "cnf_mismatch")
            session = next_one.sock.session


@pytest.mark.parametrize("version", [V12, V13])
def test_a_certificate_that_expires_is_refused_on_open_and_resumed_connections(proxy, pki, issuer, untouched_after, version):

    def passing(lifetime):
        name = pki.issue(f"brief-{version.value}-{lifetime}", "--expires-in", f"{lifetime}s")
        token, context = issuer.mint(bind=name), pki.context(name, version)
        connection = proxy.connect(context=context)
        assert connection.request(token=token).status == 200
        return token, context, connection

    token, context, connection = while_it_lasts(passing)
    with connection:
        session = connection.sock.session
        refused = eventually(lambda: next((a for a in [connection.request(token=token)] if a.status != 200), None), "it expires", every=0.1)
        assert is_invalid_token(refused, "cert_expired")
    untouched_after()
    try:
        with proxy.connect(context=context, session=session) as resumed:
            answer = resumed.request(token=token)
            assert is_invalid_token(answer, "cert_expired")
    except (OSError, Truncated):
        pass  # closed before any request
    assert "CERTIFICATE" in alert(proxy, context)


@pytest.fixture
def untouched_after(upstream):
    """Call it; from then on nothing may reach the upstream."""
    before = []
    yield lambda: before.append(upstream.requests())
    assert before and upstream.requests() == before[0]


def test_a_session_of_another_proxy_is_not_resumed(start_proxy, pki, issuer):
    """Tickets are of one process and its trust: one with other authorities does a full handshake."""
    first = start_proxy()
    other = start_proxy({"client_certificates": {"authorities": pki.path("stranger-ca.pem")}})
    context = pki.context()
    with first.connect(context=context) as connection:
        assert connection.request(token=issuer.token()).status == 200
        session = connection.sock.session
    with pytest.raises((ssl.SSLError, ConnectionError)), other.connect(context=context, session=session) as connection:
        assert not connection.sock.session_reused
        connection.sock.recv(1)


def s_client(proxy, pki, *options, text=""):
    return run(
        "openssl", "s_client", "-connect", "127.0.0.1:%d" % proxy.address[1], "-CAfile", pki.path("ca.pem"), *options, input=text
    )


def as_client_a(pki):
    return ["-cert", pki.path("client-a.pem"), "-key", pki.path("client-a.key"), "-cert_chain", pki.path("intermediate.pem")]


def test_the_certificate_is_asked_for_in_the_handshake_by_naming_our_authorities(proxy, pki):
    """(MTLS-01)"""
    shown = s_client(proxy, pki, *as_client_a(pki)).stdout
    assert "Acceptable client certificate CA names" in shown and "Holdfast Lab Root" in shown
    assert "Verify return code: 0 (ok)" in shown


@pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])
def test_it_is_never_asked_for_again(proxy, pki, version):
    """(TLS-17, MTLS-01) Not even of a client that says it could be."""
    requests = 9 * "GET /certificate/a HTTP/1.1\r\nHost: a\r\n\r\n" + "GET /certificate/a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    offer = ["-enable_pha"] if version == "-tls1_3" else []
    shown = s_client(proxy, pki, *as_client_a(pki), version, *offer, "-msg", "-ign_eof", text=requests).stdout
    assert shown.count("HTTP/1.1 200") == 10 and shown.count(", CertificateRequest") == 1


def test_no_early_data_is_offered_and_tickets_live_a_week_at_most(proxy, pki, issuer):
    request = f"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nAuthorization: Bearer {issuer.token()}\r\n\r\n"
    shown = s_client(proxy, pki, *as_client_a(pki), "-ign_eof", text=request).stdout
    assert "HTTP/1.1 200" in shown and "Max Early Data: 0" in shown
    lifetimes = [int(line.split(":")[1].split()[0]) for line in shown.splitlines() if "ticket lifetime hint" in line]
    assert lifetimes and max(lifetimes) <= 604800


def test_a_session_resumed_without_a_certificate_is_still_its_own(proxy, pki, issuer, tmp_path):
    """The ticket holds the identity; who stole it without the keys of the session can do nothing with it."""
    request = f"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nAuthorization: Bearer {issuer.token()}\r\n\r\n"
    saved = ["-sess_out", tmp_path / "session"]
    first = s_client(proxy, pki, *as_client_a(pki), *saved, "-ign_eof", text=request)
    assert "HTTP/1.1 200" in first.stdout
    resumed = s_client(proxy, pki, "-sess_in", tmp_path / "session", "-ign_eof", text=request).stdout
    assert "Reused, TLSv1.3" in resumed and pki.thumbprint("client-a") in resumed
    other = request.replace(issuer.token(), issuer.token("client-b"))
    assert "cnf_mismatch" in s_client(proxy, pki, "-sess_in", tmp_path / "session", "-ign_eof", text=other).stdout


def test_http_in_clear_is_not_spoken(proxy, issuer, untouched):
    """(BR-15)"""
    with socket.create_connection(proxy.address, timeout=PATIENCE) as plain:
        plain.sendall(f"GET / HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {issuer.token()}\r\n\r\n".encode())
        received = b""
        try:
            while octets := plain.recv(4096):
                received += octets
        except ConnectionError:
            pass
    assert b"HTTP/1.1 3" not in received and b"HTTP/1.1 2" not in received


def test_http_1_1_is_chosen_by_alpn(proxy, pki, issuer):
    with proxy.connect(context=pki.context(alpn=["http/1.1"])) as connection:
        assert connection.sock.selected_alpn_protocol() == "http/1.1"
        assert connection.request(token=issuer.token()).status == 200


def counted(proxy, reason):
    eventually(lambda: proxy.metric("holdfast_handshake_failures_total", reason=reason) >= 1, f"{reason} is counted")


@pytest.mark.parametrize("version", [V12, V13])
def test_a_client_that_speaks_no_protocol_of_ours_is_told_so(start_proxy, pki, issuer, version):
    """RFC 7301 section 3.2: the alert no_application_protocol. (TLS-05)"""
    proxy = start_proxy()
    for offered in [["h3"], ["imap", "h2c"], ["http/1.0", "HTTP/1.1"]]:
        with pytest.raises(ssl.SSLError, match="alert no application protocol"), proxy.connect(context=pki.context(version=version, alpn=offered)):
            pass
    counted(proxy, "no_application_protocol")
    for offered in [None, ["http/1.1"], ["h3", "http/1.1"]]:
        with proxy.connect(context=pki.context(version=version, alpn=offered)) as connection:
            assert connection.request(token=issuer.token()).status == 200


def test_the_metadata_listener_tells_so_too(start_proxy, pki):
    address = ("127.0.0.1", free_port())
    start_proxy({"resource": {"identifier": "https://api.example.com", "metadata_address": "%s:%d" % address}})
    with pytest.raises(ssl.SSLError, match="alert no application protocol"), Connection(address, pki.context(None, alpn=["h2"])):
        pass
    with Connection(address, pki.context(None, alpn=["http/1.1"])) as connection:
        assert connection.sock.selected_alpn_protocol() == "http/1.1"


def test_a_hello_in_small_pieces_is_read_all_the_same(proxy, pki, issuer):
    """Each octet in a packet of its own, with the protocols at the end."""
    with socket.create_connection(proxy.address, timeout=PATIENCE) as raw:
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        client = pki.context(alpn=["h3", "http/1.1"]).wrap_bio(incoming, outgoing, server_hostname="localhost")
        with pytest.raises(ssl.SSLWantReadError):
            client.do_handshake()
        for octet in outgoing.read():
            raw.sendall(bytes([octet]))
        while True:
            incoming.write(raw.recv(65536))
            try:
                client.do_handshake()
                break
            except ssl.SSLWantReadError:
                raw.sendall(outgoing.read())
        assert client.selected_alpn_protocol() == "http/1.1"


# Why TLS itself ended a handshake


def sent(octets):
    """A client that is none of TLS."""

    def behave(proxy, pki):
        with socket.create_connection(proxy.address, timeout=PATIENCE) as plain:
            plain.sendall(octets)
            try:
                while plain.recv(4096):
                    pass
            except ConnectionError:
                pass

    return behave


def failed(make):
    """A client of TLS whose handshake is refused, by either side."""

    def behave(proxy, pki):
        try:
            with proxy.connect(context=make(pki)) as connection:
                connection.sock.recv(1)
        except (ssl.SSLError, ConnectionError):
            pass

    return behave


def left(proxy, pki):
    socket.create_connection(proxy.address, timeout=PATIENCE).close()


def suspicious(pki, version=V12):
    """A client that trusts the system's authorities and not ours."""
    context = ssl.create_default_context()
    context.minimum_version = context.maximum_version = version
    context.load_cert_chain(pki.path("client-a.pem"), pki.path("client-a.key"))
    return context


def old(pki):
    context = pki.context()
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
    return context


def other_cipher(pki):
    context = pki.context(version=V12)
    context.set_ciphers("ECDHE-ECDSA-AES128-SHA:@SECLEVEL=0")
    return context


def other_group(pki):
    context = pki.context(version=V13)
    context.set_ecdh_curve("secp521r1")
    return context


WHY = {
    "cert_missing": [failed(lambda pki: pki.context(None, V12)), failed(lambda pki: pki.context(None, V13))],
    "cert_untrusted": [failed(lambda pki: pki.context("stranger"))],
    "not_tls": [sent(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"), sent(b"SSH-2.0-x\r\n"), sent(b"\0" * 64)],
    "unsupported_version": [failed(old)],
    "no_shared_cipher": [failed(other_cipher)],
    "no_shared_group": [failed(other_group)],
    "server_cert_refused": [failed(suspicious)],
    "client_alert": [failed(lambda pki: suspicious(pki, V13))],
    "client_gone": [left],
}


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("reason", WHY)
def test_each_reason_for_a_failed_handshake_has_its_own_code(start_proxy, pki, reason):
    proxy = start_proxy()
    for number, behave in enumerate(WHY[reason], 1):
        behave(proxy, pki)
        eventually(lambda count=number: proxy.metric("holdfast_handshake_failures_total", reason=reason) == count, f"{reason} is counted")
    assert proxy.metric("holdfast_handshake_failures_total", reason="tls_error") == 0


def test_more_certificates_than_a_path_can_need_are_called_that(start_proxy, pki, tmp_path, issuer):
    proxy = start_proxy()
    many = chain(pki, "many", "never-many", *["intermediate"] * 9) if pki.issue("never-many") else None
    alert(proxy, many)
    counted(proxy, "cert_chain_too_large")
    (tmp_path / "token").write_text(issuer.token())
    explained = run(
        HOLDFAST, "explain", "--config", proxy.file, "--certificate", pki.path("many.pem"), "--token", tmp_path / "token"
    )
    assert "cert_chain_too_large" in explained.stdout and "at most 8 certificates" in explained.stdout


def test_where_only_post_quantum_keys_are_exchanged_others_are_refused(start_proxy, pki, issuer):
    """No client of Python has them, but Holdfast itself has: one in front of another."""
    inner = start_proxy({"listener": {"key_exchange": "post-quantum-only"}, "routes": [{"path": "/*", "require": "certificate"}]})
    assert "HANDSHAKE_FAILURE" in alert(inner, pki.context())
    counted(inner, "no_shared_group")
    outer = start_proxy(
        {
            "upstream": {
                "url": "https://localhost:%d" % inner.address[1], "certificate_authorities": pki.path("ca.pem"),
                "certificate": pki.path("client-b.pem"), "private_key": pki.path("client-b.key"),
            }
        }
    )
    answer = outer.ask(token=issuer.token())
    assert answer.status == 200 and answer.seen("X-Client-Cert-SHA256") == [pki.thumbprint("client-b")], "the inner one's client is the outer"


def test_nothing_is_signed_with_sha_1(proxy, pki):
    """Also where a client of TLS 1.2 offers nothing better. (Q-03)"""
    common = ["-tls1_2", "-cipher", "ALL:@SECLEVEL=0", *as_client_a(pki)]
    assert "alert handshake failure" in s_client(proxy, pki, *common, "-sigalgs", "ECDSA+SHA1:RSA+SHA1").stderr
    shown = s_client(proxy, pki, *common, "-sigalgs", "ECDSA+SHA1:ECDSA+SHA256").stdout
    assert "Peer signing digest: SHA256" in shown


def test_a_handshake_that_does_not_come_is_not_waited_for(start_proxy):
    """(TLS-23)"""
    proxy = start_proxy({"listener": {"handshake_timeout": "300ms"}})
    for opening in [b"", b"\x16\x03\x01\x02\x00\x01"]:
        began = time.monotonic()
        with socket.create_connection(proxy.address, timeout=PATIENCE) as slow:
            slow.sendall(opening)
            try:
                assert slow.recv(1) == b""
            except ConnectionResetError:
                pass
            assert time.monotonic() - began > 0.25, "it was waited for"


def test_a_hello_in_many_segments_is_one_hello(proxy, pki, issuer):
    """(TLS-23)"""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = pki.context().wrap_bio(incoming, outgoing, server_hostname="127.0.0.1")
    with socket.create_connection(proxy.address, timeout=PATIENCE) as sock:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while True:
            try:
                tls.do_handshake()
                break
            except ssl.SSLWantReadError:
                for octet in outgoing.read():
                    sock.sendall(bytes([octet]))
                incoming.write(sock.recv(65536))
        tls.write(f"GET / HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {issuer.token()}\r\n\r\n".encode())
        sock.sendall(outgoing.read())
        received = b""
        while b"\r\n" not in received:
            incoming.write(sock.recv(65536))
            try:
                received += tls.read(65536)
            except ssl.SSLWantReadError:
                pass
    assert received.startswith(b"HTTP/1.1 200 ")


def test_the_number_of_connections_is_bounded(start_proxy, issuer):
    proxy = start_proxy({"threads": 1, "listener": {"max_connections": 4}})
    held = [proxy.connect() for _ in range(4)]
    # Answered, so that we know them too: one whose handshake is not done would make room.
    assert [connection.request(token=issuer.token()).status for connection in held] == [200] * 4
    with pytest.raises((ssl.SSLError, ConnectionError)):
        proxy.connect()
    assert held[0].request(token=issuer.token()).status == 200
    for connection in held:
        connection.close()
    eventually(lambda: proxy.metric("holdfast_connections_active") == 0, "they are gone")
    assert proxy.ask(token=issuer.token()).status == 200
