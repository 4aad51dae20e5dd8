"""Evidence: everything needed to check the ledger offline, with the standard library and ``cryptography`` alone."""
