"""The storage: reading and writing by name, undoing, and the state of past blocks."""

import pytest

from subnet.devnet.chain_types import AccountId32, NetUid
from subnet.devnet.config import ChainConfig
from subnet.devnet.frame import ModuleError, Pallet, ensure
from subnet.devnet.scale import U16, U32, ScaleError, Vec
from subnet.devnet.state import ABSENT, Encoded, State, StateDiscarded

pallet = Pallet("Sample", index=9)
Total = pallet.value("Total", U32, default=0)
Tempo = pallet.map("Tempo", key=[("Identity", NetUid)], value=U16, default=10)
Uids = pallet.map("Uids", key=[("Identity", NetUid), ("Blake2_128Concat", AccountId32)], value=U16)
Weights = pallet.map("Weights", key=[("Twox64Concat", U16)], value=Vec(U16), default=())
TempoSet = pallet.event(3, "TempoSet", [(None, NetUid), ("tempo", U16)])
TooFast = pallet.error(2, "TooFast", "Wait.")
ANN, BEN = b"\x01" * 32, b"\x02" * 32


@pytest.fixture
def state() -> State:
    return State(ChainConfig(retained_blocks=8, checked=True), runtime=None)


def test_an_absent_value_reads_its_default_or_none(state: State) -> None:
    assert (Total[state], Tempo[state, 1], Uids[state, 1, ANN]) == (0, 10, None)
    Tempo[state, 1] = 10
    assert Tempo.has(state, 1)
    del Tempo[state, 1]
    assert not Tempo.has(state, 1)


def test_keys_are_those_of_substrate() -> None:
    account = Pallet("System", index=0).map("Account", [("Blake2_128Concat", AccountId32)], U32, default=0)
    alice = bytes.fromhex("d43593c715fdd31c61141abd04a99fd6822c8558854ccde39a5684e7a56da27d")
    assert account.raw_key((alice,)).hex() == (
        "26aa394eea5630e07c48ae0c9558cef7b99d880ec681799c0cf30e8886371da9"
        "de1e86a9a8c739864cf3cc5ec2bea59fd43593c715fdd31c61141abd04a99fd6822c8558854ccde39a5684e7a56da27d"
    )


def test_items_come_in_the_byte_order_of_their_keys(state: State) -> None:
    for netuid in (300, 2, 1, 256):
        Tempo[state, netuid] = netuid
    assert [parts for parts, _ in Tempo.items(state)] == [(256,), (1,), (2,), (300,)]
    Uids[state, 1, ANN], Uids[state, 1, BEN], Uids[state, 2, ANN] = 0, 1, 0
    assert dict(Uids.items(state, 1)) == {(ANN,): 0, (BEN,): 1}
    assert Uids.clear(state, 1) == 2
    assert Uids.all_keys(state) == [(2, ANN)]


def test_keys_are_paged_behind_a_start_key(state: State) -> None:
    for uid in range(10):
        Weights[state, uid] = (uid,)
    keys = state.keys(Weights.prefix)
    assert len(keys) == 10 and keys == sorted(keys)
    assert state.keys(Weights.prefix, Weights.prefix, 4) == keys[:4]
    assert state.keys(Weights.prefix, keys[3], 4) == keys[4:8]
    assert state.keys(b"", b"", 3) == keys[:3]


def test_a_transaction_that_fails_leaves_no_trace(state: State) -> None:
    Total[state], Tempo[state, 1] = 5, 7
    with pytest.raises(ModuleError, match="TooFast: Wait"), state.transaction():
        Total.update(state, lambda total: total + 1)
        del Tempo[state, 1]
        with state.transaction():
            Tempo[state, 2] = 3
            state.deposit(TempoSet(2, tempo=3))
        ensure(False, TooFast)
    assert (Total[state], Tempo[state, 1], Tempo.has(state, 2), state.events) == (5, 7, False, [])
    assert Tempo.all_keys(state) == [(1,)]


def test_a_transaction_inside_may_fail_alone(state: State) -> None:
    with state.transaction():
        Total[state] = 1
        with pytest.raises(ModuleError), state.transaction():
            Total[state] = 2
            raise TooFast()
    assert Total[state] == 1


def test_past_blocks_stay_readable(state: State) -> None:
    for block in range(1, 7):
        state.open_block()
        Total[state] = block
        Tempo[state, block] = block
        if block > 2:
            del Tempo[state, block - 2]
    assert [Total[state.at(block)] for block in range(7)] == [0, 1, 2, 3, 4, 5, 6]
    assert Tempo.all_keys(state.at(4)) == [(3,), (4,)]
    view = state.at(6)
    state.open_block()
    Total[state] = 100
    assert (Total[view], Total[state.at(7)], view.block) == (6, 100, 6)


def test_old_blocks_are_discarded(state: State) -> None:
    for _ in range(20):
        state.open_block()
        Total.update(state, lambda total: total + 1)
    assert Total[state.at(12)] == 12
    for block in (11, 21, -1):
        with pytest.raises(StateDiscarded):
            state.at(block)


def test_a_chain_can_be_taken_back(state: State) -> None:
    for block in range(1, 6):
        state.open_block()
        Total[state] = block
        Tempo[state, block] = block
    state.revert(2)
    assert (state.block, Total[state], Tempo.all_keys(state)) == (2, 2, [(1,), (2,)])
    state.open_block()
    Total[state] = 30
    assert [Total[state.at(block)] for block in range(4)] == [0, 1, 2, 30]


def test_what_is_written_behind_a_block_is_part_of_it_and_can_be_taken_back_alone(state: State) -> None:
    state.open_block()
    Total[state] = 1
    first, _ = state.amend(), Total.update(state, lambda total: 10)
    second, _ = state.amend(), Tempo.__setitem__((state, 1), 7)
    state.open_block()
    Total[state] = 100
    assert (Total[state.at(1)], Tempo[state.at(1), 1], Total[state.at(0)]) == (10, 7, 0)
    assert Total[state.at(1)] == 10
    state.revert(1, second)
    assert (state.block, Total[state], Tempo[state, 1], state.amendment) == (1, 10, 7, second)
    state.revert(1, first)
    assert (Total[state], Tempo.has(state, 1), state.amendment) == (10, False, first)
    with pytest.raises(StateDiscarded):
        state.revert(1, second)
    state.revert(1)
    assert (Total[state], state.amendment, Total[state.at(1)]) == (1, 0, 1)


def test_the_changes_of_a_block_are_those_of_all_its_writes(state: State) -> None:
    Tempo[state, 3] = 3
    state.open_block()
    Total[state], Tempo[state, 1] = 1, 7
    state.amend()
    Total[state] = 10
    del Tempo[state, 3]
    assert state.changes() == {Total.prefix: 10, Tempo.raw_key((1,)): 7, Tempo.raw_key((3,)): ABSENT}


def test_what_a_block_wrote_is_forgotten_with_it(state: State) -> None:
    for _ in range(30):
        state.open_block()
        Total.update(state, lambda total: total + 1)
        state.amend()
        Tempo.update(state, 1, lambda tempo: tempo + 1)
    assert len(state.replaced_since(0)) == 2 * 8 + 2  # those of the oldest readable block are there too
    state.revert(22)
    with pytest.raises(StateDiscarded):
        state.revert(21)


def test_a_value_that_came_as_bytes_is_decoded_when_read(state: State) -> None:
    state.put(Weights.raw_key((1,)), Encoded(bytes.fromhex("0801000200")))
    assert Weights[state, 1] == (1, 2)
    assert Weights.encode(state.get(Weights.raw_key((1,)))) == bytes.fromhex("0801000200")
    assert state.get(b"nothing") is ABSENT


def test_a_value_of_the_wrong_type_fails_where_it_is_written(state: State) -> None:
    with pytest.raises(ScaleError):
        Tempo[state, 1] = 70000


def test_an_event_that_does_not_fit_fails_where_it_is_made() -> None:
    with pytest.raises(ScaleError):
        TempoSet(1, tempo=-1)
    assert TempoSet(1, tempo=2).encoded == bytes.fromhex("090301000200")


def test_an_index_is_declared_once() -> None:
    with pytest.raises(ValueError, match="declared twice"):
        pallet.error(2, "Another")
