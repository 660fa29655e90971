"""The Proxy pallet: one account acts for another (FRAME's pallet_proxy).

No deposit is taken, and proxies with a delay, which would have to announce their calls, cannot be added.
"""

from subnet.devnet.chain_types import AccountId32, DispatchResult, MultiAddress, TaoBalance, bounded_vec
from subnet.devnet.frame import Origin, Pallet, ensure
from subnet.devnet.pallets import system
from subnet.devnet.pallets.proxy_types import ProxyType, may_make
from subnet.devnet.pallets.sudo import result_of
from subnet.devnet.scale import CALL, U32, Field, Option, Struct, Tuple, Variant
from subnet.devnet.state import State

pallet = Pallet("Proxy", index=16, path="pallet_subtensor_proxy")

MAX_PROXIES = 20

ProxyDefinition = Struct(
    "pallet_subtensor_proxy::ProxyDefinition",
    [("delegate", AccountId32), ("proxy_type", ProxyType), ("delay", U32)],
)
_Definitions = bounded_vec(ProxyDefinition)
# By the account that is acted for: its proxies and the deposit, which is always 0 here
Proxies = pallet.map(
    "Proxies", key=[("Twox64Concat", AccountId32)], value=Tuple(_Definitions, TaoBalance), default=((), 0)
)

_CHANGE: list[Field] = [
    ("delegator", AccountId32), ("delegatee", AccountId32), ("proxy_type", ProxyType), ("delay", U32),
]  # fmt: skip
ProxyExecuted = pallet.event(0, "ProxyExecuted", [("result", DispatchResult)])
ProxyAdded = pallet.event(4, "ProxyAdded", _CHANGE)
ProxyRemoved = pallet.event(5, "ProxyRemoved", _CHANGE)

error = pallet.error
TooMany = error(0, "TooMany", "This account has as many proxies as it may. Remove one.")
NotFound = error(1, "NotFound", "There is no such proxy.")
NotProxy = error(2, "NotProxy", "The signer is not a proxy of this account, or not of this type.")
Unproxyable = error(3, "Unproxyable", "A proxy of this type may not make this call.")
Duplicate = error(4, "Duplicate", "This proxy exists already.")
NoPermission = error(5, "NoPermission", "A proxy may not widen its own rights.")
Unannounced = error(
    6, "Unannounced", "A proxy with a delay must announce its calls, which this chain has not."
)
NoSelfProxy = error(7, "NoSelfProxy", "An account cannot be its own proxy.")
AnnouncementDepositInvariantViolated = error(
    8, "AnnouncementDepositInvariantViolated", "The deposit of an announcement is wrong."
)
InvalidDerivedAccountId = error(9, "InvalidDerivedAccountId", "No account follows from this.")

_DELEGATE = [("delegate", MultiAddress), ("proxy_type", ProxyType), ("delay", U32)]


@pallet.call(0, [("real", MultiAddress), ("force_proxy_type", Option(ProxyType)), ("call", CALL)])
def proxy(
    state: State, origin: Origin, real: Variant, force_proxy_type: Variant | None, call: Variant
) -> None:
    """Makes a call for the account `real`; whether it failed is said by the event."""
    who, account = origin.signed(), system.lookup(real)
    definitions, _ = Proxies[state, account]
    kinds = [
        kind for delegate, kind, _ in definitions if delegate == who and force_proxy_type in (None, kind)
    ]
    ensure(kinds, NotProxy)
    if not may_make(kinds[0].name, call):
        state.deposit(ProxyExecuted(Variant("Err", (system.CallFiltered().variant(),))))
        return
    state.deposit(ProxyExecuted(result_of(state, Origin.signed_by(account), call)))


@pallet.call(1, _DELEGATE)
def add_proxy(state: State, origin: Origin, delegate: Variant, proxy_type: Variant, delay: int) -> None:
    """Lets `delegate` act for the signer, within what the type allows."""
    who, other = origin.signed(), system.lookup(delegate)
    ensure(who != other, NoSelfProxy)
    ensure(delay == 0, Unannounced)
    definitions, deposit = Proxies[state, who]
    added = ProxyDefinition(other, proxy_type, delay)
    ensure(added not in definitions, Duplicate)
    ensure(len(definitions) < MAX_PROXIES, TooMany)
    Proxies[state, who] = ((*definitions, added), deposit)
    state.deposit(ProxyAdded(who, other, proxy_type, delay))


@pallet.call(2, _DELEGATE)
def remove_proxy(state: State, origin: Origin, delegate: Variant, proxy_type: Variant, delay: int) -> None:
    """Takes the right to act for the signer away again."""
    who, other = origin.signed(), system.lookup(delegate)
    definitions, deposit = Proxies[state, who]
    removed = ProxyDefinition(other, proxy_type, delay)
    ensure(removed in definitions, NotFound)
    Proxies[state, who] = (tuple(d for d in definitions if d != removed), deposit)
    state.deposit(ProxyRemoved(who, other, proxy_type, delay))
