"""Questions asked of the published file: estimates, explain, audit, subjects, labels, numbers."""
