"""Emergencies (break-glass): declared in writing, told at once, reviewed afterwards."""
