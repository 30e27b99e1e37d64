"""The manifests and the chart: valid to Kubernetes 1.37, as safe as they say, and with configurations that Holdfast takes."""
import functools
import shutil

import pytest

from harness.processes import HOLDFAST, ROOT, run

kubernetes_validate = pytest.importorskip("kubernetes_validate")
yaml = pytest.importorskip("yaml")
VERSION = "1.37.0"
CHART = ROOT / "deploy/helm/holdfast"
# Of others' definitions, whose schemas are not Kubernetes' own.
FOREIGN = {"cert-manager.io/v1": {"Certificate"}, "monitoring.coreos.com/v1": {"ServiceMonitor"}}
SIDECAR = {"mode": "sidecar", "api": {"image": "registry.example.com/api:1"}, "configuration": {"upstream": {"url": "http://127.0.0.1:8080"}}}
EVERYTHING = {
    "serverCertificate": {"certManager": {"enabled": True}},
    "serviceMonitor": {"enabled": True},
    "folders": [{"name": "lists", "mountPath": "/etc/holdfast/lists", "volume": {"configMap": {"name": "lists"}}}],
}
PLAIN = sorted(path.name for path in (ROOT / "deploy/kubernetes").glob("*.yaml"))
CHARTED = {"chart": {}, "chart-sidecar": SIDECAR, "chart-everything": EVERYTHING}


@functools.cache
def texts_of(name):
    if name not in CHARTED:
        return [(ROOT / "deploy/kubernetes" / name).read_text()]
    helm = pytest.importorskip("helm_python")
    rendered = helm.Chart.load(CHART).render(CHARTED[name], name="r", namespace="n")
    return [text for path, text in rendered.items() if path.endswith(".yaml")]


def documents(name):
    """All objects of a file, or of the chart with some values."""
    return [document for text in texts_of(name) for document in yaml.safe_load_all(text) if document]


def of_kind(name, kind):
    return [document for document in documents(name) if document["kind"] == kind]


def validate(document):
    if document["kind"] in FOREIGN.get(document["apiVersion"], ()):
        return
    kubernetes_validate.validate(document, VERSION, strict=True)


@pytest.mark.parametrize("name", [*PLAIN, *CHARTED])
def test_every_object_is_valid(name):
    for document in documents(name):
        validate(document)


def test_an_object_that_is_not_valid_is_found():
    deployment = of_kind("gateway.yaml", "Deployment")[0]
    deployment["spec"]["replica"] = 3
    with pytest.raises(kubernetes_validate.ValidationError):
        validate(deployment)


@pytest.mark.parametrize("name", ["sidecar.yaml", "gateway.yaml", *CHARTED])
def test_the_configuration_is_one_that_holdfast_takes(name, pki, tmp_path):
    (text,) = [one["data"]["holdfast.yaml"] for one in of_kind(name, "ConfigMap")]
    files = {"server/tls.crt": "server.pem", "server/tls.key": "server.key", "clients/clients-ca.pem": "clients-ca.pem", "api/api-ca.pem": "ca.pem"}
    for path, source in files.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        shutil.copy(pki.path(source), tmp_path / path)
    file = tmp_path / "holdfast.yaml"
    file.write_text(text.replace("/etc/holdfast", str(tmp_path)))
    done = run(HOLDFAST, "check", "--config", file)
    assert done.returncode == 0, done.stderr
    weaker = [line for line in done.stdout.splitlines() if line.startswith("warning")]
    # The admin port is the NetworkPolicy's matter; the others are this machine's.
    assert not [line for line in weaker if not any(word in line for word in ["admin.address", "descriptors", "Landlock"])]


def seconds(text):
    assert text.endswith("s") and text[:-1].isdigit(), text
    return int(text[:-1])


@pytest.mark.parametrize("name", ["sidecar.yaml", "gateway.yaml", *CHARTED])
def test_pods_end_without_losing_a_request_and_see_what_changes(name):
    (deployment,) = of_kind(name, "Deployment")
    pod = deployment["spec"]["template"]["spec"]
    shutdown = yaml.safe_load(of_kind(name, "ConfigMap")[0]["data"]["holdfast.yaml"])["shutdown"]
    serves = seconds(shutdown["delay"]) + seconds(shutdown["drain_timeout"])
    assert seconds(shutdown["delay"]) >= 5 and pod["terminationGracePeriodSeconds"] > serves
    containers = [*pod.get("initContainers", []), *pod["containers"]]
    (holdfast,) = [one for one in containers if one["name"] == "holdfast"]
    mounts = {mount["mountPath"]: mount for mount in holdfast["volumeMounts"]}
    assert {"/etc/holdfast/config", "/etc/holdfast/server", "/etc/holdfast/clients"} <= set(mounts)
    assert all("subPath" not in mount and mount["readOnly"] for mount in mounts.values())
    assert {mount["name"] for mount in mounts.values()} == {volume["name"] for volume in pod["volumes"]}
    assert [holdfast[f"{kind}Probe"]["httpGet"]["path"] for kind in ["startup", "readiness", "liveness"]] == ["/livez", "/readyz", "/livez"]
    assert holdfast["securityContext"]["readOnlyRootFilesystem"] and holdfast["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    if "initContainers" in pod:
        (api,) = pod["containers"]
        assert holdfast["restartPolicy"] == "Always" and "TERM 1" in holdfast["lifecycle"]["preStop"]["exec"]["command"][-1]
        assert serves < api["lifecycle"]["preStop"]["sleep"]["seconds"] < pod["terminationGracePeriodSeconds"]
    assert ("sidecar" in name) == ("initContainers" in pod)
    labels = deployment["spec"]["template"]["metadata"]["labels"].items()
    selectors = [of_kind(name, "Service")[0]["spec"]["selector"]]
    selectors += [of_kind(name, "PodDisruptionBudget")[0]["spec"]["selector"]["matchLabels"]]
    selectors += [of_kind(name, "NetworkPolicy")[0]["spec"]["podSelector"]["matchLabels"]]
    assert all(selector and selector.items() <= labels for selector in selectors)


def test_helm_has_nothing_to_say_of_the_chart_and_would_tell(tmp_path):
    helm = pytest.importorskip("helm_python")
    for values in CHARTED.values():
        found = helm.lint(CHART, values, strict=True, kube_version="v1.37.0")
        # An icon is for catalogues.
        assert not found["errors"] and not [one for one in found["messages"] if one["severity"] > 1], found
    for values in [{"mode": "both"}, {"configuration": {"admin": {"address": "0.0.0.0:1"}}}, {"mode": "sidecar"}, {"replica": 1}]:
        with pytest.raises(helm.HelmError):
            chart = helm.Chart.load(CHART)
            chart.validate_schema(values)
            chart.render(values, name="r", namespace="n")


def test_the_chart_has_cert_manager_and_a_service_monitor_by_its_own_word():
    kinds = [document["kind"] for document in documents("chart")]
    assert "Certificate" not in kinds and "ServiceMonitor" not in kinds
    (certificate,) = of_kind("chart-everything", "Certificate")
    volumes = {volume["name"]: volume for volume in of_kind("chart-everything", "Deployment")[0]["spec"]["template"]["spec"]["volumes"]}
    assert certificate["spec"]["secretName"] == volumes["server"]["secret"]["secretName"]
    (monitor,) = of_kind("chart-everything", "ServiceMonitor")
    (service,) = [one for one in of_kind("chart-everything", "Service") if one["spec"].get("clusterIP") == "None"]
    assert monitor["spec"]["selector"]["matchLabels"].items() <= service["metadata"]["labels"].items()
    assert [one["port"] for one in monitor["spec"]["endpoints"]] == [one["name"] for one in service["spec"]["ports"]]
