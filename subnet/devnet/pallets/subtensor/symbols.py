"""Token symbols: a subnet is given one when it is founded, and its owner may choose another that is free.

The real chain knows some four hundred symbols; this one their beginning, the Greek and the Hebrew letters.
"""

from subnet.devnet.frame import Origin, ensure
from subnet.devnet.pallets.subtensor import errors
from subnet.devnet.pallets.subtensor.events import SymbolUpdated
from subnet.devnet.pallets.subtensor.ownership import owner_or_root
from subnet.devnet.pallets.subtensor.pallet import pallet
from subnet.devnet.pallets.subtensor.storage import TokenSymbol
from subnet.devnet.pallets.subtensor.subnets import netuids
from subnet.devnet.pallets.subtensor.types import NetUid
from subnet.devnet.scale import BYTES
from subnet.devnet.state import State

_OF_ROOT = "Τ"
_LETTERS = "αβγδεζηθικλμνξοπρστυφχψω" + "".join(map(chr, range(0x5D0, 0x5EB)))
SYMBOLS = tuple(letter.encode() for letter in (_OF_ROOT, *_LETTERS))


def symbol_for(state: State, netuid: int) -> bytes:
    """The symbol that a new subnet is given: the one in its place, or the first that nobody has."""
    taken = {TokenSymbol[state, other] for other in netuids(state) if other != netuid}
    preferred = SYMBOLS[netuid : netuid + 1]
    free = (symbol for symbol in (*preferred, *SYMBOLS[1:]) if symbol not in taken)
    return next(free, f"SN{netuid}".encode())


@pallet.call(112, [("netuid", NetUid), ("symbol", BYTES)])
def update_symbol(state: State, origin: Origin, netuid: int, symbol: bytes) -> None:
    """Gives a subnet another symbol that no subnet has; for its owner or root."""
    owner_or_root(state, origin, netuid)
    ensure(symbol in SYMBOLS, errors.SymbolDoesNotExist)
    taken = {TokenSymbol[state, other] for other in netuids(state)}
    ensure(symbol not in taken, errors.SymbolAlreadyInUse)
    TokenSymbol[state, netuid] = symbol
    state.deposit(SymbolUpdated(netuid, symbol))
