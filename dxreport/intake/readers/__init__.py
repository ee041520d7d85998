"""Readers of cells, one a format."""
