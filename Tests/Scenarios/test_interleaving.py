"""Many clients over one pool of upstream connections: nobody is ever taken for another."""
import json
import os

from harness.processes import LAB, PATIENCE, run
from harness.upstream import Upstream

REQUESTS = int(os.environ.get("HOLDFAST_INTERLEAVED_REQUESTS", "200000"))


def test_200000_requests_of_two_certificates_each_show_the_thumbprint_of_their_own_connection(start_proxy, issuer, pki, tmp_path):
    upstream = Upstream(tmp_path)
    try:
        proxy = start_proxy({"upstream": {"url": upstream.url, "max_connections": 16}, "log": {"access": False}})
        arguments = []
        for client in ("client-a", "client-b"):
            (tmp_path / client).write_text(issuer.mint(bind=client, expires_in=86_400))
            arguments += ["--client", f"{client}={tmp_path / client}"]
        load = run(
            LAB, "interleave", "--pki", pki.folder, "--server", "127.0.0.1:%d" % proxy.address[1], *arguments,
            "--connections", "64", "--requests", REQUESTS, seconds=20 * PATIENCE,
        )
        assert load.returncode == 0, load.stdout + load.stderr
        tally = json.loads(load.stdout)
        assert (tally["right"], tally["crossed"], tally["failed"]) == (REQUESTS, 0, 0)
        assert tally["upstream_connections"] <= 32 and tally["shared_upstream_connections"] >= 1
    finally:
        upstream.end()


def test_a_client_with_anothers_token_gets_nothing_among_them(start_proxy, issuer, pki, tmp_path):
    """The twin: the same load, one of the clients with the other's token."""
    proxy = start_proxy()
    token = issuer.mint(bind="client-a", expires_in=86_400)
    (tmp_path / "token").write_text(token)
    arguments = [f"--client={client}={tmp_path / 'token'}" for client in ("client-a", "client-b")]
    load = run(
        LAB, "interleave", "--pki", pki.folder, "--server", "127.0.0.1:%d" % proxy.address[1], *arguments, "--connections", "8", "--requests", "800"
    )
    tally = json.loads(load.stdout)
    assert load.returncode == 1 and tally["right"] == 400 and tally["crossed"] == 0
