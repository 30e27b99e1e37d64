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
  authorities: {authorities}
{lists}tokens:
{issuers}{introspection}upstream:
  url: {upstream}
admin:
  address: 127.0.0.1:{admin}
log:
  access: {access_log}
shutdown:
  delay: 0s
threads: 1
verification_cache: {cache}
{routes}{decision}"""

ISSUER = """\
  - issuer: {issuer}
    audience: api
    algorithms: [RS256, ES256]
    keys: jwks.json
    type: at+jwt
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


def holdfast_at(binary, *, name="holdfast", access_log=False, cache=65536, introspection=None, issuers=1, authorities="ca.pem", routes=0, lists=False, way=None, decision=None):
    """How to start `binary` under `name`; `cache` is in tokens, 0 verifies every signature; opaque tokens are looked up at the
    port `introspection`, where there is one. The tokens' issuer is the last of the `issuers`; the `routes` are /api/v1/r0/* and so on,
    and all want a scope that the tokens have. `way` is how the upstream is reached: tcp, unix or h2c. At the path `decision` others ask for decisions."""
    def start(fleet, upstream):
        port, admin = free_port(), free_port()
        path = os.path.join(fleet.directory, f"{name}.yaml")
        with open(path, "w") as file:
            file.write(CONFIGURATION.format(
                port=port, admin=admin, upstream=upstream.ways[way] if way else f"http://127.0.0.1:{upstream.port}", access_log=str(access_log).lower(), cache=cache,
                authorities=authorities, lists="  revocation_lists: [ca.crl]\n" if lists else "", issuers="".join(ISSUER.format(issuer=issuer) for issuer in issuer_names(issuers)),
                introspection=INTROSPECTION.format(port=introspection) if introspection else "", routes=route_list(routes),
                decision=f"decision:\n  address: unix:{decision}\n" if decision else ""))
        server = fleet.start(name, [binary, "run", "--config", path], port)
        if not eventually(lambda: ready(admin), 15):
            raise BenchError(f"{name} does not become ready:\n{tail(os.path.join(fleet.directory, name + '.log'))}")
        return server
    return start


def issuer_names(count):
    return [f"https://as.example/{number}" for number in range(count - 1)] + ["https://as.example"]


def route_list(count):
    return "routes:\n" + "".join(f"  - {{path: /api/v1/r{number}/*, scopes: [read]}}\n" for number in range(count)) if count else ""


def ready(admin_port):
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{admin_port}/readyz", timeout=1) as response:
            return response.status == 200
    except (urllib.error.URLError, OSError):
        return False
