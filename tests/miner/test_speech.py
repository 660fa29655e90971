"""What may be said of a text that is still growing: whole characters, and nothing that may become a stop string."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from subnet.miner.speech import MOST_HELD, WINDOW, Letters, Speech


def bytes_decoded(tokens: Sequence[int]) -> str:
    """A vocabulary of bytes, as byte-level tokenizers fall back to."""
    return bytes(tokens).decode(errors="replace")


def runs_decoded(tokens: Sequence[int]) -> str:
    """A decoder that gives up a whole run of bytes when one of them is wrong."""
    try:
        return bytes(tokens).decode()
    except UnicodeDecodeError:
        return "\ufffd" * len(tokens)


def said(letters: Letters, tokens: Sequence[int]) -> list[str]:
    """The pieces, the rest last."""
    return [*map(letters.add, tokens), letters.rest()]


@given(st.text(max_size=200))
def test_letters_are_given_whole_and_once(text: str) -> None:
    pieces = said(Letters(bytes_decoded), text.encode())
    assert "".join(pieces) == text
    assert len(text) > MOST_HELD or all("\ufffd" not in piece for piece in pieces) or "\ufffd" in text


def test_half_a_character_is_held_back() -> None:
    letters = Letters(bytes_decoded)
    assert [letters.add(byte) for byte in "a€".encode()] == ["a", "", "", "€"]


def test_a_decoder_that_takes_words_back_is_not_followed() -> None:
    assert "".join(said(Letters(runs_decoded), "€€".encode())) == "€€"


@given(st.binary(max_size=5 * WINDOW))
def test_bytes_that_are_no_text_end_too(noise: bytes) -> None:
    assert len("".join(said(Letters(bytes_decoded), noise))) <= len(noise)


def test_noise_is_held_back_up_to_a_limit() -> None:
    letters = Letters(bytes_decoded)
    assert "".join(letters.add(0xFF) for _ in range(1000)) == "\ufffd" * (1000 - MOST_HELD)
    assert letters.rest() == "\ufffd" * MOST_HELD


def test_letters_that_nobody_reads_along_come_at_the_end() -> None:
    letters = Letters(bytes_decoded)
    for byte in "x€".encode() * 100:
        letters.keep(byte)
    assert letters.rest() == "x€" * 100


@given(st.text("abc", max_size=30), st.lists(st.text("abc", min_size=1, max_size=4), max_size=4), st.data())
def test_a_text_ends_before_its_first_stop_string_however_it_arrives(text, stop, data) -> None:
    speech, pieces, at = Speech(tuple(stop)), [], 0
    while at < len(text) and not speech.stopped:
        size = data.draw(st.integers(1, len(text) - at))
        pieces.append(speech.add(text[at : at + size]))
        at += size
    pieces.append(speech.rest())
    assert "".join(pieces) == speech.text
    assert text.startswith(speech.text)
    assert not any(word in speech.text for word in stop)
    assert speech.text == text or any(text[len(speech.text) :].startswith(word) for word in stop)


def test_only_what_may_become_a_stop_string_is_held_back() -> None:
    speech = Speech(("stop",))
    assert [speech.add(part) for part in ("a st", "ill s", "to", "p b")] == ["a ", "still ", "", ""]
    assert (speech.stopped, speech.text, speech.rest()) == (True, "a still ", "")
