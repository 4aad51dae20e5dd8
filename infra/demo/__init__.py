"""Demonstration data: monthly reports of invented bodies, and a scripted year of supervision."""
