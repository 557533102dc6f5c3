"""The log that nobody can rewrite: pure formats, one writer, readers, receipts, an independent verifier."""
