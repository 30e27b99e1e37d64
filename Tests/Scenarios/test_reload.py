"""A changed configuration takes effect without a restart, whole or not at all, and drops no connection."""
import os
import re
import shutil
import signal
import ssl
import threading
import time

import pytest
from cryptography import x509

from harness.load import Background
from harness.processes import eventually, free_port
from harness.proxy import merged, yaml
from harness.wire import Connection


class Reloadable:
    """A proxy whose configuration file, and authorities of its own, can be written anew."""

    def __init__(self, start_proxy, pki, folder, changes=None):
        self.pki, self.folder = pki, folder
        self.authorities = folder / "authorities.pem"
        shutil.copy(pki.path("clients-ca.pem"), self.authorities)
        self.proxy = start_proxy(merged({"client_certificates": {"authorities": str(self.authorities)}}, changes or {}))

    def write(self, changes, text=None):
        """By a rename, as careful editors do."""
        new = self.proxy.file.with_suffix(".new")
        new.write_text(text or yaml(merged(self.proxy.configuration, changes)))
        os.rename(new, self.proxy.file)

    def generation(self):
        return int(self.proxy.metric("holdfast_generation"))

    def await_generation(self, number):
        eventually(lambda: self.generation() == number, lambda: f"generation {number}, not {self.generation()}")

    def hang_up(self):
        self.proxy.process.child.send_signal(signal.SIGHUP)

    def messages(self, text):
        return [line for line in self.proxy.process.messages() if line["message"] == text]

    def verbose(self, beginning):
        return [line for line in self.proxy.admin("/readyz?verbose")[1].splitlines() if line.startswith(beginning)]


@pytest.fixture
def reloadable(start_proxy, pki, tmp_path):
    return lambda changes=None: Reloadable(start_proxy, pki, tmp_path, changes)


CLOSED = {"routes": [{"path": "/closed/*", "scopes": ["nobody:has"]}]}
REFUSED = "reload refused: nothing has changed, the generation in force stays"


@pytest.mark.parametrize("is_told", [True, False], ids=["hangup", "files"])
def test_the_next_request_of_a_live_connection_is_judged_by_the_new_routes(reloadable, issuer, is_told):
    one = reloadable()
    with one.proxy.connect() as connection:
        assert connection.request(target="/closed/a", token=issuer.token()).status == 200
        one.write(CLOSED)
        if is_told:
            one.hang_up()
        one.await_generation(2)
        assert connection.request(target="/closed/a", token=issuer.token()).reason == "scope_insufficient"
        assert connection.request(target="/open", token=issuer.token()).status == 200
    assert one.proxy.metric("holdfast_reloads_total", outcome="applied") == 1


def test_a_hangup_takes_effect_where_nothing_has_changed_and_a_touched_file_does_not(reloadable, issuer):
    one = reloadable()
    one.hang_up()
    one.await_generation(2)
    os.utime(one.proxy.file, (1, 1))
    time.sleep(1)  # for what must not happen
    one.write(CLOSED)
    one.await_generation(3)
    assert one.proxy.metric("holdfast_reloads_total", outcome="applied") == 2


@pytest.mark.parametrize("how", ["yaml", "value", "file"])
def test_a_mistake_changes_nothing_and_is_told_until_it_is_mended(reloadable, issuer, how):
    one = reloadable()
    with one.proxy.connect() as connection:
        assert connection.request(token=issuer.token()).status == 200
        if how == "yaml":
            one.write({}, text="listener: [\n")
        elif how == "value":
            one.write(merged(CLOSED, {"listener": {"head_timeout": "0s"}}))
        else:
            one.authorities.write_text("no certificate\n")
        eventually(lambda: one.proxy.metric("holdfast_reload_refused") == 1, "it is refused")
        assert one.generation() == 1
        (told,) = one.verbose("reload refused: ")
        assert ("authorities" in told) if how != "yaml" and how != "value" else (str(one.proxy.file) in told)
        assert [line["mistakes"] for line in one.messages(REFUSED)] == ["1"]
        assert one.messages("mistake in the configuration")
        assert one.proxy.admin("/readyz")[0] == 200
        assert connection.request(target="/closed/a", token=issuer.token()).status == 200
        shutil.copy(one.pki.path("clients-ca.pem"), one.authorities)
        one.write(CLOSED)
        one.await_generation(2)
        assert one.proxy.metric("holdfast_reload_refused") == 0 and not one.verbose("reload refused: ")
        assert connection.request(target="/closed/a", token=issuer.token()).reason == "scope_insufficient"


def test_a_mistake_in_a_file_that_only_the_refused_configuration_names_can_be_mended_there(reloadable, pki, tmp_path):
    one = reloadable()
    other = tmp_path / "other.pem"
    one.write({"client_certificates": {"authorities": str(other)}})
    eventually(lambda: one.proxy.metric("holdfast_reload_refused") == 1, "it is refused")
    shutil.copy(pki.path("clients-ca.pem"), other)
    one.await_generation(2)


def test_what_was_taken_back_is_no_mistake_any_more(reloadable):
    one = reloadable()
    one.write({}, text="listener: [\n")
    eventually(lambda: one.proxy.metric("holdfast_reload_refused") == 1, "it is refused")
    one.write({})
    eventually(lambda: one.proxy.metric("holdfast_reload_refused") == 0, "nothing is refused")
    assert one.generation() == 1


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3], ids=["1.2", "1.3"])
def test_a_client_whose_authority_is_no_longer_trusted_stops_at_its_next_request(reloadable, issuer, pki, upstream, version):
    """(PKI-11, TLS-16)"""
    one = reloadable()
    context = pki.context("client-a", version)
    with one.proxy.connect(context=context) as connection:
        assert connection.request(token=issuer.token()).status == 200
        session = connection.sock.session
        shutil.copy(pki.path("stranger-ca.pem"), one.authorities)
        one.await_generation(2)
        before = upstream.requests()
        answer = connection.request(token=issuer.token())
        assert (answer.status, answer.reason) == (401, "cert_untrusted")
        assert connection.request(target="/certificate/a").reason == "cert_untrusted"
        for again in (None, session):
            with pytest.raises((OSError, EOFError)):
                one.proxy.connect(context=context, session=again).request(token=issuer.token())
        assert upstream.requests() == before


def test_clients_of_an_authority_that_stays_are_not_disturbed(reloadable, issuer, pki):
    one = reloadable()
    with one.proxy.connect("client-a") as a, one.proxy.connect("client-b") as b:
        for number, names in enumerate((["stranger-ca.pem", "ca.pem"], ["ca.pem"]), start=2):
            assert a.request(token=issuer.token()).status == 200, "its intermediate, which it sent at its handshake, is still known"
            assert b.request(token=issuer.token("client-b")).status == 200
            one.authorities.write_text("".join(open(pki.path(name)).read() for name in names))
            one.await_generation(number)
        assert a.request(token=issuer.token()).status == 200
        assert b.request(token=issuer.token("client-b")).status == 200


def test_new_connections_are_shown_the_renewed_certificate(reloadable, issuer, pki, tmp_path):
    names = [tmp_path / "server.pem", tmp_path / "server.key"]
    for name in names:
        shutil.copy(pki.path(name.name), name)
    one = reloadable({"listener": {"certificate": str(names[0]), "private_key": str(names[1])}})

    def shown():
        with one.proxy.connect() as connection:
            return x509.load_der_x509_certificate(connection.sock.getpeercert(True)).serial_number

    with one.proxy.connect() as connection:
        before = shown()
        pki.issue("renewed-server", "--usage", "server")
        shutil.copy(pki.path("renewed-server.pem"), names[0])
        shutil.copy(pki.path("renewed-server.key"), names[1])
        one.await_generation(2)
        assert shown() != before
        assert connection.request(token=issuer.token()).status == 200


def test_a_folder_behind_a_link_is_swapped_as_kubernetes_does(reloadable, start_proxy, issuer, pki, tmp_path):
    def version(number, name):
        folder = tmp_path / f"..{number}"
        folder.mkdir()
        shutil.copy(pki.path(name), folder / "ca.pem")
        os.symlink(folder.name, tmp_path / "..new")
        os.rename(tmp_path / "..new", tmp_path / "..data")

    version(1, "clients-ca.pem")
    os.symlink("..data/ca.pem", tmp_path / "ca.pem")
    one = reloadable({"client_certificates": {"authorities": str(tmp_path / "ca.pem")}})
    with one.proxy.connect() as connection:
        assert connection.request(token=issuer.token()).status == 200
        version(2, "stranger-ca.pem")
        one.await_generation(2)
        assert connection.request(token=issuer.token()).reason == "cert_untrusted"


def test_what_needs_a_restart_is_said_and_the_rest_applied(reloadable, issuer):
    one = reloadable()
    one.write(merged(CLOSED, {"threads": 1, "listener": {"address": "127.0.0.1:1"}, "log": {"level": "error"}}))
    one.await_generation(2)
    keys = ["listener.address", "threads", "log.level"]
    eventually(lambda: len(one.messages("changed, and in force only after a restart")) == len(keys), "it is said")
    assert [line["key"] for line in one.messages("changed, and in force only after a restart")] == keys
    assert one.verbose("needs a restart: ") == [f"needs a restart: {key}" for key in keys]
    assert one.proxy.ask(target="/closed/a", token=issuer.token()).reason == "scope_insufficient"


def test_a_request_under_way_is_finished_by_the_upstream_that_it_began_with(held, issuer, upstream):
    stage = held()
    proxy = stage.proxy
    with proxy.connect() as busy:
        busy.send(busy.head(target="/held", token=issuer.token()))
        eventually(stage.is_asked, "the request is under way")
        proxy.file.write_text(yaml(merged(proxy.configuration, {"upstream": {"url": upstream.url}})))
        eventually(lambda: proxy.metric("holdfast_generation") == 2, "another generation")
        assert proxy.ask(token=issuer.token()).json()["target"] == "/", "the new upstream answers"
        stage.go.set()
        assert len(busy.answer().body) == 100_000
        assert busy.request(token=issuer.token()).json()["target"] == "/"
    eventually(lambda: all(peer.is_closed() for peer in stage.upstream.peers), "no connection is kept to the old one")


def test_the_metadata_of_an_address_of_its_own_follows(reloadable, pki, tmp_path):
    for name in ("server.pem", "server.key"):
        shutil.copy(pki.path(name), tmp_path / name)
    port = free_port()
    resource = {"identifier": "https://api.example.com/v1", "metadata_address": f"127.0.0.1:{port}"}
    own = {"listener": {"certificate": str(tmp_path / "server.pem"), "private_key": str(tmp_path / "server.key")}}
    one = reloadable(merged(own, {"resource": resource, "routes": None}))

    def told(path):
        with Connection(("127.0.0.1", port), pki.context(None)) as connection:
            shown = x509.load_der_x509_certificate(connection.sock.getpeercert(True)).serial_number
            return shown, connection.request(target="/.well-known/oauth-protected-resource" + path)

    before, answer = told("/v1")
    assert answer.json()["resource"] == "https://api.example.com/v1"
    pki.issue("renewed-metadata", "--usage", "server")
    shutil.copy(pki.path("renewed-metadata.pem"), tmp_path / "server.pem")
    shutil.copy(pki.path("renewed-metadata.key"), tmp_path / "server.key")
    one.write({"resource": {"identifier": "https://api.example.com/v2"}})
    eventually(lambda: told("/v2")[1].status == 200, "the new document")
    after, answer = told("/v2")
    assert after != before and answer.json()["resource"] == "https://api.example.com/v2"
    assert told("/v1")[1].status == 404


def test_readiness_follows_the_upstream(reloadable, upstream):
    one = reloadable()
    one.write({"upstream": {"url": f"http://127.0.0.1:{free_port()}"}})
    one.proxy.wait_admin("/readyz", 503)
    one.write({"upstream": {"url": upstream.url}})
    one.proxy.wait_ready()


def memory(proxy):
    """Octets of resident memory."""
    text = open(f"/proc/{proxy.process.child.pid}/status").read()
    return int(re.search(r"VmRSS:\s+(\d+) kB", text)[1]) << 10


def descriptors(proxy):
    return len(os.listdir(f"/proc/{proxy.process.child.pid}/fd"))


def test_many_reloads_under_load_fail_no_request_and_leave_nothing_behind(reloadable, issuer, pki):
    """Every third has a mistake in it, which is told each time. RELOADS=1000 for the long run."""
    one = reloadable()
    rounds = int(os.environ.get("RELOADS", "45"))
    ending = threading.Event()

    def client(number):
        name = ["client-a", "client-b"][number % 2]
        context, token, served = pki.context(name), issuer.token(name), 0
        while not ending.is_set():
            with one.proxy.connect(context=context) as connection:
                for _ in range(40):
                    assert connection.request(target="/open", token=token).status == 200
                    served += 1
        return served

    def reload(number):
        if number % 3 == 2:
            one.write({"listener": {"head_timeout": f"0.{number}s"}})
            told = one.proxy.metric("holdfast_reloads_total", outcome="refused")
            one.hang_up()
            eventually(lambda: one.proxy.metric("holdfast_reloads_total", outcome="refused") == told + 1, "it is told")
        else:
            before = one.generation()
            one.write({"routes": [{"path": f"/closed/{number}", "scopes": ["nobody:has"]}]})
            one.hang_up()
            eventually(lambda: one.generation() > before, "it is in force")

    with Background(4, client) as load:
        for number in range(15):
            reload(number)
        before = memory(one.proxy)
        for number in range(15, 15 + rounds):
            reload(number)
        grown = memory(one.proxy) - before
        assert load.is_running() and not load.errors
        ending.set()
    assert all(load.results)
    assert grown < 16 << 20, f"{grown >> 10} KiB after {rounds} reloads"
    eventually(lambda: one.proxy.metric("holdfast_connections_active") == 0, "the clients are gone")
    eventually(lambda: descriptors(one.proxy) < 60, lambda: f"few descriptors, not {descriptors(one.proxy)}")
