"""Starts Holdfast with the configuration that does what the peers do: one thread, one issuer, the keys from a file."""
import os
import urllib.error
import urllib.request

from processes import BenchError, eventually, free_port, tail

CONFIGURATION = """\
listener:
  address: 127.0.0.1:{port}
  certificate: server.pem
  private_key: server.key
client_certificates:
  trust: authorities
  authorities: ca.pem
tokens:
  - issuer: https://as.example
    audience: api
    algorithms: [RS256, ES256]
    keys: jwks.json
    type: at+jwt
{introspection}upstream:
  url: http://127.0.0.1:{upstream}
admin:
  address: 127.0.0.1:{admin}
log:
  access: {access_log}
threads: 1
verification_cache: {cache}
"""

INTROSPECTION = """\
  - issuer: http://127.0.0.1:{port}
    audience: api
    introspection:
      endpoint: http://127.0.0.1:{port}/introspect
      authentication: client_secret_basic
      client_id: bench
      client_secret_file: introspection.secret
      timeout: 60s
"""


def holdfast_at(binary, *, name="holdfast", access_log=False, cache=65536, introspection=None):
    """How to start `binary` under `name`; `cache` is in tokens, 0 verifies every signature; opaque tokens are looked up at the
    port `introspection`, where there is one."""
    def start(fleet, upstream):
        port, admin = free_port(), free_port()
        path = os.path.join(fleet.directory, f"{name}.yaml")
        with open(path, "w") as file:
            file.write(CONFIGURATION.format(
                port=port, admin=admin, upstream=upstream.port, access_log=str(access_log).lower(), cache=cache,
                introspection=INTROSPECTION.format(port=introspection) if introspection else ""))
        server = fleet.start(name, [binary, "run", "--config", path], port)
        if not eventually(lambda: ready(admin), 15):
            raise BenchError(f"{name} does not become ready:\n{tail(os.path.join(fleet.directory, name + '.log'))}")
        return server
    return start


def ready(admin_port):
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{admin_port}/readyz", timeout=1) as response:
            return response.status == 200
    except (urllib.error.URLError, OSError):
        return False
