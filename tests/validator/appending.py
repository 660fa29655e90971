"""A validator's memory at work, to be killed: plays seeded rounds into the ledger at argv[1] from argv[2] on."""

import asyncio
import random
import sys
from pathlib import Path

from reward.default import DEFAULT
from subnet.protocol import Address, Answer, Coldkey, Hotkey, Peer, Reply
from subnet.tasks.draw import Draw
from subnet.tasks.reasoning import Reasoning
from subnet.tasks.secret import Secret
from subnet.validator.ledger import Ledger
from subnet.validator.round import Bench, Moment, play
from subnet.validator.store import Store

PEERS = [
    Peer(Hotkey(f"h{n}"), Coldkey(f"c{n}"), n, Address("127.0.0.1", 1), 0, False, 0.0, 0.0, 0, 0, 0)
    for n in range(4)
]
SOURCE = Reasoning()
ROUNDS = 400


class Seeded:
    """Replies that depend on the seed and the round alone: right, wrong, or silence."""

    def __init__(self, seed, number, tasks):
        self.rng = random.Random(f"{seed}/{number}")
        self.references = {task.id: task.reference for task in tasks}

    async def ask_all(self, peers, query, seconds):
        return {peer.hotkey: self.reply(query) for peer in peers}

    def reply(self, query):
        choice, took = self.rng.random(), self.rng.uniform(0.1, 5.0)
        if choice < 0.2:
            return Reply.missing("timeout", took)
        text = self.references[query.id] if choice < 0.7 else "wrong"
        return Reply(Answer(query_id=query.id, text=text, model="m"), took)


async def played(seed, number):
    """Round `number` of the run with this seed: the same whenever it is played."""
    tasks = Draw(SOURCE, Secret(bytes([seed]) * 32), number // 50, "0x00").tasks([number], 5.0)
    moment = Moment(f"{seed}-{number}", number // 50, number)
    return await play(moment, tasks, PEERS, Bench(Seeded(seed, number, tasks), DEFAULT))


async def main(path, seed):
    with Store.open(path) as store:
        ledger = Ledger(store)
        done = sum(1 for _ in ledger.observations()) // len(PEERS)
        for number in range(done, ROUNDS):
            ledger.append((await played(seed, number)).observations())
            sys.stdout.write(f"{number}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2])))
