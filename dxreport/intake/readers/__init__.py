"""Readers of worksheets, one per format; the one for .xlsx is :mod:`dxreport.ooxml.worksheets`."""
