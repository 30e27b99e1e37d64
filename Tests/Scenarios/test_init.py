"""`holdfast init`: a first configuration, from options or from answers on a terminal; and what shells complete."""
import os
import pty
import subprocess

import pytest

from harness.processes import HOLDFAST, PATIENCE, run

NEEDED = ["--issuer", "https://as.example.com", "--audience", "https://api.example.com", "--upstream", "http://127.0.0.1:8080"]


def with_files(pki):
    return ["--certificate", pki.path("server.pem"), "--private-key", pki.path("server.key"), "--authorities", pki.path("clients-ca.pem")]


def test_what_init_writes_passes_check(pki, tmp_path):
    path = tmp_path / "first.yaml"
    made = run(HOLDFAST, "init", *NEEDED, *with_files(pki), "--output", path, "--listen", "127.0.0.1:8443")
    assert made.returncode == 0 and f"holdfast check --config {path}" in made.stdout, made.stderr
    checked = run(HOLDFAST, "check", "--config", path)
    assert checked.returncode == 0 and "127.0.0.1:8443" in checked.stdout, checked.stdout + checked.stderr


def test_files_that_are_not_there_yet_are_named(tmp_path):
    made = run(HOLDFAST, "init", *NEEDED, "--output", tmp_path / "first.yaml")
    assert made.returncode == 0 and "server.pem, server.key, clients-ca.pem" in made.stdout


def test_a_file_that_is_there_is_never_written_over(tmp_path):
    path = tmp_path / "first.yaml"
    path.write_text("mine")
    made = run(HOLDFAST, "init", *NEEDED, "--output", path)
    assert made.returncode == 64 and path.read_text() == "mine"


def test_without_a_terminal_what_nobody_can_guess_must_be_given(tmp_path):
    path = tmp_path / "first.yaml"
    made = run(HOLDFAST, "init", *NEEDED[:2], "--output", path, stdin=subprocess.DEVNULL)
    assert made.returncode == 64 and "--audience, --upstream" in made.stderr and not path.exists()


def test_an_answer_that_check_would_refuse_is_refused(tmp_path):
    path = tmp_path / "first.yaml"
    made = run(HOLDFAST, "init", *NEEDED[:4], "--upstream", "http://api.example.com", "--output", path)
    assert made.returncode == 64 and "--upstream: `http://` to another host" in made.stderr and not path.exists()


def test_on_a_terminal_it_asks_and_asks_again(pki, tmp_path):
    path = tmp_path / "first.yaml"
    ours, theirs = pty.openpty()
    answers = ["nowhere", "127.0.0.1:8443", "https://as.example.com", "", "https://api.example.com", "http://127.0.0.1:8080"]
    os.write(ours, "".join(answer + "\n" for answer in answers).encode())
    asked = subprocess.run([HOLDFAST, "init", *with_files(pki), "--output", path], stdin=theirs, capture_output=True, text=True, timeout=PATIENCE)
    os.close(ours)
    os.close(theirs)
    assert asked.returncode == 0, asked.stderr
    assert asked.stderr.count("Where to listen") == 2 and asked.stderr.count("What those tokens call this API") == 2
    assert "not `nowhere`" in asked.stderr and "issuer: https://as.example.com" in path.read_text()
    assert run(HOLDFAST, "check", "--config", path).returncode == 0


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completions_know_the_commands(shell):
    script = run(HOLDFAST, "--generate-completion-script", shell)
    assert script.returncode == 0
    assert all(word in script.stdout for word in ("probe", "schema", "init", "thumbprint", "wrong-audience-token")), script.stdout


def test_bash_completes_commands_and_options(tmp_path):
    (tmp_path / "completions").write_text(run(HOLDFAST, "--generate-completion-script", "bash").stdout)
    # As bash calls it for `holdfast pr` and `holdfast probe --wr`.
    script = """
      . ./completions; function=$(complete -p holdfast | sed 's/.*-F \\([^ ]*\\).*/\\1/')
      for line in 'holdfast pr' 'holdfast probe --wr'; do
        COMP_WORDS=($line) COMP_CWORD=$((${#COMP_WORDS[@]} - 1)) COMP_LINE=$line COMP_POINT=${#line} COMPREPLY=()
        $function holdfast "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD-1]}"; echo "${COMPREPLY[@]}"
      done
    """
    completed = run("bash", "-c", script, cwd=tmp_path)
    assert completed.stdout.split() == ["probe", "--wrong-audience-token"], completed.stderr
