"""How connections read: through one buffer for the whole process.

asyncio makes a quarter of a megabyte for each read and shrinks it to what came, which costs more than parsing
a request. A buffer that is shared is safe here, because what was read is copied out before anything else runs.
"""

from __future__ import annotations

import asyncio

READ_BYTES = 64 * 1024
_BUFFER = memoryview(bytearray(READ_BYTES))


class Reading(asyncio.BufferedProtocol):
    """A protocol that gets its bytes by `data_received`, as an `asyncio.Protocol` does."""

    def get_buffer(self, sizehint: int) -> memoryview:
        """Where the next bytes go."""
        return _BUFFER

    def buffer_updated(self, nbytes: int) -> None:
        """Hands on the bytes that came."""
        self.data_received(bytes(_BUFFER[:nbytes]))

    def data_received(self, data: bytes) -> None:
        """Takes what was read."""
        raise NotImplementedError
