"""Policies: what follows from a recorded event by rule. A policy submits, like everybody else; it never writes."""
