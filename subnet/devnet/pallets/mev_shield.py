"""MevShield: extrinsics that come encrypted for the author of a block.

This pallet takes the envelope; the node, which has the key, opens it and includes what was inside right behind it.
"""

from __future__ import annotations

from subnet.devnet.chain_types import H256, AccountId32, bounded_bytes
from subnet.devnet.dispatch import BoundCall, Origin
from subnet.devnet.frame import Pallet, State, custom, ensure
from subnet.devnet.shield import EnvelopeError, ShieldKey, parse
from subnet.devnet.storage import blake2_256, twox

pallet = Pallet("MevShield", index=30, path="pallet_shield")

LONGEST_CIPHERTEXT = 8192  # bytes
_UNREADABLE, _FOR_ANOTHER_KEY = 23, 24

NextKey = pallet.value("NextKey", bounded_bytes())
EncryptedSubmitted = pallet.event(0, "EncryptedSubmitted", [("id", H256), ("who", AccountId32)])
BadEnvelope = pallet.error(
    0, "BadEnvelope", "The ciphertext is too long or is not an envelope for the shield."
)


@pallet.genesis
def _publish_key(state: State) -> None:
    NextKey[state] = ShieldKey(state.config.seed or "").public


@pallet.validate("submit_encrypted")
def _check_envelope(state: State, who: bytes, call: BoundCall) -> None:
    try:
        envelope = parse(call.args.ciphertext)
    except EnvelopeError:
        raise custom(_UNREADABLE) from None
    key = NextKey[state]
    if key is not None and envelope.key_hash != twox(key, 128):
        raise custom(_FOR_ANOTHER_KEY)


@pallet.call(1, [("ciphertext", bounded_bytes())])
def submit_encrypted(state: State, origin: Origin, ciphertext: bytes) -> None:
    """Takes an encrypted extrinsic into the block; what is inside pays and counts on its own."""
    who = origin.signed()
    ensure(len(ciphertext) <= LONGEST_CIPHERTEXT, BadEnvelope)
    state.deposit(EncryptedSubmitted(blake2_256(who + ciphertext), who))
