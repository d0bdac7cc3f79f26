"""What gunicorn and flask find."""

from feedbackstore.app import create_app

app = create_app()
