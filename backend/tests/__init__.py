"""The tests mirror the rooms; beside them lie the real servers and the small fakes that they share."""
