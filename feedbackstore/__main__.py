"""`python -m feedbackstore`."""

from feedbackstore.commands import main

main()
