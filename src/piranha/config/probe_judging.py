"""Is what a block says of its probe wise? Whatever follows from the file alone is complained of."""

from collections.abc import Iterator

from piranha.config.complaints import Weight, did_you_mean
from piranha.config.document import shown
from piranha.config.keywords import PROBING, Place
from piranha.config.probes import (
    monitor_of,
    named_monitor,
    probe_of,
    program_of,
    protocol_of,
)
from piranha.config.queries import query_faults
from piranha.config.scripts import (
    datagram_steps,
    expects_nothing,
    script_faults,
    waits_fault,
)
from piranha.config.sections import Section
from piranha.config.settings import Monitor, Protocol
from piranha.script.expressions import line_fault
from piranha.script.steps import StartTls

Finding = tuple[Weight, str, tuple[str, ...]]
"""Severity, sentence, and the keywords it rests on, the one to point at first."""

STREAMS = (Monitor.TCP, Monitor.TLS)
SCRIPTED = (*STREAMS, Monitor.UDP)
"""Ways to ask that consist of a dialogue."""
_RHYTHM = {"port", "protocol", "monitor", "timeout", "interval", "fall", "rise", "first_wait"}
"""Keywords that mean something however the service is asked."""
_OF = {
    "query": (Monitor.DNS, Monitor.DHCP),
    "device": (Monitor.DHCP,),
    "secret": (Monitor.RADIUS,),
    "answer": (Monitor.DNS,),
    "rcode": (Monitor.DNS,),
    "connected": (Monitor.UDP,),
    "source_port": SCRIPTED,
    "match": SCRIPTED,
    "script": SCRIPTED,
    "send": SCRIPTED,
    "expect": (*SCRIPTED, Monitor.PROGRAM),
    "use_regex": (*SCRIPTED, Monitor.PROGRAM),
    "send_program": (Monitor.PROGRAM,),
    "tls": STREAMS,
}
"""For which ways to ask a keyword means something."""


def probe_findings(section: Section) -> Iterator[Finding]:
    """What is wrong with a block's probe, or with a recipe."""
    yield from _monitor_findings(section)
    yield from _query_findings(section)
    yield from _program_findings(section)
    yield from _dialogue_findings(section)
    yield from _tls_findings(section)


def placed_findings(section: Section) -> list[tuple[int, int, str]]:
    """Line, column and sentence for what is wrong with the steps of the block's own script."""
    if "script" not in section.written or section["script"] is None:
        return []
    if protocol_of(section) is Protocol.UDP:
        return datagram_steps(section["script"])[1]
    has_tls = section["tls"] or monitor_of(section) is Monitor.TLS
    return script_faults(section["script"], section["timeout"], has_tls)


def _monitor_findings(section: Section) -> Iterator[Finding]:
    name, monitor = section["monitor"], monitor_of(section)
    if section.place is Place.RECIPE and name is not None and name not in set(Monitor):
        text = f'monitor is "{shown(name)}", expected one of {", ".join(Monitor)} in a recipe'
        yield "error", text + did_you_mean(name, list(Monitor)), ("monitor",)
    if named_monitor(section) is not None and "protocol" in section.written:
        spoken = protocol_of(section)
        if section["protocol"] != spoken:
            text = f"protocol is {section['protocol']}, but monitor = {name} speaks {spoken}"
            yield "error", f"{text}, expected no protocol beside it", ("protocol", "monitor")
    if monitor is Monitor.NONE:
        unused = [word for word in PROBING if word in section.written and word not in _RHYTHM]
        for word in unused:
            text = f"{word} has no use with monitor = none, expected it gone"
            yield "warning", text, (word, "monitor")
        return
    for word, monitors in _OF.items():
        if word in section.written and monitor not in monitors and _is_said(section, word):
            text = f"{word} has no use with monitor = {monitor}, expected it gone"
            yield "error", text, (word, "monitor")


def _is_said(section: Section, word: str) -> bool:
    """False for what is only the historical surroundings of a program that asks."""
    return not (word == "send" and section["monitor"] is None) and bool(section[word])


def _query_findings(section: Section) -> Iterator[Finding]:
    if section.place is not Place.FAILOVER:
        return
    monitor, vip = monitor_of(section), section["address"]
    for text, keywords in query_faults(section, monitor):
        yield "error", text, keywords
    if monitor is Monitor.DHCP and vip is not None and vip.address.version != 4:
        text = f"monitor = dhcp asks over IPv4, but address is {vip.address}, expected IPv4"
        yield "error", text, ("monitor", "address")
    if monitor is Monitor.RADIUS and section["secret"] is None:
        text = "monitor = radius without a secret, expected a file in secret"
        yield "error", text, ("monitor", "secret")
    watched = section["watch_pid"]
    if monitor is Monitor.PROCESS and watched is None:
        text = "monitor = process without a process, expected watch_pid"
        yield "error", text, ("monitor", "watch_pid")
    if monitor is Monitor.NONE and watched is not None:
        text = "watch_pid has no use with monitor = none, expected monitor = process"
        yield "error", text, ("watch_pid", "monitor")


def _program_findings(section: Section) -> Iterator[Finding]:
    program, older = section["send_program"], section.values.get("client_monitor")
    if program and older:
        text = "client_monitor is not used beside send_program, expected one of them"
        yield "warning", text, ("client_monitor", "send_program")
    if program and not any("%h" in word for word in program):
        text = "send_program has no %h: it cannot tell one node from the other, expected %h in it"
        yield "warning", text, ("send_program",)
    if monitor_of(section) is Monitor.PROGRAM and not program_of(section):
        text = "monitor = program without a program, expected send_program"
        yield "error", text, ("monitor", "send_program", "client_monitor")


def _dialogue_findings(section: Section) -> Iterator[Finding]:
    script, monitor = section["script"], monitor_of(section)
    is_own = "script" in section.written
    if script is not None and monitor in SCRIPTED:
        for word in ("send", "expect", "use_regex", "send_program"):
            if word in section.written and (section[word] or word != "use_regex"):
                whose = "a script" if is_own else f"the script of monitor = {section['monitor']}"
                text = f"{word} is not used beside {whose}, expected one of them"
                yield "error", text, (word,)
        # A recipe says itself what it cannot prove.
        is_meant = section.place is Place.RECIPE and section["misses"]
        if expects_nothing(script) and is_own and not section["match"] and not is_meant:
            text = "the script expects nothing of the server, expected a step that does"
            yield "warning", text, ("script",)
    if monitor in STREAMS and (fault := _recipe_waits_fault(section)):
        text = f"the waits of monitor = {section['monitor']} {fault}"
        first = "timeout" if "timeout" in section.written else "monitor"
        yield "error", text, (first, "timeout", "monitor")
    if monitor in STREAMS and (fault := line_fault(section["match"] or b"")):
        text = f"match {fault}: it can never match, expected an expression for one line"
        yield "error", text, ("match",)
    is_asked = bool(section["send"] or script or monitor is Monitor.PROGRAM)
    is_own = section.recipe is None and section.place is Place.FAILOVER
    if monitor is Monitor.UDP and not is_asked and is_own:
        text = "a UDP service that is sent nothing does not answer, expected send (and expect)"
        yield "warning", text, ("protocol", "send", "send_program", "client_monitor")
    if section["use_regex"] and not section["expect"]:
        text = "use_regex is 1 without expect, expected the expression in expect"
        yield "warning", text, ("use_regex", "expect")


def _recipe_waits_fault(section: Section) -> str:
    """The steps of a block's own script are judged where they stand; those of its recipe here."""
    if section.recipe is None or "script" in section.written:
        return ""
    return waits_fault(section["script"] or (), section["timeout"])


def _tls_findings(section: Section) -> Iterator[Finding]:
    script = () if "script" in section.written else section["script"] or ()
    if section["tls"] and any(isinstance(placed.step, StartTls) for placed in script):
        text = f"tls is 1, but monitor = {section['monitor']} makes the handshake in mid-dialogue"
        yield "error", f"{text}, expected one of them", ("tls", "monitor")
    if probe_of(section).tls is not None or monitor_of(section) is Monitor.NONE:
        return
    for word in ("tls_name", "tls_verify", "tls_ca", "tls_days"):
        if word in section.written:
            text = f"{word} without tls, expected tls = 1 or a step starttls"
            yield "warning", text, (word, "tls")
