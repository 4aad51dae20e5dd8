"""The enforcement ledgers (台账): where every enterprise is, and every inspection and case by its place."""
