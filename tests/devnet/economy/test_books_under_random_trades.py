"""Whatever stakers do, in whatever order and amounts, the books balance and nobody else's stake moves."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from subnet.devnet.dispatch import DispatchError
from subnet.devnet.pallets.subtensor import pool, staking, storage, transfers
from subnet.devnet.pallets.subtensor.shares import increase_for_all, nominators
from subnet.devnet.pallets.subtensor.subnets import ROOT

HOTKEYS = tuple(name.encode().ljust(32, b".") for name in ("vera", "mona"))
AMOUNTS = st.one_of(st.integers(1, 10**7), st.integers(10**7, 10**12), st.just(2**64 - 1))
TRADES = st.tuples(
    st.sampled_from(("add", "limited", "remove", "all", "move", "swap", "give", "dividend", "block")),
    st.integers(0, 1),
    st.integers(0, 1),
    AMOUNTS,
)


@pytest.fixture
def market(world):
    """A started subnet with two validators of Bob's."""
    netuid = world.subnet()
    for name in ("vera", "mona"):
        world.seat(netuid, name)
    return world, netuid


def trade(world, netuid, kind, who, on, amount):
    """One act of Alice or Bob on one of the hotkeys; the world audits the books behind each."""
    coldkey, other = (world.alice, world.bob)[who], (world.bob, world.alice)[who]
    hotkey, elsewhere = HOTKEYS[on], HOTKEYS[1 - on]
    subnet = ROOT if amount % 5 == 0 else netuid
    match kind:
        case "add":
            world.call(staking.add_stake, coldkey, hotkey, subnet, amount)
        case "limited":
            limit = pool.price_rao(world.state, subnet) * 11 // 10
            world.call(staking.add_stake_limit, coldkey, hotkey, subnet, amount, limit, True)
        case "remove":
            world.call(staking.remove_stake, coldkey, hotkey, subnet, amount)
        case "all":
            world.call(staking.unstake_all, coldkey, hotkey)
        case "move":
            world.call(transfers.move_stake, coldkey, hotkey, elsewhere, subnet, netuid, amount)
        case "swap":
            world.call(transfers.swap_stake, coldkey, hotkey, netuid, ROOT, amount)
        case "give":
            world.call(transfers.transfer_stake, coldkey, other, hotkey, subnet, subnet, amount)
        case "dividend" if storage.TotalHotkeyAlpha[world.state, hotkey, netuid] and amount < 10**12:
            increase_for_all(world.state, hotkey, netuid, amount)
            storage.SubnetAlphaOut.update(world.state, netuid, lambda alpha: alpha + amount)
        case _:
            world.blocks()


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(TRADES, max_size=25))
def test_the_books_balance_after_every_trade(market, trades):
    world, netuid = market
    start = world.state.block
    for act in trades:
        try:
            trade(world, netuid, *act)
        except DispatchError:
            continue
    for hotkey in HOTKEYS:
        for subnet in (ROOT, netuid):
            held = sum(amount for _, at, amount in nominators(world.state, hotkey) if at == subnet)
            pot = storage.TotalHotkeyAlpha[world.state, hotkey, subnet]
            assert held <= pot <= held + 8, "shares own the pot, but for what is too small to divide"
    assert world.state.block - start <= len(trades)
