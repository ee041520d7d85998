"""Read a sheet whose keys are gone, by the labels that the form prints.

1. ``labels`` lists what the form prints in each of its cells.
2. ``columns`` matches the columns of the sheet, in order, with the columns of the form that print the same labels.
3. ``rows`` scores every pair of a sheet row and a form row; ``alignment`` finds the order-preserving assignment with
   the highest total by dynamic programming, and the rows that could just as well be others.
4. ``sheet`` puts the keys back, so that the sheet is read like any other, and refuses ambiguous sheets.
5. ``items`` matches the items found with those that were issued.
"""
