"""The cases view: cases and leads, findings and their rectification, returns and reports, listed areas."""
