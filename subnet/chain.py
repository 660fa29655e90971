"""The subnet as the chain shows it: the only module that imports the bittensor client.

One path for every network: mainnet, testnet, a local node and the embedded chain differ by endpoint only.
Every call has a deadline. A uid lives inside one call: hotkeys become uids in `set_weights`, against the
metagraph of that block, and `read_back` compares by hotkey again.
"""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Mapping
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from typing import Any, Literal

import bittensor as bt

from subnet.errors import ChainBusy, ChainError, ConditionError
from subnet.protocol import Address, Coldkey, Hotkey, Peer

Path = Literal["plain", "timelocked"]
U16_MAX = 65535
DRAND_ROUND_SECONDS = 3
# Refusals that time alone takes away: rate limits and epochs pass, nonces and eras move on.
BUSY_CODES = {bt.ErrorCode.RATE_LIMITED, bt.ErrorCode.TOO_EARLY, bt.ErrorCode.EXPIRED}
# The SDK classifies these by wording only; both clear with the next block.
BUSY_WORDS = ("priority is too low", "transaction is outdated", "already imported")

# What a member must know of its subnet beyond the SDK's hyperparameters.
LEFT_OUT = ("MaxAllowedUids", "MinNonImmuneUids", "SubnetOwner", "SubtokenEnabled")


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
class Sent:
    """Weights that the chain included at `block`: who sent them and what was meant, by hotkey.

    `weights` holds the u16 values as quantised by the SDK; `reveal_round` is the drand round of a timelocked
    commit, None on the plain path.
    """

    hotkey: Hotkey
    block: int
    path: Path
    weights: Mapping[Hotkey, int]
    reveal_round: int | None = None


@dataclass(frozen=True, slots=True)
class Stored:
    """A validator's weights on the chain: u16 values by hotkey, and the block of its last update."""

    weights: Mapping[Hotkey, int]
    last_update: int


class Chain:
    """Reads and writes of one subnet over one connection; made by `Chain.connect`."""

    def __init__(self, client: bt.Client, netuid: int, seconds: float) -> None:
        self._client = client
        self._seconds = seconds
        self.netuid = netuid

    @classmethod
    @asynccontextmanager
    async def connect(cls, network: str, netuid: int, seconds: float = 60.0) -> AsyncIterator[Chain]:
        """A connected chain view; `seconds` bounds each call. Raises ChainBusy when nothing answers."""
        try:
            client = bt.Client(network)
        except ValueError as problem:
            raise ConditionError(
                f"unknown network {network!r}: use finney, test, local or a ws:// endpoint"
            ) from (problem)
        await _bounded(client.connect(), seconds, f"connecting to {network}")
        try:
            yield cls(client, netuid, seconds)
        finally:
            await client.close()

    async def block(self) -> int:
        """The number of the current best block."""
        return int(await self._ask(self._client.block(), "block number"))

    async def blocks(self) -> AsyncGenerator[int, None]:
        """Numbers of new blocks as they arrive; the caller watches that they do."""
        try:
            # Closed in order: a forgotten subscription would open the connection again to end itself.
            async with aclosing(self._client.blocks()) as headers:
                async for header in headers:
                    yield int(header.number)
        except (bt.BittensorError, OSError) as problem:
            raise ChainBusy(f"the block subscription ended: {_line(problem)}") from problem

    async def block_seconds(self) -> float:
        """The chain's target time between two blocks, in seconds."""
        return float(await self._ask(self._client.block_time(), "block time"))

    async def block_hash(self, block: int) -> str:
        """The hash of a block as 0x text: public randomness that nobody knew before."""
        info = await self._ask(self._client.block_info(block), f"block {block}")
        if info is None:
            raise ChainError(f"the chain has no block {block}")
        return str(info.hash)

    async def genesis(self) -> str:
        """The hash of block 0 as 0x text, by which a chain is known; it is kept in the state for ever."""
        return str(await self._ask(self._client.query(("System", "BlockHash"), [0]), "genesis hash"))

    async def peers(self, block: int | None = None) -> dict[Hotkey, Peer]:
        """All members of the subnet by hotkey, at the head or at a block."""
        view = self._client if block is None else await self._ask(self._client.at(block), f"block {block}")
        graph = await self._ask(view.subnets.metagraph(self.netuid, commitments=False), "metagraph")
        if graph is None:
            raise ConditionError(f"subnet {self.netuid} does not exist on {self._client.network}")
        members = (_peer(neuron) for neuron in graph.neurons)
        return {peer.hotkey: peer for peer in members}

    async def owner(self) -> Hotkey:
        """The hotkey of the subnet's owner, which burns what is paid to it."""
        return Hotkey(str(await self._query("SubnetOwnerHotkey", self.netuid)))

    async def timestamp(self) -> float:
        """When the head block was made by its author's clock, in seconds since 1970."""
        return float((await self._ask(self._client.timestamp(), "chain's time")).timestamp())

    async def hyperparameters(self) -> dict[str, Any]:
        """What the subnet demands and pays, by the SDK's names, and under the storage's names what those leave out.

        Amounts are rao, `price_rao` is that of one alpha; ConditionError when there is no such subnet.
        """
        read = self._client.subnets.subnet_hyperparameters(netuid=self.netuid)
        named = await self._ask(read, "hyperparameters")
        if named is None:
            raise ConditionError(f"subnet {self.netuid} does not exist on {self._client.network}")
        price = await self._ask(self._client.prices.alpha_price(netuid=self.netuid), "price of alpha")
        stored = {item: await self._query(item, self.netuid) for item in LEFT_OUT}
        threshold = {"StakeThreshold": int(await self._query("StakeThreshold") or 0)}
        return {**named, "price_rao": int(price["price_rao"]), **stored, **threshold}

    async def epoch(self) -> Epoch:
        """Where the subnet stands in its epoch cycle."""
        status = await self._ask(self._client.epochs.epoch_status(self.netuid), "epoch status")
        return Epoch(
            index=status["epoch_index"],
            block=status["block"],
            tempo=status["tempo"],
            last_block=status["last_epoch_block"],
            next_block=status["next_epoch_start_block"],
        )

    async def weights_open_at(self, hotkey: Hotkey) -> int:
        """The first block at which the chain's rate limit lets this hotkey set weights again."""
        peer = (await self.peers()).get(hotkey)
        if peer is None:
            raise ConditionError(f"hotkey {hotkey} has no seat on subnet {self.netuid}")
        limit = int(await self._query("WeightsSetRateLimit", self.netuid) or 0)
        return peer.last_update + limit if peer.last_update else 0

    async def serve(self, wallet: Any, address: Address) -> None:
        """Publishes where the wallet's hotkey listens; ChainBusy when the serving rate limit says 'later'."""
        intent = bt.ServeAxon(netuid=self.netuid, ip=address.host, port=address.port)
        await self._send(intent, wallet, f"publishing {address.host}:{address.port}")

    async def set_weights(self, wallet: Any, weights: Mapping[Hotkey, float], version_key: int = 0) -> Sent:
        """Sends weights, plain or timelocked as the subnet demands; returns once they are in a block.

        Hotkeys without a seat at this moment are left out. Included is not effective: see `read_back`.
        Raises ChainBusy when a later try may succeed, ChainError or ConditionError when it will not.
        """
        peers = await self.peers()
        seated = {peers[hotkey].uid: hotkey for hotkey in weights if hotkey in peers and weights[hotkey] > 0}
        if not seated:
            raise ConditionError("no weights to send: none of the weighted hotkeys has a seat")
        uids = sorted(seated)
        values = [float(weights[seated[uid]]) for uid in uids]
        intent = bt.SetWeights(netuid=self.netuid, uids=uids, weights=values, version_key=version_key)
        result = await self._send(intent, wallet, "setting weights")
        sent_uids, sent_values = bt.intents.normalize(uids, values)
        reveal_round = result.data.get("reveal_round")
        return Sent(
            hotkey=Hotkey(wallet.hotkey.ss58_address),
            block=int(str(result.extrinsic_id).split("-")[0]),
            path="plain" if reveal_round is None else "timelocked",
            weights={seated[uid]: value for uid, value in zip(sent_uids, sent_values, strict=True)},
            reveal_round=None if reveal_round is None else int(reveal_round),
        )

    async def read_back(self, sent: Sent) -> bool:
        """Whether the chain now holds what was sent, compared by hotkey.

        A seat that changed hands between sending and inclusion makes the answer False: the weights then speak
        of somebody else. Timelocked weights count once they are revealed.
        """
        stored = await self.stored_weights(sent.hotkey)
        if stored is None or stored.last_update < sent.block:
            return False
        return {h: v for h, v in stored.weights.items() if v} == dict(sent.weights)

    async def stored_weights(self, hotkey: Hotkey, block: int | None = None) -> Stored | None:
        """The weights that the chain holds for a validator, or None when it has no seat or no weights."""
        at = await self.block() if block is None else block
        peers = await self.peers(at)
        me = peers.get(hotkey)
        if me is None:
            return None
        row = await self._query("Weights", self.netuid, me.uid, block=at)
        seats = {peer.uid: peer.hotkey for peer in peers.values()}
        weights = {seats[int(uid)]: int(value) for uid, value in row or () if int(uid) in seats}
        return Stored(weights, me.last_update) if row else None

    async def _query(self, item: str, *keys: object, block: int | None = None) -> Any:
        read = self._client.query(("SubtensorModule", item), list(keys), block=block)
        return await self._ask(read, item)

    async def _ask(self, call: Awaitable[Any], what: str) -> Any:
        return await _bounded(call, self._seconds, f"reading the {what}")

    async def _send(self, intent: Any, wallet: Any, what: str) -> Any:
        result = await _bounded(self._client.execute(intent, wallet), self._seconds, what)
        if not result.success:
            raise _chain_error(result.error or bt.ChainError(result.message), what)
        return result


def seat_hint(network: str, netuid: int, wallet: str, hotkey_name: str) -> str:
    """The btcli command that registers a hotkey, for messages that say a seat is missing."""
    return f"btcli subnets register --netuid {netuid} --network {network} -w {wallet} -H {hotkey_name}"


async def _bounded(call: Awaitable[Any], seconds: float, what: str) -> Any:
    """The call's result before the deadline; the SDK's failures become this kit's."""
    try:
        async with asyncio.timeout(seconds):
            return await call
    except TimeoutError as problem:
        raise ChainBusy(f"{what}: the chain did not answer within {seconds:g} s") from problem
    except bt.ChainError as problem:
        raise _chain_error(problem, what) from problem
    except (bt.RpcConnectionError, bt.ConnectionNotReady, OSError) as problem:
        raise ChainBusy(f"{what}: no connection to the chain ({_line(problem)}); is it running?") from problem
    except (bt.BittensorError, ValueError) as problem:
        raise ChainError(f"{what}: {_line(problem)}") from problem


def _chain_error(problem: bt.ChainError, what: str) -> ChainError:
    line = f"{what}: {_line(problem)}" + (f" [{problem.name}]" if problem.name else "")
    busy = problem.code in BUSY_CODES or any(word in problem.message.lower() for word in BUSY_WORDS)
    return ChainBusy(line) if busy else ChainError(line)


def _line(problem: BaseException) -> str:
    return " ".join((str(problem) or type(problem).__name__).split())[:300]


def _peer(neuron: Any) -> Peer:
    return Peer(
        hotkey=Hotkey(neuron.hotkey),
        coldkey=Coldkey(neuron.coldkey),
        uid=neuron.uid,
        address=_address(neuron.axon),
        stake=neuron.total_stake.rao,
        validator_permit=neuron.validator_permit,
        incentive=neuron.incentive,
        dividends=neuron.dividends,
        emission=neuron.emission.rao,
        registered_at=neuron.block_at_registration,
        last_update=neuron.last_update,
    )


def _address(axon: str | None) -> Address | None:
    """The published address, or None when nothing usable is published (the chain's text is not trusted)."""
    if axon is None:
        return None
    host, _, port = axon.rpartition(":")
    try:
        ipaddress.ip_address(host.strip("[]"))
        number = int(port)
    except ValueError:
        return None
    return Address(host.strip("[]"), number) if 0 < number <= U16_MAX else None
