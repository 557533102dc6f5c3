"""Consents of data subjects: given for a purpose, withdrawn at once, kept as keyed digests only."""
