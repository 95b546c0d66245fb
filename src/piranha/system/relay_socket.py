"""A raw socket on which a probe can ask a DHCP server as a relay agent does; opening it needs root.

A raw socket and not a bound one, because port 67 may belong to a DHCP server that runs on this node
too: a raw socket gets a copy of what comes for the port, whoever listens on it (raw(7)).
"""

import socket

from piranha.system.packet_filter import (
    JUMP_IF_EQUAL,
    LOAD_BYTE,
    LOAD_HALF,
    RETURN,
    WHOLE_FRAME,
    attach,
    instruction,
)
from piranha.system.refused import refused

_RELAY_PORT, _CLIENT_PORT = 67, 68
_REPLY = 2
_IP_RECVERR = 11
_PLAIN_HEADER = 0x45
"""IPv4 without options: 20 bytes."""
_SO_LOCK_FILTER = 44


def open_relay_socket(device: str) -> int:
    """A descriptor that hears answers of DHCP servers on this device, and nothing else; ICMP errors
    come to its error queue (ip(7), IP_RECVERR). Raises OSError."""
    try:
        channel = socket.socket(
            socket.AF_INET, socket.SOCK_RAW | socket.SOCK_NONBLOCK, socket.IPPROTO_UDP
        )
    except OSError as error:
        raise refused("cannot open a raw socket", error) from error
    try:
        attach(channel, _replies_only())
        channel.setsockopt(socket.SOL_SOCKET, _SO_LOCK_FILTER, 1)
        channel.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, device.encode() + b"\0")
        channel.setsockopt(socket.IPPROTO_IP, _IP_RECVERR, 1)
    except OSError as error:
        channel.close()
        raise refused(f"cannot ask through {device}", error) from error
    return channel.detach()


def _replies_only() -> list[bytes]:
    return [
        instruction(LOAD_BYTE, 0),
        instruction(JUMP_IF_EQUAL, _PLAIN_HEADER, 0, 6),
        instruction(LOAD_HALF, 22),  # the port that it is for; INFORM is answered as to a client
        instruction(JUMP_IF_EQUAL, _RELAY_PORT, 1, 0),
        instruction(JUMP_IF_EQUAL, _CLIENT_PORT, 0, 3),
        instruction(LOAD_BYTE, 28),  # the first byte of the DHCP message
        instruction(JUMP_IF_EQUAL, _REPLY, 0, 1),
        instruction(RETURN, WHOLE_FRAME),
        instruction(RETURN, 0),
    ]
