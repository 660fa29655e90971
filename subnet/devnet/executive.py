"""What happens to one extrinsic: the checks before it is accepted, and its effects on the state.

A signed extrinsic counts its nonce and pays its fee whether or not its call succeeds; a call that fails leaves
nothing else behind.
"""

from __future__ import annotations

import logging
from typing import NamedTuple

from subnet.devnet.blocks import Blocks
from subnet.devnet.dispatch import DispatchError, Event, Origin, Other, TokenError, invalid
from subnet.devnet.extrinsic import Era, Extrinsic, Signature, is_signed_by, signed_payload
from subnet.devnet.frame import CallDecl, State
from subnet.devnet.pallets import balances, system
from subnet.devnet.pallets.block_limits import NORMAL_BYTES
from subnet.devnet.pallets.subtensor import fees
from subnet.devnet.pallets.transaction_payment import TransactionFeePaid, class_of, fee, weight
from subnet.devnet.runtime import Runtime
from subnet.devnet.scale import Variant

log = logging.getLogger(__name__)

NORMAL_PRIORITY, OPERATIONAL_PRIORITY = 1, 10_000_000_000
_FOREVER = 2**63
_LONGEST_SHIELD_ERA = 8  # blocks: the key of the shield changes, so an envelope must not wait
_MOST_FAILURES = 100  # remembered: a hook that fails does so in every block
_PAYS, _PAYS_NOT = Variant("Yes"), Variant("No")


class Validity(NamedTuple):
    """A higher priority goes first; from block `valid_until` on the extrinsic can no longer be included."""

    priority: int
    valid_until: int


class Executive:
    """Checks extrinsics against the state and applies them to it."""

    def __init__(self, runtime: Runtime, state: State, blocks: Blocks) -> None:
        self.runtime, self.state, self.blocks = runtime, state, blocks
        self.failures: list[str] = []  # of pallets, by exceptions that are not a DispatchError: bugs

    def validate(self, extrinsic: Extrinsic, block: int) -> Validity:
        """Whether it may be included in `block` or, for its nonce, later. Raises PoolError."""
        signature = extrinsic.signature
        if signature is None:
            raise invalid("Transaction call is not expected")
        if signature.nonce < system.nonce(self.state, signature.account):
            raise invalid("Transaction is outdated")
        if len(extrinsic.raw) > NORMAL_BYTES:
            raise invalid("Transaction would exhaust the block limits")
        self._check_signature(extrinsic, signature, block)
        decl = self.runtime.declared(extrinsic.call)
        self._check_shield_era(decl, signature.era)
        with self.state.ahead(block):
            self.check_effects(extrinsic, signature)
        era = signature.era
        until = era.birth(block) + era.period if era.period else _FOREVER
        return Validity(OPERATIONAL_PRIORITY if decl.operational else NORMAL_PRIORITY, until)

    def _check_signature(self, extrinsic: Extrinsic, signature: Signature, block: int) -> None:
        era = signature.era
        birth = era.birth(block)
        if not self._signed_at(extrinsic, signature, birth):
            # Each period has another birth block, so a signature of the period before fails on its hash
            aged = era.period and self._signed_at(extrinsic, signature, birth - era.period)
            raise invalid(
                "Transaction has an ancient birth block" if aged else "Transaction has a bad signature"
            )
        if era.period and block - birth > system.BLOCK_HASH_COUNT:
            raise invalid("Transaction has an ancient birth block")

    def _signed_at(self, extrinsic: Extrinsic, signature: Signature, birth: int) -> bool:
        birth_hash = self.blocks.hash_of(birth)
        if birth_hash is None:
            return False
        payload = signed_payload(extrinsic.call_bytes, signature, self.blocks.genesis_hash, birth_hash)
        return is_signed_by(signature, payload)

    @staticmethod
    def _check_shield_era(decl: CallDecl, era: Era) -> None:
        if (decl.pallet, decl.name) != ("MevShield", "submit_encrypted"):
            return
        if not 0 < era.period <= _LONGEST_SHIELD_ERA:
            raise invalid("Transaction is outdated")

    def check_effects(self, extrinsic: Extrinsic, signature: Signature) -> None:
        """Whether the signer can pay and the pallets have nothing against it now; raises PoolError."""
        decl = self.runtime.declared(extrinsic.call)
        price = fee(decl, len(extrinsic.raw), signature.tip)
        who, call = signature.account, extrinsic.call
        if not self._has_tao(who, price) and not fees.can_pay(
            self.state, who, self.runtime.bound(call), price
        ):
            raise invalid("Inability to pay some fees (e.g. account balance too low)")
        self.runtime.check(self.state, who, call)

    def _has_tao(self, who: bytes, price: int) -> bool:
        """Whether an account can pay so many rao; everybody can pay nothing."""
        try:
            balances.check_payment(self.state, who, price, keep_alive=True)
        except TokenError:
            return not price
        return True

    def apply(self, extrinsic: Extrinsic, index: int) -> bool:
        """Includes a signed extrinsic; whether its call succeeded. Raises PoolError when it must stay out."""
        signature, state = extrinsic.signature, self.state
        if signature is None or signature.nonce != system.nonce(state, signature.account):
            raise invalid("Transaction is outdated")
        self.check_effects(extrinsic, signature)
        state.extrinsic = index
        try:
            return self._apply(extrinsic, signature)
        finally:
            state.extrinsic = None

    def _apply(self, extrinsic: Extrinsic, signature: Signature) -> bool:
        state, who = self.state, signature.account
        decl = self.runtime.declared(extrinsic.call)
        system.increase_nonce(state, who)
        price = fee(decl, len(extrinsic.raw), signature.tip)
        if not self._has_tao(who, price):
            fees.pay(state, who, self.runtime.bound(extrinsic.call), price)
        elif price:
            balances.withdraw(state, who, price)
        failure = self._dispatch(extrinsic.call, who)
        state.deposit(TransactionFeePaid(who, price, signature.tip))
        state.deposit(outcome(decl, failure))
        return failure is None

    def _dispatch(self, call: Variant, who: bytes) -> DispatchError | None:
        try:
            self.runtime.dispatch(self.state, Origin.signed_by(who), call)
        except DispatchError as error:
            return error
        except Exception as error:  # noqa: BLE001 - a pallet's bug must cost its caller the call, not all the chain
            self.report(f"{call.name}.{call.fields[0].name}", error)
            return Other(str(error))
        return None

    def report(self, where: str, error: Exception) -> None:
        """Remembers and logs an exception that is a bug of this chain."""
        if len(self.failures) < _MOST_FAILURES:
            self.failures.append(f"{where}: {type(error).__name__}: {error}")
        log.error("%s failed unexpectedly", where, exc_info=error)


def outcome(decl: CallDecl, failure: DispatchError | None) -> Event:
    """The event that ends an extrinsic."""
    info = (weight(decl), class_of(decl), _PAYS if decl.pays else _PAYS_NOT)
    if failure is None:
        return system.ExtrinsicSuccess(info)
    return system.ExtrinsicFailed(failure.variant(), info)
