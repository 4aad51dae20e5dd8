"""The keys view: every signing key with its life, and the links of the issuers' chains."""
