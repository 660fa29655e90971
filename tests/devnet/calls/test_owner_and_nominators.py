"""Symbols of subnets, root members as parents of new subnets, small nominations, how often a hotkey is swapped."""

from typing import Any

from subnet.devnet.pallets import balances
from subnet.devnet.pallets.subtensor import shares, storage
from subnet.devnet.pallets.subtensor.audit import audit
from subnet.devnet.pallets.subtensor.symbols import SYMBOLS
from subnet.rules.fixed import U64_MAX

TAO = 10**9


def test_a_symbol_is_one_of_the_list_and_nobody_elses(chain: Any) -> None:
    first, second = chain.subnet(), chain.subnet(hotkey="second")
    assert [storage.TokenSymbol[chain.state, netuid] for netuid in (0, first, second)] == [
        "Τ".encode(),
        "β".encode(),
        "γ".encode(),
    ]
    assert chain.error(chain.alice, "update_symbol", first, b"x") == "SymbolDoesNotExist"
    assert chain.error(chain.alice, "update_symbol", first, "γ".encode()) == "SymbolAlreadyInUse"
    assert "SymbolUpdated" in chain.call(chain.alice, "update_symbol", first, "ω".encode())
    assert storage.TokenSymbol[chain.state, first] == "ω".encode()
    third = chain.subnet(hotkey="third")
    assert storage.TokenSymbol[chain.state, third] == SYMBOLS[third]


def test_root_members_lend_their_stake_to_the_owner_of_a_new_subnet(chain: Any, hotkey: Any) -> None:
    for name in ("vera", "willa"):
        chain.call(chain.bob, "root_register", hotkey(name))
        chain.blocks()
    chain.call(chain.bob, "set_auto_parent_delegation_enabled", hotkey("willa"), False)
    netuid = chain.subnet()
    [((member,), (children, _))] = storage.PendingChildKeys.items(chain.state, netuid)
    assert (member, children) == (hotkey("vera"), ((U64_MAX, hotkey("owner")),))
    chain.until(40)
    assert storage.ParentKeys[chain.state, hotkey("owner"), netuid] == ((U64_MAX, hotkey("vera")),)


def test_a_nomination_that_becomes_too_small_is_sold(chain: Any, hotkey: Any) -> None:
    netuid = chain.subnet()
    chain.seat(netuid, "vera", chain.bob)
    for who in (chain.alice, chain.bob):
        chain.call(who, "add_stake", hotkey("vera"), netuid, 10 * TAO)
    chain.root(
        "AdminUtils.sudo_set_nominator_min_required_stake", 1_000_000_000
    )  # 1000 times the least stake
    held = shares.stake_of(chain.state, hotkey("vera"), chain.alice, netuid)
    before = balances.free(chain.state, chain.alice)
    chain.call(chain.alice, "remove_stake", hotkey("vera"), netuid, held - TAO)
    assert shares.stake_of(chain.state, hotkey("vera"), chain.alice, netuid) == 0
    assert balances.free(chain.state, chain.alice) - before > 9 * TAO
    chain.call(chain.bob, "remove_stake", hotkey("vera"), netuid, held - TAO)
    assert 0 < shares.stake_of(chain.state, hotkey("vera"), chain.bob, netuid) < 2 * TAO
    assert audit(chain.state) == []


def test_raising_the_minimum_sells_what_is_below_it(chain: Any, hotkey: Any) -> None:
    netuid = chain.subnet()
    chain.seat(netuid, "vera", chain.bob)
    chain.call(chain.alice, "add_stake", hotkey("vera"), netuid, TAO)
    chain.root("AdminUtils.sudo_set_nominator_min_required_stake", 100_000_000)
    assert shares.stake_of(chain.state, hotkey("vera"), chain.alice, netuid) > 0
    chain.root("AdminUtils.sudo_set_nominator_min_required_stake", 1_000_000_000)
    assert shares.stake_of(chain.state, hotkey("vera"), chain.alice, netuid) == 0
    assert audit(chain.state) == []


def test_on_the_real_chain_a_coldkey_swaps_hotkeys_once_in_a_thousand_blocks(
    mainnet: Any, hotkey: Any
) -> None:
    netuid = mainnet.subnet()
    mainnet.call(mainnet.alice, "swap_hotkey", hotkey("owner"), hotkey("new"), netuid)
    mainnet.blocks()
    name = mainnet.error(mainnet.alice, "swap_hotkey", hotkey("new"), hotkey("newer"), netuid)
    assert name == "HotKeySetTxRateLimitExceeded"
