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
#include "cal/unitcache.h"

#include <string.h>
#include <strings.h>
#ifdef __SSE2__
#include <immintrin.h>
#endif
#define DEPTH_MAX  16 /* of components that are passed over */
#define NAME_BYTES 30 /* the sieve cuts longer ones */

/* ---- lines -------------------------------------------------------------------------------- */

static unsigned count_bits(uint64_t v)
{
	v -= v >> 1 & 0x5555555555555555u;
	v = (v & 0x3333333333333333u) + (v >> 2 & 0x3333333333333333u);
	v = (v + (v >> 4)) & 0x0F0F0F0F0F0F0F0Fu;
	return (unsigned)(v * 0x0101010101010101u >> 56);
}

/* What stands where in 64 bytes. */
struct masks {
	uint64_t lf, cr;
	unsigned n; /* bits of lf */
	bool high;
};

#ifdef __SSE2__
/* A bit for each byte of the 64 at @p that equals @c. */
static inline uint64_t equal(const __m128i v[4], char c)
{
	const __m128i all = _mm_set1_epi8(c);
	uint64_t a = (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(v[0], all));
	uint64_t b = (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(v[1], all));
	uint64_t d = (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(v[2], all));
	uint64_t e = (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(v[3], all));
	return a | b << 16 | d << 32 | e << 48;
}

static inline struct masks masks_of(const char *p)
{
	const __m128i *at = (const __m128i *)(const void *)p;
	const __m128i v[4] = {_mm_loadu_si128(at), _mm_loadu_si128(at + 1), _mm_loadu_si128(at + 2),
			      _mm_loadu_si128(at + 3)};
	__m128i any = _mm_or_si128(_mm_or_si128(v[0], v[1]), _mm_or_si128(v[2], v[3]));
	uint64_t lf = equal(v, '\n');
	return (struct masks){lf, equal(v, '\r'), count_bits(lf), _mm_movemask_epi8(any) != 0};
}
#else
static inline struct masks masks_of(const char *p)
{
	struct masks m = {0};
	for (int i = 0; i < 64; i++) {
		m.lf |= (uint64_t)(p[i] == '\n') << i;
		m.cr |= (uint64_t)(p[i] == '\r') << i;
		m.high |= ((unsigned char)p[i] >> 7) != 0;
	}
	m.n = count_bits(m.lf);
	return m;
}
#endif

/* Bytes above 127 may mean that it is no UTF-8 at all: asked once. */
void lane_high_bytes(struct lane_scan *s)
{
	size_t bom;
	if (s->utf8)
		return;
	s->utf8 = true;
	s->odd = s->odd || charset_guess(s->bytes, s->n, &bom) != CHARSET_UTF8;
}

/* Three ends at once without a question, since most blocks have no more. */
static inline void note_ends(struct lane_scan *s, uint64_t lf, unsigned n, size_t block)
{
	const uint64_t stop = (uint64_t)1 << 63;
	uint32_t *out = s->ends + s->n_ends;
	s->n_ends += n;
	for (int i = 0; i < 3; i++, lf &= lf - 1)
		out[i] = (uint32_t)block + (uint32_t)__builtin_ctzll(lf | stop);
	for (out += 3; lf; lf &= lf - 1)
		*out++ = (uint32_t)block + (uint32_t)__builtin_ctzll(lf);
}

static inline __attribute__((always_inline)) void find_ends_by(struct lane_scan *s,
							       struct masks (*of)(const char *p))
{
	size_t left = s->n - s->stretch, n = left < LANE_STRETCH ? left : LANE_STRETCH;
	size_t block = s->stretch, past = s->stretch + n;
	bool high = false;
	char last[64] = {0};
	for (; block < past; block += 64) {
		const char *p = s->bytes + block;
		if (past - block < 64)
			p = memcpy(last, p, past - block);
		struct masks m = of(p);
		/* a CR that no LF follows ends a line for the sieve, not for us */
		s->odd |= ((m.cr << 1 | s->cr_before) & ~m.lf) != 0;
		s->cr_before = m.cr >> 63;
		high |= m.high;
		note_ends(s, m.lf, m.n, block);
	}
	s->stretch = past;
	if (high)
		lane_high_bytes(s);
}

#ifdef __SSE2__
#define WIDE __attribute__((target("avx2,bmi,popcnt")))
static inline WIDE struct masks wide_masks_of(const char *p)
{
	const __m256i lf = _mm256_set1_epi8('\n'), cr = _mm256_set1_epi8('\r');
	__m256i a = _mm256_loadu_si256((const __m256i *)(const void *)p);
	__m256i b = _mm256_loadu_si256((const __m256i *)(const void *)(p + 32));
	uint64_t lf_a = (unsigned)_mm256_movemask_epi8(_mm256_cmpeq_epi8(a, lf));
	uint64_t lf_b = (unsigned)_mm256_movemask_epi8(_mm256_cmpeq_epi8(b, lf));
	uint64_t cr_a = (unsigned)_mm256_movemask_epi8(_mm256_cmpeq_epi8(a, cr));
	uint64_t cr_b = (unsigned)_mm256_movemask_epi8(_mm256_cmpeq_epi8(b, cr));
	return (struct masks){lf_a | lf_b << 32, cr_a | cr_b << 32,
			      (unsigned)__builtin_popcountll(lf_a | lf_b << 32),
			      _mm256_movemask_epi8(_mm256_or_si256(a, b)) != 0};
}

static WIDE void find_ends_wide(struct lane_scan *s)
{
	find_ends_by(s, wide_masks_of);
}
#else
#define find_ends_wide(s) find_ends_by(s, masks_of)
#endif

static void find_ends(struct lane_scan *s)
{
	if (s->wide)
		find_ends_wide(s);
	else
		find_ends_by(s, masks_of);
}

/* Whether the processor takes 32 bytes at once. */
static bool is_wide(void)
{
#ifdef __SSE2__
	return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") &&
	       __builtin_cpu_supports("popcnt");
#else
	return false;
#endif
}

void lane_find_ends(struct lane_scan *s)
{
	s->i_end = s->n_ends = 0;
	while (s->n_ends == 0 && s->stretch < s->n)
		find_ends(s);
	if (s->n_ends == 0)
		s->ends[s->n_ends++] = (uint32_t)s->n; /* the last line has no end of its own */
}

/* Behind BEGIN and END nothing may be folded on, not even after empty lines. */
static inline void after_mark(struct lane_scan *s)
{
	if (s->next >= s->n || (unsigned char)s->bytes[s->next] > ' ')
		return;
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

static inline bool is_vevent(struct text name)
{
	/* what stands before a name is read with it: in one piece */
	return name.n == 6 && mix_load(name.p - 2) >> 16 == mix_load("D:VEVENT") >> 16;
}

static inline bool is_end_of_event(const char *p, size_t n)
{
	return n == 10 && mix_load(p) == mix_load("END:VEVE") && p[8] == 'N' && p[9] == 'T';
}

enum mark { MARK_NONE, MARK_BEGIN, MARK_END };

/* Whether the line opens or closes a component. */
static enum mark mark(struct lane_scan *s, struct text *name)
{
	const char *p = s->bytes + s->at;
	size_t n = s->end - s->at, k = p[0] == 'E' || p[0] == 'e' ? 3 : 5;
	*name = (struct text){p + k + 1, n - k - 1};
	if (n == k + 7 && is_vevent(*name) && memcmp(p, k == 3 ? "END:" : "BEGIN:", k + 1) == 0) {
		after_mark(s);
		return k == 3 ? MARK_END : MARK_BEGIN;
	}
	if (n <= k || strncasecmp(p, k == 3 ? "END" : "BEGIN", k) != 0)
		return MARK_NONE;
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
			if (is_vevent(found) || !counts(s, depth + ++inner))
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
	struct lane_event *e = s->now;
	const struct lane_time *a = &s->start, *b = &s->finish;
	bool open = a->form == WIRE_FORM_LOCAL && lane_is_open(s->file, a->zone);
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
		/* a DTEND without a zone is on the clock of a DTSTART with one: for the slow lane */
		if (b->form == WIRE_FORM_LOCAL && b->zone == LANE_FLOATING &&
		    !(a->form == WIRE_FORM_LOCAL && a->zone == LANE_FLOATING))
			return false;
		return open || (b->form == WIRE_FORM_LOCAL && lane_is_open(s->file, b->zone)) ||
		       e->end >= e->start;
	}
	if (s->duration_s < 0)
		return false;
	int64_t days = s->duration_days * DAY_S <= s->duration_s ? s->duration_days : 0;
	local_t later = a->local + days * DAY_S;
	if (open) {
		e->end = a->local + s->duration_s;
		return days == 0;
	}
	e->end = (a->form == WIRE_FORM_UTC ? later : lane_utc(&s->slots[a->zone], later)) +
		 s->duration_s - days * DAY_S;
	return true;
}

static void event_ends(struct lane_scan *s, size_t components_before)
{
	struct lane_file *file = s->file;
	struct lane_event *e = s->now;
	size_t next = s->next < s->n ? s->next : s->n;
	e->n = (uint32_t)(next - e->from);
	e->lines = s->line - e->line + 1;
	e->components = (uint32_t)(s->components - components_before);
	if (!e->slow &&
	    (!set_span(s) || e->n > (uint64_t)s->limits->line_bytes ||
	     s->lines > s->limits->component_lines ||
	     (s->title_word >= 0 &&
	      sieve_title_counts(s->title_word, e->said.match,
				 e->said.status == STATUS_CANCELLED || e->said.busy == SAID_FREE))))
		e->slow = true;
	e->zone = s->start.zone;
	bool open = lane_is_open(file, e->zone);
	e->end_zone = s->finish.form == WIRE_FORM_LOCAL ? s->finish.zone
		      : open && !s->finish.form		? LANE_EXACT
							: LANE_UTC;
	file->open |= !e->slow && (open || lane_is_open(file, e->end_zone));
	lane_note_uses(&file->uses[file->n_calendars - 1], e);
	e->said.all_day = s->start.form == WIRE_FORM_DATE;
	if (e->said.match) {
		e->series = series_add(e->series, WIRE_MATCH, WIRE_FORM_NONE, 0,
				       (int64_t)e->said.match, 0, 0);
		/* what a partner may visit keeps title and place: the sieve's business */
		e->slow |= (e->said.match & MATCH_LESSON) != 0;
	}
	file->n_events++;
}

/* Field by field: for a whole struct the compiler takes an instruction that is slow to start. */
static inline void open_event(struct lane_scan *s, size_t from, int line)
{
	struct lane_file *file = s->file;
	file->v = xgrow(file->v, file->n_events, &file->cap, sizeof *file->v);
	struct lane_event *e = s->now = &file->v[file->n_events];
	e->series = SERIES_START;
	e->uid = 0;
	e->from = (uint32_t)from;
	e->calendar = (uint32_t)file->n_calendars;
	e->unit = 0;
	e->line = line;
	e->said.all_day = e->said.transparent = e->said.own_uid = false;
	e->said.status = STATUS_NONE;
	e->said.busy = SAID_NOTHING;
	e->said.match = 0;
	e->slow = false;
	e->start = e->end = 0;
	s->seen = 0;
	s->lines = 0;
	s->start.form = s->finish.form = WIRE_FORM_NONE;
	s->duration_s = -1;
	s->duration_days = 0;
	s->title_word = -1;
	s->shape = LANE_SHAPES;
}

static void event(struct lane_scan *s, size_t from, int line)
{
	size_t before = s->components;
	if (!counts(s, 2))
		return;
	open_event(s, from, line);
	while (!s->odd && lane_next(s)) {
		const char *p = s->bytes + s->at;
		const struct lane_shape *shape = lane_expected(s);
		struct text name;
		s->lines++;
		if (shape) {
			if (shape->row || p[shape->k] != ':' || lane_folded(s))
				lane_property_known(s, shape);
			continue;
		}
		if (is_end_of_event(p, s->end - s->at)) {
			after_mark(s);
			event_ends(s, before);
			return;
		}
		if (s->end == s->at) {
			s->now->slow = true;
			continue;
		}
		if (p[0] == ' ' || p[0] == '\t' || (unsigned char)p[0] == 0xEF)
			break;
		enum mark what = may_be_mark(p) ? mark(s, &name) : MARK_NONE;
		if (what == MARK_END && is_vevent(name)) {
			event_ends(s, before);
			return;
		}
		if (what == MARK_END || (what == MARK_BEGIN && is_vevent(name)))
			break;
		if (what == MARK_BEGIN)
			other(s, name, 3);
		else
			lane_property(s);
	}
	s->odd = true;
}

static inline void event_or_group(struct lane_scan *s, size_t from, int line)
{
	size_t before = s->components;
	if (s->finder.old && !s->odd && lane_groups_take(s, from, line))
		return;
	event(s, from, line);
	if (s->finder.old && !s->odd)
		lane_groups_resync(s, before);
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
			if (is_vevent(name))
				event_or_group(s, from, line);
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
	if (!any || s->bytes[s->n - 1] == '\r')
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
	made.bom = memcmp(bytes, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
	struct lane_scan s = {
		.bytes = bytes,
		.n = n,
		.policy = policy,
		.opts = opts,
		.own_host = {opts->own_host, opts->own_host ? strlen(opts->own_host) : 0},
		.limits = limits,
		.file = &made,
		.odd = !made.patterns,
		.wide = is_wide(),
		.day_text = mix_load("19700101"),
		.day_of_month = 1,
		.shapes = {[LANE_SHAPES] = {.head = {1}, .next = LANE_SHAPES}},
		.next = made.bom,
	};
	struct unit_cache_groups groups = {0};
	if (opts->units)
		groups = unit_cache_groups(opts->units, policy, opts);
	lane_finder_init(&s.finder, groups.old);
	stream(&s);
	if (opts->units && !s.odd && made.n_events >= groups.least)
		lane_groups_keep(&s, groups.size);
	lane_finder_fini(&s.finder);
	buf_fini(&s.joined);
	/* after too many steps patterns give up: which titles they met depends on the order */
	if (s.odd || patterns_exhausted(made.patterns)) {
		lane_file_fini(&made);
		return false;
	}
	lane_place(&made, opts);
	*file = made;
	return true;
}
