"""What a validator is made of, built from its settings and closed in reverse order."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from neurons.process import opened_wallet
from neurons.rubrics import load_rubric
from neurons.status import Recording, Sink, StatusFile
from neurons.wandb_sink import WandbSink
from neurons.weight_duty import WeightDuty
from subnet.chain import Chain, Epoch
from subnet.errors import ConditionError, SettingsError
from subnet.protocol import Hotkey, Peer
from subnet.settings import ValidatorSettings
from subnet.tasks import TASKS
from subnet.tasks.base import Judge, Source
from subnet.tasks.secret import Secret
from subnet.transport.addresses import is_local
from subnet.transport.client import Client
from subnet.validator.journal import Entry, Journal
from subnet.validator.ledger import Ledger
from subnet.validator.scores import Rules
from subnet.validator.store import Store
from subnet.validator.weights import Payment, from_scores

log = logging.getLogger(__name__)

HALF_LIFE_EPOCHS = 2
"""Epochs after which an observation counts half: a miner that changes is paid for it within hours."""


@dataclass(frozen=True)
class Parts:
    """The open parts of one validator."""

    hotkey: Hotkey
    chain: Chain
    client: Client
    source: Source
    judge: Judge
    secret: Secret
    ledger: Ledger
    duty: WeightDuty
    sinks: Sequence[Sink]


@asynccontextmanager
async def assembled(settings: ValidatorSettings) -> AsyncIterator[Parts]:
    """The parts, open until the context ends; SettingsError or ConditionError names what is wrong."""
    source, judge = _source(settings.tasks), load_rubric(settings.rubric)
    wallet = opened_wallet(settings)
    hotkey = Hotkey(wallet.hotkey.ss58_address)
    async with AsyncExitStack() as stack:
        folder = state_folder(settings, hotkey)
        store = stack.enter_context(Store.open(folder / "validator.db"))
        ledger, sinks = Ledger(store), _sinks(settings, hotkey, stack)
        chain = await stack.enter_async_context(
            Chain.connect(settings.network, settings.netuid, settings.chain_seconds)
        )
        private = settings.allow_private or is_local(settings.network, await chain.genesis())
        client = await stack.enter_async_context(Client(wallet.hotkey, allow_private=private))

        def weigh(epoch: Epoch, peers: Mapping[Hotkey, Peer], owner: Hotkey) -> dict[Hotkey, float]:
            if settings.burn_share and owner not in peers:
                log.warning("nothing can be burnt: the owner's hotkey %s has no seat", owner)
            scores = ledger.scores(epoch.block, peers, rules(epoch))
            return from_scores(scores, peers, Payment(owner, settings.burn_share))

        def tell(entry: Entry) -> None:
            for sink in sinks:
                sink.weights(entry)

        duty = WeightDuty(chain, wallet, Journal(store, tell), weigh)
        secret = _secret(folder / "task-secret")
        yield Parts(hotkey, chain, client, source, judge, secret, ledger, duty, sinks)


def state_folder(settings: ValidatorSettings, hotkey: Hotkey) -> Path:
    """Where ledger, journal and task secret are kept: one folder for each network, subnet and hotkey."""
    if settings.state is not None:
        return settings.state.expanduser()
    network = "".join(c if c.isalnum() or c in "-." else "_" for c in settings.network)
    return Path.home() / ".assay" / network / str(settings.netuid) / hotkey


def rules(epoch: Epoch) -> Rules:
    """How observations age in this subnet."""
    return Rules(half_life=max(1, HALF_LIFE_EPOCHS * epoch.tempo))


def _source(name: str) -> Source:
    if name not in TASKS:
        raise SettingsError(f"--tasks {name}: there is no such kind; known: {', '.join(TASKS)}")
    return TASKS[name]()


def _secret(path: Path) -> Secret:
    try:
        return Secret.at(path)
    except (OSError, ValueError) as problem:
        raise ConditionError(f"the task secret cannot be used: {problem}") from problem


def _sinks(settings: ValidatorSettings, hotkey: Hotkey, stack: AsyncExitStack) -> list[Sink]:
    sinks: list[Sink] = [StatusFile(settings.status)] if settings.status is not None else []
    if settings.record is not None:
        sinks.append(Recording(settings.record))
    if settings.wandb:
        about = {"netuid": settings.netuid, "network": settings.network, "hotkey": hotkey}
        wandb = WandbSink(settings.wandb_project, f"validator-{settings.netuid}-{hotkey[:8]}", about)
        stack.callback(wandb.close)
        sinks.append(wandb)
    return sinks
