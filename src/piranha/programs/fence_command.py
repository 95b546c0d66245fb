"""How the partner is fenced: the words, the input and the environment of one run of fence_cmd.

A fence agent of the ClusterLabs project is known by its name, `fence_...`: it reads NAME=VALUE
lines from its standard input (FenceAgentAPI), so that no password is seen in ps(1). Any other
program is given its words and, as the last one, what is asked of it: "off" or "status".
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from piranha.config.settings import Settings
from piranha.terms import Side


class FenceAction(StrEnum):
    """What is asked of the fence."""

    OFF = "off"
    """Switch the node off, and succeed only when it is; a file may say action=reboot instead."""
    STATUS = "status"
    """Look whether the node is on, and change nothing."""


AGENT_PREFIX = "fence_"
STATUS_SEEN = (0, 2)
"""Exit statuses of a status that was found out: the node is on, or it is off."""


@dataclass(frozen=True, slots=True)
class FenceRun:
    """Everything that one run needs."""

    action: FenceAction
    argv: tuple[str, ...]
    stdin: bytes
    environment: Mapping[str, str]
    seconds: float
    """Its limit."""


def is_agent(command: tuple[str, ...]) -> bool:
    """Whether it speaks the language of fence agents."""
    return bool(command) and command[0].rpartition("/")[2].startswith(AGENT_PREFIX)


def fence_run(settings: Settings, node: Side, action: FenceAction, reason: str = "") -> FenceRun:
    """One run against `node`, which is the partner of the one that runs it."""
    words = (*settings.fence_cmd, *settings.fence_words[node])
    environment = {
        "PIRANHA_ACTION": str(action),
        "PIRANHA_CLUSTER": settings.cluster,
        "PIRANHA_NODE": str(node.other),
        "PIRANHA_PARTNER": str(node),
        "PIRANHA_PARTNER_ADDRESS": str(settings.addresses[node][0]),
        "PIRANHA_REASON": reason.replace("\0", " "),
    }
    if not is_agent(words):
        argv, stdin = (*words, str(action)), b""
    else:
        argv, stdin = _agent(words, action)
    return FenceRun(action, argv, stdin, environment, settings.fence_timeout_seconds)


def _agent(words: tuple[str, ...], action: FenceAction) -> tuple[tuple[str, ...], bytes]:
    """Words with a "=" that do not begin with "-" go to standard input; of two the later counts."""
    given: dict[str, str] = {"action": str(FenceAction.OFF)}
    argv = [words[0]]
    for word in words[1:]:
        name, has_value, value = word.partition("=")
        if has_value and not name.startswith("-"):
            given[name] = value
        else:
            argv.append(word)
    if action is FenceAction.STATUS:
        given["action"] = str(action)
    lines = "".join(f"{name}={value}\n" for name, value in given.items())
    return tuple(argv), lines.encode("utf-8", "surrogateescape")


def verdict(action: FenceAction, status: int) -> tuple[bool, str]:
    """Whether the run did what was asked, and how it ended."""
    if status < 0:
        return False, f"killed by signal {-status}"
    if action is FenceAction.STATUS:
        told = {0: "the node is on", 2: "the node is off"}
        return status in STATUS_SEEN, told.get(status, f"exit status {status}")
    return status == 0, f"exit status {status}"
