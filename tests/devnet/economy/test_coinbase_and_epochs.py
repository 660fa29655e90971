"""Emission, from the block that mints it to the stake that it becomes; every block is audited to the rao."""

import pytest

from subnet.devnet.pallets import assay, balances
from subnet.devnet.pallets.alpha_assets import AlphaBurned
from subnet.devnet.pallets.subtensor import children, coinbase, pool, storage, weights
from subnet.devnet.pallets.subtensor.shares import stake_of
from subnet.devnet.pallets.subtensor.subnets import ROOT
from subnet.devnet.pallets.subtensor.types import FixedI128
from subnet.rules import emission
from subnet.rules.fixed import I96F32

TAO = 10**9
OWNER, VERA, MONA, SILENT = (name.encode().ljust(32, b".") for name in ("owner", "vera", "mona", "silent"))
# One alpha a block: 11796/65535 of it to the owner, the rest in halves
CUT, HALF = 179_995_422, 410_002_289


@pytest.fixture
def staffed(world):
    """A started subnet with the validator vera (uid 1) and the miners mona (2) and silent (3)."""
    netuid = world.subnet()
    for name in ("vera", "mona", "silent"):
        world.seat(netuid, name)
    world.stake(netuid, "vera", 500 * TAO)
    return netuid


def judged(world, netuid, shares):
    """Vera gets her permit, votes, and the epoch that counts it runs; returns that epoch's record."""
    world.until_epoch(netuid)
    world.weigh(netuid, "vera", shares)
    world.until_epoch(netuid)
    return assay.epochs(world.state, netuid)[-1]


def per_uid(world, item, netuid):
    return item[world.state, netuid]


def test_a_block_sets_one_alpha_aside_for_owner_miners_and_validators(world):
    netuid = world.subnet()
    assert coinbase.pending(world.state, netuid) == emission.Pending()
    world.blocks()
    assert coinbase.pending(world.state, netuid) == emission.Pending(HALF, HALF, 0, CUT)
    world.blocks(3)
    assert coinbase.pending(world.state, netuid) == emission.Pending(4 * HALF, 4 * HALF, 0, 4 * CUT)
    assert storage.SubnetAlphaOutEmission[world.state, netuid] == TAO


def test_a_subnet_that_is_not_started_emits_nothing(world):
    netuid = world.subnet(started=False)
    world.blocks(30)
    assert coinbase.pending(world.state, netuid) == emission.Pending()
    assert storage.SubnetAlphaOut[world.state, netuid] == 0
    assert storage.SubnetEpochIndex[world.state, netuid] == 3


def test_an_owner_without_cut_leaves_all_to_the_others(world):
    netuid = world.subnet()
    storage.OwnerCutEnabled[world.state, netuid] = False
    world.blocks()
    assert coinbase.pending(world.state, netuid) == emission.Pending(TAO // 2, TAO // 2, 0, 0)


def test_epochs_come_every_tempo_blocks(world, staffed):
    at = []
    for _ in range(3):
        world.until_epoch(staffed)
        at.append(world.state.block)
    assert at == [10, 20, 30]
    assert storage.LastEpochBlock[world.state, staffed] == 30
    assert storage.BlocksSinceLastStep[world.state, staffed] == 0
    assert storage.LastMechansimStepBlock[world.state, staffed] == 30


def test_an_epoch_without_weights_pays_the_validators_side_by_stake(world, staffed):
    before = stake_of(world.state, VERA, world.bob, staffed)
    world.until_epoch(staffed)
    record = assay.epochs(world.state, staffed)[-1]
    assert (record.block, record.server, record.validator, record.owner) == (10, 9 * HALF, 9 * HALF, 9 * CUT)
    assert per_uid(world, storage.Incentive, staffed) == (0, 0, 0, 0)
    # The epoch ran before the cut was paid, so that vera held all the stake there was
    assert stake_of(world.state, VERA, world.bob, staffed) - before == pytest.approx(18 * HALF, abs=10)
    assert stake_of(world.state, OWNER, world.alice, staffed) == 9 * CUT


def test_a_permit_takes_one_epoch_and_weights_count_from_the_next(world, staffed):
    call = (weights.set_weights, VERA, staffed, (2,), (65535,), 0)
    world.blocks(6)
    assert world.error(*call) == "NeuronNoValidatorPermit"
    world.until_epoch(staffed)
    assert per_uid(world, storage.ValidatorPermit, staffed)[1]
    world.call(*call)
    assert per_uid(world, storage.Incentive, staffed) == (0, 0, 0, 0)
    world.until_epoch(staffed)
    assert per_uid(world, storage.Incentive, staffed) == (0, 0, 65535, 0)
    assert per_uid(world, storage.Dividends, staffed) == (0, 65535, 0, 0)


def test_a_miner_earns_its_half_and_a_silent_one_nothing(world, staffed):
    before = stake_of(world.state, MONA, world.bob, staffed)
    record = judged(world, staffed, {2: 65535})
    whole = record.server + record.validator
    assert whole == 20 * HALF
    emitted = per_uid(world, storage.Emission, staffed)
    assert emitted[2] == pytest.approx(whole // 2, abs=2) and emitted[3] == 0
    assert stake_of(world.state, MONA, world.bob, staffed) - before == pytest.approx(emitted[2], abs=1)
    assert stake_of(world.state, SILENT, world.bob, staffed) == 0


def test_emission_follows_from_the_record_of_its_epoch(world, staffed):
    record = judged(world, staffed, {2: 60000, 3: 20000})
    emitted = per_uid(world, storage.Emission, staffed)
    whole = record.server + record.validator + record.root
    shares = [
        (i + d) / (2 * 65535)
        for i, d in zip(
            per_uid(world, storage.Incentive, staffed),
            per_uid(world, storage.Dividends, staffed),
            strict=True,
        )
    ]
    assert sum(emitted) == pytest.approx(whole, abs=len(emitted) * 4)
    for amount, share in zip(emitted, shares, strict=True):
        assert amount == pytest.approx(whole * share, abs=whole / 65535)


def test_what_the_owners_hotkey_earns_is_withheld(world, staffed):
    judged(world, staffed, {0: 30000, 2: 30000})
    emitted = per_uid(world, storage.Emission, staffed)
    burned = AlphaBurned[world.state, staffed]
    assert emitted[0] == emitted[2] and burned == pytest.approx(emitted[0], abs=5)
    assert storage.MinerBurned[world.state, staffed].bits == 1 << 31
    assert stake_of(world.state, OWNER, world.alice, staffed) == pytest.approx(19 * CUT, abs=5)


def test_withheld_incentive_may_be_recycled_instead(world, staffed):
    storage.RecycleOrBurn[world.state, staffed] = "Recycle"
    world.until_epoch(staffed)
    world.weigh(staffed, "vera", {0: 65535})
    burned, issued = AlphaBurned[world.state, staffed], storage.SubnetAlphaOut[world.state, staffed]
    world.until_epoch(staffed)
    assert AlphaBurned[world.state, staffed] - burned <= 4
    assert issued + 10 * TAO - storage.SubnetAlphaOut[world.state, staffed] == pytest.approx(10 * HALF, abs=5)


def test_a_validator_keeps_its_take_and_its_stakers_share_the_rest(world, staffed):
    world.stake(staffed, "vera", 500 * TAO, world.alice)
    storage.Delegates[world.state, VERA] = 6553
    world.until_epoch(staffed)
    world.weigh(staffed, "vera", {2: 65535})
    bob, alice = (stake_of(world.state, VERA, who, staffed) for who in (world.bob, world.alice))
    world.until_epoch(staffed)
    dividend = 10 * HALF
    take = dividend * 6553 // 65535
    gained = stake_of(world.state, VERA, world.alice, staffed) - alice
    assert gained == pytest.approx((dividend - take) * alice / (alice + bob + take), rel=1e-6)
    assert stake_of(world.state, VERA, world.bob, staffed) - bob + gained == pytest.approx(dividend, abs=5)


def test_incentives_go_where_the_miners_coldkey_wants_them(world, staffed):
    storage.AutoStakeDestination[world.state, world.bob, staffed] = VERA
    before = stake_of(world.state, MONA, world.bob, staffed)
    judged(world, staffed, {2: 65535})
    assert stake_of(world.state, MONA, world.bob, staffed) == before


def test_a_parent_earns_with_the_stake_that_it_lends(world, staffed):
    world.seat(staffed, "child", world.alice)
    storage.PendingChildKeyCooldown[world.state] = 0
    child = b"child".ljust(32, b".")
    world.call(children.set_children, world.bob, VERA, staffed, ((2**64 - 1, child),))
    world.until_epoch(staffed)
    world.until_epoch(staffed)
    world.weigh(staffed, "child", {2: 65535})
    before = stake_of(world.state, VERA, world.bob, staffed)
    world.until_epoch(staffed)
    assert per_uid(world, storage.Dividends, staffed)[4] == 65535
    assert stake_of(world.state, VERA, world.bob, staffed) - before == pytest.approx(10 * HALF, abs=5)
    assert world.error(children.set_children, world.bob, VERA, staffed, ((1, VERA),)) == "InvalidChild"


def test_more_epochs_than_a_block_may_run_wait_for_the_next(world):
    first, second = world.subnet(), world.subnet()
    storage.MaxEpochsPerBlock[world.state] = 1
    for netuid in (first, second):
        storage.LastEpochBlock[world.state, netuid] = world.state.block
    world.blocks(9)
    events = world.blocks()
    ran = [storage.LastEpochBlock[world.state, netuid] == world.state.block for netuid in (first, second)]
    assert ran == [True, False]
    deferred = next(event for event in events if event.name == "EpochDeferred")
    assert deferred.fields == (second, world.state.block, world.state.block + 1)
    world.blocks()
    assert storage.LastEpochBlock[world.state, second] == world.state.block
    assert storage.PendingEpochAt[world.state, second] == 0


def test_tao_enters_pools_at_their_price_and_the_rest_buys_alpha_for_nobody(world, staffed):
    storage.SubnetEmissionEnabled[world.state, staffed] = True
    storage.SubnetMovingPrice[world.state, staffed] = FixedI128(I96F32.one // 2)
    world.stake(ROOT, "vera", 5000 * TAO)
    issued = balances.TotalIssuance[world.state]
    price = pool.price(world.state, staffed)
    world.blocks()
    tao_in = storage.SubnetTaoInEmission[world.state, staffed]
    alpha_in = storage.SubnetAlphaInEmission[world.state, staffed]
    assert 0 < tao_in < TAO and 0 < alpha_in < TAO
    assert alpha_in == pytest.approx((tao_in << 64) / price, rel=1e-6)
    assert balances.TotalIssuance[world.state] - issued == TAO
    assert storage.SubnetProtocolAlpha[world.state, staffed] > 0


def test_a_pool_that_refuses_to_trade_stops_nobody_elses_emission(world, staffed):
    other = world.subnet()
    for netuid in (staffed, other):
        storage.SubnetEmissionEnabled[world.state, netuid] = True
        storage.SubnetMovingPrice[world.state, netuid] = FixedI128(I96F32.one // 2)
    storage.SubnetAlphaIn[world.state, staffed] = 1000
    issued = balances.TotalIssuance[world.state]
    world.blocks(2)
    assert balances.TotalIssuance[world.state] - issued == TAO
    assert storage.SubnetProtocolAlpha[world.state, staffed] == 0
    assert storage.SubnetProtocolAlpha[world.state, other] > 0
    assert coinbase.pending(world.state, staffed).server == coinbase.pending(world.state, other).server > 0


def test_without_leave_from_root_no_tao_is_issued(world, staffed):
    issued = balances.TotalIssuance[world.state]
    world.blocks(25)
    assert balances.TotalIssuance[world.state] == issued


def test_root_stakers_are_set_aside_for_once_prices_sum_to_more_than_one(world, staffed):
    world.stake(ROOT, "vera", 5000 * TAO)
    storage.SubnetMovingPrice[world.state, staffed] = FixedI128(2 * I96F32.one)
    world.blocks()
    assert storage.PendingRootAlphaDivs[world.state, staffed] > 0
    judged(world, staffed, {2: 65535})
    assert assay.RootDividends[world.state, staffed] > 0
    assert storage.RootAlphaDividendsPerSubnet[world.state, staffed, VERA] > 0


def test_two_mechanisms_share_the_emission_of_the_subnet(world, staffed):
    storage.MechanismCountCurrent[world.state, staffed] = 2
    storage.LastUpdate[world.state, 4096 + staffed] = (0, 0, 0, 0)
    world.until_epoch(staffed)
    world.weigh(staffed, "vera", {2: 65535})
    world.call(weights.set_mechanism_weights, VERA, staffed, 1, (3,), (65535,), 0)
    world.until_epoch(staffed)
    assert storage.Incentive[world.state, staffed] == (0, 0, 65535, 0)
    assert storage.Incentive[world.state, 4096 + staffed] == (0, 0, 0, 65535)
    emitted = per_uid(world, storage.Emission, staffed)
    assert emitted[2] == pytest.approx(emitted[3], abs=3) and emitted[2] > 0


def test_the_books_balance_over_two_hundred_blocks(world, staffed):
    storage.SubnetEmissionEnabled[world.state, staffed] = True
    storage.SubnetMovingPrice[world.state, staffed] = FixedI128(I96F32.one // 3)
    world.stake(ROOT, "vera", 777 * TAO + 1)
    world.until_epoch(staffed)
    world.weigh(staffed, "vera", {0: 111, 2: 60000, 3: 333})
    world.blocks(200)
    assert storage.SubnetEpochIndex[world.state, staffed] == 21


def test_a_hotkey_on_two_uids_skips_the_epoch_and_keeps_what_is_pending(world, staffed):
    world.blocks(8)
    storage.Keys[world.state, staffed, 3] = MONA
    events = world.blocks()
    assert ("EpochSkipped", (staffed, 10)) in [(event.name, event.fields) for event in events]
    assert coinbase.pending(world.state, staffed).server == 9 * HALF
    assert storage.SubnetEpochIndex[world.state, staffed] == 1
    storage.Keys[world.state, staffed, 3] = SILENT
    world.until_epoch(staffed)
    assert assay.epochs(world.state, staffed)[-1].server == 19 * HALF


def test_only_so_many_epoch_records_are_kept(world, staffed, monkeypatch):
    monkeypatch.setattr(assay, "KEPT_EPOCHS", 3)
    world.blocks(70)
    assert [entry.epoch for entry in assay.epochs(world.state, staffed)] == [5, 6, 7]
    assert [entry.epoch for entry in assay.epochs(world.state, staffed, since=61)] == [7]
