"""A client's address is written as the client has it, whichever socket it came through."""
import socket

import pytest

from harness.processes import eventually
from harness.wire import Connection


def ipv6_is_there():
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6):
            return True
    except OSError:
        return False


@pytest.mark.skipif(not ipv6_is_there(), reason="this machine has no IPv6")
@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
def test_on_a_dual_stack_listener_an_ipv4_client_has_an_ipv4_address(start_proxy, issuer, pki, address):
    proxy = start_proxy(host="[::]")
    where = (address, proxy.address[1])
    with Connection(where, pki.context("client-a")) as connection:
        connection.host = "localhost"
        assert connection.request(target="/who", token=issuer.token()).seen("X-Forwarded-For") == [address]
    assert proxy.logged("/who")["client"] == address
    assert "::ffff" not in proxy.process.err + proxy.process.out


def test_a_listener_on_an_ipv4_mapped_address_is_told_by_its_ipv4_one(start_proxy):
    proxy = start_proxy(host="[::ffff:127.0.0.1]", wait=None)
    listening = eventually(
        lambda: next((line for line in proxy.process.messages() if line["message"] == "listening"), None), "it listens"
    )
    assert listening["address"] == "%s:%d" % proxy.address
