"""The state of a round: who has answered, as records, as a workbook and as a page."""
