"""Coverage-guided fuzzing: not part of the test run, which replays what it has found (``make fuzz``)."""
