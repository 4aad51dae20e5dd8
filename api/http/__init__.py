"""The ledger over HTTP: submissions in, answers out, every error an RFC 9457 problem in Chinese and English."""
