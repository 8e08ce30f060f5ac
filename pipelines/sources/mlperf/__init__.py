"""MLCommons: results and logs of MLPerf Training, Inference and Tiny."""
