"""Import of the monthly reports: files of rows become submissions, and every row is accounted for.

A row is recorded, recognised as recorded before, refused by a named rule, or faulty at a named file, line and column.
Nothing is imported here, so that the reading process loads no more than it needs.
"""
