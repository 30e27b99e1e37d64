"""scripts/soak [minutes]: the soak by itself, for as long as asked; ends with 0 only if nothing was crossed, cut unseen, lost or kept."""
import argparse
import asyncio
import random
import sys
import tempfile
import time
from pathlib import Path

from harness.forge import ALGORITHMS, AUDIENCE, ISSUER, Forge
from harness.issuer import Issuer
from harness.pki import PKI

from . import slow
from .both import soak_both
from .plan import ANSWERS, TURNS
from .stage import TRANSPORTS, soak


def arguments():
    parser = argparse.ArgumentParser(prog="scripts/soak", description=__doc__)
    parser.add_argument("minutes", nargs="?", type=float, default=10, help="in all, at most 1440 (default 10)")
    parser.add_argument("--seed", type=int, help="that of another run, printed by it")
    parser.add_argument("--transport", choices=TRANSPORTS, action="append", help="to the upstream; repeatable, each has its share (default: all)")
    parser.add_argument("--without", metavar="NAME", choices=[*ANSWERS, *TURNS], action="append", default=[], help="an answer or a turn (plan.py) to leave out; repeatable")
    parser.add_argument("--both", action="store_true", help="instead: HTTP/1.1 and HTTP/2 on both sides, APIs that are killed and come back")
    parser.add_argument("--slow", metavar="COUNT", type=int, help="instead: what a crowd of so many slow clients of each kind costs another's latency")
    options = parser.parse_args()
    for name in options.without:
        ANSWERS.pop(name, TURNS.pop(name, None))
    if not 0 < options.minutes <= 1440:
        parser.error("minutes are from 0 to 1440")
    return options


def main():
    options = arguments()
    seed = options.seed if options.seed is not None else random.SystemRandom().getrandbits(32)
    transports = options.transport or TRANSPORTS
    print(f"seed {seed}", flush=True)
    with tempfile.TemporaryDirectory(prefix="holdfast-soak-") as folder:
        folder = Path(folder)
        pki = PKI(folder / "pki")
        forge = Forge(pki)
        forge.write_keys(folder / "forge.json")
        settings = {"tokens": [None, {"issuer": ISSUER, "audience": AUDIENCE, "keys": str(folder / "forge.json"), "algorithms": ALGORITHMS}]}
        if options.slow:
            return asyncio.run(slow.run(options.slow, pki, forge, settings, folder))
        if options.both:
            told, faults = soak_both(pki, forge, settings, folder, seed, options.minutes * 60, show=print_now)
            print(f"seed {seed}: {dict(told)}: " + ("\n".join(faults) or "nothing was crossed or kept"))
            return 1 if faults else 0
        issuer = Issuer(pki, folder, "--opaque", name="soak-issuer")
        faults = []
        try:
            for transport in transports:
                told = soak(pki, forge, issuer, settings, folder, transport, seed, seconds=options.minutes * 60 / len(transports), show=print_now)
                print_now(told.text())
                faults += told.faults
        finally:
            issuer.end()
    print(f"seed {seed}: " + (f"{len(faults)} FAULTS" if faults else "nothing was crossed, cut unseen, lost or kept"))
    return 1 if faults else 0


def print_now(text):
    print(time.strftime("%H:%M:%S ") + text, flush=True)


if __name__ == "__main__":
    sys.exit(main())
