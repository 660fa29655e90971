"""Which reasoning-gym generators are asked, which must not be, and with which settings: constants only.

The validator's tasks and the training of the demo models both read this table, so that what is asked is
what was taught. The settings keep every answer within five characters, which a model of half a million
parameters can produce without writing down its reasoning.

The prompt is one user message that holds the question exactly as reasoning-gym words it (the models trim
white space at both ends); the answer is the bare value, such as "54" or "nekab".

Two traps of reasoning-gym that every reader of this table has to know:

- Item i of a dataset with seed s depends on s + i alone. Two datasets whose seeds lie closer together than
  their size share items, so seeds must be far apart (or drawn from a wide secret range).
- `score_answer` gives partial credit to wrong answers, and less than full credit to a right answer with
  white space around it. Strip the answer, and count it as solved from `SOLVED` upwards.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

DEMO_FAMILIES: Mapping[str, Mapping[str, object]] = MappingProxyType(
    {
        "spell_backward": {"min_word_len": 3, "max_word_len": 5},
        "leg_counting": {"min_animals": 1, "max_animals": 1, "min_instances": 1, "max_instances": 9},
        "lcm": {"min_value": 1, "max_value": 12},
        "basic_arithmetic": {
            "min_terms": 2,
            "max_terms": 2,
            "min_digits": 1,
            "max_digits": 1,
            "operators": ("+", "-", "*"),
            "allow_parentheses": False,
            "allow_negation": False,
        },
        "chain_sum": {"min_terms": 2, "max_terms": 2, "min_digits": 1, "max_digits": 1},
    }
)
"""Family name (the name of the reasoning-gym dataset) to the keyword arguments of its configuration."""

MAX_NEW_TOKENS = 16
"""Enough for every answer of these families, one token per character and the end token included."""

SOLVED = 0.999
"""The least `score_answer` value of an answer that counts as right; below it lies partial credit."""

DEFAULT_FAMILIES = (
    "base_conversion@2",
    "decimal_arithmetic@1",
    "decimal_arithmetic@3",
    "fraction_simplification@2",
    "number_filtering@0",
    "number_format@1",
    "simple_equations@1",
    "simple_equations@3",
    "string_manipulation@0",
    "string_manipulation@1",
    "word_sorting@0",
    "word_sorting@2",
)
"""What `--tasks reasoning` asks: generators with sound verifiers, none of which repeats a question within 10,000
draws or has an answer that is right for one in a hundred of them.
"""

MIXED_TOKENS = 512
"""Tokens of an answer to them, with room for some reasoning."""

_RUNS = "its verifier runs the answer as Python code, and the answer is a stranger's"
_SLOW = "making one task takes minutes"

REFUSED: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(("binary_matrix", "n_queens", "spiral_matrix", "string_insertion"), _RUNS),  # eval
        **dict.fromkeys(
            ("countdown", "puzzle24", "polynomial_multiplication"), _RUNS
        ),  # sympy's parser is eval
        **dict.fromkeys(("simple_integration", "intermediate_integration"), _RUNS),
        **dict.fromkeys(
            ("acre", "jugs@2", "jugs@3", "number_sequence@2", "number_sequence@3", "sokoban@0"), _SLOW
        ),
        "codeio": "it runs the programs that it comes with, and the same seed does not give the same task",
    }
)
"""Generators, or levels of one, that nobody may ask, and why. One whose verifier takes junk is refused as well."""
