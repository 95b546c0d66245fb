"""One written value: from the text behind a `=` to what it means.

A converter gives None when the text means nothing; what is wrong was then said, with its place.
"""

import re
import shlex
from collections.abc import Callable, Collection
from dataclasses import dataclass
from ipaddress import IPv4Address, ip_address
from typing import Any

from piranha.config.complaints import Weight, did_you_mean
from piranha.config.document import Written, shown
from piranha.config.keywords import A_DAY, Keyword, Kind
from piranha.config.settings import IPAddress, Vip
from piranha.script.spelling import unknown_escapes, unspelled
from piranha.script.steps import LARGEST_PATTERN, LARGEST_STRING
from piranha.terms import DNS_RCODES, Side

Say = Callable[[Weight, int, str], None]
"""Takes a complaint about the value: its weight, the offset in the text, the sentence."""

LONGEST_LABEL = 15
"""Bytes: IFNAMSIZ without its closing NUL (netdevice(7))."""
LONGEST_NAME = 32
"""Names of clusters and groups become part of socket names and of every heartbeat."""

WELL_KNOWN_PORTS = {
    "ftp": 21, "ssh": 22, "telnet": 23, "smtp": 25, "domain": 53, "tftp": 69, "finger": 79,
    "http": 80, "www": 80, "pop3": 110, "pop-3": 110, "sunrpc": 111, "ident": 113, "auth": 113,
    "nntp": 119, "ntp": 123, "imap": 143, "imap2": 143, "snmp": 161, "ldap": 389, "https": 443,
    "submission": 587, "ldaps": 636, "imaps": 993, "pop3s": 995, "mysql": 3306, "postgresql": 5432,
}  # fmt: skip
"""Enough for a file to be read without the machine's own list (services(5))."""


@dataclass(frozen=True, slots=True)
class Names:
    """How names in the file become numbers; the defaults know only what every machine knows."""

    resolve: Callable[[str], str | None] = lambda _name: None
    """A host name's address as text; None when there is none."""
    port_of: Callable[[str], int | None] = WELL_KNOWN_PORTS.get
    recipes: Callable[[], Collection[str]] = tuple
    """The names of the recipes at hand."""
    recipe: Callable[[str], bytes | None] = lambda _name: None
    """The text of a recipe; None when there is none of that name."""


def read_switch(written: Written, keyword: Keyword, _names: Names, say: Say) -> bool | None:
    text = written.text
    if text in ("0", "1"):
        return text == "1"
    meant = {"yes": 1, "on": 1, "true": 1, "no": 0, "off": 0, "false": 0}.get(text.lower())
    hint = "" if meant is None else f', did you mean "{meant}"?'
    say("error", 0, f'{keyword.name} is "{shown(text)}", expected 0 or 1{hint}')
    return None


def read_number(written: Written, keyword: Keyword, _names: Names, say: Say) -> int | None:
    """A decimal number; 0x17 and 027 as the historical reader took them (strtol(3), base 0)."""
    number = _whole(written.text, say)
    if number is None:
        say("error", 0, f'{keyword.name} is "{shown(written.text)}", expected a whole number')
        return None
    return int(number) if _in_limits(number, keyword, f"{number}", say) else None


def _whole(text: str, say: Say) -> int | None:
    if not re.fullmatch(r"0[xX][0-9a-fA-F]{1,15}|[0-9]{1,18}", text):
        return None
    if text[:2] in ("0x", "0X"):
        return int(text, 16)
    if len(text) > 1 and text[0] == "0" and not set(text) & {"8", "9"}:
        octal = int(text, 8)
        say("warning", 0, f"{text} is octal and means {octal}, expected no leading zero")
        return octal
    return int(text)


_DURATION = re.compile(r"([0-9]{1,12}(?:\.[0-9]{0,9})?|\.[0-9]{1,9})\s*(ms|s|m|h|d)?")
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


def read_duration(written: Written, keyword: Keyword, _names: Names, say: Say) -> float | None:
    """Seconds: `2`, `0.5`, `250ms`, `30s`, `10m`, `2h`, `1d`."""
    text = written.text
    whole = _whole(text, say)
    if whole is not None:
        seconds = float(whole)
    elif found := _DURATION.fullmatch(text):
        seconds = round(float(found[1]) * _UNITS[found[2] or "s"], 9)
    else:
        say("error", 0, f'{keyword.name} is "{shown(text)}", expected {Kind.DURATION}')
        return None
    return seconds if _in_limits(seconds, keyword, shown(text), say) else None


def show_duration(seconds: float) -> str:
    """As a person says it: `250 ms`, `2 s`, `2.4 s`."""
    return f"{seconds * 1000:.4g} ms" if 0 < seconds < 1 else f"{round(seconds, 3):.15g} s"


def _in_limits(number: float, keyword: Keyword, text: str, say: Say) -> bool:
    if keyword.least <= number <= keyword.most:
        return True
    is_time = keyword.kind is Kind.DURATION
    show: Callable[[float], str] = show_duration if is_time else (lambda limit: f"{limit:.12g}")
    most = "1d (a day)" if is_time and keyword.most == A_DAY else show(keyword.most)
    bound = f"at least {show(keyword.least)}" if number < keyword.least else f"at most {most}"
    say("error", 0, f"{keyword.name} is {text}, expected {bound}")
    return False


def read_choice(written: Written, keyword: Keyword, _names: Names, say: Say) -> str | None:
    if written.text in keyword.choices:
        return written.text
    hint = did_you_mean(written.text.lower(), keyword.choices)
    text = f'{keyword.name} is "{shown(written.text)}", expected {keyword.expected}{hint}'
    say("error", 0, text)
    return None


def read_service(written: Written, keyword: Keyword, _names: Names, say: Say) -> str | None:
    """`fos`; the historical suite's other half is refused with a sentence."""
    if written.text == "fos":
        return "fos"
    why = ""
    if written.text == "lvs":
        why = (
            ": this suite fails services over from one node to the other, it does not balance load "
            "over virtual servers (use keepalived or ipvsadm for those)"
        )
    say("error", 0, f'{keyword.name} is "{shown(written.text)}", expected fos{why}')
    return None


_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")


def read_name(written: Written, keyword: Keyword, _names: Names, say: Say) -> str | None:
    text = written.text
    if _NAME.fullmatch(text) and len(text) <= LONGEST_NAME:
        return text
    expected = f"at most {LONGEST_NAME} letters, digits, and characters of _.-"
    say("error", 0, f'{keyword.name} is "{shown(text)}", expected {expected}')
    return None


def read_path(written: Written, keyword: Keyword, _names: Names, say: Say) -> str | None:
    if written.text.startswith("/") and "\0" not in written.text:
        return written.text
    say("error", 0, f'{keyword.name} is "{shown(written.text)}", expected {Kind.PATH}')
    return None


def read_address(written: Written, keyword: Keyword, names: Names, say: Say) -> IPAddress | None:
    return _address(written.text, 0, keyword, names, say)


def read_addresses(
    written: Written, keyword: Keyword, names: Names, say: Say
) -> tuple[IPAddress, ...] | None:
    words = [(found[0], found.start()) for found in re.finditer(r"[^\s,]+", written.text)]
    if not words:
        say("error", 0, f"{keyword.name} is empty, expected {Kind.ADDRESSES}")
        return None
    read = [_address(word, start, keyword, names, say) for word, start in words]
    found = tuple(address for address in read if address is not None)
    return found if len(found) == len(read) else None


def _address(text: str, offset: int, keyword: Keyword, names: Names, say: Say) -> IPAddress | None:
    address = _literal(text)
    if address is None and _is_host_name(text):
        address = _literal(names.resolve(text) or "")
        if address is None:
            say("error", offset, f'{keyword.name}: the host "{shown(text)}" has no address, '
                "expected a known host name or an IP address")  # fmt: skip
            return None
    if address is None:
        expected = str(Kind.ADDRESS)
        if "/" in text:
            expected = "an IP address without a prefix length"
        say("error", offset, f'{keyword.name} is "{shown(text)}", expected {expected}')
        return None
    if address.is_unspecified or address.is_multicast:
        say("error", offset, f"{keyword.name} is {address}, expected the address of one machine")
        return None
    return address


def _literal(text: str) -> IPAddress | None:
    try:
        return ip_address(text)
    except ValueError:
        return None


def _is_host_name(text: str) -> bool:
    """A name that may be looked up; a number that went wrong is no name."""
    return (
        re.fullmatch(r"[A-Za-z0-9_]([A-Za-z0-9_.-]{0,253}[A-Za-z0-9_.])?", text) is not None
        and re.search(r"[A-Za-z]", text) is not None
    )


def read_vip(written: Written, keyword: Keyword, names: Names, say: Say) -> Vip | None:
    words = written.text.split()
    if len(words) != 2:
        say("error", 0, f'{keyword.name} is "{shown(written.text)}", expected {Kind.VIP}')
        return None
    address = _address(words[0], 0, keyword, names, say)
    label, offset = words[1], written.text.rindex(words[1])
    device = label.partition(":")[0]
    if not device or "/" in label or not label.isprintable():
        text = f'"{shown(label)}" is no device, expected one such as eth0 or eth0:1'
    elif len(label.encode("utf-8", "surrogateescape")) > LONGEST_LABEL:
        text = f'"{shown(label)}" is too long, expected at most {LONGEST_LABEL} characters'
    elif address is not None:
        return Vip(address, device, label)
    else:
        return None
    say("error", offset, text)
    return None


def read_netmask(written: Written, keyword: Keyword, _names: Names, say: Say) -> int | None:
    """The prefix length."""
    text = written.text
    if re.fullmatch(r"/?[0-9]{1,3}", text) and int(text.lstrip("/")) <= 128:
        return int(text.lstrip("/"))
    mask = _literal(text)
    if isinstance(mask, IPv4Address):
        bits = f"{int(mask):032b}"
        if "01" not in bits:
            return bits.count("1")
    say("error", 0, f'{keyword.name} is "{shown(text)}", expected {Kind.NETMASK}')
    return None


def read_port(written: Written, keyword: Keyword, names: Names, say: Say) -> int | None:
    text = written.text
    number = _whole(text, say)
    if number is None and re.fullmatch(r"[A-Za-z][A-Za-z0-9_.+-]*", text):
        number = names.port_of(text)
        if number is None:
            hint = did_you_mean(text, WELL_KNOWN_PORTS)
            expected = "a number or a name known to services(5)"
            say("error", 0, f'{keyword.name} is "{shown(text)}", expected {expected}{hint}')
            return None
    if number is not None and 1 <= number <= 65535:
        return number
    say("error", 0, f'{keyword.name} is "{shown(text)}", expected {Kind.PORT}')
    return None


_HEXADECIMAL = re.compile(r"""hex(?P<quote>["'])(?P<digits>.*)(?P=quote)""")


def read_string(written: Written, keyword: Keyword, _names: Names, say: Say) -> bytes | None:
    """The bytes it stands for: escapes replaced, or `hex"0a 0b"`. Unknown escapes stay, with a
    warning."""
    text = written.text
    found = None if written.quote else _HEXADECIMAL.fullmatch(text)
    data = unspelled(text) if found is None else _hexadecimal(found, keyword, say)
    if data is not None and len(data) > LARGEST_STRING:
        say("error", 0, f"{keyword.name} has {len(data)} bytes, expected at most {LARGEST_STRING}")
        return None
    for offset, unknown in unknown_escapes(text) if found is None else ():
        expected = "\\n \\r \\t \\\\ \\\" \\' \\0 or \\xHH"
        say("warning", offset, f'"\\{shown(unknown)}" stays as it is, expected {expected}')
    return data


def _hexadecimal(found: re.Match[str], keyword: Keyword, say: Say) -> bytes | None:
    digits = found["digits"]
    wrong = re.search(r"[^0-9a-fA-F\s]", digits)
    try:
        if wrong is None:
            return bytes.fromhex(digits)
    except ValueError:
        pass
    offset = found.start("digits") + (wrong.start() if wrong else 0)
    text = f'{keyword.name} is "{shown(found[0])}", expected pairs of hexadecimal digits'
    say("error", offset, text + ': hex"0d 0a"')
    return None


def read_regex(written: Written, keyword: Keyword, _names: Names, say: Say) -> bytes | None:
    """The expression as it is written: re(7)'s escapes are those of strings and more."""
    pattern = written.text.encode("utf-8", "surrogateescape")
    if len(pattern) > LARGEST_PATTERN:
        text = f"{keyword.name} has {len(pattern)} bytes, expected at most {LARGEST_PATTERN}"
        say("error", 0, text)
        return None
    try:
        re.compile(pattern)
    except (re.error, RecursionError, OverflowError) as wrong:
        before = pattern[: getattr(wrong, "pos", None) or 0]
        offset = len(before.decode("utf-8", "surrogateescape"))
        say(
            "error",
            min(offset, len(written.text)),
            f"{keyword.name}: {wrong}, expected a regular expression",
        )
        return None
    return pattern


_NEEDS_SHLEX = re.compile(r"""["'\\]""")
_SHELL_SYNTAX = re.compile(r"""\\.|"(?:[^"\\]++|\\.)*+"|'[^']*+'|(\|\|?|&&?|;|[<>]+|`|\$\()""")


def read_command(
    written: Written, keyword: Keyword, _names: Names, say: Say
) -> tuple[str, ...] | None:
    """An argv, split as a shell splits words (shlex); nothing else that a shell does is done."""
    text = written.text
    if written.quote:
        text = text.replace("\\" + written.quote, written.quote)
    for found in _SHELL_SYNTAX.finditer(text):
        if found[1]:
            say("error", found.start(), f'{keyword.name} has "{found[1]}", but no shell runs '
                "this; expected a program and its arguments: put it in a script")  # fmt: skip
            return None
    if "\0" in text:
        say("error", text.index("\0"), f"{keyword.name} has a NUL, expected {Kind.COMMAND}")
        return None
    if not _NEEDS_SHLEX.search(text):
        return tuple(text.split())
    try:
        return tuple(shlex.split(text))
    except ValueError as wrong:
        reason = str(wrong).lower()
        say("error", 0, f"{keyword.name}: {reason}, expected quotes in pairs")
        return None


def read_nodes(
    written: Written, keyword: Keyword, _names: Names, say: Say
) -> tuple[Side, ...] | None:
    return nodes(tuple(written.text.replace(",", " ").split()), keyword, say)


def nodes(words: tuple[str, ...], keyword: Keyword, say: Say) -> tuple[Side, ...] | None:
    """The sides named, the preferred one first; each at most once."""
    wrong = [word for word in words if word not in set(Side)]
    if wrong or not words or len(set(words)) < len(words):
        hint = did_you_mean(wrong[0], list(Side)) if wrong else ""
        text = f'{keyword.name} is "{shown(" ".join(words))}", expected {Kind.NODES}{hint}'
        say("error", 0, text)
        return None
    return tuple(Side(word) for word in words)


def read_rcodes(
    written: Written, keyword: Keyword, _names: Names, say: Say
) -> tuple[str, ...] | None:
    words = tuple(written.text.replace(",", " ").upper().split())
    wrong = [word for word in words if word not in DNS_RCODES]
    if words and not wrong:
        return words
    hint = did_you_mean(wrong[0], list(DNS_RCODES)) if wrong else ""
    say("error", 0, f'{keyword.name} is "{shown(written.text)}", expected {Kind.RCODES}{hint}')
    return None


_DEVICE = re.compile(r"[^\s/:\0]{1,15}")


def read_device(written: Written, keyword: Keyword, _names: Names, say: Say) -> str | None:
    if _DEVICE.fullmatch(written.text) and written.text.isascii():
        return written.text
    say("error", 0, f'{keyword.name} is "{shown(written.text)}", expected {Kind.DEVICE}')
    return None


_PROCESS = re.compile(r"/[^\0]*[^/\0]|[A-Za-z0-9_][A-Za-z0-9_.@:+-]*")


def read_process(written: Written, keyword: Keyword, _names: Names, say: Say) -> str | None:
    if _PROCESS.fullmatch(written.text):
        return written.text
    say("error", 0, f'{keyword.name} is "{shown(written.text)}", expected {Kind.PROCESS}')
    return None


def read_anything(written: Written, _keyword: Keyword, _names: Names, _say: Say) -> str:
    return written.text


READERS: dict[Kind, Callable[[Written, Keyword, Names, Say], Any]] = {
    Kind.SWITCH: read_switch,
    Kind.NUMBER: read_number,
    Kind.DURATION: read_duration,
    Kind.CHOICE: read_choice,
    Kind.SERVICE: read_service,
    Kind.NAME: read_name,
    Kind.PATH: read_path,
    Kind.ADDRESS: read_address,
    Kind.ADDRESSES: read_addresses,
    Kind.VIP: read_vip,
    Kind.NETMASK: read_netmask,
    Kind.PORT: read_port,
    Kind.STRING: read_string,
    Kind.REGEX: read_regex,
    Kind.COMMAND: read_command,
    Kind.WORDS: read_command,
    Kind.NODES: read_nodes,
    Kind.RCODES: read_rcodes,
    Kind.DEVICE: read_device,
    Kind.PROCESS: read_process,
    Kind.ANYTHING: read_anything,
}
