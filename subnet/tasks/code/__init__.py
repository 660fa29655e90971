"""Programming tasks: a function is to be written, and hidden tests run it in a sandbox."""

from subnet.tasks.code.source import Code

__all__ = ["Code"]
