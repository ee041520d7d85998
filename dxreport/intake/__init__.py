"""3: from whatever people send to sheets of cells.

``gather`` walks files, folders, archives and saved mails; ``open_book`` reads one file's cells in
any spreadsheet format; ``exact`` looks again at single cells where values alone do not tell.
"""
