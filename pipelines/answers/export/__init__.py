"""The published data as files for other tools, described by Frictionless and Croissant metadata."""
