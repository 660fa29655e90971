"""Evidence, limits and memory: what single tokens, replies and many replies prove."""

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from subnet.inference.calibration import Calibration, Calibrations, Clipped, Ratio, weights_digest
from subnet.inference.decision import alarm, rejection, remembered
from subnet.inference.evidence import course, shares, weigh
from subnet.inference.figures import area_under_curve, highest_levels, interval, limit_for, sums_of
from subnet.inference.fitting import Budget, alarmed, detection, fitted, gross_margin, most_likely_scale
from subnet.inference.reading import RIVALS, Reading

TESTS = (
    Clipped(clip=0.05, drift=0.001, limit=0.1, alarm=0.3),
    Clipped(clip=0.5, drift=0.001, limit=0.6, alarm=1.0),
    Ratio(honest=0.01, other=0.1, cap=10.0, limit=12.0, alarm=15.0),
)
CALIBRATION = Calibration(
    model="m",
    weights="",
    dtype="bfloat16",
    temperature=1.0,
    top_k=None,
    border=0.0,
    reply_tokens=200,
    least_tokens=20,
    gross_margin=1.0,
    gross_tokens=3,
    tests=TESTS,
    false_reject=0.0,
    false_reject_interval=(0.0, 0.01),
    false_alarm=0.0,
    stream=10_000,
)


def reading(margins, gap=2.0):
    """A reading with these margins; a token that matches leads its nearest rival by `gap` logits."""
    margins = np.asarray(margins, dtype=np.float32)
    leads = np.full((len(margins), RIVALS), -np.inf, dtype=np.float32)
    allowed = np.isfinite(margins)
    leads[:, 0] = np.where(allowed & (margins > 0), margins, -gap)
    return Reading(leads, allowed)


def simulated(scale, replies, tokens=200, seed=0):
    """Readings of a model whose logits are off by errors of this scale: races of all widths, some of them lost."""
    generator = np.random.default_rng(seed)
    gaps = generator.exponential(2.0, (replies, tokens))
    lost = (
        generator.logistic(0.0, scale, (replies, tokens)) > gaps if scale else np.zeros_like(gaps, dtype=bool)
    )
    found = []
    for row, flags in zip(gaps, lost, strict=True):
        leads = np.full((tokens, RIVALS), -np.inf, dtype=np.float32)
        leads[:, 0] = np.where(flags, row, -row)
        found.append(Reading(leads, np.ones(tokens, dtype=bool)))
    return found


def test_a_reply_that_matches_everywhere_is_accepted():
    evidence = weigh(reading(np.zeros(200)), CALIBRATION)
    assert rejection(evidence, CALIBRATION) is None
    assert evidence.mismatches == evidence.gross == 0


@pytest.mark.parametrize("margin", [0.01, 0.5, 40.0, math.inf])
def test_no_single_token_rejects_a_reply(margin):
    margins = np.zeros(200)
    margins[77] = margin
    assert rejection(weigh(reading(margins), CALIBRATION), CALIBRATION) is None


@pytest.mark.parametrize("margin", [2.0, math.inf])
def test_three_gross_tokens_reject_even_a_short_reply(margin):
    evidence = weigh(reading([0, margin, margin, 0, margin]), CALIBRATION)
    assert evidence.gross == 3
    assert "far from" in rejection(evidence, CALIBRATION)


def test_many_small_errors_reject_a_reply():
    margins = np.zeros(200)
    margins[::10] = 0.02
    assert "differ" in rejection(weigh(reading(margins), CALIBRATION), CALIBRATION)


def test_an_honest_first_half_hides_nothing():
    wrong = np.where(np.arange(100) % 8 == 0, 0.3, 0.0)
    alone = weigh(reading(wrong), CALIBRATION)
    behind = weigh(reading(np.concatenate([np.zeros(2000), wrong])), CALIBRATION)
    assert [c.peak for c in behind.courses] == pytest.approx([c.peak for c in alone.courses])


def test_a_close_race_won_speaks_for_the_model_and_a_clear_race_lost_against_it():
    ratio = TESTS[2]
    won_close, won_clear = (shares(ratio, reading([0.0], gap))[0] for gap in (0.02, 3.0))
    lost_close, lost_clear = (shares(ratio, reading([margin]))[0] for margin in (0.005, 0.3))
    assert won_close < won_clear <= 0.0 < lost_clear
    assert lost_close < lost_clear <= ratio.cap


@given(st.lists(st.floats(-1, 1), max_size=40))
def test_a_course_is_the_cusum_of_its_values(values):
    level = peak = 0.0
    for value in values:
        level = max(0.0, level + value)
        peak = max(peak, level)
    found = course(values)
    assert found.total == pytest.approx(math.fsum(values), abs=1e-9)
    assert (found.peak, found.tail) == pytest.approx((peak, level), abs=1e-9)


def test_memory_goes_on_where_a_reply_ended():
    pieces = [reading(np.where(np.arange(20) % 7 == 0, 0.04, 0.0)) for _ in range(6)]
    memory = None
    for piece in pieces:
        memory = remembered(memory, weigh(piece, CALIBRATION), CALIBRATION)
    whole = np.concatenate([piece.margins for piece in pieces])
    tails = [c.tail for c in weigh(reading(whole), CALIBRATION).courses]
    assert list(memory.levels) == pytest.approx(tails)
    assert (memory.replies, memory.tokens) == (6, 120)


def test_errors_too_small_for_one_reply_add_up_to_an_alarm_and_honest_ones_never_do():
    mild, honest = None, None
    cheating = weigh(reading([0.04, *np.zeros(19)]), CALIBRATION)
    matching = weigh(reading(np.zeros(20)), CALIBRATION)
    assert rejection(cheating, CALIBRATION) is None
    for _ in range(20):
        mild, honest = remembered(mild, cheating, CALIBRATION), remembered(honest, matching, CALIBRATION)
    assert alarm(mild, CALIBRATION) and not alarm(honest, CALIBRATION)
    assert mild.rejected == 0


def test_limits_keep_their_budget_on_replies_they_were_not_fitted_on():
    honest, other = simulated(0.01, 2000), simulated(0.15, 200, seed=1)
    tests = fitted(honest, other, Budget(reply=0.01))
    fresh = simulated(0.01, 2000, seed=2)
    calibration = CALIBRATION.model_copy(update={"tests": tests, "gross_margin": gross_margin(honest)})
    wrong = sum(rejection(weigh(each, calibration), calibration) is not None for each in fresh)
    assert interval(wrong, len(fresh))[0] <= 0.01
    caught = sum(rejection(weigh(each, calibration), calibration) is not None for each in other)
    assert caught > 150
    found = detection(tests, fresh, other, caught / len(other))
    assert found.auc[200] > 0.95 and found.replies is not None and found.replies <= 3
    assert alarmed(tests, honest, 10_000) <= 0.1


def test_the_scale_of_errors_is_found():
    for scale in (0.01, 0.1):
        stream = simulated(scale, 400, seed=4)
        merged = Reading(np.concatenate([r.leads for r in stream]), np.ones(80_000, dtype=bool))
        assert most_likely_scale(merged) == pytest.approx(scale, rel=0.25)


def test_exact_honest_runs_still_leave_usable_limits():
    tests = fitted(simulated(0.0, 50), simulated(0.1, 50), Budget())
    assert all(test.limit > 0 and test.alarm > 0 for test in tests)


def test_intervals_are_exact():
    assert interval(0, 100) == (0.0, pytest.approx(1 - 0.025 ** (1 / 100), rel=1e-6))
    assert interval(100, 100)[1] == 1.0
    low, high = interval(4, 4000)
    assert (low, high) == (pytest.approx(0.000273, abs=2e-6), pytest.approx(0.002559, abs=2e-6))


def test_figures_count_ties_half_and_exceed_at_most_the_share():
    assert area_under_curve(np.array([0.0, 1.0]), np.array([1.0, 2.0])) == 0.875
    values = np.arange(1000.0)
    assert (values > limit_for(values, 0.01)).sum() == 10
    assert (sums_of(np.ones((3, 10)), 4) == 4).all() and sums_of(np.ones((3, 10)), 15).tolist() == [
        15.0,
        15.0,
    ]
    ones = np.ones((2, 3))
    assert highest_levels(ones - 1.5, ones).tolist() == [1.0, 1.0]


def test_a_calibration_file_comes_back_as_it_was_and_replaces_its_own_key(tmp_path):
    path = tmp_path / "deep" / "calibration.json"
    other = CALIBRATION.model_copy(update={"temperature": 0.5})
    Calibrations().with_(CALIBRATION).with_(other).with_(CALIBRATION).save(path)
    kept = Calibrations.load(path)
    assert len(kept.calibrations) == 2
    assert kept.find(("m", "bfloat16", 1.0, None)) == CALIBRATION
    assert kept.find(("m", "float32", 1.0, None)) is None


@pytest.mark.parametrize("wrong", ["{", "[]", '{"calibrations": [{"model": "m"}]}', '{"thresholds": 1}'])
def test_a_calibration_file_that_makes_no_sense_is_one_clear_line(tmp_path, wrong):
    path = tmp_path / "calibration.json"
    path.write_text(wrong)
    with pytest.raises(ValueError, match="calibration file"):
        Calibrations.load(path)
    with pytest.raises(ValueError, match="cannot read"):
        Calibrations.load(tmp_path / "none.json")


def test_numbers_that_are_none_are_refused(tmp_path):
    said = json.loads(Calibrations(calibrations=(CALIBRATION,)).model_dump_json())
    said["calibrations"][0]["tests"][0]["limit"] = float("nan")
    (tmp_path / "nan.json").write_text(json.dumps(said))
    with pytest.raises(ValueError, match="limit"):
        Calibrations.load(tmp_path / "nan.json")


def test_the_digest_of_weights_changes_with_every_byte_and_name(tmp_path):
    for name, content in (("a", b"1"), ("b", b"2")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "model.safetensors").write_bytes(content)
    (tmp_path / "c").mkdir()
    (tmp_path / "c" / "model-1.safetensors").write_bytes(b"1")
    assert len({weights_digest(tmp_path / name) for name in "abc"}) == 3
    with pytest.raises(ValueError, match="safetensors"):
        weights_digest(tmp_path)
