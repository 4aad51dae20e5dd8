"""The core: what may be said about a certificate, by whom, and what follows. It knows no database, broker or web."""
