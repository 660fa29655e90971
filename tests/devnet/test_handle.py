"""The handle: what a test sets up by it is what a client would have found, and what is refused says why."""

import asyncio
import logging
from typing import Any

import pytest
from bittensor_core import Keypair

from subnet.devnet import Devnet, devnet
from subnet.devnet.beside import chain_beside
from subnet.devnet.genesis import RAO
from subnet.devnet.pallets import balances
from subnet.devnet.pallets.subtensor.audit import audit
from subnet.devnet.pallets.subtensor.storage import Owner, SubnetEpochIndex, SubnetOwner, Uids
from subnet.errors import ChainError


def key(name: str) -> Keypair:
    return Keypair.create_from_uri(f"//{name}")


def address(name: str) -> str:
    return str(key(name).ss58_address)


async def test_accounts_are_funded_and_the_books_balance(chain: Devnet) -> None:
    await chain.fund(address("new"), 12.5)
    await chain.fund(address("new"), tao=0.5)
    assert balances.free(chain.node.state, key("new").public_key) == 13 * RAO
    assert audit(chain.node.state) == []
    assert [record.event.fields[0].name for record in chain.node.events()][-1] == "ExtrinsicSuccess"
    assert "BalanceSet" in [record.event.fields[0].name for record in chain.node.events()]


async def test_a_subnet_is_founded_and_hotkeys_get_seats(chain: Devnet) -> None:
    await chain.fund(address("owner"), 5_000)
    netuid = await chain.register_subnet(address("owner/hot"), address("owner"))
    state = chain.node.state
    assert SubnetOwner[state, netuid] == key("owner").public_key
    uids = [await chain.register(netuid, address(f"miner{n}"), address("owner")) for n in range(3)]
    assert uids == [1, 2, 3]
    assert Uids[state, netuid, key("miner2").public_key] == 3
    assert Owner[state, key("miner2").public_key] == key("owner").public_key
    assert audit(state) == []


async def test_epochs_are_waited_for_by_their_count(chain: Devnet) -> None:
    netuid = await chain.register_subnet(address("hot"), address("Alice"))
    before = SubnetEpochIndex[chain.node.state, netuid]
    last = await chain.epochs(netuid, 3)
    assert last == chain.node.state.block
    assert SubnetEpochIndex[chain.node.state, netuid] == before + 3


async def test_a_refusal_is_the_chains_own_and_a_mistake_is_named(chain: Devnet) -> None:
    with pytest.raises(ChainError, match=r"burned_register: SubnetNotExists"):
        await chain.register(77, address("hot"), address("Alice"))
    with pytest.raises(ChainError, match="subnet 77 has no epochs"):
        await chain.epochs(77)
    with pytest.raises(ChainError, match="force_set_balance: BadOrigin"):
        await chain.call(address("Alice"), "Balances.force_set_balance", who=address("Alice"), new_free=1)
    blocks = chain.node.state.block
    serving: dict[str, Any] = dict.fromkeys(
        ("version", "port", "ip_type", "protocol", "placeholder1", "placeholder2"), 4
    )
    with pytest.raises(ChainError, match="Custom error"):  # the pool refuses it, as it would a client's
        await chain.call(address("Alice"), "SubtensorModule.serve_axon", netuid=1, ip=1, **serving)
    for wrong in (
        chain.call(None, "Balances.nothing"),
        chain.call(None, "remark"),
        chain.call(None, "System.remark", text=b""),
        chain.call(None, "System.remark", remark="text"),
        chain.fund("5Abc", 1),
    ):
        with pytest.raises(ValueError):
            await wrong
    with pytest.raises(ChainError, match="no such snapshot"):
        chain.revert("0x00")
    assert chain.node.state.block == blocks


async def test_a_snapshot_takes_the_chain_back(chain: Devnet) -> None:
    before = chain.snapshot()
    await chain.fund(address("new"), 1)
    chain.revert(before)
    assert chain.node.state.block == 0
    assert balances.free(chain.node.state, key("new").public_key) == 0


def test_the_same_works_beside_a_program_that_blocks() -> None:
    with chain_beside(mode="instant", seed="beside", checked=True) as chain:
        assert chain.address.startswith("ws://127.0.0.1:")
        before = chain.snapshot()
        chain.fund(address("owner"), 5_000)
        netuid = chain.register_subnet(address("hot"), address("owner"))
        assert chain.register(netuid, address("miner"), address("owner")) == 1
        assert chain.epochs(netuid, 2) == chain.block
        assert chain.call(None, "System.remark", remark=b"") == chain.block
        with pytest.raises(ChainError, match="SubnetNotExists"):
            chain.register(77, address("hot"), address("owner"))
        chain.revert(before)
        assert (chain.block, chain.advance(2), chain.failures) == (0, 2, [])


def test_a_chain_beside_that_cannot_start_says_why_and_leaves_no_thread() -> None:
    with pytest.raises(TypeError, match="colour"), chain_beside(colour="red"):
        pass


async def test_a_probe_of_the_port_leaves_no_line(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    async with devnet(mode="manual") as chain:
        host, port = chain.address.removeprefix("ws://").split(":")
        for sent in (b"", b"GET / HTTP/1.0\r\n\r\n", b"\x00\xff" * 50):
            _, writer = await asyncio.open_connection(host, int(port))
            writer.write(sent)
            await writer.drain()
            await asyncio.sleep(0.02)
            writer.close()
        await asyncio.sleep(0.02)
    assert caplog.records == []
