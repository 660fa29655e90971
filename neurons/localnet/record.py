"""What the local network remembers of its run, and the report that is made of it."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from neurons.localnet.cast import Keys, Member
from subnet.protocol import Hotkey, Peer


@dataclass(frozen=True, slots=True)
class NeuronRow:
    """One neuron at one epoch; emission and stake in rao, incentive and dividends in [0, 1]."""

    name: str
    role: str
    hotkey: str
    uid: int
    score: float | None
    incentive: float
    dividends: float
    emission: int
    stake: int


@dataclass(frozen=True, slots=True)
class EpochRow:
    """One epoch of the run: its number from 1, its block, and its neurons by uid."""

    epoch: int
    block: int
    neurons: tuple[NeuronRow, ...]

    def of(self, name: str) -> NeuronRow | None:
        """The row of a member by name, or None when it had no seat."""
        return next((row for row in self.neurons if row.name == name), None)


@dataclass(frozen=True, slots=True)
class Replacement:
    """A seat that changed hands at `block`."""

    name: str
    hotkey: str
    uid: int
    block: int
    replaced_by: str


@dataclass
class Record:
    """Everything that was seen, in the order it was seen; `started` is the clock at the command's start."""

    names: Mapping[str, Member]
    started: float = field(default_factory=time.monotonic)
    netuid: int = 0
    epochs: list[EpochRow] = field(default_factory=list)
    deregistered: list[Replacement] = field(default_factory=list)
    weights: list[dict[str, Any]] = field(default_factory=list)
    drained: list[dict[str, int]] = field(default_factory=list)
    seconds: dict[str, float | None] = field(
        default_factory=lambda: {"to_first_block": None, "to_first_weights": None, "to_first_emission": None}
    )

    def mark(self, what: str) -> None:
        """Notes the seconds since the start at which something happened for the first time."""
        if self.seconds[what] is None:
            self.seconds[what] = round(time.monotonic() - self.started, 3)

    def member(self, hotkey: str) -> Member:
        """The member behind a hotkey; hotkeys from elsewhere are shown by their address."""
        return self.names.get(hotkey, Member(hotkey[:8], "miner"))

    def add_epoch(self, block: int, peers: Mapping[Hotkey, Peer], scores: Mapping[str, float]) -> EpochRow:
        """Appends the epoch that ran at `block`."""
        rows = (self.row(peer, scores.get(peer.hotkey)) for peer in sorted(peers.values(), key=_uid))
        epoch = EpochRow(len(self.epochs) + 1, block, tuple(rows))
        self.epochs.append(epoch)
        if any(row.incentive > 0 and row.role == "miner" for row in epoch.neurons):
            self.mark("to_first_emission")
        return epoch

    def row(self, peer: Peer, score: float | None) -> NeuronRow:
        """A peer as a row of table and report."""
        member = self.member(peer.hotkey)
        return NeuronRow(
            name=member.name,
            role=member.role,
            hotkey=peer.hotkey,
            uid=peer.uid,
            score=score,
            incentive=peer.incentive,
            dividends=peer.dividends,
            emission=peer.emission,
            stake=peer.stake,
        )

    def report(self) -> dict[str, Any]:
        """The run as one JSON document; emission, stake and drained amounts in rao."""
        return {
            "netuid": self.netuid,
            "epochs": [
                {**asdict(epoch), "drained": drained}
                for epoch, drained in zip(self.epochs, self.drained, strict=False)
            ],
            "deregistered": [asdict(seat) for seat in self.deregistered],
            "weights": self.weights,
            "seconds": {**self.seconds, "total": round(time.monotonic() - self.started, 3)},
        }


def names_of(members: Sequence[Member], keys: Mapping[str, Keys]) -> dict[str, Member]:
    """Members by hotkey."""
    return {keys[member.name].hotkey: member for member in members}


def replaced(
    before: Mapping[Hotkey, Peer], after: Mapping[Hotkey, Peer], record: Record
) -> list[Replacement]:
    """The seats whose hotkey changed between two views of the subnet."""
    holders = {peer.uid: peer for peer in after.values()}
    lost = [peer for hotkey, peer in before.items() if hotkey not in after and peer.uid in holders]
    return [
        Replacement(
            name=record.member(peer.hotkey).name,
            hotkey=peer.hotkey,
            uid=peer.uid,
            block=holders[peer.uid].registered_at,
            replaced_by=record.member(holders[peer.uid].hotkey).name,
        )
        for peer in lost
    ]


class StatusFile:
    """The lines that a validator appends to its status file, read as they come."""

    def __init__(self, validator: str, path: Path) -> None:
        self.validator = validator
        self.path = path
        self._offset = 0

    def new_lines(self) -> list[dict[str, Any]]:
        """The whole lines appended since the last call."""
        if not self.path.exists():
            return []
        with self.path.open("rb") as file:
            file.seek(self._offset)
            data = file.read()
        whole = data[: data.rfind(b"\n") + 1]
        self._offset += len(whole)
        return [json.loads(line) for line in whole.splitlines()]


def _uid(peer: Peer) -> int:
    return peer.uid
