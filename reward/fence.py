"""A stranger's text inside a prompt: as data between random fences, never as part of the conversation.

Three things keep an answer from speaking to the model that judges it. It is written as a JSON string in which no
character of a chat template survives; it stands between marks that are drawn anew for every call; and sentences
that address whoever grades can be taken out, so that an answer is worth no more with them than without.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import unicodedata
from dataclasses import dataclass

LOOKALIKES = str.maketrans(
    "\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0456\u0458\u0455\u0501\u04bb\u0410\u0415\u041e\u0420\u0421\u0423\u0425\u0406\u0412\u041c\u041d\u0422"
    "\u03b1\u03b5\u03b9\u03bf\u03c1\u03c5\u03bd\u039f\u0391\u0395\u0399\u03a1",
    "aeopcyxijsdhAEOPCYXIBMHTaeiopuvOAEIP",
)
"""Cyrillic and Greek letters that look like Latin ones, for recognising words; what is shown stays as it is."""

MAX_SHOWN_CHARS = 6000
"""Characters of an answer that a judge is shown: the beginning and the end of a longer one."""

CUT = " [...] "
LABELS = "BCDFGHJKMNPRSTVWXZ"
"""Letters a verdict is given by; none is a word of its own, a grade at the top of a scale, or like another one."""

TEMPLATE_CHARACTERS = re.compile(r"[<>\[\]{}|#`*=_~]")
"""What role marks, special tokens, headings and fences of all kinds are made of."""

SENTENCE = re.compile(r"[^.!?\n;]+(?:[.!?;\n]+|$)", re.UNICODE)

GRADING = (
    r"grad(?:e|er|ing|es|ers)|scor(?:e|es|ing|er|ed)|judg(?:e|es|ing|ement|ment|ed)|rat(?:e|ing|er)",
    r"mark(?:s|er|ing|ed)?|verdict|evaluat\w+|rubric|assess\w*|examin(?:er|ers)|review(?:er|ers)?",
    r"benchmark|test\s+case|jailbreak|prompt\s+injection|label|letter|reference|fence",
    r"delimiter|marker|canary|decoy|accept(?:s|ed)?|end\s+of\s+(?:answer|data|document|input)|begin\s+(?:answer|data)",
)
PRAISE = (
    r"correct|right|perfect|accepted|approved|verified|valid|accurate|excellent|equivalent|identical|true"
)
TO_THE_GRADER = re.compile(
    "|".join(
        (
            r"\b(?:ignor|disregard|forget|overrid|bypass|supersed|oublie|vergiss)\w*",
            r"\b(?:previous|prior|above|earlier|preceding|following|new|real|actual|hidden|secret|your)\s+"
            r"(?:\w+\s+)?(?:instruction|prompt|rule|guideline|direction|task|order|policy|message|context)\w*",
            rf"\b(?:{'|'.join(GRADING)})\b",
            r"\b(?:system|assistant|user|developer|human|admin\w*|root|operator|moderator)\b\s*"
            r"(?:prompt|message|note|override|:|\]|>|\|)",
            r"\byou\s+(?:are|must|should|will|can|may|have|need|shall)\b",
            r"\b(?:call|consider|deem|treat|count|regard|declare)\s+(?:it|this|that|them|both|all|every)\b",
            r"\b(?:as\s+an?\s+(?:ai|language\s+model|assistant)|pretend|act\s+as|roleplay|imagine\s+(?:that|you))\b",
            r"\b(?:output|reply|respond|answer|return|print|say|write|choose|select|pick|type|emit|begin|start|give"
            r"|assign|award)\s+(?:(?:only|just|simply|exactly|with|the|a|an|it|this|now|me|your|in|by)\s+)*"
            rf"(?:word|token|yes|full|maximum|max|top|highest|{PRAISE}|[\"'\u2018-\u201f]|[A-Z0-9]\b)",
            r"\b(?:this|the|my|that|its?)\s+(?:\w+\s+){0,2}(?:is|are|was|were|has\s+been|should\s+be|must\s+be|will\s+be"
            rf"|counts?\s+as)\s+(?:\w+\s+){{0,3}}(?:{PRAISE})\b",
            rf"\b(?:{PRAISE}|pass(?:ed)?|full\s+(?:marks|credit))\s*[:=!\u2713\u2714]?\s*(?:$|\n)",
        )
    ),
    re.IGNORECASE,
)
"""Signs that a sentence speaks to whoever grades rather than to whoever asked. Broad on purpose; the price is that an
honest answer is judged without such sentences, and one that speaks of grading loses what only they say."""


@dataclass(frozen=True, slots=True)
class Marks:
    """What one call draws at random: the fence, and the letters that stand for right and wrong."""

    fence: str
    right: str
    wrong: str


def drawn(key: bytes, purpose: str) -> Marks:
    """The marks of one call: the same for the same key (16 bytes or more) and purpose, foreseeable to nobody else."""
    digest = hmac.digest(key, purpose.encode(), "sha256")
    first = digest[16] % len(LABELS)
    second = (first + 1 + digest[17] % (len(LABELS) - 1)) % len(LABELS)
    return Marks(digest[:12].hex(), LABELS[first], LABELS[second])


def plain(text: str) -> str:
    """The text as a reader sees it: compatibility forms folded, what is invisible gone, long ones cut in the middle.

    Zero-width characters, direction marks and tag characters carry instructions that a person does not see.
    """
    shown = "".join(
        c for c in unicodedata.normalize("NFKC", text) if c in "\n\t" or unicodedata.category(c)[0] != "C"
    )
    if len(shown) <= MAX_SHOWN_CHARS:
        return shown
    half = MAX_SHOWN_CHARS // 2
    return shown[:half] + CUT + shown[-half:]


def as_data(text: str) -> str:
    """The text as one line of JSON in ASCII; no character that a chat template or a fence could use is left."""
    quoted = json.dumps(text)
    return TEMPLATE_CHARACTERS.sub(lambda found: f"\\u{ord(found.group()):04x}", quoted)


def redacted(text: str) -> str:
    """The text without the sentences that address whoever grades; the same text when there is none."""
    if not _addresses_the_grader(text):
        return text
    return "".join(part for part in SENTENCE.findall(text) if not _addresses_the_grader(part)).strip()


def _addresses_the_grader(text: str) -> bool:
    return TO_THE_GRADER.search(text.translate(LOOKALIKES)) is not None


def fingerprint(text: str) -> str:
    """A short name for a text, which may stand where the text itself may not."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]
