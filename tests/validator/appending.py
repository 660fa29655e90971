"""A validator's memory at work, to be killed: plays seeded rounds into a ledger and reports each that is written.

    python appending.py PATH SEED [BYTES [INSTRUCTION]]

goes on where the ledger at PATH ends. With a budget of BYTES the ledger is compacted after every round that needs
it. With INSTRUCTION the process kills itself with SIGKILL when the validator's memory has run so many byte-code
instructions, so that every instruction can be the last.
"""

import asyncio
import os
import random
import signal
import sys
from pathlib import Path

from reward.default import DEFAULT
from subnet.protocol import Address, Answer, Coldkey, Hotkey, Peer, Reply
from subnet.tasks.draw import Draw
from subnet.tasks.reasoning import Demo
from subnet.tasks.secret import Secret
from subnet.validator.compaction import Budget
from subnet.validator.ledger import Ledger
from subnet.validator.round import Bench, Moment, play
from subnet.validator.store import Store

PEERS = [
    Peer(Hotkey(f"h{n}"), Coldkey(f"c{n}"), n, Address("127.0.0.1", 1), 0, False, 0.0, 0.0, 0, 0, 0)
    for n in range(4)
]
SOURCE = Demo()
ROUNDS, TASKS, EPOCH = 400, 10, 10
MEMORY = f"{os.sep}subnet{os.sep}validator{os.sep}"


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
    indices = range(number * TASKS, (number + 1) * TASKS)
    tasks = Draw(SOURCE, Secret(bytes([seed]) * 32), number // EPOCH, "0x00").tasks(indices, 5.0)
    moment = Moment(f"{seed}-{number:06}", number // EPOCH, number)
    return await play(moment, tasks, PEERS, Bench(Seeded(seed, number, tasks), DEFAULT))


def written(ledger):
    """How many rounds a ledger holds, counted from the first that was ever played."""
    return max((int(seen.round_id.split("-")[1]) for seen in ledger.observations()), default=-1) + 1


def die_after(instructions):
    """Kills this process when its memory has run so many byte-code instructions."""
    left = [instructions]

    def step(frame, event, _):
        if event == "call":
            frame.f_trace_opcodes = MEMORY in frame.f_code.co_filename
            return step if frame.f_trace_opcodes else None
        if event == "opcode":
            left[0] -= 1
            if left[0] == 0:
                os.kill(os.getpid(), signal.SIGKILL)
        return step

    sys.settrace(step)


async def main(path, seed, most_bytes, instruction):
    with Store.open(path) as store:
        ledger, budget = Ledger(store), Budget(store, most_bytes)
        done = written(ledger)
        if instruction:
            die_after(instruction)
        for number in range(done, ROUNDS):
            ledger.append((await played(seed, number)).observations())
            sys.stdout.write(f"{number}\n")
            sys.stdout.flush()
            await budget.keep(number, number // EPOCH)


if __name__ == "__main__":
    given = [int(word) for word in sys.argv[2:]] + [1 << 40, 0][len(sys.argv) - 3 :]
    asyncio.run(main(Path(sys.argv[1]), *given))
