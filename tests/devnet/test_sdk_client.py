"""The unmodified SDK against the embedded chain."""

import asyncio
from types import SimpleNamespace

import bittensor as bt
import pytest
from bittensor_core import Keypair

from subnet.devnet import Devnet, devnet

ALICE, NOBODY = Keypair.create_from_uri("//Alice"), Keypair.create_from_uri("//Nobody")


async def test_the_sdk_reads_blocks_constants_and_balances(chain: Devnet) -> None:
    async with bt.Client(chain.endpoint) as client:
        await chain.advance(3)
        assert await client.block() == 3
        assert await client.finalized_block() == 3
        assert await client.block_time() == 1.0
        assert str(await client.balances.get(ALICE.ss58_address)) == str(bt.tao(1_000_000))
        assert (await client.block_info()).number == 3


async def test_a_transfer_moves_tao_and_costs_the_fee_that_was_estimated(chain: Devnet) -> None:
    async with bt.Client(chain.endpoint) as client:
        transfer = bt.Transfer(NOBODY.ss58_address, 1.5)
        plan = await client.plan(transfer, ALICE)
        result = await client.execute(transfer, ALICE)
        assert result.success, result.message
        assert 0 <= (result.fee - plan.fee).rao <= 2  # a mortal era is a byte or two longer than the plan's
        assert await client.balances.get(NOBODY.ss58_address) == bt.tao(1.5)
        left = await client.balances.get(ALICE.ss58_address)
        assert left == bt.tao(1_000_000) - bt.tao(1.5) - result.fee
        names = [event["event_id"] for event in result.events]
        assert names == [
            *("Withdraw", "NewAccount", "Endowed", "Transfer", "TransactionFeePaid", "ExtrinsicSuccess"),
        ]


@pytest.mark.parametrize(
    ("amount", "name"),
    [(2_000_000, "FundsUnavailable"), (1_000_000 - 0.001, None), (0.0000001, "BelowMinimum")],
)
async def test_a_transfer_that_fails_says_why(chain: Devnet, amount: float, name: str | None) -> None:
    async with bt.Client(chain.endpoint) as client:
        result = await client.execute(bt.Transfer(NOBODY.ss58_address, amount), ALICE)
    assert result.success is (name is None)
    if name is not None:
        failure = chain.node.events()[-1].event.fields[0]
        assert failure.name == "ExtrinsicFailed"
        assert failure.fields[0].fields[0].name == name


async def test_heads_are_followed(chain: Devnet) -> None:
    async with bt.Client(chain.endpoint) as client:
        seen = []

        async def follow() -> None:
            async for header in client.blocks():
                seen.append(header.number)
                if len(seen) == 4:
                    return

        following = asyncio.create_task(follow())
        for _ in range(3):
            await asyncio.sleep(0.05)
            await chain.advance()
        await asyncio.wait_for(following, 5)
    assert seen == [0, 1, 2, 3]


async def test_past_blocks_stay_readable(chain: Devnet) -> None:
    async with bt.Client(chain.endpoint) as client:
        before = await client.balances.get(ALICE.ss58_address)
        await client.execute(bt.Transfer(NOBODY.ss58_address, 5), ALICE)
        await chain.advance(50)
        past = client.at(0)
        assert (
            await (await past if asyncio.iscoroutine(past) else past).balances.get(ALICE.ss58_address)
            == before
        )


async def test_sudo_and_batches_report_what_failed_inside(chain: Devnet) -> None:
    give = bt.calls.Balances.force_set_balance(who=NOBODY.ss58_address, new_free=7 * 10**9)
    async with bt.Client(chain.endpoint) as client:
        composed = await client.compose(give)
        assert (await client.submit_call(bt.calls.Sudo.sudo(call=composed), ALICE)).success
        assert await client.balances.get(NOBODY.ss58_address) == bt.tao(7)
        plain = await client.submit_call(give, ALICE)
        assert not plain.success
        batch = await client.submit_call(bt.calls.Utility.batch(calls=[composed]), ALICE)
        assert not batch.success


async def test_only_the_sudo_key_may_sudo(chain: Devnet) -> None:
    bob = Keypair.create_from_uri("//Bob")
    async with bt.Client(chain.endpoint) as client:
        call = bt.calls.Sudo.sudo(call=await client.compose(bt.calls.System.remark(remark=b"x")))
        result = await client.submit_call(call, bob)
    assert not result.success
    assert chain.node.state.block == 0


async def test_an_encrypted_extrinsic_is_opened_and_included_in_the_block_of_its_envelope(
    chain: Devnet,
) -> None:
    wallet = SimpleNamespace(coldkey=ALICE, coldkeypub=ALICE, hotkey=ALICE)
    async with bt.Client(chain.endpoint) as client:
        call = bt.calls.Balances.transfer_keep_alive(dest=NOBODY.ss58_address, value=10**9)
        result = await client.submit_call(call, wallet, shielded=True)
        assert result.success, result.message
        assert await client.balances.get(NOBODY.ss58_address) == bt.tao(1)
    assert chain.node.state.block == 1
    assert len(chain.node.blocks.extrinsics(1)) == 3


async def test_a_transaction_waits_for_the_next_block_of_an_interval() -> None:
    async with devnet(block_time=0.1) as chain, bt.Client(chain.endpoint) as client:
        result = await client.execute(bt.Transfer(NOBODY.ss58_address, 1), ALICE)
        assert result.success
        assert await client.block_time() == 0.1


async def test_a_chain_that_stops_leaves_the_client_an_error_at_once() -> None:
    async with devnet(mode="manual") as chain:
        client = bt.Client(chain.endpoint, fallback_endpoints=[])
        await client.connect()
        pending = asyncio.create_task(client.execute(bt.Transfer(NOBODY.ss58_address, 1), ALICE))
        while not len(chain.node.pool):  # noqa: ASYNC110 - nothing else tells
            await asyncio.sleep(0.01)
    async with asyncio.timeout(5):
        result = (await asyncio.gather(pending, return_exceptions=True))[0]
        assert isinstance(result, Exception) or not result.success
        await asyncio.gather(client.close(), return_exceptions=True)


async def test_each_chain_has_a_genesis_of_its_own_unless_it_is_seeded() -> None:
    hashes = []
    for options in ({}, {}, {"seed": "a"}, {"seed": "a"}, {"seed": "a", "block_time": 2.0}):
        async with devnet(mode="manual", **options) as chain:
            hashes.append(chain.node.blocks.genesis_hash)
    assert hashes[2] == hashes[3]
    assert len(set(hashes)) == 4
