"""Registration of neurons: burned_register and its forms, the price of a seat, root seats (rules 4)."""

from subnet.devnet.frame import Origin, ensure
from subnet.devnet.pallets import balances
from subnet.devnet.pallets.subtensor import errors, neurons, pool
from subnet.devnet.pallets.subtensor.events import NeuronRegistered
from subnet.devnet.pallets.subtensor.pallet import pallet
from subnet.devnet.pallets.subtensor.storage import (
    Burn,
    BurnHalfLife,
    BurnIncreaseMult,
    Delegates,
    MaxAllowedUids,
    MaxBurn,
    MaxRegistrationsPerBlock,
    MinBurn,
    NetworkRegistrationAllowed,
    NetworksAdded,
    RAORecycledForRegistration,
    RegistrationsThisBlock,
    RegistrationsThisInterval,
    SubnetAlphaOut,
    TargetRegistrationsPerInterval,
    Tempo,
    TotalHotkeyAlpha,
    Uids,
)
from subnet.devnet.pallets.subtensor.subnets import (
    ROOT,
    associate,
    coldkey_of,
    ensure_exists,
    is_member,
    is_subnet_account,
    netuids,
    subnet_account,
)
from subnet.devnet.pallets.subtensor.types import AccountId32, NetUid
from subnet.devnet.scale import BYTES, U64
from subnet.devnet.state import State
from subnet.rules import price

_ROOT_INTERVAL_FACTOR = 3


@pallet.on_initialize(order=10)
def update_prices(state: State) -> None:
    """Lets every burn price fall and forgets the registrations of the last block (rules 1.2, step 1)."""
    for netuid in netuids(state):
        if RegistrationsThisBlock[state, netuid]:
            RegistrationsThisBlock[state, netuid] = 0
        if netuid != ROOT and state.block > 1:
            burn, half_life = Burn[state, netuid], BurnHalfLife[state, netuid]
            _set_price(state, netuid, price.decayed(burn, half_life, _bounds(state, netuid)))
    if RegistrationsThisInterval[state, ROOT] and state.block % max(Tempo[state, ROOT], 1) == 0:
        RegistrationsThisInterval[state, ROOT] = 0


@pallet.call(7, [("netuid", NetUid), ("hotkey", AccountId32)])
def burned_register(state: State, origin: Origin, netuid: int, hotkey: bytes) -> None:
    """Gives the hotkey a uid; the signing coldkey pays the burn price."""
    register_neuron(state, origin.signed(), netuid, hotkey)


@pallet.call(134, [("netuid", NetUid), ("hotkey", AccountId32), ("limit_price", U64)])
def register_limit(state: State, origin: Origin, netuid: int, hotkey: bytes, limit_price: int) -> None:
    """burned_register, unless the price has risen above `limit_price` rao."""
    coldkey = origin.signed()
    ensure(Burn[state, netuid] <= limit_price, errors.RegistrationPriceLimitExceeded)
    register_neuron(state, coldkey, netuid, hotkey)


@pallet.call(
    6,
    [
        ("netuid", NetUid),
        ("block_number", U64),
        ("nonce", U64),
        ("work", BYTES),
        ("hotkey", AccountId32),
        ("coldkey", AccountId32),
    ],
)
def register(
    state: State,
    origin: Origin,
    netuid: int,
    block_number: int,
    nonce: int,
    work: bytes,
    hotkey: bytes,
    coldkey: bytes,
) -> None:
    """burned_register under its old name: the proof of work and `coldkey` are ignored, the signer pays."""
    register_neuron(state, origin.signed(), netuid, hotkey)


def register_neuron(state: State, coldkey: bytes, netuid: int, hotkey: bytes) -> None:
    """Charges the burn price and gives the hotkey a uid (rules 4.1; the checks are in the chain's order)."""
    ensure(netuid != ROOT, errors.RegistrationNotPermittedOnRootSubnet)
    ensure_exists(state, netuid)
    ensure(NetworkRegistrationAllowed[state, netuid], errors.SubNetRegistrationDisabled)
    ensure(not is_member(state, netuid, hotkey), errors.HotKeyAlreadyRegisteredInSubNet)
    burn = Burn[state, netuid]
    ensure(balances.spendable(state, coldkey, keep_alive=False) >= burn, errors.NotEnoughBalanceToStake)
    _own(state, coldkey, hotkey)
    replaced = _seat_for_newcomer(state, netuid)
    _burn_price(state, coldkey, netuid, burn)
    uid = _sit_down(state, netuid, hotkey, replaced)
    _count(state, netuid)
    _set_price(
        state, netuid, price.bumped(burn, BurnIncreaseMult[state, netuid].bits, _bounds(state, netuid))
    )
    state.deposit(NeuronRegistered(netuid, uid, hotkey))


@pallet.call(91, [("hotkey", AccountId32)])
def try_associate_hotkey(state: State, origin: Origin, hotkey: bytes) -> None:
    """Makes the signing coldkey the owner of a hotkey; nothing happens when it has an owner."""
    coldkey = origin.signed()
    ensure(not is_subnet_account(hotkey), errors.CannotUseSystemAccount)
    associate(state, coldkey, hotkey)


@pallet.call(62, [("hotkey", AccountId32)])
def root_register(state: State, origin: Origin, hotkey: bytes) -> None:
    """Gives the hotkey a seat on root, in place of the member with the least root stake when root is full."""
    coldkey = origin.signed()
    ensure(NetworksAdded[state, ROOT], errors.RootNetworkDoesNotExist)
    per_interval = _ROOT_INTERVAL_FACTOR * TargetRegistrationsPerInterval[state, ROOT]
    ensure(
        RegistrationsThisBlock[state, ROOT] < MaxRegistrationsPerBlock[state, ROOT],
        errors.TooManyRegistrationsThisBlock,
    )
    ensure(RegistrationsThisInterval[state, ROOT] < per_interval, errors.TooManyRegistrationsThisInterval)
    ensure(not is_member(state, ROOT, hotkey), errors.HotKeyAlreadyRegisteredInSubNet)
    _own(state, coldkey, hotkey)
    uid = _sit_down(state, ROOT, hotkey, _least_root_member(state, hotkey))
    Delegates[state, hotkey] = Delegates[state, hotkey]
    _count(state, ROOT)
    RegistrationsThisInterval[state, ROOT] = RegistrationsThisInterval[state, ROOT] + 1
    state.deposit(NeuronRegistered(ROOT, uid, hotkey))


def _own(state: State, coldkey: bytes, hotkey: bytes) -> None:
    ensure(not is_subnet_account(hotkey), errors.CannotUseSystemAccount)
    associate(state, coldkey, hotkey)
    ensure(coldkey_of(state, hotkey) == coldkey, errors.NonAssociatedColdKey)


def _seat_for_newcomer(state: State, netuid: int) -> int | None:
    """The uid to be replaced, None when there is a free one; raises NoNeuronIdAvailable."""
    ensure(MaxAllowedUids[state, netuid] > 0, errors.NoNeuronIdAvailable)
    if not neurons.is_full(state, netuid):
        return None
    uid = neurons.replaceable(state, netuid)
    ensure(uid is not None, errors.NoNeuronIdAvailable)
    return uid


def _least_root_member(state: State, hotkey: bytes) -> int | None:
    if not neurons.is_full(state, ROOT):
        return None
    stakes = {uid: TotalHotkeyAlpha[state, member, ROOT] for (member,), uid in Uids.items(state, ROOT)}
    uid = min(stakes, key=lambda uid: (stakes[uid], uid))
    ensure(stakes[uid] < TotalHotkeyAlpha[state, hotkey, ROOT], errors.StakeTooLowForRoot)
    return uid


def _sit_down(state: State, netuid: int, hotkey: bytes, replaced: int | None) -> int:
    if replaced is None:
        return neurons.append(state, netuid, hotkey)
    neurons.replace(state, netuid, replaced, hotkey)
    return replaced


def _burn_price(state: State, coldkey: bytes, netuid: int, burn: int) -> None:
    """Buys alpha for the price and takes it out of existence; the TAO stays in the pool."""
    paid = min(burn, balances.spendable(state, coldkey))  # the last existential deposit is not taken
    balances.transfer(state, coldkey, subnet_account(netuid), paid)
    bought = pool.swap_tao_for_alpha(state, netuid, paid, drop_fees=False)
    SubnetAlphaOut[state, netuid] = max(0, SubnetAlphaOut[state, netuid] - bought)
    RAORecycledForRegistration[state, netuid] = RAORecycledForRegistration[state, netuid] + paid


def _count(state: State, netuid: int) -> None:
    RegistrationsThisBlock[state, netuid] = RegistrationsThisBlock[state, netuid] + 1


def _bounds(state: State, netuid: int) -> price.Bounds:
    return price.Bounds(MinBurn[state, netuid], MaxBurn[state, netuid])


def _set_price(state: State, netuid: int, burn: int) -> None:
    if burn != Burn[state, netuid]:
        Burn[state, netuid] = burn
