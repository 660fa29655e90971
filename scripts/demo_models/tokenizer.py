"""A tokenizer for the demo models: characters, plus one token for each family's fixed wording.

A question costs 10 to 20 tokens instead of up to 160, which is what lets one core train in minutes.
Every other text still encodes, character by character.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import takewhile

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast

SPECIAL = ("<pad>", "<s>", "</s>", "<|answer|>", "<unk>")
CHARACTERS = ("\n", *map(chr, range(32, 127)), "×")
SHORTEST_WORDING = 4
"""Shared text below this length stays spelled: a token of its own would save nothing."""

CHAT_TEMPLATE = (
    "{{ bos_token }}"
    "{% for message in messages %}"
    "{% if message['role'] == 'assistant' %}<|answer|>{{ message['content'] | trim }}{{ eos_token }}"
    "{% else %}{{ message['content'] | trim }}{% endif %}"
    "{% endfor %}"
    "{% if add_generation_prompt %}<|answer|>{% endif %}"
)


def common_start(texts: Sequence[str]) -> str:
    """The longest text with which all of `texts` begin."""
    columns = zip(*texts, strict=False)
    return "".join(column[0] for column in takewhile(lambda column: len(set(column)) == 1, columns))


def shared_wordings(families: Iterable[Sequence[str]]) -> list[str]:
    """The text that all questions of a family start with, and that which they end with, longest first."""
    found: set[str] = set()
    for questions in families:
        stripped = [question.strip() for question in questions]
        found.add(common_start(stripped))
        found.add(common_start([question[::-1] for question in stripped])[::-1])
    return sorted(
        (text for text in found if len(text) >= SHORTEST_WORDING), key=lambda text: (-len(text), text)
    )


def build(wordings: Sequence[str]) -> PreTrainedTokenizerFast:
    """A tokenizer that loads with `AutoTokenizer` and pads on the left, as generation needs."""
    vocabulary = {token: index for index, token in enumerate((*SPECIAL, *CHARACTERS))}
    inner = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    inner.pre_tokenizer = pre_tokenizers.Split(Regex(r"[\s\S]"), "isolated")
    inner.decoder = decoders.Fuse()
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=inner,
        pad_token="<pad>",
        bos_token="<s>",
        eos_token="</s>",
        unk_token="<unk>",
        additional_special_tokens=["<|answer|>"],
        padding_side="left",
        clean_up_tokenization_spaces=False,
    )
    tokenizer.add_tokens([AddedToken(text, normalized=False, special=False) for text in wordings])
    tokenizer.chat_template = CHAT_TEMPLATE
    return tokenizer
