"""scripts/large-list: what a revocation list of 300,000 entries costs while requests go on."""
import argparse
import multiprocessing
import re
import tempfile
import time
from pathlib import Path

from harness.forge import ALGORITHMS, AUDIENCE, ISSUER, Forge
from harness.large_list import ENTRIES, large
from harness.pki import PKI
from harness.processes import eventually
from harness.proxy import Proxy
from harness.revocation import Lists
from harness.upstream import Upstream


def resident(proxy, what="VmRSS"):
    """MiB."""
    status = Path(f"/proc/{proxy.process.child.pid}/status").read_text()
    return int(re.search(rf"{what}:\s+(\d+)", status)[1]) / 1024


def ask_all_the_while(proxy, client, pipe):
    """One request after another on one connection; for each word that comes, the longest wait since the one before, in ms."""
    target = "/certificate/x" if client else "/open/x"
    with proxy.connect(client) as connection:
        longest = count = 0
        while True:
            began = time.perf_counter()
            answer = connection.request(target=target)
            longest, count = max(longest, time.perf_counter() - began), count + 1
            assert answer.status == 200, answer
            if pipe.poll():
                if pipe.recv() == "end":
                    return
                pipe.send((longest * 1000, count))
                longest = count = 0


class Watch:
    """Prints a line for each step: memory, its peak so far, and the longest waits in it: of a client without a certificate, which waits for
    the event loop alone, and of another client whose certificate the list is about."""

    def __init__(self, proxy):
        self.proxy, self.start, self.pipes, self.askers = proxy, resident(proxy), [], []
        for client in (None, "client-b"):
            ours, theirs = multiprocessing.Pipe()
            self.askers.append(multiprocessing.Process(target=ask_all_the_while, args=(proxy, client, theirs), daemon=True))
            self.askers[-1].start()
            self.pipes.append(ours)
        self.waits()

    def waits(self):
        for pipe in self.pipes:
            pipe.send("tell")
        return " and ".join("%.1f of %d" % pipe.recv() for pipe in self.pipes)

    def tell(self, step):
        """Twice: at once, and once memory that was freed has been given back."""
        waits, at_once = self.waits(), resident(self.proxy)
        time.sleep(7)
        memory = [f"{value - self.start:+.0f}" for value in (at_once, resident(self.proxy), resident(self.proxy, "VmHWM"))]
        print(f"{step:44} %4s MiB, later %4s, peak %4s; waits {waits} ms, later {self.waits()} ms" % tuple(memory), flush=True)

    def end(self):
        for pipe in self.pipes:
            pipe.send("end")
        for asker in self.askers:
            asker.join()


def main():
    parser = argparse.ArgumentParser(prog="scripts/large-list", description=__doc__)
    parser.add_argument("--entries", type=int, default=ENTRIES)
    parser.add_argument("--reloads", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="holdfast-list-") as folder:
        folder = Path(folder)
        pki, upstream = PKI(folder / "pki"), Upstream(folder)
        forge = Forge(pki)
        forge.write_keys(folder / "forge.json")
        settings = {
            "tokens": [{"issuer": ISSUER, "audience": AUDIENCE, "keys": str(folder / "forge.json"), "algorithms": ALGORITHMS}],
            "upstream": {"url": upstream.url}, "routes": [
                {"path": "/certificate/*", "require": "certificate"}, {"path": "/open/*", "require": "nothing"},
            ], "threads": 1,
        }  # fmt: skip
        lists = Lists(lambda changes: Proxy(pki, folder, settings, changes).wait_ready(), pki, folder)
        proxy = lists.start()
        made = [large(lists.issuer, pki.certificate("client-a"), count=options.entries) for _ in range(options.reloads + 1)]
        print(f"{options.entries} entries, {len(made[0]) / 2**20:.1f} MiB; resident {resident(proxy):.1f} MiB without it")
        watch = Watch(proxy)
        try:
            time.sleep(2)
            watch.tell("nothing happens")
            lists.rewrite(issuer=made[0])
            eventually(lambda: proxy.metric("holdfast_generation") >= 2, "the list is in force")
            watch.tell("the list is loaded, and looked into")
            with proxy.connect("client-b") as connection:
                assert connection.request(target="/certificate/x").status == 200
            assert lists.refusal("client-a") == "cert_revoked"
            watch.tell("handshakes, one of them of a revoked client")
            for number, octets in enumerate(made[1:], 1):
                lists.rewrite(issuer=octets)
                watch.tell(f"another list of that size, reload {number}")
            for _ in range(3):
                lists.rewrite(root=lists.root.revoked(7))
            watch.tell("three reloads with the same list")
        finally:
            watch.end()
            proxy.end()
            upstream.end()


if __name__ == "__main__":
    main()
