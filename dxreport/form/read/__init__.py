"""Read a returned sheet: the texts of a measure, the items that were added, what was moved."""
