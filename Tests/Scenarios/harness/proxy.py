"""Holdfast itself, run from a configuration that a test writes."""
import http.client
import json
import re

from .processes import HOLDFAST, PATIENCE, Process, eventually, free_port
from .wire import Connection


def merged(base, changes):
    """A copy of `base` with `changes` written over it, section by section; None takes a key away."""
    result = dict(base)
    for key, value in changes.items():
        if value is None:
            result.pop(key, None)
        elif isinstance(value, dict) and isinstance(result.get(key), dict):
            result[key] = merged(result[key], value)
        else:
            result[key] = value
    return result


def plain(word):
    """A word that means something in YAML without quotes, such as `present`."""
    return f"!plain {word}"


def yaml(value):
    """JSON is YAML, but for words that must stand without quotes."""
    return re.sub(r'"!plain (\w+)"', r"\1", json.dumps(value, indent=1))


class Proxy:
    def __init__(self, pki, folder, configuration, changes=None, name="holdfast", environment=None, prefix=(), host="127.0.0.1", passed=()):
        self.pki = pki
        self.address = ("127.0.0.1", free_port())
        self.admin_address = ("127.0.0.1", free_port())
        base = {
            "listener": {
                "address": f"{host}:{self.address[1]}", "certificate": pki.path("server.pem"), "private_key": pki.path("server.key"),
            },
            "client_certificates": {"trust": "authorities", "authorities": pki.path("clients-ca.pem")},
            "admin": {"address": "%s:%d" % self.admin_address},
            "threads": 2,
            # Nothing that balances load is there to be waited for.
            "shutdown": {"delay": "0s"},
        }
        self.file = folder / f"{name}.yaml"
        self.configuration = merged(merged(base, configuration), changes or {})
        self.file.write_text(yaml(self.configuration))
        self.process = Process([*prefix, HOLDFAST, "run", "--config", self.file], folder, name, environment, passed)

    def admin(self, path):
        """Status and text; None while nobody listens."""
        connection = http.client.HTTPConnection(*self.admin_address, timeout=PATIENCE)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        except ConnectionError:
            return None
        finally:
            connection.close()

    def wait_alive(self):
        self.wait_admin("/livez", 200)
        return self

    def wait_ready(self):
        self.wait_admin("/readyz", 200)
        return self

    def wait_admin(self, path, status):
        def there():
            assert self.process.is_running(), f"holdfast ended: {self.process.err}"
            answer = self.admin(path)
            return answer is not None and answer[0] == status

        eventually(there, lambda: f"{path} answers {status}; {self.admin(path)}")

    def metric(self, name, **labels):
        """A sample's value; 0 where there is none."""
        for line in self.admin("/metrics")[1].splitlines():
            sample, _, value = line.rpartition(" ")
            family, _, rest = sample.partition("{")
            if family == name and all(f'{label}="{value}"' in rest for label, value in labels.items()):
                return float(value)
        return 0.0

    def connect(self, client="client-a", context=None, **options):
        return Connection(self.address, context or self.pki.context(client), **options)

    def ask(self, method="GET", target="/", token=None, headers=(), body=None, client="client-a"):
        """One request over a connection of its own."""
        with self.connect(client) as connection:
            return connection.request(method, target, token, headers, body)

    def log_lines(self):
        """The access log so far, whole lines only."""
        return [json.loads(line) for line in self.process.out.split("\n")[:-1] if line]

    def logged(self, path):
        """The line of the request for `path`, once it is written."""
        return eventually(
            lambda: next((line for line in self.log_lines() if line.get("path") == path), None), f"a log line for {path}"
        )

    def end(self):
        self.process.end()
