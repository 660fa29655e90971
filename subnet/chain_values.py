"""What the chain says, in this kit's own terms: frozen values, checked where the chain's text is not trusted."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any, Literal, Protocol

from subnet.protocol import Address, Coldkey, Hotkey, Peer

Path = Literal["plain", "timelocked"]
U16_MAX = 65535


@dataclass(frozen=True, slots=True)
class Epoch:
    """Where the subnet stands in its epoch cycle at `block`.

    `index` counts epochs since the subnet exists; `last_block` is the block of the last one, `next_block`
    the block at which the next is due (None when the subnet's tempo is 0); `tempo` counts blocks.
    """

    index: int
    block: int
    tempo: int
    last_block: int
    next_block: int | None

    @property
    def blocks_left(self) -> int | None:
        """Blocks until the next epoch, or None when none is due."""
        return None if self.next_block is None else max(0, self.next_block - self.block)


@dataclass(frozen=True, slots=True)
class Limits:
    """What the chain asks of weights and of who sets them.

    `min_stake` is the stake weight in rao from which weights are taken, `version` the oldest version key that is.
    `activity_cutoff` is how many blocks old weights may be and still count, `immunity` the immunity period in
    blocks. `max_weight` is the largest share of one weight in 65535ths, `min_weights` how many there must be.
    """

    min_stake: int
    version: int
    activity_cutoff: int
    immunity: int
    max_weight: int
    min_weights: int
    commit_reveal: bool


@dataclass(frozen=True, slots=True)
class Sent:
    """Weights that left for the chain: who sent them, and what was meant, by hotkey.

    `block` is that of their inclusion or, as long as it is unknown, the head when they left. `weights` holds the
    u16 values as the chain stores them; `reveal_round` is the drand round of a timelocked commit, once known.
    """

    hotkey: Hotkey
    block: int
    path: Path
    weights: Mapping[Hotkey, int]
    reveal_round: int | None = None


@dataclass(frozen=True, slots=True)
class Ready:
    """Weights as they can be sent: by uid for the metagraph of this moment, and what will be stored of them."""

    uids: Sequence[int]
    values: Sequence[float]
    sent: Sent


@dataclass(frozen=True, slots=True)
class Stored:
    """A validator's weights on the chain: u16 values by hotkey, and the block of its last update."""

    weights: Mapping[Hotkey, int]
    last_update: int


HEX = re.compile(r"0x([0-9a-f]{2}){1,64}")
WITHDRAWN = "0000"
"""What takes the place of a TLS key that is given up, as hex text: the chain deletes none, but takes this one."""


def tls_keys(rows: Iterable[tuple[Any, Any]]) -> dict[Hotkey, str]:
    """The TLS keys of a subnet, as hex text, from its `NeuronCertificates` as the SDK decodes them."""
    found = {Hotkey(str(hotkey)): _key(certificate) for hotkey, certificate in rows}
    return {hotkey: key for hotkey, key in found.items() if key != WITHDRAWN}


def _key(certificate: Mapping[str, Any]) -> str:
    """Algorithm byte and public key; the SDK shows bytes as 0x text unless they happen to be text themselves."""
    public = certificate["public_key"]
    if not isinstance(public, str):
        public = "0x" + bytes(public).hex()
    shown = public[2:] if HEX.fullmatch(public) else public.encode().hex()
    return f"{int(certificate['algorithm']):02x}{shown}"


def peer_of(neuron: Any, keys: Mapping[Hotkey, str]) -> Peer:
    """A member as the SDK decodes it from the metagraph; `keys` are the TLS keys that members published."""
    return Peer(
        hotkey=Hotkey(neuron.hotkey),
        coldkey=Coldkey(neuron.coldkey),
        uid=neuron.uid,
        address=_address(neuron.axon, keys.get(Hotkey(neuron.hotkey), "")),
        stake=neuron.total_stake.rao,
        validator_permit=neuron.validator_permit,
        incentive=neuron.incentive,
        dividends=neuron.dividends,
        emission=neuron.emission.rao,
        registered_at=neuron.block_at_registration,
        last_update=neuron.last_update,
    )


def _address(axon: str | None, key: str) -> Address | None:
    """The published address, or None when nothing usable is published (the chain's text is not trusted)."""
    if axon is None:
        return None
    host, _, port = axon.rpartition(":")
    try:
        ipaddress.ip_address(host.strip("[]"))
        number = int(port)
    except ValueError:
        return None
    return Address(host.strip("[]"), number, key) if 0 < number <= U16_MAX else None


class Keys(Protocol):
    """Which hotkey on which subnet: a neuron's settings, as far as a command repeats them."""

    @property
    def network(self) -> str: ...

    @property
    def netuid(self) -> int: ...

    @property
    def wallet(self) -> str: ...

    @property
    def wallet_hotkey(self) -> str: ...

    @property
    def wallet_path(self) -> PurePath: ...


def seat_hint(keys: Keys) -> str:
    """The btcli command that registers a hotkey, for messages that say a seat is missing."""
    wallet = f"-w {keys.wallet} -H {keys.wallet_hotkey} --wallet-path {keys.wallet_path}"
    return f"btcli subnets register --netuid {keys.netuid} --network {keys.network} {wallet}"
