"""Every call of the contract is made through the SDK: it does what it says, or is refused by a documented name."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.devnet.contract import cases_admin, cases_frame, cases_staking, cases_subnets, cases_weights
from tests.devnet.contract.world import Case, World, founded

TABLES = (cases_admin, cases_frame, cases_staking, cases_subnets, cases_weights)
CASES: list[Case] = [case for table in TABLES for case in table.CASES]
NEVER_FAIL = {
    "SubtensorModule.claim_root",
    "Balances.transfer_all",
    "System.remark",
    "System.remark_with_event",
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world() -> AsyncIterator[World]:
    """One chain for all cases, which each start from the same block of it."""
    async with founded("every call") as made:
        yield made


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("case", CASES, ids=str)
async def test_a_call_does_what_the_table_says(world: World, case: Case) -> None:
    await world.play(case)


def calls(cases: list[Case]) -> set[str]:
    """The calls that cases make, as "Pallet.call"."""
    return {f"{case.pallet}.{case.function}" for case in cases}


IN_THE_CONTRACT = {f"{pallet}.{call}" for pallet, names in cases_admin.CALLS.items() for call in names}


def test_the_table_has_every_call_of_the_contract() -> None:
    assert IN_THE_CONTRACT - calls(CASES) == set()


def test_every_call_succeeds_somewhere_in_the_table_or_is_refused_by_a_documented_name() -> None:
    refused = calls([case for case in CASES if case.error == "CallFiltered"])
    never = IN_THE_CONTRACT - calls([case for case in CASES if case.error is None])
    assert never - refused == {"Timestamp.set"}  # which only the author of a block can make
    documented = (Path(__file__).resolve().parents[3] / "docs" / "chain.md").read_text()
    assert {call for call in never if call.rpartition(".")[2] not in documented} == set()


def test_every_call_fails_somewhere_in_the_table_unless_nothing_can_go_wrong() -> None:
    assert IN_THE_CONTRACT - calls([case for case in CASES if case.error is not None]) == NEVER_FAIL
