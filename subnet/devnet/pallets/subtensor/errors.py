"""Errors of the SubtensorModule pallet, by theme; clients show the text to users, so it says what to do.

Indices are positions in the error enum of the real chain (some clients resolve an error by position, so the
enum has no gaps: what this chain never raises is declared in errors_reserved).
"""

from subnet.devnet.pallets.subtensor.pallet import pallet

error = pallet.error

# Registration and membership
RootNetworkDoesNotExist = error(
    0,
    "RootNetworkDoesNotExist",
    "The root network (netuid 0) does not exist on this chain; check which genesis it was started with.",
)
HotKeyNotRegisteredInSubNet = error(
    4,
    "HotKeyNotRegisteredInSubNet",
    "This hotkey has no uid on the subnet. Register it, and check the netuid.",
)
HotKeyAccountNotExists = error(
    5,
    "HotKeyAccountNotExists",
    "No coldkey owns this hotkey yet. Register it on a subnet or associate it first.",
)
HotKeyNotRegisteredInNetwork = error(
    6,
    "HotKeyNotRegisteredInNetwork",
    "This hotkey is not registered where the call needs it. Register it first.",
)
NonAssociatedColdKey = error(
    7, "NonAssociatedColdKey", "The hotkey belongs to another coldkey. Sign with the coldkey that owns it."
)
TooManyRegistrationsThisBlock = error(
    20,
    "TooManyRegistrationsThisBlock",
    "This block took all the registrations it may. Try again in the next block.",
)
HotKeyAlreadyRegisteredInSubNet = error(
    21,
    "HotKeyAlreadyRegisteredInSubNet",
    "The hotkey already has a uid on this subnet; nothing is left to do.",
)
SubNetRegistrationDisabled = error(
    37,
    "SubNetRegistrationDisabled",
    "Registration is switched off here. The subnet owner or root must allow it.",
)
TooManyRegistrationsThisInterval = error(
    38,
    "TooManyRegistrationsThisInterval",
    "The registrations of this interval are used up. Wait for the next one.",
)
RegistrationNotPermittedOnRootSubnet = error(
    42, "RegistrationNotPermittedOnRootSubnet", "Netuid 0 takes no burned registration. Use root_register."
)
StakeTooLowForRoot = error(
    43,
    "StakeTooLowForRoot",
    "Root is full and this hotkey has less root stake than its lowest member. Stake more on root.",
)
NoNeuronIdAvailable = error(
    48,
    "NoNeuronIdAvailable",
    "The subnet is full and nobody can be replaced now. Wait until an immunity period ends.",
)
RegistrationPriceLimitExceeded = error(
    136,
    "RegistrationPriceLimitExceeded",
    "The price rose above the given limit. Raise the limit or wait for it to fall.",
)
CannotUseSystemAccount = error(
    141, "CannotUseSystemAccount", "This key is an account of the chain itself. Use a key of a wallet."
)

# Subnets: creation, start, identity
NetworkTxRateLimitExceeded = error(
    33,
    "NetworkTxRateLimitExceeded",
    "A subnet was created a short while ago. Wait for NetworkRateLimit blocks.",
)
NotSubnetOwner = error(41, "NotSubnetOwner", "Only the coldkey that owns the subnet may do this.")
AllNetworksInImmunity = error(
    44, "AllNetworksInImmunity", "A subnet would have to go for a new one, but all are immune. Wait."
)
InvalidIdentity = error(73, "InvalidIdentity", "A field of the identity is too long. Shorten it.")
MechanismDoesNotExist = error(
    74, "MechanismDoesNotExist", "The subnet has no mechanism with this number. Check netuid and mechanism."
)
SubnetNotExists = error(76, "SubnetNotExists", "There is no subnet with this netuid.")
FirstEmissionBlockNumberAlreadySet = error(
    88, "FirstEmissionBlockNumberAlreadySet", "The subnet has been started before; start_call works once."
)
NeedWaitingMoreBlocksToStarCall = error(
    89,
    "NeedWaitingMoreBlocksToStarCall",
    "It is too early to start this subnet. Wait for StartCallDelay blocks.",
)
SymbolDoesNotExist = error(109, "SymbolDoesNotExist", "This token symbol is not among the allowed ones.")
SymbolAlreadyInUse = error(110, "SymbolAlreadyInUse", "Another subnet has this token symbol. Choose another.")
SubnetLimitReached = error(
    116, "SubnetLimitReached", "The chain holds as many subnets as it may, and none can be replaced yet."
)
CannotAffordLockCost = error(
    117,
    "CannotAffordLockCost",
    "The balance does not cover the price of a new subnet. Read the price, add funds.",
)
StartCallNotReady = error(151, "StartCallNotReady", "The subnet cannot be started yet. Wait some blocks.")

# Serving
InvalidIpType = error(1, "InvalidIpType", "ip_type must be 4 or 6.")
InvalidIpAddress = error(
    2,
    "InvalidIpAddress",
    "This address cannot be published: it is zero, a broadcast address, or 127.0.0.1 / ::1.",
)
InvalidPort = error(3, "InvalidPort", "Port 0 cannot be served.")
ServingRateLimitExceeded = error(
    31,
    "ServingRateLimitExceeded",
    "The address was published a short while ago. Wait for ServingRateLimit blocks.",
)

# Weights
NotEnoughStakeToSetWeights = error(
    10,
    "NotEnoughStakeToSetWeights",
    "The stake weight of this hotkey is below StakeThreshold. Stake more on it.",
)
NeuronNoValidatorPermit = error(
    15,
    "NeuronNoValidatorPermit",
    "No validator permit. Stake, wait for the next epoch, and check max_validators.",
)
WeightVecNotEqualSize = error(16, "WeightVecNotEqualSize", "uids and weights must be of equal length.")
DuplicateUids = error(17, "DuplicateUids", "A uid occurs twice in the weights.")
UidVecContainInvalidOne = error(
    18,
    "UidVecContainInvalidOne",
    "A uid in the weights does not exist on this subnet. Read the metagraph again.",
)
WeightVecLengthIsLow = error(
    19, "WeightVecLengthIsLow", "Fewer weights than min_allowed_weights. Weight more uids."
)
MaxWeightExceeded = error(
    27, "MaxWeightExceeded", "One weight has a larger share than max_weights_limit allows."
)
SettingWeightsTooFast = error(
    29, "SettingWeightsTooFast", "Weights were set a short while ago. Wait for WeightsSetRateLimit blocks."
)
IncorrectWeightVersionKey = error(
    30, "IncorrectWeightVersionKey", "The version key is older than the subnet demands. Update the validator."
)
UidsLengthExceedUidsInSubNet = error(
    32, "UidsLengthExceedUidsInSubNet", "More weights than the subnet has uids. Read the metagraph again."
)
CanNotSetRootNetworkWeights = error(47, "CanNotSetRootNetworkWeights", "Root (netuid 0) takes no weights.")
NoWeightsCommitFound = error(
    51, "NoWeightsCommitFound", "No live commit of this hotkey matches. Commit again."
)
InvalidRevealCommitHashNotMatch = error(
    52,
    "InvalidRevealCommitHashNotMatch",
    "What was revealed does not hash to what was committed (uids, values, salt, version).",
)
CommitRevealEnabled = error(
    53, "CommitRevealEnabled", "This subnet takes weights only as commits. Use commit_timelocked_weights."
)
CommitRevealDisabled = error(
    54, "CommitRevealDisabled", "This subnet takes plain weights only. Use set_weights."
)
TooManyUnrevealedCommits = error(
    77, "TooManyUnrevealedCommits", "Too many commits wait for their reveal. Reveal or let them expire."
)
ExpiredWeightCommit = error(
    78, "ExpiredWeightCommit", "The reveal comes too late: the epoch of this commit is over. Commit again."
)
RevealTooEarly = error(
    79, "RevealTooEarly", "The reveal comes too early: wait for the reveal period of the subnet."
)
InputLengthsUnequal = error(80, "InputLengthsUnequal", "The lists of a batch must be of equal length.")
CommittingWeightsTooFast = error(
    81,
    "CommittingWeightsTooFast",
    "A commit was made a short while ago. Wait for WeightsSetRateLimit blocks.",
)
IncorrectCommitRevealVersion = error(
    111, "IncorrectCommitRevealVersion", "The chain expects another commit-reveal version. Update the client."
)
InvalidRevealRound = error(
    112, "InvalidRevealRound", "The reveal round has already passed. Choose a later drand round."
)

# Staking, take, children
NotEnoughStake = error(8, "NotEnoughStake", "The stake does not suffice for this.")
NotEnoughStakeToWithdraw = error(
    9, "NotEnoughStakeToWithdraw", "There is less stake here than is to be taken out."
)
NotEnoughStakeToSetChildkeys = error(
    11, "NotEnoughStakeToSetChildkeys", "The hotkey has too little own stake to name children."
)
NotEnoughBalanceToStake = error(
    12, "NotEnoughBalanceToStake", "The free balance does not cover the amount. Add funds or lower it."
)
BalanceWithdrawalError = error(
    13,
    "BalanceWithdrawalError",
    "The amount could not be taken from the balance. Leave the existential deposit in it.",
)
ZeroBalanceAfterWithdrawn = error(
    14, "ZeroBalanceAfterWithdrawn", "The account would cease to exist. Leave the existential deposit in it."
)
DelegateTxRateLimitExceeded = error(
    34, "DelegateTxRateLimitExceeded", "The take was raised a short while ago. Wait."
)
HotKeySetTxRateLimitExceeded = error(
    35, "HotKeySetTxRateLimitExceeded", "This coldkey swapped a hotkey a short while ago. Wait."
)
DelegateTakeTooLow = error(
    49, "DelegateTakeTooLow", "The take is below the minimum, or not lower than the present one."
)
DelegateTakeTooHigh = error(
    50, "DelegateTakeTooHigh", "The take is above the maximum, or not higher than the present one."
)
InvalidChild = error(60, "InvalidChild", "This hotkey cannot be a child here.")
DuplicateChild = error(61, "DuplicateChild", "A child is named twice.")
ProportionOverflow = error(62, "ProportionOverflow", "The proportions of the children sum to more than one.")
TooManyChildren = error(63, "TooManyChildren", "At most five children are possible.")
InvalidChildkeyTake = error(71, "InvalidChildkeyTake", "The child key take is out of bounds.")
TxChildkeyTakeRateLimitExceeded = error(
    72, "TxChildkeyTakeRateLimitExceeded", "The child key take was changed a short while ago. Wait."
)
StakeUnavailable = error(75, "StakeUnavailable", "This stake is locked.")
AmountTooLow = error(82, "AmountTooLow", "The amount is below the minimum stake. Move more at once.")
InsufficientLiquidity = error(
    83, "InsufficientLiquidity", "The pool of this subnet is too small for the amount. Trade less."
)
SlippageTooHigh = error(
    84,
    "SlippageTooHigh",
    "The price would move beyond the limit. Trade less, allow part, or raise the limit.",
)
TransferDisallowed = error(
    85, "TransferDisallowed", "The owner of this subnet has switched stake transfers off."
)
NotEnoughAlphaOutToRecycle = error(
    90, "NotEnoughAlphaOutToRecycle", "Less alpha is outside the pool than is to be recycled."
)
CannotBurnOrRecycleOnRootSubnet = error(
    91, "CannotBurnOrRecycleOnRootSubnet", "Root stake can be neither burned nor recycled."
)
SubtokenDisabled = error(
    94, "SubtokenDisabled", "The subnet has not been started: its owner must call start_call first."
)
SameNetuid = error(97, "SameNetuid", "Origin and destination are the same.")
InsufficientTaoBalance = error(98, "InsufficientTaoBalance", "The TAO balance does not cover this.")
SameAutoStakeHotkeyAlreadySet = error(
    120, "SameAutoStakeHotkeyAlreadySet", "This hotkey already is the destination of automatic stake."
)
ChildParentInconsistency = error(
    123, "ChildParentInconsistency", "A hotkey cannot be parent and child of the same key."
)
InvalidRootClaimThreshold = error(124, "InvalidRootClaimThreshold", "The claim threshold is out of bounds.")
InsufficientAlphaBalance = error(152, "InsufficientAlphaBalance", "The alpha stake does not cover this.")

# Owner and root settings
LiquidAlphaDisabled = error(55, "LiquidAlphaDisabled", "Switch liquid alpha on before setting its bounds.")
AlphaHighTooLow = error(56, "AlphaHighTooLow", "alpha_high must be at least 1638 (0.025).")
AlphaLowOutOfRange = error(
    57, "AlphaLowOutOfRange", "alpha_low must be at least 1638 (0.025) and not above alpha_high."
)
TxRateLimitExceeded = error(
    64, "TxRateLimitExceeded", "This was changed a short while ago. Wait for the rate limit."
)
ActivityCutoffTooLow = error(86, "ActivityCutoffTooLow", "The activity cutoff is below the minimum.")
AdminActionProhibitedDuringWeightsWindow = error(
    108, "AdminActionProhibitedDuringWeightsWindow", "An epoch is about to run. Repeat the change after it."
)
RevealPeriodTooLarge = error(113, "RevealPeriodTooLarge", "The reveal period may be at most 100 epochs.")
RevealPeriodTooSmall = error(114, "RevealPeriodTooSmall", "The reveal period must be at least 1 epoch.")
InvalidValue = error(115, "InvalidValue", "The value is out of bounds.")
TrimmingWouldExceedMaxImmunePercentage = error(
    122,
    "TrimmingWouldExceedMaxImmunePercentage",
    "Trimming would leave too many immune uids. Keep more uids.",
)
TooManyUIDsPerMechanism = error(
    125, "TooManyUIDsPerMechanism", "Uids times mechanisms may be at most 256. Lower one of the two."
)
TempoOutOfBounds = error(144, "TempoOutOfBounds", "An owner may set a tempo of 360 to 50400 blocks.")
ActivityCutoffFactorMilliOutOfBounds = error(
    145, "ActivityCutoffFactorMilliOutOfBounds", "The factor must be 1000 to 50000 thousandths of a tempo."
)
EpochTriggerAlreadyPending = error(
    146, "EpochTriggerAlreadyPending", "An epoch has been triggered already. Wait until it has run."
)
AutoEpochAlreadyImminent = error(
    147, "AutoEpochAlreadyImminent", "The next epoch is so near that a trigger changes nothing."
)
DynamicTempoBlockedByCommitReveal = error(
    148, "DynamicTempoBlockedByCommitReveal", "Epochs cannot be triggered while commit-reveal is on."
)

# Hotkey swaps
NewHotKeyIsSameWithOld = error(22, "NewHotKeyIsSameWithOld", "Old and new hotkey are the same.")
NewHotKeyNotCleanForRootSwap = error(
    23,
    "NewHotKeyNotCleanForRootSwap",
    "The new hotkey has root stake or root dividends already. Take another.",
)
NotEnoughBalanceToPaySwapHotKey = error(
    45, "NotEnoughBalanceToPaySwapHotKey", "The balance does not cover the price of a hotkey swap."
)
HotKeySwapOnSubnetIntervalNotPassed = error(
    95, "HotKeySwapOnSubnetIntervalNotPassed", "This coldkey swapped a hotkey here a short while ago. Wait."
)
