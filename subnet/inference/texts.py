"""Between text and tokens: the prompt's ids, and whether a reply's text and tokens belong together."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from jinja2.exceptions import TemplateError

Decode = Callable[[Sequence[int]], str]


@dataclass(frozen=True, slots=True)
class Ending:
    """What may end a reply: one of the tokens `ends`, one of the strings `stops`, or its `room` in tokens."""

    ends: frozenset[int]
    stops: tuple[str, ...]
    room: int


def prompt_ids(tokenizer: Any, messages: Sequence[Mapping[str, str]]) -> tuple[int, ...]:
    """The ids of a conversation: by the chat template, or the messages one below the other without one.

    Raises ValueError when the template refuses it. What a miner makes of the same messages must be the same.
    """
    try:
        if tokenizer.chat_template:
            encoded = tokenizer.apply_chat_template(
                list(messages), add_generation_prompt=True, return_dict=True
            )
        else:
            encoded = tokenizer("\n\n".join(message["content"] for message in messages))
    except (TemplateError, TypeError) as failure:
        raise ValueError("the model's chat template refuses this conversation") from failure
    return tuple(encoded["input_ids"])


def inconsistency(text: str, tokens: Sequence[int], decode: Decode, ending: Ending) -> str | None:
    """Why a reply's text and its tokens (the end token included) do not belong together, or None.

    The text must be what the tokens decode to, up to a stop string, and the tokens must end for a reason: a reply
    that is cut short at will could always be too short to prove anything.
    """
    if len(tokens) > ending.room:
        return f"{len(tokens)} tokens where {ending.room} were allowed"
    ended = bool(tokens) and tokens[-1] in ending.ends
    body = tokens[:-1] if ended else tokens
    if any(token in ending.ends for token in body):
        return "tokens go on after the end of the text"
    whole = decode(body)
    cuts = [at for at in map(whole.find, ending.stops) if at >= 0]
    if whole[: min(cuts, default=len(whole))] != text:
        return "the text is not what its tokens say"
    if not (ended or cuts or len(tokens) == ending.room):
        return "the tokens stop without an end"
    return None


def end_tokens(model: Any, tokenizer: Any) -> frozenset[int]:
    """The token ids that end a reply, from a checkpoint's generation settings and its tokenizer."""
    configured = model.generation_config.eos_token_id
    several = configured if isinstance(configured, list) else [configured]
    return frozenset(token for token in (*several, tokenizer.eos_token_id) if token is not None)
