"""Several hosts behind one listener, each with a certificate and, where it says so, clients of its own."""
import json
import socket
import ssl

import pytest

from harness.processes import HOLDFAST, PATIENCE, eventually, run
from harness.proxy import yaml
from harness.wire import Truncated

V12, V13 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3
GONE = (OSError, EOFError, Truncated)
API, PAY, SHOP = "api.example.com", "pay.example.com", "shop.example.com"


@pytest.fixture(scope="module")
def served(pki):
    for host in (API, PAY, SHOP):
        pki.issue(f"identity-{host}", "--usage", "server", "--dns", host)

    def identity(host, clients=None):
        own = {"hosts": [host], "certificate": pki.path(f"identity-{host}.pem"), "private_key": pki.path(f"identity-{host}.key")}
        return own | ({"client_certificates": clients} if clients else {})

    return identity


@pytest.fixture
def changes(pki, served):
    strangers = {"trust": "authorities", "authorities": pki.path("stranger-ca.pem")}
    return {"listener": {"hosts": ["localhost", "127.0.0.1"], "identities": [served(API), served(SHOP), served(PAY, strangers)]}}


@pytest.fixture
def hosts(start_proxy, changes):
    return start_proxy(changes)


def ask(proxy, host, client="client-a", token=None, name=None, **options):
    """By a connection for `name`, a request for `host`."""
    with proxy.connect(client, server_hostname=name or host, **options) as connection:
        connection.host = host
        return connection.request(token=token)


def refusals(proxy):
    told = proxy.process.messages()
    return [line for line in told if line["message"] == "handshake refused"]


def refusal(proxy, reason, name):
    return eventually(
        lambda: next((one for one in refusals(proxy) if one["reason"] == reason and one.get("server_name") == name), None), f"{reason} for {name}"
    )


@pytest.mark.parametrize("version", [V12, V13])
@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", API, SHOP])
def test_each_host_has_its_certificate(hosts, pki, issuer, host, version):
    context = pki.context(version=version)
    with hosts.connect(context=context, server_hostname=host) as connection:
        names = {value for _, value in connection.sock.getpeercert()["subjectAltName"]}
        assert host in names and not names & ({API, SHOP, PAY} - {host})
        connection.host = host + ":8443"
        assert connection.request(token=issuer.token()).status == 200


@pytest.mark.parametrize("version", [V12, V13])
def test_each_host_may_have_its_own_clients(hosts, pki, issuer, untouched, version):
    stranger = pki.context("stranger", version)
    with hosts.connect(context=stranger, server_hostname=PAY) as connection:
        connection.host = PAY
        # Let in, and told that the token is another's: the handshake is over.
        assert connection.request(token=issuer.token()).reason == "cnf_mismatch"
    for client, host in (("client-a", PAY), ("stranger", API), ("stranger", "localhost")):
        with pytest.raises(GONE):
            ask(hosts, host, context=pki.context(client, version), token=issuer.token())
        refusal(hosts, "cert_untrusted", host)


def test_the_authorities_that_a_host_names_are_its_own(hosts, pki):
    for host, own in ((PAY, "stranger-ca"), (API, "clients-ca")):
        shown = run(
            "openssl", "s_client", "-connect", "127.0.0.1:%d" % hosts.address[1], "-servername", host, "-CAfile", pki.path("ca.pem"), input=""
        ).stdout
        subject = run("openssl", "x509", "-noout", "-subject", "-in", pki.path(f"{own}.pem")).stdout.removeprefix("subject=").strip()
        assert subject.replace(" ", "") in shown.partition("Acceptable client certificate CA names")[2].replace(" ", "")
        assert f"identity-{host}" in shown


@pytest.mark.parametrize("version", [V12, V13])
def test_an_unknown_name_is_told_so_by_its_alert(hosts, pki, untouched, version):
    """(TLS-04)"""
    context = pki.context(version=version)
    context.check_hostname = False
    for name in ("nope.example", "api.example.com.evil.example", "example.com"):
        with pytest.raises(ssl.SSLError, match="(?i)unrecognized name"):
            ask(hosts, API, context=context, name=name)
        refusal(hosts, "unrecognized_name", name)


def test_names_are_compared_without_case(hosts, pki, issuer):
    context = pki.context()
    context.check_hostname = False
    with hosts.connect(context=context, server_hostname="API.Example.COM") as connection:
        connection.host = API
        assert connection.request(token=issuer.token()).status == 200


def test_who_names_no_host_is_served_only_where_addresses_are(start_proxy, changes, hosts, pki, issuer):
    assert ask(hosts, "127.0.0.1", token=issuer.token()).status == 200  # Python sends no name for an address
    changes["listener"]["hosts"] = ["localhost"]
    other = start_proxy(changes)
    with pytest.raises(ssl.SSLError, match="(?i)unrecognized name"):
        ask(other, "127.0.0.1")
    assert ask(other, "localhost", token=issuer.token()).status == 200


def test_a_single_identity_with_hosts_has_no_other_names_either(start_proxy, pki, issuer):
    """(TLS-04)"""
    proxy = start_proxy({"listener": {"hosts": ["localhost", "api.example.net"]}})
    context = pki.context()
    context.check_hostname = False
    with pytest.raises(ssl.SSLError, match="(?i)unrecognized name"):
        ask(proxy, "localhost", context=context, name="nope.example")
    # A load balancer's probe knows no name.
    assert ask(proxy, "api.example.net", context=context, name="127.0.0.1", token=issuer.token()).status == 200


def test_a_connection_is_good_for_the_hosts_of_its_identity_only(hosts, issuer, untouched):
    """(TLS-25) (FW-19)"""
    for name, host in ((API, SHOP), (SHOP, API), (API, "localhost"), ("localhost", PAY), ("127.0.0.1", API)):
        answer = ask(hosts, host, name=name, token=issuer.token())
        assert answer.status == 421 and answer.reason == "host_of_other_connection"
    answer = ask(hosts, "nope.example", name=API, token=issuer.token())
    assert answer.status == 421 and answer.reason == "host_not_served"


def test_the_hosts_of_one_identity_share_its_connections(hosts, issuer):
    assert ask(hosts, "127.0.0.1", name="localhost", token=issuer.token()).status == 200


@pytest.mark.parametrize("version", [V12, V13])
def test_no_session_crosses_identities(hosts, pki, issuer, version):
    """(TLS-14, TLS-15, TLS-24) CVE-2025-23419."""
    context = pki.context(version=version)
    context.check_hostname = False

    def session(host):
        with hosts.connect(context=context, server_hostname=host) as connection:
            connection.host = host
            assert connection.request(token=issuer.token()).status == 200
            return connection.sock.session

    begun = session(API)
    with hosts.connect(context=context, server_hostname=API, session=begun) as connection:
        assert connection.sock.session_reused
    # The same clients: a full handshake.
    with hosts.connect(context=context, server_hostname=SHOP, session=session(API)) as connection:
        assert not connection.sock.session_reused
        connection.host = SHOP
        assert connection.request(token=issuer.token()).status == 200
    # Others: that handshake is refused.
    with pytest.raises(GONE):
        with hosts.connect(context=context, server_hostname=PAY, session=session(API)) as connection:
            assert not connection.sock.session_reused
            connection.host = PAY
            connection.request(token=issuer.token())
    refusal(hosts, "cert_untrusted", PAY)


def rewrite(proxy, listener, generation):
    configuration = json.loads(json.dumps(proxy.configuration))
    configuration["listener"].update(listener)
    proxy.file.write_text(yaml(configuration))
    eventually(lambda: proxy.metric("holdfast_generation") == generation, "the reload")


def test_a_reload_reaches_the_connections_of_a_host(hosts, pki, issuer, served):
    """Other clients for a host, or a host that is not served any more, hold at the next request."""
    strangers = {"trust": "authorities", "authorities": pki.path("stranger-ca.pem")}
    with hosts.connect(server_hostname=API) as api, hosts.connect(server_hostname=SHOP) as shop:
        api.host, shop.host = API, SHOP
        assert api.request(token=issuer.token()).status == 200 and shop.request(token=issuer.token()).status == 200
        rewrite(hosts, {"identities": [served(SHOP), served(API, strangers)]}, 2)
        assert api.request(token=issuer.token()).reason == "cert_untrusted"
        assert shop.request(token=issuer.token()).status == 200
        rewrite(hosts, {"identities": [served(PAY), served(API)]}, 3)
        assert shop.request(token=issuer.token()).reason == "host_not_served"
        shop.host = PAY
        assert shop.request(token=issuer.token()).reason == "host_of_other_connection"


def test_a_hello_in_pieces_finds_its_identity(hosts, pki, issuer):
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = pki.context().wrap_bio(incoming, outgoing, server_hostname=SHOP)
    with socket.create_connection(hosts.address, timeout=PATIENCE) as plain:
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while True:
            try:
                tls.do_handshake()
                break
            except ssl.SSLWantReadError:
                octets = outgoing.read()
                for place in range(0, len(octets), 100):
                    plain.sendall(octets[place:place + 100])
                incoming.write(plain.recv(65536))
        assert (("DNS", SHOP),) == tls.getpeercert()["subjectAltName"]


@pytest.mark.parametrize(
    "change, message",
    [
        (lambda c: c["listener"].pop("hosts"), "With `identities`, write the hosts"),
        (lambda c: c["listener"]["identities"][0].pop("hosts"), "Write the hosts that clients reach"),
        (lambda c: c["listener"]["identities"][1].update(hosts=["LOCALHOST"]), "is a host of another identity already"),
        (lambda c: c["listener"]["identities"][1].update(hosts=[API]), "is a host of another identity already"),
        (lambda c: c["listener"]["identities"][0].pop("private_key"), "private key"),
        (lambda c: c["listener"]["identities"][2]["client_certificates"].update(deny="x"), "deny"),
        (lambda c: c["listener"]["identities"][2]["client_certificates"].pop("trust"), "Write `authorities`"),
        (lambda c: c["listener"].update(identities=[]), "The list is empty"),
        (lambda c: c["listener"].update(identities=["a"]), "A section with `hosts`"),
        (lambda c: c["listener"]["identities"][0].update(private_key=c["listener"]["private_key"]), "is not the key"),
    ],
)
def test_what_cannot_be_meant_is_a_mistake(hosts, change, message):
    configuration = json.loads(json.dumps(hosts.configuration))
    change(configuration)
    file = hosts.file.with_name("mistaken.yaml")
    file.write_text(yaml(configuration))
    told = run(HOLDFAST, "check", "--config", file)
    assert told.returncode == 64 and message in told.stderr + told.stdout


def test_check_says_who_is_served_with_what(hosts):
    told = run(HOLDFAST, "check", "--config", hosts.file).stdout
    assert f"Serves {API} with" in told and "to clients of its own" in told and "listener.identities[2].client_certificates" in told


def test_explain_judges_by_the_identity_of_the_host(hosts, pki, issuer, tmp_path):
    (tmp_path / "token").write_text(issuer.token())

    def explained(*options):
        return run(
            HOLDFAST, "explain", "--config", hosts.file, "--certificate", pki.path("client-a.pem"), "--token", tmp_path / "token", *options
        ).stdout

    assert "would be forwarded" in explained("--header", f"Host: {API}:8443")
    assert "cert_untrusted" in explained("--header", f"Host: {PAY}")
    assert "would be forwarded" in explained()


@pytest.mark.parametrize("version", [V12, V13])
def test_a_star_is_for_every_host_with_one_label_more_where_no_other_is_named_for_it(start_proxy, changes, served, pki, issuer, untouched, version):
    """(TLS-04, TLS-25)"""
    pki.issue("identity-star", "--usage", "server", "--dns", "*.example.net")
    star = {"hosts": ["*.example.net"], "certificate": pki.path("identity-star.pem"), "private_key": pki.path("identity-star.key")}
    named = served(PAY, {"trust": "authorities", "authorities": pki.path("stranger-ca.pem")}) | {"hosts": ["pay.example.net"]}
    hosts = start_proxy({"listener": {"hosts": ["localhost", "127.0.0.1"], "identities": [star, named]}})
    context = pki.context(version=version)
    context.check_hostname = False
    for host in ("a.example.net", "B.Example.NET"):
        with hosts.connect(context=context, server_hostname=host) as connection:
            assert ("DNS", "*.example.net") in connection.sock.getpeercert()["subjectAltName"]
            connection.host = host
            # Let in, and told that the token is another's.
            assert connection.request(token=issuer.token("client-b")).reason == "cnf_mismatch"
            connection.host = "pay.example.net"
            assert connection.request(token=issuer.token()).reason == "host_of_other_connection", "that one has clients of its own"
    for host in ("example.net", "a.b.example.net"):
        with pytest.raises(ssl.SSLError, match="(?i)unrecognized name"):
            ask(hosts, host, context=context)
    with pytest.raises(GONE):
        ask(hosts, "pay.example.net", context=context, token=issuer.token())
    refusal(hosts, "cert_untrusted", "pay.example.net")


@pytest.mark.parametrize("host", ["*", "*.net", "*.", "a.*.example.net", "*a.example.net", "*.192.0.2.1", "**.example.net"])
def test_a_star_that_stands_for_more_is_a_mistake(start_proxy, served, host):
    proxy = start_proxy({"listener": {"hosts": ["localhost"], "identities": [served(API) | {"hosts": [host]}]}}, wait=None)
    eventually(lambda: not proxy.process.is_running(), "it does not start")
    assert "listener.identities[0].hosts[0]" in proxy.process.err and "A host name or IP address" in proxy.process.err
