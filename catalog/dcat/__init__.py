"""DCAT-AP 3.0.1: the catalog as linked data, written as JSON-LD and Turtle, and read again."""
