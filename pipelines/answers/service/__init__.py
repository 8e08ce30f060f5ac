"""The questions as other programs ask them: over HTTP and by the Model Context Protocol."""
