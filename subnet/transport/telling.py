"""Pieces of an answer on their way from a backend to the caller: bounded, and in the end the answer's text."""

from __future__ import annotations

from subnet.errors import BackendError
from subnet.protocol import MAX_TEXT_CHARS, Heard
from subnet.transport.events import MOST_PIECES


class Telling:
    """What a backend is given to speak into while it answers one query; deaf once that is over.

    What a backend says too late is not sent: the next reply on the same connection must never begin with it.
    Pieces beyond the number that callers take come with the last one.
    """

    def __init__(self, heard: Heard) -> None:
        self._heard = heard
        self._said: list[str] = []
        self._room = MAX_TEXT_CHARS
        self._over = False

    def __call__(self, text: str) -> None:
        """Takes a piece; call it in the event loop's thread. Raises BackendError for what is no text."""
        text = text[: self._room]
        if self._over or not text or len(self._said) >= MOST_PIECES - 1:
            return
        try:
            text.encode()
        except UnicodeEncodeError:
            raise BackendError("a piece holds half of a character") from None
        self._say(text)

    def finish(self, text: str) -> None:
        """Says what is still missing of the whole text. Raises BackendError when something else was said."""
        said = "".join(self._said)
        if not text.startswith(said):
            raise BackendError("the pieces are not the answer's text")
        rest = text[len(said) :]
        if rest and not self._over:
            self._say(rest)

    def _say(self, text: str) -> None:
        self._room -= len(text)
        self._said.append(text)
        self._heard(text)

    def stop(self) -> None:
        """Hears nothing any more."""
        self._over = True
