"""The workspace: its paths, safe writing of its files, the templates of its texts, and the files that are shipped."""
