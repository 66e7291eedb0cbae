"""Whether what was measured meets a goal, in words for a table."""


def at_least(measured, goal):
    """Such as `0.9, met`."""
    return f"{goal:g}, {'met' if measured >= goal else 'missed'}"


def under(measured, goal):
    """Such as `under 60, missed`."""
    return f"under {goal:g}, {'met' if measured < goal else 'missed'}"
