"""The tag that says who launched a run."""

LAUNCHED_BY = "ledger/launched_by"
"""Name of the tag; its values follow."""

COMMAND_LINE, SCHEDULE, SENSOR, UI = "command line", "schedule", "sensor", "ui"
