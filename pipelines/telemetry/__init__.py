"""Own runs: what a team's machines measured, from whatever file holds it to the energy of each device of each run."""
