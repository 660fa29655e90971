"""A chain with full subnets for benchmarks: made by calls, as clients would, but without their extrinsics."""

from __future__ import annotations

from typing import Any

from subnet.devnet.config import ChainConfig
from subnet.devnet.dispatch import Origin
from subnet.devnet.genesis import development_account
from subnet.devnet.node import Node
from subnet.devnet.pallets.subtensor import storage
from subnet.devnet.scale import CALL, Variant, decode_all

VALIDATORS = 64
_STAKE = 10 * 10**9  # rao of TAO
_PRICE = 500_000  # rao; registrations in one block would otherwise double the price each time


def key(netuid: int, uid: int) -> bytes:
    """The hotkey of a neuron: easy to tell, and never a development account."""
    return b"benchmark hotkey" + netuid.to_bytes(8, "big") + uid.to_bytes(8, "big")


def make(node: Node, who: bytes, name: str, *values: Any) -> None:
    """Makes a call of the subtensor pallet; raises DispatchError."""
    call = decode_all(CALL, CALL.encode(Variant("SubtensorModule", (Variant(name, values),))))
    node.runtime.dispatch(node.state, Origin.signed_by(who), call)


def full_subnet(node: Node, uids: int) -> int:
    """Founds a subnet of `uids` neurons, up to 64 of them validators with weights on all; returns its netuid."""
    alice, bob = development_account("Alice"), development_account("Bob")
    state = node.state
    make(node, alice, "register_network", key(0, state.block))
    netuid: int = max(netuid for (netuid,), _ in storage.NetworksAdded.items(state))
    make(node, alice, "start_call", netuid)
    for uid in range(1, uids):
        storage.Burn[state, netuid] = _PRICE
        make(node, bob, "burned_register", netuid, key(netuid, uid))
    validators = range(1, min(VALIDATORS, uids))
    for uid in validators:
        make(node, bob, "add_stake", key(netuid, uid), netuid, _STAKE + uid)
    for _ in range(storage.Tempo[state, netuid] + 2):  # an epoch gives the permits
        node.make_block()
    for uid in validators:
        weights = tuple(1 + (uid * 7 + miner * 13) % 100 for miner in range(uids))
        make(node, key(netuid, uid), "set_weights", netuid, tuple(range(uids)), weights, 0)
    return netuid


def full_chain(uids: int = 256, subnets: int = 2) -> Node:
    """A chain of full subnets whose epochs have run with all weights."""
    node = Node(ChainConfig(mode="manual", seed="benchmark"))
    node.make_block()
    for _ in range(subnets):
        full_subnet(node, uids)
    for _ in range(25):
        node.make_block()
    return node
