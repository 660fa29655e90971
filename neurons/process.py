"""What every neuron's process does alike: logs, keys, signals, and exit codes."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
import threading
from collections.abc import Coroutine
from typing import Any

import bittensor as bt

from subnet.errors import ConditionError, ModelError, SettingsError, SubnetError
from subnet.settings import NeuronSettings, fail

END_SECONDS = 1.8
"""What cleaning up may take after a signal, so that Ctrl-C ends the process within two seconds."""


def run(program: str, work: Coroutine[Any, Any, None], verbose: bool) -> int:
    """Runs a neuron until its work ends or a signal arrives; returns the exit code.

    0 ended by a signal or done, 2 wrong settings, 3 a named condition failed, 1 anything else; each failure is
    one line on standard error.
    """
    _log_to_stderr(verbose)
    try:
        return asyncio.run(_until_signalled(work))
    except SettingsError as problem:
        return fail(f"{program}: {problem}", 2)
    except (ConditionError, ModelError) as problem:
        return fail(f"{program}: {problem}", 3)
    except SubnetError as problem:
        return fail(f"{program}: {problem}", 1)
    except Exception as bug:
        logging.getLogger(__name__).debug("unexpected", exc_info=True)
        return fail(f"{program}: unexpected {type(bug).__name__}: {bug} (--verbose tells where)", 1)


def opened_wallet(settings: NeuronSettings) -> bt.Wallet:
    """The wallet with its hotkey readable; the coldkey is not looked at. Raises ConditionError."""
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


async def _until_signalled(work: Coroutine[Any, Any, None]) -> int:
    """Runs the work as this task, which SIGINT and SIGTERM cancel."""
    task = asyncio.current_task()
    assert task is not None
    ended = threading.Event()

    def end() -> None:
        if not ended.is_set():
            ended.set()
            task.cancel()
            # A thread, because what holds the process up (a model being loaded, a socket that does not close)
            # may hold up the event loop, too.
            timer = threading.Timer(END_SECONDS, os._exit, (0,))
            timer.daemon = True
            timer.start()

    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, end)
    try:
        await work
    except asyncio.CancelledError:
        if not ended.is_set():
            raise
    return 0


def _log_to_stderr(verbose: bool) -> None:
    form = "%(asctime)s %(levelname)-7s %(name)s: %(message)s"
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format=form, force=True)
    for ours in ("__main__", "neurons", "subnet", "reward"):
        logging.getLogger(ours).setLevel(logging.DEBUG if verbose else logging.INFO)
