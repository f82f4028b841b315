"""`python -m sightline` is the command line too."""

from sightline.cli.main import run

if __name__ == "__main__":
    run()
