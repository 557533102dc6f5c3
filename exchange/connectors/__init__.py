"""How the exchange reaches a department's source: one small protocol, one file per kind of source."""
