"""Harvest: datasets of other catalogs, taken over as drafts of a department, again and again."""
