"""Issue the forms of a round to departments, keep what was issued, publish the set."""
