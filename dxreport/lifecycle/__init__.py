"""A workspace over its life: init, import of old forms, check, rollover, demo and sample."""
