"""The dialect of events: whatever is said comes out again, whatever else comes in ends within bounds."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from subnet.protocol import MAX_TEXT_CHARS, MAX_TOKENS
from subnet.transport import events
from subnet.transport.events import MAX_EVENT_BYTES, Events, NotAStream

texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)
ANSWER = b'{"text":"..."}'


def taken(data, cuts=()):
    """What an asker makes of these bytes when they come in parts."""
    heard = []
    asker = Events(heard.append)
    edges = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    for begin, end in pairwise(edges):
        asker.take(data[begin:end])
    return asker, heard


@given(st.lists(texts), st.lists(st.integers(0), max_size=20))
def test_pieces_come_out_as_they_went_in_however_they_are_cut(pieces, cuts):
    told = b"".join(map(events.piece, pieces)) + events.ending(ANSWER, "1 sr25519 7 0x00")
    asker, heard = taken(told, cuts)
    assert heard == pieces
    assert asker.text == "".join(pieces)
    assert (asker.answer, asker.receipt, asker.refused) == (ANSWER, b"1 sr25519 7 0x00", None)


@settings(max_examples=300)
@given(
    st.lists(
        st.one_of(
            st.binary(max_size=40),
            st.sampled_from(
                [b"event: ", b"piece", b"answer", b"receipt", b"error", b"\ndata: ", b"\n\n", b'"x"']
            ),
        ),
        max_size=30,
    ).map(b"".join),
    st.lists(st.integers(0), max_size=5),
)
def test_any_bytes_are_a_stream_or_none(data, cuts):
    try:
        asker, heard = taken(data, cuts)
    except NotAStream:
        return
    assert all(heard)
    assert asker.receipt is None or asker.answer is not None


def test_an_event_a_text_and_a_number_of_pieces_have_their_bounds():
    with pytest.raises(NotAStream, match="without end"):
        taken(b"event: piece\ndata: " + b"x" * MAX_EVENT_BYTES)
    with pytest.raises(NotAStream, match="more text"):
        taken(events.piece("x" * MAX_TEXT_CHARS) + events.piece("x"))
    taken(events.piece("x") * MAX_TOKENS)
    with pytest.raises(NotAStream, match="more text"):
        taken(events.piece("x") * (MAX_TOKENS + 1))
