"""``python -m workers.cli``: the command ``renkei`` without an installed script."""

from workers.cli import main

if __name__ == "__main__":
    main()
