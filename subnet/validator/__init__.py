"""One round and its memory: no chain, no clock."""
