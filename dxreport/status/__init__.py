"""Where a round stands, as records, workbook and page."""
