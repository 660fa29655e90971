"""`assay chain`: a development chain to which the SDK, btcli and substrate-interface connect, until Ctrl-C."""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from subnet.devnet import ChainConfig, chainfile
from subnet.devnet.calls import account_of
from subnet.devnet.config import Mode
from subnet.devnet.handle import serving
from subnet.devnet.node import Node
from subnet.errors import ConditionError, SettingsError

_DONE, _USAGE, _CONDITION = 0, 2, 3
_LONGEST_BLOCK_TIME = 3600.0  # seconds
_FUNDED = "BT_DEFAULT_TOKEN_WALLET"  # as the official localnet has it


def main(argv: Sequence[str] | None = None) -> int:
    """Runs a chain until Ctrl-C or SIGTERM (0); 2 for wrong usage, 3 when the port or the file cannot be had."""
    arguments = _parser().parse_args(argv)
    logging.basicConfig(
        level=logging.WARNING, stream=sys.stderr, format="%(levelname)s %(name)s: %(message)s"
    )
    try:
        with _chain(arguments) as node:
            asyncio.run(_serve(node, arguments))
    except SettingsError as error:
        print(f"assay chain: {error}", file=sys.stderr)
        return _USAGE
    except ConditionError as error:
        print(f"assay chain: {error}", file=sys.stderr)
        return _CONDITION
    return _DONE


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="assay chain", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument(
        "--port", type=_port, default=9944, help="port, 0 for a free one (default: %(default)s)"
    )
    parser.add_argument(
        "--block-time",
        type=_block_time,
        metavar="SECONDS",
        help="of a block (default: 1)",
    )
    parser.add_argument(
        "--mode",
        choices=("interval", "instant", "manual"),
        default="interval",
        help="make a block every block time, for each transaction, or on dev_newBlock (default: %(default)s)",
    )
    parser.add_argument(
        "--preset",
        choices=("localnet", "mainnet"),
        help="values that a new chain starts with (default: localnet)",
    )
    parser.add_argument(
        "--seed", help="any text: the same chain on every start; without it each chain is a new one"
    )
    parser.add_argument(
        "--state",
        type=Path,
        metavar="FILE",
        help="keep the chain in this file, block by block, and go on with the one that is in it",
    )
    parser.add_argument(
        "--drand",
        type=_url,
        metavar="URL",
        help="fetch the pulses that timelocked weights wait for, such as from https://api.drand.sh",
    )
    return parser


def _url(text: str) -> str:
    if not text.startswith(("http://", "https://")):
        raise argparse.ArgumentTypeError(f"{text} is not a URL: it must start with http:// or https://")
    return text


def _port(text: str) -> int:
    port = int(text)
    if not 0 <= port <= 65535:
        raise argparse.ArgumentTypeError(f"{port} is not a port: choose one from 0 to 65535")
    return port


def _block_time(text: str) -> float:
    seconds = float(text)
    if not 0.001 <= seconds <= _LONGEST_BLOCK_TIME:
        raise argparse.ArgumentTypeError(f"a block takes from 0.001 to {_LONGEST_BLOCK_TIME:.0f} seconds")
    return seconds


@contextmanager
def _chain(arguments: argparse.Namespace) -> Iterator[Node]:
    """A new chain, or the one in the state file, which is closed at the end."""
    names = ("block_time", "preset", "seed")
    chosen = {name: value for name in names if (value := getattr(arguments, name)) is not None}
    if arguments.state is None:
        yield Node(ChainConfig(mode=arguments.mode, funded=_funded(), **chosen))
        return
    with closing(_file(arguments.state, arguments.mode, chosen)) as file:
        yield file.node


def _file(path: Path, mode: Mode, chosen: dict[str, Any]) -> chainfile.ChainFile:
    """The chain in a file, a new one if there is none; raises SettingsError when an option contradicts the file."""
    if not path.exists():
        return chainfile.create(path, Node(ChainConfig(mode=mode, funded=_funded(), **chosen)))
    file = chainfile.load(path)
    file.node.mode = mode
    for name, value in chosen.items():
        kept = getattr(file.node.config, name)
        if kept != value:
            file.close()
            option = "--" + name.replace("_", "-")
            raise SettingsError(f"{path} has {option} {kept}: leave the option out, or choose another file")
    return file


def _funded() -> tuple[bytes, ...]:
    """The account that the environment wants to be rich; raises SettingsError when it is no address."""
    address = os.environ.get(_FUNDED)
    if not address:
        return ()
    try:
        return (account_of(address),)
    except ValueError:
        raise SettingsError(f"{_FUNDED} is not an SS58 address: unset it or correct it") from None


async def _serve(node: Node, arguments: argparse.Namespace) -> None:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    async with serving(node, arguments.host, arguments.port) as chain:
        ready = f"chain ready at {chain.endpoint} ({_pace(node.mode, node.config.block_time)})"
        print(f"{ready}; try: btcli subnets list --network {chain.endpoint}", flush=True)
        parts: list[asyncio.Task[Any]] = [asyncio.create_task(stopped.wait())]
        if arguments.drand is not None:
            # Here, because a tenth of a second of imports is too much for the chains that fetch nothing
            from subnet.devnet.beacon import follow

            parts.append(asyncio.create_task(follow(node, arguments.drand)))
        done, _ = await asyncio.wait({*parts, chain.production}, return_when=asyncio.FIRST_COMPLETED)
        for part in parts:
            part.cancel()
        for part in done:
            part.result()


def _pace(mode: Mode, block_time: float) -> str:
    if mode == "interval":
        return f"a block every {block_time:g} s"
    return "a block for each transaction" if mode == "instant" else "blocks on dev_newBlock"


if __name__ == "__main__":
    sys.exit(main())
