"""Sudo: one key whose calls count as root's (FRAME's pallet_sudo)."""

from __future__ import annotations

from subnet.devnet.chain_types import AccountId32, DispatchResult
from subnet.devnet.dispatch import BoundCall, DispatchError, Origin
from subnet.devnet.frame import Pallet, State, ensure, invalid
from subnet.devnet.scale import CALL, Variant

pallet = Pallet("Sudo", index=12)

Key = pallet.value("Key", AccountId32)
Sudid = pallet.event(0, "Sudid", [("sudo_result", DispatchResult)])
RequireSudo = pallet.error(0, "RequireSudo", "Sender must be the Sudo account.")

OK = Variant("Ok", ((),))


@pallet.validate("sudo")
def _only_the_key(state: State, who: bytes, call: BoundCall) -> None:
    if who != Key[state]:
        raise invalid("Invalid signing address")


@pallet.call(0, [("call", CALL)], pays=False)
def sudo(state: State, origin: Origin, call: Variant) -> None:
    """Makes a call as root; whether it failed is said by the event, not by this call's own result."""
    ensure(origin.signed() == Key[state], RequireSudo)
    state.deposit(Sudid(result_of(state, Origin.ROOT, call)))


def result_of(state: State, origin: Origin, call: Variant) -> Variant:
    """Makes a call and returns a `Result`: Ok, or Err with the reason for which it left no trace."""
    try:
        state.runtime.dispatch(state, origin, call)
    except DispatchError as error:
        return Variant("Err", (error.variant(),))
    return OK
