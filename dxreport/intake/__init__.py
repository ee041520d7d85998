"""Intake: turn whatever people send into sheets of cells.

``gather`` walks folders, archives and saved mails; ``open_workbook`` reads all cells of one file, in any spreadsheet
format, as their authors saw them.
"""
