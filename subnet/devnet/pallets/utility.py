"""Utility: several calls in one (FRAME's pallet_utility)."""

from __future__ import annotations

from subnet.devnet.chain_types import DispatchErrorType
from subnet.devnet.dispatch import DispatchError, Origin
from subnet.devnet.frame import Pallet, State, ensure
from subnet.devnet.scale import CALL, U32, Variant, Vec

pallet = Pallet("Utility", index=11)

BATCH_LIMIT = 10_922  # calls, as on the real chain

BatchInterrupted = pallet.event(0, "BatchInterrupted", [("index", U32), ("error", DispatchErrorType)])
BatchCompleted = pallet.event(1, "BatchCompleted")
BatchCompletedWithErrors = pallet.event(2, "BatchCompletedWithErrors")
ItemCompleted = pallet.event(3, "ItemCompleted")
ItemFailed = pallet.event(4, "ItemFailed", [("error", DispatchErrorType)])
TooManyCalls = pallet.error(0, "TooManyCalls", "Too many calls batched.")
pallet.error(1, "InvalidDerivedAccount", "Bad input data for derivative account ID.")

_CALLS = [("calls", Vec(CALL))]


@pallet.call(0, _CALLS)
def batch(state: State, origin: Origin, calls: tuple[Variant, ...]) -> None:
    """Makes calls until one fails; those before it stand."""
    _check(origin, calls)
    for index, call in enumerate(calls):
        try:
            state.runtime.dispatch(state, origin, call)
        except DispatchError as error:
            state.deposit(BatchInterrupted(index, error.variant()))
            return
        state.deposit(ItemCompleted())
    state.deposit(BatchCompleted())


@pallet.call(2, _CALLS)
def batch_all(state: State, origin: Origin, calls: tuple[Variant, ...]) -> None:
    """Makes all calls or, when one fails, none."""
    _check(origin, calls)
    for call in calls:
        state.runtime.dispatch(state, origin, call)
        state.deposit(ItemCompleted())
    state.deposit(BatchCompleted())


@pallet.call(4, _CALLS)
def force_batch(state: State, origin: Origin, calls: tuple[Variant, ...]) -> None:
    """Makes all calls, whether or not some fail."""
    _check(origin, calls)
    failed = False
    for call in calls:
        try:
            state.runtime.dispatch(state, origin, call)
        except DispatchError as error:
            failed = True
            state.deposit(ItemFailed(error.variant()))
        else:
            state.deposit(ItemCompleted())
    state.deposit(BatchCompletedWithErrors() if failed else BatchCompleted())


def _check(origin: Origin, calls: tuple[Variant, ...]) -> None:
    if origin.kind != "root":
        origin.signed()
    ensure(len(calls) <= BATCH_LIMIT, TooManyCalls)
