"""The raw socket hears answers of DHCP servers, and nothing else."""

import os
import socket
from collections.abc import Iterator

import pytest

from piranha.system.relay_socket import open_relay_socket
from tests.system.network import Cable

pytestmark = pytest.mark.lab

OURS = "10.9.0.2"


@pytest.fixture
def hearing(cable: Cable) -> Iterator[socket.socket]:
    cable.here.run(f"ip address add {OURS}/24 dev eth0")
    cable.there.run("ip address add 10.9.0.1/24 dev eth0")
    with socket.socket(fileno=open_relay_socket("eth0")) as channel:
        yield channel


def send(cable: Cable, data: bytes, port: int) -> None:
    with cable.there.entered(), socket.socket(type=socket.SOCK_DGRAM) as channel:
        channel.sendto(data, (OURS, port))


@pytest.mark.parametrize("port", [67, 68])
def test_an_answer_is_heard(hearing: socket.socket, cable: Cable, port: int) -> None:
    """The other datagrams came before it."""
    send(cable, b"\2 to another port", 69)
    send(cable, b"\1 a question", port)
    send(cable, b"\2 an answer", port)
    hearing.settimeout(5.0)
    assert hearing.recv(100)[28:] == b"\2 an answer"


def test_the_filter_cannot_be_taken_off(hearing: socket.socket) -> None:
    """Not even by root, so not by whoever takes a nanny over."""
    so_detach_filter = 27
    with pytest.raises(PermissionError):
        hearing.setsockopt(socket.SOL_SOCKET, so_detach_filter, 0)


@pytest.mark.usefixtures("cable")
def test_a_device_that_is_not_there_is_named() -> None:
    before = len(os.listdir("/proc/self/fd"))
    with pytest.raises(OSError, match="cannot ask through eth7: No such device"):
        open_relay_socket("eth7")
    assert len(os.listdir("/proc/self/fd")) == before
