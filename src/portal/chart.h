/*
 * Charts: stacked bars as SVG, with a legend, and the numbers as a table behind them. They can be read without colour
 * (the series differ by hatching, and each bar says its numbers when it is pointed at), at every width (across the chart
 * goes in percent, so that texts keep their size), and by who listens (title and summary, the table).
 *
 * Colours and lines are classes of style.css, block "charts".
 *
 * Depends on portal/template (escaping), base/buf.
 */
#ifndef PORTAL_CHART_H
#define PORTAL_CHART_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

/* How a series looks, by what it tells of: filled, or hatched one way or another. */
enum chart_look { CHART_GOOD, CHART_BAD, CHART_WARN, CHART_OTHER, CHART_LOOKS };

struct chart_series {
    const char *name;
    enum chart_look look;
    const int64_t *value; /* one for each point, >= 0 */
    const char *note;     /* stands in the legend behind the name: what they are together; NULL: nothing */
};

struct chart_point {
    const char *label; /* in the table and when it is pointed at: "2026-11-25 16:00" */
    const char *
        tick; /* below the axis, "16:00"; NULL: nothing. So few that they do not touch at 320 px: five at most */
};

struct chart {
    const char *id; /* of the element, and what the names within begin with: [a-z-]+ */
    const char *title;
    const char *summary;                 /* a sentence for who cannot see it */
    const char *table_word, *point_word; /* what opens the table; the head of its first column */
    const struct chart_point *point;
    size_t points;
    const struct chart_series *series; /* from the axis upwards */
    size_t series_count;
};

enum { CHART_SERIES_MAX = 4 };

/* Append the chart as HTML, <figure class="chart">. Texts are escaped here. A failure is remembered in `out`. */
void chart_draw(const struct chart *c, struct buf *out);

/* The lines across: at step, 2 * step, … up to steps * step >= max; step is 1, 2 or 5 times a power of ten, and there
 * are one to five of them. */
struct chart_axis {
    int64_t step;
    int steps;
};
struct chart_axis chart_axis(int64_t max);

/* "1,234,567"; CHART_NUMBER_CAP is enough for any. */
#define CHART_NUMBER_CAP 32
void chart_number(int64_t n, char out[CHART_NUMBER_CAP]);

#endif
