"""One client's connection as methods see it: the node, and the subscriptions that end with the connection."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import Any

from subnet.devnet.node import Node
from subnet.devnet.producer import Producer
from subnet.devnet.rpc.values import RpcError

_MOST_SUBSCRIPTIONS = 1024  # of one connection
_LIMIT_EXCEEDED = -32006  # the SDK takes -32004 and -32005 for a policy of a provider
_ids = count(1)

Send = Callable[[dict[str, Any]], None]


class Session:
    """A connection; `send` queues a message for the client and never waits."""

    def __init__(self, node: Node, producer: Producer, send: Send) -> None:
        self.node, self.producer = node, producer
        self._send = send
        self._endings: dict[str, Callable[[], None]] = {}

    def subscribe(self, method: str) -> Subscription:
        """A new subscription whose updates carry `method`; raises RpcError when there are too many."""
        if len(self._endings) >= _MOST_SUBSCRIPTIONS:
            raise RpcError(_LIMIT_EXCEEDED, f"a connection holds at most {_MOST_SUBSCRIPTIONS} subscriptions")
        name = f"0x{next(_ids):016x}"
        self._endings[name] = _nothing
        return Subscription(self, name, method)

    def unsubscribe(self, name: Any) -> bool:
        """Ends a subscription; False when there is none of this id."""
        ending = self._endings.pop(name, None) if isinstance(name, str) else None
        if ending is None:
            return False
        ending()
        return True

    def on_end(self, name: str, ending: Callable[[], None]) -> None:
        """What to do when the subscription is over."""
        self._endings[name] = ending

    def update(self, subscription: Subscription, result: Any) -> None:
        """Queues an update unless the subscription is over."""
        if subscription.name in self._endings:
            params = {"subscription": subscription.name, "result": result}
            self._send({"jsonrpc": "2.0", "method": subscription.method, "params": params})

    def close(self) -> None:
        """Ends all subscriptions."""
        for name in list(self._endings):
            self.unsubscribe(name)


class Subscription:
    """Where updates of one subscription go; calling it sends one."""

    def __init__(self, session: Session, name: str, method: str) -> None:
        self.session, self.name, self.method = session, name, method

    def __call__(self, result: Any) -> None:
        self.session.update(self, result)


def _nothing() -> None:
    """A subscription without anything to clear away."""
