"""Settings of a shop: a dataclass whose fields can be changed while it runs."""

from dataclasses import fields


class Settings:
    def update(self, values):
        """Change switches at run time; an unknown one is an error."""
        unknown = sorted(set(values) - {item.name for item in fields(self)})
        if unknown:
            raise ValueError(f"unknown settings: {', '.join(unknown)}")
        for name, value in values.items():
            setattr(self, name, value)

    def shown(self, *hidden):
        """{name: value} without the settings whose names contain one of the words."""
        return {
            name: value
            for name, value in vars(self).items()
            if not any(word in name for word in hidden)
        }
