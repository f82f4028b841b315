"""What the routes of behaviour answer."""

from pydantic import BaseModel, Field

from sightline.api.traffic_models import OfWindow

SCORE = "0 to 100, one decimal; null when no stay carries a score."


class Engagement(BaseModel):
    """Over the stays that carry an engagement score."""

    average_score: float | None = Field(description=SCORE, examples=[63.4])
    min_score: float | None = Field(description="The lowest score, as it was told.", examples=[12.0])
    max_score: float | None = Field(description="The highest score, as it was told.", examples=[97.5])
    highly_engaged_count: int = Field(description="Scores of 70 and more.", examples=[41])
    highly_engaged_percent: float | None = Field(
        description="Of the scored stays; null when there are none.", examples=[36.0]
    )
    moderately_engaged_count: int = Field(description="Scores of 50 to less than 70.", examples=[48])
    low_engaged_count: int = Field(description="Scores below 50.", examples=[25])


class BodyOrientation(BaseModel):
    """Over the stays that carry an orientation, -1 away to 1 facing."""

    facing_camera: int = Field(description="Above 0.3.", examples=[60])
    sideways: int = Field(description="-0.3 to 0.3.", examples=[22])
    facing_away: int = Field(description="Below -0.3.", examples=[18])
    avg_orientation: float | None = Field(description="Two decimals; null of nothing.", examples=[0.27])


class Behavior(OfWindow):
    """How engaged people were, what they did, how they stood."""

    engagement: Engagement
    behavior_types: dict[str, int] = Field(
        description="Stays by behaviour, the commonest first.", examples=[{"engaged": 41, "browsing": 60}]
    )
    postures: dict[str, int] = Field(
        description="Stays by posture, the commonest first.", examples=[{"upright": 95, "leaning": 6}]
    )
    body_orientation: BodyOrientation
    total_analyzed: int = Field(description="Stays that carry an engagement score.", examples=[114])


class HourOfBehavior(BaseModel):
    """One hour on the venue's clock, over all days of the window."""

    hour: int = Field(ge=0, le=23, examples=[14])
    avg_engagement: float | None = Field(description=SCORE, examples=[66.1])
    visitor_count: int | None = Field(description="Stays; null when nobody looked.", examples=[19])
    engaged_count: int | None = Field(description="Stays of behaviour `engaged`.", examples=[8])
    browsing_count: int | None = Field(description="Stays of behaviour `browsing`.", examples=[9])
    passing_count: int | None = Field(description="Stays of behaviour `passing`.", examples=[2])


class BehaviorByHour(OfWindow):
    """Engagement over the day."""

    hourly_engagement: list[HourOfBehavior] = Field(description="24, from 0 to 23.")
    peak_engagement_hour: int | None = Field(
        description="The hour with the highest mean score, the earlier one on a tie.", examples=[14]
    )
    peak_engagement_score: float | None = Field(description=SCORE, examples=[66.1])
    insight: str | None = Field(
        description="Best and worst hour in a sentence; null while there is nothing to compare.",
        examples=[
            "Engagement is highest from 14:00 (66.1 on average over 19 scored stays) and lowest from 09:00"
            " (48.0 over 11)."
        ],
    )


class ZoneOfBehavior(BaseModel):
    """One zone."""

    zone: str = Field(examples=["shelves"])
    avg_engagement: float | None = Field(description=SCORE, examples=[71.2])
    visitor_count: int = Field(description="Stays.", examples=[84])
    avg_dwell_seconds: float | None = Field(description="Dwell of the stays / their number.", examples=[48.5])
    behavior_mix: dict[str, float] | None = Field(
        description="Percent of the stays that carry a behaviour; null when none does.",
        examples=[{"browsing": 60.0, "engaged": 40.0}],
    )


class ZoneInsights(BaseModel):
    """The zones compared; null where there is nothing to compare."""

    highest_engagement_zone: str | None = Field(examples=["shelves"])
    lowest_engagement_zone: str | None = Field(examples=["entrance"])
    recommendation: str | None = None


class BehaviorByZone(OfWindow):
    """Engagement and behaviours of each zone."""

    zones: list[ZoneOfBehavior] = Field(description="Those with most stays first.")
    insights: ZoneInsights
