"""Filling one block: what waits in the pool, and what is sealed in envelopes of the MEV shield."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from subnet.devnet.dispatch import PoolError
from subnet.devnet.extrinsic import Extrinsic, decode_extrinsic, unsigned
from subnet.devnet.pallets.block_limits import NORMAL_BYTES, NORMAL_REF_TIME
from subnet.devnet.pool import Watcher
from subnet.devnet.scale import ScaleError
from subnet.devnet.shield import EnvelopeError

if TYPE_CHECKING:
    from subnet.devnet.node import Node

log = logging.getLogger(__name__)


class BlockMaker:
    """Fills one block with extrinsics, up to the share of its length and weight that normal calls have."""

    def __init__(self, node: Node, inherent: bytes) -> None:
        self.node = node
        self.extrinsics = [unsigned(inherent)]
        self.included: list[Watcher] = []
        self._bytes_left, self._weight_left = NORMAL_BYTES, NORMAL_REF_TIME

    def include_pool(self) -> None:
        """Includes what is ready, and drops what has become invalid."""
        for pooled in self.node.pool.ready():
            if not self._fits(pooled.extrinsic):
                break
            try:
                self._include(pooled.extrinsic)
            except PoolError:
                self.node.pool.drop(pooled)
                continue
            self.node.pool.remove(pooled)
            self.included += pooled.watchers

    def _fits(self, extrinsic: Extrinsic) -> bool:
        weight = self.node.runtime.declared(extrinsic.call).weight
        return len(extrinsic.raw) <= self._bytes_left and weight <= self._weight_left

    def _include(self, extrinsic: Extrinsic) -> None:
        succeeded = self.node.executive.apply(extrinsic, len(self.extrinsics))
        self.extrinsics.append(extrinsic.raw)
        self._bytes_left -= len(extrinsic.raw)
        self._weight_left -= self.node.runtime.declared(extrinsic.call).weight
        if succeeded and extrinsic.call.name == "MevShield":
            self._include_shielded(extrinsic)

    def _include_shielded(self, carrier: Extrinsic) -> None:
        """Opens an envelope and includes what is in it right behind; what is not valid is left out."""
        call = self.node.runtime.bound(carrier.call)
        if call.name != "submit_encrypted":
            return
        try:
            inner = decode_extrinsic(self.node.shield.open(call.args.ciphertext))
            self.node.executive.validate(inner, self.node.state.block)
            self._include(inner)
        except (EnvelopeError, ScaleError, PoolError) as error:
            log.warning("an encrypted extrinsic was left out: %s", error)
