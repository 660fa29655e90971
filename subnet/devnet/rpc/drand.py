"""dev_setDrandPulse: a pulse of the random beacon for a chain that does not fetch any."""

from __future__ import annotations

from typing import Any

from subnet.devnet import quicknet
from subnet.devnet.pallets import drand
from subnet.devnet.rpc.session import Session
from subnet.devnet.rpc.values import bad, from_hex, to_count

_FIELDS = {"round", "randomness", "signature"}


def set_pulse(session: Session, pulse: Any) -> bool:
    """Stores {round, signature, randomness}; whether the signature is the beacon's, without which nothing opens.

    The randomness follows from the signature and may be left out.
    """
    if not isinstance(pulse, dict) or not {"round", "signature"} <= pulse.keys() <= _FIELDS:
        raise bad('the pulse must be {"round": number, "signature": hex, "randomness": hex}')
    number = to_count(pulse["round"], "the round", 2**64 - 1)
    signature = from_hex(pulse["signature"], "the signature")
    randomness = (
        from_hex(pulse["randomness"], "the randomness")
        if "randomness" in pulse
        else quicknet.randomness(signature)
    )
    node = session.node
    node.set_storage(drand.entries(node.state, drand.Pulse(number, randomness, signature)))
    return quicknet.is_signature(number, signature)
