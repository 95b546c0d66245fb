"""A program that speaks like fos, well or badly as FAKE_FOS says, and touches nothing.

fake_fos.py --active|--monitor ... --group NAME
"""

import os
import select
import signal
import sys
from pathlib import Path

from piranha.system import local_socket
from piranha.wire import order_line, report_line
from piranha.wire.order_line import Permit, Quit, Release
from piranha.wire.report_line import (
    Armed,
    FosMode,
    Held,
    Hello,
    Released,
    Report,
    Serving,
    Taken,
)

REPORT_SECONDS = 0.02


def main(arguments: list[str]) -> int:
    behaviour = os.environ.get("FAKE_FOS", "well")
    mode = FosMode.ACTIVE if "--active" in arguments else FosMode.MONITOR
    group = arguments[arguments.index("--group") + 1]
    if behaviour.startswith("exit "):
        return int(behaviour.removeprefix("exit "))
    suffix = "-monitor" if mode is FosMode.MONITOR else ""
    cluster = os.environ.get("FAKE_FOS_CLUSTER", "test")
    path = Path(os.environ["FAKE_FOS_DIRECTORY"]) / f"{cluster}-{group}{suffix}.sock"
    listener = local_socket.listen(path, 0o600)
    epoch, until = 0, 0.0
    while True:
        select.select([listener], [], [])
        connection = local_socket.accept(listener)
        assert connection is not None

        def say(report: Report, to: local_socket.LineConnection = connection) -> None:
            to.send_line(report_line.encode(report))

        if behaviour == "mute":
            signal.pause()
        if behaviour == "babbling":
            connection.send_line(b"hello, this is fos")
        say(Hello(1, mode, group, os.getpid(), epoch, until, 0, {"web": "stopped"}))
        say(Armed())
        while not connection.is_closed:
            select.select([connection], [], [], REPORT_SECONDS)
            for line in connection.lines():
                match order_line.decode(line):
                    case Quit():
                        return 0
                    case Permit() as permit:
                        if epoch != permit.epoch:
                            say(Taken(permit.epoch, 0.001))
                            if behaviour == "serving":
                                say(Serving(permit.epoch, 0.002))
                        epoch, until = permit.epoch, min(permit.until.values())
                        if behaviour == "hanging":
                            os.kill(os.getpid(), signal.SIGSTOP)
                    case Release() as release:
                        say(Released(release.epoch, release.reason))
                        epoch = 0
            if epoch:
                say(Held(epoch, until))
        connection.close()
        if mode is FosMode.MONITOR:
            return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
