"""Collect: returned files → what the master takes from them.

    judged   a file → its sheets, identified, read and judged by the rules
    planned  judged sheets → changes, conflicts, receipts, one file after another
    applied  the plan → master, kept originals, corrected copies
"""
