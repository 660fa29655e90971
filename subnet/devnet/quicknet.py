"""drand's quicknet beacon without pairing arithmetic of our own: whether a signature is the one of a round.

Something sealed for a round opens with that round's signature and with nothing else, so opening is verifying.
"""

import hashlib

import bittensor_core

# The beacon's name among drand's chains; its public key is part of the SDK's timelock encryption
CHAIN_HASH = "52db9ba70e0cc0f6eaf7803dd07447a1f5477735fd3f661792ba94600c84e971"
PERIOD = 3.0  # seconds from one round to the next
SIGNATURE = 48  # bytes
_PROBE = b"a pulse"


def opened(ciphertext: bytes, signature: bytes) -> bytes | None:
    """What a timelocked ciphertext holds, None when it does not open with this round's signature."""
    try:
        content: bytes = bittensor_core.decrypt_with_signature(ciphertext, signature.hex())
    except Exception:  # noqa: BLE001 - hostile bytes into a foreign library: whatever it raises, they do not open
        return None
    return content


def is_signature(number: int, signature: bytes) -> bool:
    """Whether these bytes are the beacon's signature of this round; takes some milliseconds."""
    if len(signature) != SIGNATURE:
        return False
    ciphertext, _ = bittensor_core.encrypt_at_round(_PROBE, number)
    return opened(ciphertext, signature) == _PROBE


def randomness(signature: bytes) -> bytes:
    """The 32 random bytes of a round."""
    return hashlib.sha256(signature).digest()
