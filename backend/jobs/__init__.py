"""Jobs: the poll cycle, retraining, their schedule and the events they publish."""
