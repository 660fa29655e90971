"""Is the chain content: seat, permit, stake, weights, immunity, and what the owner must look after."""

from __future__ import annotations

import math

from subnet.advice import commands
from subnet.advice.facts import RAO, Facts, Subnet, Terms
from subnet.advice.line import Line, failed, note, ok, unknown
from subnet.protocol import Peer
from subnet.rules import pruning
from subnet.rules import weights as weight_rules

SLIPPAGE = 1.05
"""More TAO than the alpha costs now: buying moves the price."""

STALE_SECONDS = 120.0
"""Ten blocks: a head older than this is not the network's."""

WARN_SHARE = 0.5
"""Of the activity cutoff: weights this old are worth a word."""


def chain(facts: Facts) -> Line:
    """The chain answers, and has the subnet."""
    elsewhere = (
        f"{commands.list_subnets(facts.keys)}   # if that fails, too: --network takes another endpoint"
    )
    if facts.subnet is None:
        return failed("chain", facts.chain_problem, elsewhere)
    age = facts.subnet.head_age
    if age is not None and age > STALE_SECONDS:
        return failed("chain", f"the newest block is {age:.0f} s old: this node has fallen behind", elsewhere)
    return ok("chain", f"{facts.keys.network}, block {facts.subnet.block}")


def registered(facts: Facts) -> Line:
    """The hotkey has a seat."""
    if facts.subnet is None or facts.keys.hotkey is None:
        return _blind("registered", facts)
    if facts.me is None:
        says = f"{facts.keys.hotkey} has no seat on subnet {facts.keys.netuid}"
        return failed("registered", says, commands.register(facts.keys))
    return ok("registered", f"uid {facts.me.uid} of subnet {facts.keys.netuid}")


def stake(facts: Facts) -> Line:
    """The stake reaches the floor under which the chain takes no weights."""
    if facts.subnet is None or facts.me is None:
        return _blind("stake", facts)
    terms, has = facts.subnet.terms, facts.me.stake
    if has < terms.stake_threshold:
        says = f"{_alpha(has)}, and weights need {_alpha(terms.stake_threshold)}"
        return failed("stake", says, _buy(facts, terms, terms.stake_threshold))
    return ok("stake", f"{_alpha(has)}; the floor is {_alpha(terms.stake_threshold)}")


def permit(facts: Facts) -> Line:
    """The hotkey is among the validators."""
    subnet, me = facts.subnet, facts.me
    if subnet is None or me is None:
        return _blind("permit", facts)
    if me.validator_permit:
        return ok("permit", "yes")
    needed = permit_floor(subnet, me)
    if me.stake >= needed:
        wait = (
            "no epoch is due" if subnet.blocks_left is None else f"the next is in {subnet.blocks_left} blocks"
        )
        return note("permit", f"not yet: epochs give permits, and {wait}")
    says = f"no: {_alpha(me.stake)}, and the {subnet.terms.max_validators} permits begin at {_alpha(needed)}"
    return failed("permit", says, _buy(facts, subnet.terms, needed))


def permit_floor(subnet: Subnet, me: Peer) -> int:
    """Rao of stake weight with which `me` would be among the permitted at the next epoch."""
    others = sorted((peer.stake for peer in subnet.members.values() if peer != me), reverse=True)
    most = subnet.terms.max_validators
    last = others[most - 1] + 1 if len(others) >= most > 0 else 1
    return max(last, subnet.terms.stake_threshold)


def rate(facts: Facts) -> Line:
    """When the chain takes weights again."""
    if facts.subnet is None or facts.me is None:
        return _blind("rate", facts)
    terms, now = facts.subnet.terms, facts.subnet.block
    left = facts.me.last_update + terms.rate_limit - now if facts.me.last_update else 0
    if terms.tempo and terms.rate_limit > terms.tempo:
        fix = commands.set_parameter(facts.keys, "weights_rate_limit", terms.tempo)
        says = f"one setting per {terms.rate_limit} blocks, and an epoch has {terms.tempo}: the owner should lower it"
        return note("rate", says, fix)
    return ok("rate", f"weights may be set in {left} blocks" if left > 0 else "weights may be set now")


def activity(facts: Facts) -> Line:
    """The weights on the chain are young enough to count."""
    if facts.subnet is None or facts.me is None or not facts.me.validator_permit:
        return _blind("activity", facts)
    age, cutoff = facts.subnet.block - facts.me.last_update, facts.subnet.terms.activity_cutoff
    ever = "weights were last set" if has_weighed(facts.me) else "no weights yet: the seat was taken"
    says = f"{ever} {age} blocks ago, and whoever sets none for {cutoff} does not count"
    if age > cutoff:
        return failed("activity", says, _start(facts))
    late = age > WARN_SHARE * cutoff
    return note("activity", says) if late or not has_weighed(facts.me) else ok("activity", says)


def mechanism(facts: Facts) -> Line:
    """The mechanism that weights are set for exists."""
    if facts.subnet is None:
        return _blind("mechanism", facts)
    count = facts.subnet.mechanisms
    if facts.mechid >= count:
        last = f"the last of them is {count - 1}" if count > 1 else "it is number 0"
        says = f"there is no mechanism {facts.mechid}: the subnet has {count}, and {last}"
        return failed("mechanism", says, commands.run("validator", facts.keys, f"--mechid {count - 1}"))
    return ok("mechanism", f"weights are for mechanism {facts.mechid} of {count}, counted from 0")


def _start(facts: Facts, *flags: str) -> str:
    """Starts the validator for its mechanism."""
    mechanism = (f"--mechid {facts.mechid}",) if facts.mechid else ()
    return commands.run("validator", facts.keys, *mechanism, *flags)


def has_weighed(peer: Peer) -> bool:
    """Whether a hotkey has set weights since it has its seat; a registration counts as an update, too."""
    return peer.last_update > peer.registered_at


def version(facts: Facts) -> Line:
    """The subnet takes weights from this version."""
    if facts.subnet is None:
        return _blind("version", facts)
    wanted, sent = facts.subnet.terms.version_key, facts.sent_version_key
    if not weight_rules.version_allowed(sent, wanted):
        says = f"the subnet wants version key {wanted} or later, this validator sends {sent}"
        fix = _start(facts, f"--version-key {wanted}")
        return failed("version", says, f"{fix}   # from the release that the owner means by it")
    return ok("version", f"key {sent}; the subnet wants {wanted or 'any'}")


def limits(facts: Facts) -> Line:
    """There are enough members to weigh, and no single weight is too large."""
    if facts.subnet is None:
        return _blind("weights", facts)
    terms, members = facts.subnet.terms, facts.subnet.members.values()
    least = min(terms.min_weights, len(members))
    worth = sum(peer.address is not None for peer in members)
    if worth < least:
        says = f"the subnet wants {least} weights at least, and {worth} members publish an address"
        return failed(
            "weights", says, commands.set_parameter(facts.keys, "min_allowed_weights", max(worth, 1))
        )
    says = f"at least {terms.min_weights}, none above {terms.max_weight / 65535:.0%} of all"
    if terms.max_weight < 65535 and worth * terms.max_weight < 65535:
        return note("weights", f"{says}: {worth} members cannot take all of it")
    return ok("weights", says)


def hidden(facts: Facts) -> Line:
    """A validator publishes no address: it would only invite floods."""
    if facts.me is None or facts.me.address is None:
        return ok("hidden", "publishes no address")
    shown = f"{facts.me.address.host}:{facts.me.address.port}"
    return note("hidden", f"publishes {shown}, which nobody needs", commands.reset_axon(facts.keys))


def immunity(facts: Facts) -> Line:
    """How safe a miner's seat is."""
    subnet, me = facts.subnet, facts.me
    if subnet is None or me is None:
        return _blind("immunity", facts)
    left = me.registered_at + subnet.terms.immunity - subnet.block
    age = f"{left} blocks of immunity left" if left > 0 else f"immunity ended {-left} blocks ago"
    if next_to_go(subnet) == me.uid:
        says = f"{age}; the subnet is full, and the next registration takes this seat"
        fix = f"{commands.register(facts.keys)}   # once it is lost; docs/why-is-my-score-zero.md before"
        return failed("immunity", says, fix)
    if left <= 0 and not me.emission:
        return note("immunity", f"{age}, and this seat earns nothing: see docs/why-is-my-score-zero.md")
    return ok("immunity", age)


def next_to_go(subnet: Subnet) -> int | None:
    """The uid that a newcomer would replace now; None while there is room, or when nobody would go."""
    terms, members = subnet.terms, subnet.members.values()
    if len(members) < terms.seats:
        return None
    owner = subnet.members.get(subnet.owner)
    owned = [pruning.Owned(p.uid, p.registered_at) for p in members if p.coldkey == terms.owner_coldkey]
    safe = pruning.owner_immune(owned, owner.uid if owner else None)
    seats = [pruning.Seat(p.uid, p.emission, p.registered_at, p.uid in safe) for p in members]
    return pruning.choose(seats, subnet.block, terms.immunity, terms.min_non_immune)


def owner(facts: Facts) -> Line:
    """The wallet is the subnet's owner."""
    if facts.subnet is None:
        return _blind("owner", facts)
    wanted = facts.subnet.terms.owner_coldkey
    if facts.keys.coldkey is None:
        return unknown(
            "owner",
            f"wallet {facts.keys.wallet} has no coldkeypub.txt; subnet {facts.keys.netuid} is {wanted}'s",
        )
    if facts.keys.coldkey != wanted:
        says = f"subnet {facts.keys.netuid} belongs to {wanted}, not to wallet {facts.keys.wallet}"
        return failed("owner", says, "btcli wallet list   # then name the owner's with -w")
    return ok("owner", wanted)


def started(facts: Facts) -> Line:
    """The subnet runs and may pay."""
    if facts.subnet is None:
        return _blind("started", facts)
    if not facts.subnet.terms.started:
        return failed(
            "started", "the subnet was never started: nobody earns", commands.start_subnet(facts.keys)
        )
    return ok("started", "yes")


def validators(facts: Facts) -> Line:
    """Somebody sets weights, and nobody alone decides."""
    if facts.subnet is None:
        return _blind("validators", facts)
    block, cutoff = facts.subnet.block, facts.subnet.terms.activity_cutoff
    permitted = [peer for peer in facts.subnet.members.values() if peer.validator_permit]
    active = [peer for peer in permitted if has_weighed(peer) and block - peer.last_update <= cutoff]
    if not active:
        says = f"none of {len(permitted)} permitted hotkeys set weights within {cutoff} blocks: nobody earns"
        return failed("validators", says, commands.run("validator", facts.keys))
    total, most = sum(peer.stake for peer in active), max(_by_coldkey(active))
    if most * 2 > total:
        return note(
            "validators",
            f"{len(active)} set weights; one owner holds {most / max(total, 1):.0%} of their stake",
        )
    return ok("validators", f"{len(active)} set weights")


def room(facts: Facts) -> Line:
    """Newcomers live long enough to be judged."""
    if facts.subnet is None:
        return _blind("immunity", facts)
    terms = facts.subnet.terms
    says = f"{terms.immunity} blocks, and an epoch has {terms.tempo}"
    if terms.immunity < terms.tempo:
        fix = commands.set_parameter(facts.keys, "immunity_period", 3 * terms.tempo)
        return failed("immunity", f"{says}: newcomers go before they can be paid once", fix)
    if terms.immunity < 2 * terms.tempo:
        return note("immunity", f"{says}: newcomers have one chance")
    return ok("immunity", says)


def _by_coldkey(peers: list[Peer]) -> list[int]:
    held: dict[str, int] = {}
    for peer in peers:
        held[peer.coldkey] = held.get(peer.coldkey, 0) + peer.stake
    return list(held.values())


def _buy(facts: Facts, terms: Terms, wanted: int) -> str:
    """The command that stakes what is missing to `wanted` rao."""
    assert facts.me is not None
    missing = (wanted - facts.me.stake) * terms.price / RAO * SLIPPAGE
    return commands.stake(facts.keys, math.ceil(missing / RAO * 1000) / 1000)


def _alpha(rao: int) -> str:
    return f"{rao / RAO:,.2f} alpha"


def _blind(check: str, facts: Facts) -> Line:
    if facts.subnet is None:
        return unknown(check, "the chain did not tell")
    return unknown(
        check, "no hotkey" if facts.keys.hotkey is None else "no seat" if facts.me is None else "no permit"
    )
