"""Weights: in plain sight, by hash, timelocked, in batches."""

from __future__ import annotations

from typing import Any

import bittensor_core

from subnet.rules import commits
from tests.devnet.contract.cases_subnets import commit_reveal
from tests.devnet.contract.world import (
    MONA_KEY,
    NETUID,
    NORA_KEY,
    VERA,
    VERA_KEY,
    Stored,
    no,
    ok,
)

EPOCH = 10  # blocks
PLAIN: dict[str, Any] = {"netuid": NETUID, "dests": [2], "weights": [1], "version_key": 0}
REVEAL: dict[str, Any] = {"netuid": NETUID, "uids": [2], "values": [7], "salt": [1, 2], "version_key": 0}
HASH = (
    "0x"
    + commits.legacy_hash(commits.legacy_preimage(VERA.hotkey.public_key, NETUID, [2], [7], [1, 2], 0)).hex()
)
SEALED: dict[str, Any] = {
    "netuid": NETUID,
    "commit": bittensor_core.encrypt_at_round(b"weights", 1000)[0],
    "reveal_round": 1000,
    "commit_reveal_version": 4,
}
COMMIT = ok("commit_weights", VERA_KEY, "WeightsCommitted", netuid=NETUID, commit_hash=HASH).after(
    commit_reveal
)
BATCH: dict[str, Any] = {
    "netuid": NETUID, "uids_list": [[2]], "values_list": [[7]], "salts_list": [[1, 2]], "version_keys": [0],
}  # fmt: skip
OPEN = (COMMIT, EPOCH)

CASES = [
    ok("set_weights", VERA_KEY, "WeightsSet", **PLAIN),
    no("set_weights", VERA_KEY, "CommitRevealEnabled", **PLAIN).after(commit_reveal),
    no("set_weights", NORA_KEY, "HotKeyNotRegisteredInSubNet", **PLAIN),
    ok("set_mechanism_weights", VERA_KEY, Stored("Weights", (NETUID, 1), [(2, 65535)]), **PLAIN, mecid=0),
    no("set_mechanism_weights", VERA_KEY, "MechanismDoesNotExist", **PLAIN, mecid=1),
    ok("batch_set_weights", VERA_KEY, "WeightsSet", netuids=[NETUID], weights=[[(2, 1)]], version_keys=[0]),
    ok("batch_set_weights", MONA_KEY, "BatchCompletedWithErrors", netuids=[NETUID], weights=[[(1, 1)]],
       version_keys=[0]),
    no("batch_set_weights", VERA_KEY, "InputLengthsUnequal", netuids=[NETUID], weights=[], version_keys=[0]),
    COMMIT,
    no("commit_weights", VERA_KEY, "CommitRevealDisabled", netuid=NETUID, commit_hash=HASH),
    no("commit_weights", NORA_KEY, "HotKeyNotRegisteredInSubNet", netuid=NETUID, commit_hash=HASH)
    .after(commit_reveal),
    no("commit_weights", VERA_KEY, "RateLimitExceeded", netuid=NETUID, commit_hash=HASH).after(COMMIT),
    ok("commit_mechanism_weights", VERA_KEY, "WeightsCommitted", netuid=NETUID, mecid=0, commit_hash=HASH)
    .after(commit_reveal),
    no("commit_mechanism_weights", VERA_KEY, "MechanismDoesNotExist", netuid=NETUID, mecid=1, commit_hash=HASH)
    .after(commit_reveal),
    ok("batch_commit_weights", VERA_KEY, "WeightsCommitted", netuids=[NETUID], commit_hashes=[HASH])
    .after(commit_reveal),
    no("batch_commit_weights", VERA_KEY, "InputLengthsUnequal", netuids=[NETUID], commit_hashes=[]),
    ok("reveal_weights", VERA_KEY, "WeightsRevealed", **REVEAL).after(*OPEN),
    no("reveal_weights", VERA_KEY, "RevealTooEarly", **REVEAL).after(COMMIT),
    no("reveal_weights", VERA_KEY, "NoWeightsCommitFound", **REVEAL).after(commit_reveal),
    ok("reveal_mechanism_weights", VERA_KEY, "WeightsRevealed", **REVEAL, mecid=0).after(*OPEN),
    no("reveal_mechanism_weights", VERA_KEY, "NoWeightsCommitFound", **REVEAL, mecid=1).after(*OPEN),
    ok("batch_reveal_weights", VERA_KEY, "WeightsRevealed", **BATCH).after(*OPEN),
    no("batch_reveal_weights", VERA_KEY, "InputLengthsUnequal", **{**BATCH, "version_keys": []}).after(*OPEN),
    ok("commit_timelocked_weights", VERA_KEY, "TimelockedWeightsCommitted", **SEALED).after(commit_reveal),
    no("commit_timelocked_weights", VERA_KEY, "CommitRevealDisabled", **SEALED),
    no("commit_timelocked_weights", VERA_KEY, "IncorrectCommitRevealVersion",
       **{**SEALED, "commit_reveal_version": 3}).after(commit_reveal),
    no("commit_timelocked_weights", NORA_KEY, "HotKeyNotRegisteredInSubNet", **SEALED).after(commit_reveal),
    ok("commit_timelocked_mechanism_weights", VERA_KEY, "TimelockedWeightsCommitted", **SEALED, mecid=0)
    .after(commit_reveal),
    no("commit_timelocked_mechanism_weights", VERA_KEY, "MechanismDoesNotExist", **SEALED, mecid=1)
    .after(commit_reveal),
]  # fmt: skip
