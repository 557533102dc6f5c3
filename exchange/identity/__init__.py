"""Who calls: clients and their keys, tokens, the token endpoint, and the secrets kept at rest."""
