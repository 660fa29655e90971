"""The Drand pallet: pulses of the random beacon, with which timelocked weights open (rules 7.7).

On the real chain an offchain worker fetches pulses and writes them by an unsigned transaction. Here they come from
root, who is believed, or straight into the storage: from `beacon.py`, which verifies them, or by dev_setDrandPulse.
"""

from itertools import pairwise
from typing import Any

from subnet.devnet.chain_types import MultiSignature, bounded_bytes
from subnet.devnet.frame import Origin, Pallet, ensure
from subnet.devnet.scale import U8, U32, U64, Array, Enum, Option, Struct, Vec
from subnet.devnet.state import State

pallet = Pallet("Drand", index=26)

KEPT_PULSES = 216_000

Pulse = Struct(
    "pallet_drand::types::Pulse",
    [("round", U64), ("randomness", bounded_bytes()), ("signature", bounded_bytes())],
)
MultiSigner = Enum(
    "sp_runtime::MultiSigner",
    [
        (0, "Ed25519", [(None, Array(U8, 32))]),
        (1, "Sr25519", [(None, Array(U8, 32))]),
        (2, "Ecdsa", [(None, Array(U8, 33))]),
    ],
)
PulsesPayload = Struct(
    "pallet_drand::types::PulsesPayload",
    [("block_number", U32), ("pulses", Vec(Pulse)), ("public", MultiSigner)],
)

Pulses = pallet.map("Pulses", key=[("Blake2_128Concat", U64)], value=Pulse)
LastStoredRound = pallet.value("LastStoredRound", U64, default=0)
OldestStoredRound = pallet.value("OldestStoredRound", U64, default=0)  # 0 until one is forgotten

NewPulse = pallet.event(1, "NewPulse", [("rounds", Vec(U64))])

NoneValue = pallet.error(0, "NoneValue", "There is no pulse.")
StorageOverflow = pallet.error(1, "StorageOverflow", "A number became too large.")
DrandConnectionFailure = pallet.error(2, "DrandConnectionFailure", "The beacon cannot be reached.")
UnverifiedPulse = pallet.error(3, "UnverifiedPulse", "The pulse is not the beacon's.")
InvalidRoundNumber = pallet.error(
    4, "InvalidRoundNumber", "This round, or a later one, is stored already. Send later rounds."
)
PulseVerificationError = pallet.error(5, "PulseVerificationError", "The pulse could not be verified.")


@pallet.call(0, [("pulses_payload", PulsesPayload), ("signature", Option(MultiSignature))], pays=False)
def write_pulse(state: State, origin: Origin, pulses_payload: Any, signature: Any) -> None:
    """Stores pulses in increasing order of their rounds; for root, because nothing here can verify them."""
    origin.root()
    rounds = [pulse.round for pulse in pulses_payload.pulses]
    increasing = [LastStoredRound[state], *rounds]
    ensure(all(a < b for a, b in pairwise(increasing)), InvalidRoundNumber)
    for pulse in pulses_payload.pulses:
        store(state, pulse)
    if rounds:
        state.deposit(NewPulse(tuple(rounds)))


def entries(state: State, pulse: Any) -> list[tuple[bytes, bytes | None]]:
    """What has to be written to the raw storage to have a pulse on the chain, in any order of rounds."""
    latest = max(pulse.round, LastStoredRound[state])
    return [
        (Pulses.raw_key((pulse.round,)), Pulse.encode(pulse)),
        (LastStoredRound.raw_key(()), U64.encode(latest)),
    ]


def store(state: State, pulse: Any) -> None:
    """Keeps a pulse whose round is later than all stored ones, and forgets those that are too old beside it."""
    Pulses[state, pulse.round] = pulse
    LastStoredRound[state] = pulse.round
    oldest = pulse.round - KEPT_PULSES + 1
    if OldestStoredRound[state] < oldest:
        rounds = [number for (number,) in Pulses.all_keys(state)]
        for number in rounds:
            if number < oldest:
                del Pulses[state, number]
        OldestStoredRound[state] = min(number for number in rounds if number >= oldest)
