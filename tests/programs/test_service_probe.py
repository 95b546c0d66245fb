"""`piranhactl probe`: asks what the daemons ask, and its status says how it ended."""

import os
from pathlib import Path

import pytest

from piranha.programs import piranhactl
from piranha.programs.service_probe import host_of
from piranha.terms import Side
from tests.probes.servers import answers, closed_port, greets, tcp_server
from tests.programs.example_settings import SETTINGS

FILE = """\
service = fos
primary = 127.0.0.1
backup = 127.0.0.2
failover mail {{
    active = 1
    address = 10.9.0.10 lo
    port = {port}
    timeout = 2
    script {{
        expect_line = "220"
        send = "for %n at %h\\r\\n"
        expect_line = "250"
    }}
}}
failover wall {{
    active = 1
    address = 10.9.0.11 lo
    monitor = none
}}
"""


@pytest.fixture(autouse=True)
def _rights(monkeypatch: pytest.MonkeyPatch) -> None:
    """The command gives up root's rights; a test that did could not go on."""
    monkeypatch.setattr(os, "geteuid", lambda: 65_534)


def probe(path: Path, port: int, *words: str) -> int:
    file = path / "lvs.cf"
    file.write_text(FILE.format(port=port))
    return piranhactl.main(["-c", str(file), "probe", *words])


def mail(connection: object) -> None:
    connection.sendall(b"220-one\r\n220 mail\r\n")  # type: ignore[attr-defined]
    answers(b"250 fine\r\n")(connection)  # type: ignore[arg-type]


def test_the_dialogue_is_shown_and_the_status_is_the_verdict(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with tcp_server(mail) as port:
        assert probe(tmp_path, port, "mail", "--node", "A") == 0
    lines = [line[9:] for line in capfd.readouterr().out.splitlines()]
    assert lines[0] == f"= asking 127.0.0.1:{port} by tcp, for at most 2 s"
    assert r"> for mail at 127.0.0.1\r\n" in lines
    assert lines[-1].startswith(r'= answered: expected a line "250", got "250 fine\r\n", after ')
    assert lines[-1].endswith("(it answered as expected)")


def test_a_sick_service_and_one_that_is_not_there(tmp_path: Path) -> None:
    with tcp_server(greets(b"421 busy\r\n")) as port:
        assert probe(tmp_path, port, "mail", "--node", "127.0.0.1") == 10
    with closed_port() as port:
        assert probe(tmp_path, port, "mail", "--node", "B") == 10


def test_what_nobody_asks_is_not_asked(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert probe(tmp_path, 1, "wall") == 0
    assert "nobody asks it" in capfd.readouterr().out


def test_wrong_use_is_told(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert probe(tmp_path, 1, "mial") == 100
    assert probe(tmp_path, 1, "mail", "--node", "C") == 100
    assert piranhactl.main(["-c", str(tmp_path / "none.cf"), "probe", "mail"]) == 111
    said = capfd.readouterr().err
    assert 'no active service "mial", expected one of mail, wall, did you mean "mail"?' in said
    assert '--node is "C", expected A, B or an address' in said


def test_a_file_with_errors_is_not_asked_about(tmp_path: Path) -> None:
    (tmp_path / "lvs.cf").write_text("service = lvs\n")
    assert piranhactl.main(["-c", str(tmp_path / "lvs.cf"), "probe", "mail"]) == 100


@pytest.mark.parametrize(
    ("node", "side"), [("A", Side.PRIMARY), ("b", Side.BACKUP), ("", Side.PRIMARY)]
)
def test_a_node_is_called_by_its_letter(node: str, side: Side) -> None:
    assert host_of(SETTINGS, node) == SETTINGS.addresses[side][0]
