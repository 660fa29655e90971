"""What the doctor is told of a neuron: its keys, its subnet, its machine, its clock, its port.

Whoever gathers it leaves out what could not be had; a check without its facts says so and decides nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from subnet.protocol import Address, Coldkey, Hotkey, Peer

RAO = 1_000_000_000
"""Rao in one TAO or one alpha."""


@dataclass(frozen=True, slots=True)
class Keys:
    """Which keys the neuron uses, as its user names them; `problem` says why there is no `hotkey`, and
    `hotkey_file` names its file when there is one all the same.

    `coldkey` is the public one beside the hotkey, None without such a file; `coldkey_here` says that the
    private one lies on this machine.
    """

    network: str
    netuid: int
    wallet: str
    name: str
    path: str
    hotkey: Hotkey | None
    coldkey: Coldkey | None = None
    coldkey_here: bool = False
    problem: str = ""
    hotkey_file: str = ""


@dataclass(frozen=True, slots=True)
class Terms:
    """What a subnet demands: blocks, counts, u16 limits, rao; `price` is the rao that one alpha costs.

    `seats` is how many members fit, `min_non_immune` how many of them pruning leaves out of immunity first.
    """

    tempo: int
    immunity: int
    rate_limit: int
    version_key: int
    min_weights: int
    max_weight: int
    activity_cutoff: int
    stake_threshold: int
    max_validators: int
    seats: int
    min_non_immune: int
    price: int
    started: bool
    owner_coldkey: Coldkey


@dataclass(frozen=True, slots=True)
class Subnet:
    """A subnet at one block: members by hotkey, the owner's hotkey, blocks to the next epoch, None without one.

    `local` says that this is a development chain, which keeps its own time and uses private addresses.
    `head_age` is how many seconds ago the newest block was made, None on a local chain. When members last set
    weights is told for the mechanism that was asked about; there are `mechanisms` of them.
    """

    block: int
    blocks_left: int | None
    members: Mapping[Hotkey, Peer]
    owner: Hotkey
    terms: Terms
    local: bool
    head_age: float | None = None
    mechanisms: int = 1


@dataclass(frozen=True, slots=True)
class Needs:
    """The least that min_compute.yml asks of a machine; `gpu_gib` is None when no GPU is asked for."""

    cores: int = 0
    memory_gib: float = 0.0
    storage_gib: float = 0.0
    gpu_gib: float | None = None
    architectures: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Machine:
    """What this machine has for us; `storage_gib` is free, `gpu_gib` that of the largest GPU, None without one."""

    cores: int
    memory_gib: float
    storage_gib: float
    architecture: str
    gpu_gib: float | None = None


@dataclass(frozen=True, slots=True)
class Reach:
    """Who answers where a miner is to be found.

    `listening` says whether something listens on `port` of this machine. `answers` is the hotkey that the
    published address names as its own, "" when something else answers there, None when nothing does.
    """

    port: int
    listening: bool
    address: Address | None = None
    answers: str | None = None
    refusal: str | None = None


@dataclass(frozen=True, slots=True)
class Clock:
    """Seconds that this machine's clock is ahead of the true time, as `source` knows it; None when nobody told."""

    ahead: float | None
    source: str


@dataclass(frozen=True, slots=True)
class Facts:
    """All that was gathered; `chain_problem` says why there is no `subnet`."""

    keys: Keys
    sdk: str
    machine: Machine
    clock: Clock
    needs: Needs | None = None
    subnet: Subnet | None = None
    chain_problem: str = ""
    reach: Reach | None = None
    sent_version_key: int = 0
    mechid: int = 0
    me: Peer | None = field(init=False)

    def __post_init__(self) -> None:
        members = self.subnet.members if self.subnet else {}
        object.__setattr__(self, "me", members.get(self.keys.hotkey) if self.keys.hotkey else None)
