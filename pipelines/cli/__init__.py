"""The command line: commands, printing, runs, status, progress."""
