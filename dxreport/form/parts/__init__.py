"""Parts of a worksheet that follow its rows: ranges, formulas, names, drawings, print settings."""
