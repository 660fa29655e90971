"""Root stakers claim what subnets set aside for them (rules 5.9); the world audits the books after every call."""

from typing import Any

import pytest

from subnet.devnet.pallets import assay
from subnet.devnet.pallets.subtensor import dissolution, hotkey_swap, root_claims, shares, staking, storage
from subnet.devnet.pallets.subtensor.types import FixedI128
from subnet.devnet.views import basket
from subnet.rules.fixed import I96F32

TAO = 10**9
ROOT = 0


def key(name: str) -> bytes:
    """An account id that is easy to tell in a failure."""
    return name.encode().ljust(32, b".")


VERA, NEW = key("vera"), key("new")


@pytest.fixture
def earned(world: Any) -> int:
    """A subnet that has set alpha aside for Bob (3000 TAO on root) and Alice (1000), who stake with vera."""
    netuid: int = world.subnet()
    for name in ("vera", "mona"):
        world.seat(netuid, name)
    world.stake(netuid, "vera", 100 * TAO)
    world.stake(ROOT, "vera", 3000 * TAO)
    world.stake(ROOT, "vera", 1000 * TAO, world.alice)
    storage.SubnetMovingPrice[world.state, netuid] = FixedI128(2 * I96F32.one)
    world.until_epoch(netuid)
    world.weigh(netuid, "vera", {2: 65535})
    world.until_epoch(netuid)
    assert assay.RootDividends[world.state, netuid] > TAO // 10
    return netuid


def owed(world: Any, coldkey: bytes, hotkey: bytes = VERA) -> int:
    """Rao of alpha that may be claimed."""
    return sum(root_claims.owed(world.state, hotkey, coldkey).values())


def on_root(world: Any, coldkey: bytes, hotkey: bytes = VERA) -> int:
    """Rao of TAO that somebody has on root."""
    return shares.stake_of(world.state, hotkey, coldkey, ROOT)


def test_dividends_are_owed_in_proportion_to_root_stake_and_never_more_than_was_set_aside(
    world: Any, earned: int
) -> None:
    bobs, alices = owed(world, world.bob), owed(world, world.alice)
    assert bobs == pytest.approx(3 * alices, rel=1e-6)
    assert 0 <= assay.RootDividends[world.state, earned] - bobs - alices < 5000


def test_a_claim_sells_the_alpha_and_stakes_the_tao_on_root(world: Any, earned: int) -> None:
    alpha, before = owed(world, world.bob), on_root(world, world.bob)
    worth = basket.get_root_basket_owed(world.state, world.bob)
    events = world.call(root_claims.claim_root, world.bob, (earned,))
    tao = on_root(world, world.bob) - before
    assert tao == pytest.approx(worth, rel=1e-2) and tao > 0
    assert owed(world, world.bob) == 0
    assert [event.fields for event in events if event.name == "RootClaimed"] == [(world.bob, tao)]
    assert alpha > 0 and assay.RootDividends[world.state, earned] == pytest.approx(
        owed(world, world.alice), abs=5000
    )


def test_a_second_claim_and_a_claim_of_other_subnets_pay_nothing(world: Any, earned: int) -> None:
    before = on_root(world, world.bob)
    world.call(root_claims.claim_root, world.bob, (1,))
    assert on_root(world, world.bob) == before
    world.call(root_claims.claim_root, world.bob, ())
    after = on_root(world, world.bob)
    assert after > before
    world.call(root_claims.claim_root, world.bob, (earned,))
    assert on_root(world, world.bob) == after


def test_who_stakes_later_is_owed_nothing_of_what_was_earned_before(world: Any, earned: int) -> None:
    alices = owed(world, world.alice)
    world.stake(ROOT, "vera", 50_000 * TAO, world.alice)
    assert alices - 2 <= owed(world, world.alice) <= alices
    world.call(staking.remove_stake, world.alice, VERA, ROOT, 50_000 * TAO)
    assert alices - 4 <= owed(world, world.alice) <= alices


def test_stake_that_leaves_takes_its_unclaimed_dividends_with_it(world: Any, earned: int) -> None:
    bobs = owed(world, world.bob)
    world.call(staking.remove_stake, world.bob, VERA, ROOT, 1500 * TAO)
    assert owed(world, world.bob) == pytest.approx(bobs / 2, rel=1e-6)
    world.stake(ROOT, "vera", 1500 * TAO)
    assert owed(world, world.bob) == pytest.approx(bobs / 2, rel=1e-6)


def test_small_amounts_stay_until_they_reach_the_threshold(world: Any, earned: int) -> None:
    storage.RootClaimableThreshold[world.state, earned] = FixedI128(10**18 << 32)
    before = on_root(world, world.bob)
    world.call(root_claims.claim_root, world.bob, (earned,))
    assert on_root(world, world.bob) == before and owed(world, world.bob) == 0


def test_a_swapped_hotkey_takes_its_claims_along(world: Any, earned: int) -> None:
    world.call(root_claims.claim_root, world.alice, (earned,))
    bobs, alices = owed(world, world.bob), owed(world, world.alice)
    world.call(hotkey_swap.swap_hotkey, world.bob, VERA, NEW, None)
    assert (owed(world, world.bob, NEW), owed(world, world.alice, NEW)) == (bobs, alices)
    assert owed(world, world.bob) == 0
    world.call(root_claims.claim_root, world.bob, (earned,))
    assert owed(world, world.bob, NEW) == 0


def test_a_hotkey_with_root_stake_of_its_own_takes_no_others_place(world: Any, earned: int) -> None:
    world.seat(earned, "new")
    world.stake(ROOT, "new", TAO)
    assert world.error(hotkey_swap.swap_hotkey, world.bob, VERA, NEW, 0) == "HotKeyNotRegisteredInSubNet"
    storage.IsNetworkMember[world.state, NEW, earned] = False
    assert world.error(hotkey_swap.swap_hotkey, world.bob, VERA, NEW, None) == "NewHotKeyNotCleanForRootSwap"


def test_a_subnet_that_is_gone_owes_nothing_to_anybody(world: Any, earned: int) -> None:
    with world.state.transaction():
        dissolution.dissolve(world.state, earned)
    assert owed(world, world.bob) == owed(world, world.alice) == 0
    assert storage.RootClaimable[world.state, VERA] == ()
