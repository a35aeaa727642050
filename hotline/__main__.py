"""``python -m hotline`` is the console command."""

from hotline.cli import main

main()
