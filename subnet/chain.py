"""The subnet as the chain shows it: with `chain_line` the only module that imports the bittensor client.

One path for every network: mainnet, testnet, a local node and the embedded chain differ by endpoint only.
Every call has a deadline. A uid lives inside one call: hotkeys become uids in `prepare`, against the metagraph
of that block, and `read_back` compares by hotkey again.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace
from typing import Any

import bittensor as bt
from bittensor.intents.weights import clip_to_max_weight

from subnet.chain_board import Board
from subnet.chain_line import Line, bounded, chain_error, one_line
from subnet.chain_values import (
    U16_MAX,
    WITHDRAWN,
    Epoch,
    Limits,
    Path,
    Ready,
    Sent,
    Stored,
    peer_of,
    seat_hint,
    tls_keys,
)
from subnet.errors import ChainBusy, ChainError, ChainSilent, ConditionError
from subnet.protocol import Address, Hotkey, Peer

__all__ = ["Chain", "Epoch", "Limits", "Ready", "Sent", "Stored", "seat_hint"]

MECHANISMS_APART = 4096
"""Weights of a subnet's mechanisms are stored so many places apart (GLOBAL_MAX_SUBNET_COUNT)."""

SEND_BLOCKS = 8
"""Blocks within which an extrinsic is finalized or lost: inclusion takes one or two, finality two or three more."""

CERTIFICATES = ("SubtensorModule", "NeuronCertificates")

# What a member must know of its subnet beyond the SDK's hyperparameters.
LEFT_OUT = ("MaxAllowedUids", "MinNonImmuneUids", "SubnetOwner", "SubtokenEnabled")


class Chain:
    """Reads and writes of one mechanism of one subnet; made by `Chain.connect`."""

    def __init__(self, line: Line, netuid: int, mechid: int = 0) -> None:
        self._line = line
        self.netuid = netuid
        self.mechid = mechid

    @classmethod
    @asynccontextmanager
    async def connect(
        cls,
        network: str,
        netuid: int,
        seconds: float = 60.0,
        fallbacks: Sequence[str] = (),
        mechid: int = 0,
    ) -> AsyncIterator[Chain]:
        """A connected chain view; `seconds` bounds each call, `fallbacks` are other endpoints of the same chain.

        Raises ChainBusy when nothing answers.
        """
        async with Line.connect(network, fallbacks, seconds) as line:
            yield cls(line, netuid, mechid)

    @property
    def endpoint(self) -> str:
        """The endpoint in use."""
        return self._line.endpoint

    @property
    def connection(self) -> int:
        """A number that changes with every new connection."""
        return self._line.number

    async def change_endpoint(self, why: str) -> None:
        """Goes on over a new connection, to another endpoint if one is known and answers."""
        await self._line.change(self._line.client, why)

    async def block(self) -> int:
        """The number of the current best block."""
        return int(await self._line.ask(lambda client: client.block(), "block number"))

    async def blocks(self) -> AsyncGenerator[int, None]:
        """Numbers of new blocks as they arrive; the caller watches that they do."""
        try:
            # Closed in order: a forgotten subscription would open the connection again to end itself.
            async with aclosing(self._line.client.blocks()) as headers:
                async for header in headers:
                    yield int(header.number)
        except (bt.BittensorError, OSError) as problem:
            raise ChainBusy(f"the block subscription ended: {one_line(problem)}") from problem

    async def block_seconds(self) -> float:
        """The chain's target time between two blocks, in seconds."""
        return float(await self._line.ask(lambda client: client.block_time(), "block time"))

    async def block_hash(self, block: int) -> str:
        """The hash of a block as 0x text: public randomness that nobody knew before."""
        info = await self._line.ask(lambda client: client.block_info(block), f"block {block}")
        if info is None:
            raise ChainError(f"the chain has no block {block}")
        return str(info.hash)

    async def genesis(self) -> str:
        """The hash of block 0 as 0x text, by which a chain is known; it is kept in the state for ever."""
        return self._line.genesis

    async def peers(self, block: int | None = None) -> dict[Hotkey, Peer]:
        """All members of the subnet by hotkey, at the head or at a block."""

        async def read(client: bt.Client) -> Any:
            view = client if block is None else await client.at(block)
            return await asyncio.gather(
                view.subnets.metagraph(self.netuid, commitments=False),
                client.query_map(CERTIFICATES, [self.netuid], block=block),
            )

        graph, certificates = await self._line.ask(read, "reading the metagraph")
        if graph is None:
            raise self._missing()
        keys = tls_keys(certificates)
        members = (peer_of(neuron, keys) for neuron in graph.neurons)
        return {peer.hotkey: peer for peer in members}

    async def owner(self) -> Hotkey:
        """The hotkey of the subnet's owner, which burns what is paid to it."""
        return Hotkey(str(await self._query("SubnetOwnerHotkey", self.netuid)))

    async def timestamp(self) -> float:
        """When the head block was made by its author's clock, in seconds since 1970."""
        return float(
            (await self._line.ask(lambda client: client.timestamp(), "reading the chain's time")).timestamp()
        )

    async def hyperparameters(self) -> dict[str, Any]:
        """What the subnet demands and pays, by the SDK's names, and under the storage's names what those leave out.

        Amounts are rao, `price_rao` is that of one alpha; ConditionError when there is no such subnet.
        """
        named = await self._named()
        price = await self._line.ask(
            lambda client: client.prices.alpha_price(netuid=self.netuid), "reading the price of alpha"
        )
        stored = {item: await self._query(item, self.netuid) for item in LEFT_OUT}
        threshold = {"StakeThreshold": int(await self._query("StakeThreshold") or 0)}
        return {**named, "price_rao": int(price["price_rao"]), **stored, **threshold}

    @property
    def board(self) -> Board:
        """What members publish about themselves."""
        return Board(self._line, self.netuid)

    async def epoch(self, block: int | None = None) -> Epoch:
        """Where the subnet stands in its epoch cycle, or stood at a block."""

        async def read(client: bt.Client) -> Any:
            view = client if block is None else await client.at(block)
            return await view.epochs.epoch_status(self.netuid)

        status = await self._line.ask(read, "reading the epoch status")
        return Epoch(
            index=status["epoch_index"],
            block=status["block"],
            tempo=status["tempo"],
            last_block=status["last_epoch_block"],
            next_block=status["next_epoch_start_block"],
        )

    async def limits(self) -> Limits:
        """What the chain asks of weights at this moment; ConditionError when there is no such subnet."""
        named = await self._named()
        return Limits(
            min_stake=int(await self._query("StakeThreshold") or 0),
            version=int(named["weights_version"]),
            activity_cutoff=int(named["activity_cutoff"]),
            immunity=int(named["immunity_period"]),
            max_weight=int(named["max_weights_limit"]),
            min_weights=int(named["min_allowed_weights"]),
            commit_reveal=bool(named["commit_reveal_weights_enabled"]),
        )

    async def last_update(self, peer: Peer, block: int | None = None) -> int:
        """The block at which a member last set or committed weights for this mechanism, 0 if it never did."""
        updates = await self.last_updates(block)
        return updates[peer.uid] if peer.uid < len(updates) else 0

    async def last_updates(self, block: int | None = None) -> list[int]:
        """For each seat the block at which its weights for this mechanism were last set; empty without such a one."""
        return [int(one) for one in await self._query("LastUpdate", self._index, block=block) or ()]

    async def mechanisms(self) -> int:
        """How many mechanisms the subnet has, numbered from 0."""
        return int(await self._query("MechanismCountCurrent", self.netuid) or 1)

    async def weights_open_at(self, peer: Peer) -> int:
        """The first block at which the chain's rate limit lets this member set weights again."""
        last = await self.last_update(peer)
        return last + int(await self._query("WeightsSetRateLimit", self.netuid) or 0) if last else 0

    async def serve(self, wallet: Any, address: Address) -> None:
        """Publishes where the wallet's hotkey listens; ChainBusy when the serving rate limit says 'later'.

        The chain keeps a TLS key for as long as the seat; without one in `address` an earlier one is withdrawn.
        """
        where: dict[str, Any] = {"netuid": self.netuid, "ip": address.host, "port": address.port}
        key = address.key or (WITHDRAWN if await self._has_key(wallet) else "")
        intent = bt.ServeAxonTls(**where, certificate=f"0x{key}") if key else bt.ServeAxon(**where)
        await self._send(intent, wallet, f"publishing {address.host}:{address.port}")

    async def _has_key(self, wallet: Any) -> bool:
        hotkey = wallet.hotkey.ss58_address
        certificate = await self._query(CERTIFICATES[1], self.netuid, hotkey)
        return certificate is not None and bool(tls_keys([(hotkey, certificate)]))

    async def prepare(self, hotkey: Hotkey, weights: Mapping[Hotkey, float]) -> Ready:
        """The weights as this hotkey can send them now, and as the chain will store them.

        Hotkeys without a seat at this moment are left out. Raises ConditionError when nothing is left.
        """
        block = await self.block()
        peers, limits = await self.peers(block), await self.limits()
        seated = {peers[one].uid: one for one in weights if one in peers and weights[one] > 0}
        if not seated or hotkey not in peers:
            raise ConditionError(
                "no weights to send: none of the weighted hotkeys, or not this one, has a seat"
            )
        uids = sorted(seated)
        values = [float(weights[seated[uid]]) for uid in uids]
        clipped = values
        if limits.max_weight < U16_MAX and uids != [peers[hotkey].uid]:
            clipped = clip_to_max_weight(values, limits.max_weight / U16_MAX)  # as the SDK will
        stored = zip(*bt.intents.normalize(uids, clipped), strict=True)
        path: Path = "timelocked" if limits.commit_reveal else "plain"
        sent = Sent(hotkey, block, path, {seated[uid]: value for uid, value in stored})
        return Ready(uids, values, sent)

    async def send(self, wallet: Any, ready: Ready, version_key: int = 0) -> Sent:
        """Sends weights, plain or timelocked as the subnet demands; returns once they are in a finalized block.

        Included is not effective: see `read_back`. Raises ChainSilent when nobody knows whether they arrived,
        ChainBusy when a later try may succeed, ChainError when it will not.
        """
        intent = bt.SetWeights(
            netuid=self.netuid,
            uids=list(ready.uids),
            weights=list(ready.values),
            mechid=self.mechid,
            version_key=version_key,
        )
        result = await self._send(intent, wallet, "setting weights")
        reveal_round = result.data.get("reveal_round")
        return replace(
            ready.sent,
            block=int(str(result.extrinsic_id).split("-")[0]),
            path="plain" if reveal_round is None else "timelocked",
            reveal_round=None if reveal_round is None else int(reveal_round),
        )

    async def read_back(self, sent: Sent) -> int | None:
        """The block of the update, if the chain now holds what was sent, compared by hotkey; else None.

        A seat that changed hands between sending and inclusion makes it None: the weights then speak of somebody
        else. Timelocked weights count once they are revealed, even if those before them were the same.
        """
        at = await self.block()
        stored = await self.stored_weights(sent.hotkey, at)
        if stored is None or stored.last_update < sent.block:
            return None
        if {one: value for one, value in stored.weights.items() if value} != dict(sent.weights):
            return None
        if sent.path == "timelocked" and await self._unrevealed(sent):
            return None
        return stored.last_update

    async def stored_weights(self, hotkey: Hotkey, block: int | None = None) -> Stored | None:
        """The weights that the chain holds for a validator, or None when it has no seat or no weights."""
        at = await self.block() if block is None else block
        peers = await self.peers(at)
        me = peers.get(hotkey)
        if me is None:
            return None
        row = await self._query("Weights", self._index, me.uid, block=at)
        seats = {peer.uid: peer.hotkey for peer in peers.values()}
        weights = {seats[int(uid)]: int(value) for uid, value in row or () if int(uid) in seats}
        return Stored(weights, await self.last_update(me, at)) if row else None

    async def _unrevealed(self, sent: Sent) -> bool:
        """Whether a commit of the sender, made since, still waits for its pulse."""
        by_epoch = await self._line.ask(
            lambda client: client.weights.timelocked_weight_commits(netuid=self.netuid, mechid=self.mechid),
            "reading the timelocked weights",
        )
        commits = [commit for waiting in by_epoch.values() for commit in waiting]
        return any(c["hotkey"] == sent.hotkey and c["commit_block"] >= sent.block for c in commits)

    @property
    def _index(self) -> int:
        return self.mechid * MECHANISMS_APART + self.netuid

    def _missing(self) -> ConditionError:
        return ConditionError(f"subnet {self.netuid} does not exist on {self._line.client.network}")

    async def _named(self) -> dict[str, Any]:
        named = await self._line.ask(
            lambda client: client.subnets.subnet_hyperparameters(netuid=self.netuid),
            "reading the hyperparameters",
        )
        if named is None:
            raise self._missing()
        return dict(named)

    async def _query(self, item: str, *keys: object, block: int | None = None) -> Any:
        def read(client: bt.Client) -> Any:
            return client.query(("SubtensorModule", item), list(keys), block=block)

        return await self._line.ask(read, f"reading {item}")

    async def _send(self, intent: Any, wallet: Any, what: str) -> Any:
        seconds = max(self._line.seconds, SEND_BLOCKS * await self.block_seconds())
        client = self._line.client
        try:
            result = await bounded(client.execute(intent, wallet), seconds, what)
            if not result.success:
                raise chain_error(result.error or bt.ChainError(result.message), what)
        except ChainSilent as silence:
            await self._line.change(client, str(silence))
            raise
        return result
