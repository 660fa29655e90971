"""The Multisig pallet: an account that several keys control together (FRAME's pallet_multisig), without deposits."""

from typing import Any

from subnet.devnet.chain_types import AccountId32, DispatchResult, TaoBalance, Weight, bounded_vec
from subnet.devnet.frame import Argument, Origin, Pallet, ensure
from subnet.devnet.pallets.sudo import result_of
from subnet.devnet.scale import CALL, U8, U16, U32, Array, Field, Option, Struct, Variant, Vec
from subnet.devnet.state import State
from subnet.devnet.storage import blake2_256

pallet = Pallet("Multisig", index=13)

MAX_SIGNATORIES = 100

Timepoint = Struct("pallet_multisig::Timepoint", [("height", U32), ("index", U32)])
_Accounts = bounded_vec(AccountId32)
Multisig = Struct(
    "pallet_multisig::Multisig",
    [("when", Timepoint), ("deposit", TaoBalance), ("depositor", AccountId32), ("approvals", _Accounts)],
)
_CallHash = Array(U8, 32)
Multisigs = pallet.map(
    "Multisigs", key=[("Twox64Concat", AccountId32), ("Blake2_128Concat", _CallHash)], value=Multisig
)

_WHERE: list[Field] = [("timepoint", Timepoint), ("multisig", AccountId32), ("call_hash", _CallHash)]
NewMultisig = pallet.event(
    0, "NewMultisig", [("approving", AccountId32), ("multisig", AccountId32), ("call_hash", _CallHash)]
)
MultisigApproval = pallet.event(1, "MultisigApproval", [("approving", AccountId32), *_WHERE])
MultisigExecuted = pallet.event(
    2, "MultisigExecuted", [("approving", AccountId32), *_WHERE, ("result", DispatchResult)]
)
MultisigCancelled = pallet.event(3, "MultisigCancelled", [("cancelling", AccountId32), *_WHERE])

error = pallet.error
MinimumThreshold = error(0, "MinimumThreshold", "At least two signatories must agree.")
AlreadyApproved = error(1, "AlreadyApproved", "This signatory has approved the call already.")
NoApprovalsNeeded = error(2, "NoApprovalsNeeded", "No more approvals are needed.")
TooFewSignatories = error(3, "TooFewSignatories", "Name the other signatories.")
TooManySignatories = error(
    4, "TooManySignatories", "There are too many signatories, or fewer than must agree."
)
SignatoriesOutOfOrder = error(5, "SignatoriesOutOfOrder", "Sort the other signatories by account id.")
SenderInSignatories = error(6, "SenderInSignatories", "Leave the signer out of the other signatories.")
NotFound = error(7, "NotFound", "No such call waits for approval.")
NotOwner = error(8, "NotOwner", "Only who proposed the call may cancel it.")
NoTimepoint = error(9, "NoTimepoint", "The call has been proposed already: give its timepoint.")
WrongTimepoint = error(10, "WrongTimepoint", "The call was proposed at another timepoint.")
UnexpectedTimepoint = error(11, "UnexpectedTimepoint", "The call is new: give no timepoint.")
MaxWeightTooLow = error(12, "MaxWeightTooLow", "The call weighs more than the given maximum.")
AlreadyStored = error(13, "AlreadyStored", "The call is stored already.")

_PARTIES: list[Argument] = [("threshold", U16), ("other_signatories", Vec(AccountId32))]


@pallet.call(1, [*_PARTIES, ("maybe_timepoint", Option(Timepoint)), ("call", CALL), ("max_weight", Weight)])
def as_multi(
    state: State,
    origin: Origin,
    threshold: int,
    other_signatories: tuple[bytes, ...],
    maybe_timepoint: Any,
    call: Variant,
    max_weight: Any,
) -> None:
    """Proposes or approves a call of the common account; the last approval that is needed makes it."""
    who = origin.signed()
    account = common_account(who, threshold, other_signatories)
    call_hash = blake2_256(CALL.encode(call))
    waiting = Multisigs[state, account, call_hash]
    if waiting is None:
        ensure(maybe_timepoint is None, UnexpectedTimepoint)
        when = Timepoint(state.block, state.extrinsic or 0)
        Multisigs[state, account, call_hash] = Multisig(when, 0, who, (who,))
        state.deposit(NewMultisig(who, account, call_hash))
        return
    approvals = _approved(waiting, who, maybe_timepoint)
    if len(approvals) < threshold:
        Multisigs[state, account, call_hash] = waiting._replace(approvals=approvals)
        state.deposit(MultisigApproval(who, waiting.when, account, call_hash))
        return
    del Multisigs[state, account, call_hash]
    result = result_of(state, Origin.signed_by(account), call)
    state.deposit(MultisigExecuted(who, waiting.when, account, call_hash, result))


def _approved(waiting: Any, who: bytes, timepoint: Any) -> tuple[bytes, ...]:
    """Who has approved a waiting call once `who` does."""
    ensure(timepoint is not None, NoTimepoint)
    ensure(timepoint == waiting.when, WrongTimepoint)
    ensure(who not in waiting.approvals, AlreadyApproved)
    return tuple(sorted((*waiting.approvals, who)))


@pallet.call(3, [*_PARTIES, ("timepoint", Timepoint), ("call_hash", _CallHash)])
def cancel_as_multi(
    state: State,
    origin: Origin,
    threshold: int,
    other_signatories: tuple[bytes, ...],
    timepoint: Any,
    call_hash: bytes,
) -> None:
    """Withdraws a proposed call; for who proposed it."""
    who = origin.signed()
    account = common_account(who, threshold, other_signatories)
    waiting = Multisigs[state, account, call_hash]
    if waiting is None:
        raise NotFound()
    ensure(waiting.depositor == who, NotOwner)
    ensure(waiting.when == timepoint, WrongTimepoint)
    del Multisigs[state, account, call_hash]
    state.deposit(MultisigCancelled(who, timepoint, account, call_hash))


def common_account(who: bytes, threshold: int, others: tuple[bytes, ...]) -> bytes:
    """The account of these signatories; raises what is wrong with how they are named."""
    ensure(threshold >= 2, MinimumThreshold)
    ensure(others, TooFewSignatories)
    ensure(threshold - 1 <= len(others) < MAX_SIGNATORIES, TooManySignatories)
    ensure(list(others) == sorted(set(others)), SignatoriesOutOfOrder)
    ensure(who not in others, SenderInSignatories)
    signatories = Vec(AccountId32).encode(tuple(sorted((who, *others))))
    return blake2_256(b"modlpy/utilisuba" + signatories + threshold.to_bytes(2, "little"))
