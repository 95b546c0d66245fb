"""Every order comes back as it was given; what fos does not know is an error."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from piranha.errors import WireError
from piranha.wire import order_line
from piranha.wire.order_line import Announce, Order, Permit, ProbeNow, Quit, Release, Reload

instants = st.floats(0, 1e9, allow_nan=False)
orders = st.one_of(
    st.builds(Permit, st.integers(1), st.dictionaries(st.text(), instants), st.booleans()),
    st.builds(Release, st.integers(1), st.booleans(), st.text()),
    st.builds(Announce, st.text()),
    st.builds(ProbeNow, st.text()),
    st.builds(Reload),
    st.builds(Quit),
)


@given(orders)
def test_an_order_comes_back_on_one_line(order: Order) -> None:
    line = order_line.encode(order)
    assert b"\n" not in line
    assert order_line.decode(line) == order


def test_a_permission_reads_like_a_sentence() -> None:
    line = order_line.encode(Permit(4, {"partner": 12.5}))
    until, flags = b'"until":{"partner":12.5}', b'"is_adoption":false,"is_partner_silent":false'
    assert line == b'{"order":"permit","epoch":4,' + until + b"," + flags + b"}"


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"permit",
        b"{}",
        b'{"order":"dance"}',
        b'{"order":"permit"}',
        b'{"order":"permit","epoch":"4","until":{}}',
        b'{"order":"permit","epoch":4,"until":{"partner":NaN}}',
        b'{"order":"permit","epoch":4,"until":12.5}',
        b'{"order":"permit","epoch":4,"until":{},"for_ever":true}',
        b'{"report":"armed"}',
    ],
)
def test_what_is_unknown_or_wrong_is_refused(line: bytes) -> None:
    with pytest.raises(WireError):
        order_line.decode(line)


@given(st.binary(max_size=200))
def test_random_bytes_are_refused_or_an_order(line: bytes) -> None:
    try:
        order = order_line.decode(line)
    except WireError:
        return
    assert order_line.decode(order_line.encode(order)) == order
