"""Who has no TAO to spare pays with the alpha that a call is about, where it lies in one place."""

from typing import Any

import pytest
from bittensor_core import Keypair

from subnet.devnet.calls import call_of
from subnet.devnet.config import ChainConfig
from subnet.devnet.dispatch import Origin, PoolError
from subnet.devnet.extrinsic import Era, Signature, sign
from subnet.devnet.genesis import development_account
from subnet.devnet.node import Node
from subnet.devnet.pallets import balances, system
from subnet.devnet.pallets.subtensor import pool
from subnet.devnet.pallets.subtensor.audit import audit
from subnet.devnet.pallets.subtensor.shares import stake_of
from subnet.devnet.scale import CALL

ALICE = development_account("Alice")
POOR = Keypair.create_from_uri("//Poor")
HOTKEY, OTHER = b"h" * 32, b"o" * 32
TAO = 10**9
LEFT = 600  # rao of TAO: more than the existential deposit, less than any fee


def make(node: Node, origin: Origin, name: str, **arguments: Any) -> None:
    node.dispatch(origin, call_of(node.runtime, name, arguments))


def leave_poor(node: Node, tao: int = LEFT) -> None:
    make(node, Origin.ROOT, "Balances.force_set_balance", who=POOR.public_key, new_free=tao)


@pytest.fixture
def node() -> Node:
    """A chain with subnets 2 and 3, where the poor one has 100 TAO worth of alpha on subnet 2 and no TAO."""
    node = Node(ChainConfig(mode="manual", seed="alpha", checked=True))
    alice, poor = Origin.signed_by(ALICE), Origin.signed_by(POOR.public_key)
    for netuid, hotkey in ((2, b"2" * 32), (3, b"3" * 32)):
        make(node, alice, "SubtensorModule.register_network", hotkey=hotkey)
        make(node, alice, "SubtensorModule.start_call", netuid=netuid)
        for seat in (HOTKEY, OTHER):
            make(node, alice, "SubtensorModule.burned_register", netuid=netuid, hotkey=seat)
    leave_poor(node, 1_000 * TAO)
    make(node, poor, "SubtensorModule.add_stake", hotkey=HOTKEY, netuid=2, amount_staked=100 * TAO)
    leave_poor(node)
    return node


def send(node: Node, name: str, **arguments: Any) -> list[Any]:
    """Sends a call of the poor one's and returns the events of the block."""
    key = POOR.public_key
    signature = Signature(key, "Sr25519", b"", Era(), system.nonce(node.state, key), 0, 0)
    call = CALL.encode(call_of(node.runtime, f"SubtensorModule.{name}", arguments))
    node.submit(sign(call, POOR, signature, node.blocks.genesis_hash, node.blocks.genesis_hash))
    node.make_block()
    assert audit(node.state) == []
    assert node.failures == []
    return [record.event.fields[0] for record in node.events()]


def test_the_fee_is_sold_from_the_stake_and_the_books_balance(node: Node) -> None:
    held, price = stake_of(node.state, HOTKEY, POOR.public_key, 2), pool.price(node.state, 2)
    events = send(node, "remove_stake", hotkey=HOTKEY, netuid=2, amount_unstaked=10 * TAO)
    names = [event.name for event in events]
    paid = events[names.index("TransactionFeePaidWithAlpha")].fields
    fee = events[names.index("TransactionFeePaid")].fields[1]
    assert paid[:2] == (POOR.public_key, 2)
    assert paid[2] == (fee << 64) // price
    assert fee * 0.99 < paid[3] <= fee  # selling moves the price a little
    assert stake_of(node.state, HOTKEY, POOR.public_key, 2) == held - 10 * TAO - paid[2]
    assert names.index("TransactionFeePaidWithAlpha") < names.index("Transfer")  # before the call itself
    assert balances.free(node.state, POOR.public_key) > 9 * TAO


def test_a_call_that_fails_pays_all_the_same(node: Node) -> None:
    held = stake_of(node.state, HOTKEY, POOR.public_key, 2)
    much = {"hotkey": HOTKEY, "origin_netuid": 2, "destination_netuid": 3, "alpha_amount": 2 * held}
    names = [event.name for event in send(node, "swap_stake", **much)]
    assert "ExtrinsicFailed" in names
    assert 0 < held - stake_of(node.state, HOTKEY, POOR.public_key, 2) < held // 1000


def test_the_last_alpha_can_be_taken_out(node: Node) -> None:
    names = [event.name for event in send(node, "unstake_all", hotkey=HOTKEY)]
    assert "TransactionFeePaidWithAlpha" in names
    assert stake_of(node.state, HOTKEY, POOR.public_key, 2) == 0


def test_tao_is_taken_first(node: Node) -> None:
    leave_poor(node, TAO)
    names = [event.name for event in send(node, "remove_stake", hotkey=HOTKEY, netuid=2, amount_unstaked=TAO)]
    assert "TransactionFeePaidWithAlpha" not in names


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("add_stake", {"hotkey": HOTKEY, "netuid": 2, "amount_staked": 1}),  # gives up no alpha
        ("remove_stake", {"hotkey": OTHER, "netuid": 2, "amount_unstaked": TAO}),  # there is none
        ("remove_stake", {"hotkey": HOTKEY, "netuid": 77, "amount_unstaked": TAO}),
        ("unstake_all", {"hotkey": OTHER}),
    ],
)
def test_without_alpha_at_that_place_the_pool_refuses(
    node: Node, name: str, arguments: dict[str, Any]
) -> None:
    with pytest.raises(PoolError, match="Inability to pay some fees"):
        send(node, name, **arguments)


def test_alpha_in_two_places_pays_no_fee(node: Node) -> None:
    leave_poor(node, 1_000 * TAO)
    origin = Origin.signed_by(POOR.public_key)
    make(node, origin, "SubtensorModule.add_stake", hotkey=HOTKEY, netuid=3, amount_staked=100 * TAO)
    leave_poor(node)
    with pytest.raises(PoolError, match="Inability to pay some fees"):
        send(node, "unstake_all", hotkey=HOTKEY)
    names = [event.name for event in send(node, "remove_stake", hotkey=HOTKEY, netuid=3, amount_unstaked=TAO)]
    assert "TransactionFeePaidWithAlpha" in names
