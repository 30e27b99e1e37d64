"""`holdfast schema`: what editors are told is what `check` says."""
import json
import re
from pathlib import Path

import jsonschema
import pytest
import yaml as pyyaml

from harness.processes import HOLDFAST, run
from harness.proxy import merged

ROOT = Path(__file__).parents[2]


class Loader(pyyaml.SafeLoader):
    """YAML as JSON has it, and editors: a date is a text."""


Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in pyyaml.SafeLoader.yaml_implicit_resolvers.items()
}


def load(text):
    return pyyaml.load(text, Loader)


@pytest.fixture(scope="module")
def schema():
    printed = run(HOLDFAST, "schema")
    assert printed.returncode == 0 and printed.stderr == ""
    schema = json.loads(printed.stdout)
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def smallest():
    """The smallest configuration, of the README."""
    readme = (ROOT / "README.md").read_text()
    return load(re.search(r"## Configuration\n.*?```yaml\n(.*?)```", readme, re.DOTALL).group(1))


def test_the_schema_takes_the_example_and_the_smallest_file(schema):
    schema.validate(load((ROOT / "deploy/holdfast.example.yaml").read_text()))
    schema.validate(smallest())


def test_the_schema_takes_what_the_tests_run_with(schema, proxy):
    schema.validate(load(proxy.file.read_text()))


TAKEN = [
    {"report_only": "2027-01-31"}, {"report_only": True}, {"listener": {"minimum_tls": 1.3}}, {"listener": {"minimum_tls": "1.2"}},
    {"routes": [{"path": "/a", "claims": {"a": "present", "b": ["x"], "c": {"word": "y"}}, "scopes": {"any": ["a"]}}]},
    {"routes": {"matching": "exact", "list": [{"path": "/a"}]}}, {"threads": 1024}, {"log": {"access": False}},
    {"upstreams": {"other": {"url": "http://127.0.0.1:1"}}}, {"listener": {"max_body": "1MiB", "idle_timeout": "5s"}},
]  # fmt: skip
REFUSED = [
    {"listner": {}}, {"listener": {"max_conections": 1}}, {"tokens": {}}, {"tokens": []}, {"threads": 0}, {"threads": 1025}, {"threads": "two"},
    {"threads": 1.5}, {"log": {"access": "yes please"}}, {"log": {"level": "loud"}}, {"listener": {"minimum_tls": 1.1}},
    {"listener": {"idle_timeout": 5}}, {"listener": {"idle_timeout": "5 s"}}, {"listener": {"max_head": "1GiB"}}, {"listener": {"protocols": ["h3"]}},
    {"upstream": None}, {"upstream": {"url": None}}, {"client_certificates": {"trust": None}}, {"listener": {"address": ["0.0.0.0:1"]}},
    {"routes": [{"methods": ["GET"]}]}, {"routes": [{"path": "/a", "claims": {"c": {"words": "y"}}}]},
    {"upstreams": {"other": {"urls": "http://127.0.0.1:1"}}}, {"admin": "127.0.0.1:1"},
]  # fmt: skip


def checked(tmp_path, pki, document):
    """What `check` says of it, once its files are there."""
    files = {"listener": {"certificate": pki.path("server.pem"), "private_key": pki.path("server.key")}}
    files["client_certificates"] = {"authorities": pki.path("clients-ca.pem")}
    path = tmp_path / "holdfast.yaml"
    path.write_text(json.dumps(merged(document, {key: files[key] for key in files if isinstance(document.get(key), dict)})))
    return run(HOLDFAST, "check", "--config", path)


@pytest.mark.parametrize("change", TAKEN, ids=json.dumps)
def test_the_schema_takes_what_check_takes(schema, tmp_path, pki, change):
    document = merged(smallest(), change)
    assert schema.is_valid(document), list(schema.iter_errors(document))
    if change != {"report_only": "2027-01-31"}:  # a day of which `check` asks that it be near
        assert checked(tmp_path, pki, document).returncode == 0


@pytest.mark.parametrize("change", REFUSED, ids=json.dumps)
def test_what_the_schema_refuses_check_refuses_too(schema, tmp_path, pki, change):
    document = merged(smallest(), change)
    assert not schema.is_valid(document)
    assert checked(tmp_path, pki, document).returncode == 64
