"""The pallets that any Substrate chain has, and the small ones around Subtensor."""

from __future__ import annotations

from typing import Any

import bittensor as bt
import bittensor_core
from bittensor_core import ss58_decode, ss58_encode

from subnet.devnet.pallets import commitments, drand, multisig
from subnet.devnet.pallets.subtensor import storage
from subnet.devnet.scale import U16
from subnet.devnet.shield import ShieldKey
from tests.devnet.contract.world import (
    ALICE,
    BOB,
    CHARLIE,
    DAVE,
    MONA,
    NETUID,
    NORA,
    NORA_KEY,
    OWNER,
    ROOT,
    TAO,
    VERA,
    VERA_KEY,
    Stored,
    cold,
    no,
    ok,
)

TO_MONA = {"dest": cold(MONA), "value": TAO}
PAY = ok("Balances.transfer_keep_alive", BOB, "Transfer", **TO_MONA)
PAY_TOO_MUCH = ok("Balances.transfer_keep_alive", BOB, "Transfer", dest=cold(MONA), value=10**9 * TAO)
KAPPA = ok("AdminUtils.sudo_set_kappa", ROOT, Stored("Kappa", (NETUID,), 99), netuid=NETUID, kappa=99)
KAPPA_KEY, KAPPA_VALUE = storage.Kappa.raw_key((NETUID,)), U16.encode(99)
WEIGHT = {"ref_time": 10**10, "proof_size": 10**5}


def info(*fields: Any) -> dict[str, Any]:
    """What set_commitment takes."""
    return {"fields": [list(fields)]}


def pulses(*rounds: int) -> dict[str, Any]:
    """A payload of pulses that nobody checks, as they come from root."""
    return {
        "block_number": 1,
        "pulses": [{"round": r, "randomness": b"\xff" * 32, "signature": b"\xff" * 48} for r in rounds],
        "public": {"Sr25519": "0x" + "00" * 32},
    }


def newer_pulse(state: Any) -> None:
    """The chain has the pulse of round 1001."""
    drand.store(state, drand.Pulse(1001, b"\xff", b"\xff"))


def no_space(state: Any) -> None:
    """There is no space for commitments."""
    commitments.MaxSpace[state] = 0


async def envelope(client: bt.Client) -> bytes:
    """Something that is sealed for the shield of this chain, but is no extrinsic."""
    return bytes(bittensor_core.encrypt_mlkem768(ShieldKey("every call").public, b"not an extrinsic", True))


_AMONG = sorted((VERA, MONA, NORA), key=lambda who: ss58_decode(cold(who)))
OTHERS_OF_BOB = [cold(who) for who in _AMONG if who is not VERA]
OTHERS_OF_CHARLIE = [cold(who) for who in _AMONG if who is not MONA]
PROPOSE = ok("Multisig.as_multi", BOB, "NewMultisig", threshold=2, other_signatories=OTHERS_OF_BOB,
             maybe_timepoint=None, call=PAY, max_weight=WEIGHT)  # fmt: skip


async def proposed_at(client: bt.Client) -> dict[str, int]:
    """The timepoint of the call that has been proposed in the last block."""
    return {"height": await client.block(), "index": 1}


async def hash_of_pay(client: bt.Client) -> str:
    """The hash of the call that was proposed."""
    composed = await client.compose(bt.calls.Balances.transfer_keep_alive(**TO_MONA))
    return "0x" + composed.call_hash.hex()


CANCEL = {
    "threshold": 2,
    "other_signatories": OTHERS_OF_BOB,
    "timepoint": proposed_at,
    "call_hash": hash_of_pay,
}
APPROVE = {"threshold": 2, "other_signatories": OTHERS_OF_CHARLIE, "maybe_timepoint": proposed_at, "call": PAY,
           "max_weight": WEIGHT}  # fmt: skip
COMMON = multisig.common_account(
    VERA.coldkey.public_key, 2, tuple(who.coldkey.public_key for who in _AMONG if who is not VERA)
)
FUND = ok("Balances.transfer_keep_alive", BOB, "Transfer", dest=ss58_encode(COMMON, 42), value=5 * TAO)
DELEGATE = {"delegate": cold(MONA), "proxy_type": "Any", "delay": 0}
ADD_PROXY = ok("Proxy.add_proxy", BOB, "ProxyAdded", **DELEGATE)
FOR_BOB = {"real": cold(VERA), "force_proxy_type": None, "call": PAY}

BALANCES = [
    PAY,
    no("Balances.transfer_keep_alive", BOB, "FundsUnavailable", dest=cold(MONA), value=10**9 * TAO),
    no("Balances.transfer_keep_alive", DAVE, "NotExpendable", dest=cold(MONA), value=2000 * TAO - 125_500),
    no("Balances.transfer_keep_alive", BOB, "BelowMinimum", dest=OWNER.hotkey.ss58_address, value=499),
    ok("Balances.transfer_allow_death", BOB, "Transfer", **TO_MONA),
    no("Balances.transfer_allow_death", BOB, "FundsUnavailable", dest=cold(MONA), value=10**9 * TAO),
    ok("Balances.transfer_all", DAVE, "Transfer", dest=cold(MONA), keep_alive=True),
    ok("Balances.transfer_all", DAVE, "KilledAccount", dest=cold(MONA), keep_alive=False),
    ok("Balances.force_set_balance", ROOT, "BalanceSet", who=cold(NORA), new_free=5),
    no("Balances.force_set_balance", ROOT, "Arithmetic", who=cold(NORA), new_free=2**64 - 1),
    no("Balances.force_set_balance", BOB, "BadOrigin", who=cold(NORA), new_free=5),
]  # fmt: skip

SYSTEM = [
    ok("System.remark", BOB, "ExtrinsicSuccess", remark=b"hello"),
    ok("System.remark_with_event", BOB, "Remarked", remark=b"hello"),
    ok("System.set_storage", ROOT, Stored("Kappa", (NETUID,), 99), items=[(KAPPA_KEY, KAPPA_VALUE)]),
    no("System.set_storage", BOB, "BadOrigin", items=[(KAPPA_KEY, KAPPA_VALUE)]),
    no("Timestamp.set", BOB, "BadOrigin", now=1),
    no("Timestamp.set", ROOT, "BadOrigin", now=1),
    ok("Sudo.sudo", ALICE, Stored("Kappa", (NETUID,), 99), call=KAPPA),
    no("Sudo.sudo", BOB, "BadSigner", call=KAPPA),
    ok("Utility.batch", BOB, "BatchCompleted", calls=[PAY, PAY]),
    no("Utility.batch", BOB, "FundsUnavailable", calls=[PAY, PAY_TOO_MUCH]),
    ok("Utility.batch_all", BOB, "BatchCompleted", calls=[PAY, PAY]),
    no("Utility.batch_all", BOB, "FundsUnavailable", calls=[PAY, PAY_TOO_MUCH]),
    ok("Utility.force_batch", BOB, "BatchCompleted", calls=[PAY, PAY]),
    no("Utility.force_batch", BOB, "FundsUnavailable", calls=[PAY_TOO_MUCH, PAY]),
    ok("MevShield.submit_encrypted", BOB, "EncryptedSubmitted", ciphertext=envelope),
    no("MevShield.submit_encrypted", BOB, "FailedShieldedTxParsing", ciphertext=b"\xff" * 10),
]  # fmt: skip

TOGETHER = [
    ADD_PROXY,
    no("Proxy.add_proxy", BOB, "Duplicate", **DELEGATE).after(ADD_PROXY),
    no("Proxy.add_proxy", BOB, "NoSelfProxy", **{**DELEGATE, "delegate": cold(VERA)}),
    no("Proxy.add_proxy", BOB, "Unannounced", **{**DELEGATE, "delay": 1}),
    ok("Proxy.proxy", CHARLIE, "ProxyExecuted", **FOR_BOB).after(ADD_PROXY),
    no("Proxy.proxy", CHARLIE, "NotProxy", **FOR_BOB),
    no("Proxy.proxy", CHARLIE, "CallFiltered", **FOR_BOB)
    .after(ok("Proxy.add_proxy", BOB, "ProxyAdded", **{**DELEGATE, "proxy_type": "Staking"})),
    ok("Proxy.remove_proxy", BOB, "ProxyRemoved", **DELEGATE).after(ADD_PROXY),
    no("Proxy.remove_proxy", BOB, "NotFound", **DELEGATE),
    PROPOSE,
    ok("Multisig.as_multi", CHARLIE, "MultisigExecuted", **APPROVE).after(FUND, PROPOSE),
    no("Multisig.as_multi", BOB, "MinimumThreshold", threshold=1, other_signatories=OTHERS_OF_BOB,
       maybe_timepoint=None, call=PAY, max_weight=WEIGHT),
    ok("Multisig.cancel_as_multi", BOB, "MultisigCancelled", **CANCEL).after(PROPOSE),
    no("Multisig.cancel_as_multi", BOB, "NotFound", **CANCEL),
]  # fmt: skip

AROUND = [
    ok("Commitments.set_commitment", VERA_KEY, "Commitment", netuid=NETUID, info=info({"Raw5": b"model"})),
    no("Commitments.set_commitment", NORA_KEY, "AccountNotAllowedCommit", netuid=NETUID, info=info({"Raw1": b"x"})),
    no("Commitments.set_commitment", VERA_KEY, "TooManyFieldsInCommitmentInfo", netuid=NETUID,
       info=info(*({"Raw1": b"x"},) * 4)),
    no("Commitments.set_commitment", VERA_KEY, "SpaceLimitExceeded", netuid=NETUID, info=info({"Raw1": b"x"}))
    .after(no_space),
    ok("Drand.write_pulse", ROOT, "NewPulse", pulses_payload=pulses(1000, 1002), signature=None),
    no("Drand.write_pulse", ROOT, "InvalidRoundNumber", pulses_payload=pulses(1000), signature=None)
    .after(newer_pulse),
    no("Drand.write_pulse", BOB, "BadOrigin", pulses_payload=pulses(1000), signature=None),
]  # fmt: skip


CASES = [*BALANCES, *SYSTEM, *TOGETHER, *AROUND]
