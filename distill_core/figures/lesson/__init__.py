"""The pictures of the Learn page, each answering one question."""
