"""Stakes on somebody else's hotkey must not become too small: what is left below the minimum is sold.

The minimum is stored in millionths of the least that can be staked, as on the real chain.
"""

from subnet.devnet.frame import ModuleError
from subnet.devnet.pallets.alpha_assets import AlphaBurned
from subnet.devnet.pallets.subtensor.shares import decrease_stake, stake_of
from subnet.devnet.pallets.subtensor.storage import Alpha, NominatorMinRequiredStake
from subnet.devnet.pallets.subtensor.subnets import coldkey_of
from subnet.devnet.pallets.subtensor.trading import Position, unstake
from subnet.devnet.state import State
from subnet.rules.pool import MIN_STAKE

_WHOLE = 1_000_000


def least(state: State) -> int:
    """The least alpha in rao that a nominator may hold on a hotkey of a subnet; 0 stands for any."""
    return NominatorMinRequiredStake[state] * MIN_STAKE // _WHOLE


def clear_if_small(state: State, position: Position) -> None:
    """Sells what a nominator holds when it is less than the minimum; what the pool refuses is burned."""
    held = stake_of(state, position.hotkey, position.coldkey, position.netuid)
    if not 0 < held < least(state) or coldkey_of(state, position.hotkey) == position.coldkey:
        return
    try:
        with state.transaction():
            unstake(state, position, held)
    except ModuleError:
        decrease_stake(state, position.hotkey, position.coldkey, position.netuid, held)
        AlphaBurned[state, position.netuid] = AlphaBurned[state, position.netuid] + held


def clear_all_small(state: State) -> None:
    """Sells every nomination that is less than the minimum."""
    for hotkey, coldkey, netuid in list(Alpha.all_keys(state)):
        clear_if_small(state, Position(coldkey, hotkey, netuid))
