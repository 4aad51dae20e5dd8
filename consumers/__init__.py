"""Followers of the log: relay to Kafka, intake from Kafka, and the runs that feed the views."""
