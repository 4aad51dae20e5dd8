"""The vault: what personal fields say, sealed under a key for each person, and forgotten with that key."""
