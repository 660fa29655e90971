"""Block 0: who holds TAO on a new chain and who is root; the rest is each pallet's own `@pallet.genesis`."""

from __future__ import annotations

from functools import cache

import bittensor_core

from subnet.devnet.frame import State
from subnet.devnet.pallets import balances, sudo
from subnet.devnet.runtime import Runtime

RAO = 1_000_000_000  # in one TAO
RICH = 1_000_000 * RAO
_RICH = ("Alice", "Bob", "Charlie")
_FUNDED = ("Dave", "Eve", "Ferdie", "One", "Two", "Three", "Alith", "Baltathar")
_FUNDS = 2_000 * RAO


@cache
def development_account(name: str) -> bytes:
    """The account id of a well-known development key, such as "Alice" for //Alice."""
    account: bytes = bittensor_core.Keypair.create_from_uri(f"//{name}").public_key
    return account


def make_genesis(runtime: Runtime, state: State) -> None:
    """Writes the state of block 0; it leaves no events."""
    for name in _RICH:
        balances.deposit(state, development_account(name), RICH)
    for name in _FUNDED:
        balances.deposit(state, development_account(name), _FUNDS)
    for account in state.config.funded:
        balances.deposit(state, account, RICH)
    sudo.Key[state] = development_account("Alice")
    for pallet in runtime.pallets:
        for hook in pallet.at_genesis:
            hook(state)
    state.events.clear()
