"""``python -m certify``: the command."""

from certify.cli.main import main

if __name__ == "__main__":
    main()
