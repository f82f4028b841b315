"""What every group of settings has in common."""

from typing import Any

from pydantic import BaseModel, ConfigDict, model_validator


class Group(BaseModel):
    """Unknown keys are refused, values cannot change after loading, errors never repeat the input."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
        allow_inf_nan=False,
        validate_default=True,
        populate_by_name=True,
    )

    @model_validator(mode="before")
    @classmethod
    def _empty_means_default(cls, data: Any) -> Any:
        """`zones:` with nothing behind it is a list commented out, not a wrong value."""
        if isinstance(data, dict):
            return {key: value for key, value in data.items() if value is not None}
        return data
