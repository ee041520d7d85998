"""Render measures: one sheet each, and the workbook around the sheets."""
