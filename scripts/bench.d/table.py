"""The table of figures: one row a comparison, its ratio, and whether it is under its bar."""
import statistics
from dataclasses import dataclass, field


@dataclass
class Samples:
    """One figure of one server, a value a round."""
    values: list = field(default_factory=list)
    faults: list = field(default_factory=list)

    def median(self):
        return statistics.median(self.values)


@dataclass
class Row:
    """`ours` against `theirs`, or against nothing where the bar is absolute. `bar` is the most that the ratio, or the value, may be."""
    what: str
    unit: str
    ours: "Samples | None"
    peer: str = ""
    theirs: "Samples | None" = None
    bar: "float | None" = None

    def ratio(self):
        # Round by round, so that what slowed the whole machine for a while does not count for either side.
        pairs = [a / b for a, b in zip(self.ours.values, self.theirs.values) if b > 0]
        return statistics.median(pairs) if pairs else None

    def measured(self):
        """The figure that the bar is for, or None."""
        sides = [self.ours] + ([self.theirs] if self.peer else [])
        if any(side is None or side.faults or not side.values for side in sides):
            return None
        return self.ratio() if self.peer else self.ours.median()

    def verdict(self):
        faults = [fault for side in (self.ours, self.theirs) if side for fault in side.faults]
        if faults:
            return f"INVALID: {faults[0]}"
        measured = self.measured()
        if measured is None:
            return "not measured"
        if self.bar is None:
            return ""
        return "met" if measured <= self.bar else "MISSED"

    def cells(self):
        def shown(side):
            return f"{side.median():.1f}" if side and side.values else "-"

        measured = self.measured()
        return [self.what, self.unit, shown(self.ours), f"{self.peer} {shown(self.theirs)}" if self.peer else "",
                f"{measured:.2f}" if self.peer and measured is not None else "", "" if self.bar is None else f"{self.bar:.2f}", self.verdict()]


def render(rows):
    """A Markdown table that also reads well in a terminal."""
    header = ["what", "unit", "holdfast", "peer", "ratio", "at most", ""]
    lines = [header] + [row.cells() for row in rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(header))]

    def line(cells):
        return "| " + " | ".join(cell.ljust(width) for cell, width in zip(cells, widths)) + " |"

    return "\n".join([line(header), "|" + "|".join("-" * (width + 2) for width in widths) + "|"] + [line(cells) for cells in lines[1:]])
