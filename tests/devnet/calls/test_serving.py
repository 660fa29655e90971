"""Publishing where a neuron answers (rules 6.1 to 6.4), and what the pool says about a bad address (rules 2.7)."""

from ipaddress import ip_address
from typing import Any

import pytest

from subnet.devnet.pallets.subtensor import storage


def address(text: str) -> int:
    """An address as the chain wants it."""
    return int(ip_address(text))


@pytest.fixture
def served(chain: Any) -> Any:
    """A chain with a miner on subnet 2."""
    chain.seat(chain.subnet(), "miner")
    storage.ServingRateLimit[chain.state, 2] = 50
    return chain


def axon(ip: str, port: int = 8091, ip_type: int = 4) -> list[int]:
    """The arguments of serve_axon on subnet 2."""
    return [2, 1, address(ip), port, ip_type, 4, 0, 0]


def test_an_axon_is_stored_with_its_block(served: Any, hotkey: Any) -> None:
    assert served.call(hotkey("miner"), "serve_axon", *axon("1.2.3.4")) == ["AxonServed"]
    stored = storage.Axons[served.state, 2, hotkey("miner")]
    assert (stored.block, stored.ip, stored.port) == (served.state.block, address("1.2.3.4"), 8091)


@pytest.mark.parametrize(
    ("arguments", "error", "code"),
    [
        (axon("1.2.3.4", ip_type=5), "InvalidIpType", 11),
        (axon("127.0.0.1"), "InvalidIpAddress", 11),
        (axon("255.255.255.255"), "InvalidIpAddress", 11),
        (axon("::1", ip_type=6), "InvalidIpAddress", 11),
        (axon("2001:db8::1"), "InvalidIpAddress", 11),
        (axon("1.2.3.4", port=0), "InvalidPort", 13),
    ],
)
def test_a_bad_address_is_refused_by_the_pool_and_by_the_call(
    served: Any, hotkey: Any, arguments: list[int], error: str, code: int
) -> None:
    assert served.error(hotkey("miner"), "serve_axon", *arguments) == error
    assert served.refusal(hotkey("miner"), "serve_axon", *arguments) == f"Custom error: {code}"


@pytest.mark.parametrize("arguments", [axon("0.0.0.0"), axon("127.0.0.2"), axon("2001:db8::1", ip_type=6)])
def test_unusual_addresses_that_the_chain_takes(served: Any, hotkey: Any, arguments: list[int]) -> None:
    assert served.refusal(hotkey("miner"), "serve_axon", *arguments) is None
    served.call(hotkey("miner"), "serve_axon", *arguments)


def test_only_members_serve(served: Any, hotkey: Any) -> None:
    assert served.error(hotkey("nobody"), "serve_axon", *axon("1.2.3.4")) == "HotKeyNotRegisteredInNetwork"
    assert served.refusal(hotkey("nobody"), "serve_axon", *axon("1.2.3.4")) == "Custom error: 10"


def test_an_address_changes_only_so_often(served: Any, hotkey: Any) -> None:
    miner = hotkey("miner")
    served.call(miner, "serve_axon", *axon("1.2.3.4"))
    served.blocks(49)
    assert served.error(miner, "serve_axon", *axon("1.2.3.5")) == "ServingRateLimitExceeded"
    assert served.refusal(miner, "serve_axon", *axon("1.2.3.5")) == "Custom error: 12"
    served.blocks()
    served.call(miner, "serve_axon", *axon("1.2.3.5"))


def test_a_certificate_is_kept_and_a_malformed_one_ignored(served: Any, hotkey: Any) -> None:
    storage.ServingRateLimit[served.state, 2] = 0
    served.call(hotkey("miner"), "serve_axon_tls", *axon("1.2.3.4"), b"\x01" + b"k" * 64)
    stored = storage.NeuronCertificates[served.state, 2, hotkey("miner")]
    assert (stored.algorithm, stored.public_key) == (1, b"k" * 64)
    served.call(hotkey("miner"), "serve_axon_tls", *axon("1.2.3.5"), b"\x01" + b"k" * 65)
    assert storage.Axons[served.state, 2, hotkey("miner")].ip == address("1.2.3.5")
    assert storage.NeuronCertificates[served.state, 2, hotkey("miner")] == stored


def test_metrics_need_a_real_address(served: Any, hotkey: Any) -> None:
    zero, good = [2, 1, 0, 9000, 4], [2, 1, address("1.2.3.4"), 9000, 4]
    assert served.error(hotkey("nobody"), "serve_prometheus", *zero) == "InvalidIpAddress", (
        "the address goes first"
    )
    assert served.refusal(hotkey("miner"), "serve_prometheus", *zero) == "Custom error: 11"
    assert served.call(hotkey("miner"), "serve_prometheus", *good) == ["PrometheusServed"]
    assert storage.Prometheus[served.state, 2, hotkey("miner")].port == 9000
