"""How good a dataset is, in three separate numbers: its metadata, its live replies, its service."""
