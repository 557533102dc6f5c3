"""The city's standards (JSON Schema 2020-12) and interface specifications (OpenAPI 3.1)."""
