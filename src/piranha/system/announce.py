"""Tells a segment where a VIP is now, by a packet socket that is open before it is needed."""

import socket
from collections.abc import Iterable

from piranha.system.netlink import IPAddress
from piranha.system.refused import refused
from piranha.wire import arp_frame

_ETHERNET_HARDWARE = 1
"""ARPHRD_ETHER (netdevice(7)); loopback and tunnels have nobody to tell."""


class Announcer:
    """One device; it sends and never receives (protocol 0), so it costs nothing while it waits."""

    def __init__(self, device: str) -> None:
        """Raises OSError `cannot announce on eth7: No such device`."""
        self.device = device
        self._socket = _open(device)

    def announce(self, address: IPAddress) -> None:
        """Send one announcement, from the MAC that the device has now: a gratuitous ARP request,
        or an unsolicited neighbour advertisement. A device without ARP is left alone.

        Raises OSError `cannot announce 10.0.0.5 on eth0: Network is down`.
        """
        mac = self.mac()
        if mac is None:
            return
        self.send(arp_frame.announcement(address, mac), f"announce {address}")

    def announce_in_all_forms(self, address: IPAddress, told: Iterable[IPAddress]) -> None:
        """The announcement, the same as a reply, and a question to each of `told` that comes from
        the address: whoever is asked must learn where the asker is (RFC 826). Raises OSError."""
        mac = self.mac()
        if mac is not None:
            for frame in arp_frame.announcements_in_all_forms(address, mac, told):
                self.send(frame, f"announce {address}")

    def mac(self) -> str | None:
        """The device's MAC at this moment; None when it is not Ethernet. A device that was
        removed and made again is found again. Raises OSError when it is not there."""
        name, _protocol, _kind, hardware, packed = self._socket.getsockname()
        if not name:
            again = _open(self.device)
            self._socket.close()
            self._socket = again
            _name, _protocol, _kind, hardware, packed = self._socket.getsockname()
        return packed.hex(":") if hardware == _ETHERNET_HARDWARE else None

    def send(self, frame: bytes, what: str) -> None:
        """Send a whole Ethernet frame; `what` is for the error: `announce 10.0.0.5`."""
        try:
            self._socket.send(frame)
        except OSError as error:
            raise refused(f"cannot {what} on {self.device}", error) from error

    def close(self) -> None:
        self._socket.close()


def _open(device: str) -> socket.socket:
    try:
        door = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    except OSError as error:
        raise refused(f"cannot announce on {device}", error) from error
    try:
        door.setblocking(False)
        door.bind((device, 0))
    except OSError as error:
        door.close()
        raise refused(f"cannot announce on {device}", error) from error
    return door
