"""The AdminUtils pallet and its errors."""

from subnet.devnet.frame import Pallet

pallet = Pallet("AdminUtils", index=19, path="pallet_admin_utils")

error = pallet.error
SubnetDoesNotExist = error(0, "SubnetDoesNotExist", "There is no subnet with this netuid.")
MaxValidatorsLargerThanMaxUIds = error(
    1, "MaxValidatorsLargerThanMaxUIds", "There cannot be more validators than uids. Lower the number."
)
MaxAllowedUIdsLessThanCurrentUIds = error(
    2, "MaxAllowedUIdsLessThanCurrentUIds", "The subnet has more uids than that already."
)
BondsMovingAverageMaxReached = error(3, "BondsMovingAverageMaxReached", "An owner may set at most 975000.")
NegativeSigmoidSteepness = error(4, "NegativeSigmoidSteepness", "Only root may set a negative steepness.")
ValueNotInBounds = error(5, "ValueNotInBounds", "The value is out of bounds for this setting.")
MinAllowedUidsGreaterThanCurrentUids = error(
    6, "MinAllowedUidsGreaterThanCurrentUids", "The minimum must be below the number of uids now taken."
)
MinAllowedUidsGreaterThanMaxAllowedUids = error(
    7, "MinAllowedUidsGreaterThanMaxAllowedUids", "The minimum must be below max_allowed_uids."
)
MaxAllowedUidsLessThanMinAllowedUids = error(
    8, "MaxAllowedUidsLessThanMinAllowedUids", "The maximum must not be below min_allowed_uids."
)
MaxAllowedUidsGreaterThanDefaultMaxAllowedUids = error(
    9, "MaxAllowedUidsGreaterThanDefaultMaxAllowedUids", "A subnet has at most 256 uids."
)
InvalidValue = error(10, "InvalidValue", "The value makes no sense for this setting.")
NotPermittedOnRootSubnet = error(11, "NotPermittedOnRootSubnet", "This cannot be set for netuid 0.")
POWRegistrationDisabled = error(12, "POWRegistrationDisabled", "Registration by proof of work is gone.")
Deprecated = error(13, "Deprecated", "This setting is gone.")
CollateralLockShareTooHigh = error(14, "CollateralLockShareTooHigh", "The share may be at most 62258 (95%).")
CollateralDrainRatioOutOfBounds = error(
    15, "CollateralDrainRatioOutOfBounds", "The ratio must be positive and at most 10."
)
GrandpaChangeDelayMustBeZero = error(16, "GrandpaChangeDelayMustBeZero", "The delay must be zero.")
