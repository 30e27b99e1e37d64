"""`listener.resumption: false`: no session of a client is ever resumed, whatever it kept of an earlier connection."""
import os
import subprocess

import pytest

from harness.processes import PATIENCE, eventually
from harness.proxy import merged, yaml

VERSIONS = pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])


def shake(proxy, pki, folder, version, *options):
    """What OpenSSL's client tells of a connection with one request."""
    command = [
        "openssl", "s_client", "-connect", "%s:%d" % proxy.address, version, "-CAfile", pki.path("ca.pem"), "-cert", pki.path("client-a.pem"),
        "-cert_chain", pki.path("client-a.pem"), "-key", pki.path("client-a.key"), "-ign_eof", *options,
    ]  # fmt: skip
    request = "GET /certificate/a HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    return subprocess.run(command, input=request, capture_output=True, text=True, timeout=PATIENCE).stdout


@VERSIONS
@pytest.mark.parametrize("resumes", [True, False], ids=["on", "off"])
def test_a_session_is_resumed_unless_the_file_says_that_none_is(start_proxy, pki, tmp_path, version, resumes):
    """(TLS-13, TLS-15)"""
    proxy = start_proxy({"listener": {"resumption": resumes}})
    session = tmp_path / "session"
    first = shake(proxy, pki, tmp_path, version, "-sess_out", session)
    assert "New, TLSv1" in first and "HTTP/1.1 200" in first
    for _ in range(3):
        again = shake(proxy, pki, tmp_path, version, "-sess_in", session)
        assert "HTTP/1.1 200" in again
        assert ("Reused, TLSv1" in again) == resumes and ("New, TLSv1" in again) != resumes


def test_a_reload_turns_it_off(start_proxy, pki, tmp_path):
    """(TLS-15)"""
    proxy, session = start_proxy(), tmp_path / "session"
    shake(proxy, pki, tmp_path, "-tls1_3", "-sess_out", session)
    assert "Reused, TLSv1" in shake(proxy, pki, tmp_path, "-tls1_3", "-sess_in", session)
    new = tmp_path / "new.yaml"
    new.write_text(yaml(merged(proxy.configuration, {"listener": {"resumption": False}})))
    os.rename(new, proxy.file)
    eventually(lambda: proxy.metric("holdfast_generation") == 2, "it is in force")
    for _ in range(2):
        again = shake(proxy, pki, tmp_path, "-tls1_3", "-sess_in", session, "-sess_out", session)
        assert "New, TLSv1" in again and "HTTP/1.1 200" in again
