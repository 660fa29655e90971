"""What validators pledge on a real chain, and how anyone finds the one whose tasks were not what it pledged."""

import asyncio
import json
from contextlib import AsyncExitStack, asynccontextmanager

from neurons.audit_command import main as audit
from neurons.pledging import PledgeDuty
from subnet.chain import Chain
from subnet.devnet.handle import devnet
from subnet.protocol import Reply
from subnet.recording import Recorder
from subnet.tasks import TASKS
from subnet.tasks.base import Reward
from subnet.tasks.draw import Draw
from subnet.tasks.mix import mixed
from subnet.tasks.pledge import Pledge
from subnet.tasks.secret import Secret
from subnet.validator.round import Judgement, Moment, Round
from tests.validator.arena import HOTKEYS, KEYS, founded

MIX = mixed("demo=1,text=1", TASKS)
EPOCHS = 3


class Validator:
    """Pledges one secret, draws from another one (the same where it is honest), and records what it asks."""

    def __init__(self, name, chain, folder, pledged, used):
        self.hotkey, self.folder, self.used, self.chain = HOTKEYS[name], folder, used, chain
        self.duty = PledgeDuty(chain, KEYS[name].wallet, pledged)
        self.recorder, self.drawn = Recorder(folder), 0

    async def round(self, epoch):
        draw = Draw(MIX, self.used, epoch.index, await self.chain.block_hash(epoch.last_block))
        tasks = draw.tasks(range(self.drawn, self.drawn + 4), 5.0)
        self.drawn += 4
        peer = (await self.chain.peers())[HOTKEYS["able"]]
        silent = [
            Judgement(peer, task, Reply.missing("timeout", 5.0), Reward(0.0, 1.0, (), "")) for task in tasks
        ]
        self.recorder.write(Round(Moment(f"{epoch.block}", epoch.index, epoch.block), tuple(silent)))

    async def works(self):
        await self.duty.look((await self.chain.epoch()).block)
        await self.round(await self.chain.epoch())
        await self.duty.look((await self.chain.epoch()).block)


@asynccontextmanager
async def subnet(seed):
    async with AsyncExitStack() as stack:
        running = await stack.enter_async_context(devnet(mode="instant", seed=seed, checked=True))
        netuid = await founded(running, False, {})
        yield running, netuid, await stack.enter_async_context(Chain.connect(running.endpoint, netuid, 20.0))
        assert running.node.failures == []


def audited(running, netuid, validator, capsys):
    argv = ["--network", running.endpoint, "--netuid", str(netuid), "--hotkey", validator.hotkey]
    argv += ["--recording", str(validator.folder), "--tasks", "text=1,demo=1", "--json"]
    code = audit(argv)
    return code, {one["epoch"]: one["problems"] for one in json.loads(capsys.readouterr().out)["epochs"]}


async def test_two_validators_pledge_and_the_one_that_asks_other_tasks_is_found(tmp_path, capsys):
    async with subnet("two validators pledge") as (running, netuid, chain):
        honest = Validator("vera", chain, tmp_path / "vera", Secret(b"v" * 32), Secret(b"v" * 32))
        cheat = Validator("baker", chain, tmp_path / "baker", Secret(b"b" * 32), Secret(b"x" * 32))
        first = (await chain.epoch()).index
        for _ in range(EPOCHS):
            for validator in (honest, cheat):
                await validator.works()
            await running.epochs(netuid)
        for validator in (honest, cheat):
            await validator.works()
        code, found = await asyncio.to_thread(audited, running, netuid, honest, capsys)
        assert found == {
            first: ["no secret was pledged before it began"],
            first + 1: [],
            first + 2: [],
            first + 3: [],  # not yet revealed, which is no problem
        }
        assert code == 3
        code, found = await asyncio.to_thread(audited, running, netuid, cheat, capsys)
        assert code == 3
        assert found[first + 1] == found[first + 2] == ["4 of 4 tasks are not those of the revealed secret"]


async def test_one_publication_per_epoch_holds_the_next_hash_and_the_last_secret():
    async with subnet("one publication") as (running, netuid, chain):
        secret = Secret(b"v" * 32)
        duty = PledgeDuty(chain, KEYS["vera"].wallet, secret)
        for _ in range(3):
            await running.epochs(netuid)
            for _ in range(3):
                await duty.look((await chain.epoch()).block)
        history = await chain.board.history(HOTKEYS["vera"], 0)
        pledges = [Pledge.read(one.text) for one in history]
        now = (await chain.epoch()).index
        assert [(one.epoch, one.past) for one in pledges] == [
            (now - 1, now - 3),
            (now, now - 2),
            (now + 1, now - 1),
        ]
        assert all(one.keeps(secret.of_epoch(one.epoch)) for one in pledges)
        assert all(one.revealed().revealed() == secret.of_epoch(one.past).revealed() for one in pledges)
        assert [one.block for one in history] == sorted({one.block for one in history})


async def test_a_secret_stays_one_while_its_tasks_are_being_asked_and_other_people_s_text_stays():
    async with subnet("in flight") as (running, netuid, chain):
        duty = PledgeDuty(chain, KEYS["vera"].wallet, Secret(b"v" * 32))
        asked = (await chain.epoch()).index
        await duty.look(running.node.state.block)
        with duty.asking():
            await running.epochs(netuid)
            await duty.look(running.node.state.block)
            shown = Pledge.read((await chain.board.of(HOTKEYS["vera"])).text)
            assert (shown.epoch, shown.past) == (asked + 2, asked - 1)
        await duty.look(running.node.state.block)
        shown = Pledge.read((await chain.board.of(HOTKEYS["vera"])).text)
        assert (shown.epoch, shown.past) == (asked + 2, asked)

        await chain.board.publish(KEYS["able"].wallet, "model: somewhere else")
        await PledgeDuty(chain, KEYS["able"].wallet, Secret(b"a" * 32)).look(running.node.state.block)
        assert (await chain.board.of(HOTKEYS["able"])).text == "model: somewhere else"
