"""Which addresses a validator may ask, and which one a miner publishes.

An axon record is written by a stranger. A host is an IP address, never a name, so there is nothing to resolve
and nothing to rebind. IPv6 is asked in its global unicast space only and never through a tunnel or translator
(6to4, Teredo, NAT64, mapped), because those carry an IPv4 address that could be anybody's inner one.
"""

from __future__ import annotations

from ipaddress import ip_address, ip_network
from urllib.parse import urlsplit

from subnet.errors import SettingsError, TransportError
from subnet.protocol import Address

PRIVATE = tuple(
    map(ip_network, ("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "::1/128", "fc00::/7"))
)
"""What a local network may use besides global addresses: loopback and private use, nothing else."""

METADATA = tuple(map(ip_address, ("168.63.129.16", "169.254.169.254", "100.100.100.200", "fd00:ec2::254")))
"""Where clouds answer a machine about itself. The first is a global address, the last a private one."""

GLOBAL_UNICAST = ip_network("2000::/3")
CLOSED = tuple(map(ip_network, ("192.0.0.0/24", "192.88.99.0/24", "2001::/32", "2002::/16")))
"""Special-purpose ranges that some Python releases take for global: protocol assignments, 6to4, Teredo."""

PUBLIC_CHAINS = (
    "0x2f0555cc76fc2840a25a6ea3b9637146806f1f44b090c175ffde2a7e5ab36c03",
    "0x8f9cf856bf558a14440e75569c9e58594757048d7b3a84b5d25f6bd978263105",
)
"""Genesis hashes of mainnet and testnet."""

UNPUBLISHABLE = ("127.0.0.1", "::1")
"""The chain refuses these in an axon record (the serving pallet's rule for IP addresses)."""

LOCAL_ADDRESS = "127.0.0.2"
"""Loopback as the chain takes it; whoever listens on all addresses hears it, too."""


def check(address: Address, allow_private: bool = False) -> None:
    """Raises TransportError when the address may not be asked."""
    reason = refusal(address.host, allow_private)
    if reason is None and not 0 < address.port < 1 << 16:
        reason = "no TCP port"
    if reason is not None:
        raise TransportError(f"address not asked: {reason}")


def refusal(host: str, allow_private: bool = False) -> str | None:
    """Why a host may not be asked, or None when it may; with `allow_private` local ones may, too."""
    try:
        ip = ip_address(host)
    except ValueError:
        return "not an IP address"
    if "%" in host:
        return "an address with a zone"
    if ip in METADATA:
        return "a cloud's metadata service"
    if allow_private and any(ip in network for network in PRIVATE):
        return None
    outside = ip.version == 6 and ip not in GLOBAL_UNICAST
    if outside or ip.is_multicast or not ip.is_global or any(ip in network for network in CLOSED):
        return "not a global address"
    return None


def is_local(network: str, genesis: str) -> bool:
    """Whether a network is a local one: its name or endpoint is, and its genesis is not a public chain's.

    The endpoint alone does not tell: many run their own node of the public chain beside their neuron.
    """
    host = urlsplit(network).hostname or network
    near = host in ("local", "localhost") or (refusal(host) is not None and refusal(host, True) is None)
    return near and genesis not in PUBLIC_CHAINS


def to_publish(bound: Address, external_ip: str, external_port: int | None, local: bool) -> Address:
    """What a miner that listens on `bound` writes on the chain; `local` says that the network is a local one.

    Raises SettingsError when that is nothing that validators of the network would ask, or that the chain
    would take.
    """
    host = external_ip or bound.host
    if local and not external_ip and host == "0.0.0.0":
        host = LOCAL_ADDRESS
    reason = refusal(host, local)
    if reason is None and host in UNPUBLISHABLE:
        reason = f"an address that the chain does not take (on one machine {LOCAL_ADDRESS} serves)"
    if reason is not None:
        flag = f"--external-ip {host}" if external_ip else f"--host {host}"
        raise SettingsError(f"{flag} is {reason}: publish one that validators can reach with --external-ip")
    return Address(str(ip_address(host)), external_port or bound.port)
