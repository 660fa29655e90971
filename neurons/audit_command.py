"""`assay audit-tasks`: whether a validator's tasks were what the secrets that it pledged on the chain say.

Needs a recording of what was asked (`--record` of that validator, or rounds that somebody else kept in the same
form), and an endpoint that keeps the state of the epochs in question. Exit code 0 all in order, 3 something is not.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

from pydantic import Field

from neurons.mix_setting import mix_setting
from subnet.chain import Chain
from subnet.errors import ConditionError, SettingsError, SubnetError
from subnet.protocol import Hotkey, Query
from subnet.recording import OtherTasks, recorded
from subnet.settings import Settings, fail, setting
from subnet.tasks.audit import Asked, Audited, Made, audited
from subnet.tasks.mix import Mix
from subnet.tasks.pledge import Pledge

PROGRAM = "assay audit-tasks"
REVEALED_AFTER = 2
"""Epochs after which a validator has revealed a secret at the latest: with the pledge for the second next one."""

ABOUT = "Check that a validator asked the tasks which its pledged secrets make."


class AuditSettings(Settings):
    """Settings of `assay audit-tasks`."""

    network: str = setting(
        "finney", "-n", env="BT_NETWORK", help="finney, test, local, or a ws:// endpoint with old state"
    )
    netuid: Annotated[int, Field(ge=1, lt=4096)] = setting(None, help="the subnet's number; required")
    hotkey: str = setting(None, help="the validator's hotkey; required")
    recording: Path = setting(None, help="folder of recorded rounds; required")
    tasks: str = setting("demo", help="what the validator says that it asks: its --tasks")
    sampling: str = setting("", help="how it says that it has miners sample: its --sampling")
    chain_seconds: Annotated[float, Field(gt=0)] = setting(
        60.0, help="deadline of one chain call, in seconds"
    )
    as_json: bool = setting(False, "--json", help="one JSON document on standard output")


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command; returns its exit code (0 in order, 2 usage or no recording, 3 not in order)."""
    settings = AuditSettings.read(argv, program=PROGRAM, about=ABOUT)
    try:
        found = asyncio.run(_audited(settings))
    except SettingsError as problem:
        return fail(f"{PROGRAM}: {problem}", 2)
    except SubnetError as problem:
        return fail(f"{PROGRAM}: {problem}", 3)
    if settings.as_json:
        print(json.dumps({"hotkey": settings.hotkey, "epochs": [asdict(one) for one in found]}))
    else:
        print("\n".join(map(_line, found)))
    wrong = [one.epoch for one in found if one.problems]
    return fail(f"{PROGRAM}: {len(wrong)} of {len(found)} epochs are not in order", 3) if wrong else 0


async def _audited(settings: AuditSettings) -> list[Audited]:
    mix = mix_setting(settings.tasks, settings.sampling)
    rounds = _rounds(settings.recording, mix)
    async with Chain.connect(settings.network, settings.netuid, settings.chain_seconds) as chain:
        found = await _asked(chain, rounds)
        made = await _made(chain, Hotkey(settings.hotkey), found)
    return [audited(one, made, mix) for one in found]


def _rounds(folder: Path, mix: Mix) -> dict[int, tuple[int, dict[str, Query]]]:
    """For each epoch a block in it, and the queries that were asked by their ids."""
    rounds: dict[int, tuple[int, dict[str, Query]]] = {}
    try:
        for played in recorded(folder, mix):
            _, queries = rounds.setdefault(played.moment.epoch, (played.moment.block, {}))
            queries.update({one.task.id: one.task.query for one in played.judgements})
    except OtherTasks as problem:
        raise ConditionError(f"{problem}: it is not in --tasks") from problem
    except (OSError, ValueError) as problem:
        raise SettingsError(f"--recording {folder}: {problem}") from problem
    if not rounds:
        raise SettingsError(f"--recording {folder}: there are no recorded rounds")
    return rounds


async def _asked(chain: Chain, rounds: dict[int, tuple[int, dict[str, Query]]]) -> list[Asked]:
    found, now = [], (await chain.epoch()).index
    for epoch, (block, queries) in sorted(rounds.items()):
        then = await chain.epoch(block)
        if then.index != epoch:
            raise ConditionError(f"block {block} is in epoch {then.index} of this subnet, not in {epoch}")
        name = await chain.block_hash(then.last_block)
        found.append(
            Asked(epoch, then.last_block, name, tuple(queries.values()), now > epoch + REVEALED_AFTER)
        )
    return found


async def _made(chain: Chain, hotkey: Hotkey, asked: Iterable[Asked]) -> list[Made]:
    """The pledges from before the first of these epochs until their secrets can be expected."""
    epochs = list(asked)
    tempo = (await chain.epoch()).tempo
    history = await chain.board.history(hotkey, epochs[0].first_block - 2 * (tempo + 1))
    read = ((one.block, Pledge.read(one.text)) for one in history)
    return [Made(block, pledge) for block, pledge in read if pledge is not None]


def _line(one: Audited) -> str:
    said = "; ".join(one.problems) or ("not yet revealed" if one.pending else "in order")
    left = f", {one.left_out} drawn in between and not recorded" if one.left_out else ""
    return f"epoch {one.epoch}: {one.tasks} tasks{left}: {said}"


if __name__ == "__main__":
    sys.exit(main())
