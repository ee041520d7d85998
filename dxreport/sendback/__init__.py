"""The department's own workbook, sent back with the cells in question marked."""
