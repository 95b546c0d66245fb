"""A command at the other end gets its words whole, its standard input, and a limited time."""

import pytest

from piranha.errors import SystemRefusedError, UsageError
from piranha.programs import remote_shell
from piranha.programs.remote_shell import remote_argv, run


def there(*words: str) -> list[str]:
    """As an rsh does: the shell of the other node gets one text."""
    argv = remote_argv("env", "LC_ALL=C", words)
    return [*argv[:2], "sh", "-c", argv[2]]


def test_the_words_arrive_as_they_are() -> None:
    outcome = run(there("printf", "%s\n", "two words", "$HOME", "'"), b"", 5.0)
    assert (outcome.status, outcome.output) == (0, b"two words\n$HOME\n'\n")


def test_the_command_may_have_words_of_its_own() -> None:
    assert remote_argv("ssh -p 2222", "10.0.0.2", ["x"])[:4] == ["ssh", "-p", "2222", "10.0.0.2"]


@pytest.mark.parametrize("command", ["", "'"])
def test_a_command_that_is_none_is_refused(command: str) -> None:
    with pytest.raises(UsageError, match="rsh_command"):
        remote_argv(command, "10.0.0.2", ["x"])


def test_a_large_input_arrives_whole() -> None:
    content = bytes(range(256)) * 4096
    assert run(there("cat"), content, 10.0).output == content


def test_the_exit_status_comes_back() -> None:
    assert run(there("sh", "-c", "exit 10"), b"", 5.0).status == 10


def test_who_takes_too_long_is_ended() -> None:
    with pytest.raises(SystemRefusedError, match="has not ended in time"):
        run(there("sleep", "20"), b"", 0.2)


def test_who_says_too_much_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote_shell, "LARGEST_OUTPUT", 1000)
    with pytest.raises(SystemRefusedError, match="says more than 1000 bytes"):
        run(there("yes"), b"", 5.0)


def test_a_program_that_is_not_there_is_named() -> None:
    with pytest.raises(OSError, match="cannot start /none: No such file"):
        run(["/none"], b"", 1.0)
