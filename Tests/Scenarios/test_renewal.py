"""A renewed certificate is told from a stolen token: its client is told to get a new one."""
import signal

import pytest

from harness.processes import eventually


@pytest.fixture
def fresh(start_proxy):
    return start_proxy()


def test_a_token_of_the_certificate_that_this_one_replaced_is_told_from_a_stolen_one(fresh, issuer):
    token = issuer.token()
    assert fresh.ask(token=token, client="client-a-renewed").reason == "cnf_mismatch", "nobody has seen the old one"
    assert fresh.ask(token=token).status == 200
    answer = fresh.ask(token=token, client="client-a-renewed")
    assert (answer.status, answer.reason) == (401, "cert_renewed")
    assert 'error="invalid_token"' in answer.value("WWW-Authenticate") and "new token" in answer.value("WWW-Authenticate")
    assert fresh.ask(token=token, client="client-b").reason == "cnf_mismatch"
    assert fresh.ask(token=issuer.token(certificate="client-a-renewed"), client="client-a-renewed").status == 200


def test_a_reload_does_not_make_theft_of_renewal(fresh, issuer):
    assert fresh.ask(token=issuer.token()).status == 200
    fresh.process.child.send_signal(signal.SIGHUP)
    eventually(lambda: fresh.metric("holdfast_generation") == 2, "another generation")
    assert fresh.ask(token=issuer.token(), client="client-a-renewed").reason == "cert_renewed"


def test_a_name_in_a_certificate_that_nobody_vouches_for_is_no_renewal(start_proxy, issuer):
    proxy = start_proxy({"client_certificates": {"trust": "any", "authorities": None}})
    assert proxy.ask(token=issuer.token()).status == 200
    assert proxy.ask(token=issuer.token(), client="client-a-renewed").reason == "cnf_mismatch"


def test_a_client_that_overlaps_the_two_certificates_fails_no_request(fresh, issuer, pki):
    """The recipe of the README: connect with the new certificate, get a token with it, let the old connections end."""
    old, new = issuer.token(), issuer.token(certificate="client-a-renewed")
    with fresh.connect("client-a") as before, fresh.connect("client-a-renewed") as after:
        for _ in range(50):
            assert before.request(token=old).status == 200
            assert after.request(token=new).status == 200
