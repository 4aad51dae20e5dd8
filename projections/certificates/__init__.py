"""The fold that views share: each stream's timeline as known so far, and the state of a certificate in bytes."""
