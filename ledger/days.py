"""Days and instants: a day is an ISO 8601 calendar date in China time, as text, so that it sorts by time.

Certification decisions in China take effect by whole days of Asia/Shanghai (UTC+8, no daylight saving).
"""

from datetime import UTC, date, datetime, timedelta, timezone

CHINA = timezone(timedelta(hours=8), "Asia/Shanghai")
Day = str
FOREVER: Day = "9999-12-31"


def china_day(instant: datetime) -> Day:
    """Return the calendar day in China at an aware instant."""
    return instant.astimezone(CHINA).date().isoformat()


def add_days(day: Day, days: int) -> Day:
    """Return the day that lies ``days`` calendar days later."""
    return (date.fromisoformat(day) + timedelta(days=days)).isoformat()


def add_months(day: Day, months: int) -> Day:
    """Return the same day of the month ``months`` later, or that month's last day where it is shorter."""
    start = date.fromisoformat(day)
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    for day_of_month in (start.day, 30, 29, 28):
        try:
            return date(year, month + 1, min(day_of_month, start.day)).isoformat()
        except ValueError:
            continue
    raise AssertionError("every month has 28 days")


def days_between(first: Day, last: Day) -> int:
    """Return the number of calendar days from ``first`` to ``last``."""
    return (date.fromisoformat(last) - date.fromisoformat(first)).days


def instant_text(instant: datetime) -> str:
    """Return the one spelling of an instant: ``YYYY-MM-DDTHH:MM:SS.ffffffZ``."""
    return instant.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def start_of_day(day: Day) -> str:
    """Return the instant at which a China day begins, in the spelling of :func:`instant_text`."""
    return instant_text(datetime.fromisoformat(f"{day}T00:00:00+08:00"))


def parse_instant(text: str) -> datetime:
    """Return the aware instant of an RFC 3339 text; raise ``ValueError`` where no offset is given."""
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise ValueError("an instant needs an offset, such as Z or +08:00")
    return instant
