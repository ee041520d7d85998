"""Collect: returned files → what the master takes from them.

    judged   a file → its sheets, identified, read and judged by the rules
    plan     what would be done, as records;  planned  judged sheets → that plan, one file after another
    applied  the plan → master, kept originals, corrected copies
"""
