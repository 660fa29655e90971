"""Which addresses may be asked, and what a miner publishes."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from subnet.errors import SettingsError, TransportError
from subnet.protocol import Address
from subnet.transport.addresses import PUBLIC_CHAINS, check, is_local, refusal, to_publish

GLOBAL = ["1.1.1.1", "8.8.8.8", "203.0.114.1", "2606:4700:4700::1111", "2a00:1450::1"]
LOCAL = [
    "127.0.0.1",
    "127.255.0.3",
    "10.1.2.3",
    "172.16.0.1",
    "172.31.255.1",
    "192.168.0.1",
    "::1",
    "fd12::1",
]
NEVER = [
    "0.0.0.0",
    "0.1.2.3",
    "169.254.169.254",
    "169.254.1.1",
    "168.63.129.16",
    "100.64.0.1",
    "100.100.100.200",
    "192.0.0.192",
    "192.0.2.1",
    "192.88.99.1",
    "198.18.0.1",
    "224.0.0.1",
    "239.1.1.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::ffff:127.0.0.1",
    "::ffff:8.8.8.8",
    "::7f00:1",
    "64:ff9b::7f00:1",
    "64:ff9b:1::1",
    "2001:db8::1",
    "2001:0:1::1",
    "2002:7f00:1::",
    "fe80::1",
    "fe80::1%eth0",
    "ff02::1",
    "fd00:ec2::254",
    "",
    "localhost",
    "example.com",
    "1.1",
    "0x7f000001",
    "2130706433",
    "01.1.1.1",
    "1.1.1.1 ",
    "[::1]",
]


@pytest.mark.parametrize("host", GLOBAL)
def test_global_addresses_may_be_asked(host):
    assert refusal(host) is None
    assert refusal(host, allow_private=True) is None


@pytest.mark.parametrize("host", LOCAL)
def test_local_addresses_may_be_asked_on_a_local_network_only(host):
    assert refusal(host) is not None
    assert refusal(host, allow_private=True) is None


@pytest.mark.parametrize("host", NEVER)
def test_other_addresses_are_never_asked(host):
    assert refusal(host) is not None
    assert refusal(host, allow_private=True) is not None


@given(st.integers(0, 2**32 - 1))
def test_what_is_asked_is_global_by_the_standard_librarys_account_too(number):
    ip = ipaddress.IPv4Address(number)
    if refusal(str(ip)) is None:
        assert ip.is_global and not (ip.is_multicast or ip.is_private or ip.is_link_local or ip.is_reserved)


@pytest.mark.parametrize("port", [0, -1, 65536])
def test_a_port_is_a_tcp_port(port):
    with pytest.raises(TransportError):
        check(Address("1.1.1.1", port))
    check(Address("1.1.1.1", 1))


def test_the_external_address_is_published_when_given():
    assert to_publish(Address("0.0.0.0", 8091), "1.1.1.1", 443, False) == Address("1.1.1.1", 443)
    assert to_publish(Address("0.0.0.0", 8091), "1.1.1.1", None, False) == Address("1.1.1.1", 8091)


def test_a_global_bound_address_is_published_as_it_is():
    assert to_publish(Address("8.8.8.8", 1), "", None, False) == Address("8.8.8.8", 1)


@pytest.mark.parametrize("host", ["0.0.0.0", "127.0.0.1", "::", "192.168.1.1"])
def test_an_external_address_is_required_where_the_bound_one_is_not_global(host):
    with pytest.raises(SettingsError, match="--external-ip"):
        to_publish(Address(host, 8091), "", None, False)


def test_a_local_network_gets_loopback_for_a_wildcard():
    assert to_publish(Address("0.0.0.0", 8091), "", None, True) == Address("127.0.0.2", 8091)
    assert to_publish(Address("192.168.1.1", 8091), "", None, True) == Address("192.168.1.1", 8091)
    assert to_publish(Address("0.0.0.0", 8091), "127.0.0.2", None, True) == Address("127.0.0.2", 8091)


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_what_the_chain_does_not_take_is_not_published(host):
    with pytest.raises(SettingsError, match="chain does not take"):
        to_publish(Address(host, 8091), "", None, True)
    with pytest.raises(SettingsError, match="chain does not take"):
        to_publish(Address("0.0.0.0", 8091), host, None, True)


@pytest.mark.parametrize("external", ["192.168.1.1", "my-host.example", "0.0.0.0"])
def test_an_unusable_external_address_is_refused(external):
    with pytest.raises(SettingsError, match="--external-ip"):
        to_publish(Address("0.0.0.0", 8091), external, None, False)


@pytest.mark.parametrize(
    ("network", "local"),
    [
        ("local", True),
        ("ws://127.0.0.1:9944", True),
        ("ws://localhost:9944", True),
        ("ws://[::1]:9944", True),
        ("ws://192.168.1.5:9944", True),
        ("finney", False),
        ("test", False),
        ("wss://entrypoint-finney.opentensor.ai:443", False),
        ("ws://1.1.1.1:9944", False),
        ("ws://169.254.169.254", False),
        ("ws://127.0.0.1.evil.example", False),
    ],
)
def test_a_local_network_is_known_by_its_endpoint(network, local):
    assert is_local(network, "0x" + 32 * "ab") is local


@pytest.mark.parametrize("genesis", PUBLIC_CHAINS)
def test_an_own_node_of_a_public_chain_is_no_local_network(genesis):
    assert not is_local("ws://127.0.0.1:9944", genesis)
