"""A log that nobody reads, that is full or that was never open: lines are lost and counted, requests are answered, and no line goes elsewhere."""
import pytest

from harness.processes import eventually, redirected

LOST = {"a full disk": redirected(">/dev/full"), "a reader that left": redirected("> >(true)"), "a closed descriptor": redirected(">&-")}
SAYING_LOST = {"a full disk": redirected("2>/dev/full"), "a closed descriptor": redirected("2>&-")}


@pytest.mark.parametrize("name", LOST)
def test_access_lines_that_cannot_be_written_are_counted(start_proxy, issuer, name):
    proxy = start_proxy(prefix=LOST[name])
    with proxy.connect() as connection:
        for _ in range(20):
            answer = connection.request(token=issuer.token())
            assert answer.status == 200 and answer.json()["target"] == "/", "nothing of the log in the answer"
    eventually(lambda: proxy.metric("holdfast_access_log_dropped_total") == 20, "20 are counted")
    assert proxy.metric("holdfast_messages_dropped_total") == 0
    eventually(lambda: any(line["message"] == "log lines lost" for line in proxy.process.messages()), "it is said")


@pytest.mark.parametrize("name", SAYING_LOST)
def test_its_own_messages_that_cannot_be_written_are_counted(start_proxy, issuer, name):
    proxy = start_proxy(prefix=SAYING_LOST[name])
    assert proxy.ask(token=issuer.token()).json()["target"] == "/"
    assert proxy.logged("/")["status"] == 200 and proxy.metric("holdfast_access_log_dropped_total") == 0
    eventually(lambda: proxy.metric("holdfast_messages_dropped_total") >= 2, "they are counted")


def test_with_all_three_descriptors_closed_no_peer_is_written_a_log_line(start_proxy, issuer, upstream):
    proxy = start_proxy(prefix=redirected("<&- >&- 2>&-"))
    for number in range(10):
        answer = proxy.ask("POST", f"/{number}", issuer.token(), body=b"hello")
        assert answer.status == 200 and answer.json()["target"] == f"/{number}"
    eventually(lambda: proxy.metric("holdfast_access_log_dropped_total") == 10, "they are counted")
    assert proxy.metric("holdfast_messages_dropped_total") >= 2


def test_lines_that_are_read_are_not_counted_as_lost(start_proxy, issuer):
    proxy = start_proxy()
    for _ in range(5):
        proxy.ask(token=issuer.token())
    eventually(lambda: len(proxy.log_lines()) == 5, "five lines")
    assert proxy.metric("holdfast_access_log_dropped_total") == 0 and proxy.metric("holdfast_messages_dropped_total") == 0
