"""Timelocked weights: opened by a recorded pulse of drand, kept without one, dropped in time (rules 7.6, 7.7)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import bittensor as bt
import bittensor_core
import pytest
import pytest_asyncio
from aiohttp import web
from websockets.asyncio.client import connect

from neurons.chain_command import main
from subnet.devnet import beacon, quicknet
from subnet.devnet.pallets import drand
from subnet.devnet.pallets.subtensor import storage
from subnet.devnet.scale import BYTES, U16, U64, Tuple, Vec
from subnet.devnet.state import State
from subnet.rules import schedule
from tests.devnet.contract.cases_subnets import commit_reveal
from tests.devnet.contract.world import FOUNDING, NETUID, VERA, VERA_KEY, Case, World, founded, hot, ok

pytestmark = pytest.mark.asyncio(loop_scope="module")

_VECTORS = Path(__file__).resolve().parents[2] / "vectors"
PULSE: dict[str, Any] = json.loads((_VECTORS / "drand_round.json").read_text())
ROUND, SIGNATURE = int(PULSE["round"]), bytes.fromhex(PULSE["signature"])
PAYLOAD = Tuple(BYTES, Vec(U16), Vec(U16), U64)
MONA_UID, VERA_UID = 2, 1


def commit(content: bytes | None = None, number: int = ROUND) -> Case:
    """Vera's raw commit of something sealed for a round, by default of all her weight on Mona."""
    plain = weights() if content is None else content
    return ok(
        "commit_timelocked_weights", VERA_KEY, "TimelockedWeightsCommitted", netuid=NETUID,
        commit=bittensor_core.encrypt_at_round(plain, number)[0], reveal_round=number, commit_reveal_version=4,
    )  # fmt: skip


def weights(hotkey: bytes = VERA.hotkey.public_key, uids: tuple[int, ...] = (MONA_UID,)) -> bytes:
    """What a validator seals."""
    return PAYLOAD.encode((hotkey, uids, tuple(1 for _ in uids), 0))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def begun() -> AsyncIterator[World]:
    """A subnet that takes commits, in the block behind an epoch of it."""
    async with founded("timelocked", (*FOUNDING, commit_reveal)) as world:
        last, tempo = (
            item[world.chain.node.state, NETUID] for item in (storage.LastEpochBlock, storage.Tempo)
        )
        await world.chain.advance(last + tempo - world.chain.node.state.block)
        yield World(world.chain, world.chain.node.snapshot())


@pytest.fixture
def world(begun: World) -> World:
    """The same at its start."""
    begun.chain.node.restore(begun.start)
    return begun


def reveal_period(epochs: int) -> Callable[[State], None]:
    """A write by which commits open so many epochs after their own."""

    def write(state: State) -> None:
        storage.RevealPeriodEpochs[state, NETUID] = epochs

    return write


async def epoch(world: World, short_by: int = 0) -> int:
    """Makes blocks until the next epoch has run, or some fewer; returns the last block."""
    state = world.chain.node.state
    due = schedule.next_epoch_start(
        schedule.Schedule(storage.Tempo[state, NETUID], storage.LastEpochBlock[state, NETUID], 0, 0)
    )
    assert due is not None
    return await world.chain.advance(due - state.block - short_by)


async def asked(world: World, method: str, *parameters: Any) -> Any:
    """The reply to one JSON-RPC request."""
    async with connect(world.chain.endpoint) as socket:
        request = {"jsonrpc": "2.0", "id": 1, "method": method, "params": list(parameters)}
        await socket.send(json.dumps(request))
        return json.loads(await asyncio.wait_for(socket.recv(), 10))


def incentive(world: World) -> int:
    """Mona's incentive of the last epoch."""
    return int(storage.Incentive[world.chain.node.state, NETUID][MONA_UID])


def queues(world: World) -> dict[int, int]:
    """How many sealed commits wait, by epoch."""
    items = storage.TimelockedWeightCommits.items(world.chain.node.state, NETUID)
    return {number: len(queue) for (number,), queue in items}


@pytest.mark.parametrize("period", [1, 2])
async def test_weights_open_with_their_pulse_and_count_as_many_epochs_later_as_the_reveal_period_says(
    world: World, period: int
) -> None:
    await world.make(reveal_period(period))
    await world.make(commit())
    assert (await asked(world, "dev_setDrandPulse", PULSE))["result"] is True
    for _ in range(period - 1):
        await epoch(world)
        assert incentive(world) == 0
    await epoch(world, short_by=1)
    assert queues(world) != {}
    await epoch(world)
    assert incentive(world) == 65535
    assert queues(world) == {}
    async with bt.Client(world.chain.endpoint) as client:
        assert (await client.weights.weights(NETUID))[VERA_UID] == {MONA_UID: 1.0}
        events = await client.query(("System", "Events"))
    assert any(event["event_id"] == "TimelockedWeightsRevealed" for event in map(_event, events))


def _event(record: dict[str, Any]) -> dict[str, Any]:
    return dict(record["event"]) if "event" in record else record


async def test_a_pulse_that_comes_late_but_in_time_still_opens(world: World) -> None:
    await world.make(commit())
    await epoch(world)
    await world.chain.advance(5)
    assert queues(world) != {}
    await asked(world, "dev_setDrandPulse", PULSE)
    await world.chain.advance()
    assert queues(world) == {}
    await epoch(world)
    assert incentive(world) == 65535


async def test_a_commit_whose_pulse_never_comes_is_kept_through_its_epoch_and_then_dropped(
    world: World,
) -> None:
    await world.make(commit())
    await epoch(world)
    await world.chain.advance(9)
    assert queues(world) != {}
    await epoch(world)
    await world.chain.advance()
    assert queues(world) == {}
    await asked(world, "dev_setDrandPulse", PULSE)
    await epoch(world)
    assert incentive(world) == 0


async def test_the_sdks_own_commit_is_stored_kept_and_dropped_without_the_network(world: World) -> None:
    async with bt.Client(world.chain.endpoint) as client:
        intent = bt.SetWeights(NETUID, weights={MONA_UID: 1.0})
        result = await asyncio.wait_for(client.execute(intent, VERA), 20)
        assert result.success, result.message
        [(_, [stored])] = (await client.weights.timelocked_weight_commits(NETUID)).items()
        assert stored["hotkey"] == hot(VERA)
        await epoch(world)
        await world.chain.advance()
        assert queues(world) != {}
        await epoch(world)
        await world.chain.advance()
        assert await client.weights.timelocked_weight_commits(NETUID) == {}
    assert incentive(world) == 0
    assert world.chain.node.failures == []


@pytest.mark.parametrize(
    "content",
    [b"", b"no weights", weights(hotkey=VERA.coldkey.public_key), weights(uids=(MONA_UID, 77))],
    ids=["empty", "not weights", "somebody else's", "a uid that is not there"],
)
async def test_what_opens_to_nothing_usable_is_dropped_silently(world: World, content: bytes) -> None:
    await world.make(commit(content))
    await asked(world, "dev_setDrandPulse", PULSE)
    await epoch(world)
    await world.chain.advance()
    assert queues(world) == {}
    await epoch(world)
    assert incentive(world) == 0
    assert world.chain.node.failures == []


async def test_a_wrong_signature_opens_nothing_and_is_said_to_be_wrong(world: World) -> None:
    await world.make(commit())
    wrong = {"round": ROUND, "signature": "00" * 48, "randomness": "0x" + "00" * 32}
    assert (await asked(world, "dev_setDrandPulse", wrong))["result"] is False
    await epoch(world)
    await world.chain.advance()
    assert queues(world) == {}
    await epoch(world)
    assert incentive(world) == 0


@pytest.mark.parametrize(
    "pulse",
    [None, {}, {"round": 1}, {"round": -1, "signature": "00"}, {"round": 1, "signature": "x"},
     {"round": 1, "signature": "00", "more": 1}, {"round": 1, "signature": "00", "randomness": 5}],
)  # fmt: skip
async def test_what_is_no_pulse_is_refused(world: World, pulse: Any) -> None:
    assert (await asked(world, "dev_setDrandPulse", pulse))["error"]["code"] == -32602


async def test_a_commit_to_a_round_that_has_passed_is_refused_before_a_block(world: World) -> None:
    await asked(world, "dev_setDrandPulse", PULSE)
    late = commit(number=ROUND - 1)
    await World(world.chain, world.chain.node.snapshot()).play(
        replace(late, effect=None, error="InvalidRevealRound")
    )


@asynccontextmanager
async def endpoint(answers: dict[str, Any]) -> AsyncIterator[str]:
    """A drand endpoint that answers for its paths, with 404 for all others."""

    async def answer(request: web.Request) -> web.Response:
        if request.path not in answers:
            raise web.HTTPNotFound
        return web.json_response(answers[request.path])

    application = web.Application()
    application.router.add_get("/{path:.*}", answer)
    runner = web.AppRunner(application)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        port = runner.addresses[0][1]
        yield f"http://127.0.0.1:{port}"
    finally:
        await runner.cleanup()


def path(number: int) -> str:
    """Where an endpoint has a round."""
    return f"/{quicknet.CHAIN_HASH}/public/{number}"


@asynccontextmanager
async def following(world: World, url: str) -> AsyncIterator[None]:
    """A chain that fetches pulses while the body runs."""
    task = asyncio.create_task(beacon.follow(world.chain.node, url, every=0.01))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait({task})
    assert task.cancelled()


async def test_a_chain_fetches_the_pulses_that_it_waits_for(world: World) -> None:
    await world.make(commit())
    async with endpoint({path(ROUND): PULSE}) as url, following(world, url):
        async with asyncio.timeout(10):
            while not drand.Pulses.has(world.chain.node.state, ROUND):  # noqa: ASYNC110
                await asyncio.sleep(0.01)
    await epoch(world)
    await epoch(world)
    assert incentive(world) == 65535


@pytest.mark.parametrize(
    "answer",
    [[], {"round": ROUND}, {**PULSE, "round": ROUND + 1}, {**PULSE, "signature": "00" * 48},
     {**PULSE, "signature": "x"}, {**PULSE, "more": "x" * 5000}],
)  # fmt: skip
async def test_an_endpoint_that_lies_gives_the_chain_nothing(
    world: World, answer: Any, caplog: pytest.LogCaptureFixture
) -> None:
    await world.make(commit())
    async with endpoint({path(ROUND): answer}) as url, following(world, url):
        async with asyncio.timeout(10):
            while "still missing" not in caplog.text:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
    assert not drand.Pulses.has(world.chain.node.state, ROUND)


async def test_an_endpoint_that_is_not_there_stops_nothing(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    await world.make(commit())
    async with following(world, "http://127.0.0.1:9"):
        async with asyncio.timeout(10):
            while "still missing" not in caplog.text:  # noqa: ASYNC110
                await asyncio.sleep(0.01)


async def test_only_published_rounds_are_waited_for(world: World) -> None:
    await world.make(commit())
    state = world.chain.node.state
    assert beacon.awaited(state, ROUND - 1) == []
    assert beacon.awaited(state, ROUND) == [ROUND]


async def test_a_signature_is_verified_by_what_it_opens() -> None:
    assert quicknet.is_signature(ROUND, SIGNATURE)
    assert quicknet.randomness(SIGNATURE).hex() == PULSE["randomness"]
    assert not quicknet.is_signature(ROUND + 1, SIGNATURE)
    assert not quicknet.is_signature(ROUND, SIGNATURE[:-1])
    assert not quicknet.is_signature(ROUND, bytes(48))


async def test_the_chain_command_takes_only_a_url(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--drand", "api.drand.sh"])
    assert ended.value.code == 2
    assert "must start with http" in capsys.readouterr().err
