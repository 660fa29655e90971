"""SCALE: what is encoded is read back, and bytes that are not an encoding are refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from subnet.devnet import scale
from subnet.devnet.scale import (
    BOOL,
    BYTES,
    I64,
    TEXT,
    U8,
    U16,
    U32,
    U64,
    U128,
    U256,
    Array,
    Compact,
    Enum,
    Option,
    ScaleError,
    Struct,
    Tuple,
    Type,
    Variant,
    Vec,
    decode_all,
)

Uid = Struct("a::Uid", [(None, U16)])
Point = Struct("a::Point", [("x", U8), ("from", Vec(Uid)), ("name", TEXT)])
Shape = Enum(
    "a::Shape", [(0, "Dot", []), (3, "Line", [(None, U8), (None, Uid)]), (9, "Blob", [("raw", BYTES)])]
)

VALUES = [
    (U8, st.integers(0, 255)),
    (U256, st.integers(0, 2**256 - 1)),
    (I64, st.integers(-(2**63), 2**63 - 1)),
    (BOOL, st.booleans()),
    (TEXT, st.text()),
    (BYTES, st.binary()),
    (Compact(U128), st.integers(0, 2**128 - 1)),
    (Compact(Uid), st.integers(0, 65535)),
    (Vec(Uid), st.lists(st.integers(0, 65535)).map(tuple)),
    (Vec(Compact(U64)), st.lists(st.integers(0, 2**64 - 1)).map(tuple)),
    (Array(U16, 3), st.tuples(*[st.integers(0, 65535)] * 3)),
    (Array(U8, 4), st.binary(min_size=4, max_size=4)),
    (Option(TEXT), st.none() | st.text()),
    (Tuple(U8, BYTES), st.tuples(st.integers(0, 255), st.binary())),
    (Shape, st.builds(Variant, st.just("Line"), st.tuples(st.integers(0, 255), st.integers(0, 65535)))),
]


@pytest.mark.parametrize(("kind", "values"), VALUES)
def test_what_is_encoded_is_read_back(kind: Type, values: st.SearchStrategy) -> None:
    @given(values)
    def check(value: object) -> None:
        assert decode_all(kind, kind.encode(value)) == value

    check()


@pytest.mark.parametrize(("kind", "values"), VALUES)
def test_hostile_bytes_are_refused_or_canonical(kind: Type, values: st.SearchStrategy) -> None:
    @given(st.binary(max_size=64))
    def check(data: bytes) -> None:
        try:
            value = decode_all(kind, data)
        except ScaleError:
            return
        assert kind.encode(value) == data

    check()


@pytest.mark.parametrize(
    ("value", "encoded"),
    [(0, "00"), (63, "fc"), (64, "0101"), (16383, "fdff"), (16384, "02000100"), (2**30, "0300000040")],
)
def test_compacts_have_the_bytes_of_the_specification(value: int, encoded: str) -> None:
    assert scale.encode_compact(value).hex() == encoded


@pytest.mark.parametrize("data", ["0100", "02000000", "0301000000", "070000000000"])
def test_a_compact_that_is_longer_than_needed_is_refused(data: str) -> None:
    with pytest.raises(ScaleError):
        decode_all(Compact(U64), bytes.fromhex(data))


def test_a_length_beyond_the_data_is_refused_before_anything_is_allocated() -> None:
    with pytest.raises(ScaleError):
        decode_all(Vec(Tuple(U8, U8)), scale.encode_compact(2**60))


def test_a_struct_takes_a_dict_a_tuple_or_its_own_value() -> None:
    value = Point(1, (2, 3), "a")
    assert Point.encode({"x": 1, "from_": (2, 3), "name": "a"}) == Point.encode((1, (2, 3), "a"))
    assert decode_all(Point, Point.encode(value)) == value
    assert value._replace(x=5).x == 5
    with pytest.raises(ScaleError):
        Point.encode({"x": 1})


def test_a_wrapper_of_one_unnamed_field_is_its_field() -> None:
    assert Uid.encode(7) == U16.encode(7)
    assert Uid(7) == 7


def test_a_unit_variant_is_encoded_from_its_name() -> None:
    assert Shape.encode("Dot") == b"\x00"
    assert decode_all(Shape, b"\x00") == Variant("Dot")
    with pytest.raises(ScaleError):
        Shape.encode("Nothing")
    with pytest.raises(ScaleError):
        decode_all(Shape, b"\x01")


def test_integers_outside_their_range_are_refused() -> None:
    for kind, value in [(U8, 256), (U32, -1), (Compact(U16), 65536)]:
        with pytest.raises(ScaleError):
            kind.encode(value)


def test_calls_nest_only_so_deep() -> None:
    outer = scale.Outer("Nested")
    outer.bind(Enum("a::Call", [(0, "End", []), (1, "More", [(None, outer)])]))
    assert decode_all(outer, b"\x01" * 10 + b"\x00").name == "More"
    with pytest.raises(ScaleError):
        decode_all(outer, b"\x01" * 500 + b"\x00")


def test_an_option_within_an_option_tells_apart_what_is_absent() -> None:
    kind = Option(Option(U8))
    assert [kind.encode(value) for value in (None, (None,), (7,))] == [b"\x00", b"\x01\x00", b"\x01\x01\x07"]
    assert [decode_all(kind, data) for data in (b"\x00", b"\x01\x00", b"\x01\x01\x07")] == [
        None,
        (None,),
        (7,),
    ]
