"""One real fos on a laboratory node, and the test in the place of pulse at its socket."""

import os
import select
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

from piranha.system import local_socket
from piranha.system.local_socket import LineConnection
from piranha.wire import order_line, report_line
from piranha.wire.order_line import Order, Permit, Quit, Release
from piranha.wire.report_line import Armed, Held, Hello, Released, Report, Serving, Taken
from tests.lab.host import Host, LabError
from tests.lab.instruments import now
from tests.lab.lvs_cf import ServiceBlock
from tests.lab.pair import CONFIG_FILE, wait_until

CLUSTER, GROUP = "piranha", "default"
OTHER_VIP = "10.77.0.11"
LOG_FILE = "/run/fos.log"
TRACE_FILE = "/run/trace"
COMMAND_FILE = "/run/service"
COMMAND_TEXT = f"""#!/bin/sh
# Writes down what it was asked, and which VIPs the node had at that moment.
vips=$(ip -4 -o address show dev eth0 | grep -c /32)
echo "$1 $PIRANHA_SERVICE $vips" >> {TRACE_FILE}
echo "$1 as asked"
"""
LIMIT_SECONDS = 10.0

Kind = TypeVar("Kind", bound=Report)


def traced(name: str, **changes: object) -> ServiceBlock:
    """A service whose commands write down that they ran."""
    start, stop = f"{COMMAND_FILE} start", f"{COMMAND_FILE} stop"
    return ServiceBlock(name, start_cmd=start, stop_cmd=stop, **changes)  # type: ignore[arg-type]


def web(**changes: object) -> ServiceBlock:
    """A traced service on the first VIP."""
    return traced("web", **changes)


def mail(label: str = "eth0:2") -> ServiceBlock:
    """A traced service on a VIP of its own."""
    return traced("mail", vip=OTHER_VIP, label=label, port=25)


class LoneFos:
    """Starts fos, connects, gives orders and keeps the reports that came."""

    def __init__(self, host: Host, text: str, arguments: Sequence[str] = ("--active",)) -> None:
        self.host = host
        self.reports: list[tuple[float, Report]] = []
        """Instant and report, oldest first; `expect` takes them out."""
        self.epoch = 0
        host.path(CONFIG_FILE).write_text(text)
        command = host.path(COMMAND_FILE)
        command.write_text(COMMAND_TEXT)
        command.chmod(0o755)
        self._mode = arguments[0].lstrip("-")
        self._arguments = list(arguments)
        self._connection: LineConnection | None = None
        self.process = self._start()

    def _start(self) -> "subprocess.Popen[str]":
        with open(self.host.path(LOG_FILE), "a") as log:
            return self.host.start(["fos", *self._arguments], stdout=log, stderr=log)

    @property
    def _socket(self) -> Path:
        suffix = "-monitor" if self._mode == "monitor" else ""
        return self.host.path(f"/run/piranha/{CLUSTER}-{GROUP}{suffix}.sock")

    def start_again(self) -> None:
        """After its end: another one, not connected to."""
        self.process.wait(LIMIT_SECONDS)
        self.process = self._start()

    def connect(self) -> Hello:
        """Be its pulse, and wait until it is armed."""
        self.reports = []
        self._connection = None
        wait_until(self._try_to_connect, LIMIT_SECONDS, "fos listens")
        hello = self.expect(Hello)
        self.expect(Armed)
        return hello

    def _try_to_connect(self) -> bool:
        try:
            self._connection = local_socket.connect(self._socket)
        except OSError:
            return False
        return True

    def leave(self) -> None:
        """pulse is gone."""
        assert self._connection is not None
        self._connection.close()
        self._connection = None

    def order(self, order: Order) -> float:
        """Give an order; returns the instant."""
        assert self._connection is not None
        at = now()
        self._connection.send_line(order_line.encode(order))
        return at

    def permit(self, seconds: float = 60.0, epoch: int = 1, is_adoption: bool = False) -> float:
        self.epoch = epoch
        return self.order(Permit(epoch, {"partner": now() + seconds}, is_adoption))

    def release(self, vips_first: bool = False) -> None:
        """Have everything released, and wait for it."""
        self.order(Release(self.epoch, vips_first, "the test is over"))
        self.expect(Released)

    def serve(self, seconds: float = 60.0, epoch: int = 1) -> None:
        """Permitted, every service started."""
        self.permit(seconds, epoch)
        self.expect(Taken)
        self.expect(Serving)

    def expect(self, kind: type[Kind], limit_seconds: float = LIMIT_SECONDS) -> Kind:
        """The next report of this kind; those before it are forgotten. LabError: it never came."""
        return self.expect_at(kind, limit_seconds)[1]

    def expect_at(
        self, kind: type[Kind], limit_seconds: float = LIMIT_SECONDS
    ) -> tuple[float, Kind]:
        """The same, with the instant at which it came."""
        end = now() + limit_seconds
        while True:
            for number, (at, report) in enumerate(self.reports):
                if isinstance(report, kind):
                    del self.reports[: number + 1]
                    return at, report
            left = end - now()
            if left <= 0:
                seen = [r for _, r in self.reports if not isinstance(r, Held)]
                raise LabError(f"no {kind.__name__} within {limit_seconds:g} s, only {seen}")
            self.hear(left)

    def hear(self, seconds: float = 0.0) -> None:
        """Wait so long for further reports, and keep them."""
        assert self._connection is not None
        select.select([self._connection], [], [], seconds)
        at = now()
        self.reports += [(at, report_line.decode(line)) for line in self._connection.lines()]

    def signal(self, number: signal.Signals) -> None:
        """To fos itself, not to its nannies."""
        self.host.signal(f"fos --{self._mode}", number)

    def kill(self) -> None:
        """SIGKILL, as by an impatient administrator."""
        self.signal(signal.SIGKILL)
        self.process.wait(LIMIT_SECONDS)

    def holds(self, *vips: str) -> bool:
        return set(vips) <= self.host.addresses()

    @property
    def trace(self) -> list[str]:
        """What the commands wrote down: "start web 2" for two VIPs at that moment."""
        path = self.host.path(TRACE_FILE)
        return path.read_text().splitlines() if path.exists() else []

    @property
    def log(self) -> str:
        return self.host.path(LOG_FILE).read_text()

    def stop(self) -> None:
        """End it, whatever state it is in."""
        print(self.log)
        if self.process.poll() is None and self._connection is not None:
            self.order(Quit())
        for process in self.host.processes("fos"):
            os.kill(process.pid, signal.SIGKILL)
        # nsenter, which started it, stops when its child is stopped.
        self.process.send_signal(signal.SIGCONT)
        self.process.wait(LIMIT_SECONDS)
