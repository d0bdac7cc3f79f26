"""The web page to review on: /review, made on the server, for mouse, keyboard, phone and reader."""

from flask import Flask

from feedbackstore.review import evaluations, item, pages, queue, sign_in

for _views in (sign_in, queue, item, evaluations):
    _views.add_to(pages.blueprint)
pages.complete(pages.blueprint)


def init_app(app: Flask) -> None:
    """Serve the page and its files."""
    app.register_blueprint(pages.blueprint)
