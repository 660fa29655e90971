"""Whether an answer is JSON of a given shape.

The schema is the owner's and trusted; the answer is a stranger's. So its length, depth and number of values are
bounded before the schema is looked at, patterns run in an engine whose time is linear in the text (the one that
pydantic brings), and what is no JSON, names a property twice, or holds NaN is not of the shape.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import accumulate
from typing import Any

from jsonschema import Draft202012Validator, SchemaError, ValidationError
from jsonschema.validators import extend
from pydantic_core import SchemaError as PatternError
from pydantic_core import SchemaValidator, core_schema
from referencing import Registry, Resource
from referencing.exceptions import Unresolvable
from referencing.jsonschema import DRAFT202012

from reward.kinds import RewardFunction
from reward.text import text_of
from subnet.protocol import Reply
from subnet.tasks.base import Task

MAX_CHARS = 65_536
MAX_DEPTH = 32
MAX_VALUES = 4_096
MAX_DIGITS = 308
"""Digits of a whole number: as many as a number with a decimal point can have before it."""

STRING = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
STEPS = {"[": 1, "{": 1, "]": -1, "}": -1}

REFUSED = ("patternProperties", "unevaluatedItems", "unevaluatedProperties", "$dynamicRef")
"""Keywords that Python's own regular expressions would run, or whose time grows faster than the answer."""


def conforms(schema: Mapping[str, Any]) -> RewardFunction:
    """A reward of 1 when the answer is JSON that the schema (JSON Schema, draft 2020-12) accepts, else 0.

    Three backticks before and after the JSON are taken off. References lead nowhere outside the schema; `format`
    is not checked. Raises ValueError when the schema is none, or asks for what cannot be checked safely.
    """
    registry: Registry[Any] = Registry()
    try:
        Draft202012Validator.check_schema(schema)
        _look_through(schema, Resource.from_contents(schema, DRAFT202012))
    except (SchemaError, PatternError, Unresolvable) as problem:
        raise ValueError(f"not a usable JSON schema: {str(problem).splitlines()[0]}") from problem
    validator = SAFE(schema, registry=registry)

    def conforms(task: Task, reply: Reply) -> float:
        try:
            value = parsed(text_of(reply))
        except ValueError:
            return 0.0
        return float(validator.is_valid(value))

    return conforms


def parsed(text: str) -> Any:
    """The JSON value that an answer is. Raises ValueError when it is none, or too long, deep or large."""
    text = _unfenced(text.strip())
    if len(text) > MAX_CHARS:
        raise ValueError("too long")
    brackets = (STEPS[sign] for sign in re.findall(r"[\[\]{}]", STRING.sub("", text)))
    if max(accumulate(brackets), default=0) > MAX_DEPTH:  # the parser goes one frame deeper for each
        raise ValueError("too deep")
    value = json.loads(
        text, object_pairs_hook=_object, parse_constant=_real, parse_int=_whole, parse_float=_real
    )
    if sum(1 for _ in _values(value)) > MAX_VALUES:
        raise ValueError("too many values")
    return value


def _unfenced(text: str) -> str:
    if not (text.startswith("```") and text.endswith("```")):
        return text
    _, _, body = text.removesuffix("```").partition("\n")
    return body.strip()


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name stands twice in an object")
    return found


def _whole(digits: str) -> int:
    if len(digits) > MAX_DIGITS:
        raise ValueError("a number too large")
    return int(digits)


def _real(digits: str) -> float:
    value = float(digits)
    if not math.isfinite(value):
        raise ValueError("not a finite number")
    return value


def _values(value: Any) -> Iterator[Any]:
    yield value
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for each in inner:
        yield from _values(each)


def _look_through(schema: Any, root: Resource[Any]) -> None:
    """Raises when a part of a schema cannot be checked safely, or a reference leads nowhere."""
    resolver = Registry().resolver_with_root(root)
    for part in _values(schema):
        if not isinstance(part, Mapping):
            continue
        refused = sorted(set(REFUSED) & set(part))
        if refused:
            raise SchemaError(f"{refused[0]} is not supported")
        if isinstance(part.get("$ref"), str):
            resolver.lookup(part["$ref"])
        if isinstance(part.get("pattern"), str):
            _matcher(part["pattern"])


@lru_cache(maxsize=256)
def _matcher(pattern: str) -> SchemaValidator:
    return SchemaValidator(core_schema.str_schema(pattern=pattern, regex_engine="rust-regex"))


def _pattern(
    validator: Any, pattern: str, instance: object, _schema: Mapping[str, Any]
) -> Iterator[ValidationError]:
    if isinstance(instance, str) and not _matcher(pattern).isinstance_python(instance):
        yield ValidationError("does not match the pattern")


def _unique_items(
    validator: Any, wanted: bool, instance: object, _schema: Mapping[str, Any]
) -> Iterator[ValidationError]:
    if wanted and isinstance(instance, list) and _repeats(instance):
        yield ValidationError("has an item twice")


def _repeats(items: Sequence[Any]) -> bool:
    """Whether two items are the same JSON value, in time linear in their size; 1.0 is 1, and true is not."""
    return len({json.dumps(_plain(item), sort_keys=True) for item in items}) < len(items)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


SAFE = extend(  # type: ignore[no-untyped-call]
    Draft202012Validator, {"pattern": _pattern, "uniqueItems": _unique_items}
)
