"""A hotkey in a process of its own: what it signs, what it refuses, and how others ask it."""
