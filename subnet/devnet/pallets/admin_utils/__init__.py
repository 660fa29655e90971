"""The AdminUtils pallet: what owners and root may set (rules 3.4). `calls` declares it all."""
