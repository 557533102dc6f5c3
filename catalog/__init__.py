"""The central catalog: departments, applications, datasets, data items and services."""
