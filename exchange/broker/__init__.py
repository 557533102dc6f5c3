"""The brokered exchange: one call, ten steps, decided on an immutable snapshot."""
