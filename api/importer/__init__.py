"""Import of the monthly reports: files of rows become submissions, and every row is accounted for.

A row is recorded, recognised as recorded before, refused by a named rule, or faulty at a named file, line and column.
"""

from api.importer.files import UnusableDirectory
from api.importer.findings import Finding
from api.importer.report import ImportReport
from api.importer.run import import_directory

__all__ = ["Finding", "ImportReport", "UnusableDirectory", "import_directory"]
