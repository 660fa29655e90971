"""What is wrong with a call is told in the chain's order: all is wrong at first, then one thing less each time.

The calls are made within a batch where the pool's own checks would hide those behind them (rules 2.7, 4.1, 7.1).
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest
import pytest_asyncio

from subnet.devnet.pallets.subtensor import storage
from subnet.devnet.state import State
from tests.devnet.contract.world import (
    ALICE,
    BOB,
    CHARLIE,
    DAVE,
    FOUNDING,
    MONA,
    MONA_KEY,
    NETUID,
    NORA,
    NORA_KEY,
    NOWHERE,
    OWNER,
    TAO,
    VERA,
    VERA_KEY,
    By,
    Case,
    World,
    founded,
    hot,
    no,
    ok,
    put,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")


@dataclass(frozen=True)
class Repair:
    """What is put right once an error has been told: who signs, arguments, a write to the state."""

    error: str
    by: By | None = None
    write: Callable[[State], None] | None = None
    arguments: tuple[tuple[str, Any], ...] = ()


def repair(
    error: str, by: By | None = None, write: Callable[[State], None] | None = None, **arguments: Any
) -> Repair:
    """One step of a ladder."""
    return Repair(error, by, write, tuple(arguments.items()))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world() -> AsyncIterator[World]:
    """The world, in which hotkeys can pay for batches."""
    funded = (
        ok("Balances.transfer_keep_alive", ALICE, "Transfer", dest=hot(who), value=TAO)
        for who in (VERA, MONA, NORA)
    )
    async with founded("order", (*FOUNDING, *funded)) as made:
        yield made


async def climb(world: World, first: Case, wrong: tuple[Any, ...], ladder: tuple[Repair, ...]) -> None:
    """Makes the call with everything wrong, then with each repair; at the end it succeeds."""
    case, steps = first, wrong
    for step in ladder:
        await world.play(in_a_batch(replace(case, error=step.error)).after(*steps))
        case = replace(case, arguments={**case.arguments, **dict(step.arguments)}, by=step.by or case.by)
        steps = (*steps, step.write) if step.write else steps
    await world.play(in_a_batch(replace(case, error=None, effect="BatchCompleted")).after(*steps))


def in_a_batch(case: Case) -> Case:
    """The same call as the only one of a batch."""
    return Case("Utility.batch_all", case.by, {"calls": [case]}, case.error, case.effect)


WRONG_WEIGHTS = (
    put(storage.StakeThreshold, 10**18),
    put(storage.WeightsVersionKey, NETUID, 5),
    put(storage.WeightsSetRateLimit, NETUID, 1000),
    put(storage.MinAllowedWeights, NETUID, 2),
    put(storage.MaxWeightsLimit, NETUID, 100),
    put(storage.CommitRevealWeightsEnabled, NETUID, False),
)
WEIGHTS = no(
    "set_mechanism_weights", NORA_KEY, "", netuid=0, mecid=1, dests=[2, 2, 99, 4, 5], weights=[1] * 4, version_key=4
)  # fmt: skip
SET_WEIGHTS = (
    repair("CommitRevealEnabled", write=put(storage.CommitRevealWeightsEnabled, 0, False)),
    repair("CanNotSetRootNetworkWeights", netuid=NETUID),
    repair("WeightVecNotEqualSize", weights=[1] * 5),
    repair("MechanismDoesNotExist", mecid=0),
    repair("UidsLengthExceedUidsInSubNet", dests=[2, 2, 99], weights=[1, 1, 1]),
    repair("HotKeyNotRegisteredInSubNet", by=MONA_KEY),
    repair("NotEnoughStakeToSetWeights", write=put(storage.StakeThreshold, 0)),
    repair("IncorrectWeightVersionKey", version_key=5),
    repair("SettingWeightsTooFast", write=put(storage.WeightsSetRateLimit, NETUID, 0)),
    repair("NeuronNoValidatorPermit", by=VERA_KEY),
    repair("DuplicateUids", dests=[2, 99], weights=[1, 1]),
    repair("UidVecContainInvalidOne", dests=[2], weights=[1]),
    repair("WeightVecLengthIsLow", dests=[2, 0], weights=[1, 1]),
    repair("MaxWeightExceeded", write=put(storage.MaxWeightsLimit, NETUID, 65535)),
)


async def test_weights_are_checked_in_the_chains_order(world: World) -> None:
    await climb(world, WEIGHTS, WRONG_WEIGHTS, SET_WEIGHTS)


@pytest.mark.parametrize(
    ("write", "error"),
    [
        (put(storage.StakeThreshold, 10**18), "StakeAmountTooLow"),
        (put(storage.WeightsSetRateLimit, NETUID, 1000), "RateLimitExceeded"),
    ],
)
async def test_the_pool_tells_too_little_stake_and_too_much_haste_by_its_own_names(
    world: World, write: Callable[[State], None], error: str
) -> None:
    case = no("set_weights", VERA_KEY, error, netuid=NETUID, dests=[2], weights=[1], version_key=0)
    await world.play(case.after(write))


COMMIT = no(
    "commit_timelocked_mechanism_weights", NORA_KEY, "", netuid=NETUID, mecid=1, commit=b"sealed",
    reveal_round=5, commit_reveal_version=3,
)  # fmt: skip
COMMIT_TIMELOCKED = (
    repair("MechanismDoesNotExist", mecid=0),
    repair("CommitRevealDisabled", write=put(storage.CommitRevealWeightsEnabled, NETUID, True)),
    repair("IncorrectCommitRevealVersion", commit_reveal_version=4),
    repair("HotKeyNotRegisteredInSubNet", by=VERA_KEY),
    repair("CommittingWeightsTooFast", write=put(storage.WeightsSetRateLimit, NETUID, 0)),
)


async def test_timelocked_commits_are_checked_in_the_chains_order(world: World) -> None:
    await climb(world, COMMIT, (put(storage.WeightsSetRateLimit, NETUID, 1000),), COMMIT_TIMELOCKED)


WRONG_SEAT = (
    put(storage.NetworkRegistrationAllowed, NETUID, False),
    put(storage.MaxAllowedUids, NETUID, 3),
    put(storage.MinNonImmuneUids, NETUID, 10),
    put(storage.ImmunityPeriod, NETUID, 0),
    put(storage.MaxBurn, NETUID, 5000 * TAO),
    put(storage.Burn, NETUID, 5000 * TAO),
)
SEAT = no("burned_register", DAVE, "", netuid=0, hotkey=hot(VERA))
REGISTER = (
    repair("RegistrationNotPermittedOnRootSubnet", netuid=NOWHERE),
    repair("SubnetNotExists", netuid=NETUID),
    repair("SubNetRegistrationDisabled", write=put(storage.NetworkRegistrationAllowed, NETUID, True)),
    repair("HotKeyAlreadyRegisteredInSubNet", hotkey=hot(NORA)),
    repair("NotEnoughBalanceToStake", by=CHARLIE),
    repair("NonAssociatedColdKey", by=DAVE, write=put(storage.Burn, NETUID, TAO)),
    repair("NoNeuronIdAvailable", write=put(storage.MinNonImmuneUids, NETUID, 0)),
)


async def test_registrations_are_checked_in_the_chains_order(world: World) -> None:
    noras = ok("try_associate_hotkey", DAVE, "", hotkey=hot(NORA))
    await climb(world, SEAT, (replace(noras, effect=None), *WRONG_SEAT), REGISTER)


STAKE = no("add_stake", DAVE, "", hotkey=hot(NORA), netuid=NOWHERE, amount_staked=1)
ADD_STAKE = (
    repair("SubnetNotExists", netuid=NETUID),
    repair("SubtokenDisabled", write=put(storage.SubtokenEnabled, NETUID, True)),
    repair("AmountTooLow", amount_staked=3000 * TAO),
    repair("NotEnoughBalanceToStake", amount_staked=TAO),
    repair("HotKeyAccountNotExists", hotkey=hot(VERA)),
)


async def test_stakes_are_checked_in_the_chains_order(world: World) -> None:
    await climb(world, STAKE, (put(storage.SubtokenEnabled, NETUID, False),), ADD_STAKE)


FOUND = no("register_network", DAVE, "", hotkey=hot(VERA))
REGISTER_NETWORK = (
    repair("NonAssociatedColdKey", hotkey=hot(NORA)),
    repair("SubNetRegistrationDisabled", write=put(storage.NetworkRegistrationStartBlock, 0)),
    repair("NetworkTxRateLimitExceeded", write=put(storage.NetworkRateLimit, 0)),
    repair("SubnetLimitReached", write=put(storage.SubnetLimit, 10)),
    repair("CannotAffordLockCost", by=By(OWNER)),
)


async def test_subnets_are_founded_in_the_chains_order_of_checks(world: World) -> None:
    wrong = (
        put(storage.NetworkRegistrationStartBlock, 10**6),
        put(storage.NetworkRateLimit, 7200),
        put(storage.SubnetLimit, 2),
    )
    await climb(world, FOUND, wrong, REGISTER_NETWORK)


async def test_a_root_seat_is_limited_by_block_and_by_interval(world: World) -> None:
    calls = [
        no("root_register", BOB, "", hotkey=hot(MONA)),
        no("root_register", CHARLIE, "", hotkey=hot(MONA)),
    ]
    by_block = put(storage.MaxRegistrationsPerBlock, 0, 0)
    by_interval = put(storage.RegistrationsThisInterval, 0, 6)
    await world.play(replace(calls[0], error="TooManyRegistrationsThisBlock").after(by_block, by_interval))
    await world.play(replace(calls[0], error="TooManyRegistrationsThisInterval").after(by_interval))
    await world.play(replace(calls[0], error="NonAssociatedColdKey"))
    full = put(storage.MaxAllowedUids, 0, 1)
    await world.play(replace(calls[1], error="StakeTooLowForRoot").after(full))
