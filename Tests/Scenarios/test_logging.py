"""What is written about a request, and what never is."""
import json

from harness.processes import eventually


def test_each_request_is_one_line_of_json(start_proxy, issuer, pki):
    proxy = start_proxy()
    proxy.ask("POST", "/certificate/logged", body=b"hello")
    line = proxy.logged("/certificate/logged")
    assert line["status"] == 200 and line["method"] == "POST" and line["outcome"] == "ok" and "reason" not in line
    assert line["thumbprint"] == pki.thumbprint("client-a") and line["client"].startswith("127.0.0.1")
    assert line["bytes_in"] == 5 and line["bytes_out"] > 0 and line["duration_us"] > 0 and line["time"] > 1_600_000_000_000
    assert len(proxy.log_lines()) == 1


def test_a_refusal_has_its_reason(proxy, issuer):
    for path, options, status, reason in [
        ("/none", {}, 401, "credentials_missing"), ("/other", {"token": issuer.token("client-b")}, 401, "cnf_mismatch"),
        ("/malformed", {"token": "a b"}, 400, "credentials_malformed"),
    ]:
        assert proxy.ask(target=path, **options).reason == reason
        line = proxy.logged(path)
        assert (line["status"], line["outcome"], line["reason"]) == (status, "refused", reason)


def test_an_upstream_that_fails_is_named_as_the_one_that_failed(proxy, issuer):
    proxy.ask(target="/failing", token=issuer.token(), headers=[("Lab-Respond", "hang-up=0")])
    line = proxy.logged("/failing")
    assert line["status"] == 502 and line["outcome"] == "upstream" and line["reason"]


def test_a_client_that_went_away_is_named_as_the_one_that_did(start_proxy, issuer):
    proxy = start_proxy()
    connection = proxy.connect()
    connection.send(connection.head(target="/away", token=issuer.token(), headers=[("Lab-Respond", "delay=2s")]))
    eventually(lambda: proxy.metric("holdfast_upstream_connections_total") >= 1, "the request is under way")
    connection.reset()
    assert proxy.logged("/away")["outcome"] == "client"


def test_nothing_secret_is_ever_written(start_proxy, issuer, forge, tmp_path):
    """(BR-16)"""
    proxy = start_proxy({"log": {"level": "trace"}})
    secrets = [issuer.token(), forge.token(), forge.token(exp=1), issuer.mint(), issuer.mint(bind="client-a", foreign_key=True)]
    for token in secrets:
        proxy.ask(target="/s", token=token)
        proxy.ask(target=f"/s?access_token={token}", token=token)
        proxy.ask(target=f"/s?code={token}", headers=[("X-Token", token), ("Cookie", token)])
        proxy.ask("POST", "/s", headers=[("Content-Type", "application/x-www-form-urlencoded")], body=b"access_token=" + token.encode())
        with proxy.connect() as connection:
            connection.send(f"GET /s HTTP/1.1\r\nHost: a\r\nAuthorization : Bearer {token}\r\n\r\n").answer()
        with proxy.connect() as connection:
            connection.send(f"GET /s HTTP/9.{token}\r\n\r\n").answer()
    proxy.ask(target="/last")
    proxy.logged("/last")
    written = proxy.process.out + proxy.process.err + proxy.admin("/metrics")[1]
    for token in secrets:
        for part in token.split("."):
            assert part not in written


def test_a_path_cannot_break_its_line(start_proxy, issuer):
    proxy = start_proxy({"routes": None})
    path = "/a%0a%22,%22status%22:200,%22x'()"
    proxy.ask(target=path, token=issuer.token())
    assert proxy.logged(path)["path"] == path
    with proxy.connect() as connection:
        connection.send(b'GET /a"\x01\x7f\xff HTTP/1.1\r\nHost: a\r\n\r\n').answer()
    for line in proxy.process.out.splitlines():
        json.loads(line)


def test_a_long_path_is_cut_in_the_log_and_not_on_the_way(start_proxy, issuer):
    proxy = start_proxy({"routes": None})
    path = "/" + "a" * 4000
    assert proxy.ask(target=path, token=issuer.token()).json()["target"] == path
    line = eventually(lambda: proxy.log_lines(), "a line")[0]
    assert line["path"] == path[:512]


def test_the_access_log_can_be_turned_off(start_proxy, issuer):
    proxy = start_proxy({"log": {"access": False}})
    for _ in range(3):
        assert proxy.ask(token=issuer.token()).status == 200
    proxy.process.terminate()
    assert proxy.process.wait() == 0 and proxy.process.out == ""


def test_its_own_messages_are_json_on_standard_error(start_proxy):
    proxy = start_proxy()
    proxy.process.terminate()
    assert proxy.process.wait() == 0
    messages = proxy.process.messages()
    assert {"listening", "stopped"} <= {message["message"] for message in messages}
    assert all({"time", "level", "message"} <= set(message) for message in messages)


def test_the_last_lines_are_written_before_it_ends(start_proxy, issuer):
    proxy = start_proxy()
    for number in range(50):
        proxy.ask(target=f"/n/{number}", token=issuer.token())
    proxy.process.terminate()
    assert proxy.process.wait() == 0
    assert {line["path"] for line in proxy.log_lines()} >= {f"/n/{number}" for number in range(50)}
