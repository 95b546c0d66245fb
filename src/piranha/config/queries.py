"""What the keywords of questions to DNS and DHCP servers say together, and what is wrong there."""

from collections.abc import Iterator

from piranha.config.complaints import did_you_mean
from piranha.config.document import shown
from piranha.config.sections import Section
from piranha.config.settings import Monitor, Protocol
from piranha.script.queries import DhcpKind, DnsQuery, labels_of
from piranha.terms import DNS_TYPES

Fault = tuple[str, tuple[str, ...]]
"""Sentence, and the keywords it rests on."""

_EXAMPLE = 'expected a name and a type, such as "www.example.org A"'


def is_over_tcp(section: Section) -> bool:
    """True when the block, or its recipe, says `protocol = tcp`: DNS is asked over UDP without."""
    said = [section, *([section.recipe] if section.recipe is not None else [])]
    return any("protocol" in one.written for one in said) and section["protocol"] == Protocol.TCP


def dns_query_of(section: Section) -> DnsQuery:
    """What a name server is asked. A query that is missing or wrong is as good as one for the root
    servers: `query_faults` refuses the file."""
    words = _text(section, "query").split()
    name, kind = words if len(words) == 2 else (".", "NS")
    answer = None if section["answer"] == b"" else _text(section, "answer") or "*"
    return DnsQuery(
        name=name,
        type=kind.upper(),
        rcodes=section["rcode"] or ("NOERROR",),
        answer=answer,
        is_over_tcp=is_over_tcp(section),
    )


def dhcp_kind_of(section: Section) -> DhcpKind:
    """What a DHCP server is asked; DISCOVER where nothing, or nothing sound, is said."""
    text = _text(section, "query").lower()
    return DhcpKind(text) if text in set(DhcpKind) else DhcpKind.DISCOVER


def query_faults(section: Section, monitor: Monitor) -> Iterator[Fault]:
    """What is wrong with the question of a failover block."""
    query = section["query"]
    if monitor is Monitor.DNS:
        yield from _dns_faults(section)
    elif monitor is Monitor.DHCP:
        text = _text(section, "query")
        if query is not None and text.lower() not in set(DhcpKind):
            hint = did_you_mean(text.lower(), list(DhcpKind))
            yield f'query is "{shown(text)}", expected discover or inform{hint}', ("query",)


def _dns_faults(section: Section) -> Iterator[Fault]:
    if section["query"] is None:
        yield f"monitor = dns without a question, {_EXAMPLE} in query", ("monitor", "query")
        return
    text = _text(section, "query")
    words = text.split()
    if len(words) != 2:
        yield f'query is "{shown(text)}", {_EXAMPLE}', ("query",)
        return
    name, kind = words
    try:
        labels_of(name)
    except ValueError as wrong:
        yield f"query: {wrong}, {_EXAMPLE}", ("query",)
    if kind.upper() not in DNS_TYPES:
        hint = did_you_mean(kind.upper(), list(DNS_TYPES))
        yield f'query: "{shown(kind)}" is no record type, {_EXAMPLE}{hint}', ("query",)
    if section["answer"] and "NOERROR" not in section["rcode"]:
        yield "answer has no use without rcode NOERROR, expected one of them", ("answer", "rcode")


def _text(section: Section, keyword: str) -> str:
    data: bytes = section[keyword] or b""
    return data.decode("utf-8", "replace").strip()
