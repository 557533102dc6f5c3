"""Everything of Hutong that runs: HTTP, broker, connectors, identity, ledger, command and SDK."""
