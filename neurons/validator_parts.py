"""What a validator is made of, built from its settings and closed in reverse order."""

from __future__ import annotations

import logging
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from neurons.copies import Copies
from neurons.explaining import explaining
from neurons.metrics import Metrics
from neurons.mix_setting import mix_setting
from neurons.pledging import PledgeDuty
from neurons.process import opened_wallet
from neurons.reference_model import reference_model
from neurons.rubrics import load_rubric
from neurons.status import Recording, Sink, StatusFile
from neurons.validator_memory import Memory
from neurons.wandb_sink import WandbSink
from neurons.weight_duty import WeightDuty
from subnet.chain import Chain, Epoch
from subnet.errors import ConditionError, SettingsError
from subnet.protocol import Address, Hotkey, Peer
from subnet.settings import ValidatorSettings
from subnet.tasks.base import Complete
from subnet.tasks.mix import Mix
from subnet.tasks.secret import Secret
from subnet.transport.addresses import is_local
from subnet.transport.client import Client
from subnet.validator.journal import Entry, Journal
from subnet.validator.round import Bench
from subnet.validator.store import Store
from subnet.validator.weights import Payment, Shape, from_scores, shape_named

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Parts:
    """The open parts of one validator."""

    hotkey: Hotkey
    chain: Chain
    keeps_time: bool
    bench: Bench
    source: Mix
    complete: Complete | None
    secret: Secret
    pledges: PledgeDuty
    memory: Memory
    duty: WeightDuty
    sinks: Sequence[Sink]


@asynccontextmanager
async def assembled(settings: ValidatorSettings) -> AsyncIterator[Parts]:
    """The parts, open until the context ends; SettingsError or ConditionError names what is wrong."""
    source, judge, shape = _source(settings), load_rubric(settings.rubric), _shape(settings.shape)
    wallet = opened_wallet(settings, settings.signer)
    hotkey = Hotkey(wallet.hotkey.ss58_address)
    async with AsyncExitStack() as stack:
        folder = state_folder(settings, hotkey)
        store = stack.enter_context(Store.open(folder / "validator.db"))
        metrics = None if settings.metrics_port is None else Metrics.served(settings.metrics_port)
        copies = Copies() if settings.split_copies else None
        sinks = [*_sinks(settings, hotkey, stack), *(each for each in (metrics, copies) if each is not None)]
        chain = await stack.enter_async_context(_chain(settings))
        local = is_local(settings.network, await chain.genesis())
        client = await stack.enter_async_context(Client(wallet.hotkey, settings.allow_private or local))
        secret = _secret(folder / "task-secret")
        memory = Memory(store, chain, settings.state_mb)
        await memory.refresh(await chain.epoch())

        if settings.explain_port is not None:
            where = Address(settings.explain_host, settings.explain_port)
            await stack.enter_async_context(explaining(store, wallet.hotkey, folder, where))

        def weigh(epoch: Epoch, peers: Mapping[Hotkey, Peer], owner: Hotkey) -> dict[Hotkey, float]:
            if settings.burn_share and owner not in peers:
                log.warning("nothing can be burnt: the owner's hotkey %s has no seat", owner)
            paid = Payment(owner, settings.burn_share, shape)
            weights = from_scores(memory.scores(epoch, peers), peers, paid)
            return weights if copies is None else copies.split(weights, owner if owner in peers else None)

        def tell(entry: Entry) -> None:
            for sink in sinks:
                sink.weights(entry)

        def aged(age: int, cutoff: int) -> None:
            if metrics is not None:
                metrics.aged(age, cutoff)

        yield Parts(
            hotkey=hotkey,
            chain=chain,
            keeps_time=not local or abs(time.time() - await chain.timestamp()) < settings.stale_seconds,
            bench=Bench(client, judge, settings.judge_seconds),
            source=source,
            complete=await stack.enter_async_context(reference_model(settings)),
            secret=secret,
            pledges=PledgeDuty(chain, wallet, secret),
            memory=memory,
            duty=WeightDuty(chain, wallet, Journal(store, tell), weigh, settings.version_key, aged),
            sinks=sinks,
        )


def _chain(settings: ValidatorSettings) -> AbstractAsyncContextManager[Chain]:
    fallbacks = [endpoint.strip() for endpoint in settings.fallback.split(",") if endpoint.strip()]
    return Chain.connect(
        settings.network, settings.netuid, settings.chain_seconds, fallbacks, settings.mechid
    )


def state_folder(settings: ValidatorSettings, hotkey: Hotkey) -> Path:
    """Where a validator remembers: one folder for each network, subnet, hotkey and, beyond the first, mechanism."""
    if settings.state is not None:
        return settings.state.expanduser()
    network = "".join(c if c.isalnum() or c in "-." else "_" for c in settings.network)
    folder = Path.home() / ".assay" / network / str(settings.netuid) / hotkey
    return folder / f"mechanism-{settings.mechid}" if settings.mechid else folder


def _shape(text: str) -> Shape:
    try:
        return shape_named(text)
    except ValueError as problem:
        raise SettingsError(f"--shape {problem}") from problem


def _source(settings: ValidatorSettings) -> Mix:
    """What is to be asked; every family is made once, so that what cannot be asked ends the start."""
    mix = mix_setting(settings.tasks, settings.sampling)
    try:
        made = mix.probe()
    except ValueError as problem:
        raise SettingsError(f"--tasks {settings.tasks}: {problem}") from problem
    if not settings.reference_model and any(task.finish for task in made):
        raise SettingsError("--tasks chat needs a model of your own: --reference-model PATH_OR_HUB_ID")
    return mix


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
