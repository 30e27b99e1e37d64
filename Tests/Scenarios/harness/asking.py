"""Configurations of a proxy that asks an issuer of the lab about tokens."""
from .challenges import is_problem
from .forge import AUDIENCE
from .proxy import merged


def asking(issuer, method="tls_client_auth", entry=None, **introspection):
    """Changes to the usual configuration: this issuer alone, which is asked by this method; `entry` changes its entry.

    It is waited for as long as can be configured, so that no test depends on how fast the issuer is.
    """
    base = {
        "issuer": issuer.url, "audience": AUDIENCE, "certificate_authorities": issuer.pki.path("ca.pem"),
        "introspection": issuer.introspection(method, **{"timeout": "60s", **introspection}),
    }  # fmt: skip
    return {"tokens": [merged(base, entry or {})]}


def is_unavailable(answer, reason="introspection_unavailable"):
    """Our side's fault: 503, when to come again, and no challenge (requirements C, DT-10)."""
    assert answer.status == 503 and int(answer.value("Retry-After")) > 0 and not answer.values("WWW-Authenticate"), answer
    return is_problem(answer, reason)
