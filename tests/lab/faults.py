"""What can be done to the frames of the segment, as rules for nft(8) on its switch.

Each fault is a value; the rules of all faults that hold at one time are written out together, so
that one nft transaction replaces the last set by the next.
"""

from collections.abc import Iterable
from dataclasses import dataclass

TABLE = "lab"
HOOKS = ("prerouting", "forward", "output")


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of one chain."""

    hook: str
    text: str


@dataclass(frozen=True, slots=True)
class Fault:
    """A named set of rules."""

    name: str
    rules: tuple[Rule, ...]


def nothing_from(port: str) -> Fault:
    """What this port's host sends is lost; it still hears the others."""
    return Fault(f"nothing from {port}", (Rule("prerouting", f'iifname "{port}" drop'),))


def nothing_to(port: str) -> Fault:
    """What the others send to this port's host is lost; they still hear it."""
    lost = f'oifname "{port}" drop'
    return Fault(f"nothing to {port}", (Rule("forward", lost), Rule("output", lost)))


def unreachable(port: str, address: str) -> Fault:
    """Nothing that this port's host sends to one address arrives, nor its question where it is."""
    texts = (f"ip daddr {address}", f"arp daddr ip {address}")
    rules = tuple(Rule("prerouting", f'iifname "{port}" {text} drop') for text in texts)
    return Fault(f"{address} unreachable from {port}", rules)


def silence(port: str) -> Fault:
    """Both directions are cut, but the cable's carrier stays."""
    rules = nothing_from(port).rules + nothing_to(port).rules
    return Fault(f"silence on {port}", rules)


def loss(port: str, percent: int) -> Fault:
    """This share of what the port's host sends is lost, at random."""
    text = f'iifname "{port}" numgen random mod 100 < {percent} drop'
    return Fault(f"loss on {port}", (Rule("prerouting", text),))


def port_blocked(number: int) -> Fault:
    """No UDP datagram to this port number crosses the segment, in either direction."""
    text = f"ether type ip udp dport {number} drop"
    return Fault(f"UDP port {number} blocked", (Rule("forward", text),))


def ruleset(faults: Iterable[Fault]) -> str:
    """The whole text for `nft -f`, replacing what held before."""
    rules = [rule for fault in faults for rule in fault.rules]
    lines = [f"table bridge {TABLE}", f"delete table bridge {TABLE}", f"table bridge {TABLE} {{"]
    for hook in HOOKS:
        lines.append(f"  chain on_{hook} {{ type filter hook {hook} priority 0;")
        lines.extend(f"    {rule.text}" for rule in rules if rule.hook == hook)
        lines.append("  }")
    return "\n".join([*lines, "}", ""])
