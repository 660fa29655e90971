"""The pallets of the embedded chain; each declares its storage, calls, events, errors and constants."""
