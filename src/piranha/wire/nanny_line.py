"""What a nanny tells fos: one line of JSON for each probe, over a pipe."""

from dataclasses import dataclass, replace

from piranha.wire.json_line import LineCodec

_LONGEST_EVIDENCE = 1000
"""Characters; so the line stays below PIPE_BUF and is written whole or not at all (pipe(7))."""


@dataclass(frozen=True, slots=True)
class NannyReport:
    """How one probe ended."""

    service: str
    verdict: str
    """Its name, as in nanny(8): "wrong answer"."""
    is_healthy: bool
    is_judgement: bool
    """False: the question could not be asked on this node; that says nothing of the service."""
    evidence: str
    seconds: float
    """How long the probe took."""
    sequence: int
    """1 for a nanny's first probe."""


_CODEC: LineCodec[NannyReport] = LineCodec("report", (NannyReport,))

decode = _CODEC.decode
"""The report of one line; raises WireError."""


def encode(report: NannyReport) -> bytes:
    """One line without its line end; evidence of more than 1,000 characters is cut."""
    return _CODEC.encode(replace(report, evidence=report.evidence[:_LONGEST_EVIDENCE]))
