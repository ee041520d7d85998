"""Everything on a form's sheet but its rows: ranges, formulas, names, drawings, print settings."""
