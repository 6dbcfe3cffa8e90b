/* draw.c -- see the header. Everything is whole units; what is alike (all busy time of a member,
 * all windows) is one path, so that a usual year stays small:
 *
 *        aug            sep                      week 37, a Tuesday
 *        36   37   38   39                       | Anna | Bram |
 *   mon  [ ]  [ ]  [ ]  [ ]                      |######|      |   lessons, hatched
 *   tue  [ ]  [x]  [ ]  [ ]                      |      |######|
 *   ...                                          |==== W =====|   a session
 *             |---- 12 open days ----|           |             |   shared, free */
#include "plan/draw.h"

#include "base/xml.h"
#include "plan/candidate.h"
#include "plan/draw_words.h"
#include "plan/window.h"

#include <string.h>

enum {
	LEFT = 46, /* of the first week */
	TOP = 44,  /* of the first weekday */
	HALF = 9,  /* width of one member's time */
	CELL = 2 * HALF,
	WEEK = 22,	/* from week to week */
	DAY_HIGH = 120, /* at most, in units */
	DAY_SPACE = 6,
	GAP_BAND = 44,
	LINE = 18,  /* of the legend */
	LETTER = 7, /* width of a letter, on the safe side */
	WIDTH_MIN = 640,
};

struct box {
	int x, y, w, h;
};

struct sheet {
	const struct draw *d;
	const struct zone *zone;
	const struct opendays *days;
	struct shared shared;
	struct buf *out;
	day_t monday; /* of the first week */
	int weeks;
	int row[7]; /* of a weekday; -1: the programme does not run then */
	int rows;
	int from_min, to_min; /* hours that are shown */
	int minutes;	      /* in a unit */
	int high;	      /* of a day */
	int width, bottom;    /* bottom of the last weekday */
	struct {
		int x, y;
	} pen; /* of the legend */
};

/* ---- where things are -------------------------------------------------------------------- */

static int minute_of(const struct sheet *s, const struct shared_day *day, utc_t at)
{
	if (at <= day->start)
		return 0;
	if (at >= day->past)
		return 24 * 60;
	return local_second(zone_to_local(s->zone, at)) / 60;
}

static int max_int(int a, int b)
{
	return a > b ? a : b;
}

static int min_int(int a, int b)
{
	return a < b ? a : b;
}

static struct box day_box(const struct sheet *s, day_t date)
{
	return (struct box){
		LEFT + (int)(date - s->monday) / 7 * WEEK,
		TOP + max_int(s->row[civil_weekday(date)], 0) * (s->high + DAY_SPACE),
		CELL,
		s->high,
	};
}

/* The part of @date that is [from, to) minutes; false when it is not shown. */
static bool time_box(const struct sheet *s, day_t date, int from, int to, struct box *out)
{
	from = max_int(from, s->from_min);
	to = min_int(to, s->to_min);
	if (from >= to)
		return false;
	*out = day_box(s, date);
	int first = (from - s->from_min + s->minutes / 2) / s->minutes;
	int past = (to - s->from_min + s->minutes / 2) / s->minutes;
	out->y += min_int(first, s->high - 1);
	out->h = max_int(min_int(past, s->high) - first, 1);
	return true;
}

static void rows_of_weekdays(struct sheet *s)
{
	unsigned mask = s->d->task->programme->weekdays;
	for (int w = MON; w <= SUN; w++)
		s->row[w] = mask >> w & 1 ? s->rows++ : -1;
	s->rows = max_int(s->rows, 1);
}

static void widen(struct sheet *s, const struct shared_day *day, utc_t start, utc_t end)
{
	if (end <= day->start || start >= day->past)
		return;
	s->from_min = min_int(s->from_min, minute_of(s, day, start));
	s->to_min = max_int(s->to_min, minute_of(s, day, end));
}

/* Whole hours in which anybody works or a session is. */
static void choose_hours(struct sheet *s)
{
	s->from_min = 24 * 60;
	for (int m = 0; m < 2; m++) {
		const struct spanset *works = &s->shared.members[m].available;
		size_t i = 0;
		for (int d = 0; d < s->days->n; d++) {
			const struct shared_day *day = &s->shared.days[d];
			while (i < works->n && works->v[i].end <= day->start)
				i++;
			for (size_t k = i; k < works->n && works->v[k].start < day->past; k++)
				widen(s, day, works->v[k].start, works->v[k].end);
		}
	}
	for (size_t i = 0; i < s->d->n_sessions; i++) {
		utc_t start = s->d->sessions[i].start;
		day_t date = zone_day_of(s->zone, start);
		struct shared_day day = {.start = zone_day_start(s->zone, date),
					 .past = zone_day_start(s->zone, date + 1)};
		widen(s, &day, start, s->d->sessions[i].end);
	}
	if (s->from_min >= s->to_min) {
		s->from_min = 8 * 60;
		s->to_min = 18 * 60;
	}
	s->from_min -= s->from_min % 60;
	s->to_min += (60 - s->to_min % 60) % 60;
	s->minutes = 5 * ((s->to_min - s->from_min + 5 * DAY_HIGH - 1) / (5 * DAY_HIGH));
	s->high = (s->to_min - s->from_min) / s->minutes;
}

static void sheet_init(struct sheet *s, const struct draw *d, struct buf *out)
{
	const struct programme *p = d->task->programme;
	*s = (struct sheet){.d = d, .zone = p->zone, .days = d->task->days, .out = out};
	shared_init(&s->shared, d->task, 0, s->days->n);
	rows_of_weekdays(s);
	choose_hours(s);
	s->monday = p->start - (day_t)civil_weekday(p->start);
	s->weeks = p->past > p->start ? (int)(p->past - 1 - s->monday) / 7 + 1 : 1;
	s->width = max_int(LEFT + s->weeks * WEEK + 8, WIDTH_MIN);
	s->bottom = TOP + s->rows * (s->high + DAY_SPACE);
}

/* ---- pieces ------------------------------------------------------------------------------ */

static const char *say(const struct sheet *s, enum draw_word word)
{
	return draw_word(word, s->d->language);
}

static void add_box(struct buf *path, const struct box *b)
{
	buf_addf(path, "M%d %dh%dv%dh-%dz", b->x, b->y, b->w, b->h, b->w);
}

/* Ends with what fills it: a class, and the hatching of that name if there is one. */
static void end_path(struct sheet *s, struct buf *path, const char *class, const char *hatch)
{
	if (path->n) {
		buf_addf(s->out, "<path class=\"%s\"", class);
		if (hatch)
			buf_addf(s->out, " fill=\"url(#%s-%s)\"", s->d->prefix, hatch);
		buf_addf(s->out, " d=\"%s\"></path>\n", buf_str(path));
	}
	buf_fini(path);
}

static void add_text(struct sheet *s, int x, int y, const char *class, const char *text)
{
	buf_addf(s->out, "<text class=\"%s\" x=\"%d\" y=\"%d\">", class, x, y);
	xml_text(s->out, text);
	buf_adds(s->out, "</text>\n");
}

/* ---- days -------------------------------------------------------------------------------- */

static void draw_days(struct sheet *s)
{
	const struct programme *p = s->d->task->programme;
	struct buf open = {0}, closed = {0};
	for (day_t date = p->start; date < p->past; date++) {
		struct box box = day_box(s, date);
		if (s->row[civil_weekday(date)] >= 0)
			add_box(opendays_number(s->days, date) >= 0 ? &open : &closed, &box);
	}
	end_path(s, &open, "y-open", NULL);
	end_path(s, &closed, "y-closed", "closed");
}

static void draw_axes(struct sheet *s)
{
	struct buf text = {0};
	int last = -1;
	for (int w = MON; w <= SUN; w++)
		if (s->row[w] >= 0)
			add_text(s, 2, TOP + s->row[w] * (s->high + DAY_SPACE) + 12, "y-label",
				 draw_weekday((enum weekday)w, s->d->language));
	for (int i = 0; i < s->weeks; i++) {
		/* a week belongs to the year and month of its Thursday (ISO 8601) */
		day_t thursday = s->monday + 7 * i + THU;
		struct civil c = civil_from_day(thursday);
		int week = (int)(thursday - civil_to_day(c.year, 1, 1)) / 7 + 1;
		if (c.month != last)
			add_text(s, LEFT + i * WEEK, 14, "y-label",
				 draw_month(c.month, s->d->language));
		last = c.month;
		buf_clear(&text);
		buf_addf(&text, "%d", week);
		add_text(s, LEFT + i * WEEK, 32, "y-small", buf_str(&text));
	}
	buf_clear(&text);
	buf_addf(&text, "%02d-%02d", s->from_min / 60, s->to_min / 60);
	add_text(s, 2, TOP + 26, "y-small", buf_str(&text));
	buf_fini(&text);
}

/* ---- time -------------------------------------------------------------------------------- */

/* Cuts [start, end) into the open days that it touches, from *day on. */
static void add_span(struct sheet *s, struct buf *path, int *day, const struct span *span, int x,
		     int width)
{
	while (*day < s->days->n && s->shared.days[*day].past <= span->start)
		++*day;
	for (int d = *day; d < s->days->n && s->shared.days[d].start < span->end; d++) {
		const struct shared_day *one = &s->shared.days[d];
		struct box box;
		if (!time_box(s, s->days->v[d], minute_of(s, one, span->start),
			      minute_of(s, one, span->end), &box))
			continue;
		box.x += x;
		box.w = width;
		add_box(path, &box);
	}
}

static void draw_set(struct sheet *s, const struct spanset *set, int x, int width,
		     const char *class, const char *hatch)
{
	struct buf path = {0};
	int day = 0;
	for (size_t i = 0; i < set->n; i++)
		add_span(s, &path, &day, &set->v[i], x, width);
	end_path(s, &path, class, hatch);
}

/* Which hatching a piece of somebody's time has. */
enum look { LOOK_TENTATIVE, LOOK_BUSY, LOOK_ASSUMED, LOOK_UNKNOWN, LOOKS };
static const struct {
	const char *class, *hatch;
	enum draw_word word;
} looks[LOOKS] = {
	[LOOK_TENTATIVE] = {"y-tentative", "tentative", WORD_TENTATIVE},
	[LOOK_BUSY] = {"y-busy", "busy", WORD_BUSY},
	[LOOK_ASSUMED] = {"y-assumed", "assumed", WORD_ASSUMED},
	[LOOK_UNKNOWN] = {"y-unknown", "unknown", WORD_UNKNOWN},
};

static enum look look_of(const struct busy *b, utc_t known_until)
{
	if (b->level == LEVEL_UNKNOWN)
		return LOOK_UNKNOWN;
	if (b->start >= known_until)
		return LOOK_ASSUMED;
	return b->level == LEVEL_TENTATIVE ? LOOK_TENTATIVE : LOOK_BUSY;
}

static void draw_member(struct sheet *s, int m)
{
	const struct member_time *time = &s->shared.members[m];
	utc_t known_until = s->d->task->members[m].known_until;
	struct spanset off = {0}, all = {0};
	for (int d = 0; d < s->days->n; d++)
		spanset_add(&all, s->shared.days[d].start, s->shared.days[d].past);
	spanset_settle(&all);
	spanset_subtract(&all, &time->available, &off);
	draw_set(s, &off, m * HALF, HALF, "y-off", NULL);
	spanset_fini(&all);
	spanset_fini(&off);
	for (int look = 0; look < LOOKS; look++) {
		struct spanset set = {0};
		for (size_t i = 0; i < time->busy.n; i++)
			if ((int)look_of(&time->busy.v[i], known_until) == look)
				spanset_add(&set, time->busy.v[i].start, time->busy.v[i].end);
		spanset_settle(&set);
		draw_set(s, &set, m * HALF, HALF, looks[look].class, looks[look].hatch);
		spanset_fini(&set);
	}
}

static void draw_windows(struct sheet *s)
{
	struct spanset set = {0};
	for (size_t i = 0; i < s->shared.n_windows; i++)
		spanset_add(&set, s->shared.windows[i].start, s->shared.windows[i].end);
	spanset_settle(&set);
	draw_set(s, &set, 0, CELL, "y-window", NULL);
	spanset_fini(&set);
}

/* ---- sessions ---------------------------------------------------------------------------- */

static const char kind_letters[KIND_COUNT] = {
	[KIND_WORK] = 'W',	 [KIND_VISIT] = 'V',	[KIND_EXPERT] = 'X',
	[KIND_INTERVISIE] = 'I', [KIND_STEERING] = 'S', [KIND_EVALUATION] = 'E',
	[KIND_SOLO] = 'O',
};

static bool is_drawn(const struct sheet *s, const struct draw_session *one)
{
	const struct programme *p = s->d->task->programme;
	day_t date = zone_day_of(s->zone, one->start);
	return one->state != STATE_CANCELLED && date >= p->start && date < p->past &&
	       s->row[civil_weekday(date)] >= 0;
}

static void draw_session(struct sheet *s, const struct draw_session *one)
{
	day_t date = zone_day_of(s->zone, one->start);
	local_t from = zone_to_local(s->zone, one->start), to = zone_to_local(s->zone, one->end);
	int first = local_second(from) / 60, past = local_second(to) / 60;
	struct box b;
	if (!is_drawn(s, one) ||
	    !time_box(s, date, first, local_day(to) > date ? 24 * 60 : past, &b))
		return;
	buf_addf(s->out, "<g class=\"y-%s y-%s\"><title>", kind_word(one->kind),
		 state_word(one->state));
	buf_addf(s->out, "%s, ", draw_kind(one->kind, s->d->language));
	draw_date(s->out, date, s->d->language);
	buf_addf(s->out, " %02d:%02d-%02d:%02d, %s</title>", first / 60, first % 60, past / 60,
		 past % 60, draw_state(one->state, s->d->language));
	buf_addf(s->out, "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\"></rect>", b.x - 1, b.y,
		 b.w + 2, b.h);
	if (one->state == STATE_MISSED)
		buf_addf(s->out, "<path d=\"M%d %dl%d %d\"></path>", b.x - 1, b.y, b.w + 2, b.h);
	buf_addf(s->out, "<text x=\"%d\" y=\"%d\">%c</text></g>\n", b.x + HALF, b.y + b.h / 2 + 4,
		 kind_letters[one->kind]);
}

/* ---- gaps -------------------------------------------------------------------------------- */

struct rhythm {
	int sessions, minutes;
	int longest, cadence;
};

typedef void each_gap_fn(struct sheet *s, int from, int to, int nth);

/* What draw and plan count alike: from the start, between sessions, to the end. */
static struct rhythm each_gap(struct sheet *s, each_gap_fn *each)
{
	const struct plan_task *task = s->d->task;
	struct rhythm r = {.cadence = plan_cadence(task)};
	int last = -1, nth = 0;
	for (size_t i = 0; i <= s->d->n_sessions; i++) {
		int day = s->days->n;
		if (i < s->d->n_sessions) {
			const struct draw_session *one = &s->d->sessions[i];
			if (!is_drawn(s, one) || one->state == STATE_MISSED)
				continue;
			day = candidate_standing_day(task, one->start);
			r.sessions++;
			r.minutes += (int)((one->end - one->start) / 60);
		}
		if (day - last > 2 * r.cadence && each)
			each(s, last, day, nth++);
		if (day - last > r.longest)
			r.longest = day - last;
		if (day > last)
			last = day;
	}
	return r;
}

static int x_of_day(const struct sheet *s, int day, bool end)
{
	const struct programme *p = s->d->task->programme;
	day_t date = day < 0 ? p->start : day < s->days->n ? s->days->v[day] : p->past - 1;
	int into = (int)(date - s->monday) % 7 * CELL / 7;
	return day_box(s, date).x + min_int(into, CELL) + (end && day >= s->days->n ? 2 : 0);
}

static void draw_gap(struct sheet *s, int from, int to, int nth)
{
	struct buf text = {0};
	int x = x_of_day(s, from, false), past = x_of_day(s, to, true), y = s->bottom + 4;
	buf_addf(s->out, "<path class=\"y-gap\" d=\"M%d %dv8h%dv-8\"></path>\n", x, y,
		 max_int(past - x, 2));
	buf_addf(&text, "%d %s", to - from, say(s, WORD_OPEN_DAYS));
	int width = (int)text.n * LETTER;
	int at = min_int(max_int((x + past - width) / 2, 2), max_int(s->width - width, 2));
	add_text(s, at, y + 20 + nth % 2 * 13, "y-gap-label", buf_str(&text));
	buf_fini(&text);
}

static void draw_today(struct sheet *s)
{
	const struct programme *p = s->d->task->programme;
	day_t today = zone_day_of(s->zone, s->d->task->now);
	if (today < p->start || today >= p->past || s->row[civil_weekday(today)] < 0)
		return;
	struct box b = day_box(s, today);
	buf_addf(s->out, "<path class=\"y-today\" d=\"M%d %dh%dv%dh-%dz\"></path>\n", b.x - 2,
		 b.y - 2, b.w + 4, b.h + 4, b.w + 4);
}

/* ---- legend ------------------------------------------------------------------------------ */

/* Takes room for one item; the swatch is at the box that comes back. */
static struct box legend_item(struct sheet *s, const char *text)
{
	int width = 26 + (int)strlen(text) * LETTER + 12;
	if (s->pen.x > 2 && s->pen.x + width > s->width) {
		s->pen.x = 2;
		s->pen.y += LINE;
	}
	struct box b = {s->pen.x, s->pen.y - 11, CELL, 13};
	add_text(s, s->pen.x + 24, s->pen.y, "y-label", text);
	s->pen.x += width;
	return b;
}

static void legend_swatch(struct sheet *s, const char *class, const char *hatch, const char *text)
{
	struct box b = legend_item(s, text);
	struct buf path = {0};
	add_box(&path, &b);
	end_path(s, &path, class, hatch);
}

static void legend_times(struct sheet *s)
{
	legend_swatch(s, "y-window", NULL, say(s, WORD_WINDOW));
	for (int look = LOOKS - 1; look >= 0; look--)
		legend_swatch(s, looks[look].class, looks[look].hatch, say(s, looks[look].word));
	legend_swatch(s, "y-off", NULL, say(s, WORD_OFF));
	legend_swatch(s, "y-open", NULL, say(s, WORD_OPEN));
	legend_swatch(s, "y-closed", "closed", say(s, WORD_CLOSED));
}

static void legend_sessions(struct sheet *s)
{
	static const enum state states[] = {STATE_BOOKED, STATE_PROVISIONAL, STATE_HELD,
					    STATE_MISSED};
	bool kinds[KIND_COUNT] = {[KIND_WORK] = true};
	for (size_t i = 0; i < s->d->n_sessions; i++)
		kinds[s->d->sessions[i].kind] |= is_drawn(s, &s->d->sessions[i]);
	for (int k = 0; k < KIND_COUNT; k++) {
		if (!kinds[k])
			continue;
		struct box b = legend_item(s, draw_kind((enum kind)k, s->d->language));
		buf_addf(s->out,
			 "<g class=\"y-%s y-booked\"><rect x=\"%d\" y=\"%d\" width=\"%d\" "
			 "height=\"%d\"></rect><text x=\"%d\" y=\"%d\">%c</text></g>\n",
			 kind_word((enum kind)k), b.x, b.y, b.w, b.h, b.x + HALF, b.y + 10,
			 kind_letters[k]);
	}
	for (size_t i = 0; i < sizeof states / sizeof *states; i++) {
		struct box b = legend_item(s, draw_state(states[i], s->d->language));
		buf_addf(s->out,
			 "<g class=\"y-work y-%s\"><rect x=\"%d\" y=\"%d\" width=\"%d\" "
			 "height=\"%d\"></rect>",
			 state_word(states[i]), b.x, b.y, b.w, b.h);
		if (states[i] == STATE_MISSED)
			buf_addf(s->out, "<path d=\"M%d %dl%d %d\"></path>", b.x, b.y, b.w, b.h);
		buf_adds(s->out, "</g>\n");
	}
}

static void draw_legend(struct sheet *s)
{
	struct buf who = {0};
	s->pen.x = 2;
	s->pen.y = s->bottom + GAP_BAND + LINE;
	buf_addf(&who, "%s: %s, %s: %s", say(s, WORD_LEFT), s->d->names[0], say(s, WORD_RIGHT),
		 s->d->names[1]);
	add_text(s, s->pen.x, s->pen.y, "y-label", buf_str(&who));
	buf_fini(&who);
	s->pen.y += LINE;
	legend_times(s);
	legend_sessions(s);
	struct box b = legend_item(s, say(s, WORD_LONG_GAP));
	buf_addf(s->out, "<path class=\"y-gap\" d=\"M%d %dv8h%dv-8\"></path>\n", b.x, b.y + 2, b.w);
	legend_swatch(s, "y-today", NULL, say(s, WORD_TODAY));
}

/* ---- the whole --------------------------------------------------------------------------- */

static void sentence(struct sheet *s, struct buf *out)
{
	struct rhythm r = each_gap(s, NULL);
	int tenths = (r.minutes * 10 + 30) / 60;
	buf_addf(out, "%d %s (%d%c%d %s), %s %d %s", r.sessions, say(s, WORD_SESSIONS), tenths / 10,
		 s->d->language == LANG_NL ? ',' : '.', tenths % 10, say(s, WORD_HOURS),
		 say(s, WORD_LONGEST), r.longest, say(s, WORD_OPEN_DAYS));
	buf_addf(out, "; %s: %s, %s: %s", say(s, WORD_LEFT), s->d->names[0], say(s, WORD_RIGHT),
		 s->d->names[1]);
}

void draw_sentence(const struct draw *d, struct buf *out)
{
	struct sheet s;
	sheet_init(&s, d, out);
	sentence(&s, out);
	shared_fini(&s.shared);
}

static void draw_head(struct sheet *s, int height)
{
	const char *id = s->d->prefix;
	struct buf text = {0};
	if (s->d->whole)
		buf_adds(s->out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
	buf_addf(s->out,
		 "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"y-year\" lang=\"%s\" "
		 "viewBox=\"0 0 %d %d\"",
		 s->d->language == LANG_NL ? "nl" : "en", s->width, height);
	if (s->d->whole)
		buf_addf(s->out, " width=\"%d\" height=\"%d\"", s->width, height);
	buf_addf(s->out,
		 " role=\"img\" aria-labelledby=\"%s-title %s-desc\">\n<title id=\"%s-title\">", id,
		 id, id);
	xml_text(s->out, s->d->title);
	buf_addf(s->out, "</title>\n<desc id=\"%s-desc\">", id);
	sentence(s, &text);
	xml_text(s->out, buf_str(&text));
	buf_adds(s->out, "</desc>\n");
	buf_fini(&text);
	if (s->d->whole) {
		buf_adds(s->out, "<style>");
		draw_style_plain(s->out);
		buf_addf(s->out,
			 "</style>\n<rect class=\"y-paper\" width=\"%d\" height=\"%d\"></rect>\n",
			 s->width, height);
	}
	draw_hatchings(s->out, id);
}

void draw_year(const struct draw *d, struct buf *out)
{
	struct sheet s;
	struct buf body = {0};
	sheet_init(&s, d, &body);
	draw_axes(&s);
	draw_days(&s);
	draw_windows(&s);
	draw_member(&s, 0);
	draw_member(&s, 1);
	draw_today(&s);
	for (size_t i = 0; i < d->n_sessions; i++)
		draw_session(&s, &d->sessions[i]);
	(void)each_gap(&s, draw_gap);
	draw_legend(&s);
	s.out = out; /* the height is known when everything has its place */
	draw_head(&s, s.pen.y + LINE);
	buf_add(out, buf_str(&body), body.n);
	buf_adds(out, "</svg>\n");
	buf_fini(&body);
	shared_fini(&s.shared);
}
