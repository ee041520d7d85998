"""Report: the master → the figures of a quarter, and these as PDF, Excel and HTML.

states    what counts as on track, late, unreported …         achievement  目標 against 実績
figures   every figure, once (pandas)  ─▶  records  ─▶  pdf · excel · html
finals    the figures as approved, and what moved since
"""
