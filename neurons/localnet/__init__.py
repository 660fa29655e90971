"""A whole subnet on one machine: embedded chain, owner, validators and miners as real processes."""
