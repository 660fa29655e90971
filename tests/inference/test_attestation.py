"""A machine's statement counts when it answers our nonce, for this hotkey, with an allowed digest, in time."""

import math
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from subnet.inference.attestation import (
    MAX_QUOTE_BYTES,
    Policy,
    QuoteRefused,
    SoftwareRoot,
    Statement,
    attested,
    software_quoter,
)

KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))
ROOT = SoftwareRoot(KEY.public_key())
SAID = Statement(nonce="ab" * 32, digest="cd" * 32, hotkey="5Miner", issued=1000.0)
ASKED = Statement(nonce="ab" * 32, digest="", hotkey="5Miner", issued=1010.0)
POLICY = Policy(frozenset({"cd" * 32}), seconds=60.0)


def test_a_fresh_quote_with_an_allowed_digest_is_accepted():
    assert attested(ROOT, software_quoter(KEY)(SAID), ASKED, POLICY) == SAID


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"nonce": "00" * 32}, "nonce"),
        ({"digest": "00" * 32}, "digest"),
        ({"hotkey": "5Other"}, "hotkey"),
        ({"issued": 900.0}, "expired"),
        ({"issued": 1100.0}, "future"),
        ({"issued": math.nan}, "expired"),
    ],
)
def test_a_quote_that_says_something_else_is_refused(change, why):
    with pytest.raises(QuoteRefused, match=why):
        attested(ROOT, software_quoter(KEY)(replace(SAID, **change)), ASKED, POLICY)


def test_a_quote_signed_by_anyone_else_is_refused():
    stranger = software_quoter(Ed25519PrivateKey.from_private_bytes(bytes([1]) * 32))
    with pytest.raises(QuoteRefused, match="signature"):
        attested(ROOT, stranger(SAID), ASKED, POLICY)


@pytest.mark.parametrize("said", [b"", b"[]", b"{}", b'{"nonce": 1}', b"\xff", b"[" * 20_000])
def test_bytes_that_are_no_statement_are_refused_even_when_signed(said):
    with pytest.raises(QuoteRefused):
        attested(ROOT, KEY.sign(said) + said, ASKED, POLICY)


def test_a_signed_statement_of_the_wrong_types_is_refused():
    with pytest.raises(QuoteRefused, match="no statement"):
        attested(ROOT, software_quoter(KEY)(replace(SAID, issued="soon")), ASKED, POLICY)


def test_a_huge_quote_is_refused_before_it_is_read():
    with pytest.raises(QuoteRefused, match="large"):
        attested(ROOT, bytes(MAX_QUOTE_BYTES + 1), ASKED, POLICY)
