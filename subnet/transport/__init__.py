"""Signed HTTP between validators and miners, on the SDK's btauth/1."""
