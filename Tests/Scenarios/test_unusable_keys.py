"""Keys that are published and cannot be used: they spoil no other, and it is said why (requirements G)."""
import json

import pytest

from harness.challenges import is_invalid_token
from harness.forge import ALGORITHMS, AUDIENCE, ISSUER, Key
from harness.processes import HOLDFAST, eventually, run

GOOD = Key("ES256", "good")
BAD = Key("ES256", "bad")


def entry(path, **changes):
    return {"tokens": [{"issuer": ISSUER, "audience": AUDIENCE, "keys": str(path), "algorithms": ALGORITHMS} | changes], "routes": None}


def write(path, *keys):
    path.write_text('{"keys": [%s]}' % ", ".join(key if isinstance(key, str) else json.dumps(key) for key in keys))
    return path


def token(forge, key):
    return forge.token(key.algorithm, header={"kid": key.kid}, signature=key.sign)


@pytest.mark.parametrize(
    "changes",
    [{"use": ""}, {"alg": ""}, {"key_ops": []}, {"d": ""}, {"oth": []}, {"p": "", "q": "", "dp": "", "dq": "", "qi": ""}, {"x5c": [], "x5t": ""}],
    ids=repr,
)  # fmt: skip
def test_what_is_empty_is_absent(start_proxy, forge, tmp_path, changes):
    """(JWT-18, JWT-19)"""
    proxy = start_proxy(entry(write(tmp_path / "keys.json", GOOD.jwk(**changes))))
    assert proxy.ask(token=token(forge, GOOD)).status == 200 and "secret" not in proxy.process.err


def test_what_is_null_is_absent(start_proxy, forge, tmp_path):
    """(JWT-18, JWT-19)"""
    text = json.dumps(GOOD.jwk(use=None, alg=None))[:-1] + ', "use": null, "alg": null, "key_ops": null, "d": null, "oth": null, "x5c": null}'
    proxy = start_proxy(entry(write(tmp_path / "keys.json", text)))
    assert proxy.ask(token=token(forge, GOOD)).status == 200 and "secret" not in proxy.process.err


UNUSABLE = {
    "a member of it is there twice": json.dumps(BAD.jwk())[:-1] + ', "use": "sig"}',
    "its `use` is `enc`": BAD.jwk(use="enc"),
    "its `use` is no text": BAD.jwk(use=["sig"]),
    "its `key_ops` have no `verify`": BAD.jwk(key_ops=["encrypt"]),
    "its `alg` is `RS256`, which is for another kind of key": BAD.jwk(alg="RS256"),
    "its `crv` is `secp256k1`": BAD.jwk(crv="secp256k1"),
    "its `x` is not base64url": BAD.jwk(x="!"),
    "are no point of its curve": BAD.jwk(y=GOOD.jwk()["y"]),
    "its private part (`d`) is published": BAD.jwk(d="AAAA"),
    "it is a symmetric key": {"kty": "oct", "k": "AAAA", "kid": "bad"},
    "it has no `kty`": BAD.jwk(kty=None),
}


@pytest.mark.parametrize("cause", UNUSABLE)
def test_a_key_that_cannot_be_used_spoils_no_other_and_its_tokens_are_told_why(start_proxy, forge, pki, tmp_path, cause):
    """(JWT-11, JWT-18, JWT-19, JWT-23)"""
    proxy = start_proxy(entry(write(tmp_path / "keys.json", UNUSABLE[cause], GOOD.jwk())))
    assert proxy.ask(token=token(forge, GOOD)).status == 200
    assert is_invalid_token(proxy.ask(token=token(forge, BAD)), "key_unusable")
    (tmp_path / "token.txt").write_text(token(forge, BAD))
    told = run(HOLDFAST, "explain", "--config", proxy.file, "--certificate", pki.path("client-a.pem"), "--token", tmp_path / "token.txt")
    assert told.returncode == 1 and "published, but unusable because" in told.stdout and cause in told.stdout


def test_a_weak_key_is_named_with_its_length(start_proxy, forge, tmp_path):
    """(JWT-20)"""
    weak = Key("PS256", "weak", bits=1024)
    proxy = start_proxy(entry(write(tmp_path / "keys.json", weak.jwk(), GOOD.jwk())))
    assert is_invalid_token(proxy.ask(token=token(forge, weak)), "key_unusable")
    for text in (run(HOLDFAST, "check", "--config", proxy.file).stdout, proxy.process.err, proxy.admin("/readyz?verbose")[1]):
        assert "key `weak` is unusable because its modulus has 1024 bits" in text


def said_everywhere(proxy, words):
    """By `check`, in the log at start, and on the verbose page of readiness, which stays ready."""
    checked = run(HOLDFAST, "check", "--config", proxy.file)
    assert checked.returncode == 0 and any(line.startswith("warning: tokens[0].keys") and words in line for line in checked.stdout.splitlines())
    assert words in proxy.process.err
    status, text = proxy.admin("/readyz?verbose")
    assert status == 200 and words in text and words not in proxy.admin("/readyz")[1]
    return True


def test_a_key_file_without_a_key_for_the_allowed_algorithms_is_said_to_be_one(start_proxy, tmp_path):
    proxy = start_proxy(entry(write(tmp_path / "keys.json", GOOD.jwk()), algorithms=["PS256"]))
    assert said_everywhere(proxy, "none of the keys is for the allowed algorithms (PS256), only for ES256")


def test_a_key_file_with_private_keys_in_it_is_said_to_be_one(start_proxy, tmp_path):
    """(JWT-19)"""
    proxy = start_proxy(entry(write(tmp_path / "keys.json", GOOD.jwk(), BAD.jwk(d="AAAA"))))
    assert said_everywhere(proxy, "key `bad` is unusable because its private part (`d`) is published with it")


def test_keys_for_other_purposes_are_no_reason_to_warn(start_proxy, tmp_path):
    other = {"kty": "AKP", "kid": "later", "alg": "ML-DSA-65", "pub": "AAAA"}
    proxy = start_proxy(entry(write(tmp_path / "keys.json", GOOD.jwk(), BAD.jwk(use="enc"), other)))
    checked = run(HOLDFAST, "check", "--config", proxy.file).stdout
    assert "tokens[0].keys" not in checked and "warning" not in proxy.admin("/readyz?verbose")[1]
    eventually(lambda: "key `bad` is unusable because its `use` is `enc`" in proxy.process.err, "the log names them")


@pytest.mark.parametrize("content", ["", "{", "[]", '{"keys": {}}', '{"keys": []}', '{"keys": [{"kty": "oct", "k": "AAAA"}]}'])
def test_a_key_file_that_is_none_is_a_mistake_in_plain_words(start_proxy, tmp_path, content):
    """(JWT-18)"""
    (tmp_path / "keys.json").write_text(content)
    proxy = start_proxy(entry(tmp_path / "keys.json"), wait=None)
    assert proxy.process.wait() == 64 and "tokens[0].keys" in proxy.process.err
    assert not any(word in proxy.process.err for word in ("KeySet", "Fault", "TokenValidation", "noUsable", "malformed"))


@pytest.mark.parametrize("count", [9, 60])
def test_a_token_that_names_no_key_passes_by_whichever_of_many_made_it(start_proxy, forge, tmp_path, count):
    """(JWT-17)"""
    keys = [Key("ES256") for _ in range(count)]
    proxy = start_proxy(entry(write(tmp_path / "keys.json", *[key.jwk(kid=None) for key in keys])))
    with proxy.connect() as connection:
        for key in [keys[-1], keys[0], keys[8]]:
            assert connection.request(token=forge.token(header={"kid": None}, signature=key.sign)).status == 200
        for _ in range(40):
            assert is_invalid_token(connection.request(token=forge.token(header={"kid": None}, signature=BAD.sign)), "signature_invalid")
        # Who has sent many that fit none is held against few keys, those first that verified before.
        assert connection.request(token=forge.token(header={"kid": None}, signature=keys[8].sign)).status == 200
    assert proxy.ask(token=forge.token(bind="client-b", header={"kid": None}, signature=keys[-1].sign), client="client-b").status == 200
