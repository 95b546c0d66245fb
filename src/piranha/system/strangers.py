"""Hears whether anybody but the two nodes speaks on a segment: then it is really there.

Only frames of IPv4, ARP and IPv6 count; a switch talks to a cable that leads nowhere, too. Costs
nothing until it listens, and then the kernel keeps two frames at most.
"""

import contextlib
import socket
import struct
from collections.abc import Iterable

from piranha.system import packet_filter
from piranha.system.packet_filter import (
    JUMP_IF_EQUAL,
    LOAD_HALF,
    LOAD_WORD,
    RETURN,
    instruction,
)
from piranha.system.refused import refused

_ETH_P_ALL = 0x0003
_PROTOCOLS = (0x0800, 0x0806, 0x86DD)
_TYPE_OFFSET, _SOURCE_OFFSET = 12, 6
_SMALLEST_BUFFER = 1
"""The kernel makes it the least that it allows: room for a frame or two."""


class Strangers:
    """One device, listening from its construction to `close`."""

    def __init__(self, device: str, known: Iterable[str]) -> None:
        """`known`: the MACs of the two nodes, "02:00:00:00:00:01". Raises OSError."""
        self.device = device
        self._hearing = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
        try:
            self._hearing.setblocking(False)
            self._hearing.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _SMALLEST_BUFFER)
            packet_filter.attach(self._hearing, _strangers_filter(known))
            self._hearing.bind((device, _ETH_P_ALL))
        except OSError as error:
            self._hearing.close()
            raise refused(f"cannot listen on {device}", error) from error

    def heard(self) -> bool:
        """Whether a stranger's frame has come since the last call."""
        is_heard = False
        with contextlib.suppress(OSError):  # nothing more, or the device went down
            while self._hearing.recv(1):
                is_heard = True
        return is_heard

    def close(self) -> None:
        self._hearing.close()


def _strangers_filter(known: Iterable[str]) -> list[bytes]:
    """Classic BPF: the first byte of frames of our protocols from none of these MACs."""
    program = [instruction(LOAD_HALF, _TYPE_OFFSET)]
    for rest, protocol in zip((3, 2, 1), _PROTOCOLS, strict=True):
        program.append(instruction(JUMP_IF_EQUAL, protocol, if_so=rest))
    program.append(instruction(RETURN, 0))
    for mac in known:
        high, low = struct.unpack("!IH", bytes.fromhex(mac.replace(":", "")))
        program.append(instruction(LOAD_WORD, _SOURCE_OFFSET))
        program.append(instruction(JUMP_IF_EQUAL, high, if_not=3))
        program.append(instruction(LOAD_HALF, _SOURCE_OFFSET + 4))
        program.append(instruction(JUMP_IF_EQUAL, low, if_not=1))
        program.append(instruction(RETURN, 0))
    return [*program, instruction(RETURN, 1)]
