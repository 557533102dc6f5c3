"""Guards: deny-only rules of the platform, put in force and taken out of it by two operators."""
