"""Under a service manager: what it is told by NOTIFY_SOCKET, and sockets that it holds, so that one process takes another's place unnoticed."""
import signal
import socket
import time

import pytest

from harness.load import Background
from harness.processes import eventually
from harness.proxy import merged, yaml
from harness.supervision import Held, HeldThread, Manager, handing_on

LOOPS = "NIO-ELT"


@pytest.fixture(params=["path", "abstract"])
def manager(request, tmp_path):
    return Manager(tmp_path / "notify" if request.param == "path" else f"@holdfast-test-{tmp_path}")


@pytest.fixture
def one_manager(tmp_path):
    return Manager(tmp_path / "notify")


def test_the_manager_hears_of_start_reload_and_end(manager, start_proxy):
    proxy = start_proxy(environment=manager.environment())
    ready = manager.index(READY="1")
    assert ready == 0, "nothing is told before the listener accepts"
    manager.index(STATUS="generation 1; ready")
    proxy.process.child.send_signal(signal.SIGHUP)
    reloading = manager.index(ready, RELOADING="1", MONOTONIC_USEC=lambda text: 0 < int(text) <= time.monotonic_ns() // 1000)
    manager.index(reloading, READY="1", STATUS="generation 2; ready")
    proxy.process.terminate()
    stopping = manager.index(STOPPING="1", STATUS="generation 2; not ready: draining")
    assert proxy.process.wait() == 0
    assert not any("READY" in datagram for datagram in manager.heard[stopping:])


def test_a_refused_reload_ends_and_the_status_says_why(one_manager, start_proxy):
    proxy = start_proxy(environment=one_manager.environment())
    proxy.file.write_text(yaml(merged(proxy.configuration, {"listener": {"certificat": "x"}})))
    proxy.process.child.send_signal(signal.SIGHUP)
    reloading = one_manager.index(RELOADING="1")
    refused = one_manager.index(reloading, READY="1")
    said = one_manager.index(STATUS=lambda text: "generation 1; ready; reload refused: " in text and "certificat" in text)
    assert "\n" not in one_manager.heard[said]["STATUS"]
    proxy.file.write_text(yaml(merged(proxy.configuration, {"threads": 1})))
    one_manager.index(max(said, refused), STATUS="generation 2; ready; needs a restart: threads")


def test_the_status_says_what_is_not_ready(one_manager, start_proxy):
    start_proxy({"upstream": {"url": "http://127.0.0.1:1"}}, wait="alive", environment=one_manager.environment())
    one_manager.index(READY="1")
    one_manager.index(STATUS=lambda text: text.startswith("generation 1; not ready: upstream"))


def test_signs_of_life_cease_while_a_loop_hangs_and_come_again(one_manager, start_proxy):
    proxy = start_proxy(environment=one_manager.environment(WATCHDOG_USEC="200000"))
    for _ in range(3):
        last = len(one_manager.heard) - 1
        one_manager.index(last, WATCHDOG="1")
    try:
        held = HeldThread(proxy.process, LOOPS).__enter__()
    except AssertionError as error:
        pytest.skip(f"this system lets nobody hold a thread: {error}")
    try:
        # One may be on its way, of a round that was complete.
        before = sum("WATCHDOG" in datagram for datagram in one_manager.heard)
        proxy.file.write_text("")  # something to say, again and again
        one_manager.index(STATUS=lambda text: "reload refused" in text)
        assert sum("WATCHDOG" in datagram for datagram in one_manager.heard) <= before + 2
        last = len(one_manager.heard) - 1
    finally:
        held.__exit__()
    one_manager.index(last, WATCHDOG="1")


def test_no_signs_of_life_for_another_process_or_without_a_watchdog(one_manager, start_proxy):
    start_proxy(environment=one_manager.environment(WATCHDOG_USEC="20000", WATCHDOG_PID="1")).end()
    one_manager.index(READY="1")
    assert not any("WATCHDOG" in datagram for datagram in one_manager.heard)


def listening(held):
    return {"listener": {"address": held.text}}


def test_sockets_that_are_passed_are_used_by_their_names(start_proxy, issuer):
    listener, admin = Held(), Held()
    changes = merged(listening(listener), {"admin": {"address": admin.text}})
    proxy = start_proxy(changes, wait=None, **handing_on(admin.socket, listener.socket, names="admin:holdfast.socket"))
    proxy.address, proxy.admin_address = listener.address, admin.address
    proxy.wait_ready()
    assert proxy.ask(token=issuer.token()).status == 200
    proxy.process.terminate()
    assert proxy.process.wait() == 0
    # It outlives the process.
    socket.create_connection(listener.address).close()


def a_datagram_socket():
    one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    one.bind(("127.0.0.1", 0))
    return one


@pytest.mark.parametrize(
    "make, says",
    [
        (lambda: Held("127.0.0.1").socket, "write the same there and in ListenStream="),
        (a_datagram_socket, "is not a listening TCP socket"),
        (lambda: socket.socketpair()[0], "is not a listening TCP socket"),
    ],
    ids=["elsewhere", "datagrams", "no-address"],
)
def test_a_socket_that_is_not_what_the_configuration_says_ends_the_start(start_proxy, make, says):
    one = make()
    proxy = start_proxy(wait=None, **handing_on(one))
    assert proxy.process.wait() == 1
    assert says in proxy.process.messages()[-1]["error"]


def test_sockets_for_another_process_are_left_alone(start_proxy, issuer):
    proxy = start_proxy(environment={"LISTEN_PID": "1", "LISTEN_FDS": "1"})
    assert proxy.ask(token=issuer.token()).status == 200


def test_clients_wait_for_a_process_that_is_handed_the_socket_before_it_has_the_issuer_s_keys(start_proxy, issuer):
    held, proxies = Held(), []
    with Background(1, lambda _: eventually(lambda: proxies and proxies[0].ask(token=issuer.token()).status, "an answer")) as client:
        proxy = start_proxy(listening(held), wait=None, **handing_on(held.socket))
        proxy.address = held.address
        proxies.append(proxy)
    assert client.results == [200]


def test_clients_that_came_last_are_answered_though_the_socket_is_another_process_s(start_proxy, issuer):
    held = Held()
    proxy = start_proxy(listening(held), **handing_on(held.socket))
    proxy.address = held.address
    with proxy.connect() as late:
        proxy.process.terminate()
        eventually(lambda: any(line["message"] == "draining" for line in proxy.process.messages()), "it drains")
        answer = late.request(token=issuer.token())
        assert answer.status == 200 and answer.value("Connection") == "close"
    assert proxy.process.wait() == 0


def under_load(one, token, upgrade):
    """How many requests passed, each ten on a connection of their own, while `upgrade` did its work."""

    def work(_):
        passed = 0
        while not background.ending.is_set():
            with one.connect() as connection:
                for _ in range(10):
                    answer = connection.request(token=token)
                    assert answer.status == 200, answer
                    passed += 1
                    if answer.value("Connection") == "close":
                        break
        return passed

    background = Background(4, work)
    with background:
        upgrade()
    return sum(background.results)


@pytest.mark.parametrize("order", ["at_once", "one_after_the_other"])
def test_an_upgrade_under_load_fails_no_request(start_proxy, issuer, order):
    held, proxies = Held(), []

    def start(wait="ready"):
        proxies.append(start_proxy(listening(held), wait=wait, **handing_on(held.socket)))
        proxies[-1].address = held.address

    def upgrade():
        for _ in range(2):
            if order == "at_once":
                start(None)
            proxies[-2 if order == "at_once" else -1].process.terminate()
            if order == "one_after_the_other":
                assert proxies[-1].process.wait() == 0
                start(None)
            served = len(proxies[-1].log_lines())
            proxies[-1].wait_ready()
            eventually(lambda: len(proxies[-1].log_lines()) > served + 50, "the new one serves")
        assert all(proxy.process.wait() == 0 for proxy in proxies[:-1])

    start()
    began = time.monotonic()
    passed = under_load(proxies[0], issuer.token(), upgrade)
    assert passed > 100
    print(f"{passed} requests, {passed / (time.monotonic() - began):.0f} a second")
    assert all(line["status"] == 200 for proxy in proxies for line in proxy.log_lines())


def test_with_a_shared_port_the_next_process_listens_beside_the_last(start_proxy, issuer):
    shared = {"listener": {"reuse_port": True}}
    old = start_proxy(shared)
    both = merged(shared, {"listener": {"address": "%s:%d" % old.address}, "admin": {"address": "%s:%d" % old.admin_address}})
    new = start_proxy(both, wait=None)
    eventually(lambda: any(line["message"] == "listening" for line in new.process.messages()), "both listen")
    old.process.terminate()
    assert old.process.wait() == 0
    new.address, new.admin_address = old.address, old.admin_address
    assert new.wait_ready().ask(token=issuer.token()).status == 200


def test_without_it_a_port_that_is_taken_ends_the_start(start_proxy):
    old = start_proxy({"listener": {"reuse_port": True}})
    new = start_proxy({"listener": {"address": "%s:%d" % old.address}}, wait=None)
    assert new.process.wait() == 1
