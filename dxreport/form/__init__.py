"""The lens: a form drawn in Excel, compiled once, gives both directions.

source       the template workbook as it was drawn
expressions  what stands in ``{{ … }}``;  blocks  what stands in the control column
compile      both together: a Form, or every fault of the template
edition      a form as it is sent in one round: which cells are inputs
render       one measure → the XML of one sheet;  book  sheets → a workbook
read         a returned sheet → the texts of a measure, by their keys
align        the same by the labels that are printed, where the keys are gone
"""
