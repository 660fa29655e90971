"""The epoch against a second statement of it: plain integers, sparse rows, one cell at a time."""

from dataclasses import dataclass, replace
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from subnet.rules import fixed
from subnet.rules.fixed import I32F32, I64F64, ONE, normalised, prop16, proportion
from subnet.yuma import LiquidAlpha, Matrix, Moment, Neurons, Rules, epoch, in_rao, matrix

Rows = list[dict[int, int]]
mul, div = I32F32.mul, I32F32.div


@dataclass(frozen=True)
class Case:
    """All that one epoch needs."""

    weights: dict[int, dict[int, int]]
    bonds: dict[int, dict[int, int]]
    neurons: Neurons
    rules: Rules
    moment: Moment


def plain_median(stake: list[int], score: list[int], minority: int) -> int:
    reached = 0
    for share, value in sorted(zip(stake, score, strict=True), key=lambda voter: voter[1]):
        reached += share
        if reached > minority:
            return value
    return max(score, default=0)


def by_column(rows: Rows, value_of: Any) -> Rows:
    """Each column divided by what `value_of` makes of it."""
    columns = {j for row in rows for j in row}
    whole = {j: value_of([row[j] for row in rows if j in row]) for j in columns}
    return [{j: div(value, whole[j]) if whole[j] else value for j, value in row.items()} for row in rows]


def plain_weights(case: Case, permit: list[bool]) -> Rows:
    neurons, rows = case.neurons, []
    committed = neurons.commit_block or []
    for i in range(neurons.count):
        row = case.weights.get(i, {}) if permit[i] else {}
        kept = {
            j: value << 32
            for j, value in row.items()
            if (i != j or i == neurons.owner)
            and neurons.last_update[i] > neurons.registered_at[j]
            and not (case.rules.commit_reveal and committed[i] < neurons.registered_at[j])
        }
        rows.append(dict(zip(kept, normalised(list(kept.values())), strict=True)))
    return rows


def plain_alpha(liquid: LiquidAlpha, w: int, b: int, c: int) -> int:
    low, high = proportion(liquid.low), proportion(liquid.high)
    distance = min(max(w - c, 0), ONE) if w >= b else min(max(b - w, 0), ONE)
    slope = I32F32.div_saturating(liquid.steepness << 32, -100 << 32)
    sigmoid = I32F32.div_saturating(ONE, ONE + fixed.exp_safe(mul(slope, distance - ONE // 2)))
    return min(max(low + mul(sigmoid, high - low), low), high)


def plain_liquid(votes: Rows, old: Rows, consensus: list[int], liquid: LiquidAlpha) -> Rows:
    result = []
    for new_row, old_row in zip(votes, old, strict=True):
        row = {}
        for j, w in new_row.items():
            b = old_row.get(j, 0)
            alpha = plain_alpha(liquid, w, b, consensus[j])
            row[j] = min(mul(ONE - alpha, b) + max(mul(alpha, w), 0), ONE)
        result.append({j: value for j, value in row.items() if value > 0})
    return result


def plain_average(new: Rows, old: Rows, bonds_moving_average: int) -> Rows:
    rate = ONE - (((bonds_moving_average << 64) // 1_000_000) >> 32)
    result = []
    for new_row, old_row in zip(new, old, strict=True):
        row = {
            j: mul(rate, new_row.get(j, 0)) + mul(ONE - rate, old_row.get(j, 0)) for j in {*new_row, *old_row}
        }
        result.append({j: value for j, value in row.items() if value > 0})
    return result


def plain_votes(weights: Rows, clipped: Rows, penalty: int) -> Rows:
    if penalty in (0, ONE):
        return clipped if penalty else weights
    mixed = [
        {j: given + mul(penalty, cut.get(j, 0) - given) for j, given in row.items()}
        for row, cut in zip(weights, clipped, strict=True)
    ]
    return [{j: value for j, value in row.items() if value > 0} for row in mixed]


def plain_bonds(
    case: Case, votes: Rows, consensus: list[int], incentive: list[int], active: list[int]
) -> Any:
    """(stored bonds, dividends)."""
    rules, moment, n = case.rules, case.moment, case.neurons.count
    last_tempo = moment.last_step + 1 if moment.last_step else max(moment.now - rules.tempo, 0)
    fresh = {j for j, block in enumerate(case.neurons.registered_at) if last_tempo <= block}
    stored = [{j: v for j, v in case.bonds.get(i, {}).items() if j not in fresh} for i in range(n)]
    if rules.yuma3:
        old = [{j: proportion(value) for j, value in row.items()} for row in stored]
        if rules.liquid_alpha and any(consensus):
            bonds = plain_liquid(votes, old, consensus, rules.liquid)
        else:
            bonds = plain_average(votes, old, rules.bonds_moving_average)
        shares = by_column(bonds, sum)
        totals = [sum(mul(value, incentive[j]) for j, value in row.items()) for row in shares]
        return bonds, normalised([mul(total, share) for total, share in zip(totals, active, strict=True)])
    old = by_column([{j: value << 32 for j, value in row.items()} for row in stored], sum)
    bought = [{j: mul(value, active[i]) for j, value in row.items()} for i, row in enumerate(votes)]
    bonds = by_column(plain_average(by_column(bought, sum), old, rules.bonds_moving_average), sum)
    totals = [sum(mul(value, incentive[j]) for j, value in row.items()) for row in bonds]
    return by_column(bonds, max), normalised(totals)


def plain_epoch(case: Case) -> dict[str, Any]:
    neurons, rules, n = case.neurons, case.rules, case.neurons.count
    owner = neurons.owner
    active = [neurons.last_update[i] + rules.activity_cutoff >= case.moment.now for i in range(n)]
    counted = [
        s if s >= rules.stake_threshold << 64 or i == owner else 0 for i, s in enumerate(neurons.stake)
    ]
    stake = [I64F64.to(value, I32F32) for value in normalised(counted, I64F64)]
    permit = [held or i == owner for i, held in enumerate(neurons.permit)]
    ranked = sorted((i for i in range(n) if stake[i]), key=lambda i: (stake[i], i), reverse=True)
    new_permit = [i in ranked[: rules.max_allowed_validators] or i == owner for i in range(n)]
    voting = normalised([stake[i] if active[i] and permit[i] else 0 for i in range(n)])

    weights = plain_weights(case, permit)
    voters = [i for i in range(n) if voting[i] > 0]
    shares = normalised([voting[i] for i in voters])
    minority = sum(shares) - proportion(rules.kappa)
    consensus = [plain_median(shares, [weights[i].get(j, 0) for i in voters], minority) for j in range(n)]
    clipped = [
        {j: min(v, consensus[j]) for j, v in row.items() if v <= consensus[j] or consensus[j] > 0}
        for row in weights
    ]
    incentive = normalised([sum(mul(voting[i], clipped[i].get(j, 0)) for i in range(n)) for j in range(n)])
    votes = plain_votes(weights, clipped, proportion(rules.bonds_penalty))
    bonds, dividends = plain_bonds(case, votes, consensus, incentive, voting)

    combined = [i + d for i, d in zip(incentive, dividends, strict=True)]
    whole = sum(combined)
    fallback = voting if any(voting) else stake
    server = [div(i, whole) for i in incentive]
    validator = [div(d, whole) for d in dividends] if whole else fallback
    both = [div(c, whole) for c in combined] if whole else fallback

    def rao(parts: list[int]) -> list[int]:
        return [part * case.moment.emission >> 32 for part in parts]

    return {
        "active": active,
        "validator_permit": new_permit,
        "stake_weight": [prop16(s) for s in stake],
        "consensus": [prop16(c) for c in consensus],
        "incentive": [prop16(i) for i in incentive],
        "dividends": [prop16(d) for d in dividends],
        "validator_trust": [prop16(sum(row.values())) for row in clipped],
        "server_emission": rao(server),
        "validator_emission": rao(validator),
        "emission": rao(both),
        "bonds": {i: {j: prop16(v) for j, v in bonds[i].items()} for i in range(n) if new_permit[i]},
    }


def run(case: Case) -> dict[str, Any]:
    n = case.neurons.count
    weights = Matrix.of({i: list(row.items()) for i, row in case.weights.items()}, n)
    bonds = Matrix.of({i: list(row.items()) for i, row in case.bonds.items()}, n)
    outcome = epoch(weights, bonds, case.neurons, case.rules, case.moment)
    got = {name: getattr(outcome, name).tolist() for name in plain_epoch(case) if name != "bonds"}
    return {**got, "bonds": {uid: dict(row) for uid, row in outcome.bonds.rows().items()}}


u16 = st.one_of(st.sampled_from([0, 1, 32767, 65535]), st.integers(0, 65535))


@st.composite
def cases(draw: st.DrawFn) -> Case:
    n = draw(st.integers(1, 7))
    uids, now = st.integers(0, n - 1), 1000
    rows = st.dictionaries(uids, st.dictionaries(uids, u16, max_size=n), max_size=n)
    blocks = st.lists(st.sampled_from([0, 600, 900, 950, 990, 999]), min_size=n, max_size=n)
    stakes = st.lists(st.sampled_from([0, 1, 5, 5, 999, 10**15]), min_size=n, max_size=n)
    neurons = Neurons(
        in_rao(draw(stakes)),
        draw(blocks),
        draw(blocks),
        draw(st.lists(st.booleans(), min_size=n, max_size=n)),
        draw(st.one_of(st.none(), uids)),
        draw(st.lists(st.sampled_from([0, 700, 2**64 - 1]), min_size=n, max_size=n)),
    )
    rules = Rules(
        kappa=draw(st.sampled_from([32767, 32768, 0, 65535, 20000])),
        tempo=20,
        max_allowed_validators=draw(st.integers(1, 8)),
        stake_threshold=draw(st.sampled_from([0, 5])),
        bonds_moving_average=draw(st.sampled_from([0, 900_000, 975_000, 1_000_000])),
        bonds_penalty=draw(st.sampled_from([0, 65535, 32768])),
        yuma3=draw(st.booleans()),
        liquid_alpha=draw(st.booleans()),
        liquid=LiquidAlpha(draw(u16), draw(u16), draw(st.sampled_from([0, 1000, 32767, -500]))),
        commit_reveal=draw(st.booleans()),
    )
    moment = Moment(now, draw(st.sampled_from([0, 1, 10**9, 10**13])), draw(st.sampled_from([0, 980])))
    return Case(draw(rows), draw(rows), neurons, rules, moment)


@given(cases())
@settings(max_examples=300, deadline=None)
def test_every_figure_of_an_epoch_equals_the_plain_statement(case: Case) -> None:
    assert run(case) == plain_epoch(case)


def test_both_statements_give_the_documented_first_epoch() -> None:
    given_weights = {4: 16383, 5: 32767, 6: 49149, 7: 65535}
    neurons = Neurons(in_rao([1, 2, 3, 4, 0, 0, 0, 0]), [2] * 8, [1] * 8, [True] * 4 + [False] * 4)
    rules = Rules(yuma3=False, tempo=1, max_allowed_validators=8)
    case = Case(dict.fromkeys(range(4), given_weights), {}, neurons, rules, Moment(2, 10**9))
    emission = [49999998, 99999999, 150000000, 200000001, 49998779, 100000610, 149996337, 200004272]
    assert run(case)["emission"] == plain_epoch(case)["emission"] == emission
    assert run(replace(case, moment=Moment(2, 0)))["emission"] == [0] * 8


def larger(seed: int, miners: int, rules: Rules) -> Case:
    """Twelve validators of a subnet of 90 that know some of the miners, not all of them permitted or alike."""
    random = Random(seed)
    uids, known = sorted(random.sample(range(90), 12)), random.sample(range(90), miners)

    def rows() -> dict[int, dict[int, int]]:
        return {uid: {j: random.randrange(65536) for j in known if random.random() < 0.8} for uid in uids}

    stake = [random.randrange(10**12) if uid in uids else 0 for uid in range(90)]
    neurons = Neurons(in_rao(stake), [990] * 90, [0] * 89 + [995], [uid in uids[2:] for uid in range(90)], 7)
    return Case(rows(), rows(), neurons, rules, Moment(1000, 10**12, 900))


@pytest.mark.parametrize("miners", [90, 20])
@pytest.mark.parametrize("rules", [Rules(), Rules(yuma3=False), Rules(liquid_alpha=True)])
def test_an_epoch_is_the_same_in_many_blocks_of_columns(
    rules: Rules, miners: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(matrix, "_CELLS", 12 * 11)  # eleven columns at a time
    case = larger(miners, miners, rules)
    assert run(case) == plain_epoch(case)
