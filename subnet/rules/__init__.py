"""The chain's arithmetic as a library: integers in, integers out, no I/O, no clock, no state.

One module per subject; import the module and call `schedule.due(...)`, `price.decayed(...)` and so on.
Amounts are rao (1 TAO or alpha = 1e9 rao), times are block numbers unless a name says otherwise.
"""
