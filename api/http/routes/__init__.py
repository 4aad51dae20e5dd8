"""One module for each group of operations; each gives a router that :mod:`api.http.app` puts together."""
