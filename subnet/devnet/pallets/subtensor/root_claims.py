"""Root stakers claim what subnets set aside for them: the alpha is sold and the TAO staked on root (rules 5.9).

Nothing is claimed automatically here, and the choice to keep the alpha is not modelled: the metadata that clients
know has no call for it.
"""

from subnet.devnet.frame import ModuleError, Origin
from subnet.devnet.pallets import assay, balances
from subnet.devnet.pallets.subtensor import pool, root_rates
from subnet.devnet.pallets.subtensor.events import RootClaimed
from subnet.devnet.pallets.subtensor.pallet import pallet
from subnet.devnet.pallets.subtensor.shares import increase_stake, stake_of
from subnet.devnet.pallets.subtensor.storage import RootClaimableThreshold, StakingHotkeys
from subnet.devnet.pallets.subtensor.subnets import ROOT, subnet_account
from subnet.devnet.pallets.subtensor.types import NetUidSet
from subnet.devnet.state import State
from subnet.rules import pool as rules
from subnet.rules.fixed import I96F32


@pallet.call(121, [("subnets", NetUidSet)])
def claim_root(state: State, origin: Origin, subnets: tuple[int, ...]) -> None:
    """Pays out the signer's root dividends of these subnets, of all when none is named; small ones stay."""
    coldkey = origin.signed()
    tao = 0
    for hotkey in StakingHotkeys[state, coldkey]:
        for netuid, alpha in owed(state, hotkey, coldkey).items():
            if netuid in subnets or not subnets:
                tao += _paid(state, hotkey, coldkey, netuid, alpha)
    state.deposit(RootClaimed(coldkey, tao))


def owed(state: State, hotkey: bytes, coldkey: bytes) -> dict[int, int]:
    """Rao of alpha, by subnet, that a coldkey may claim of a hotkey's root dividends now."""
    unclaimed = root_rates.owed(state, hotkey, coldkey, stake_of(state, hotkey, coldkey, ROOT))
    return {netuid: alpha for netuid, alpha in unclaimed.items() if alpha >= _least(state, netuid)}


def _least(state: State, netuid: int) -> int:
    threshold: int = RootClaimableThreshold[state, netuid].bits
    return threshold >> I96F32.fraction_bits


def _paid(state: State, hotkey: bytes, coldkey: bytes, netuid: int, alpha: int) -> int:
    """Pays out one claim and returns its TAO in rao; where the pool refuses, the claim stays open."""
    try:
        with state.transaction():
            return _sold_and_staked(state, hotkey, coldkey, netuid, alpha)
    except ModuleError:
        return 0


def _sold_and_staked(state: State, hotkey: bytes, coldkey: bytes, netuid: int, alpha: int) -> int:
    """Sells alpha that was set aside and stakes the TAO on root, on the hotkey that earned it."""
    tao = pool.swap_alpha_for_tao(state, netuid, alpha, drop_fees=True)
    assay.RootDividends[state, netuid] = assay.RootDividends[state, netuid] - alpha
    root_rates.claimed(state, hotkey, coldkey, netuid, alpha)
    balances.transfer(state, subnet_account(netuid), subnet_account(ROOT), tao, keep_alive=False)
    pool.bought(state, ROOT, rules.buy(pool.pool_of(state, ROOT), tao))
    increase_stake(state, hotkey, coldkey, ROOT, tao)
    return tao
