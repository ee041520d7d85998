"""The workspace: its paths, files written safely, and the files that dxreport comes with."""
