"""Advice from facts: data in, findings out; nothing here asks the chain or the machine."""
