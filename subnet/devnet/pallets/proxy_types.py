"""What a proxy of each type may do. A type that is not listed may do nothing."""

from collections.abc import Callable

from subnet.devnet.scale import Enum, Variant

_NAMES = (
    "Any",
    "Owner",
    "NonCritical",
    "NonTransfer",
    "Senate",
    "NonFungible",
    "Triumvirate",
    "Governance",
    "Staking",
    "Registration",
    "Transfer",
    "SmallTransfer",
    "RootWeights",
    "ChildKeys",
    "SudoUncheckedSetCode",
    "SwapHotkey",
    "SubnetLeaseBeneficiary",
    "RootClaim",
    "BasketTrading",
)
ProxyType = Enum(
    "subtensor_runtime_common::proxy::ProxyType", [(index, name, []) for index, name in enumerate(_NAMES)]
)

_MODULE = "SubtensorModule"
_STAKING = {
    "add_stake",
    "add_stake_limit",
    "remove_stake",
    "remove_stake_limit",
    "remove_stake_full_limit",
    "unstake_all",
    "unstake_all_alpha",
    "move_stake",
    "swap_stake",
    "swap_stake_limit",
}
_REGISTRATION = {"register", "burned_register", "register_limit"}
_CHILDREN = {"set_children", "set_childkey_take"}
_CRITICAL = {"dissolve_network", "root_register", "burned_register", "swap_hotkey", "swap_hotkey_v2"}
_OWNER = {"set_subnet_identity", "update_symbol", "start_call", "set_tempo", "trigger_epoch"}


def _moves_tao(pallet: str, call: str) -> bool:
    return pallet == "Balances" or (pallet == _MODULE and call == "transfer_stake")


_ALLOWED: dict[str, Callable[[str, str], bool]] = {
    "Any": lambda pallet, call: True,
    "NonTransfer": lambda pallet, call: not _moves_tao(pallet, call),
    "NonFungible": lambda pallet, call: not _moves_tao(pallet, call) and call not in _STAKING | _REGISTRATION,
    "NonCritical": lambda pallet, call: pallet != "Sudo" and call not in _CRITICAL,
    "Owner": lambda pallet, call: pallet == "AdminUtils" or call in _OWNER,
    "Staking": lambda pallet, call: pallet == _MODULE and call in _STAKING,
    "Registration": lambda pallet, call: pallet == _MODULE and call in _REGISTRATION,
    "Transfer": lambda pallet, call: _moves_tao(pallet, call) and call != "force_set_balance",
    "ChildKeys": lambda pallet, call: pallet == _MODULE and call in _CHILDREN,
    "RootClaim": lambda pallet, call: pallet == _MODULE and call == "claim_root",
}
_CARRIERS = {("Utility", "batch"), ("Utility", "batch_all"), ("Utility", "force_batch"), ("Proxy", "proxy")}


def may_make(kind: str, call: Variant) -> bool:
    """Whether a proxy of this type may make the call; of calls that carry others only Any may make them."""
    allowed = _ALLOWED.get(kind)
    pallet, name = call.name, call.fields[0].name
    if allowed is None or (kind != "Any" and (pallet, name) in _CARRIERS):
        return False
    return allowed(pallet, name)
