"""The state of a round, as records, as a workbook and as a page: who has answered, and what to do today."""
