"""Many requests over a few connections, as fast as Python sends them."""
import threading
import time
from collections import Counter

# Few enough that neither side's answers fill what the other does not read yet.
BATCH = 20


def pipelined(proxy, tokens, seconds=0.0):
    """Each token in a request of its own over one connection, no faster than within so many seconds; how often which status came."""
    tokens, statuses, began = list(tokens), Counter(), time.monotonic()
    with proxy.connect() as connection:
        for start in range(0, len(tokens), BATCH):
            time.sleep(max(0, began + seconds * start / len(tokens) - time.monotonic()))
            batch = tokens[start : start + BATCH]
            connection.send("".join(connection.head(token=token) for token in batch))
            for _ in batch:
                statuses[connection.answer().status] += 1
    return statuses


class Background:
    """`work(number)` in so many threads, until it returns or, where it looks at `.ending`, until it is told to end."""

    def __init__(self, threads, work):
        self.results, self.errors = [], []
        self.ending = threading.Event()
        self.threads = [threading.Thread(target=self.run, args=(work, number), daemon=True) for number in range(threads)]

    def run(self, work, number):
        try:
            self.results.append(work(number))
        except Exception as error:  # told to whoever waits for the end
            self.errors.append(error)

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.ending.set()
        self.join()

    def is_running(self):
        return any(thread.is_alive() for thread in self.threads)

    def join(self):
        for thread in self.threads:
            thread.join()
        assert not self.errors, self.errors
        return self.results


def latencies(connection, token, until=None, count=None):
    """Seconds that each request took: so many, or while `until` says so; each must pass."""
    took = []
    while len(took) < count if count is not None else until():
        began = time.monotonic()
        assert connection.request(token=token).status == 200
        took.append(time.monotonic() - began)
    return took
