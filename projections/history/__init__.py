"""The history view: bitemporal periods of certificates, and of the approval of the bodies that issue them."""
