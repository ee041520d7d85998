"""The life of a workspace: init, import of forms, check, rollover, demo and sample."""
