"""A Substrate chain in one process, to which the bittensor SDK, btcli and substrate-interface connect.

`async with devnet(block_time=1.0, mode="instant", seed="any text") as chain:` runs one; see `handle.py`.
"""

from subnet.devnet.config import ChainConfig
from subnet.devnet.handle import Devnet, devnet

__all__ = ["ChainConfig", "Devnet", "devnet"]
