"""Tools for .xlsx packages: parts, relationships, cell references, texts."""
