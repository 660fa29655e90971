"""The same seed and the same extrinsics give the same chain, to the last byte, in any process."""

import os
import subprocess
import sys
from pathlib import Path

from bittensor_core import Keypair

from subnet.devnet.calls import call_of
from subnet.devnet.config import ChainConfig
from subnet.devnet.extrinsic import Era, Signature, sign
from subnet.devnet.node import Node
from subnet.devnet.pallets.subtensor.storage import Incentive
from subnet.devnet.scale import CALL

ROOT = Path(__file__).parents[2]
RUNS, PROCESSES = 20, 2
SEED = "again"
TAO = 10**9
SUBTENSOR = "SubtensorModule"


def key(name: str) -> Keypair:
    return Keypair.create_from_uri(f"//{name}")


def hot(name: str) -> str:
    return str(key(f"{name}/hot").ss58_address)


# Who signs which call; "blocks" stands for that many blocks
STORY: list[tuple[str, str, dict[str, object]] | int] = [
    ("Alice", "register_network", {"hotkey": hot("Alice")}),
    1,
    ("Alice", "start_call", {"netuid": 2}),
    ("Bob", "burned_register", {"netuid": 2, "hotkey": hot("Bob")}),
    1,
    ("Charlie", "burned_register", {"netuid": 2, "hotkey": hot("Charlie")}),
    ("Dave", "burned_register", {"netuid": 99, "hotkey": hot("Dave")}),  # fails, and costs its fee
    1,
    ("Bob", "add_stake", {"hotkey": hot("Bob"), "netuid": 2, "amount_staked": 300 * TAO}),
    ("Charlie", "add_stake", {"hotkey": hot("Charlie"), "netuid": 2, "amount_staked": 70 * TAO}),
    12,
    ("Bob/hot", "set_weights", {"netuid": 2, "dests": (1, 2), "weights": (9, 65_535), "version_key": 0}),
    25,
    ("Charlie", "unstake_all", {"hotkey": hot("Charlie")}),
    12,
]


def written() -> list[bytes | int]:
    """The story as signed extrinsics. Signing draws chance, so that it is done once."""
    node = Node(ChainConfig(mode="manual", seed=SEED))
    steps: list[bytes | int] = []
    for step in STORY:
        if isinstance(step, int):
            steps.append(step)
        else:
            signer, name, arguments = step
            keypair = key(signer)
            call = CALL.encode(call_of(node.runtime, f"{SUBTENSOR}.{name}", arguments))
            nonce = sum(
                1 for made in STORY[: STORY.index(step)] if not isinstance(made, int) and made[0] == signer
            )
            signature = Signature(keypair.public_key, "Sr25519", b"", Era(), nonce, 0, 0)
            genesis = node.blocks.genesis_hash
            steps.append(sign(call, keypair, signature, genesis, genesis))
    return steps


def told(steps: list[bytes | int]) -> Node:
    """The chain after the story."""
    node = Node(ChainConfig(mode="manual", seed=SEED))
    for step in steps:
        if isinstance(step, bytes):
            node.submit(step)
        else:
            for _ in range(step):
                node.make_block()
    return node


def ending(node: Node) -> str:
    return f"{node.state_digest().hex()} {node.blocks.head_hash.hex()}"


def test_the_same_story_ends_the_same_in_twenty_runs() -> None:
    steps = written()
    first = told(steps)
    assert first.failures == []
    assert Incentive[first.state, 2] == (0, 0, 65_535)  # the story came to its end
    lines = "\n".join(step.hex() if isinstance(step, bytes) else f"={step}" for step in steps)
    endings = [ending(first)]
    endings += [ending(told(steps)) for _ in range(RUNS - PROCESSES - 1)]
    for hash_seed in range(PROCESSES):
        environment = dict(os.environ, PYTHONPATH=str(ROOT), PYTHONHASHSEED=str(hash_seed))
        endings.append(
            subprocess.run(
                (sys.executable, __file__),
                input=lines,
                env=environment,
                capture_output=True,
                text=True,
                check=True,
            ).stdout
        )
    assert len(endings) == RUNS
    assert set(endings) == {endings[0]}


def test_another_seed_is_another_chain() -> None:
    one, other = (Node(ChainConfig(mode="manual", seed=seed)) for seed in ("one", "other"))
    assert one.blocks.genesis_hash != other.blocks.genesis_hash
    assert one.shield.public != other.shield.public


if __name__ == "__main__":
    read = [
        int(line[1:]) if line.startswith("=") else bytes.fromhex(line) for line in sys.stdin.read().split()
    ]
    sys.stdout.write(ending(told(read)))
