"""The lens: a form drawn in Excel, compiled once, works in both directions.

compile      a template workbook → a Form, or all faults of the template
expressions  the texts in ``{{ … }}``;  blocks  the tags in the control column
parts        everything on the form's sheet except its rows
render       a measure → a sheet; sheets → a workbook
read         a returned sheet → the texts of a measure, by their keys
align        the same by the printed labels, if the keys are gone
"""
