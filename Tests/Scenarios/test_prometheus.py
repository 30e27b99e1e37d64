"""The real Prometheus: what it makes of the metrics, of the alert rules, and of each query of the dashboard."""
import contextlib
import json
import re
import ssl
import subprocess
import urllib.parse
import urllib.request
from types import SimpleNamespace

import pytest

from harness.asking import asking
from harness.issuer import Issuer
from harness.processes import PATIENCE, ROOT, Process, eventually, free_port, run
from harness.proxy import Proxy
from harness.revocation import Lists

RULES = ROOT / "deploy/prometheus/holdfast.rules.yml"
DASHBOARD = json.loads((ROOT / "deploy/grafana/holdfast.json").read_text())
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


def queries():
    """Each of the dashboard, of panels and annotations, as Grafana would send it."""
    written = [target["expr"] for panel in DASHBOARD["panels"] for target in panel.get("targets", [])]
    written += [annotation["expr"] for annotation in DASHBOARD["annotations"]["list"]]
    return [re.sub(r'"\$(job|instance)"', '".+"', query).replace("$__rate_interval", "1m") for query in written]


class Prometheus:
    """One that scrapes this proxy four times a second, by the configuration and the rules of deploy/."""

    def __init__(self, folder, target):
        self.address = f"127.0.0.1:{free_port()}"
        text = (ROOT / "deploy/prometheus/prometheus.yml").read_text()
        for old, new in [("127.0.0.1:9901", "%s:%d" % target), ("interval: 15s", "interval: 250ms"), ("[holdfast.rules.yml]", f"[{RULES}]")]:
            assert old in text
            text = text.replace(old, new)
        file = folder / "prometheus.yml"
        file.write_text(text)
        self.process = Process(
            ["prometheus", f"--config.file={file}", f"--storage.tsdb.path={folder / 'data'}", f"--web.listen-address={self.address}",
             "--enable-feature=exemplar-storage", "--log.level=warn"], folder, "prometheus")

    def ask(self, path, **parameters):
        """What its API answers; None while it does not."""
        assert self.process.is_running(), self.process.err
        try:
            with urllib.request.urlopen(f"http://{self.address}/api/v1/{path}?{urllib.parse.urlencode(parameters)}", timeout=PATIENCE) as answer:
                return json.load(answer)["data"]
        except urllib.error.HTTPError as error:
            if error.code == 503:  # It reads what it had stored first.
                return None
            raise AssertionError(f"{parameters}: {error.read()}") from error
        except urllib.error.URLError:
            return None

    def query(self, text):
        """Its samples."""
        answer = self.ask("query", query=text)
        return answer["result"] if answer else []

    def end(self):
        self.process.end()


@pytest.fixture(scope="module")
def stage(pki, settings, issuer, tmp_path_factory):
    """A proxy with something of everything that is counted, under the eyes of Prometheus."""
    folder = tmp_path_factory.mktemp("prometheus")
    with contextlib.ExitStack() as stack:
        authority = Issuer(pki, folder, "--opaque", name="authority")
        stack.callback(authority.end)
        lists = Lists(None, pki, folder)
        changes = {
            "tokens": settings["tokens"] + asking(authority)["tokens"],
            "client_certificates": {
                "authorities": [{"file": pki.path("ca.pem"), "revocation": {"lists": [str(path) for path in lists.paths.values()]}}]},
            "forward": {"trace": "continue"},
        }
        proxy = Proxy(pki, folder, settings, changes).wait_ready()
        stack.callback(proxy.end)
        prometheus = Prometheus(folder, proxy.admin_address)
        stack.callback(prometheus.end)
        eventually(lambda: prometheus.query("holdfast_ready == 1"), "the first scrape")
        # Some of each kind, and a new generation.
        proxy.ask(token=issuer.token(), headers=[("traceparent", f"00-{TRACE}-00f067aa0ba902b7-01"), ("X-Client-Cert", "x")])
        proxy.ask(token=authority.opaque(bind="client-a"))
        proxy.ask(token=issuer.token("client-b"))
        with contextlib.suppress(ssl.SSLError, OSError):
            proxy.ask(client=None)
        proxy.file.write_text(proxy.file.read_text() + "\n# the same\n")
        eventually(lambda: proxy.metric("holdfast_generation") == 2, "the reload")
        yield SimpleNamespace(proxy=proxy, prometheus=prometheus)


def test_the_rules_are_rules_and_pass_their_tests():
    for arguments in [("check", "rules", RULES), ("test", "rules", RULES.with_suffix(".test.yml")), ("check", "config", RULES.with_name("prometheus.yml"))]:
        result = run("promtool", *arguments)
        assert result.returncode == 0, result.stdout + result.stderr


def test_each_rule_has_a_test_in_which_it_fires():
    alerts = set(re.findall(r"- alert: (\w+)", RULES.read_text()))
    tested = RULES.with_suffix(".test.yml").read_text().split("alertname: ")[1:]
    assert alerts == {re.match(r"\w+", test)[0] for test in tested if "exp_labels" in test.split("eval_time")[0]}


def test_the_metrics_keep_to_its_conventions(stage):
    """(OM-01)"""
    result = subprocess.run(
        ["promtool", "check", "metrics"], input=stage.proxy.admin("/metrics")[1], capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert (result.returncode, result.stdout + result.stderr) == (0, "")


def test_its_target_is_up_and_its_rules_are_evaluated(stage):
    eventually(lambda: stage.prometheus.query('up{job="holdfast"} == 1'), "the target is up")
    target, = stage.prometheus.ask("targets")["activeTargets"]
    assert target["health"] == "up" and target["lastError"] == ""

    def rules():
        return [rule for group in stage.prometheus.ask("rules")["groups"] for rule in group["rules"]]

    eventually(lambda: all(rule["health"] == "ok" for rule in rules()), lambda: f"all rules are evaluated: {rules()}")


def test_each_query_of_the_dashboard_returns_data(stage):
    assert len(queries()) > 40
    for query in queries():
        eventually(lambda: stage.prometheus.query(query), f"data of {query}")


def test_each_metric_that_a_rule_names_is_there(stage):
    names = set(re.findall(r"(?<!:)\bholdfast_[a-z0-9_]+", "\n".join(line for line in RULES.read_text().splitlines() if "record:" not in line)))
    there = stage.proxy.admin("/metrics")[1]
    assert names and {name for name in names if f"# TYPE {name} " not in there} == set()


def test_a_token_that_is_shown_with_another_certificate_is_an_alert_at_its_first_time(stage):
    def alerts():
        return {alert["labels"]["alertname"] for alert in stage.prometheus.ask("alerts")["alerts"]}

    eventually(lambda: "HoldfastStolenToken" in alerts(), lambda: f"the alert; there are {alerts()}")
    assert "HoldfastDown" not in alerts() and "HoldfastIssuerWithoutKeys" not in alerts()


def test_an_exemplar_leads_from_the_duration_to_the_trace(stage):
    def traces():
        found = stage.prometheus.ask("query_exemplars", query="holdfast_request_duration_seconds_bucket", start="0", end="4000000000")
        return {exemplar["labels"]["trace_id"] for series in found for exemplar in series["exemplars"]}

    eventually(lambda: TRACE in traces(), "the trace of the request")
    assert "trace_id" not in stage.proxy.admin("/metrics")[1]
