"""The notices view: every notice and request with what became of it, for its recipient's inbox."""
