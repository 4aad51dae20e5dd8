"""The trail view: every event about any subject, in order of position."""
