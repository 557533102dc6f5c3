"""ODRL 2.2 (W3C Recommendations of 2018: Information Model, Vocabulary & Expression): read, evaluated, written."""
