"""The command line of `nanny`: words in, a question and a manner of asking out."""

import argparse
import shlex
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from piranha import __version__, defaults
from piranha.errors import SystemRefusedError, UsageError
from piranha.probes.asking import expression_fault
from piranha.probes.question import Question, Transport
from piranha.programs.command_line import CommandLine, read_duration
from piranha.script.spelling import unspelled
from piranha.script.steps import LARGEST_PATTERN, LARGEST_STRING, Step, steps_of

_BALANCING = {
    ("-a", "--reentrytime"): 1,
    ("-f", "--fwmark"): 1,
    ("-I", "--ipvsadm"): 1,
    ("-M", "--method"): 1,
    ("-q", "--quiesce-server"): 0,
    ("-r", "--rport"): 1,
    ("-S", "--scale"): 1,
    ("-U", "--loadcmd"): 1,
    ("-w", "--weight"): 1,
}
"""Options of the historical nanny that only its load balancer used, with their arguments."""


@dataclass(frozen=True, slots=True)
class NannyOptions:
    """One command line, understood."""

    question: Question
    interval_seconds: float
    startup: tuple[str, ...]
    """Run when the service comes up; empty: nothing."""
    shutdown: tuple[str, ...]
    """Run when it goes down; empty: nothing."""
    is_detached: bool
    logs_to_stdout: bool
    is_once: bool
    is_test_start: bool
    is_verbose: bool
    is_suppressed: bool


def read_options(argv: Sequence[str] | None) -> NannyOptions:
    """Understand a command line (without the program's name; None: our own).

    Raises UsageError for wrong use, SystemRefusedError for a name that cannot be resolved, and
    SystemExit for --help and --version.
    """
    given = _parser().parse_args(argv)
    timeout = given.timeout or given.interval
    transport = _transport(given)
    port = _port(given.port, transport)
    question = Question(
        host=_address(given.server),
        port=port,
        transport=transport,
        steps=_steps(given, transport, port),
        timeout_seconds=timeout,
        service=f"{given.server}:{port}",
        vip=given.virtaddress,
        argv=_command(given.send_program, "-e/--send-program"),
    )
    fault = expression_fault(question)
    if fault:
        raise UsageError(f"-x/--expect_string: {fault}")
    return NannyOptions(
        question=question,
        interval_seconds=given.interval,
        startup=_command(given.startup, "-R/--startup"),
        shutdown=_command(given.shutdown, "-D/--shutdown"),
        is_detached=not (given.nodaemon or given.nofork or given.once),
        logs_to_stdout=given.nodaemon or given.once,
        is_once=given.once,
        is_test_start=given.test_start,
        is_verbose=given.verbose,
        is_suppressed=given.suppress,
    )


class _Refuse(argparse.Action):
    """An option of the load balancer."""

    def __call__(
        self, _parser: Any, _namespace: Any, _values: Any, option_string: str | None = None
    ) -> None:
        raise UsageError(
            f"{option_string} belongs to load balancing, which this suite does not do: "
            "it fails services over from one node to another"
        )


def _parser() -> CommandLine:
    parser = CommandLine(
        prog="nanny",
        add_help=False,
        allow_abbrev=False,
        description="Ask again and again whether a service answers on a real address.",
        epilog="Strings may hold \\r \\n \\t \\\\ \\\" \\' \\0 and \\xHH. See nanny(8).",
    )
    _add_question(parser)
    _add_manner(parser)
    for names, arguments in _BALANCING.items():
        parser.add_argument(
            *names, action=_Refuse, nargs="?" if arguments else 0, help=argparse.SUPPRESS
        )
    return parser


def _add_question(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument_group("the question").add_argument
    add("-h", "--server", required=True, help="the real address to ask", metavar="ADDRESS")
    add("-p", "--port", default="80", help="number or name (default 80)")
    add("-u", "--UDP", action="store_true", help="ask by UDP (default: TCP)")
    add("-s", "--send_string", help="what is sent first", metavar="TEXT")
    add("-x", "--expect_string", help='how the answer begins; "*": any answer', metavar="TEXT")
    add("--use-regex", action="store_true", help="the expected text is a regular expression")
    add("-e", "--send-program", "--send_program", help="run this instead; %%h is the address",
        metavar="COMMAND")  # fmt: skip
    add("-V", "--virtaddress", default="", help="the VIP, for %%v in a command", metavar="ADDRESS")
    add("-t", "--interval", type=read_duration, default=defaults.PROBE_TIMEOUT_SECONDS,
        help="from one probe to the next (default 10)", metavar="SECONDS")  # fmt: skip
    add("--timeout", type=read_duration, help="for one whole probe (default: the interval)",
        metavar="SECONDS")  # fmt: skip


def _add_manner(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument_group("the manner").add_argument
    add("-R", "--startup", default="", help="run when the service comes up", metavar="COMMAND")
    add("-D", "--shutdown", default="", help="run when it goes down", metavar="COMMAND")
    add("-n", "--nodaemon", action="store_true", help="stay in the foreground, log to stdout")
    add("-c", "--nofork", action="store_true", help="stay in the foreground, log to syslog")
    add("--once", action="store_true", help="probe once; exit status 0: healthy, 10: failed")
    add("--test-start", "--norun", action="store_true", help="say what would be asked, no more")
    add("-T", "--suppress", action="store_true", help="do not log that the service went up or down")
    add("-v", "--verbose", action="store_true", help="show every dialogue")
    add("--version", action="version", version=f"nanny {__version__}", help="show the version")
    add("-?", "--help", action="help", help="show this text")


def _transport(given: argparse.Namespace) -> Transport:
    if given.send_program is None:
        return Transport.UDP if given.UDP else Transport.TCP
    if given.UDP or given.send_string:
        raise UsageError(
            "-e/--send-program asks by itself: leave out -u/--UDP and -s/--send_string"
        )
    return Transport.PROGRAM


def _steps(given: argparse.Namespace, transport: Transport, port: int) -> tuple[Step, ...]:
    send, expect = given.send_string, given.expect_string
    if transport is Transport.TCP and port == 80 and not (send or expect):
        return steps_of(*defaults.PORT_80_QUESTION)
    sent = _string(send, "-s/--send_string")
    if not given.use_regex:
        return steps_of(sent, _string(expect, "-x/--expect_string"))
    pattern = (expect or "").encode("utf-8", "surrogateescape")
    if len(pattern) > LARGEST_PATTERN:
        limit = f"limit {LARGEST_PATTERN} with --use-regex"
        raise UsageError(f"-x/--expect_string has {len(pattern)} bytes ({limit})")
    return steps_of(sent, pattern, use_regex=True)


def _string(text: str | None, option: str) -> bytes | None:
    if text is None:
        return None
    data = unspelled(text)
    if len(data) > LARGEST_STRING:
        raise UsageError(f"{option} has {len(data)} bytes (limit {LARGEST_STRING})")
    return data


def _command(text: str | None, option: str) -> tuple[str, ...]:
    """An argv, split as a shell splits words. None and "" mean no command, but not for a probe."""
    try:
        argv = tuple(shlex.split(text or ""))
    except ValueError as error:
        raise UsageError(f"{option}: {str(error).lower()}") from None
    if text is not None and not argv and option.startswith("-e"):
        raise UsageError(f"{option} names no program")
    return argv


def _port(text: str, transport: Transport) -> int:
    if text.isascii() and text.isdigit():
        number = int(text)
    else:
        try:
            number = socket.getservbyname(text, "udp" if transport is Transport.UDP else "tcp")
        except OSError:
            raise UsageError(
                f'-p/--port: "{text}" is neither a number nor in services(5)'
            ) from None
    if not 1 <= number <= 65_535:
        raise UsageError(f"-p/--port: {number} is no port (1 to 65535)")
    return number


def _address(name: str) -> str:
    """The first numeric address of a name, looked up once: a probe waits for no name server."""
    try:
        found = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        words = getattr(error, "strerror", None) or str(error)
        raise SystemRefusedError(f"cannot resolve {name}: {words}") from error
    return name if "%" in name else str(found[0][4][0])  # the zone of a link-local address
