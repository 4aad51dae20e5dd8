"""The register view: what is known now about every certificate, with what bears on it from other streams."""
