"""`nanny` asks one question again and again: does this service answer on this real address?

fos forks a nanny for each service (`run_for_fos`); by hand it is a command for people who want to
see what the daemons see (`main`). Both ask in the same way, without root rights.
"""

import os
import signal
import socket
import sys
import traceback
from collections.abc import Callable, Sequence

from piranha.errors import SystemRefusedError, UsageError
from piranha.probes.asking import Asked
from piranha.probes.doors import Doors, Note, ToldToEnd
from piranha.probes.question import Question, Transport
from piranha.probes.verdict import Outcome
from piranha.programs.detaching import Tell, run_detached
from piranha.programs.nanny_by_hand import NannyByHand
from piranha.programs.nanny_options import NannyOptions, read_options
from piranha.programs.nanny_rounds import probe_for_ever, report_of
from piranha.programs.nanny_watching import watch_for_ever
from piranha.script.steps import ExpectLine, ExpectPrefix, Send
from piranha.system import children, clock, journal
from piranha.terms import Severity
from piranha.wire import nanny_line
from piranha.wire.exit_status import ExitStatus

_WARM_UP_PROBES = 30
_WARM_UP_SECONDS = 0.05
"""At most for each of them, on a machine without loopback; else 0.3 ms."""


def ask(question: Question, dialogue_log: Callable[[Note], None] | None = None) -> Outcome:
    """Ask once, here and now; blocks no longer than the timeout and a polite end."""
    with Asked(question, Doors(clock.now, children, dialogue_log, today=clock.wall)) as outcome:
        return outcome


def warm_up() -> None:
    """Ask ourselves a few times over loopback, before nannies are forked; takes about 10 ms.

    Python 3.11 rewrites the code that it runs often (PEP 659), and what is rewritten before the
    fork stays shared by all nannies: 0.3 MB of each.
    """
    try:
        listener = socket.create_server(("127.0.0.1", 0))
    except OSError:
        return  # then they are as large as they are
    with listener:
        steps = (Send(b"?"), ExpectPrefix(b"!"), ExpectLine(b"250"))
        host, port = listener.getsockname()
        question = Question(host, port, Transport.TCP, steps, _WARM_UP_SECONDS)

        def answer(note: Note) -> None:
            if note.kind == "sent":
                connection, _ = listener.accept()
                with connection:
                    connection.recv(1)
                    connection.sendall(b"!250\n")

        for number in range(_WARM_UP_PROBES):
            nanny_line.encode(report_of(question, ask(question, answer), number))


def run_for_fos(
    question: Question,
    interval_seconds: float,
    phase_seconds: float,
    report_fd: int,
    order_fd: int,
) -> int:
    """The body of a nanny that fos forked: probe for ever, one report line for each probe.

    The first probe begins `phase_seconds` from now, each other one an interval after the one
    before (at once, where that took longer). A byte on `order_fd` means "probe now"; its end, even
    in the middle of a probe, means that fos needs us no more: returns exit status 0. The end of a
    process that is watched is reported at once.
    """

    def tell(outcome: Outcome, number: int) -> None:
        os.write(report_fd, nanny_line.encode(report_of(question, outcome, number)) + b"\n")

    doors = Doors(clock.now, children, orders_fd=order_fd, today=clock.wall)
    try:
        go_on = watch_for_ever if question.transport is Transport.PROCESS else probe_for_ever
        go_on(question, interval_seconds, phase_seconds, doors, tell)
    except BrokenPipeError:  # nobody reads the reports: fos has gone
        return ExitStatus.OK
    return ExitStatus.OK


def main(argv: Sequence[str] | None = None) -> int:
    """The command. Returns its exit status; see nanny(8)."""
    journal.open_journal("nanny", False, False, sink=journal.Stream(2, lambda _severity: "").write)
    try:
        return _carry_out(read_options(argv))
    except UsageError as error:
        return _give_up(str(error), ExitStatus.WRONG_USE)
    except (SystemRefusedError, OSError) as error:
        return _give_up(str(error), ExitStatus.REFUSED)
    except Exception:
        return _give_up(f"our own bug: {traceback.format_exc()}", ExitStatus.OUR_BUG)


def _carry_out(options: NannyOptions) -> int:
    if options.is_test_start:
        NannyByHand(options).announce()
        return ExitStatus.OK
    if options.is_detached:
        title = f"nanny: {options.question.target}"
        return run_detached(title, lambda tell: _watch(options, tell))
    return _watch(options, lambda _status, _text: None)


def _watch(options: NannyOptions, tell: Tell) -> int:
    is_verbose = options.is_verbose and not options.logs_to_stdout
    journal.open_journal("nanny", options.logs_to_stdout, is_verbose)
    if not options.startup and not options.shutdown:
        children.drop_rights()
    nanny = NannyByHand(options, _orders_by_signals())
    tell(ExitStatus.OK, "")
    if options.is_once:
        return _ask_once(options.question, nanny)
    probe_for_ever(options.question, options.interval_seconds, 0.0, nanny.doors, nanny.follow)
    return ExitStatus.OK


def _ask_once(question: Question, nanny: NannyByHand) -> int:
    try:
        with Asked(question, nanny.doors) as outcome:
            return nanny.finish(outcome)
    except ToldToEnd:
        return _give_up("ended by a signal before there was a verdict", ExitStatus.REFUSED)


def _orders_by_signals() -> int:
    """A pipe whose other end is closed by SIGTERM and SIGINT, which thereby end any wait."""
    reading, writing = os.pipe()
    ends = [writing]

    def end(_number: int, _frame: object) -> None:
        while ends:
            os.close(ends.pop())

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    return reading


def _give_up(text: str, status: ExitStatus) -> int:
    journal.say(Severity.ERROR, "", text)
    return status


if __name__ == "__main__":
    sys.exit(main())
