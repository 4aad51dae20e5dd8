"""The search view: certificates by any part of their number, names, scope or product, Chinese or Latin."""
