"""What a stranger's process writes has one strict form; anything else is no result."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from subnet.sandbox.claims import MAX_DEPTH, read_claims

NUMBERS = st.integers(-(10**300), 10**300) | st.floats(allow_nan=False, allow_infinity=False)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=12,
)


@settings(max_examples=40)
@given(st.lists(st.lists(VALUES, max_size=1), max_size=5))
def test_what_the_child_writes_is_read_as_it_was(claims: list[list[object]]) -> None:
    assert read_claims(json.dumps(claims).encode(), len(claims)) == tuple(map(tuple, claims))


@given(st.binary(max_size=200), st.integers(0, 4))
def test_no_bytes_break_the_reader(data: bytes, count: int) -> None:
    found = read_claims(data, count)
    assert found is None or len(found) == count


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[1]",
        b"[[1], [2]]",
        b"[[1, 2]]",
        b'{"0": [1]}',
        b"[[1]] [[1]]",
        b"[[1]]\n[[2]]",
        b"[[NaN]]",
        b"[[Infinity]]",
        b"[[-Infinity]]",
        b"[[1e999]]",
        b"[[-1e999]]",
        b"[[" + b"9" * 401 + b"]]",
        b'[["\xff"]]',
        b'[["\xc3\xa9"]]',
        b"[[01]]",
        b"[[1,]]",
        b"[[nan]]",
        b"[" * 100_000 + b"]" * 100_000,
        b"[[" + b"[" * MAX_DEPTH + b"]" * MAX_DEPTH + b"]]",
        b'[["' + b'\\"' * 120_000,
        b'[["' + b'"[' * 120_000,
        b"[[" + b"9" * 250_000 + b".0]]",
        b"[[0." + b"3" * 250_000 + b"]]",
    ],
)
def test_there_is_no_lenient_reading(data: bytes) -> None:
    assert read_claims(data, 1) is None


def test_brackets_in_a_text_are_no_nesting() -> None:
    assert read_claims(json.dumps([["[" * 500 + '"' + "{" * 500]]).encode(), 1) is not None
