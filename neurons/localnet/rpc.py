"""JSON-RPC to the embedded chain, for what the SDK has no read."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from websockets.asyncio.client import connect

from subnet.errors import ConditionError

RPC_SECONDS = 30.0


async def rpc(endpoint: str, method: str, *params: object) -> Any:
    """One JSON-RPC answer of the embedded chain, for what the SDK has no read."""
    async with asyncio.timeout(RPC_SECONDS), connect(endpoint, max_size=1 << 28) as socket_:
        await socket_.send(json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": list(params)}))
        reply = json.loads(await socket_.recv())
    if "error" in reply:
        raise ConditionError(f"the chain refused {method}: {reply['error'].get('message')}")
    return reply["result"]
