#include "portal/chart.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "portal/template.h"

/* Down the chart goes in pixels: the lines across stand between TOP and FLOOR, the ticks' texts below. */
enum { HEIGHT = 200, TOP = 20, FLOOR = 174, TICK_Y = 192, LINES_MAX = 5, DIGIT_PX = 8 };

/* Across in hundredths of a percent. A bar takes four fifths of its place. */
enum { WIDTH = 10000, BAR_FIFTHS = 4 };

static const char *const looks[CHART_LOOKS] = {
    [CHART_GOOD] = "good", [CHART_BAD] = "bad", [CHART_WARN] = "warn", [CHART_OTHER] = "other"};

/* A hatching repeats every four pixels: its ink on its ground, turned by so many degrees. */
static const struct {
    const char *ink;
    int turned;
} hatchings[CHART_LOOKS] = {
    [CHART_BAD] = {"<rect class=\"chart-ink-bad\" width=\"2\" height=\"4\"/>", 45},
    [CHART_WARN] = {"<circle class=\"chart-ink-warn\" cx=\"2\" cy=\"2\" r=\"1.2\"/>", 0},
    [CHART_OTHER] = {"<rect class=\"chart-ink-other\" width=\"4\" height=\"2\"/>", 0},
};

/* ---- Numbers ----------------------------------------------------------------------------------------- */

struct chart_axis chart_axis(int64_t max)
{
    static const int64_t firsts[] = {1, 2, 5};
    if (max < 1)
        max = 1;
    for (int64_t ten = 1;; ten *= 10) {
        for (size_t i = 0; i < sizeof firsts / sizeof firsts[0]; i++) {
            int64_t step = firsts[i] * ten;
            int64_t steps = max / step + (max % step != 0);
            if (steps <= LINES_MAX) /* at the latest with five times 10^18 */
                return (struct chart_axis){.step = step, .steps = (int)steps};
        }
    }
}

void chart_number(int64_t n, char out[CHART_NUMBER_CAP])
{
    char digits[24];
    snprintf(digits, sizeof digits, "%" PRId64, n);
    size_t len = strlen(digits), at = 0;
    for (size_t i = 0; i < len; i++) {
        if (i > 0 && digits[i - 1] != '-' && (len - i) % 3 == 0)
            out[at++] = ',';
        out[at++] = digits[i];
    }
    out[at] = '\0';
}

/* ---- Parts ------------------------------------------------------------------------------------------- */

static int64_t total_at(const struct chart *c, size_t point)
{
    int64_t sum = 0;
    for (size_t i = 0; i < c->series_count; i++)
        sum += c->series[i].value[point];
    return sum;
}

static size_t highest_point(const struct chart *c)
{
    size_t highest = 0;
    for (size_t i = 1; i < c->points; i++)
        if (total_at(c, i) > total_at(c, highest))
            highest = i;
    return highest;
}

static void add_percent(struct buf *out, const char *name, int64_t hundredths)
{
    buf_addf(out, " %s=\"%" PRId64 ".%02" PRId64 "%%\"", name, hundredths / 100, hundredths % 100);
}

/* An element of the given class with its text in it. */
static void add_texted(struct buf *out, const char *open, const char *text, const char *close)
{
    buf_add_str(out, open);
    template_escape(text, out);
    buf_add_str(out, close);
}

static void add_fill(const struct chart *c, enum chart_look look, struct buf *out)
{
    buf_addf(out, " class=\"chart-bar-%s\"", looks[look]);
    if (hatchings[look].ink != NULL)
        buf_addf(out, " fill=\"url(#%s-%s)\"", c->id, looks[look]);
}

/* The hatchings that it has; of a name that no other chart of the page has. */
static void add_patterns(const struct chart *c, struct buf *out)
{
    buf_add_str(out, "<defs>");
    for (size_t i = 0; i < c->series_count; i++) {
        enum chart_look look = c->series[i].look;
        if (hatchings[look].ink != NULL)
            buf_addf(
                out,
                "<pattern id=\"%s-%s\" width=\"4\" height=\"4\" patternUnits=\"userSpaceOnUse\" "
                "patternTransform=\"rotate(%d)\"><rect class=\"chart-ground-%s\" width=\"4\" height=\"4\"/>"
                "%s</pattern>",
                c->id, looks[look], hatchings[look].turned, looks[look], hatchings[look].ink);
    }
    buf_add_str(out, "</defs>\n");
}

static void add_legend(const struct chart *c, struct buf *out)
{
    buf_add_str(out, "<ul class=\"chart-legend\">");
    for (size_t i = 0; i < c->series_count; i++) {
        const struct chart_series *s = &c->series[i];
        buf_add_str(out,
                    "<li><svg class=\"chart-key\" width=\"14\" height=\"14\" aria-hidden=\"true\"><rect");
        add_fill(c, s->look, out);
        add_texted(out, " width=\"14\" height=\"14\"/></svg> ", s->name, "");
        if (s->note != NULL)
            add_texted(out, " <b>", s->note, "</b>");
        buf_add_str(out, "</li>");
    }
    buf_add_str(out, "</ul>\n");
}

static int64_t height_px(const struct chart_axis *axis, int64_t value)
{
    /* In double: value times pixels may be more than an int64_t holds. */
    double share = (double)value / ((double)axis->step * axis->steps);
    int64_t px = (int64_t)(share * (FLOOR - TOP) + 0.5);
    return value > 0 && px < 1 ? 1 : px; /* what there is can be seen */
}

static int line_y(const struct chart_axis *axis, int i)
{
    return FLOOR - (FLOOR - TOP) * i / axis->steps;
}

/* The numbers of the lines, beside the chart: what goes across in percent has no place for texts of a size. */
static void add_scale(const struct chart_axis *axis, struct buf *out)
{
    char number[CHART_NUMBER_CAP];
    chart_number(axis->step * axis->steps, number);
    int width = (int)strlen(number) * DIGIT_PX + 6;
    buf_addf(out, "<svg class=\"chart-scale\" width=\"%d\" height=\"%d\" aria-hidden=\"true\">\n", width,
             HEIGHT);
    for (int i = 0; i <= axis->steps; i++) {
        chart_number(axis->step * i, number);
        buf_addf(out, "<text text-anchor=\"end\" x=\"%d\" y=\"%d\">%s</text>\n", width - 6,
                 line_y(axis, i) + 4, number);
    }
    buf_add_str(out, "</svg>\n");
}

static void add_lines(const struct chart_axis *axis, struct buf *out)
{
    for (int i = 0; i <= axis->steps; i++)
        buf_addf(out, "<line class=\"%s\" x1=\"0\" x2=\"100%%\" y1=\"%d\" y2=\"%d\"/>\n",
                 i == 0 ? "chart-floor" : "chart-line", line_y(axis, i), line_y(axis, i));
}

/* What a bar says: "16:00: 12 ok, 3 wrong". */
static void add_tip(const struct chart *c, size_t point, struct buf *out)
{
    char number[CHART_NUMBER_CAP];
    add_texted(out, "<title>", c->point[point].label, ":");
    for (size_t i = 0; i < c->series_count; i++) {
        chart_number(c->series[i].value[point], number);
        buf_addf(out, "%s %s ", i > 0 ? "," : "", number);
        template_escape(c->series[i].name, out);
    }
    buf_add_str(out, "</title>");
}

static void add_bar(const struct chart *c, const struct chart_axis *axis, size_t point, struct buf *out)
{
    int64_t place = WIDTH / (int64_t)c->points, below = 0;
    int64_t left = WIDTH * (int64_t)point / (int64_t)c->points;
    buf_add_str(out, "<g class=\"chart-point\">");
    add_tip(c, point, out);
    buf_add_str(out, "<rect class=\"chart-hit\"");
    add_percent(out, "x", left);
    add_percent(out, "width", place);
    buf_addf(out, " y=\"%d\" height=\"%d\"/>", TOP, FLOOR - TOP);
    for (size_t i = 0; i < c->series_count; i++) {
        if (c->series[i].value[point] == 0)
            continue;
        int64_t foot = height_px(axis, below);
        below += c->series[i].value[point];
        int64_t high = height_px(axis, below) - foot;
        buf_add_str(out, "<rect");
        add_fill(c, c->series[i].look, out);
        add_percent(out, "x", left + place * (5 - BAR_FIFTHS) / 10);
        add_percent(out, "width", place * BAR_FIFTHS / 5);
        buf_addf(out, " y=\"%" PRId64 "\" height=\"%" PRId64 "\"/>", FLOOR - foot - (high > 0 ? high : 1),
                 high > 0 ? high : 1);
    }
    buf_add_str(out, "</g>\n");
}

/* A text at the middle of a point's place; at the edges it begins or ends there, so as not to be cut off. */
static void add_text_at(const struct chart *c, size_t point, const char *class_name, int64_t y,
                        const char *text, struct buf *out)
{
    int64_t x = WIDTH * (2 * (int64_t)point + 1) / (2 * (int64_t)c->points);
    const char *anchor = x < WIDTH / 10 ? "start" : x > WIDTH - WIDTH / 10 ? "end" : "middle";
    x = anchor[0] == 's'   ? WIDTH * (int64_t)point / (int64_t)c->points
        : anchor[0] == 'e' ? WIDTH * ((int64_t)point + 1) / (int64_t)c->points
                           : x;
    buf_addf(out, "<text class=\"%s\" text-anchor=\"%s\"", class_name, anchor);
    add_percent(out, "x", x);
    buf_addf(out, " y=\"%" PRId64 "\">", y);
    add_texted(out, "", text, "</text>\n");
}

static void add_texts(const struct chart *c, const struct chart_axis *axis, struct buf *out)
{
    char number[CHART_NUMBER_CAP];
    size_t highest = highest_point(c);
    for (size_t i = 0; i < c->points; i++)
        if (c->point[i].tick != NULL)
            add_text_at(c, i, "chart-tick", TICK_Y, c->point[i].tick, out);
    int64_t most = total_at(c, highest);
    if (most == 0)
        return;
    chart_number(most, number);
    add_text_at(c, highest, "chart-peak", FLOOR - height_px(axis, most) - 4, number, out);
}

static void add_table(const struct chart *c, struct buf *out)
{
    char number[CHART_NUMBER_CAP];
    add_texted(out, "<details><summary>", c->table_word,
               "</summary>\n<div class=\"scroll\"><table class=\"data\">");
    add_texted(out, "<caption class=\"sr-only\">", c->title, "</caption><thead><tr>");
    add_texted(out, "<th scope=\"col\">", c->point_word, "</th>");
    for (size_t i = 0; i < c->series_count; i++)
        add_texted(out, "<th scope=\"col\" class=\"number\">", c->series[i].name, "</th>");
    buf_add_str(out, "</tr></thead><tbody>\n");
    for (size_t p = 0; p < c->points; p++) {
        add_texted(out, "<tr><th scope=\"row\">", c->point[p].label, "</th>");
        for (size_t i = 0; i < c->series_count; i++) {
            chart_number(c->series[i].value[p], number);
            buf_addf(out, "<td class=\"number\">%s</td>", number);
        }
        buf_add_str(out, "</tr>\n");
    }
    buf_add_str(out, "</tbody></table></div></details>");
}

/* ---- All --------------------------------------------------------------------------------------------- */

void chart_draw(const struct chart *c, struct buf *out)
{
    struct chart_axis axis = chart_axis(c->points > 0 ? total_at(c, highest_point(c)) : 0);
    buf_addf(out, "<figure class=\"chart\" id=\"%s\">\n", c->id);
    add_texted(out, "<figcaption><h2>", c->title, "</h2>\n");
    add_legend(c, out);
    buf_add_str(out, "</figcaption>\n<div class=\"chart-both\">\n");
    add_scale(&axis, out);
    buf_addf(out,
             "<svg class=\"chart-plot\" width=\"100%%\" height=\"%d\" role=\"img\" "
             "aria-labelledby=\"%s-title %s-summary\">"
             "<title id=\"%s-title\">",
             HEIGHT, c->id, c->id, c->id);
    add_texted(out, "", c->title, "</title>");
    buf_addf(out, "<desc id=\"%s-summary\">", c->id);
    add_texted(out, "", c->summary, "</desc>\n");
    add_patterns(c, out);
    add_lines(&axis, out);
    for (size_t i = 0; i < c->points; i++)
        add_bar(c, &axis, i, out);
    add_texts(c, &axis, out);
    buf_add_str(out, "</svg>\n</div>\n");
    add_table(c, out);
    buf_add_str(out, "</figure>\n");
}
