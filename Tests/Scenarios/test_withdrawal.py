"""A certificate that counts no more, under load: its client's requests end, on live connections and on resumed sessions, and nobody else's do."""
import datetime
import ssl
import threading
import time

import pytest

from harness.load import Background
from harness.processes import eventually
from harness.proxy import yaml
from harness.revocation import Authority
from harness.wire import Truncated

VERSIONS = pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3], ids=["1.2", "1.3"])
REFUSED = (OSError, EOFError, Truncated)
# A connection goes on with a resumed session after so many requests.
TURN = 25


class Client:
    """Sends requests as fast as they are answered, and notes when each was sent and what came of it."""

    def __init__(self, proxy, context, token):
        self.proxy, self.context, self.token = proxy, context, token
        self.ending = threading.Event()
        self.seen = []
        self.resumed = 0

    def run(self, _):
        session = None
        while not self.ending.is_set():
            try:
                with self.proxy.connect(context=self.context, session=session) as connection:
                    self.resumed += bool(connection.sock.session_reused)
                    for _ in range(TURN):
                        sent = time.time()
                        answer = connection.request(token=self.token)
                        self.seen.append((sent, answer.status, answer.reason if answer.status != 200 else None))
                        session = connection.sock.session
                        if self.ending.is_set() or answer.status != 200 and answer.value("Connection") == "close":
                            break
            except REFUSED:
                self.seen.append((time.time(), None, None))

    def since(self, moment):
        return [entry for entry in self.seen if entry[0] >= moment]


class Stage:
    """One client whose certificate is going to be withdrawn, of an authority of its own, and others."""

    def __init__(self, start_proxy, pki, issuer, folder, version):
        self.pki, self.folder = pki, folder
        name = f"going-{folder.name}"
        pki.work("--authority", f"{name}-ca", "--self-signed")
        self.authority = Authority(pki, f"{name}-ca")
        self.victim = name
        self.lists, self.denied = folder / "going.crl", folder / "denied.txt"
        self.lists.write_bytes(self.authority.revoked())
        self.denied.write_text("")
        self.own = {"file": pki.path(f"{name}-ca.pem"), "revocation": {"lists": [str(self.lists)]}}
        self.proxy = start_proxy({"client_certificates": {"authorities": [pki.path("clients-ca.pem"), self.own], "deny": str(self.denied)}})
        self.issuer, self.version = issuer, version

    def issue(self, lifetime="1h"):
        self.pki.issue(self.victim, "--from", f"{self.victim}-ca", "--expires-in", lifetime)

    def clients(self):
        going = [self.client(self.victim, self.issuer.mint(bind=self.victim)) for _ in range(2)]
        others = [self.client("client-a", self.issuer.token()) for _ in range(3)]
        return going, others

    def client(self, name, token):
        return Client(self.proxy, self.pki.context(name, self.version), token)

    def change(self, write):
        """Returns when it is in force, and the moment of that."""
        generation = self.proxy.metric("holdfast_generation")
        write()
        eventually(lambda: self.proxy.metric("holdfast_generation") > generation, "it is in force", every=0.02)
        return time.time()


def revoke(stage):
    return stage.change(lambda: stage.lists.write_bytes(stage.authority.revoked(stage.pki.certificate(stage.victim))))


def deny(stage):
    return stage.change(lambda: stage.denied.write_text(f"thumbprint {stage.pki.thumbprint(stage.victim)}\n"))


def distrust(stage):
    configuration = dict(stage.proxy.configuration)
    configuration["client_certificates"] = dict(configuration["client_certificates"], authorities=[stage.pki.path("clients-ca.pem")])
    return stage.change(lambda: stage.proxy.file.write_text(yaml(configuration)))


def expire(stage):
    end = stage.pki.certificate(stage.victim).not_valid_after_utc.replace(tzinfo=datetime.timezone.utc).timestamp()
    return end + 1


@VERSIONS
@pytest.mark.parametrize(
    "withdraw, reason", [(revoke, "cert_revoked"), (expire, "cert_expired"), (distrust, "cert_untrusted"), (deny, "cert_denied")],
    ids=lambda one: getattr(one, "__name__", one),
)
def test_who_is_withdrawn_under_load_is_gone_and_nobody_else(start_proxy, pki, issuer, tmp_path, version, withdraw, reason):
    """(PKI-11, TLS-16)"""
    stage = Stage(start_proxy, pki, issuer, tmp_path, version)
    stage.issue("15s" if withdraw is expire else "1h")
    going, others = stage.clients()
    everybody = going + others
    with Background(len(everybody), lambda number: everybody[number].run(number)):
        try:
            eventually(lambda: all(len(client.seen) > 2 * TURN for client in everybody), "everybody is under way")
            moment = withdraw(stage)
            eventually(lambda: all(len(client.since(moment)) > 2 * TURN for client in others), "the others went on")
            eventually(lambda: all(len(client.since(moment)) > 3 for client in going), "the one tries on")
        finally:
            for client in everybody:
                client.ending.set()
    for client in others:
        assert {status for _, status, _ in client.seen} == {200} and client.resumed > 0
    for client in going:
        before = [entry for entry in client.seen if entry[0] < moment and entry[1] == 200]
        assert before and client.resumed > 0
        after = client.since(moment)
        assert not [entry for entry in after if entry[1] == 200]
        # On the connection that was live, by an answer; then at the handshake.
        assert {why for _, _, why in client.seen} - {None} <= {reason}
    assert any(entry[2] == reason for client in going for entry in client.seen)
    assert stage.proxy.metric("holdfast_refusals_total", reason=reason) >= 1


@VERSIONS
def test_a_client_that_rotates_with_overlap_under_load_fails_no_request(start_proxy, pki, issuer, tmp_path, version):
    proxy = start_proxy()
    old, new = f"rotates-{tmp_path.name}", f"rotates-{tmp_path.name}-next"
    pki.issue(old)
    pki.issue(new, "--common-name", old)
    first = [Client(proxy, pki.context(old, version), issuer.mint(bind=old)) for _ in range(2)]
    second = [Client(proxy, pki.context(new, version), issuer.mint(bind=new)) for _ in range(2)]
    everybody = first + second
    begun = threading.Event()

    def work(number):
        if everybody[number] in second:
            begun.wait()
        everybody[number].run(number)

    with Background(len(everybody), work):
        try:
            eventually(lambda: all(len(client.seen) > 2 * TURN for client in first), "the old ones are under way")
            begun.set()
            eventually(lambda: all(len(client.seen) > TURN for client in second), "the new ones too")
            for client in first:
                client.ending.set()
            eventually(lambda: all(len(client.seen) > 3 * TURN for client in second), "the new ones go on")
        finally:
            begun.set()
            for client in everybody:
                client.ending.set()
    assert {status for client in everybody for _, status, _ in client.seen} == {200}
