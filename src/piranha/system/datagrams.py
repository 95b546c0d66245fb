"""The heartbeat's socket on one path: sends without waiting, and knows when each datagram came."""

import contextlib
import errno
import os
import socket
import struct
from typing import NamedTuple

from piranha.system import clock
from piranha.system.heartbeat_filter import Known, Shield, kept_away, lower_shield, raise_shield
from piranha.system.netlink import IPAddress
from piranha.system.refused import refused

_SO_TIMESTAMPNS = 35
_SO_RCVBUFFORCE = 33
_TIMESTAMP = struct.Struct("@qq")
_ROOM_FOR_STAMP = socket.CMSG_SPACE(_TIMESTAMP.size)
_RECEIVE_BUFFER = 1024 * 1024
"""Bytes; at 10 ms a heartbeat it holds what arrives while we are stopped for several seconds."""
_LARGEST_DATAGRAM = 2048
"""Longer ones are cut; they are too long for a heartbeat anyway and do not decode."""
_NETWORK_CONTROL = 0xC0
"""DSCP CS6, for switches that look at it (RFC 4594, 3.2)."""


class Arrival(NamedTuple):
    data: bytes
    source: IPAddress
    arrived_at: float
    """An instant of `clock.now`: when the kernel had it, not when we came to read it."""


class HeartbeatSocket:
    """Bound to our address on a path; takes datagrams from the partner's address only."""

    def __init__(self, local: IPAddress, port: int, partner: IPAddress) -> None:
        """Raises OSError `cannot listen on 10.0.0.1 port 539: Address already in use`."""
        self.local, self.partner, self.port = local, partner, port
        self.foreign = 0
        """Datagrams from other addresses so far."""
        self.is_empty = True
        """The newest `drain` has left nothing."""
        self.newest_foreign = ""
        """Where the newest of them came from."""
        self.unsent = 0
        """Heartbeats that the kernel had no room for or could not route."""
        self._to = _socket_address(partner, port)
        self._from = self._to[0].split("%")[0]
        family = socket.AF_INET if local.version == 4 else socket.AF_INET6
        self._socket = socket.socket(family, socket.SOCK_DGRAM)
        try:
            self._prepare(family)
            self._socket.bind(_socket_address(local, port))
        except OSError as error:
            self._socket.close()
            raise refused(f"cannot listen on {local} port {port}", error) from error
        self._emptied_at = clock.now()

    def fileno(self) -> int:
        return self._socket.fileno()

    def send(self, data: bytes) -> str | None:
        """Send one datagram to the partner at once. Returns why it was not sent, else None."""
        try:
            self._socket.sendto(data, self._to)
        except OSError as error:
            self.unsent += 1
            return os.strerror(error.errno or errno.EIO)
        return None

    def drain(self, limit: int) -> list[Arrival]:
        """What the partner has sent, oldest first, after at most `limit` datagrams of anybody.

        The kernel stamps arrivals with the date, which somebody may set meanwhile; so an arrival
        is never held for older than the last moment at which this queue was seen empty.
        """
        began = clock.now()
        self.is_empty = False
        arrivals: list[Arrival] = []
        for _ in range(limit):
            try:
                data, stamps, _flags, source = self._socket.recvmsg(
                    _LARGEST_DATAGRAM, _ROOM_FOR_STAMP
                )
            except BlockingIOError:
                self.is_empty = True
                self._emptied_at, emptied_before = began, self._emptied_at
                return [_not_before(emptied_before, arrival) for arrival in arrivals]
            except OSError:  # an error of sending that the kernel tells late; not about arrivals
                continue
            if source[0].split("%")[0] == self._from:
                arrivals.append(Arrival(data, self.partner, clock.now() - _age(stamps)))
            else:
                self.foreign += 1
                self.newest_foreign = source[0]
        return [_not_before(self._emptied_at, arrival) for arrival in arrivals]

    def shield(self, known: Known | None) -> None:
        """From now on strangers are kept away by the kernel, and of what comes in the partner's
        name what `known` says. Raises OSError."""
        raise_shield(self._socket, Shield(self.partner, known))

    def unshield(self) -> None:
        lower_shield(self._socket)

    def kept_away(self) -> int:
        """Datagrams that the kernel has kept away, or had no room for, so far."""
        return kept_away(self._socket)

    def close(self) -> None:
        self._socket.close()

    def _prepare(self, family: socket.AddressFamily) -> None:
        door = self._socket
        door.setblocking(False)
        door.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
        try:
            door.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, _RECEIVE_BUFFER)
        except OSError:
            door.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER)
        with contextlib.suppress(OSError):
            if family == socket.AF_INET:
                door.setsockopt(socket.IPPROTO_IP, socket.IP_TOS, _NETWORK_CONTROL)
            else:
                door.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_TCLASS, _NETWORK_CONTROL)


def _socket_address(address: IPAddress, port: int) -> tuple[str, int]:
    """As the kernel writes it, with the scope of a link-local IPv6 address (fe80::1%eth0)."""
    found = socket.getaddrinfo(
        str(address), port, type=socket.SOCK_DGRAM, flags=socket.AI_NUMERICHOST
    )
    return found[0][4]  # type: ignore[return-value]


def _age(stamps: list[tuple[int, int, bytes]]) -> float:
    """Seconds since the kernel's stamp; 0.0 without one."""
    for level, kind, data in stamps:
        if (level, kind) == (socket.SOL_SOCKET, _SO_TIMESTAMPNS):
            seconds, nanoseconds = _TIMESTAMP.unpack(data)
            age: float = clock.wall() - (seconds + nanoseconds / 1e9)
            return max(0.0, age)
    return 0.0


def _not_before(instant: float, arrival: Arrival) -> Arrival:
    if arrival.arrived_at >= instant:
        return arrival
    return arrival._replace(arrived_at=instant)
