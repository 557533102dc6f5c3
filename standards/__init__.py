"""Data elements, code lists, standards and interface specifications: what records and services look like."""
