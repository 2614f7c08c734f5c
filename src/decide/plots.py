"""Pictures of results: each takes ``ax=None`` and returns the Axes; nothing is computed here."""

__all__: list[str] = []
