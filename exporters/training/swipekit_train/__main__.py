"""``python -m swipekit_train``."""

import sys

from .cli import main
from .environment import with_huge_pages

with_huge_pages()
sys.exit(main(sys.argv[1:]))
