/* fastlane_scan.c -- one pass over raw bytes that reads plain events.
 *
 * Ends of lines come as bit masks of 64 bytes each. Lines of an event are told apart by name;
 * what says nothing of time is passed over uncopied. Every doubt ends in one of two words:
 *
 *   slow   this event is for the slow lane (a rule, an unknown zone, anything that warns)
 *   odd    so is the whole import: the pass cannot be sure where events begin and end, or which
 *          UID they have (a bare CR, a BEGIN in lower case, a calendar in a calendar ...)
 *
 * So the scan need not know what the slow lane makes of anything unusual. */
#include "cal/fastlane_scan.h"

#include "cal/charset.h"
#include "cal/series.h"

#include <string.h>
#include <strings.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif
#define DEPTH_MAX  16 /* of components that are passed over */
#define NAME_BYTES 30 /* the sieve cuts longer ones */

/* ---- lines -------------------------------------------------------------------------------- */

struct masks {
	uint64_t lf, cr, high;
};

#ifdef __SSE2__
static inline struct masks masks_of(const char *p)
{
	const __m128i lf = _mm_set1_epi8('\n'), cr = _mm_set1_epi8('\r');
	struct masks m = {0, 0, 0};
	for (int i = 0; i < 4; i++) {
		__m128i v = _mm_loadu_si128((const __m128i *)(const void *)(p + 16 * i));
		m.lf |= (uint64_t)(unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(v, lf)) << 16 * i;
		m.cr |= (uint64_t)(unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(v, cr)) << 16 * i;
		m.high |= (uint64_t)(unsigned)_mm_movemask_epi8(v) << 16 * i;
	}
	return m;
}
#else
static inline struct masks masks_of(const char *p)
{
	struct masks m = {0, 0, 0};
	for (int i = 0; i < 64; i++) {
		m.lf |= (uint64_t)(p[i] == '\n') << i;
		m.cr |= (uint64_t)(p[i] == '\r') << i;
		m.high |= (uint64_t)((unsigned char)p[i] >> 7) << i;
	}
	return m;
}
#endif

/* Bytes above 127 may mean that it is no UTF-8 at all: asked once. */
static void look_at_charset(struct lane_scan *s)
{
	size_t bom;
	s->utf8 = true;
	s->odd = s->odd || charset_guess(s->bytes, s->n, &bom) != CHARSET_UTF8;
}

void lane_load_block(struct lane_scan *s)
{
	char last[64] = {0};
	const char *p = s->bytes + s->next_block;
	size_t left = s->n - s->next_block;
	if (left < 64) {
		memcpy(last, p, left);
		p = last;
	}
	struct masks m = masks_of(p);
	/* a CR that no LF follows ends a line for the sieve, not for us */
	if (((m.cr << 1 | s->cr_before) & ~m.lf) || (left <= 64 && m.cr >> (left - 1) & 1))
		s->odd = true;
	s->cr_before = m.cr >> 63;
	s->block = s->next_block;
	s->next_block += 64;
	s->lf = m.lf;
	if (m.high && !s->utf8)
		look_at_charset(s);
}

/* Behind BEGIN and END nothing may be folded on, not even after empty lines. */
static void after_mark(struct lane_scan *s)
{
	while (s->next < s->n && (s->bytes[s->next] == '\r' || s->bytes[s->next] == '\n'))
		if (!lane_next(s))
			return;
	if (lane_folded(s))
		s->odd = true;
}

static bool plain_name(struct text t)
{
	for (size_t i = 0; i < t.n; i++)
		if (!((t.p[i] >= 'A' && t.p[i] <= 'Z') || (t.p[i] >= '0' && t.p[i] <= '9') ||
		      t.p[i] == '-'))
			return false;
	return t.n > 0 && t.n <= NAME_BYTES;
}

enum mark { MARK_NONE, MARK_BEGIN, MARK_END };

/* Whether the line opens or closes a component. */
static enum mark mark(struct lane_scan *s, struct text *name)
{
	const char *p = s->bytes + s->at;
	size_t n = s->end - s->at, k = p[0] == 'E' || p[0] == 'e' ? 3 : 5;
	if (n <= k || strncasecmp(p, k == 3 ? "END" : "BEGIN", k) != 0)
		return MARK_NONE;
	*name = (struct text){p + k + 1, n - k - 1};
	if (memcmp(p, k == 3 ? "END:" : "BEGIN:", k + 1) != 0 || !plain_name(*name)) {
		s->odd = true;
		return MARK_NONE;
	}
	after_mark(s);
	return k == 3 ? MARK_END : MARK_BEGIN;
}

static inline bool may_be_mark(const char *p)
{
	return (p[0] | 0x20) == 'b' || (p[0] | 0x20) == 'e';
}
/* ---- components --------------------------------------------------------------------------- */

static bool counts(struct lane_scan *s, int64_t depth)
{
	if (++s->components > (uint64_t)s->limits->components || depth > s->limits->nesting ||
	    depth > DEPTH_MAX)
		s->odd = true;
	return !s->odd;
}

/* A component that is passed over, up to its END. */
static void other(struct lane_scan *s, struct text name, int64_t depth)
{
	struct text open[DEPTH_MAX + 1] = {name};
	int inner = 0;
	if (!counts(s, depth))
		return;
	while (!s->odd && lane_next(s)) {
		const char *p = s->bytes + s->at;
		struct text found;
		s->lines++;
		if (s->end == s->at || !may_be_mark(p))
			continue;
		enum mark what = mark(s, &found);
		if (what == MARK_BEGIN) {
			if (text_is(found, "VEVENT") || !counts(s, depth + ++inner))
				s->odd = true;
			else
				open[inner] = found;
		} else if (what == MARK_END) {
			if (found.n != open[inner].n ||
			    memcmp(found.p, open[inner].p, found.n) != 0)
				break;
			if (inner-- == 0)
				return;
		}
	}
	s->odd = true;
}

/* Length and end by what was read; false for what warns. */
static bool set_span(struct lane_scan *s)
{
	struct lane_event *e = &s->now;
	const struct lane_time *a = &s->start, *b = &s->finish;
	e->start = a->utc;
	if (a->form == WIRE_FORM_NONE ||
	    (b->form && (a->form == WIRE_FORM_DATE) != (b->form == WIRE_FORM_DATE)))
		return false;
	if (a->form == WIRE_FORM_DATE) {
		int64_t days = b->form		       ? (b->local - a->local) / DAY_S
			       : s->duration_s > DAY_S ? (s->duration_s + DAY_S - 1) / DAY_S
						       : 1;
		e->end = zone_day_start(s->opts->zone,
					local_day(a->local) + (day_t)(days ? days : 1));
		return days >= 0;
	}
	if (b->form) {
		e->end = b->utc;
		return e->end >= e->start;
	}
	if (s->duration_s < 0)
		return false;
	int64_t days = s->duration_days * DAY_S <= s->duration_s ? s->duration_days : 0;
	local_t later = a->local + days * DAY_S;
	e->end = (a->form == WIRE_FORM_UTC ? later : lane_utc(&s->slots[a->zone], later)) +
		 s->duration_s - days * DAY_S;
	return true;
}

static void event_ends(struct lane_scan *s, size_t components_before)
{
	struct lane_file *file = s->file;
	struct lane_event *e = &s->now;
	size_t next = s->next < s->n ? s->next : s->n;
	e->n = (uint32_t)(next - e->from);
	e->lines = s->line - e->line + 1;
	e->components = (uint32_t)(s->components - components_before);
	if (!e->slow &&
	    (!set_span(s) || e->n > (uint64_t)s->limits->line_bytes ||
	     s->lines > s->limits->component_lines ||
	     sieve_title_counts(s->title_word, e->said.match,
				e->said.status == STATUS_CANCELLED || e->said.busy == SAID_FREE)))
		e->slow = true;
	if (!e->slow && s->start.form == WIRE_FORM_LOCAL)
		file->uses[file->n_calendars - 1] |= (uint16_t)(1u << s->start.zone);
	if (!e->slow && s->finish.form == WIRE_FORM_LOCAL)
		file->uses[file->n_calendars - 1] |= (uint16_t)(1u << s->finish.zone);
	e->zone = s->start.zone;
	e->said.all_day = s->start.form == WIRE_FORM_DATE;
	if (e->said.match)
		e->series = series_add(e->series, WIRE_MATCH, WIRE_FORM_NONE, 0,
				       (int64_t)e->said.match, 0, 0);
	file->v = xgrow(file->v, file->n_events, &file->cap, sizeof *file->v);
	file->v[file->n_events++] = *e;
}

static void event(struct lane_scan *s, size_t from, int line)
{
	size_t before = s->components;
	if (!counts(s, 2))
		return;
	s->now = (struct lane_event){.from = (uint32_t)from, .line = line, .series = SERIES_START};
	s->seen = 0;
	s->lines = 0;
	s->start = s->finish = (struct lane_time){0};
	s->duration_s = -1;
	s->duration_days = 0;
	s->title_word = -1;
	while (!s->odd && lane_next(s)) {
		const char *p = s->bytes + s->at;
		struct text name;
		s->lines++;
		if (s->end == s->at) {
			s->now.slow = true;
			continue;
		}
		if (p[0] == ' ' || p[0] == '\t' || (unsigned char)p[0] == 0xEF)
			break;
		enum mark what = may_be_mark(p) ? mark(s, &name) : MARK_NONE;
		if (what == MARK_END && text_is(name, "VEVENT")) {
			event_ends(s, before);
			return;
		}
		if (what == MARK_END || (what == MARK_BEGIN && text_is(name, "VEVENT")))
			break;
		if (what == MARK_BEGIN)
			other(s, name, 3);
		else
			lane_property(s);
	}
	s->odd = true;
}

/* METHOD:CANCEL speaks for every event of its calendar. */
static void header(struct lane_scan *s)
{
	static const char *const fine[] = {"METHOD:PUBLISH", "METHOD:REQUEST"};
	const char *p = s->bytes + s->at;
	struct text line = {p, s->end - s->at};
	bool told = line.n < 6 || strncasecmp(p, "METHOD", 6) != 0;
	for (size_t i = 0; i < sizeof fine / sizeof *fine && !told; i++)
		told = line.n == strlen(fine[i]) && memcmp(p, fine[i], line.n) == 0 &&
		       !lane_folded(s);
	if (!told)
		s->odd = true;
	while (lane_folded(s) && lane_next(s))
		continue;
}

static void calendar(struct lane_scan *s)
{
	struct lane_file *file = s->file;
	if (!counts(s, 1))
		return;
	file->uses = xgrow(file->uses, file->n_calendars, &file->cap_calendars, sizeof *file->uses);
	file->uses[file->n_calendars++] = 0;
	while (!s->odd && lane_next(s)) {
		const char *p = s->bytes + s->at;
		size_t from = s->at;
		int line = s->line;
		struct text name;
		if (s->end == s->at)
			continue;
		if (p[0] == ' ' || p[0] == '\t' || (unsigned char)p[0] == 0xEF)
			break;
		switch (may_be_mark(p) ? mark(s, &name) : MARK_NONE) {
		case MARK_END:
			if (!text_is(name, "VCALENDAR"))
				s->odd = true;
			return;
		case MARK_BEGIN:
			if (text_is(name, "VEVENT"))
				event(s, from, line);
			else if (text_is(name, "VCALENDAR"))
				s->odd = true;
			else
				other(s, name, 2);
			break;
		default: header(s);
		}
	}
	s->odd = true;
}

static void stream(struct lane_scan *s)
{
	bool any = false;
	while (!s->odd && lane_next(s)) {
		struct text name;
		if (any && s->end == s->at)
			continue;
		if (s->end == s->at || mark(s, &name) != MARK_BEGIN || !text_is(name, "VCALENDAR"))
			s->odd = true;
		else
			calendar(s);
		any = true;
	}
	if (!any)
		s->odd = true;
}

bool lane_scan(const char *bytes, size_t n, const struct policy *policy,
	       const struct timetable_opts *opts, struct lane_file *file)
{
	const struct import_limits *limits = opts->limits ? opts->limits : &import_limits_default;
	struct lane_file made = {.bytes = bytes, .n = n};
	struct err err;
	if (n > (uint64_t)limits->body_bytes || n > UINT32_MAX || n < 4)
		return false;
	made.patterns = patterns_new(policy, &err);
	struct lane_scan s = {
		.bytes = bytes,
		.n = n,
		.policy = policy,
		.opts = opts,
		.limits = limits,
		.file = &made,
		.odd = !made.patterns,
		.day_text = "19700101",
		.next = memcmp(bytes, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0,
	};
	stream(&s);
	buf_fini(&s.joined);
	/* after too many steps patterns give up: which titles they met depends on the order */
	if (s.odd || patterns_exhausted(made.patterns)) {
		lane_file_fini(&made);
		return false;
	}
	*file = made;
	return true;
}
