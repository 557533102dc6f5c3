"""Statutory clocks: terms as data, deadlines that run, pause, are extended, met, and told when they are not."""
