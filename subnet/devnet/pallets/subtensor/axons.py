"""Where neurons are reached: serve_axon, serve_axon_tls, serve_prometheus (rules 6.1 to 6.4).

The same checks run before a transaction enters the pool, where they show as numbers (rules 2.7), and again
when the call is made, where they show as errors.
"""

from typing import Any

from subnet.devnet.frame import BoundCall, ModuleError, Origin, PoolError, custom, ensure
from subnet.devnet.pallets.subtensor import errors
from subnet.devnet.pallets.subtensor.events import AxonServed, PrometheusServed
from subnet.devnet.pallets.subtensor.pallet import pallet
from subnet.devnet.pallets.subtensor.storage import (
    Axons,
    NeuronCertificates,
    Prometheus,
    ServingRateLimit,
)
from subnet.devnet.pallets.subtensor.subnets import is_member
from subnet.devnet.pallets.subtensor.types import AxonInfo, NetUid, NeuronCertificate, PrometheusInfo
from subnet.devnet.scale import BYTES, U8, U16, U32, U128
from subnet.devnet.state import State
from subnet.rules import serving

_AXON = [
    ("netuid", NetUid),
    ("version", U32),
    ("ip", U128),
    ("port", U16),
    ("ip_type", U8),
    ("protocol", U8),
    ("placeholder1", U8),
    ("placeholder2", U8),
]
_PROMETHEUS = [("netuid", NetUid), ("version", U32), ("ip", U128), ("port", U16), ("ip_type", U8)]
_BAD_REQUEST = 255
_POOL_CODES = {
    errors.HotKeyNotRegisteredInNetwork.index: 10,
    errors.InvalidIpType.index: 11,
    errors.InvalidIpAddress.index: 11,
    errors.ServingRateLimitExceeded.index: 12,
    errors.InvalidPort.index: 13,
}


@pallet.call(4, _AXON, pays=False)
def serve_axon(state: State, origin: Origin, netuid: int, *info: int) -> None:
    """Publishes where the signing hotkey answers; ip is the address as one big-endian number."""
    _serve_axon(state, origin.signed(), netuid, AxonInfo(state.block, *info))


@pallet.call(40, [*_AXON, ("certificate", BYTES)], pays=False)
def serve_axon_tls(state: State, origin: Origin, netuid: int, *info: Any) -> None:
    """serve_axon with a certificate: one byte for the algorithm, then the public key; a malformed one is dropped."""
    hotkey, (*axon, encoded) = origin.signed(), info
    _serve_axon(state, hotkey, netuid, AxonInfo(state.block, *axon))
    certificate = serving.certificate(encoded)
    if certificate is not None:
        algorithm, public_key = certificate
        NeuronCertificates[state, netuid, hotkey] = NeuronCertificate(public_key, algorithm)


@pallet.call(5, _PROMETHEUS, pays=False)
def serve_prometheus(state: State, origin: Origin, netuid: int, *info: int) -> None:
    """Publishes where the signing hotkey shows its metrics."""
    hotkey, served = origin.signed(), PrometheusInfo(state.block, *info)
    check_prometheus(state, hotkey, netuid, served)
    Prometheus[state, netuid, hotkey] = served
    state.deposit(PrometheusServed(netuid, hotkey))


def _serve_axon(state: State, hotkey: bytes, netuid: int, served: Any) -> None:
    check_axon(state, hotkey, netuid, served)
    Axons[state, netuid, hotkey] = served
    state.deposit(AxonServed(netuid, hotkey))


def check_axon(state: State, hotkey: bytes, netuid: int, served: Any) -> None:
    """Raises what is wrong with an axon, in the chain's order."""
    ensure(is_member(state, netuid, hotkey), errors.HotKeyNotRegisteredInNetwork)
    ensure(serving.valid_ip_type(served.ip_type), errors.InvalidIpType)
    ensure(serving.valid_ip(served.ip, served.ip_type, zero_allowed=True), errors.InvalidIpAddress)
    _ensure_not_too_soon(state, netuid, Axons[state, netuid, hotkey])
    ensure(served.port != 0, errors.InvalidPort)


def check_prometheus(state: State, hotkey: bytes, netuid: int, served: Any) -> None:
    """Raises what is wrong with a metrics endpoint; the order differs from an axon's, and 0.0.0.0 is refused."""
    ensure(serving.valid_ip_type(served.ip_type), errors.InvalidIpType)
    ensure(serving.valid_ip(served.ip, served.ip_type, zero_allowed=False), errors.InvalidIpAddress)
    ensure(is_member(state, netuid, hotkey), errors.HotKeyNotRegisteredInNetwork)
    _ensure_not_too_soon(state, netuid, Prometheus[state, netuid, hotkey])
    ensure(served.port != 0, errors.InvalidPort)


def _ensure_not_too_soon(state: State, netuid: int, before: Any) -> None:
    previous = 0 if before is None else before.block
    limit = ServingRateLimit[state, netuid]
    ensure(serving.rate_limit_passed(previous, state.block, limit), errors.ServingRateLimitExceeded)


@pallet.validate("serve_axon", "serve_axon_tls")
def validate_axon(state: State, who: bytes, call: BoundCall) -> None:
    """Refuses a bad axon before it enters the pool."""
    netuid, *info = call.args
    served = AxonInfo(state.block, *info[:7])
    try:
        check_axon(state, who, netuid, served)
    except ModuleError as error:
        raise _pool_error(error) from error


@pallet.validate("serve_prometheus")
def validate_prometheus(state: State, who: bytes, call: BoundCall) -> None:
    """Refuses a bad metrics endpoint before it enters the pool."""
    netuid, *info = call.args
    try:
        check_prometheus(state, who, netuid, PrometheusInfo(state.block, *info))
    except ModuleError as error:
        raise _pool_error(error) from error


def _pool_error(error: ModuleError) -> PoolError:
    return custom(_POOL_CODES.get(error.index, _BAD_REQUEST))
