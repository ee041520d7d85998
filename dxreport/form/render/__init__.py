"""Render measures as sheets, one each or as a list, and the workbook around the sheets."""
