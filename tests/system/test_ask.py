"""Who has this address? A real kernel answers."""

from collections.abc import Callable, Iterator
from ipaddress import ip_address
from typing import Any

import pytest

from piranha.system import clock
from piranha.system.announce import Announcer
from piranha.system.ask import Answer, Asker
from tests.system.network import Cable

pytestmark = pytest.mark.lab

VIP, VIP6, FREE, FREE6 = (
    ip_address(text) for text in ("10.0.0.5", "2001:db8::5", "10.0.0.9", "2001:db8::9")
)
THEIR_MAC = "02:00:00:00:00:02"
Readable = Callable[[Any], bool]


@pytest.fixture
def asker(cable: Cable) -> Iterator[Asker]:
    """The other machine has both VIPs; we have no address at all."""
    cable.there.run(f"ip link set eth0 address {THEIR_MAC}")
    cable.there.run("ip address add 10.0.0.5/32 dev eth0")
    cable.there.run("ip address add 2001:db8::5/128 dev eth0 nodad")
    asker = Asker("eth0")
    yield asker
    asker.close()


@pytest.mark.parametrize("vip", [VIP, VIP6])
def test_whoever_has_the_address_answers(asker: Asker, readable: Readable, vip: Any) -> None:
    asker.ask(vip)
    assert readable(asker)
    assert asker.answers() == [Answer(vip, THEIR_MAC)]
    assert asker.answers() == []


def test_many_questions_have_many_answers(asker: Asker, cable: Cable) -> None:
    vips = [ip_address(f"10.0.1.{n}") for n in range(1, 41)]
    for vip in vips:
        cable.there.run(f"ip address add {vip}/32 dev eth0")
    for vip in vips:
        asker.ask(vip)
    limit, found = clock.now() + 5, set[Answer]()
    while len(found) < len(vips) and clock.now() < limit:
        found.update(asker.answers())
    assert found == {Answer(vip, THEIR_MAC) for vip in vips}


def test_nobody_answers_for_a_free_address(asker: Asker, readable: Readable) -> None:
    """The last question is one that is answered: the answers before it would be there by then."""
    asker.ask(FREE)
    asker.ask(FREE6)
    asker.ask(VIP)
    assert readable(asker)
    assert asker.answers() == [Answer(VIP, THEIR_MAC)]


def test_asking_teaches_the_others_nothing(asker: Asker, cable: Cable, readable: Readable) -> None:
    asker.ask(VIP)
    assert readable(asker)
    assert "10.0.0" not in cable.there.run("ip -4 neighbour show")


def test_an_announcement_is_an_answer(asker: Asker, cable: Cable, readable: Readable) -> None:
    asker.ask(FREE)
    with cable.there.entered():
        announcer = Announcer("eth0")
    announcer.announce(FREE)
    assert readable(asker)
    assert asker.answers() == [Answer(FREE, THEIR_MAC)]
    announcer.close()


def test_what_was_not_asked_for_is_not_heard(
    asker: Asker, cable: Cable, readable: Readable
) -> None:
    with cable.there.entered():
        announcer = Announcer("eth0")
    announcer.announce(VIP)
    asker.ask(VIP6)
    announcer.announce(FREE)
    assert readable(asker)
    assert asker.answers() == [Answer(VIP6, THEIR_MAC)]
    announcer.close()


@pytest.mark.parametrize("vip", [VIP, VIP6])
def test_resting_ends_all_questions(asker: Asker, readable: Readable, vip: Any) -> None:
    asker.ask(vip)
    assert readable(asker)
    asker.rest()
    assert asker.answers() == []
    other = VIP6 if vip is VIP else VIP
    asker.ask(other)
    assert readable(asker)
    assert asker.answers() == [Answer(other, THEIR_MAC)]


def test_our_own_announcement_is_no_answer(asker: Asker, readable: Readable) -> None:
    announcer = Announcer("eth0")
    asker.ask(FREE)
    announcer.announce(FREE)
    asker.ask(VIP)
    assert readable(asker)
    assert asker.answers() == [Answer(VIP, THEIR_MAC)]
    announcer.close()


def test_a_device_that_goes_down_is_told_by_asking(asker: Asker, cable: Cable) -> None:
    cable.here.run("ip link set eth0 down")
    with pytest.raises(OSError, match=r"^cannot ask for 10\.0\.0\.5 on eth0: Network is down$"):
        asker.ask(VIP)
    assert asker.answers() == []


def test_a_device_that_came_up_again_is_heard_again(
    asker: Asker, cable: Cable, readable: Readable
) -> None:
    cable.here.run("ip link set eth0 down")
    cable.here.run("ip link set eth0 up")
    asker.answers()
    asker.ask(VIP)
    assert readable(asker)
    assert asker.answers() == [Answer(VIP, THEIR_MAC)]


@pytest.mark.usefixtures("cable")
def test_a_device_that_is_missing_is_named() -> None:
    with pytest.raises(OSError, match="No such device"):
        Asker("eth9")


@pytest.mark.usefixtures("cable")
def test_loopback_is_not_asked() -> None:
    asker = Asker("lo")
    asker.ask(VIP)
    assert asker.answers() == []
    asker.close()
