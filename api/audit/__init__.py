"""What an auditor does from outside: takes a bundle along, rebuilds timelines from it, watches a live log."""
