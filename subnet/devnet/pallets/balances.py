"""Balances: TAO in rao, the life of accounts, and transfers (FRAME's pallet_balances).

An account exists from the day it holds the existential deposit and is removed when it holds less; what it had
left is lost with it. Other pallets move TAO with `withdraw`, `deposit` and `transfer`.
"""

from __future__ import annotations

from subnet.devnet.chain_types import AccountId32, MultiAddress, TaoBalance
from subnet.devnet.dispatch import ArithmeticError_, Origin, TokenError
from subnet.devnet.frame import Pallet, State
from subnet.devnet.pallets.system import Account, KilledAccount, NewAccount, lookup
from subnet.devnet.scale import BOOL, Compact, Field, Variant
from subnet.rules.fixed import U64_MAX

pallet = Pallet("Balances", index=5)

EXISTENTIAL_DEPOSIT = 500  # rao

TotalIssuance = pallet.value("TotalIssuance", TaoBalance, default=0)
pallet.constant("ExistentialDeposit", TaoBalance, EXISTENTIAL_DEPOSIT)

_WHO_AMOUNT: list[Field] = [("who", AccountId32), ("amount", TaoBalance)]
Endowed = pallet.event(0, "Endowed", [("account", AccountId32), ("free_balance", TaoBalance)])
DustLost = pallet.event(1, "DustLost", [("account", AccountId32), ("amount", TaoBalance)])
Transfer = pallet.event(2, "Transfer", [("from", AccountId32), ("to", AccountId32), ("amount", TaoBalance)])
BalanceSet = pallet.event(3, "BalanceSet", [("who", AccountId32), ("free", TaoBalance)])
Reserved = pallet.event(4, "Reserved", _WHO_AMOUNT)
Unreserved = pallet.event(5, "Unreserved", _WHO_AMOUNT)
Deposit = pallet.event(7, "Deposit", _WHO_AMOUNT)
Withdraw = pallet.event(8, "Withdraw", _WHO_AMOUNT)
Minted = pallet.event(10, "Minted", _WHO_AMOUNT)
Burned = pallet.event(11, "Burned", _WHO_AMOUNT)
Issued = pallet.event(15, "Issued", [("amount", TaoBalance)])
Rescinded = pallet.event(16, "Rescinded", [("amount", TaoBalance)])

for _index, (_name, _doc) in enumerate(
    (
        ("VestingBalance", "Vesting balance too high to send value."),
        ("LiquidityRestrictions", "Account liquidity restrictions prevent withdrawal."),
        ("InsufficientBalance", "Balance too low to send value."),
        ("ExistentialDeposit", "Value too low to create account due to existential deposit."),
        ("Expendability", "Transfer/payment would kill account."),
        ("ExistingVestingSchedule", "A vesting schedule already exists for this account."),
        ("DeadAccount", "Beneficiary account must pre-exist."),
        ("TooManyReserves", "Number of named reserves exceed `MaxReserves`."),
        ("TooManyHolds", "Number of holds exceed `VariantCountOf<T::RuntimeHoldReason>`."),
        ("TooManyFreezes", "Number of freezes exceed `MaxFreezes`."),
        ("IssuanceDeactivated", "The issuance cannot be modified since it is already deactivated."),
        ("DeltaZero", "The delta cannot be zero."),
    )
):
    pallet.error(_index, _name, _doc)


def free(state: State, who: bytes) -> int:
    """The free balance of an account, in rao."""
    amount: int = Account[state, who].data.free
    return amount


def spendable(state: State, who: bytes, keep_alive: bool = True) -> int:
    """How much of its free balance an account can pay, in rao: all but the existential deposit to stay alive."""
    data = Account[state, who].data
    locked = max(data.frozen - data.reserved, EXISTENTIAL_DEPOSIT if keep_alive else 0)
    return max(0, data.free - locked)  # type: ignore[no-any-return]


def check_payment(state: State, who: bytes, amount: int, keep_alive: bool) -> None:
    """Raises TokenError FundsUnavailable, Frozen or NotExpendable when `who` cannot pay `amount`."""
    data = Account[state, who].data
    if amount > data.free:
        raise TokenError("FundsUnavailable")
    if amount and data.free - amount < data.frozen - data.reserved:
        raise TokenError("Frozen")
    if amount and keep_alive and data.free + data.reserved - amount < EXISTENTIAL_DEPOSIT:
        raise TokenError("NotExpendable")


def withdraw(state: State, who: bytes, amount: int, keep_alive: bool = True) -> None:
    """Takes TAO out of an account and out of the issuance; raises TokenError as `check_payment` does."""
    check_payment(state, who, amount, keep_alive)
    set_free(state, who, free(state, who) - amount)
    TotalIssuance.update(state, lambda total: total - amount)
    state.deposit(Withdraw(who, amount))


def deposit(state: State, who: bytes, amount: int) -> None:
    """Puts new TAO into an account; raises TokenError BelowMinimum when that would not bring it to life."""
    _check_deposit(state, who, amount)
    set_free(state, who, free(state, who) + amount)
    TotalIssuance.update(state, lambda total: total + amount)
    state.deposit(Deposit(who, amount))


def transfer(state: State, source: bytes, dest: bytes, amount: int, keep_alive: bool = True) -> None:
    """Moves TAO between accounts; raises TokenError FundsUnavailable, NotExpendable or BelowMinimum."""
    check_payment(state, source, amount, keep_alive)
    _check_deposit(state, dest, amount)
    if source != dest and amount:
        set_free(state, source, free(state, source) - amount)
        set_free(state, dest, free(state, dest) + amount)
    state.deposit(Transfer(source, dest, amount))


def _check_deposit(state: State, who: bytes, amount: int) -> None:
    data = Account[state, who].data
    if amount and data.free + data.reserved + amount < EXISTENTIAL_DEPOSIT:
        raise TokenError("BelowMinimum")


def set_free(state: State, who: bytes, amount: int) -> None:
    """Writes a free balance and lets the account begin or end with it; dust leaves the issuance.

    The issuance otherwise stays as it is: that is the caller's part.
    """
    info = Account[state, who]
    data = info.data._replace(free=amount)
    total = amount + data.reserved
    if total >= EXISTENTIAL_DEPOSIT:
        born = info.providers == 0
        Account[state, who] = info._replace(providers=1, data=data)
        if born:
            state.deposit(NewAccount(who))
            state.deposit(Endowed(who, amount))
        return
    if info.providers:
        del Account[state, who]
        state.deposit(KilledAccount(who))
    if total:
        TotalIssuance.update(state, lambda issued: issued - total)
        state.deposit(DustLost(who, total))


_VALUE = Compact(TaoBalance)


@pallet.call(0, [("dest", MultiAddress), ("value", _VALUE)])
def transfer_allow_death(state: State, origin: Origin, dest: Variant, value: int) -> None:
    """Moves TAO; the sender's account ends when less than the existential deposit is left in it."""
    transfer(state, origin.signed(), lookup(dest), value, keep_alive=False)


@pallet.call(3, [("dest", MultiAddress), ("value", _VALUE)])
def transfer_keep_alive(state: State, origin: Origin, dest: Variant, value: int) -> None:
    """Moves TAO, and fails rather than end the sender's account."""
    transfer(state, origin.signed(), lookup(dest), value, keep_alive=True)


@pallet.call(4, [("dest", MultiAddress), ("keep_alive", BOOL)])
def transfer_all(state: State, origin: Origin, dest: Variant, keep_alive: bool) -> None:
    """Moves all that the sender can pay."""
    who = origin.signed()
    transfer(state, who, lookup(dest), spendable(state, who, keep_alive), keep_alive)


@pallet.call(8, [("who", MultiAddress), ("new_free", _VALUE)])
def force_set_balance(state: State, origin: Origin, who: Variant, new_free: int) -> None:
    """Sets a free balance, as root; less than the existential deposit counts as nothing.

    More than the issuance can count fails as Overflow; the real chain would let the issuance stop at its limit.
    """
    origin.root()
    account = lookup(who)
    amount = new_free if new_free >= EXISTENTIAL_DEPOSIT else 0
    before = free(state, account)
    if TotalIssuance[state] + amount - before > U64_MAX:
        raise ArithmeticError_("Overflow")
    set_free(state, account, amount)
    TotalIssuance.update(state, lambda total: total + amount - before)
    state.deposit(BalanceSet(account, amount))
