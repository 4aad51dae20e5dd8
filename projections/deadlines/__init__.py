"""The deadlines view: everything due, by whom and until when, and what only ages."""
