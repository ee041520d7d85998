"""Report: the master → the figures of a quarter, as PDF, Excel and HTML.

states    the category of an activity (on track, late …)    achievement  目標 against 実績
declared  the declared fields: words, sums, texts      earlier      the quarters of earlier years
figures   every figure, once  ─▶  records (of activities, outcomes, fields)  ─▶  pdf · excel · html
finals    the figures as approved, and the changes since
"""
