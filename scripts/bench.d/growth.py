"""The section about what should cost the same however many there are of it: each row is this build with many against this build with one."""
import time

from table import Row

ROUTES, ISSUERS, IDLE = 1000, 50, 5000
AUTHORITIES, REMEMBERED = 500, 60_000  # for which fixtures.py makes what is needed
PATH_BAR, BAR, IDLE_BAR = 1.05, 1.15, 0.3  # the last in ms of CPU a second


def growth(bench):
    if not bench.holdfast:
        return []
    return routes(bench) + issuers(bench) + authorities(bench) + remembered(bench) + idle(bench)


def compared(bench, label, what, unit, variants, measure, bar, warm=None):
    """A row of the two `variants` of Holdfast, many and one; `measure(server)` → Cost."""
    with bench.fleet() as fleet:
        servers = bench.start(fleet, [], variants=variants)
        bench.check(servers)
        for server in servers.values():
            (warm or measure)(server)

        def value(server):
            cost = measure(server)
            return cost.microseconds, cost.fault
        samples = bench.interleave(label, servers, value, f"CPU µs a {unit}")
    many, one = variants
    return [Row(what, "CPU µs", samples[many], one, samples[one], bar)]


def routes(bench):
    variants = {f"holdfast-routes-{ROUTES}": {"routes": ROUTES}, "holdfast-routes-1": {"routes": 1}}
    result = []
    for word, path in (("covered", "/api/v1/r0/x"), ("uncovered", "/api/v1/other/x")):
        def measure(server, path=path):
            return bench.load.requests(server, "es256", bench.seconds, path=path)
        result += compared(bench, f"routes, {word} path", f"{ROUTES:,} routes (peer: one), {word} path", "request", variants, measure, PATH_BAR)
    return result


def issuers(bench):
    variants = {f"holdfast-issuers-{ISSUERS}": {"issuers": ISSUERS, "cache": 0}, "holdfast-issuers-1": {"cache": 0}}
    return compared(
        bench, "issuers", f"{ISSUERS} issuers (peer: one), cold ES256 tokens", "request", variants,
        lambda server: bench.load.requests(server, "es256-many", bench.seconds), BAR)


def authorities(bench):
    variants = {f"holdfast-authorities-{AUTHORITIES}": {"authorities": "authorities.pem"}, "holdfast-authorities-1": {}}
    return compared(
        bench, "authorities", f"{AUTHORITIES} authorities (peer: one), full handshake", "handshake", variants,
        lambda server: bench.load.handshakes(server, bench.seconds), BAR)


def remembered(bench):
    """The client goes through a file of tokens in both; the files differ in how many of them are one and the same."""
    files = {f"holdfast-tokens-{REMEMBERED}": "es256-remembered", "holdfast-tokens-1": "es256-one"}
    seconds = 2 if bench.quick else 20  # all of them once, each of which is verified
    return compared(
        bench, "remembered tokens", f"{REMEMBERED:,} remembered tokens (peer: one)", "request", {name: {} for name in files},
        lambda server: bench.load.requests(server, files[server.name], bench.seconds), BAR,
        warm=lambda server: bench.load.requests(server, files[server.name], seconds))


def idle(bench):
    """CPU that idle connections cost beyond what the same server costs without any."""
    count = 500 if bench.quick else IDLE

    def spent(server):
        time.sleep(2)  # what the connections' coming and going left to do
        before, start = server.cpu_nanoseconds(), time.monotonic()
        time.sleep(2 * bench.seconds)
        return (server.cpu_nanoseconds() - before) / 1e6 / (time.monotonic() - start)

    def measure(server):
        without = spent(server)
        opened = [bench.client.connect(server.port) for _ in range(count)]
        try:
            statuses = [bench.client.status(connection) for connection in opened]
            cost = spent(server) - without
            statuses += [bench.client.status(connection) for connection in opened[::100]]  # they are all still there
        finally:
            for connection in opened:
                connection.close()
        wrong = [status for status in statuses if status != 200]
        return cost, f"answered {wrong[0]}" if wrong else ""

    with bench.fleet() as fleet:
        servers = bench.start(fleet, [], variants={"holdfast-idle": {}})
        samples = bench.interleave("idle connections", servers, measure, "CPU ms/s")
    return [Row(f"{count:,} idle connections, beyond none", "CPU ms/s", samples["holdfast-idle"], bar=IDLE_BAR)]
