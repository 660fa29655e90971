"""Runtime APIs: what clients ask the chain about instead of reading its storage piece by piece."""

from subnet.devnet.views import (  # noqa: F401 - importing declares their methods
    api,
    basket,
    delegates,
    hyperparameters,
    metagraph,
    neurons,
    stake,
    subnets,
    swap,
)

APIS = (
    api.DelegateInfo,
    api.NeuronInfo,
    api.StakeInfo,
    api.SubnetInfo,
    api.SubnetRegistration,
    api.Swap,
    api.BetaBasket,
)
