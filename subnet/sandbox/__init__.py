"""A sandbox for Python that strangers wrote: `box.Sandbox` runs it, `canary.check` proves that it holds.

The modules `inside`, `walls` and `filter` run in the child before the stranger's code does, on the bare standard
library; they import little, because every run pays for it.
"""
