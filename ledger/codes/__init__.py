"""Codes and numbers as dated data: every list says from when to when a code holds and where it comes from.

Nothing here decides a case; these modules say what a code means on a day, and what is wrong with a number.
"""
