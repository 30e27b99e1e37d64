"""Random clients and an upstream that misbehaves (soak/): no answer and no identity is ever another's, and nothing is kept."""
import os

import pytest

from soak.both import soak_both
from soak.stage import TRANSPORTS, soak

SEED = int(os.environ.get("HOLDFAST_SOAK_SEED", "20261126"))
SESSIONS = int(os.environ.get("HOLDFAST_SOAK_SESSIONS", "40"))


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_nothing_is_crossed_cut_unseen_lost_or_kept(pki, forge, start_issuer, settings, tmp_path, transport):
    """`scripts/soak` does the same for as long as one likes. (FW-16, H1-21, H1-22)"""
    told = soak(pki, forge, start_issuer("--opaque"), settings, tmp_path, transport, SEED, sessions=SESSIONS)
    print(f"\nseed {SEED}; {told.text()}")
    assert not told.faults, told.text()
    assert told.counts["whole"] > 100 and told.counts["cut"] > 5


def test_both_protocols_on_both_sides(pki, forge, settings, tmp_path):
    """`scripts/soak --both` does the same for as long as one likes. (FW-16, H2-20)"""
    told, faults = soak_both(pki, forge, settings, tmp_path, SEED, seconds=6)
    print(f"\nseed {SEED}; {dict(told)}")
    assert not faults, faults
    assert all(told[f"{client} {way} 200"] > 5 for client in ("HTTP/1.1", "HTTP/2") for way in ("h1", "h2c")), told
