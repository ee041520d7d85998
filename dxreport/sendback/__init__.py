"""Send a department's own workbook back with the cells in question marked."""
