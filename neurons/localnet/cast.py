"""Who takes part in the local network, and their wallets.

Keys derive from the run's seed, so that the same seed gives the same addresses; they guard play money only.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import bittensor as bt

Role = Literal["owner", "validator", "miner"]
# The well-known development key that every local chain funds and makes sudo: //Alice.
ALICE_SEED = "0xe5be9a5092b81bca64be81d212e7f2f9eba183bb7a90954f7b76361f6edb5c0a"
HOTKEY_NAME = "default"


@dataclass(frozen=True, slots=True)
class Member:
    """One part of the play: its name, its role, and for a miner where its answers come from."""

    name: str
    role: Role
    backend: str = ""
    model: str = ""
    newcomer: bool = False


@dataclass(frozen=True, slots=True)
class Keys:
    """A member's wallet and its two addresses."""

    wallet: Any
    hotkey: str
    coldkey: str


def cast(models: Path) -> list[Member]:
    """The owner, two validators, five miners of different worth, and the newcomer, in order of registration."""
    return [
        Member("owner", "owner"),
        Member("vera", "validator"),
        Member("viktor", "validator"),
        Member("strong", "miner", "transformers", str(models / "strong")),
        Member("medium", "miner", "transformers", str(models / "medium")),
        Member("weak", "miner", "transformers", str(models / "weak")),
        Member("silent", "miner", "silent"),
        Member("garbage", "miner", "garbage"),
        Member("newcomer", "miner", "transformers", str(models / "strong"), newcomer=True),
    ]


def make_wallets(members: list[Member], folder: Path, seed: int) -> dict[str, Keys]:
    """Wallets under `folder` for all members and for alice, who holds the funds and the sudo key."""
    keys = {
        member.name: _wallet(folder, member.name, _seed(seed, member.name, "coldkey"), seed)
        for member in members
    }
    keys["alice"] = _wallet(folder, "alice", ALICE_SEED, seed)
    return keys


def _wallet(folder: Path, name: str, coldkey_seed: str, seed: int) -> Keys:
    wallet = bt.Wallet(name=name, hotkey=HOTKEY_NAME, path=str(folder))
    wallet.regenerate_coldkey(seed=coldkey_seed, use_password=False, overwrite=True, suppress=True)
    wallet.regenerate_hotkey(
        seed=_seed(seed, name, "hotkey"), use_password=False, overwrite=True, suppress=True
    )
    return Keys(wallet, wallet.hotkey.ss58_address, wallet.coldkey.ss58_address)


def _seed(seed: int, name: str, role: str) -> str:
    return "0x" + hashlib.blake2b(f"assay localnet {seed} {name} {role}".encode(), digest_size=32).hexdigest()
