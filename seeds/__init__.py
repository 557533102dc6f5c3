"""The demonstration city: generated records, provider simulators, loader and story."""
