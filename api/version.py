"""The one place that knows the released version; looking it up takes a while, and most commands do without."""

from importlib.metadata import version

__version__ = version("certledger")
