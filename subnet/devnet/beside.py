"""A chain beside a program that is not asynchronous, or whose event loop is its own: the handle without `await`."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterator
from contextlib import AsyncExitStack, contextmanager
from threading import Thread
from typing import Any, Protocol, TypeVar

from subnet.devnet.handle import Devnet, devnet

T = TypeVar("T")


class Done(Protocol):
    """Runs work in the chain's thread and returns its result."""

    def __call__(self, work: Coroutine[Any, Any, T]) -> T: ...


class ChainBeside:
    """A chain in a thread of its own; the methods are those of `Devnet` and return when they are done."""

    def __init__(self, chain: Devnet, done: Done) -> None:
        self._chain, self._done = chain, done

    @property
    def address(self) -> str:
        """Where clients connect: what `--network` takes."""
        return self._chain.address

    @property
    def block(self) -> int:
        """The number of the last block."""
        return self._chain.node.blocks.number

    @property
    def failures(self) -> list[str]:
        """Mistakes of the chain itself; empty on a sound one."""
        return self._chain.node.failures

    def advance(self, blocks: int = 1) -> int:
        """Makes blocks at once, in any mode, and returns the number of the last one."""
        return self._done(self._chain.advance(blocks))

    def epochs(self, netuid: int, count: int = 1) -> int:
        """Makes blocks until a subnet has been through so many epochs; returns the number of the last block."""
        return self._done(self._chain.epochs(netuid, count))

    def fund(self, address: str, tao: float) -> None:
        """Gives an account so much more TAO, which is newly issued."""
        self._done(self._chain.fund(address, tao))

    def register_subnet(self, hotkey: str, coldkey: str) -> int:
        """Founds a subnet and starts it, paid by its owner's coldkey; `hotkey` gets uid 0. Returns the netuid."""
        return self._done(self._chain.register_subnet(hotkey, coldkey))

    def register(self, netuid: int, hotkey: str, coldkey: str) -> int:
        """Gives a hotkey a seat, for the price of one, paid by the coldkey; returns its uid."""
        return self._done(self._chain.register(netuid, hotkey, coldkey))

    def call(self, signer: str | None, name: str, **arguments: Any) -> int:
        """Makes any call in a block of its own, from an account or, for None, from root; returns its number."""
        return self._done(self._chain.call(signer, name, **arguments))

    def snapshot(self) -> str:
        """Names the chain as it is now, for `revert`."""
        return self._chain.snapshot()

    def revert(self, snapshot: str) -> None:
        """Takes the chain back to a snapshot, as often as wanted; raises ChainError when it is no longer kept."""
        self._done(_reverted(self._chain, snapshot))


async def _reverted(chain: Devnet, snapshot: str) -> None:
    """In the chain's own thread, where no block is being made meanwhile."""
    chain.revert(snapshot)


@contextmanager
def chain_beside(**options: Any) -> Iterator[ChainBeside]:
    """Runs a new chain while the body runs; `options` are those of `devnet`.

    The thread is there because the body may block, as the SDK's synchronous client does, while the chain answers it.
    """
    loop, stack = asyncio.new_event_loop(), AsyncExitStack()
    thread = Thread(target=loop.run_forever, name="assay chain", daemon=True)
    thread.start()

    def done(work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, loop).result()

    try:
        yield ChainBeside(done(stack.enter_async_context(devnet(**options))), done)
    finally:
        done(stack.aclose())
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
