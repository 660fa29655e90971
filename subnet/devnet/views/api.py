"""The runtime APIs that clients call by name; their methods are declared in the modules beside this one."""

from subnet.devnet.frame import RuntimeApi

DelegateInfo = RuntimeApi("DelegateInfoRuntimeApi")
NeuronInfo = RuntimeApi("NeuronInfoRuntimeApi")
StakeInfo = RuntimeApi("StakeInfoRuntimeApi")
SubnetInfo = RuntimeApi("SubnetInfoRuntimeApi")
SubnetRegistration = RuntimeApi("SubnetRegistrationRuntimeApi")
Swap = RuntimeApi("SwapRuntimeApi")
BetaBasket = RuntimeApi("BetaBasketRuntimeApi")
