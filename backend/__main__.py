"""``python -m backend``: the same as the command ``canopy``."""

from backend.cli import main

if __name__ == "__main__":
    main()
