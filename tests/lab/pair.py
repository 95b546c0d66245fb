"""Two nodes that run the real daemons on the laboratory's segment."""

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from piranha.errors import WireError
from piranha.terms import Role
from piranha.wire.control_line import (
    MoveShown,
    ServiceShown,
    Status,
    StatusShown,
    decode_answer,
    encode_request,
)
from piranha.wire.report_line import ServiceState
from tests.lab.host import Host, LabError
from tests.lab.instruments import HERE, INTERPRETER, Prober, now
from tests.lab.lvs_cf import WEB
from tests.lab.segment import Segment

CONFIG_FILE = "/etc/lvs.cf"
RUN_DIRECTORY = "/run/piranha"
STATE_DIRECTORY = "/var/lib/piranha"
LOG_FILE = "/var/log/piranha.log"
SETTLE_LIMIT_SECONDS = 20.0
POLL_SECONDS = 0.02
DAEMONS = ("pulse", "fos", "nanny")
PRIORITY = re.compile(r"^<(\d)>")
CRITICAL = 2


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line of a node's daemons."""

    at: float
    """Seconds of CLOCK_BOOTTIME, when the line arrived."""
    priority: int | None
    """As in syslog(3): 2 is critical."""
    text: str


def wait_until(is_so: Callable[[], bool], limit_seconds: float, what: str) -> float:
    """Wait for something to become true; returns the seconds it took. LabError: it did not."""
    began = now()
    while not is_so():
        if now() - began > limit_seconds:
            raise LabError(f"waited {limit_seconds:g} s in vain: {what}")
        time.sleep(POLL_SECONDS)
    return now() - began


class Pair:
    """The daemons of two nodes; the segment and its end belong to somebody else."""

    def __init__(self, segment: Segment, vips: Sequence[str]) -> None:
        self.segment = segment
        self.vips = tuple(vips)

    @property
    def node_a(self) -> Host:
        return self.segment.node_a

    @property
    def node_b(self) -> Host:
        return self.segment.node_b

    def configure(self, text: str, *nodes: Host) -> None:
        """Write the file, on both nodes unless some are named."""
        for node in nodes or self.segment.nodes:
            node.path(CONFIG_FILE).write_text(text)

    def start_web(self, *ports: int) -> None:
        """The small web service on both nodes, outside of the daemons' care."""
        for node in self.segment.nodes:
            for port in ports or (80,):
                node.run([*WEB.split(), "start", str(port)])

    def start_pulse(self, *nodes: Host) -> None:
        """pulse in the foreground, its lines kept with their priority (sd-daemon(3))."""
        for node in nodes or self.segment.nodes:
            reading, writing = os.pipe()
            identity = os.fstat(writing)
            stream = f"JOURNAL_STREAM={identity.st_dev}:{identity.st_ino}"
            keeper = [*INTERPRETER, str(HERE / "log_keeper.py"), LOG_FILE]
            quiet = {"stdin": subprocess.DEVNULL}
            node.start_detached(keeper, stdin=reading)
            pulse = ["env", stream, "pulse", "-n"]
            node.start_detached(pulse, stdout=writing, stderr=writing, **quiet)
            os.close(reading)
            os.close(writing)

    def start_pulse_in_turn(self) -> None:
        """First on node A, so that it is the one that serves; returns when both are in place."""
        self.start_pulse(self.node_a)
        self.wait_until_active(self.node_a)
        self.start_pulse(self.node_b)
        self.wait_until_settled()

    def active(self) -> Host | None:
        """The one node whose kernel has every VIP; None: nobody, or more than one."""
        holders = [n for n in self.segment.nodes if set(self.vips) <= n.addresses()]
        return holders[0] if len(holders) == 1 else None

    def wait_until_active(
        self, node: Host | None = None, limit_seconds: float = SETTLE_LIMIT_SECONDS
    ) -> Host:
        """Wait until exactly one node, or this one, has every VIP. LabError with both logs."""
        name = node.name if node else "one node"

        def is_so() -> bool:
            active = self.active()
            return active is not None and node in (None, active)

        self._wait(is_so, limit_seconds, f"{name} has {', '.join(self.vips)}")
        active = self.active()
        assert active is not None
        return active

    def wait_until_settled(self, limit_seconds: float = SETTLE_LIMIT_SECONDS) -> Host:
        """Wait until one node is active, the other stands by, and they hear each other."""
        self._wait(
            lambda: self._settled_active() is not None,
            limit_seconds,
            "one node is active, the other stands by, and they hear each other",
        )
        active = self.active()
        assert active is not None
        return active

    def _settled_active(self) -> Host | None:
        active = self.active()
        if active is None:
            return None
        partner = self.segment.other(active)
        is_so = self.is_in_role(active, Role.ACTIVE) and self.is_in_role(partner, Role.STANDBY)
        return active if is_so else None

    def wait_until_judged(self, node: Host) -> None:
        """Wait until the node that serves has found each of its services alive by a probe: one
        that fails before that has its whole `first_wait`."""
        self._wait(
            lambda: {s.state for s in self._services(node)} == {ServiceState.JUDGED},
            SETTLE_LIMIT_SECONDS,
            f"each service is found alive on {node.name}",
        )

    def _services(self, node: Host) -> list[ServiceShown]:
        status = self.status(node)
        assert status is not None
        return [service for group in status.groups for service in group.services]

    def wait_until_answered(self, prober: Prober, node: Host, since: float) -> None:
        """Wait until the client is answered by this node, to a question of after an instant."""
        self._wait(
            lambda: prober.is_answered_by(node.name, since),
            SETTLE_LIMIT_SECONDS,
            f"the client is answered by {node.name}",
        )

    def _wait(self, is_so: Callable[[], bool], limit_seconds: float, what: str) -> None:
        try:
            wait_until(is_so, limit_seconds, what)
        except LabError as error:
            raise LabError(f"{error}\n{self.logs()}") from None

    def status(self, node: Host) -> StatusShown | None:
        """What pulse on a node says when it is asked as piranhactl asks; None: nobody answers."""
        for path in node.path(RUN_DIRECTORY).glob("*.control"):
            with contextlib.suppress(OSError, WireError), socket.socket(socket.AF_UNIX) as asking:
                asking.settimeout(1.0)
                asking.connect(str(path))
                asking.sendall(encode_request(Status()) + b"\n")
                shown = decode_answer(asking.makefile("rb").readline().rstrip())
                return shown if isinstance(shown, StatusShown) else None
        return None

    def is_in_role(self, node: Host, role: Role) -> bool:
        """True when every group of the node has this role and is fit, and the partner is heard."""
        status = self.status(node)
        if status is None or not status.is_partner_heard:
            return False
        return all(g.role == role and g.is_fit for g in status.groups)

    def moves(self, node: Host) -> list[MoveShown]:
        """The records that `piranhactl why` shows, oldest first."""
        kept = node.path(STATE_DIRECTORY).glob("*-moves.jsonl")
        return [MoveShown(**json.loads(line)) for file in kept for line in file.open()]

    def active_since(self, node: Host) -> float:
        """The date (seconds since 1970) of a node's newest move to active; 0.0: it has none."""
        dates = [m.wall for m in self.moves(node) if m.new == Role.ACTIVE]
        return max(dates, default=0.0)

    def log(self, node: Host) -> list[LogLine]:
        """Every line that the daemons of a node have said."""
        lines = []
        path = node.path(LOG_FILE)
        for raw in path.read_text().splitlines() if path.exists() else []:
            at, _, text = raw.partition(" ")
            found = PRIORITY.match(text)
            priority = int(found[1]) if found else None
            lines.append(LogLine(float(at), priority, PRIORITY.sub("", text)))
        return lines

    def logs(self) -> str:
        """Both logs for a person, in the order of time."""
        lines = [
            (line.at, f"{line.at:.3f} {node.name}: {line.text}")
            for node in self.segment.nodes
            for line in self.log(node)
        ]
        return "\n".join(text for _, text in sorted(lines))

    def end(self) -> None:
        """Kill the daemons of both nodes: the pair is not needed any longer."""
        for node in self.segment.nodes:
            self.signal_suite(node, signal.SIGKILL)

    def signal_suite(self, node: Host, number: signal.Signals) -> None:
        """Signal every daemon of a node as nearly at once as a loop can; pulse is the first."""
        for process in sorted(
            (p for p in node.processes() if any(p.is_of(name) for name in DAEMONS)),
            key=lambda p: not p.is_of("pulse"),
        ):
            with contextlib.suppress(ProcessLookupError):
                os.kill(process.pid, number)
