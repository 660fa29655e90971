"""Answers from a model in this process: any transformers checkpoint, from a folder or from the hub.

Sampling adds Gumbel noise, drawn from the query's own seed, to the logits and takes the largest: so a reply
depends on its own query alone, and not on which others shared the batch. For a large model under heavy traffic
an OpenAI-compatible engine is the right backend; this one needs nothing but the model.

Importing this package runs no tensor operation and starts no thread, so a process may import it once and fork.
"""

from subnet.miner.local.loading import Limits
from subnet.miner.local.model import LocalModel

__all__ = ["Limits", "LocalModel"]
