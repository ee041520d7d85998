"""The workspace: its paths, safe writing of files, and the files shipped with dxreport."""
