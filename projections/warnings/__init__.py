"""The warnings view: risks with the days of their stages, and early warnings with their scope and end."""
