"""The master workbook (master.xlsx) and the model: read it, edit it in place, build the first one."""
