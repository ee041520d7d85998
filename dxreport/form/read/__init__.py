"""Read a returned sheet: the texts of its measures, the items that were added, and what was moved."""
