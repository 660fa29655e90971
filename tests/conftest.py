"""What tests share: a chain of their own, and caches of the SDK that are not the user's."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from subnet.devnet import Devnet, devnet


@pytest.fixture(autouse=True, scope="session")
def sdk_caches(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The SDK keeps metadata and names of chains on disk; tests must neither find nor leave any."""
    folder = tmp_path_factory.mktemp("sdk-caches")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BITTENSOR_RUNTIME_CACHE_DIR", str(folder))
        patch.setenv("BTCLI_TOKEN_SYMBOLS_CACHE", str(folder / "symbols.json"))
        patch.setenv("BTCLI_SUBNET_NAMES_CACHE", str(folder / "names.json"))
        yield folder


@pytest.fixture
async def chain(request: pytest.FixtureRequest) -> AsyncIterator[Devnet]:
    """A chain that makes a block for each transaction; the test fails when a pallet failed by a bug."""
    async with devnet(mode="instant", seed=request.node.nodeid, checked=True) as running:
        yield running
    assert running.node.failures == []
