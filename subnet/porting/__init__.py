"""What of SDK 9 and 10 stands in a code base, and what replaces each call. Reads source, never runs it."""

from subnet.porting.scan import Report, scanned
from subnet.porting.words import Finding, Replacement

__all__ = ["Finding", "Replacement", "Report", "scanned"]
