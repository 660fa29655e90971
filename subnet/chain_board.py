"""What members publish about themselves: one short text for each hotkey and subnet, its commitment (rules 6.5)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import bittensor as bt

from subnet.chain_line import Line, bounded, chain_error
from subnet.protocol import Hotkey

MOST_BYTES = 128
"""What one raw field holds."""

FINAL_BLOCKS = 8
"""Blocks within which an extrinsic is finalized or lost."""


@dataclass(frozen=True, slots=True)
class Published:
    """A hotkey's commitment: the block in which it was made, and its text (0x digits where it is none)."""

    block: int
    text: str


class Board:
    """The commitments of one subnet; by `Chain.board`."""

    def __init__(self, line: Line, netuid: int) -> None:
        self._line = line
        self._netuid = netuid

    async def of(self, hotkey: Hotkey, block: int | None = None) -> Published | None:
        """What a hotkey publishes, or published at a block; None when it never did.

        Raises ChainError when the endpoint no longer keeps that block's state: ask one that does.
        """

        async def read(client: bt.Client) -> Any:
            view = client if block is None else await client.at(block)
            return await view.identity.commitment(self._netuid, hotkey)

        found = await self._line.ask(read, "reading a commitment")
        return None if found is None else Published(found.block, found.data)

    async def history(self, hotkey: Hotkey, since: int, until: int | None = None) -> list[Published]:
        """All that a hotkey published from block `since` on, oldest first, and what it showed just before.

        Each commitment tells its block; what stood there before it is read from the state one block earlier.
        """
        found: list[Published] = []
        at = until
        while at is None or at > 0:
            one = await self.of(hotkey, at)
            if one is None:
                break
            found.append(one)
            if one.block < since:
                break
            at = one.block - 1
        return found[::-1]

    async def publish(self, wallet: Any, text: str) -> None:
        """Makes a text of at most MOST_BYTES the commitment of the wallet's hotkey, in place of what it was.

        Returns once it is in a finalized block. Raises ChainBusy when a later try may succeed, ChainError when the
        chain refuses, as it does when the space of this epoch is used up.
        """
        data, what = text.encode(), "publishing a commitment"
        info = {"fields": [{f"Raw{len(data)}": data}]}
        call = bt.calls.Commitments.set_commitment(netuid=self._netuid, info=info)
        pace = await self._line.ask(lambda client: client.block_time(), "block time")
        result = await bounded(
            self._line.client.submit_call(call, wallet, signer="hotkey"),
            max(self._line.seconds, FINAL_BLOCKS * float(pace)),
            what,
        )
        if not result.success:
            raise chain_error(result.error or bt.ChainError(result.message), what)
