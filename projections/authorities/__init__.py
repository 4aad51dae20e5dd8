"""The authorities view: every authority along its days, with units, lists and who answers for what."""
