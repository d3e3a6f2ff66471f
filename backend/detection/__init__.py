"""Detection: features, forests, verdicts, severities and the files that models live in."""
