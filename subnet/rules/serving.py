"""Which addresses a neuron may announce, how often, and when a certificate is kept."""

SERVING_RATE_LIMIT = 50
MAX_CERTIFICATE_BYTES = 65
_LOOPBACK = {4: 0x7F000001, 6: 1}
_WIDEST = {4: 2**32 - 1, 6: 2**128 - 1}


def valid_ip_type(ip_type: int) -> bool:
    """Whether the type is 4 or 6 (otherwise InvalidIpType)."""
    return ip_type in _WIDEST


def valid_ip(ip: int, ip_type: int, *, zero_allowed: bool) -> bool:
    """Whether the address may be announced (otherwise InvalidIpAddress).

    Zero passes only where allowed; all-ones, anything wider than the type, and loopback never pass.
    """
    if not valid_ip_type(ip_type):
        return False
    if ip == 0:
        return zero_allowed
    return 0 < ip < _WIDEST[ip_type] and ip != _LOOPBACK[ip_type]


def rate_limit_passed(previous_block: int, now: int, limit: int = SERVING_RATE_LIMIT) -> bool:
    """Whether a neuron whose last announcement is in `previous_block` (0: never) may announce again."""
    return limit == 0 or previous_block == 0 or now - previous_block >= limit


def certificate(encoded: bytes) -> tuple[int, bytes] | None:
    """(algorithm, public key of 1..64 bytes), or None for a malformed certificate, which the chain ignores."""
    if not 2 <= len(encoded) <= MAX_CERTIFICATE_BYTES:
        return None
    return encoded[0], encoded[1:]
