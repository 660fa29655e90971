"""Whether the books balance to the rao: what must hold between any two extrinsics.

TAO: the issuance is the sum of all balances; a subnet's account holds exactly its pool's TAO; TotalStake is the
sum of the pools. Alpha of a subnet: what is issued outside the pool is what is staked, pending for the next
epoch, set aside for root stakers, bought by the chain itself, or burned. Shares: a hotkey's holders own all of it.
"""

from collections import Counter
from collections.abc import Iterator

from subnet.devnet.pallets import balances
from subnet.devnet.pallets.alpha_assets import AlphaBurned
from subnet.devnet.pallets.assay import RootDividends
from subnet.devnet.pallets.subtensor.coinbase import pending
from subnet.devnet.pallets.subtensor.storage import (
    Alpha,
    SubnetAlphaOut,
    SubnetProtocolAlpha,
    SubnetTAO,
    TotalAlphaStaked,
    TotalHotkeyAlpha,
    TotalHotkeyShares,
    TotalStake,
)
from subnet.devnet.pallets.subtensor.subnets import netuids, subnet_account
from subnet.devnet.pallets.system import Account
from subnet.devnet.state import State


def audit(state: State) -> list[str]:
    """A line for each book that does not balance; empty on a sound chain."""
    return [*_tao(state), *_alpha(state), *_shares(state)]


def _differs(what: str, told: int, found: int) -> Iterator[str]:
    if told != found:
        yield f"{what} says {told}, found {found} ({found - told:+})"


def _tao(state: State) -> Iterator[str]:
    accounts = sum(info.data.free + info.data.reserved for _, info in Account.items(state))
    yield from _differs("TotalIssuance", balances.TotalIssuance[state], accounts)
    pools = {netuid: SubnetTAO[state, netuid] for netuid in netuids(state)}
    for netuid, tao in pools.items():
        yield from _differs(f"SubnetTAO[{netuid}]", tao, balances.free(state, subnet_account(netuid)))
    yield from _differs("TotalStake", TotalStake[state], sum(pools.values()))


def _alpha(state: State) -> Iterator[str]:
    staked: Counter[int] = Counter()
    for (_, netuid), amount in TotalHotkeyAlpha.items(state):
        staked[netuid] += amount
    for netuid in netuids(state):
        waiting = pending(state, netuid)
        others = (
            waiting.to_distribute,
            waiting.owner_cut,
            RootDividends[state, netuid],
            SubnetProtocolAlpha[state, netuid],
            AlphaBurned[state, netuid],
        )
        found = staked[netuid] + sum(others)
        yield from _differs(f"SubnetAlphaOut[{netuid}]", SubnetAlphaOut[state, netuid], found)
        yield from _differs(f"TotalAlphaStaked[{netuid}]", TotalAlphaStaked[state, netuid], staked[netuid])


def _shares(state: State) -> Iterator[str]:
    held: Counter[tuple[bytes, int]] = Counter()
    for (hotkey, _, netuid), share in Alpha.items(state):
        held[hotkey, netuid] += share.bits
    told = {key: shares.bits for key, shares in TotalHotkeyShares.items(state)}
    for hotkey, netuid in {*held, *told}:
        what = f"TotalHotkeyShares[{hotkey.hex()[:8]}, {netuid}]"
        yield from _differs(what, told.get((hotkey, netuid), 0), held[hotkey, netuid])
