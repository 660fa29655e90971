"""Stake goes in and out through the pool, and nobody gains or loses a rao on the way."""

from subnet.devnet.pallets import balances
from subnet.devnet.pallets.alpha_assets import AlphaBurned
from subnet.devnet.pallets.subtensor import delegation, pool, staking, storage, transfers
from subnet.devnet.pallets.subtensor.shares import increase_for_all, nominators, stake_of
from subnet.devnet.pallets.subtensor.subnets import ROOT
from subnet.rules.pool import Pool, buy

TAO = 10**9
VERA, MONA = (name.encode().ljust(32, b".") for name in ("vera", "mona"))


def staked(world, netuid, tao=100 * TAO):
    """A subnet on which Bob has staked on vera."""
    world.seat(netuid, "vera")
    world.stake(netuid, "vera", tao)
    return stake_of(world.state, VERA, world.bob, netuid)


def test_alpha_bought_is_what_the_pool_pays_and_what_is_staked(world):
    netuid = world.subnet()
    world.seat(netuid, "vera")
    expected = buy(pool.pool_of(world.state, netuid), 100 * TAO)
    before = balances.free(world.state, world.bob)
    events = world.call(staking.add_stake, world.bob, VERA, netuid, 100 * TAO)
    assert before - balances.free(world.state, world.bob) == 100 * TAO
    assert stake_of(world.state, VERA, world.bob, netuid) == expected.out
    added = next(event for event in events if event.name == "StakeAdded")
    assert added.fields == (world.bob, VERA, 100 * TAO, expected.out, netuid, expected.fee)
    assert expected.fee == 100 * TAO * 33 // 65535


def test_a_fresh_pool_holds_the_lock_on_both_sides_and_trades_as_a_constant_product(world):
    reserves = pool.pool_of(world.state, world.subnet())
    assert reserves == Pool(1000 * TAO, 1000 * TAO)
    net = 100 * TAO - 100 * TAO * 33 // 65535
    assert buy(reserves, 100 * TAO).out == 1000 * TAO * net // (1000 * TAO + net)


def test_a_stake_on_root_is_tao_one_to_one(world):
    netuid = world.subnet()
    world.seat(netuid, "vera")
    world.stake(ROOT, "vera", 7 * TAO)
    assert stake_of(world.state, VERA, world.bob, ROOT) == 7 * TAO
    world.call(staking.remove_stake, world.bob, VERA, ROOT, 3 * TAO)
    assert stake_of(world.state, VERA, world.bob, ROOT) == 4 * TAO


def test_staking_is_refused_with_the_chains_errors_in_its_order(world):
    netuid = world.subnet(started=False)
    assert world.error(staking.add_stake, world.bob, VERA, 77, TAO) == "SubnetNotExists"
    assert world.error(staking.add_stake, world.bob, VERA, netuid, TAO) == "SubtokenDisabled"
    started = world.subnet()
    assert world.error(staking.add_stake, world.bob, VERA, started, 1_999_999) == "AmountTooLow"
    assert world.error(staking.add_stake, world.bob, VERA, started, 10**16) == "InsufficientLiquidity"
    assert world.error(staking.add_stake, world.bob, VERA, ROOT, 10**16) == "NotEnoughBalanceToStake"
    assert world.error(staking.add_stake, world.bob, VERA, started, TAO) == "HotKeyAccountNotExists"


def test_a_limit_stops_a_purchase_and_a_part_may_be_allowed(world):
    netuid = world.subnet()
    world.seat(netuid, "vera")
    limit = pool.price_rao(world.state, netuid) * 102 // 100
    call = (staking.add_stake_limit, world.bob, VERA, netuid, 500 * TAO, limit)
    assert world.error(*call, False) == "SlippageTooHigh"
    world.call(*call, True)
    assert 0 <= limit - pool.price_rao(world.state, netuid) <= 1
    assert world.error(*call, False) == "SlippageTooHigh"


def test_what_is_sold_comes_back_less_the_fee_twice(world):
    netuid = world.subnet()
    before = balances.free(world.state, world.bob)
    held = staked(world, netuid)
    paid_for_seat = before - balances.free(world.state, world.bob) - 100 * TAO
    world.call(staking.remove_stake, world.bob, VERA, netuid, held)
    lost = before - paid_for_seat - balances.free(world.state, world.bob)
    assert 0.0009 < lost / (100 * TAO) < 0.0011
    assert stake_of(world.state, VERA, world.bob, netuid) == 0
    assert list(nominators(world.state, VERA)) == []


def test_unstaking_more_than_there_is_sells_what_there_is(world):
    netuid = world.subnet()
    held = staked(world, netuid)
    assert world.error(staking.remove_stake, world.bob, VERA, netuid, 0) == "AmountTooLow"
    assert world.error(staking.remove_stake, world.alice, VERA, netuid, TAO) == "NotEnoughStakeToWithdraw"
    too_much = (world.bob, VERA, netuid, held + 1, 0, False)
    assert world.error(staking.remove_stake_limit, *too_much) == "NotEnoughStakeToWithdraw"
    assert world.error(staking.remove_stake, world.bob, VERA, netuid, 1000) == "AmountTooLow"
    world.call(staking.remove_stake, world.bob, VERA, netuid, held * 2)
    assert stake_of(world.state, VERA, world.bob, netuid) == 0


def test_everything_can_be_sold_at_once_or_be_moved_to_root(world):
    netuid = world.subnet()
    staked(world, netuid)
    world.stake(ROOT, "vera", 5 * TAO)
    world.call(staking.unstake_all_alpha, world.bob, VERA)
    assert stake_of(world.state, VERA, world.bob, netuid) == 0
    assert 104 * TAO < stake_of(world.state, VERA, world.bob, ROOT) < 105 * TAO
    world.call(staking.unstake_all, world.bob, VERA)
    assert stake_of(world.state, VERA, world.bob, ROOT) == 0


def test_dividends_reach_stakers_in_proportion_and_a_deposit_changes_nobody_elses(world):
    netuid = world.subnet()
    bobs = staked(world, netuid)
    increase_for_all(world.state, VERA, netuid, 12_345_678_901)
    storage.SubnetAlphaOut.update(world.state, netuid, lambda alpha: alpha + 12_345_678_901)
    assert stake_of(world.state, VERA, world.bob, netuid) == bobs + 12_345_678_901
    for tao in (3_000_001, 17 * TAO + 1, 333 * TAO):
        before = stake_of(world.state, VERA, world.alice, netuid)
        events = world.call(staking.add_stake, world.alice, VERA, netuid, tao)
        bought = next(event for event in events if event.name == "StakeAdded").fields[3]
        assert stake_of(world.state, VERA, world.alice, netuid) == before + bought
        assert stake_of(world.state, VERA, world.bob, netuid) == bobs + 12_345_678_901


def test_stake_moves_between_hotkeys_coldkeys_and_subnets(world):
    netuid = world.subnet()
    held = staked(world, netuid)
    world.seat(netuid, "mona")
    world.call(transfers.move_stake, world.bob, VERA, MONA, netuid, netuid, held // 2)
    assert stake_of(world.state, MONA, world.bob, netuid) == held // 2
    world.call(transfers.transfer_stake, world.bob, world.alice, MONA, netuid, netuid, held // 4)
    assert stake_of(world.state, MONA, world.alice, netuid) == held // 4
    world.call(transfers.swap_stake, world.bob, VERA, netuid, ROOT, 2**64 - 1)
    assert stake_of(world.state, VERA, world.bob, netuid) == 0
    assert stake_of(world.state, VERA, world.bob, ROOT) > 40 * TAO
    assert world.error(transfers.swap_stake, world.bob, VERA, ROOT, ROOT, TAO) == "SameNetuid"


def test_a_subnet_may_forbid_transfers(world):
    netuid = world.subnet()
    held = staked(world, netuid)
    storage.TransferToggle[world.state, netuid] = False
    call = (transfers.transfer_stake, world.bob, world.alice, VERA, netuid, netuid, held)
    assert world.error(*call) == "TransferDisallowed"


def test_burned_alpha_counts_as_issued_and_recycled_alpha_does_not(world):
    netuid = world.subnet()
    staked(world, netuid)
    issued = storage.SubnetAlphaOut[world.state, netuid]
    world.call(staking.burn_alpha, world.bob, VERA, 5 * TAO, netuid)
    assert storage.SubnetAlphaOut[world.state, netuid] == issued
    assert AlphaBurned[world.state, netuid] == 5 * TAO
    world.call(staking.recycle_alpha, world.bob, VERA, 5 * TAO, netuid)
    assert storage.SubnetAlphaOut[world.state, netuid] == issued - 5 * TAO
    assert world.error(staking.burn_alpha, world.bob, VERA, TAO, ROOT) == "CannotBurnOrRecycleOnRootSubnet"


def test_a_take_falls_freely_and_rises_rarely(world):
    world.seat(world.subnet(), "vera")
    assert storage.Delegates[world.state, VERA] == 11796
    assert world.error(delegation.decrease_take, world.bob, VERA, 11796) == "DelegateTakeTooLow"
    assert world.error(delegation.decrease_take, world.alice, VERA, 100) == "NonAssociatedColdKey"
    world.call(delegation.decrease_take, world.bob, VERA, 100)
    assert world.error(delegation.increase_take, world.bob, VERA, 11797) == "DelegateTakeTooHigh"
    world.call(delegation.increase_take, world.bob, VERA, 200)
    assert world.error(delegation.increase_take, world.bob, VERA, 300) == "DelegateTxRateLimitExceeded"
