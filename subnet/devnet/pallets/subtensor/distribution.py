"""What an epoch pays: incentives, dividends and the owner's cut (rules 8.4 to 8.6).

Every rao that was drained ends somewhere: on a stake, withheld from the owner, set aside for root stakers, or,
where a division leaves some, burned. So the alpha of a subnet can be audited at any block.
"""

from subnet.devnet.pallets import assay
from subnet.devnet.pallets.alpha_assets import AlphaBurned
from subnet.devnet.pallets.subtensor import storage
from subnet.devnet.pallets.subtensor.epoch import Earned
from subnet.devnet.pallets.subtensor.shares import has_stakers, increase_for_all, increase_stake
from subnet.devnet.pallets.subtensor.storage import (
    AlphaDividendsPerSubnet,
    AutoStakeDestination,
    ChildkeyTake,
    Delegates,
    MinerBurned,
    OwnedHotkeys,
    Owner,
    ParentKeys,
    RootAlphaDividendsPerSubnet,
    RootClaimable,
    SubnetAlphaOut,
    SubnetEpochIndex,
    SubnetOwner,
    SubnetOwnerHotkey,
    TaoWeight,
    TotalHotkeyAlpha,
)
from subnet.devnet.pallets.subtensor.subnets import ROOT
from subnet.devnet.pallets.subtensor.types import FixedI128, FixedU128
from subnet.devnet.state import State
from subnet.rules import payout, stake
from subnet.rules.emission import Pending
from subnet.rules.fixed import I96F32


def distribute(state: State, netuid: int, drained: Pending, earned: Earned) -> None:
    """Pays out what was drained for an epoch, in the proportions that the epoch decided."""
    incentive_total = sum(earned.incentives)
    validators = payout.validator_side(drained.server, drained.validator, incentive_total)
    dividends = _dividends(state, netuid, earned, payout.Drained(validators, drained.root_alpha))
    increase_stake(
        state, SubnetOwnerHotkey[state, netuid], SubnetOwner[state, netuid], netuid, drained.owner_cut
    )
    _pay_incentives(state, netuid, dict(zip(earned.hotkeys, earned.incentives, strict=True)))
    _pay_dividends(state, netuid, dividends.paid)
    paid = incentive_total + sum(dividend.total for dividend in dividends.paid.values())
    _settle(state, netuid, drained.to_distribute - paid)
    assay.record(state, _record(state, netuid, drained))


def staked(state: State, netuid: int, hotkey: bytes) -> payout.Staked:
    """What a hotkey has staked on the subnet and on root, and its take."""
    return payout.Staked(
        TotalHotkeyAlpha[state, hotkey, netuid],
        TotalHotkeyAlpha[state, hotkey, ROOT],
        Delegates[state, hotkey],
    )


def _dividends(state: State, netuid: int, earned: Earned, drained: payout.Drained) -> payout.Dividends[bytes]:
    received: dict[bytes, int] = {}
    for hotkey, amount in zip(earned.hotkeys, earned.dividends, strict=True):
        if amount:
            for receiver, part in _with_parents(state, netuid, hotkey, amount).items():
                received[receiver] = received.get(receiver, 0) + part
    stakes = {hotkey: staked(state, netuid, hotkey) for hotkey in received}
    return payout.dividends(received, stakes, drained, TaoWeight[state])


def _with_parents(state: State, netuid: int, hotkey: bytes, dividend: int) -> dict[bytes, int]:
    """A dividend, divided between the hotkey and the parents whose stake earned it."""
    links = ParentKeys[state, hotkey, netuid]
    if not links:
        return {hotkey: dividend}
    parents = [payout.Parent(parent, staked(state, netuid, parent), share) for share, parent in links]
    tao_weight = TaoWeight[state]
    return payout.with_parents(
        hotkey,
        dividend,
        _kept(state, netuid, hotkey),
        parents,
        ChildkeyTake[state, hotkey, netuid],
        lambda held: stake.weight(held.alpha, held.root, tao_weight),
    )


def _kept(state: State, netuid: int, hotkey: bytes) -> payout.Staked:
    """A hotkey's own stake, less what it lends to children."""
    own = staked(state, netuid, hotkey)
    lent = [share for share, _ in storage.ChildKeys[state, hotkey, netuid]]
    return payout.Staked(stake.inherited(own.alpha, lent), stake.inherited(own.root, lent), own.take)


def _pay_incentives(state: State, netuid: int, amounts: dict[bytes, int]) -> None:
    owner = SubnetOwner[state, netuid]
    owned = {SubnetOwnerHotkey[state, netuid], *OwnedHotkeys[state, owner]}
    incentives = payout.incentives(amounts, owned)
    for hotkey, amount in incentives.paid.items():
        coldkey = Owner[state, hotkey]
        destination = AutoStakeDestination[state, coldkey, netuid] or hotkey
        increase_stake(state, destination, coldkey, netuid, amount)
    if incentives.withheld:
        _withhold(state, netuid, incentives.withheld)
    if MinerBurned[state, netuid].bits != incentives.miner_burned:
        MinerBurned[state, netuid] = FixedU128(incentives.miner_burned)


def _withhold(state: State, netuid: int, amount: int) -> None:
    """Keeps incentive from the owner's hotkeys: burned it goes on counting as issued, recycled it does not."""
    if storage.RecycleOrBurn[state, netuid] in ("Recycle", ("Recycle", ())):
        SubnetAlphaOut[state, netuid] = SubnetAlphaOut[state, netuid] - amount
    else:
        AlphaBurned[state, netuid] = AlphaBurned[state, netuid] + amount


def _pay_dividends(state: State, netuid: int, dividends: dict[bytes, payout.Dividend]) -> None:
    AlphaDividendsPerSubnet.clear(state, netuid)
    RootAlphaDividendsPerSubnet.clear(state, netuid)
    for hotkey, dividend in dividends.items():
        coldkey = Owner[state, hotkey]
        increase_stake(state, hotkey, coldkey, netuid, dividend.alpha_take + dividend.root_take)
        if dividend.alpha:
            _to_stakers(state, hotkey, netuid, dividend.alpha)
            AlphaDividendsPerSubnet[state, netuid, hotkey] = dividend.alpha
        if dividend.root:
            _to_root_stakers(state, hotkey, netuid, dividend.root)
            RootAlphaDividendsPerSubnet[state, netuid, hotkey] = dividend.root


def _to_stakers(state: State, hotkey: bytes, netuid: int, amount: int) -> None:
    """Raises everybody's stake; a hotkey that earned by root or lent stake alone has none, then its owner gains."""
    if has_stakers(state, hotkey, netuid):
        increase_for_all(state, hotkey, netuid, amount)
    else:
        increase_stake(state, hotkey, Owner[state, hotkey], netuid, amount)


def _to_root_stakers(state: State, hotkey: bytes, netuid: int, amount: int) -> None:
    """Sets alpha aside for those who stake TAO on root with this hotkey, as a rate per rao of their stake."""
    rates = dict(RootClaimable[state, hotkey])
    before = rates[netuid].bits if netuid in rates else 0
    per_rao = I96F32.div(I96F32.from_int(amount), I96F32.from_int(TotalHotkeyAlpha[state, hotkey, ROOT]))
    rates[netuid] = FixedI128(before + per_rao)
    RootClaimable[state, hotkey] = tuple(sorted(rates.items()))
    assay.RootDividends[state, netuid] = assay.RootDividends[state, netuid] + amount


def _settle(state: State, netuid: int, remainder: int) -> None:
    """Burns what divisions left over; where they gave some rao too much, that much more is issued."""
    if remainder > 0:
        AlphaBurned[state, netuid] = AlphaBurned[state, netuid] + remainder
    elif remainder < 0:
        SubnetAlphaOut[state, netuid] = SubnetAlphaOut[state, netuid] - remainder


def _record(state: State, netuid: int, drained: Pending) -> object:
    return assay.EpochRecord(
        netuid,
        SubnetEpochIndex[state, netuid],
        state.block,
        drained.server,
        drained.validator,
        drained.root_alpha,
        drained.owner_cut,
    )
