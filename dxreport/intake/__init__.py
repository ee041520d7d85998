"""3: from whatever people send to sheets of cells.

``gather`` walks files, folders, archives and saved mails; ``open_workbook`` reads all cells of one file, in any
spreadsheet format, as their authors saw them.
"""
