"""Which verdict an error of the operating system means."""

import errno
import os

from piranha.probes.verdict import Verdict

_VERDICTS = {
    errno.ECONNREFUSED: Verdict.REFUSED,
    errno.ECONNRESET: Verdict.RESET,
    errno.EPIPE: Verdict.RESET,
    errno.ECONNABORTED: Verdict.RESET,
    errno.EHOSTUNREACH: Verdict.UNREACHABLE,
    errno.ENETUNREACH: Verdict.UNREACHABLE,
    errno.EHOSTDOWN: Verdict.UNREACHABLE,
    errno.ENETDOWN: Verdict.UNREACHABLE,
    errno.ENONET: Verdict.UNREACHABLE,
    errno.EPROTO: Verdict.UNREACHABLE,
    errno.ENOPROTOOPT: Verdict.REFUSED,
    errno.ETIMEDOUT: Verdict.UNREACHABLE,
}
"""ICMP errors reach a socket as these (icmp(7), tcp(7), udp(7)). ENOPROTOOPT is ICMP "protocol
unreachable", EPROTO its IPv6 twin. All others (EMFILE, EPERM of a local filter, EADDRNOTAVAIL when
the ports are used up ...) are this node's own trouble and say nothing of the service."""


def verdict_of(error: OSError) -> tuple[Verdict, str]:
    """The verdict, and the system's words for people: "connection refused"."""
    verdict = _VERDICTS.get(error.errno or 0, Verdict.SYSTEM_REFUSED)
    words = os.strerror(error.errno) if error.errno else str(error)
    return verdict, words[:1].lower() + words[1:]
