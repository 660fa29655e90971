"""Every read that the SDK registers answers on a new chain, whether or not there is anything to tell."""

from typing import Any

import bittensor as bt
from bittensor_core import Keypair

from subnet.devnet import Devnet

ALICE = Keypair.create_from_uri("//Alice").ss58_address


def argument(name: str, kind: str) -> Any:
    """A value that a read can be asked with, found by the name and the type of its parameter."""
    if name == "call_hash":
        return "0x" + "00" * 32
    if "netuid" in name:
        return [1] if kind.startswith("array") or name.endswith("s") else 1
    if "ss58" in name or "key" in name:
        return [ALICE] if name.endswith("s") else ALICE
    return 0 if "mech" in name or "block" in name else 1


async def test_every_registered_read_answers(chain: Devnet) -> None:
    failed = {}
    async with bt.Client(chain.endpoint) as client:
        reads = client.reads()
        for read in reads:
            arguments = {name: argument(name, str(kind)) for name, kind in read["params"].items()}
            try:
                await client.read(read["name"], **arguments)
            except Exception as error:  # noqa: BLE001 - whatever a read raises is what this test is about
                failed[read["name"]] = f"{arguments}: {type(error).__name__}: {error}"
    assert failed == {}
    assert len(reads) > 100
