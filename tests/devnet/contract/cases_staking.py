"""Stake: in, out, from one position to another, out of existence; takes, children, destinations."""

from __future__ import annotations

from tests.devnet.contract.world import (
    ALICE,
    BOB,
    CHARLIE,
    DAVE,
    MONA,
    NETUID,
    NORA,
    NOWHERE,
    OWNER,
    SECOND,
    TAO,
    UNSTARTED,
    VERA,
    Stored,
    cold,
    hot,
    no,
    ok,
)

HALF, WHOLE = 2**63, 2**64 - 1
MUCH, SOME, DUST = 10**6 * TAO, 2 * TAO, 1000
ON = {"hotkey": hot(VERA), "netuid": NETUID}
FROM = {"hotkey": hot(VERA), "origin_netuid": NETUID, "destination_netuid": 0, "alpha_amount": SOME}
MOVE = {"origin_hotkey": hot(VERA), "destination_hotkey": hot(MONA), "origin_netuid": NETUID,
        "destination_netuid": NETUID, "alpha_amount": SOME}  # fmt: skip
GIVE = {**FROM, "destination_coldkey": cold(MONA), "destination_netuid": NETUID}
NO_LIMIT = {"limit_price": MUCH, "allow_partial": False}
ANY_LIMIT = {"limit_price": 0, "allow_partial": False}
_TRANSFERS_OFF = ok(
    "AdminUtils.sudo_set_toggle_transfer", ALICE, Stored("TransferToggle", (NETUID,), False),
    netuid=NETUID, toggle=False,
)  # fmt: skip

IN_AND_OUT = [
    ok("add_stake", BOB, "StakeAdded", **ON, amount_staked=SOME),
    no("add_stake", BOB, "SubnetNotExists", hotkey=hot(VERA), netuid=NOWHERE, amount_staked=SOME),
    no("add_stake", BOB, "SubtokenDisabled", hotkey=hot(SECOND), netuid=UNSTARTED, amount_staked=SOME),
    no("add_stake", BOB, "AmountTooLow", **ON, amount_staked=DUST),
    no("add_stake", BOB, "InsufficientLiquidity", **ON, amount_staked=2 * MUCH),
    no("add_stake", DAVE, "NotEnoughBalanceToStake", **ON, amount_staked=3000 * TAO),
    no("add_stake", BOB, "HotKeyAccountNotExists", hotkey=hot(NORA), netuid=NETUID, amount_staked=SOME),
    ok("add_stake_limit", BOB, "StakeAdded", **ON, amount_staked=SOME, **NO_LIMIT),
    no("add_stake_limit", BOB, "SlippageTooHigh", **ON, amount_staked=500 * TAO, limit_price=TAO,
       allow_partial=False),
    ok("remove_stake", BOB, "StakeRemoved", **ON, amount_unstaked=SOME),
    no("remove_stake", BOB, "AmountTooLow", **ON, amount_unstaked=DUST),
    no("remove_stake", BOB, "AmountTooLow", **ON, amount_unstaked=0),
    no("remove_stake", DAVE, "NotEnoughStakeToWithdraw", **ON, amount_unstaked=SOME),
    no("remove_stake", BOB, "SubtokenDisabled", hotkey=hot(SECOND), netuid=UNSTARTED, amount_unstaked=SOME),
    ok("remove_stake_limit", BOB, "StakeRemoved", **ON, amount_unstaked=SOME, **ANY_LIMIT),
    no("remove_stake_limit", BOB, "NotEnoughStakeToWithdraw", **ON, amount_unstaked=MUCH, **ANY_LIMIT),
    no("remove_stake_limit", BOB, "SlippageTooHigh", **ON, amount_unstaked=SOME, **NO_LIMIT),
    ok("remove_stake_full_limit", BOB, "StakeRemoved", **ON, limit_price=None),
    no("remove_stake_full_limit", DAVE, "NotEnoughStakeToWithdraw", **ON, limit_price=None),
    no("remove_stake_full_limit", BOB, "SlippageTooHigh", **ON, limit_price=MUCH),
    ok("unstake_all", BOB, "StakeRemoved", hotkey=hot(VERA)),
    no("unstake_all", BOB, "HotKeyAccountNotExists", hotkey=hot(NORA)),
    ok("unstake_all_alpha", BOB, "StakeAdded", hotkey=hot(VERA)),
    no("unstake_all_alpha", DAVE, "AmountTooLow", hotkey=hot(VERA)),
    ok("recycle_alpha", BOB, "AlphaRecycled", **ON, amount=SOME),
    no("recycle_alpha", BOB, "CannotBurnOrRecycleOnRootSubnet", hotkey=hot(VERA), netuid=0, amount=SOME),
    no("recycle_alpha", DAVE, "NotEnoughStakeToWithdraw", **ON, amount=SOME),
    ok("burn_alpha", BOB, "AlphaBurned", **ON, amount=SOME),
    no("burn_alpha", BOB, "CannotBurnOrRecycleOnRootSubnet", hotkey=hot(VERA), netuid=0, amount=SOME),
    no("burn_alpha", BOB, "SubnetNotExists", hotkey=hot(VERA), netuid=NOWHERE, amount=SOME),
]  # fmt: skip

ELSEWHERE = [
    ok("move_stake", BOB, "StakeMoved", **MOVE),
    no("move_stake", BOB, "HotKeyAccountNotExists", **{**MOVE, "destination_hotkey": hot(NORA)}),
    no("move_stake", BOB, "NotEnoughStakeToWithdraw", **{**MOVE, "alpha_amount": MUCH}),
    no("move_stake", BOB, "AmountTooLow", **{**MOVE, "alpha_amount": DUST}),
    no("move_stake", BOB, "SubtokenDisabled", **{**MOVE, "destination_netuid": UNSTARTED}),
    ok("transfer_stake", BOB, "StakeTransferred", **GIVE),
    no("transfer_stake", BOB, "TransferDisallowed", **GIVE).after(_TRANSFERS_OFF),
    no("transfer_stake", BOB, "SubnetNotExists", **{**GIVE, "destination_netuid": NOWHERE}),
    ok("swap_stake", BOB, "StakeSwapped", **FROM),
    no("swap_stake", BOB, "SameNetuid", **{**FROM, "destination_netuid": NETUID}),
    no("swap_stake", BOB, "NotEnoughStakeToWithdraw", **{**FROM, "alpha_amount": MUCH}),
    ok("swap_stake_limit", BOB, "StakeSwapped", **FROM, **ANY_LIMIT),
    no("swap_stake_limit", BOB, "SlippageTooHigh", **FROM, **NO_LIMIT),
    ok("claim_root", BOB, "RootClaimed", subnets=[NETUID]),
    # Not modelled (docs/chain.md): refused, whoever asks
    no("add_collateral", CHARLIE, "CallFiltered", netuid=NETUID, hotkey=hot(MONA), alpha=SOME, limit_price=MUCH),
    no("set_min_collateral", CHARLIE, "CallFiltered", netuid=NETUID, hotkey=hot(MONA), min_locked=SOME),
]  # fmt: skip

_LENT = {"hotkey": hot(VERA), "netuid": NETUID}
_TAKE = {"hotkey": hot(VERA)}
_AUTO = {"netuid": NETUID, "hotkey": hot(VERA)}
_FULL_TAKE = ok("decrease_take", BOB, "TakeDecreased", **_TAKE, take=1000)

DELEGATION = [
    ok("set_children", BOB, "SetChildrenScheduled", **_LENT, children=[(HALF, hot(MONA))]),
    no("set_children", CHARLIE, "NonAssociatedColdKey", **_LENT, children=[(HALF, hot(MONA))]),
    no("set_children", BOB, "RegistrationNotPermittedOnRootSubnet", hotkey=hot(VERA), netuid=0, children=[]),
    no("set_children", BOB, "SubnetNotExists", hotkey=hot(VERA), netuid=NOWHERE, children=[]),
    no("set_children", BOB, "InvalidChild", **_LENT, children=[(HALF, hot(VERA))]),
    no("set_children", BOB, "DuplicateChild", **_LENT, children=[(1, hot(MONA)), (2, hot(MONA))]),
    no("set_children", BOB, "ProportionOverflow", **_LENT, children=[(WHOLE, hot(MONA)), (1, hot(OWNER))]),
    no("set_children", BOB, "TooManyChildren", **_LENT,
       children=[(1, cold(who)) for who in (OWNER, VERA, MONA, NORA)] + [(1, hot(MONA)), (1, hot(OWNER))]),
    ok("set_childkey_take", BOB, "ChildKeyTakeSet", **_LENT, take=1000),
    no("set_childkey_take", BOB, "InvalidChildkeyTake", **_LENT, take=11_797),
    no("set_childkey_take", CHARLIE, "NonAssociatedColdKey", **_LENT, take=1000),
    ok("decrease_take", BOB, "TakeDecreased", **_TAKE, take=1000),
    no("decrease_take", BOB, "DelegateTakeTooLow", **_TAKE, take=11_796),
    no("decrease_take", CHARLIE, "NonAssociatedColdKey", **_TAKE, take=1000),
    ok("increase_take", BOB, "TakeIncreased", **_TAKE, take=2000).after(_FULL_TAKE),
    no("increase_take", BOB, "DelegateTakeTooHigh", **_TAKE, take=11_797),
    no("increase_take", BOB, "DelegateTxRateLimitExceeded", **_TAKE, take=3000).after(
        _FULL_TAKE, ok("increase_take", BOB, "TakeIncreased", **_TAKE, take=2000)),
    ok("set_coldkey_auto_stake_hotkey", CHARLIE, "AutoStakeDestinationSet", **_AUTO),
    no("set_coldkey_auto_stake_hotkey", CHARLIE, "SameAutoStakeHotkeyAlreadySet", **_AUTO).after(
        ok("set_coldkey_auto_stake_hotkey", CHARLIE, "AutoStakeDestinationSet", **_AUTO)),
    no("set_coldkey_auto_stake_hotkey", CHARLIE, "HotKeyNotRegisteredInSubNet", netuid=NETUID, hotkey=hot(NORA)),
    ok("set_auto_parent_delegation_enabled", BOB, Stored("AutoParentDelegationEnabled", (hot(VERA),), False),
       hotkey=hot(VERA), enabled=False),
    no("set_auto_parent_delegation_enabled", CHARLIE, "NonAssociatedColdKey", hotkey=hot(VERA), enabled=False),
]  # fmt: skip

CASES = [*IN_AND_OUT, *ELSEWHERE, *DELEGATION]
