"""Signed requests as bytes, for whoever speaks to a server without a client."""

import json

from subnet.transport.signing import sign


def signed(wire, body, signer=None, receiver=None, **more):
    """A whole request of Vera, or another, for the miner."""
    headers = sign(signer or wire.VERA, body, receiver or wire.MINER.ss58_address, **more)
    return wire.head({**headers, "Content-Length": str(len(body))}) + body


def a_body(wire, **changes):
    """The body of a query, changed."""
    return json.dumps({**json.loads(wire.query().model_dump_json()), **changes}).encode()
