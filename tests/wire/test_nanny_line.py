"""A nanny's report as a line, and back."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from piranha.wire.json_line import WireError
from piranha.wire.nanny_line import NannyReport, decode, encode

REPORT = NannyReport("web", "wrong answer", False, True, 'got "421 \\r"', 0.031, 7)
PIPE_BUF = 4096

reports = st.builds(
    NannyReport,
    service=st.text(max_size=64),
    verdict=st.text(max_size=30),
    is_healthy=st.booleans(),
    is_judgement=st.booleans(),
    evidence=st.text(max_size=200),
    seconds=st.floats(0, 3600).map(lambda seconds: round(seconds, 6)),
    sequence=st.integers(1, 1 << 40),
)


@given(reports)
def test_what_is_encoded_is_decoded(report: NannyReport) -> None:
    line = encode(report)
    assert b"\n" not in line
    assert decode(line) == report


@given(st.text(min_size=900, max_size=3_000))
def test_a_line_is_written_to_the_pipe_as_a_whole(evidence: str) -> None:
    line = encode(NannyReport("x" * 64, "wrong answer", False, True, evidence, 1.0, 1)) + b"\n"
    if evidence.isascii():
        assert len(line) <= PIPE_BUF
    assert decode(line).evidence == evidence[:1000]


@given(st.binary(max_size=60))
def test_nothing_but_a_report_is_one(line: bytes) -> None:
    with pytest.raises(WireError):
        decode(line)


@pytest.mark.parametrize(
    "change",
    [{"report": "hello"}, {"extra": 1}, {"is_healthy": 1}, {"sequence": "7"}, {"evidence": None}],
)
def test_unknown_or_wrong_fields_are_errors(change: dict[str, object]) -> None:
    values = json.loads(encode(REPORT)) | change
    with pytest.raises(WireError):
        decode(json.dumps(values).encode())
