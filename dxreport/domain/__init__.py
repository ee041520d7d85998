"""The model of a measure, the field catalogue, values, problems and the merge: no I/O."""
