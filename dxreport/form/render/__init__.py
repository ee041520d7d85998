"""One measure → one sheet; sheets → a workbook."""
