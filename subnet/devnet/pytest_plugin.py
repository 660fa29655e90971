"""The fixture `assay_chain`: a chain of its own for each test that asks, when pytest runs with `--assay-chain`.

Installing Assay makes it known to pytest. Nothing of the chain is imported before a test asks for one.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from subnet.devnet.beside import ChainBeside

_MARK = "assay_chain"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Adds `--assay-chain`."""
    group = parser.getgroup("assay", "the embedded chain of Assay")
    group.addoption(
        "--assay-chain",
        action="store_true",
        help="run the tests that ask for the fixture assay_chain; without it they are skipped",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Declares the mark that sets a chain up."""
    config.addinivalue_line(
        "markers", f"{_MARK}(**options): how the fixture assay_chain starts, such as mode='manual'"
    )


@pytest.fixture
def assay_chain(request: pytest.FixtureRequest) -> Iterator[ChainBeside]:
    """A new chain that makes a block for each transaction; `@pytest.mark.assay_chain(...)` sets it up otherwise.

    It is the same in every run: its seed is the name of the test. The test fails when the chain made a mistake.
    """
    if not request.config.getoption("--assay-chain"):
        pytest.skip("it needs a chain: run pytest with --assay-chain")
    from subnet.devnet.beside import chain_beside

    options = {"mode": "instant", "seed": request.node.nodeid}
    for mark in reversed(list(request.node.iter_markers(_MARK))):
        options |= mark.kwargs
    with chain_beside(**options) as chain:
        yield chain
        assert chain.failures == [], "the chain made a mistake: please report it to Assay"
