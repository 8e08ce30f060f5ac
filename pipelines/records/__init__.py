"""Bytes to typed records or rejects: CSV, JSON, archives, field types. Knows no publisher and no table."""
