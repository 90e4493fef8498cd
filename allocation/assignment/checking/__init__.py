"""Parts of the independent checker; nothing here imports the engine."""
