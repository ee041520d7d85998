"""The model in the field's terms, the field catalogue, values, problems and the merge: no I/O."""
