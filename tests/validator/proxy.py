"""A websocket between a client and a chain that does what networks and nodes do at their worst."""

import asyncio
import json
from contextlib import asynccontextmanager

from websockets.asyncio.client import connect
from websockets.asyncio.server import serve
from websockets.exceptions import ConnectionClosed


class Proxy:
    """Passes frames on; what becomes of submitted extrinsics and of everything else is the test's choice.

    `submit` is pass, drop, or hold; `mute` answers nothing, `frozen` hides new blocks, `down` hangs up.
    """

    def __init__(self, target):
        self.target = target
        self.submit = "pass"
        self.mute = self.frozen = self.down = False
        self.held, self.submitted = [], 0
        self.connections, self.endpoint = set(), ""

    @classmethod
    @asynccontextmanager
    async def before(cls, target):
        proxy = cls(target)
        server = await serve(
            proxy.relay, "127.0.0.1", 0, max_size=2**26, compression=None, ping_interval=None
        )
        proxy.endpoint = f"ws://127.0.0.1:{next(iter(server.sockets)).getsockname()[1]}"
        try:
            yield proxy
        finally:
            server.close(close_connections=False)
            proxy.hang_up()
            await server.wait_closed()

    def hang_up(self):
        """Drops every connection without a goodbye."""
        for connection in list(self.connections):
            connection.transport.abort()

    async def release(self):
        """Sends what was held to the chain, newest first, over a connection that nobody reads."""
        held, self.held = self.held[::-1], []
        async with connect(self.target, compression=None) as upstream:
            for frame in held:
                await upstream.send(frame)
                await upstream.recv()

    async def relay(self, client):
        if self.down:
            client.transport.abort()
            return
        self.connections.add(client)
        try:
            async with connect(self.target, max_size=2**26, compression=None, ping_interval=None) as upstream:
                back = asyncio.create_task(self.answers(upstream, client))
                try:
                    async for frame in client:
                        if self.passes(frame):
                            await upstream.send(frame)
                finally:
                    back.cancel()
        except (ConnectionClosed, OSError):
            pass
        finally:
            self.connections.discard(client)

    def passes(self, frame):
        if "author_submit" in str(frame):
            self.submitted += 1
            if self.submit == "hold":
                self.held.append(frame)
            return self.submit == "pass"
        return True

    async def answers(self, upstream, client):
        try:
            async for frame in upstream:
                new_block = (
                    json.loads(frame).get("method") == "chain_newHead" if '"method"' in frame[:200] else False
                )
                if not self.mute and not (self.frozen and new_block):
                    await client.send(frame)
        except (ConnectionClosed, OSError):
            pass
        client.transport.abort()
