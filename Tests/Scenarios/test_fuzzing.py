"""A million random and mutated inputs for each parser of a peer's octets (Tests/Fuzz), with a fixed seed, and connections of HTTP/2.

The program itself fails where one case takes longer than 5 s, where its resident set grows by more than 4 MiB after a tenth of the
cases, and where an oracle disagrees: NIO's decoders, Foundation's reading of JSON, and the list of what was issued.
"""
import os
import re
import subprocess

import pytest

from harness.processes import PATIENCE, ROOT

FUZZ = os.environ.get("HOLDFAST_FUZZ_BIN", str(ROOT / ".build/release/holdfast-fuzz"))
CASES = os.environ.get("HOLDFAST_FUZZ_CASES", "1000000")
# Each is a connection with all its frames and its upstreams, and costs as much as a hundred of the others.
CONNECTIONS = os.environ.get("HOLDFAST_FUZZ_CONNECTIONS", "20000")


def fuzz(target, cases=CASES):
    """Runs one target; the numbers of its summary by name."""
    run = subprocess.run([FUZZ, target, "--cases", cases], capture_output=True, text=True, timeout=20 * PATIENCE, check=False)
    assert run.returncode == 0, run.stdout[-4000:] + run.stderr[-4000:]
    print(run.stdout)
    numbers = {name: int(number) for number, name in re.findall(r"(\d+) ([a-z ]+)", run.stdout)}
    assert numbers["cases"] >= int(cases)
    assert numbers["accepted"] > int(cases) // 50, "the fuzzer seldom gets past the first check: " + run.stdout
    return numbers


def test_no_request_crashes_hangs_or_is_read_in_two_ways():
    """Fuzzed HTTP/1.1, in whatever pieces, is read as NIO reads it and written on without a claim."""
    fuzz("http1")


def test_no_header_block_crashes_hangs_or_is_read_in_two_ways():
    """Fuzzed header blocks of HTTP/2, in connections, are read as swift-nio-http2 reads them, and what is no request is refused
    (H2-01, H2-02, H2-03, H2-04, H2-05, H2-06, H2-07, H2-08, H2-10, H2-15)."""
    numbers = fuzz("hpack")
    # Only where the oracle repairs texts that are not UTF-8.
    assert numbers.get("indexed by us alone", 0) < int(CASES) // 1000


def test_no_connection_of_http2_crashes_hangs_leaks_or_breaks_a_rule():
    """Fuzzed connections of HTTP/2, frames and their order, with upstreams that fail: what is sent keeps the protocol's rules, what the API
    gets is requests, each stream has one end, and no octet of a window is lost (H2-09, H2-11, H2-12, H2-13, H2-14, H2-16, H2-17, H2-23)."""
    numbers = fuzz("http2", CONNECTIONS)
    assert numbers["ended for a fault"] > int(CONNECTIONS) // 10


@pytest.mark.parametrize("seed", ["5219509671615971610", "5219509671615979842", "5219509671616219738", "5219509671616844298"])
def test_nothing_comes_behind_the_last_goaway(seed):
    """Connections of which one in a hundred thousand is such: a fault that is found while waiting answers are framed (H2-17)."""
    run = subprocess.run([FUZZ, "http2", "--seed", seed, "--cases", "1"], capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert run.returncode == 0, run.stdout


def test_no_json_text_crashes_hangs_or_is_read_in_two_ways():
    """Fuzzed JSON is read as Foundation reads it, or refused: grammar, duplicates, depth, huge numbers
    (JWT-04, JWT-05, JWT-06, JWT-32)."""
    fuzz("json")


def test_no_mutation_of_a_valid_token_is_accepted():
    """Fuzzed tokens of two issuers and five algorithms: changed header, claims, kid, base64url and numbers of the signature
    (JWT-01, JWT-02, JWT-03, JWT-05, JWT-06, JWT-07, JWT-10, JWT-12, JWT-13, JWT-15, JWT-17, JWT-21, JWT-24, JWT-30, JWT-31)."""
    numbers = fuzz("jws")
    assert numbers["refused by their signature"] > int(CASES) // 10
    assert numbers["with the other signature"] > 0


def test_no_answer_of_an_issuer_is_active_without_a_literal_true():
    """Fuzzed introspection answers, plain and signed, which issuer is asked about which token, and what holds by an answer and a JWT
    together (INT-03, INT-04, INT-05, INT-06, INT-07, INT-10)."""
    numbers = fuzz("introspection")
    assert numbers["inactive"] > 0
    assert numbers["asked about"] > int(CASES) // 10


def test_no_question_of_another_proxy_crashes_or_becomes_more_than_one_request():
    """Fuzzed messages of Envoy's and frames of HAProxy's: what is taken is one head, with the fields that were told and no others."""
    numbers = fuzz("decision")
    assert numbers["read as requests"] > int(CASES) // 50
