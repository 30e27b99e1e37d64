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


def ask_all_the_while(proxy, pipe):
    """One request after another on one connection of another client; for each word that comes, the longest wait since the one before, in ms."""
    with proxy.connect("client-b") as connection:
        longest = count = 0
        while True:
            began = time.perf_counter()
            answer = connection.request(target="/certificate/x")
            longest, count = max(longest, time.perf_counter() - began), count + 1
            assert answer.status == 200, answer
            if pipe.poll():
                if pipe.recv() == "end":
                    return
                pipe.send((longest * 1000, count))
                longest = count = 0


class Watch:
    """Prints a line for each step: memory, its peak so far, and the other client's longest wait in it."""

    def __init__(self, proxy):
        self.proxy, self.start = proxy, resident(proxy)
        self.pipe, theirs = multiprocessing.Pipe()
        self.asker = multiprocessing.Process(target=ask_all_the_while, args=(proxy, theirs), daemon=True)
        self.asker.start()
        self.longest()

    def longest(self):
        self.pipe.send("tell")
        return self.pipe.recv()

    def tell(self, step):
        """Twice: at once, and once memory that was freed has been given back."""
        wait, count = self.longest()
        at_once, peak = resident(self.proxy), resident(self.proxy, "VmHWM")
        time.sleep(7)
        later, _ = self.longest()
        print(f"{step:44} +{at_once - self.start:5.1f} MiB, later +{resident(self.proxy) - self.start:5.1f}, peak +{peak - self.start:5.1f};"
              f" longest of {count} waits {wait:5.1f} ms, later {later:5.1f} ms", flush=True)

    def end(self):
        self.pipe.send("end")
        self.asker.join()


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
            "upstream": {"url": upstream.url}, "routes": [{"path": "/certificate/*", "require": "certificate"}], "threads": 1,
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
