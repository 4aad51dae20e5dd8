"""Every way in: HTTP, command line and files."""

from importlib.metadata import version

__version__ = version("certledger")
