"""The processes of a subnet: the only place that builds objects and imports every layer."""
