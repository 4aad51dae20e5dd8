"""Traceability: which facts connect certificates, products, people and findings, and walks along what they connect."""
