"""The inspections view: plans, patrols, records, samples, who takes part, and double-random draws."""
