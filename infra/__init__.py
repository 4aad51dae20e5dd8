"""The real parts behind the ports: PostgreSQL, Kafka, settings, telemetry."""
