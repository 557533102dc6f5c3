"""What runs beside the calls: the outbox drain and the heartbeat."""
