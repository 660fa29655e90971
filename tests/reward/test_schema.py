"""JSON by schema: what conforms, what never does, and what a hostile answer or a careless schema can do."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reward.schema import conforms, parsed
from subnet.protocol import Answer, Message, Query, Reply
from subnet.tasks.base import Task

PERSON = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "minLength": 1, "pattern": "^[A-Z][a-z]+$"},
        "age": {"type": "integer", "minimum": 0, "maximum": 150},
        "tags": {"type": "array", "uniqueItems": True, "items": {"type": "string"}},
    },
    "required": ["name", "age"],
    "additionalProperties": False,
}
TASK = Task(
    "test", 1, Query(id="abcdefgh", messages=(Message(role="user", content="?"),)), "{}", lambda text: 0.0
)
person = conforms(PERSON)


def worth(text, reward=person):
    return reward(TASK, Reply(Answer(query_id="abcdefgh", text=text, model="m"), 1.0))


@pytest.mark.parametrize(
    "text",
    [
        '{"name": "Ada", "age": 36}',
        ' \n{"age": 36.0, "name": "Ada", "tags": ["a", "b"]} ',
        '```json\n{"name": "Ada", "age": 36}\n```',
        '```\n{"name": "Ada", "age": 36}```',
    ],
)
def test_json_of_the_shape_is_worth_1(text):
    assert worth(text) == 1.0


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Ada is 36.",
        'Here you are: {"name": "Ada", "age": 36}',
        '{"name": "Ada"}',
        '{"name": "ada", "age": 36}',
        '{"name": "Ada", "age": "36"}',
        '{"name": "Ada", "age": NaN}',
        '{"name": "Ada", "age": Infinity}',
        '{"name": "Ada", "age": 1e999}',
        '{"name": "Ada", "age": ' + "9" * 5000 + "}",
        '{"name": "Ada", "age": 36, "more": 1}',
        '{"name": "Bob", "name": "Ada", "age": 36}',
        '{"name": "Ada", "age": 36, "tags": ["a", "a"]}',
        '{"name": "\\ud800", "age": 36}',
        "[" * 100_000,
        '{"a":' * 50_000,
        "[" + "1," * 30_000 + "1]",
        " " * 262_144,
        '"' + "\\" * 65_000,
        "```",
    ],
)
def test_what_is_not_of_the_shape_or_too_much_is_worth_nothing(text):
    assert worth(text) == 0.0


def test_brackets_inside_of_strings_are_not_depth():
    assert parsed('["' + "[{" * 100 + '\\"["]') == ["[{" * 100 + '"[']


def test_a_pattern_that_would_keep_a_backtracking_engine_busy_for_ever_takes_no_time():
    evil = conforms({"type": "string", "pattern": "^(a+)+$"})
    assert worth(json.dumps("a" * 60_000 + "!"), evil) == 0.0
    assert worth(json.dumps("a" * 60_000), evil) == 1.0


def test_many_items_are_told_apart_in_linear_time():
    items = [{"n": number, "s": [number]} for number in range(1000)]
    unique = conforms({"type": "array", "uniqueItems": True})
    assert worth(json.dumps(items), unique) == 1.0
    assert worth(json.dumps([*items, items[0]]), unique) == 0.0
    assert worth("[1, 1.0]", unique) == 0.0
    assert worth("[1, true, null, 0, false]", unique) == 1.0


def test_a_schema_may_refer_to_itself_and_a_deep_answer_is_still_bounded():
    tree = conforms(
        {
            "$ref": "#/$defs/node",
            "$defs": {"node": {"type": "object", "properties": {"next": {"$ref": "#/$defs/node"}}}},
        }
    )
    assert worth('{"next": {"next": {}}}', tree) == 1.0
    assert worth('{"next": {"next": 1}}', tree) == 0.0
    assert worth('{"next":' * 40 + "{}" + "}" * 40, tree) == 0.0


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        ({"type": "objekt"}, "not valid"),
        ({"pattern": "("}, "schema"),
        ({"properties": {"a": {"pattern": "(?=x)"}}}, "schema"),
        ({"$ref": "https://example.com/schema.json"}, "schema"),
        ({"$ref": "#/$defs/none"}, "schema"),
        ({"patternProperties": {"^a": {}}}, "patternProperties is not supported"),
    ],
)
def test_a_schema_that_cannot_be_checked_safely_is_refused_when_it_is_given(schema, said):
    with pytest.raises(ValueError, match=said):
        conforms(schema)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.floats(allow_nan=False, width=32),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)


@given(json_values)
@settings(deadline=None)
def test_whatever_json_it_is_the_reward_is_0_or_1(value):
    assert worth(json.dumps(value)) in (0.0, 1.0)


@given(st.text(max_size=80))
def test_whatever_text_it_is_the_reward_is_0_or_1(text):
    assert worth(text) in (0.0, 1.0)
