"""`piranhactl learn`: what listens there, and how can it be asked? What telnet was used for.

Listens, tries the recipes that may fit, and prints the block for lvs.cf.
"""

from dataclasses import dataclass, replace
from ipaddress import ip_address

from piranha.config.reading import read_settings
from piranha.config.settings import Monitor, Protocol, Service
from piranha.config.values import Names
from piranha.errors import SystemRefusedError, UsageError
from piranha.probes.asking import Asked
from piranha.probes.doors import Doors, Note
from piranha.probes.matching import Finding, matchers_of
from piranha.probes.question import Question, Transport
from piranha.probes.transcript import ending, lines_of
from piranha.probes.verdict import Outcome, Verdict
from piranha.programs.config_file import port_of_service, resolve_host
from piranha.programs.recipe_files import purpose, recipe_block, recipe_names, recipe_text
from piranha.programs.service_probe import shown
from piranha.programs.service_question import question_of
from piranha.script.spelling import spelled
from piranha.script.steps import ExpectAny, Expectation, ExpectLine
from piranha.system import children, clock
from piranha.wire.exit_status import ExitStatus

LISTENING_SECONDS = 2.0
"""For a greeting; servers that look up who calls may take longer, and are then asked by port."""
MOST_TRIED = 6
"""Recipes that are tried: somebody else's server should not be bothered more."""
LONGEST_LINE = 60
"""Bytes of a greeting of which a line is proposed where no recipe fits."""
FALLBACKS = ("http", "https")
"""Tried where nothing else may fit: what is odd is often a web server."""
_SILENT = (Verdict.EXPECT_TIMED_OUT, Verdict.CLOSED_EARLY)
"""It took the connection and said nothing."""
_NEED_MORE = (Monitor.DHCP, Monitor.RADIUS, Monitor.PROCESS)
"""Ways to ask that need a device, a secret or a pid file: they cannot be guessed."""
_IN_A_FILE = """\
service = fos
primary = 192.0.2.1
backup = 192.0.2.2
"""


@dataclass(frozen=True, slots=True)
class Place:
    """What is to be learned about."""

    host: str
    port: int
    is_udp: bool
    seconds: float


def learn(target: str, is_udp: bool, seconds: float) -> ExitStatus:
    """OK: a recipe fits. FAILED: none does, or nobody answers. Raises UsageError,
    SystemRefusedError."""
    place = place_of(target, is_udp, seconds)
    children.drop_rights()
    greeting = b""
    if not is_udp:
        print("What it says by itself:", flush=True)
        outcome, greeting = _listen(place)
        if not (greeting or outcome.verdict in _SILENT):
            return ExitStatus.FAILED
    for name in candidates(place, greeting):
        print(f"\nIs it {name}? {purpose(name)}", flush=True)
        block = block_text(name, place)
        question = question_of(service_of(block), ip_address(place.host))
        outcome = shown(replace(question, timeout_seconds=place.seconds))
        knows_others = question.dns is not None and outcome.verdict is Verdict.WRONG_ANSWER
        if outcome.is_healthy or knows_others:
            yes = "Yes, but ask it what it knows." if knows_others else "Yes."
            print(f"\n{yes} For lvs.cf; what is marked so is yours to fill in:\n\n{block}")
            return ExitStatus.OK
    print("\nNo recipe fits.", end=" ")
    if greeting:
        print(f"By its greeting:\n\n{block_text('', place, first_line(greeting))}")
    else:
        print("What it wants to hear stands in its manual: write a script, see lvs.cf(5).")
    return ExitStatus.FAILED


def place_of(target: str, is_udp: bool, seconds: float) -> Place:
    """Of HOST:PORT, [ADDRESS]:PORT. Raises UsageError, SystemRefusedError."""
    name, colon, port_text = target.rpartition(":")
    name = name.strip("[]")
    if not colon or not name or not port_text:
        raise UsageError(f'"{target}" is no HOST:PORT, such as 10.0.0.1:25 or [fd00::1]:25')
    port = int(port_text) if port_text.isdecimal() else port_of_service(port_text)
    if port is None or not 0 < port < 65_536:
        raise UsageError(f'"{port_text}" is no port, expected 1 to 65535 or a name of services(5)')
    host = resolve_host(name)
    if host is None:
        raise SystemRefusedError(f"cannot resolve {name}")
    return Place(host, port, is_udp, seconds)


def candidates(place: Place, greeting: bytes) -> tuple[str, ...]:
    """The recipes that may fit, the likeliest first: those of the port, then those that expect such
    a greeting; without any of them a web server."""
    of_port, by_greeting = [], []
    for name in recipe_names():
        service = service_of(block_text(name, place))
        is_udp = service.protocol is Protocol.UDP
        if service.probe.monitor in _NEED_MORE or is_udp != place.is_udp:
            continue
        fits = None if is_udp else greets_so(service, greeting)
        if _own_port(name) == place.port and fits is not False:
            of_port.append(name)
        elif fits:
            by_greeting.append(name)
    found = [*of_port, *by_greeting]
    if not found and not greeting and not place.is_udp:
        found = [name for name in FALLBACKS if name in recipe_names()]
    return tuple(found[:MOST_TRIED])


def greets_so(service: Service, greeting: bytes) -> bool | None:
    """Whether the dialogue of this service begins with what was heard; None: it says nothing of
    that, for the client speaks first."""
    first = service.probe.steps[0] if service.probe.steps else None
    if first is None or not isinstance(first, Expectation) or isinstance(first, ExpectAny):
        return None
    if not greeting:
        return False
    (matcher,) = matchers_of((first,))
    assert matcher is not None, "a step that expects has a matcher"
    return matcher.look(bytearray(greeting), False) is Finding.MATCHED


def _listen(place: Place) -> tuple[Outcome, bytes]:
    """What the server says before it is asked: its first line, or all that comes in a while."""
    heard: list[bytes] = []

    def note(what: Note) -> None:
        if what.kind == "received":
            heard.append(what.data)
        if what.kind in ("received", "ended"):
            for line in lines_of(what):
                print(line, flush=True)

    seconds = min(LISTENING_SECONDS, place.seconds)
    steps = (ExpectLine(b""),)
    question = Question(place.host, place.port, Transport.TCP, steps, seconds)
    with Asked(question, Doors(clock.now, children, note)) as outcome:
        if not heard:
            is_silent = outcome.verdict in _SILENT
            print("nothing" if is_silent else ending(outcome), flush=True)
        return outcome, b"".join(heard)


def _own_port(recipe: str) -> int | None:
    """The port that the recipe gives."""
    text = _given(recipe, "port")
    return int(text) if text.isdecimal() else port_of_service(text)


def _given(recipe: str, keyword: str) -> str:
    """What the recipe's file says; empty where it says nothing."""
    entry = recipe_block(recipe).last(keyword)
    return entry.value.text if entry else ""


def first_line(greeting: bytes) -> bytes:
    """The beginning of the greeting that is likely to stay: its first word."""
    line = greeting.splitlines()[0] if greeting.strip() else b""
    return line[:LONGEST_LINE].split(b" ")[0]


def block_text(recipe: str, place: Place, line: bytes = b"") -> str:
    """The failover block; with a line instead of a recipe, a script that expects it."""
    name = recipe or "unknown"
    lines = [
        f"failover {name} {{",
        "    active = 1",
        "    address = 192.0.2.10 eth0    # yours",
    ]
    if recipe:
        lines.append(f"    monitor = {recipe}")
    if recipe and _given(recipe, "monitor") == Monitor.DNS:
        lines.append('    query = ". NS"    # yours')
    if recipe and _given(recipe, "monitor") == Monitor.RADIUS:
        lines.append("    secret = /etc/piranha/radius.secret    # yours")
    if not recipe or _own_port(recipe) != place.port:
        lines.append(f"    port = {place.port}")
    if line:
        text = spelled(line).replace('"', '\\"').replace("%", "%%")
        lines += ["    script {", f'        expect_line = "{text}"', "    }"]
    lines += [
        "    timeout = 5",
        f'    start_cmd = "/usr/bin/systemctl start {name}"    # yours',
        f'    stop_cmd = "/usr/bin/systemctl stop {name}"    # yours',
        "}",
    ]
    return "\n".join(lines)


def service_of(block: str) -> Service:
    """What the block means, read as the daemons read it."""
    names = Names(resolve_host, port_of_service, recipe_names, recipe_text)
    reading = read_settings(f"{_IN_A_FILE}{block}\n".encode(), "learned", names)
    assert reading.settings is not None, [str(complaint) for complaint in reading.complaints]
    return reading.settings.groups[0].services[0]
