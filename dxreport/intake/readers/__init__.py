"""Readers of worksheets, one a format; that of .xlsx is :mod:`dxreport.ooxml.worksheets`."""
