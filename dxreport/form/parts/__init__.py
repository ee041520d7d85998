"""Everything on a form's sheet except its rows: ranges, formulas, names, drawings, print settings."""
