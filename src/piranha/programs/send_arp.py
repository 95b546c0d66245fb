"""`send_arp` announces by hand where an address is now, so that a segment forgets the old place."""

import argparse
import sys
import traceback
from collections.abc import Sequence
from ipaddress import IPv4Address, ip_address
from typing import Protocol

from piranha import __version__
from piranha.errors import UsageError
from piranha.programs.command_line import CommandLine
from piranha.system.addresses import Addresses
from piranha.system.announce import Announcer
from piranha.wire.arp_frame import (
    ArpPacket,
    IPAddress,
    Operation,
    announcement,
    encode_arp,
    packed_mac,
)
from piranha.wire.exit_status import ExitStatus

_FORMS = (
    "send_arp [-v] [-i DEVICE] IP\n       send_arp [-v] [-i DEVICE] IP MAC TARGET-IP TARGET-MAC"
)


class _Given(Protocol):
    interface: str | None
    verbose: bool
    words: list[str]


def main(argv: Sequence[str] | None = None) -> int:
    """The command. Returns its exit status; see send_arp(8)."""
    try:
        _send(_parser().parse_args(argv))
    except UsageError as error:
        return _give_up(str(error), ExitStatus.WRONG_USE)
    except OSError as error:
        return _give_up(str(error), ExitStatus.REFUSED)
    except Exception:
        return _give_up(f"our own bug: {traceback.format_exc()}", ExitStatus.OUR_BUG)
    return ExitStatus.OK


def _send(given: _Given) -> None:
    """Raises UsageError, OSError."""
    if len(given.words) not in (1, 4):
        raise UsageError(f"give one address or all four values, not {len(given.words)} words")
    address = _read_address(given.words[0])
    packet = _read_packet(given.words) if len(given.words) == 4 else None
    device = given.interface or _device_of(address)
    announcer = Announcer(device)
    try:
        mac = packet.sender_mac if packet else announcer.mac()
        if mac is None:
            raise UsageError(f"nobody can be told on {device}: it is not an Ethernet device")
        frame = encode_arp(packet, packet.target_mac) if packet else announcement(address, mac)
        announcer.send(frame, f"announce {address}")
    finally:
        announcer.close()
    if given.verbose:
        print(f"send_arp: {device}: {address} is at {mac}")


def _parser() -> argparse.ArgumentParser:
    parser = CommandLine(
        prog="send_arp",
        usage=_FORMS,
        allow_abbrev=False,
        description="Tell the other machines of a segment that an address is here now.",
        epilog="Four values are sent as one ARP reply, as they are given. See send_arp(8).",
    )
    parser.add_argument("-i", "--interface", metavar="DEVICE",
        help="where to send (default: the device that has the address)")  # fmt: skip
    parser.add_argument("-v", "--verbose", action="store_true", help="say what was sent")
    parser.add_argument("--version", action="version", version=f"send_arp {__version__}")
    parser.add_argument("words", nargs="*", metavar="IP [MAC TARGET-IP TARGET-MAC]",
        help="the address, IPv4 or IPv6; or sender and target of one IPv4 packet")  # fmt: skip
    return parser


def _device_of(address: IPAddress) -> str:
    """Raises UsageError when no device of this machine has the address; OSError."""
    door = Addresses()
    try:
        found = door.present([address]).get(address)
    finally:
        door.close()
    if found is None:
        raise UsageError(f"no device of this machine has {address}: say which one with -i")
    return found.device


def _read_packet(words: Sequence[str]) -> ArpPacket:
    """Raises UsageError."""
    sender, sender_mac, target, target_mac = words
    return ArpPacket(
        Operation.REPLY,
        _read_mac(sender_mac),
        _read_ipv4(sender),
        _read_mac(target_mac),
        _read_ipv4(target),
    )


def _read_address(text: str) -> IPAddress:
    """Raises UsageError."""
    try:
        return ip_address(text)
    except ValueError:
        raise UsageError(f'"{text}" is not an IP address') from None


def _read_ipv4(text: str) -> IPv4Address:
    address = _read_address(text)
    if not isinstance(address, IPv4Address):
        raise UsageError(f"{address} is IPv6, which has no ARP: give the address alone")
    return address


def _read_mac(text: str) -> str:
    """With colons, or twelve digits without. Raises UsageError."""
    has_colons = ":" in text or len(text) != 12
    spaced = text if has_colons else ":".join(text[i : i + 2] for i in range(0, 12, 2))
    try:
        return packed_mac(spaced).hex(":")
    except ValueError as error:
        raise UsageError(str(error)) from None


def _give_up(text: str, status: ExitStatus) -> int:
    print(f"send_arp: {text}", file=sys.stderr)
    return status
