"""dxreport: send forms to departments, collect the answers in one master, report on them.

The packages in the order of the flow (CONTRIBUTING.md has the map, ARCHITECTURE.md the walk):

dxreport.domain      measures, the field catalogue, values, problems, the three-way merge
dxreport.ooxml       an .xlsx package as parts, cells, tables
dxreport.workspace   paths and safe writes
dxreport.master      the master workbook ↔ the model; the ledgers
dxreport.form        the form template, rendered and read back
dxreport.issue       one workbook per department; the workbook for publication
dxreport.intake      any returned file → sheets of cells
dxreport.rules       a filled sheet → problems
dxreport.collect     returns → changes of the master
dxreport.sendback    the department's own workbook, marked
dxreport.status      who has answered, who is late
dxreport.mail        drafts of requests, returns and reminders
dxreport.report      the master → figures → PDF, Excel, HTML
dxreport.lifecycle   a workspace over the years: init, check, rollover, demo
dxreport.cli         the command line
"""

__version__ = "0.1.0"
