"""Numbers that nobody can guess: as long as asked for, and never the same."""

import pytest

from piranha.system.randomness import draw, token


@pytest.mark.parametrize("bits", [1, 7, 8, 16, 31, 32, 64])
def test_a_number_fits_into_its_bits_and_uses_all_of_them(bits: int) -> None:
    drawn = [draw(bits) for _ in range(200)]
    assert max(drawn) < 1 << bits
    assert max(drawn) >= 1 << (bits - 1)


def test_no_number_comes_twice() -> None:
    assert len({draw(64) for _ in range(1000)}) == 1000
    assert len({token(8) for _ in range(1000)}) == 1000
    assert len(token(5)) == 5
