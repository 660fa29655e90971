"""Weights: from scores by hotkey to shares that survive the chain's quantisation."""

import pytest
from bittensor.intents import normalize
from bittensor.intents.weights import clip_to_max_weight
from hypothesis import given
from hypothesis import strategies as st

from subnet.protocol import Hotkey
from subnet.validator.scores import Score
from subnet.validator.weights import Payment, from_scores, linear, shape_named, softmax, top

OWNER = Hotkey("owner")


def scored(**values):
    return {Hotkey(name): Score(value, value, 10.0, 0, 10) for name, value in values.items()}


def weights_of(values, payment=None, members=None):
    return from_scores(values, members or {*values, OWNER}, payment or Payment(OWNER))


value_maps = st.dictionaries(st.sampled_from("abcdefgh"), st.floats(1e-12, 1.0), min_size=1)
shapes = st.sampled_from([linear, softmax(0.05), softmax(1.0)])


@given(value_maps, shapes, st.floats(0, 0.999))
def test_quantisation_never_drops_a_miner_with_a_positive_score(values, shape, burn_share):
    weights = weights_of(scored(**values), Payment(OWNER, burn_share, shape))
    hotkeys = list(weights)
    kept, _ = normalize(list(range(len(hotkeys))), [weights[hotkey] for hotkey in hotkeys])
    assert set(values) <= {hotkeys[place] for place in kept}


@given(value_maps, st.floats(0, 1))
def test_the_owner_gets_the_burn_share(values, burn_share):
    weights = weights_of(scored(**values), Payment(OWNER, burn_share))
    assert sum(weights.values()) == pytest.approx(1.0, abs=1e-3)
    assert weights.get(OWNER, 0.0) == pytest.approx(burn_share, abs=1e-3)


def test_pay_is_in_proportion_to_scores():
    assert weights_of(scored(a=0.9, b=0.3, c=0.0)) == pytest.approx({"a": 0.75, "b": 0.25})


def test_only_members_are_paid():
    assert weights_of(scored(gone=1.0, here=0.1), members={Hotkey("here")}) == {"here": 1.0}


def test_nothing_judged_gives_no_weights_rather_than_equal_ones():
    assert weights_of({}, members={Hotkey("a"), Hotkey("b"), OWNER}) == {}


def test_judged_and_worthless_burns_everything():
    assert weights_of(scored(a=0.0, b=0.0)) == {OWNER: 1.0}


def test_without_an_owner_in_the_subnet_worthless_miners_are_still_not_paid():
    assert weights_of(scored(a=0.0), members={Hotkey("a")}) == {}


def test_an_owner_who_mines_is_paid_beside_the_burn():
    weights = weights_of(scored(owner=0.5, a=0.5), Payment(OWNER, 0.5))
    assert weights == pytest.approx({OWNER: 0.75, "a": 0.25})


def test_a_small_temperature_pays_the_best_most():
    cold, warm = (weights_of(scored(a=0.9, b=0.8), Payment(OWNER, 0.0, softmax(t)))["a"] for t in (0.01, 1.0))
    assert cold > 0.99
    assert 0.5 < warm < 0.6


def test_ties_at_the_last_paid_place_are_all_paid():
    assert weights_of(scored(a=0.9, b=0.5, c=0.5, d=0.1), Payment(OWNER, 0.0, top(2))).keys() == {
        "a",
        "b",
        "c",
    }


def test_equal_miners_are_paid_equally_whatever_their_names():
    weights = weights_of(scored(**dict.fromkeys("abcdefg", 0.4)))
    assert len(set(weights.values())) == 1


@pytest.mark.parametrize("wrong", [lambda: softmax(0), lambda: top(0), lambda: Payment(OWNER, 1.5)])
def test_a_payment_that_makes_no_sense_is_refused(wrong):
    with pytest.raises(ValueError, match=r"temperature|paid|burn"):
        wrong()


def test_a_shape_is_named_by_one_word():
    values = {Hotkey("a"): 0.9, Hotkey("b"): 0.5, Hotkey("c"): 0.1}
    for name, shape in (("linear", linear), ("softmax:0.3", softmax(0.3)), ("top:2", top(2))):
        assert shape_named(name)(values) == shape(values)


@pytest.mark.parametrize(
    "wrong", ["", "square", "linear:1", "softmax", "softmax:0", "softmax:nan", "top:", "top:0", "top:1.5"]
)
def test_a_shape_that_does_not_exist_is_one_line(wrong):
    with pytest.raises(ValueError, match=f"^{wrong}: ") as failure:
        shape_named(wrong)
    assert "\n" not in str(failure.value)


@given(value_maps, st.sampled_from(["linear", "softmax:0.05", "top:3"]), st.integers(1000, 65535))
def test_nobody_who_is_paid_is_dropped_under_a_cap_on_single_weights(values, shape, limit):
    paid = weights_of(scored(**values), Payment(OWNER, 0.5, shape_named(shape)))
    uids, shares = list(range(len(paid))), list(paid.values())
    kept, _ = normalize(uids, clip_to_max_weight(shares, limit / 65535))
    assert kept == uids
