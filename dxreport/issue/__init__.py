"""Issue the forms of a round to departments, keep what was issued, and publish the whole plan."""
