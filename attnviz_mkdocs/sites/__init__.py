"""One module an engine. Each is thin: it hands an engine's words to rooms that don't know it."""
