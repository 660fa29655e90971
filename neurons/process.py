"""What every neuron's process does alike: logs, keys, signals, and exit codes."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import bittensor as bt

from subnet.errors import ConditionError, ModelError, SettingsError, SubnetError
from subnet.settings import NeuronSettings, fail
from subnet.signer.remote import RemoteSigner, SignerLost

END_SECONDS = 1.8
"""What cleaning up may take after a signal, so that Ctrl-C ends the process within two seconds."""


def run(program: str, work: Coroutine[Any, Any, None], verbose: bool) -> int:
    """Runs a neuron until its work ends or a signal arrives; returns the exit code.

    0 ended by a signal or done, 2 wrong settings, 3 a named condition failed, 1 anything else; each failure is
    one line on standard error. Whatever still runs then has END_SECONDS to end.
    """
    _log_to_stderr(verbose)
    # A thread, because what holds the process up (a judge that thinks for ever, a model being loaded, a socket
    # that does not close) may hold up the event loop, too.
    deadlines: list[threading.Timer] = []

    def end_in_time(code: int) -> None:
        deadlines.append(threading.Timer(END_SECONDS, os._exit, (code,)))
        deadlines[-1].daemon = True
        deadlines[-1].start()

    try:
        with asyncio.Runner() as runner:
            try:
                return runner.run(_until_signalled(program, work, end_in_time))
            except SignerLost as lost:
                # At once, without cleaning up: whatever cleans up would sign again, and fail again.
                os._exit(fail(f"{program}: {lost}", 3))
    finally:
        for deadline in deadlines:
            deadline.cancel()


def _told(program: str, problem: Exception) -> int:
    """Prints the one line about a failure; returns its exit code."""
    if isinstance(problem, SettingsError):
        return fail(f"{program}: {problem}", 2)
    if isinstance(problem, ConditionError | ModelError):
        return fail(f"{program}: {problem}", 3)
    if isinstance(problem, SubnetError):
        return fail(f"{program}: {problem}", 1)
    logging.getLogger(__name__).debug("unexpected", exc_info=problem)
    return fail(f"{program}: unexpected {type(problem).__name__}: {problem} (--verbose tells where)", 1)


def opened_wallet(settings: NeuronSettings, signer: Path | None = None) -> bt.Wallet | RemoteSigner:
    """The wallet with its hotkey readable, or the signer that holds it; the coldkey is not looked at.

    Raises ConditionError.
    """
    if signer is not None:
        return _remote(signer, settings.netuid)
    path = str(settings.wallet_path.expanduser())
    wallet = bt.Wallet(name=settings.wallet, hotkey=settings.wallet_hotkey, path=path)
    try:
        wallet.get_hotkey()
    except FileNotFoundError:
        raise ConditionError(
            f"wallet {settings.wallet!r} has no hotkey {settings.wallet_hotkey!r} under {path}; create it: "
            f"btcli wallet new-hotkey -w {settings.wallet} -H {settings.wallet_hotkey} --wallet-path {path}"
        ) from None
    except (OSError, ValueError, bt.sp_core.KeyfileError) as problem:
        raise ConditionError(f"the hotkey file of {settings.wallet!r} cannot be read: {problem}") from None
    return wallet


def _remote(signer: Path, netuid: int) -> RemoteSigner:
    remote = RemoteSigner(signer)
    if remote.netuid != netuid:
        raise ConditionError(
            f"the signer at {signer} is for subnet {remote.netuid}, not {netuid}: start one for it"
        )
    return remote


async def _until_signalled(
    program: str, work: Coroutine[Any, Any, None], end_in_time: Callable[[int], None]
) -> int:
    """Runs the work as this task, which SIGINT and SIGTERM cancel; returns the exit code."""
    task = asyncio.current_task()
    assert task is not None
    ended = threading.Event()

    def end() -> None:
        if not ended.is_set():
            ended.set()
            task.cancel()
            end_in_time(0)

    loop = asyncio.get_running_loop()
    loop.set_exception_handler(_in_background)
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, end)
    try:
        await work
    except asyncio.CancelledError:
        if not ended.is_set():
            raise
    except Exception as problem:  # noqa: BLE001 - the process's boundary: a bug, too, is one line and an exit code
        code = _told(program, problem)
        end_in_time(code)
        return code
    return 0


def _in_background(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """One line about a task that failed and that nobody waits for, such as the SDK's when its endpoint is gone."""
    problem = context.get("exception")
    what = f"{type(problem).__name__}: {problem}" if problem else str(context.get("message"))
    log = logging.getLogger(__name__)
    log.warning("in the background: %s", " ".join(what.split())[:300])
    log.debug("the whole of it", exc_info=problem)


def _log_to_stderr(verbose: bool) -> None:
    form = "%(asctime)s %(levelname)-7s %(name)s: %(message)s"
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format=form, force=True)
    for ours in ("__main__", "neurons", "subnet", "reward"):
        logging.getLogger(ours).setLevel(logging.DEBUG if verbose else logging.INFO)
