"""Announced addresses, commit-reveal, and what is asked of a weight vector."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from subnet.rules import commits, serving, weights
from subnet.rules.commits import Window

vectors = st.lists(st.integers(0, 65535), max_size=20)


@pytest.mark.parametrize(
    ("ip", "kind", "zero", "valid"),
    [
        (0x08080808, 4, False, True),
        (0, 4, False, False),
        (0, 4, True, True),
        (2**32 - 1, 4, False, False),
        (2**32, 4, False, False),
        (0x7F000001, 4, False, False),
        (0x7F000002, 4, False, True),
        (1, 6, False, False),
        (2**128 - 1, 6, False, False),
        (2**32, 6, False, True),
        (5, 5, True, False),
        (-1, 4, True, False),
    ],
)
def test_which_addresses_may_be_announced(ip: int, kind: int, zero: bool, valid: bool) -> None:
    assert serving.valid_ip(ip, kind, zero_allowed=zero) is valid


def test_the_first_announcement_is_free_and_the_next_waits() -> None:
    assert serving.rate_limit_passed(0, 3)
    assert not serving.rate_limit_passed(10, 59)
    assert serving.rate_limit_passed(10, 60)
    assert serving.rate_limit_passed(10, 11, limit=0)


def test_malformed_certificates_are_ignored() -> None:
    assert serving.certificate(b"\x01key") == (1, b"key")
    assert serving.certificate(b"\x01") is None
    assert serving.certificate(bytes(66)) is None


def test_a_commit_is_revealable_in_exactly_one_epoch() -> None:
    assert [commits.window(4, epoch, 2) for epoch in (5, 6, 7)] == [Window.EARLY, Window.OPEN, Window.EXPIRED]


def test_timelocked_commits_of_one_epoch_are_revealed_a_period_later() -> None:
    assert commits.timelock_target(0, 1) is None
    assert commits.timelock_target(3, 1) == 2


def test_the_commit_block_is_the_earliest_live_one() -> None:
    assert commits.commit_block([7, 5]) == 5
    assert commits.commit_block([]) == 2**64 - 1


def test_a_preimage_binds_all_it_names_in_scale() -> None:
    preimage = commits.legacy_preimage(bytes(32), 4097, [5], [65535], [], 1)
    assert preimage.hex() == "00" * 32 + "0110" + "040500" + "04ffff" + "00" + "0100000000000000"
    assert commits.legacy_hash(preimage) == hashlib.blake2b(preimage, digest_size=32).digest()


def test_long_vectors_have_a_two_byte_length() -> None:
    assert commits.legacy_preimage(bytes(32), 0, list(range(64)), [], [], 0)[34:36] == b"\x01\x01"


def test_an_account_of_the_wrong_size_is_refused() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        commits.legacy_preimage(b"short", 0, [], [], [], 0)


def test_drand_rounds_and_their_times_are_inverse() -> None:
    assert commits.drand_round(commits.drand_time(1000)) == 1000
    assert commits.drand_round(commits.DRAND_GENESIS - 1) == 0


@given(vectors)
def test_upscaling_twice_changes_nothing_more(values: list[int]) -> None:
    once = weights.max_upscaled_u16(values)
    assert weights.max_upscaled_u16(once) == once
    assert max(once, default=0) in (0, 65535)


@given(vectors)
def test_upscaling_keeps_the_order(values: list[int]) -> None:
    scaled = weights.max_upscaled_u16(values)
    pairs = sorted(zip(values, scaled, strict=True))
    assert [after for _, after in pairs] == sorted(scaled)


def test_the_largest_share_may_equal_the_limit() -> None:
    assert weights.max_share_within([0, 65535, 65535], 32768)
    assert not weights.max_share_within([0, 65535, 65535], 32767)
    assert weights.max_share_within([], 0)


def test_a_lone_self_weight_is_always_long_enough() -> None:
    assert weights.length_allowed(3, [3], count=10, min_allowed=5)
    assert not weights.length_allowed(3, [4], count=10, min_allowed=5)
    assert weights.length_allowed(3, [0, 1], count=2, min_allowed=5)


def test_duplicates_unknown_uids_versions_and_rates() -> None:
    assert weights.has_duplicates([1, 1])
    assert weights.has_invalid_uid([0, 5], count=5)
    assert [weights.version_allowed(given_key, 7) for given_key in (6, 7)] == [False, True]
    assert weights.version_allowed(0, 0)
    assert [weights.rate_limit_passed(last, 150) for last in (0, 50, 51)] == [True, True, False]


def test_a_replaced_neuron_keeps_its_entries_at_zero() -> None:
    assert weights.without_target([(1, 5), (2, 6)], 2) == [(1, 5), (2, 0)]
