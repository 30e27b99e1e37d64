"""The status page of the admin address: in a browser, in a terminal, and as JSON for programs."""
import http.client
import json
import os
import shutil
from pathlib import Path

import pytest

from harness.browser import CHROMIUM, Browser
from harness.processes import PATIENCE, eventually, run
from harness.proxy import yaml
from harness.revocation import REFUSED_AT_HANDSHAKE


def status(proxy):
    code, text = proxy.admin("/status.json")
    assert code == 200
    return json.loads(text)


@pytest.fixture
def seen(start_proxy, issuer):
    """A proxy that has let pass and refused."""
    proxy = start_proxy()
    for token in [issuer.token(), None, None, issuer.token("client-b")]:
        proxy.ask(token=token)
    with pytest.raises(REFUSED_AT_HANDSHAKE):
        proxy.ask(client="client-expired")
    eventually(lambda: status(proxy)["refused_handshakes"], "the refusal is told")
    return proxy


def test_programs_read_what_is_ready_counted_trusted_and_refused(seen, issuer, upstream, pki):
    report = status(seen)
    assert report["ready"] is True and report["problems"] == [] and report["report_only"] is False
    assert report["answers"] == {"401": 3, "200": 1} and report["refusals"] == {"credentials_missing": 2, "cnf_mismatch": 1}
    assert report["generation"]["number"] == 1 and len(report["certificates"]) >= 2
    named = {entry["name"]: entry for entry in report["issuers"]}
    assert named[issuer.url]["keys"] >= 1 and named[issuer.url]["keys_age_seconds"] >= 0
    assert report["upstreams"] == [{"name": "default", "address": upstream.url.removeprefix("http://"), "up": True, "finding": "well"}]
    refusal, = report["refused_handshakes"]
    assert refusal["reason"] == "cert_expired" and refusal["client"] == "127.0.0.1" and refusal["thumbprint"] == pki.thumbprint("client-expired")


def test_what_is_not_ready_and_what_a_reload_refused_is_said(start_proxy):
    proxy = start_proxy({"report_only": True})
    proxy.file.write_text(yaml({**proxy.configuration, "threads": "many"}))
    eventually(lambda: status(proxy)["generation"]["reload_mistakes"], "the mistake is told")
    proxy.file.write_text(yaml({**proxy.configuration, "upstream": {"url": "http://127.0.0.1:1"}}))
    report = eventually(lambda: (lambda found: found if not found["ready"] else None)(status(proxy)), "it is not ready")
    assert any("upstream" in problem for problem in report["problems"]) and report["report_only"] is True
    code, page = proxy.admin("/status")
    assert code == 200 and "not ready</span>" in page and "report_only" in page


def test_only_the_latest_refused_handshakes_are_kept(seen):
    for _ in range(25):
        with pytest.raises(REFUSED_AT_HANDSHAKE):
            seen.ask(client=None)
    eventually(lambda: seen.metric("holdfast_handshake_failures_total", reason="cert_missing") == 25, "all are counted")
    assert [refusal["reason"] for refusal in status(seen)["refused_handshakes"]] == 20 * ["cert_missing"]


def test_the_page_is_guarded_and_only_on_the_admin_address(seen, issuer):
    connection = http.client.HTTPConnection(*seen.admin_address, timeout=PATIENCE)
    connection.request("GET", "/status")
    answer = connection.getresponse()
    page = answer.read().decode()
    assert answer.getheader("Content-Type") == "text/html; charset=utf-8" and answer.getheader("Cache-Control") == "no-store"
    assert answer.getheader("Content-Security-Policy").startswith("default-src 'none'; ") and "src=" not in page and "href=" not in page
    connection.close()
    assert seen.ask(target="/status").status == 401 and seen.ask(target="/status", token=issuer.token()).json()["target"] == "/status"


def test_it_can_be_read_in_a_terminal(seen, issuer):
    assert shutil.which("w3m")
    text = run("w3m", "-dump", "-cols", "100", "http://%s:%d/status" % seen.admin_address).stdout
    lines = [" ".join(line.split()) for line in text.splitlines()]
    assert "Holdfast: ready" in lines and "credentials_missing 2" in lines
    assert any(line.startswith(issuer.url) for line in lines) and any("cert_expired 127.0.0.1" in line for line in lines)


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here")
def test_a_browser_shows_it_within_its_policy_and_it_updates_itself(seen, issuer, tmp_path):
    browser = Browser(tmp_path)
    try:
        browser.open("http://%s:%d/status" % seen.admin_address)
        assert browser.evaluate("document.querySelector('h1').innerText") == "Holdfast: ready"
        assert browser.evaluate("getComputedStyle(document.querySelector('h1 span')).color") != browser.evaluate("getComputedStyle(document.body).color")
        if picture := os.environ.get("HOLDFAST_PICTURE"):
            browser.picture(Path(picture))
        seen.ask(token="nonsense")
        eventually(lambda: "token_malformed" in browser.evaluate("document.querySelector('main').innerText"), "the page tells it by itself")
        # On a phone nothing but the tables is wider than the page.
        browser.call("Emulation.setDeviceMetricsOverride", width=360, height=800, deviceScaleFactor=2, mobile=True)
        assert browser.evaluate("document.documentElement.scrollWidth") <= 360
        assert browser.complaints() == []
        seen.process.terminate()
        eventually(lambda: browser.evaluate("document.title") == "no answer - Holdfast", "it says that nobody answers")
    finally:
        browser.end()
