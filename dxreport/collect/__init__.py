"""Collect: returned files → what the master takes from them.

judge    a file → its sheets, identified, read and judged by the rules;  judged  these, as records
halves   a sheet → those that waited for it;  kept  the originals of returns, judged again
planned  judged sheets → a plan, one file after another;  plan  that, as records;  books  受付簿 and 競合 in it
applied  the plan → master, kept originals, corrected copies
"""
