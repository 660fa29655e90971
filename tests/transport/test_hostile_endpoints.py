"""Hostile endpoints in a validator's round: they fail, and everything else is as if they were not there."""

import asyncio
import logging
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from reward.rubric import Rubric
from reward.text import solved, tidy
from subnet.protocol import Answer, Hotkey, Message, Query
from subnet.tasks.base import Task
from subnet.transport.client import Client
from subnet.transport.desk import Desk
from subnet.transport.listening import listen, serving
from subnet.transport.server import Server
from subnet.transport.signing import Nonces
from subnet.validator.round import Bench, Moment, play
from subnet.validator.scores import Rules, scores
from tests.transport.hostile import ADDRESSES, HANDLERS, PRIVATE
from tests.transport.hostile_streams import STREAMS
from tests.transport.hostile_tls import stand_with_keys
from tests.transport.hostile_words import REPLAYING
from tests.transport.hostile_world import Canary, keys_of, peer_at, standing

log = logging.getLogger(__name__)
SOCKETS = {**HANDLERS, **STREAMS}
RUBRIC = Rubric({solved: 0.9, tidy: 0.1}, gates=[solved])
"""Assay's own but for the pace: a hundred attackers and all who defend themselves share one process here."""

SECONDS = 4.0
"""Budget of a task: what every endpoint that never ends costs a round."""

AT_ONCE = 80
"""Rounds, each with one hostile endpoint of its own, that are played side by side."""

MEMORY = 96 << 20
"""Bytes by which the process, all hostile endpoints included, may grow while one round is played."""

QUALITY = {"best": {1, 2, 3}, "good": {1, 2}, "poor": {1}, "none": set()}
"""Honest miners, and which tasks each of them solves."""

TASKS = tuple(
    Task(
        "sums",
        number,
        Query(
            id=f"hostile-{number}",
            messages=(Message(role="user", content=f"{number}"),),
            seconds=SECONDS,
            stream=number == 3,
        ),
        str(number * 7),
        lambda text, right=str(number * 7): float(text == right),
    )
    for number in (1, 2, 3)
)


class Careful:
    """Asks like a validator: peers on the public internet by the strict client, the test's own by the other."""

    def __init__(self, client, strict, strictly):
        self.client, self.strict, self.strictly = client, strict, strictly

    async def ask_all(self, peers, query, seconds):
        outside = [peer for peer in peers if peer.hotkey in self.strictly]
        inside = [peer for peer in peers if peer.hotkey not in self.strictly]
        halves = await asyncio.gather(
            self.client.ask_all(inside, query, seconds), self.strict.ask_all(outside, query, seconds)
        )
        return {**halves[0], **halves[1]}


@asynccontextmanager
async def honest_miners():
    """One real server for each honest miner; the text comes in two pieces to who wants them."""
    async with AsyncExitStack() as stack:
        peers = []
        for name, solves in QUALITY.items():

            async def answer(caller, query, heard=None, solves=solves):
                number = int(query.messages[-1].content)
                text = str(number * 7) if number in solves else "no idea"
                if heard is not None:
                    heard(text[:1])
                return Answer(query_id=query.id, text=text, model="honest", tokens=1)

            server = Server(keys_of(name), Desk(answer, nonces=Nonces(since_ns=0)), lambda caller: None)
            address = await stack.enter_async_context(serving(server, listen("127.0.0.1", 0)))
            peers.append(peer_at(name, address))
        yield peers


@asynccontextmanager
async def a_world(folder):
    """Honest miners, all hostile endpoints by name, and the canary."""
    async with Canary.standing() as canary, honest_miners() as honest, standing(SOCKETS, canary) as ground:
        await stand_with_keys(ground, folder)
        hostile = dict(ground.peers)
        for name, address in {**ADDRESSES, **PRIVATE}.items():
            hostile[name] = peer_at(name, address(canary))
        yield honest, hostile, canary


@asynccontextmanager
async def an_asker(hostile):
    """A validator's client; endpoints that replay have already had an honest exchange with it."""
    strictly = {hostile[name].hotkey for name in PRIVATE if name in hostile}
    vera = keys_of("vera")
    async with Client(vera, allow_private=True) as client, Client(vera) as strict:
        warm = TASKS[0].query.model_copy(update={"id": "hostile-earlier"})
        for name in REPLAYING:
            if name in hostile:
                assert (await client.ask(hostile[name], warm)).text == "42"
        yield Careful(client, strict, strictly)


async def a_round(honest, hostile):
    """A round of the honest miners and the hostile endpoints: what was seen, replies and scores by hotkey."""
    async with an_asker(hostile) as asker:
        peers = [*hostile.values(), *honest]
        return await play(Moment("round-1", 3, 777), TASKS, peers, Bench(asker, RUBRIC))


def about(played, peers):
    """What a round says of these peers, and what their scores are; time aside, which no two rounds share."""
    who = {peer.hotkey for peer in peers}
    heard = {
        (each.peer.hotkey, each.task.id): (each.reply.answer, each.reply.failure, each.reward)
        for each in played.judgements
        if each.peer.hotkey in who
    }
    folded = scores(played.observations(), 777, Rules(half_life=100))
    return heard, {hotkey: score for hotkey, score in folded.items() if hotkey in who}


def failed(played, peer):
    """Whether a peer failed at every task."""
    replies = [each.reply for each in played.judgements if each.peer.hotkey == peer.hotkey]
    return bool(replies) and all(reply.answer is None and reply.failure for reply in replies)


def resident():
    """Bytes of memory that this process holds now."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


@asynccontextmanager
async def memory_watched():
    """Yields a list whose last entry is by how many bytes the process grew at most."""
    grown, before = [0], resident()

    async def watch():
        while True:
            grown.append(max(grown[-1], resident() - before))
            await asyncio.sleep(0.02)

    watching = asyncio.create_task(watch())
    yield grown
    watching.cancel()


async def test_a_round_with_all_hostile_endpoints_is_as_if_they_were_absent(tmp_path):
    async with a_world(tmp_path) as (honest, hostile, canary):
        without = about(await a_round(honest, {}), honest)
        assert [without[1][Hotkey(keys_of(name).ss58_address)].count for name in QUALITY] == [3] * 4
        assert len({peer.hotkey for peer in (*honest, *hostile.values())}) == len(honest) + len(hostile)
        async with memory_watched() as grown:
            played = await a_round(honest, hostile)
        assert about(played, honest) == without
        succeeded = [name for name, peer in hostile.items() if not failed(played, peer)]
        log.info("%d of %d hostile endpoints failed", len(hostile) - len(succeeded), len(hostile))
        assert succeeded == []
        assert len(hostile) >= 100
        assert canary.hits == 0
        assert grown[-1] < MEMORY


async def test_each_hostile_endpoint_alone_changes_nothing(tmp_path):
    async with a_world(tmp_path) as (honest, hostile, canary):
        without = about(await a_round(honest, {}), honest)
        names, harmless = list(hostile), []
        for start in range(0, len(names), AT_ONCE):
            batch = names[start : start + AT_ONCE]
            rounds = await asyncio.gather(*(a_round(honest, {name: hostile[name]}) for name in batch))
            harmless += [
                name
                for name, played in zip(batch, rounds, strict=True)
                if failed(played, hostile[name]) and about(played, honest) == without
            ]
        assert set(names) - set(harmless) == set()
        assert canary.hits == 0


async def test_what_has_no_end_is_cut_off_long_before_the_deadline(tmp_path):
    async with a_world(tmp_path) as (_, hostile, _):
        endless = [peer for name, peer in hostile.items() if "without end" in name or "1 GB" in name]
        async with Client(keys_of("vera"), allow_private=True) as client:
            for task in TASKS:
                replies = await client.ask_all(endless, task.query, 60.0)
                failures = {reply.failure for reply in replies.values()}
                assert failures == {"oversized", "malformed", "refused"}
