"""Formats of delivered files, each told by its content: a module a tool, each with FORMATS that read bytes to samples."""
