"""dxreport: forms out to the departments, answers back, one master, one report.

master    the workbook that holds every measure            dxreport.master
render    one workbook a department, a sheet a measure     dxreport.form, dxreport.issuing
read      any returned file into a filled sheet            dxreport.returns
rules     what is wrong with it, cell by cell              dxreport.rules
merge     issued, returned, current: three ways, by cell   dxreport.merge
report    status, history, what the council reads          dxreport.status, dxreport.report
"""

__version__ = "0.1.0"
