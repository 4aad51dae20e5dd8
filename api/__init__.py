"""Every way in: HTTP, command line and files."""
