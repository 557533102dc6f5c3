"""Agreements, decisions, obligations and quotas: who may call what, and what happens to a reply."""
