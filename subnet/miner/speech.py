"""From tokens to the text that may be said: no half character, and nothing that may yet become a stop string.

What has been said stays said. The pieces of a text, put together, are the text of its completion to the last
character, however the tokens fell.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

Decode = Callable[[Sequence[int]], str]

UNKNOWN = "�"
"""What a decoder writes for bytes that are no character, or not yet."""

MOST_HELD = 16
"""Unknown characters at the end of a text that are held back, in the hope of a character; more are noise."""

WINDOW = 32
"""Tokens after which decoding begins anew, so that a long text costs no more per token than a short one."""

OVERLAP = 8
"""Tokens decoded again then: a token's text depends on those just before it."""


class Letters:
    """The characters that tokens have become for good."""

    def __init__(self, decode: Decode) -> None:
        """`decode` turns token ids into text; what it makes of a list's end may change with the next token."""
        self._decode = decode
        self._tokens: list[int] = []
        self._given = 0

    def add(self, token: int) -> str:
        """The characters that are certain with one more token."""
        self._tokens.append(token)
        text = self._decode(self._tokens)
        certain = self._certain(text)
        piece, self._given = text[self._given : certain], max(self._given, certain)
        if len(self._tokens) >= WINDOW:
            self._slide(len(text) - self._given)
        return piece

    def keep(self, token: int) -> None:
        """Takes one more token for `rest`, when nobody asks before the end."""
        self._tokens.append(token)

    def rest(self) -> str:
        """The characters not given so far, when no token follows."""
        text = self._decode(self._tokens)
        piece, self._given = text[self._given :], len(text)
        return piece

    def _certain(self, text: str) -> int:
        held = len(text) - len(text.rstrip(UNKNOWN))
        return len(text) - min(held, MOST_HELD)

    def _slide(self, held: int) -> None:
        tail = self._tokens[-OVERLAP:]
        length = len(self._decode(tail))
        if length >= held:
            self._tokens, self._given = tail, length - held


class Speech:
    """A text as it grows, up to the first of its stop strings."""

    def __init__(self, stop: tuple[str, ...] = ()) -> None:
        self.stop = stop
        self._held = ""
        self.text = ""
        self.stopped = False

    def add(self, characters: str) -> str:
        """What may be said with these characters; what may yet become a stop string is held back."""
        if self.stopped:
            return ""
        heard = self._held + characters
        ends = [at for at in map(heard.find, self.stop) if at >= 0]
        self.stopped = bool(ends)
        length = min(ends) if ends else len(heard) - self._suspicious(heard)
        self._held = "" if ends else heard[length:]
        self.text += heard[:length]
        return heard[:length]

    def rest(self) -> str:
        """What was held back, when nothing follows."""
        piece, self._held = self._held, ""
        self.text += piece
        return piece

    def _suspicious(self, heard: str) -> int:
        """How many characters at the end begin a stop string."""
        longest = min(max(map(len, self.stop), default=1) - 1, len(heard))
        for size in range(longest, 0, -1):
            if any(stop.startswith(heard[-size:]) for stop in self.stop):
                return size
        return 0
