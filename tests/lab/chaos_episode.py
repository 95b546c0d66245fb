"""One episode of chaos: the real daemons of a pair, a plan of troubles, and what was seen of it."""

import os
import re
import signal
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from subprocess import DEVNULL

from piranha.defaults import HEARTBEAT_PORT
from tests.lab import faults
from tests.lab.audit import Evidence, Injected, NodeSeen, Record, Said
from tests.lab.chaos_plan import ACTIVE, BOTH, EVERYTHING, Kind, Plan, Trouble
from tests.lab.host import Host, LabError
from tests.lab.instruments import Observer, Prober, now
from tests.lab.load import Load
from tests.lab.lvs_cf import VIP, compose, warm_web
from tests.lab.pair import CONFIG_FILE, DAEMONS, Pair, wait_until
from tests.lab.segment import Segment, port_of

START_SECONDS = 2.0
"""The start timeout of the one service."""
PROBE_TIMEOUT = "4"
"""TCP says a lost word again after a second, and after three: a probe must leave it the time."""
SETTLED_SECONDS = 1.5
"""Looked at after everything is well again: nothing may move."""
END_SECONDS = 15.0
"""For pulse to end by itself after SIGTERM."""
BAD_LINE = "deadtime = not so long\n"
DURATION = r"([\d.]+) (ms|s)"
UNITS = {"ms": 0.001, "s": 1.0}


def nothing(_episode: "Episode") -> None:
    """No plant."""


@dataclass(frozen=True, slots=True)
class Plant:
    """A violation done on purpose, so that the audit can show that it sees it."""

    before: Callable[["Episode"], None] = nothing
    """Done when the pair has settled, before any trouble."""
    after: Callable[["Episode"], None] = nothing
    """Done when everything is well again."""


NO_PLANT = Plant()


def lvs_cf(plan: Plan, serial: int = 1) -> str:
    """The file of the episode; each serial number has another interval."""
    service = replace(
        warm_web(),
        interval="0.4" if serial % 2 else "0.5",
        timeout=PROBE_TIMEOUT,
        extra={"start_timeout": f"{START_SECONDS:g}", "stop_timeout": "2", "first_wait": "1"},
    )
    timing = plan.timing
    serial_no = {"serial_no": str(serial)}
    return compose([service], f"{timing.keepalive:g}", f"{timing.deadtime:g}", extra=serial_no)


def said_by_check(text: str) -> Said:
    """The bounds in what `piranhactl check` printed. LabError: it prints none."""

    def seconds(pattern: str) -> float:
        found = re.search(pattern.replace("TIME", DURATION), text)
        if found is None:
            raise LabError(f"piranhactl check prints no {pattern!r}:\n{text}")
        return float(found[1]) * UNITS[found[2]]

    healed = seconds("hear each other again .* for at most TIME")
    if "both nodes answer for an address for 0 s at most" in text:
        return Said(0.0, 0.0, healed)
    return Said(
        seconds("at most TIME when one process hangs"),
        seconds("TIME when all of them do at once"),
        healed,
    )


@dataclass(slots=True)
class _Under:
    """A trouble that holds now, and how to mend it."""

    trouble: Trouble
    nodes: tuple[str, ...]
    began: float
    mend: Callable[[], None]


class Episode:
    """Use once: construct it inside of an ExitStack that ends the pair, then `run`."""

    def __init__(self, plan: Plan, stack: ExitStack) -> None:
        self.plan = plan
        self.segment = stack.enter_context(Segment())
        self.pair = Pair(self.segment, [VIP])
        self.serial = 1
        self.pair.configure(lvs_cf(plan))
        self._stack = stack
        self._started: dict[str, list[float]] = {n.name: [] for n in self.segment.nodes}
        self._harmed: dict[str, list[float]] = {n.name: [] for n in self.segment.nodes}
        self._under: list[_Under] = []
        self._injected: list[Injected] = []

    def run(self, plant: Plant = NO_PLANT) -> Evidence:
        """Boot, trouble, mend, settle, and tell what was seen. LabError: the laboratory failed."""
        said = said_by_check(self.segment.node_a.run(["piranhactl", "check"], is_checked=False))
        for node in self.segment.nodes:
            self._start_pulse(node)
        self.pair.wait_until_settled()
        self.observer = Observer(self.segment, [VIP])
        self._stack.callback(self.observer.stop)
        self.prober = Prober(self.segment, VIP, 80)
        self._stack.callback(self.prober.stop)
        self.pair.wait_until_answered(self.prober, self.pair.wait_until_active(), now())
        began = now()
        plant.before(self)
        self._play(began)
        self._wait_until_well(self._evidence(said, began).alive_by)
        plant.after(self)
        time.sleep(SETTLED_SECONDS)
        return self._evidence(said, began)

    def logs(self) -> str:
        """Both logs, and what was done between them."""
        lines = [(i.began, f"{i.began:.3f} ---- {i.trouble} {i.nodes}") for i in self._injected]
        lines += [(i.ended, f"{i.ended:.3f} ---- mended: {i.trouble}") for i in self._injected]
        for node in self.segment.nodes:
            for line in self.pair.log(node):
                lines.append((line.at, f"{line.at:.3f} {node.name}: {line.text}"))
        return "\n".join(text for _, text in sorted(lines))

    def _play(self, began: float) -> None:
        """Every beginning and every end at its time."""
        due = [(t.begins, True, n) for n, t in enumerate(self.plan.troubles)]
        due += [(t.begins + t.lasts, False, n) for n, t in enumerate(self.plan.troubles)]
        under: dict[int, _Under] = {}
        for at, is_beginning, number in sorted(due, key=lambda d: (d[0], not d[1])):
            time.sleep(max(0.0, began + at - now()))
            if is_beginning:
                under[number] = self._begin(self.plan.troubles[number])
            else:
                ending = under[number]
                ending.mend()
                injected = Injected(ending.trouble, ending.nodes, ending.began, now())
                self._injected.append(injected)

    def _begin(self, trouble: Trouble) -> _Under:
        nodes = self._nodes(trouble.where)
        at = now()
        mend = BEGINNINGS[trouble.kind](self, trouble, nodes)
        return _Under(trouble, tuple(n.name for n in nodes), at, mend)

    def _nodes(self, where: str) -> tuple[Host, ...]:
        """Who is meant now; between two owners the one that the client is answered by, or any."""
        if where == BOTH:
            return self.segment.nodes
        active = self.pair.active()
        if active is None:
            answers = [a.node for a in self.prober.attempts() if a.node]
            active = self.segment.hosts[answers[-1]]
        return (active if where == ACTIVE else self.segment.other(active),)

    def _start_pulse(self, node: Host) -> None:
        self._started[node.name].append(now())
        self.pair.start_pulse(node)

    def _fault(self, *wanted: faults.Fault) -> Callable[[], None]:
        self.segment.apply(*wanted)
        return lambda: self.segment.lift(*wanted)

    def cut(self, trouble: Trouble, nodes: tuple[Host, ...]) -> Callable[[], None]:
        (node,) = nodes
        port = port_of(node.name)
        match trouble.kind:
            case Kind.PULL:
                self.segment.pull_cable(node)
                return lambda: self.segment.plug_cable(node)
            case Kind.MUTE:
                return self._fault(faults.nothing_from(port))
            case Kind.DEAF:
                return self._fault(faults.nothing_to(port))
            case Kind.LOSS:
                return self._fault(faults.loss(port, 30))
        return self._fault(faults.silence(port))

    def block(self, _trouble: Trouble, _nodes: tuple[Host, ...]) -> Callable[[], None]:
        return self._fault(faults.port_blocked(HEARTBEAT_PORT))

    def send_signal(self, trouble: Trouble, nodes: tuple[Host, ...]) -> Callable[[], None]:
        """SIGKILL, SIGSTOP; mended by a new pulse where none runs, or by SIGCONT."""
        (node,) = nodes
        number = signal.SIGKILL if trouble.kind is Kind.KILL else signal.SIGSTOP
        wanted = DAEMONS if trouble.program == EVERYTHING else (trouble.program,)
        hit = [p.pid for p in node.processes() if any(p.is_of(name) for name in wanted)]
        for pid in hit:
            _send(pid, number)
        self._harmed[node.name].append(now())

        def mend() -> None:
            for pid in hit if number == signal.SIGSTOP else []:
                _send(pid, signal.SIGCONT)
            if not node.processes("pulse"):
                self._start_pulse(node)

        return mend

    def end(self, _trouble: Trouble, nodes: tuple[Host, ...]) -> Callable[[], None]:
        """An orderly end, and a new start."""
        (node,) = nodes
        for process in node.processes("pulse"):
            _send(process.pid, signal.SIGTERM)

        def mend() -> None:
            what = f"pulse of {node.name} has ended"
            wait_until(lambda: not node.processes("pulse"), END_SECONDS, what)
            self._start_pulse(node)

        return mend

    def kill_service(self, _trouble: Trouble, nodes: tuple[Host, ...]) -> Callable[[], None]:
        (node,) = nodes
        for process in node.processes("web.py"):
            _send(process.pid, signal.SIGKILL)
        return lambda: None

    def reload(self, trouble: Trouble, nodes: tuple[Host, ...]) -> Callable[[], None]:
        """A changed file on both nodes, or a bad one that is refused and replaced by a good one."""
        if trouble.kind is Kind.BAD_RELOAD:
            bad = lvs_cf(self.plan, self.serial) + BAD_LINE
            for node in nodes:
                node.path(CONFIG_FILE).write_text(bad)
                node.run(["piranhactl", "reload"], is_checked=False)
        self.serial += 1
        self.pair.configure(lvs_cf(self.plan, self.serial))
        for node in nodes:
            node.run(["piranhactl", "reload"], is_checked=False)
        return lambda: None

    def switch(self, _trouble: Trouble, nodes: tuple[Host, ...]) -> Callable[[], None]:
        """Refused in the middle of other troubles, which is an answer as good as any."""
        (node,) = nodes
        node.start(["piranhactl", "switch"], stdout=DEVNULL, stderr=DEVNULL, stdin=DEVNULL)
        return lambda: None

    def load(self, trouble: Trouble, nodes: tuple[Host, ...]) -> Callable[[], None]:
        load = Load(nodes[0], trouble.lasts + 1.0)
        self._stack.callback(load.stop)
        return load.stop

    def _wait_until_well(self, alive_by: float) -> None:
        """Until the promised instant, with what an administrator does about an unfit node."""
        for node in self.segment.nodes:
            if not node.processes("pulse"):
                self._start_pulse(node)
            node.run(["piranhactl", "clear"], is_checked=False)
        while now() < alive_by and not self._is_well():
            time.sleep(0.05)

    def _is_well(self) -> bool:
        active = self.pair.active()
        if active is None:
            return False
        roles = [self.pair.status(node) for node in self.segment.nodes]
        return all(s is not None and s.is_partner_heard for s in roles)

    def _evidence(self, said: Said, began: float) -> Evidence:
        sightings = self.observer.sightings()
        return Evidence(
            plan=self.plan,
            vip=VIP,
            said=said,
            start_seconds=START_SECONDS,
            injected=tuple(self._injected),
            nodes={node.name: self._seen(node) for node in self.segment.nodes},
            sightings=sightings,
            announcements=self.observer.announcements(),
            attempts=self.prober.attempts(),
            began=began,
            until=self.observer.until,
        )

    def _seen(self, node: Host) -> NodeSeen:
        date_of_zero = time.time() - now()
        records = tuple(
            Record(m.wall - date_of_zero, m.old, m.new, m.fact, m.reason)
            for m in self.pair.moves(node)
        )
        return NodeSeen(
            records,
            tuple((line.at, line.text) for line in self.pair.log(node)),
            tuple(self._started[node.name]),
            tuple(self._harmed[node.name]),
        )


def _send(pid: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, number)


BEGINNINGS: dict[Kind, Callable[[Episode, Trouble, tuple[Host, ...]], Callable[[], None]]] = {
    Kind.PULL: Episode.cut,
    Kind.SILENCE: Episode.cut,
    Kind.MUTE: Episode.cut,
    Kind.DEAF: Episode.cut,
    Kind.LOSS: Episode.cut,
    Kind.BLOCK: Episode.block,
    Kind.KILL: Episode.send_signal,
    Kind.STOP: Episode.send_signal,
    Kind.END: Episode.end,
    Kind.SERVICE: Episode.kill_service,
    Kind.RELOAD: Episode.reload,
    Kind.BAD_RELOAD: Episode.reload,
    Kind.SWITCH: Episode.switch,
    Kind.LOAD: Episode.load,
}
