"""The bytes of a reply, read as an answer: one meaning only, whoever reads them."""

from __future__ import annotations

import json
from typing import Any

from pydantic import ValidationError

from subnet.errors import TransportError
from subnet.protocol import Answer


class NotAnAnswer(TransportError):
    """The bytes are no answer to the query; the message holds nothing of what they say."""


def parsed(raw: bytes, query_id: str) -> Answer:
    """The answer to a query. Raises NotAnAnswer.

    A key that is given twice would let one signed text mean different things to different readers.
    """
    try:
        answer = Answer.model_validate_json(raw)
    except ValidationError as failure:
        kind = failure.errors(include_url=False, include_context=False, include_input=False)[0]["type"]
        raise NotAnAnswer(f"not an answer: {kind}") from None
    if answer.query_id != query_id:
        raise NotAnAnswer("an answer to another query")
    if answer.model_dump_json().encode() != raw:
        # Not as this kit writes it: somebody else's spelling, or a key given twice.
        json.loads(raw, object_pairs_hook=_each_once)
    return answer


def _each_once(pairs: list[tuple[str, Any]]) -> None:
    if len({key for key, _ in pairs}) != len(pairs):
        raise NotAnAnswer("not an answer: a key is given twice")
