"""A Substrate chain in one process, to which the bittensor SDK, btcli and substrate-interface connect.

`async with devnet(block_time=1.0, mode="instant", seed="any text") as chain:` runs one; see `handle.py`.

Names are imported when they are asked for: the pytest plugin lives in this package, and a test run that uses no
chain must not pay for one.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from subnet.devnet.config import ChainConfig
    from subnet.devnet.handle import Devnet, devnet

__all__ = ["ChainConfig", "Devnet", "devnet"]


def __getattr__(name: str) -> Any:
    if name == "ChainConfig":
        from subnet.devnet.config import ChainConfig

        return ChainConfig
    if name in __all__:
        from subnet.devnet import handle

        return getattr(handle, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
