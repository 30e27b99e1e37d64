"""WWW-Authenticate as RFC 6750 section 3 allows it, parsed strictly."""
import re

# RFC 6750 section 3: the characters of error and error_description.
PLAIN = re.compile(r"[\x20-\x21\x23-\x5b\x5d-\x7e]*")
PARAMETER = re.compile(r'([a-z_]+)="([^"\\]*)"(?:, |$)')


def challenge(answer):
    """The parameters of the one Bearer challenge."""
    lines = answer.values("WWW-Authenticate")
    assert len(lines) == 1, lines
    scheme, _, rest = lines[0].partition(" ")
    assert scheme == "Bearer" and rest, "RFC 6750 section 3 asks for at least one parameter"
    parameters, position = {}, 0
    while position < len(rest):
        match = PARAMETER.match(rest, position)
        assert match, f"not a parameter: {rest[position:]!r}"
        name, value = match.groups()
        assert name not in parameters, f"{name} is there twice"
        assert PLAIN.fullmatch(value), f"characters that are not allowed: {value!r}"
        parameters[name] = value
        position = match.end()
    return parameters


def is_problem(answer, reason=None):
    """The body is RFC 9457's, in agreement with the status line."""
    assert answer.value("Content-Type") == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == answer.status and problem["title"] and problem["type"] and problem["detail"]
    assert answer.value("Date")
    if reason is not None:
        assert problem["reason"] == reason, problem
    return True


def is_bare_challenge(answer, reason=None):
    parameters = challenge(answer)
    assert answer.status == 401 and not {"error", "error_description", "error_uri"} & set(parameters), parameters
    return is_problem(answer, reason)


def is_invalid_request(answer, reason=None):
    assert answer.status == 400 and challenge(answer)["error"] == "invalid_request", answer
    return is_problem(answer, reason)


def is_invalid_token(answer, reason=None):
    assert answer.status == 401 and challenge(answer)["error"] == "invalid_token", answer
    return is_problem(answer, reason)


def is_insufficient_scope(answer, scope):
    parameters = challenge(answer)
    assert answer.status == 403 and parameters["error"] == "insufficient_scope" and parameters["scope"] == scope, answer
    return is_problem(answer, "scope_insufficient")
