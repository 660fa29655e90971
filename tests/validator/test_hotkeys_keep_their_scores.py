"""Whatever happens to seats: a hotkey and its score stay together, across restarts, whatever its uid."""

import tempfile
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, rule

from subnet.protocol import Address, Coldkey, Hotkey, Peer
from subnet.validator.ledger import Ledger
from subnet.validator.scores import Observation, Rules, scores
from subnet.validator.store import Store
from subnet.validator.weights import Payment, from_scores

RULES = Rules(half_life=20)
OWNER = Hotkey("owner")


class Subnet(RuleBasedStateMachine):
    """A subnet whose members come, go, change seats and answer, beside a real ledger."""

    seated = Bundle("seated")

    @initialize()
    def begin(self):
        self.stack = ExitStack()
        self.folder = Path(self.stack.enter_context(tempfile.TemporaryDirectory()))
        self.block, self.names, self.rounds = 0, 0, 0
        self.members: dict[Hotkey, Peer] = {}
        self.facts: list[Observation] = []
        self.open()

    def open(self):
        self.opened = ExitStack()
        self.ledger = Ledger(self.opened.enter_context(Store.open(self.folder / "validator.db")))

    def teardown(self):
        if hasattr(self, "stack"):
            self.opened.close()
            self.stack.close()

    def seat(self, hotkey, uid):
        self.members[hotkey] = Peer(
            hotkey, Coldkey(f"cold-{hotkey}"), uid, Address("127.0.0.1", 1), 0, False, 0, 0, 0, self.block, 0
        )

    @rule(target=seated)
    def register(self):
        self.block, self.names = self.block + 1, self.names + 1
        hotkey = Hotkey(f"hotkey-{self.names}")
        self.seat(hotkey, len(self.members))
        return hotkey

    @rule(target=seated, gone=consumes(seated))
    def replace(self, gone):
        """A newcomer takes the very seat of somebody else."""
        self.block, self.names = self.block + 1, self.names + 1
        uid = self.members.pop(gone).uid if gone in self.members else 0
        hotkey = Hotkey(f"hotkey-{self.names}")
        self.seat(hotkey, uid)
        return hotkey

    @rule(hotkey=seated)
    def leave_and_come_back(self, hotkey):
        self.block += 1
        self.members.pop(hotkey, None)
        self.seat(hotkey, 999)

    @rule()
    def shuffle_seats(self):
        peers = list(self.members.values())
        self.members.clear()
        for uid, peer in enumerate(reversed(peers)):
            self.seat(peer.hotkey, uid)

    @rule(value=st.one_of(st.none(), st.floats(0, 1)), blocks=st.integers(0, 30), data=st.data())
    def play(self, value, blocks, data):
        self.block, self.rounds = self.block + blocks, self.rounds + 1
        played = [
            Observation(
                peer.hotkey,
                peer.coldkey,
                peer.registered_at,
                self.block,
                0,
                f"round-{self.rounds}",
                "task",
                "test",
                value if data.draw(st.booleans()) else 0.0,
                1.0,
                0.1,
            )
            for peer in self.members.values()
            if data.draw(st.booleans())
        ]
        self.ledger.append(played)
        self.facts += played

    @rule()
    def restart(self):
        self.opened.close()
        self.open()

    @invariant()
    def scores_are_those_of_the_facts_by_hotkey(self):
        if not hasattr(self, "ledger"):
            return
        found: Mapping[Hotkey, object] = self.ledger.scores(self.block, self.members, RULES)
        expected = scores(self.facts, self.block, RULES)
        assert found == {hotkey: score for hotkey, score in expected.items() if hotkey in self.members}
        weights = from_scores(
            self.ledger.scores(self.block, self.members, RULES), self.members, Payment(OWNER)
        )
        assert set(weights) == {hotkey for hotkey in found if expected[hotkey].value > 0}


TestSubnet = Subnet.TestCase
TestSubnet.settings = settings(max_examples=25, stateful_step_count=25, deadline=None)
