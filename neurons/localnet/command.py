"""`assay localnet`: one command from nothing to an incentivised subnet that runs."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import socket
import sys
import tempfile
from collections.abc import Coroutine, Sequence
from pathlib import Path
from typing import Annotated

from pydantic import Field

from neurons.localnet.cast import cast, make_wallets
from neurons.localnet.play import Play
from neurons.localnet.processes import Processes
from neurons.localnet.record import Record, names_of
from neurons.localnet.screen import Screen
from neurons.localnet.staging import Staging
from subnet.errors import ConditionError, SubnetError
from subnet.settings import Port, Settings, fail, setting

ABOUT = "A whole subnet on this machine: chain, owner, validators, miners; watch it, or report on it."
MODELS = Path(__file__).resolve().parent.parent.parent / "models"


class LocalnetSettings(Settings):
    """Settings of `assay localnet`."""

    epochs: Annotated[int, Field(ge=0, le=100_000)] = setting(0, help="epochs to run; 0: until Ctrl-C")
    seed: Annotated[int, Field(ge=0, lt=1 << 63)] = setting(0, help="seed of wallets, chain and task secrets")
    port: Port = setting(9944, help="port of the chain's websocket on 127.0.0.1")
    tempo: Annotated[int, Field(ge=20, le=500)] = setting(50, help="blocks per epoch, 20 to 500")
    block_time: Annotated[float, Field(ge=0.1, le=60.0)] = setting(0.25, help="seconds per block, 0.1 to 60")
    report: Path | None = setting(None, help="write what happened to this JSON file")
    picture: Path | None = setting(None, help="save the last screen as an SVG picture")
    keep: Path | None = setting(None, help="keep logs, ledgers, wallets and chain state in this folder")
    models: Path = setting(MODELS, help="folder with the demo models strong, medium and weak")
    verbose: bool = setting(False, "-v", help="neurons log more, and the logs stay")


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the local network; returns the exit code (0 done, 2 usage, 3 a named condition failed)."""
    settings = LocalnetSettings.read(argv, program="assay localnet", about=ABOUT)
    try:
        _check_before(settings)
        folder = _folder(settings.keep)
        code = asyncio.run(run(settings, folder))
    except (SubnetError, OSError) as problem:
        return fail(f"assay localnet: {problem}", 3)
    except KeyboardInterrupt:
        return fail("assay localnet: interrupted before it began", 3)
    if settings.keep is None and not settings.verbose:
        shutil.rmtree(folder, ignore_errors=True)
    return code


async def run(settings: LocalnetSettings, folder: Path) -> int:
    """Plays the run in `folder`; whatever happens, no process is left behind and the report is written."""
    stop = _stop_on_signals()
    members = cast(settings.models)
    keys = make_wallets(members, folder / "wallets", settings.seed)
    record = Record(names_of(members, keys))
    staging = Staging(
        port=settings.port,
        tempo=settings.tempo,
        block_time=settings.block_time,
        seed=settings.seed,
        epochs=settings.epochs,
        verbose=settings.verbose,
        folder=folder,
        keep=settings.keep is not None,
    )
    with Screen(f"assay localnet   ws://127.0.0.1:{settings.port}") as screen:
        try:
            async with Processes.open(folder / "logs") as processes:
                play = Play(staging, members, keys, record, processes, screen)
                finished = await _first(play.run(), stop)
        finally:
            _write(settings, record, screen)
    if settings.verbose:
        sys.stderr.write(f"logs are in {folder / 'logs'}\n")
    if not finished and settings.epochs:
        return fail(f"assay localnet: stopped after {len(record.epochs)} of {settings.epochs} epochs", 3)
    return 0


def _write(settings: LocalnetSettings, record: Record, screen: Screen) -> None:
    if settings.report is not None:
        settings.report.write_text(json.dumps(record.report(), indent=1) + "\n")
    if settings.picture is not None:
        screen.save_picture(settings.picture)


async def _first(play: Coroutine[None, None, None], stop: asyncio.Event) -> bool:
    """Whether the play came to its end before somebody asked to stop."""
    playing = asyncio.create_task(play)
    stopping = asyncio.create_task(stop.wait())
    done, _ = await asyncio.wait({playing, stopping}, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if playing in done:
        await playing
        return True
    playing.cancel()
    await asyncio.wait({playing})
    return False


def _stop_on_signals() -> asyncio.Event:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    return stop


def _folder(keep: Path | None) -> Path:
    """Where the run's files go; a folder of the system's own stays only if the run fails, for its logs."""
    folder = keep or Path(tempfile.mkdtemp(prefix="assay-localnet-"))
    try:
        (folder / "logs").mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise ConditionError(f"cannot make the folder {folder}: {problem.strerror}") from problem
    return folder.resolve()


def _check_before(settings: LocalnetSettings) -> None:
    """Finds what would fail at the end, or in the middle, before anything starts."""
    _check_port(settings.port)
    _check_models(settings.models)
    keep = settings.keep
    if keep is not None and keep.exists() and (not keep.is_dir() or any(keep.iterdir())):
        raise ConditionError(f"{keep} is no empty folder: --keep wants a new or empty one")
    for flag, path in (("--report", settings.report), ("--picture", settings.picture)):
        if path is None:
            continue
        place = path if path.exists() else path.parent
        if path.is_dir() or not place.exists() or not os.access(place, os.W_OK):
            raise ConditionError(f"{flag} {path} cannot be written: choose a file in a folder that is there")


def _check_port(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as problem:
            raise ConditionError(
                f"port {port} is taken ({problem.strerror}): end what listens there or choose another with --port"
            ) from problem


def _check_models(models: Path) -> None:
    missing = [name for name in ("strong", "medium", "weak") if not (models / name / "config.json").exists()]
    if missing:
        raise ConditionError(
            f"no demo model {', '.join(missing)} in {models}: make them with scripts/train_demo_models.py"
        )
