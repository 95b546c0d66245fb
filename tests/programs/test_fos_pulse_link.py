"""The socket between fos and pulse, from fos's end."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from piranha.decisions.fos_events import OrderGiven, PulseCame, PulseLeft
from piranha.errors import SystemRefusedError
from piranha.programs.fos_pulse_link import NEVER, LinkEvent, PulseLink
from piranha.system import clock, local_socket
from piranha.system.local_socket import LineConnection
from piranha.system.loop import Loop
from piranha.wire import order_line, report_line
from piranha.wire.order_line import ProbeNow, Quit
from piranha.wire.report_line import Armed, ServiceMoved, ServiceState

PROGRAM = "fos"
pytestmark = pytest.mark.usefixtures("log")


class Link:
    def __init__(self, path: Path) -> None:
        self.path = path
        self.loop = Loop()
        self.events: list[LinkEvent] = []
        self.link = PulseLink(self.loop, path, self.events.append)

    def connect(self) -> LineConnection:
        connection = local_socket.connect(self.path)
        self.turn()
        return connection

    def turn(self) -> None:
        """Everything that waits."""
        for _ in range(3):
            self.loop.turn(clock.now())

    def kinds(self) -> list[type]:
        return [type(event) for event in self.events]


@pytest.fixture
def link(tmp_path: Path) -> Iterator[Link]:
    made = Link(tmp_path / "run" / "piranha-sites.sock")
    yield made
    made.link.close()
    made.loop.close()


def test_the_socket_is_for_root_alone(link: Link) -> None:
    assert link.path.stat().st_mode & 0o777 == 0o600


def test_orders_come_out_in_their_order(link: Link) -> None:
    pulse = link.connect()
    pulse.send_line(order_line.encode(ProbeNow("web")))
    pulse.send_line(order_line.encode(Quit()))
    link.turn()
    assert link.kinds() == [PulseCame, OrderGiven, OrderGiven]
    assert link.events[1:] == [OrderGiven(ProbeNow("web")), OrderGiven(Quit())]


def test_reports_go_to_who_is_connected_and_else_nowhere(link: Link) -> None:
    link.link.tell(Armed())
    pulse = link.connect()
    link.link.tell(Armed())
    assert pulse.lines() == [report_line.encode(Armed())]


def test_the_newest_connection_wins(link: Link) -> None:
    old = link.connect()
    new = link.connect()
    link.link.tell(Armed())
    assert old.lines() == []
    assert old.is_closed
    assert len(new.lines()) == 1
    assert link.kinds() == [PulseCame, PulseCame]


def test_a_pulse_that_goes_is_missed_and_may_come_back(link: Link) -> None:
    link.connect().close()
    link.turn()
    assert not link.link.is_connected
    link.connect()
    assert link.kinds() == [PulseCame, PulseLeft, PulseCame]


def test_what_is_not_our_language_ends_the_connection(link: Link) -> None:
    pulse = link.connect()
    pulse.send_line(b'{"order":"dance"}')
    link.turn()
    assert link.kinds() == [PulseCame, PulseLeft]
    pulse.lines()
    assert pulse.is_closed


def test_a_pulse_that_does_not_read_is_told_when_it_reads_again(link: Link) -> None:
    pulse = link.connect()
    for _ in range(20_000):
        link.link.tell(Armed())
    lines = []
    while len(lines) < 20_000:
        lines += pulse.lines()
        link.turn()
    assert set(lines) == {report_line.encode(Armed())}


def test_a_second_fos_of_the_group_is_refused(link: Link) -> None:
    with pytest.raises(SystemRefusedError, match="already running, pid"):
        Link(link.path)


def test_a_socket_that_nobody_listens_at_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "left.sock"
    local_socket.listen(path, 0o600).close()
    link = Link(path)
    link.connect()
    assert link.kinds() == [PulseCame]
    link.link.close()
    link.loop.close()
    assert not path.exists()


def test_at_the_end_only_its_own_socket_is_removed(link: Link) -> None:
    later = local_socket.listen(link.path, 0o600)
    link.link.close()
    assert link.path.exists()
    later.close()


def a_move(service: str) -> ServiceMoved:
    return ServiceMoved(service, ServiceState.STARTED, 0.1)


def test_news_of_services_waits_for_company(link: Link) -> None:
    pulse = link.connect()
    link.link.tell(a_move("web"))
    assert pulse.lines() == []
    link.link.tell(a_move("dns"))
    link.link.tell(Armed())
    told = [report_line.decode(line) for line in pulse.lines()]
    assert told == [a_move("web"), a_move("dns"), Armed()]
    assert link.link.due_at == NEVER


def test_news_without_company_is_told_when_it_is_due(link: Link) -> None:
    pulse = link.connect()
    link.link.tell(a_move("web"))
    link.link.tend()
    assert pulse.lines() == []
    clock.sleep_until(link.link.due_at)
    link.link.tend()
    assert [report_line.decode(line) for line in pulse.lines()] == [a_move("web")]
