"""A returned sheet → the texts of a measure, by its keys."""
