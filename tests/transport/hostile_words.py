"""Named hostile endpoints that answer in time and in bounds: with what is no answer, or nobody's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.transport.hostile import named, plain
from tests.transport.hostile_world import Asked, keys_of

# What a reply says


def _raw(text: str) -> Callable[[Asked], bytes]:
    """A vouched-for body in which ID stands for the query's id."""
    return lambda asked: asked.vouched(text.replace("ID", asked.query_id).encode())


def _field(name: str, value: str) -> Callable[[Asked], bytes]:
    right: dict[str, Any] = {"version": '"assay/1"', "query_id": '"ID"', "text": '"42"', "model": '"m"'}
    fields = ",".join(f'"{key}":{text}' for key, text in {**right, name: value}.items())
    return _raw("{" + fields + "}")


plain("100,000-deep JSON", _raw("[" * 100_000))
plain("100,000-deep JSON, closed", _raw("[" * 100_000 + "]" * 100_000))
plain("100,000-deep JSON in a field", _field("text", "[" * 100_000 + "]" * 100_000))
plain("100,000-deep JSON in a refusal", lambda a: a.http(b"[" * 100_000, status="403 Forbidden"))
plain("invalid UTF-8", lambda a: a.vouched(a.answer(text="XX").replace(b"XX", b"\xff\xfe\xc0\xaf")))
plain("half of a surrogate pair", _field("text", '"\\ud800"'))
plain("NaN", _field("tokens", "NaN"))
plain("infinity", _field("tokens", "Infinity"))
plain("infinity as a number", _field("tokens", "1e999"))
plain("NaN in the clock of a refusal", lambda a: a.http(b'{"error":"stale","time":NaN}', status="401 X"))
plain("a huge integer", _field("tokens", "9" * 100_000))
plain("a huge integer among the token ids", _field("token_ids", f"[{'9' * 4000}]"))
plain("a million token ids", _field("token_ids", f"[{','.join(['1'] * 300_000)}]"))
plain("a number of tokens below zero", _field("tokens", "-1"))
plain("duplicate keys", _raw('{"query_id":"ID","text":"41","text":"42","model":"m"}'))
plain("duplicate query ids", _raw('{"query_id":"query-0","query_id":"ID","text":"42","model":"m"}'))
plain("an unknown field", _field("score", "1.0"))
plain("no object", _raw('["ID"]'))
plain("two objects", _raw('{"query_id":"ID","text":"42","model":"m"}{}'))
plain("a byte order mark", _raw('\ufeff{"query_id":"ID","text":"42","model":"m"}'))
plain("nothing", _raw(""))
plain("a page of HTML", _raw("<html><script>alert(1)</script></html>"))

# Whose reply it is

plain("a reply to another request", lambda a: a.vouched(a.answer(query_id="query-of-another")))
plain("no receipt", lambda a: a.http(a.answer()))
plain("the receipt of another hotkey", lambda a: a.http(a.answer(), a.receipt(a.answer(), keys_of("other"))))
plain("a forged receipt", lambda a: a.http(a.answer(), f"X-Assay-Receipt: 1 sr25519 7 0x{'ab' * 64}"))
plain("a receipt of another shape", lambda a: a.http(a.answer(), "X-Assay-Receipt: 2 rsa soon 0x00"))
plain("a receipt for another text", lambda a: a.http(a.answer(), a.receipt(a.answer(text="41"))))
plain("a receipt for another model", lambda a: a.http(a.answer(), a.receipt(a.answer(), model="other")))


async def _honest_once(asked: Asked, again: Callable[[Asked], bytes]) -> None:
    """Answers the first request honestly; every later one with what `again` makes of that reply."""
    if "reply" not in asked.kept:
        asked.kept["body"] = asked.answer()
        asked.kept["receipt"] = asked.receipt(asked.kept["body"]).encode()
        asked.kept["reply"] = asked.http(asked.kept["body"], asked.kept["receipt"].decode())
        await asked.send(asked.kept["reply"])
    else:
        await asked.send(again(asked))


@named("a replayed reply with its receipt")
async def _(asked: Asked) -> None:
    await _honest_once(asked, lambda now: now.kept["reply"])


@named("a replayed receipt under a new answer")
async def _(asked: Asked) -> None:
    await _honest_once(asked, lambda now: now.http(now.answer(), now.kept["receipt"].decode()))


REPLAYING = ("a replayed reply with its receipt", "a replayed receipt under a new answer")
"""These need an honest exchange before the round."""
