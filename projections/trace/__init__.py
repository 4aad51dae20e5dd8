"""The trace view: what connects certificates, products, people, samples and findings, on both time axes."""
