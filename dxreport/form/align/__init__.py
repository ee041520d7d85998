"""Read a sheet whose keys are gone, by the labels that the form prints."""
