"""Personal data and the ledger: what must never become public, since nothing that is recorded can be taken back."""
