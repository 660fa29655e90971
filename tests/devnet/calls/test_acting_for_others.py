"""Proxies and multisigs."""

from typing import Any

from subnet.devnet.pallets import balances
from subnet.devnet.pallets.multisig import Multisigs, common_account
from subnet.devnet.scale import CALL, Variant
from subnet.devnet.storage import blake2_256

TAO = 10**9


def account(key: bytes) -> Variant:
    """An account as an address."""
    return Variant("Id", (key,))


def transfer(to: bytes, rao: int) -> Variant:
    """A transfer as a call."""
    return Variant("Balances", (Variant("transfer_keep_alive", (account(to), rao)),))


def test_a_proxy_acts_within_its_type(chain: Any, hotkey: Any) -> None:
    alice, bob, carol = chain.alice, chain.bob, hotkey("carol")
    asked = ("Proxy.proxy", account(alice), None, transfer(carol, TAO))
    assert chain.error(bob, *asked) == "NotProxy"
    assert chain.call(alice, "Proxy.add_proxy", account(bob), "Staking", 0) == ["ProxyAdded"]
    assert chain.call(bob, *asked) == ["ProxyExecuted"]
    assert balances.free(chain.state, carol) == 0, "a staking proxy moves no TAO"
    chain.call(alice, "Proxy.add_proxy", account(bob), "Transfer", 0)
    chain.call(bob, "Proxy.proxy", account(alice), "Transfer", transfer(carol, TAO))
    assert balances.free(chain.state, carol) == TAO
    assert chain.call(alice, "Proxy.remove_proxy", account(bob), "Transfer", 0) == ["ProxyRemoved"]
    assert chain.error(bob, "Proxy.proxy", account(alice), "Transfer", transfer(carol, TAO)) == "NotProxy"


def test_a_proxy_cannot_hide_a_call_in_a_batch(chain: Any, hotkey: Any) -> None:
    chain.call(chain.alice, "Proxy.add_proxy", account(chain.bob), "NonTransfer", 0)
    hidden = Variant("Utility", (Variant("batch", ((transfer(hotkey("carol"), TAO),),)),))
    chain.call(chain.bob, "Proxy.proxy", account(chain.alice), None, hidden)
    assert balances.free(chain.state, hotkey("carol")) == 0


def test_two_of_three_move_what_is_common(chain: Any, hotkey: Any) -> None:
    alice, bob, carol = chain.alice, chain.bob, hotkey("carol")

    def others(who: bytes) -> tuple[bytes, ...]:
        return tuple(sorted({alice, bob, carol} - {who}))

    common = common_account(alice, 2, others(alice))
    assert common == common_account(bob, 2, others(bob))
    chain.call(alice, "Balances.transfer_keep_alive", account(common), 10 * TAO)
    call, weight = transfer(carol, TAO), (0, 0)
    assert chain.call(alice, "Multisig.as_multi", 2, others(alice), None, call, weight) == ["NewMultisig"]
    when = Multisigs[chain.state, common, blake2_256(CALL.encode(call))].when
    assert chain.error(bob, "Multisig.as_multi", 2, others(bob), None, call, weight) == "NoTimepoint"
    again = chain.error(alice, "Multisig.as_multi", 2, others(alice), when, call, weight)
    assert again == "AlreadyApproved"
    assert "MultisigExecuted" in chain.call(bob, "Multisig.as_multi", 2, others(bob), when, call, weight)
    assert balances.free(chain.state, carol) == TAO


def test_only_who_proposed_withdraws(chain: Any, hotkey: Any) -> None:
    alice, bob = chain.alice, chain.bob
    call = transfer(bob, TAO)
    chain.call(alice, "Multisig.as_multi", 2, (bob,), None, call, (0, 0))
    digest = blake2_256(CALL.encode(call))
    when = Multisigs[chain.state, common_account(alice, 2, (bob,)), digest].when
    assert chain.error(bob, "Multisig.cancel_as_multi", 2, (alice,), when, digest) == "NotOwner"
    assert chain.call(alice, "Multisig.cancel_as_multi", 2, (bob,), when, digest) == ["MultisigCancelled"]
