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
#include "cal/fastlane.h"

#include "base/buf.h"
#include "cal/charset.h"
#include "cal/series.h"

#include <string.h>
#include <strings.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#define DEPTH_MAX  16 /* of components that are passed over */
#define TITLES	   128
#define NAME_BYTES 30 /* the sieve cuts longer ones */

struct lane_time {
	local_t local;
	utc_t utc; /* of a DATE: start of that day */
	enum wire_form form;
	uint8_t zone;
};

struct slot {		    /* of a zone of this file */
	struct text params; /* ;TZID=Europe/Amsterdam */
	const struct zone *zone;
	uint64_t series;
	local_t from, to; /* readings that have this offset */
	int offset;
};

struct title {
	struct text text; /* in the bytes */
	unsigned match;
	int word; /* of cal/titles, or -1 */
};

struct scan {
	const char *bytes;
	size_t n;
	/* line feeds of the block of 64 bytes at @block that were not met yet */
	size_t block, next_block;
	uint64_t lf, cr_before;
	/* the line: its first byte, its end without CR, the first byte of the next one */
	size_t at, end, next;
	int line;
	bool odd, utf8;

	const struct policy *policy;
	const struct timetable_opts *opts;
	const struct import_limits *limits;
	struct lane_file *file;
	size_t components;
	struct slot slots[LANE_ZONES];
	struct slot *slot; /* used last */
	char day_text[9];
	day_t day;
	struct buf joined; /* a folded line */

	struct lane_event now;
	unsigned seen;
	int64_t lines; /* of the event, alarms too */
	struct lane_time start, finish;
	int64_t duration_s, duration_days;
	int title_word;
	struct title titles[TITLES]; /* looked at, by a number of theirs */
};

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
static void look_at_charset(struct scan *s)
{
	size_t bom;
	s->utf8 = true;
	s->odd = s->odd || charset_guess(s->bytes, s->n, &bom) != CHARSET_UTF8;
}

static void load_block(struct scan *s)
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

/* False at the end of the bytes. */
static inline bool read_line(struct scan *s)
{
	if (s->next >= s->n)
		return false;
	while (s->lf == 0 && s->next_block < s->n)
		load_block(s);
	size_t lf = s->lf ? s->block + (size_t)__builtin_ctzll(s->lf) : s->n;
	s->lf &= s->lf - 1;
	s->at = s->next;
	s->end = lf - (lf > s->at && s->bytes[lf - 1] == '\r');
	s->next = lf + 1;
	s->line++;
	return true;
}

static inline bool folded(const struct scan *s)
{
	return s->next < s->n && (s->bytes[s->next] == ' ' || s->bytes[s->next] == '\t');
}

/* Behind BEGIN and END nothing may be folded on, not even after empty lines. */
static void after_mark(struct scan *s)
{
	while (s->next < s->n && (s->bytes[s->next] == '\r' || s->bytes[s->next] == '\n'))
		if (!read_line(s))
			return;
	if (folded(s))
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
static enum mark mark(struct scan *s, struct text *name)
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

/* ---- values ------------------------------------------------------------------------------- */

static inline bool two_digits(const char *p, int *out)
{
	unsigned a = (unsigned)(p[0] - '0'), b = (unsigned)(p[1] - '0');
	*out = (int)(10 * a + b);
	return a <= 9 && b <= 9;
}

/* Dates come in pairs: start and end of a lesson are on one day. */
static inline bool read_day(struct scan *s, const char *p)
{
	if (memcmp(p, s->day_text, 8) == 0)
		return true;
	struct moment m;
	if (!moment_read((struct text){p, 8}, &m) || p[0] < '1' || p[0] > '2')
		return false;
	memcpy(s->day_text, p, 8);
	s->day = local_day(m.local);
	return true;
}

/* YYYYMMDDTHHMMSS */
static inline bool read_local(struct scan *s, const char *p, local_t *out)
{
	int hour, minute, second;
	if (p[8] != 'T' || !two_digits(p + 9, &hour) || !two_digits(p + 11, &minute) ||
	    !two_digits(p + 13, &second) || hour > 23 || minute > 59 || second > 59 ||
	    !read_day(s, p))
		return false;
	*out = local_at(s->day, hour * 3600 + minute * 60 + second);
	return true;
}

static inline utc_t slot_utc(struct slot *slot, local_t local)
{
	if (local < slot->from || local >= slot->to)
		slot->offset = zone_offset_around(slot->zone, local, &slot->from, &slot->to);
	return local - slot->offset;
}

static bool in_joined(const struct scan *s, struct text t)
{
	return s->joined.n > 0 && t.p >= s->joined.v && t.p < s->joined.v + s->joined.n;
}

/* The slot of ";TZID=name", made when it is new; NULL when it is none that we hold by just this
 * name. @params live in the bytes. */
static struct slot *slot_of(struct scan *s, struct text params)
{
	static const char start[] = ";TZID=";
	struct text name = {params.p + sizeof start - 1, params.n - (sizeof start - 1)};
	for (size_t i = 0; i < s->file->n_zones; i++)
		if (s->slots[i].params.n == params.n &&
		    memcmp(s->slots[i].params.p, params.p, params.n) == 0)
			return &s->slots[i];
	if (params.n <= sizeof start - 1 || memcmp(params.p, start, sizeof start - 1) != 0 ||
	    in_joined(s, params) || s->file->n_zones == LANE_ZONES)
		return NULL;
	const struct zone *zone = zone_by_tzid_iana(name.p, name.n);
	if (!zone || strlen(zone_name(zone)) != name.n ||
	    memcmp(zone_name(zone), name.p, name.n) != 0)
		return NULL;
	struct slot *slot = &s->slots[s->file->n_zones];
	*slot = (struct slot){
		.params = params, .zone = zone, .series = series_text(name.p, name.n)};
	s->file->zones[s->file->n_zones++] = zone;
	return slot;
}

static bool read_zoned(struct scan *s, struct slot *slot, const char *p, struct lane_time *out)
{
	if (!read_local(s, p, &out->local))
		return false;
	s->slot = slot;
	out->utc = slot_utc(slot, out->local);
	out->form = WIRE_FORM_LOCAL;
	out->zone = (uint8_t)(slot - s->slots);
	return true;
}

/* What stands behind DTSTART or DTEND: ";TZID=Europe/Amsterdam:20260901T083000" */
static bool read_time(struct scan *s, struct text t, struct lane_time *out)
{
	static const char value_date[] = ";VALUE=DATE";
	struct slot *slot = s->slot;
	if (slot && t.n == slot->params.n + 16 && t.p[slot->params.n] == ':' &&
	    memcmp(t.p, slot->params.p, slot->params.n) == 0)
		return read_zoned(s, slot, t.p + slot->params.n + 1, out);
	const char *colon = memchr(t.p, ':', t.n);
	if (!colon)
		return false;
	struct text params = {t.p, (size_t)(colon - t.p)};
	size_t n = t.n - params.n - 1;
	bool is_date = params.n == sizeof value_date - 1 &&
		       memcmp(params.p, value_date, sizeof value_date - 1) == 0;
	if (params.n > 0 && !is_date) {
		slot = n == 15 ? slot_of(s, params) : NULL;
		return slot && read_zoned(s, slot, colon + 1, out);
	}
	if (n == 8 && read_day(s, colon + 1)) {
		out->local = local_at(s->day, 0);
		out->utc = zone_day_start(s->opts->zone, s->day);
		out->form = WIRE_FORM_DATE;
		out->zone = LANE_DAY;
		return true;
	}
	if (is_date || n != 16 || colon[16] != 'Z' || !read_local(s, colon + 1, &out->local))
		return false;
	out->utc = out->local;
	out->form = WIRE_FORM_UTC;
	out->zone = LANE_UTC;
	return true;
}

static void note_time(struct scan *s, enum wire_property property, struct text t,
		      struct lane_time *out)
{
	if (!read_time(s, t, out)) {
		s->now.slow = true;
		return;
	}
	uint64_t tzid = out->form == WIRE_FORM_LOCAL ? s->slots[out->zone].series : 0;
	s->now.series = series_add(s->now.series, property, out->form, out->local, -1, tzid, 0);
}

/* ---- lines of an event -------------------------------------------------------------------- */

/* @t: what stands behind the name. Only called while the event is not slow, but for UID. */
typedef void line_fn(struct scan *s, struct text t);
static line_fn read_uid, read_start, read_end, read_duration, read_status, read_transp, read_busy,
	read_title, read_categories, pass, leave;

/* By first letter: rows of one letter stand together. */
static const struct row {
	const char *name;
	size_t n;
	bool once;
	line_fn *act;
} rows[] = {
	{"CATEGORIES", 10, false, read_categories},
	{"DTSTART", 7, true, read_start},
	{"DTEND", 5, true, read_end},
	{"DURATION", 8, true, read_duration},
	{"EXDATE", 6, false, leave},
	{"EXRULE", 6, false, leave},
	{"RRULE", 5, false, leave},
	{"RDATE", 5, false, leave},
	{"RECURRENCE-ID", 13, false, leave},
	{"STATUS", 6, true, read_status},
	{"SUMMARY", 7, false, read_title},
	{"SEQUENCE", 8, true, pass},
	{"TRANSP", 6, true, read_transp},
	{"UID", 3, true, read_uid},
	{"X-MICROSOFT-CDO-BUSYSTATUS", 26, true, read_busy},
};
enum { ROWS = sizeof rows / sizeof *rows };
static const uint8_t first_row[32] = {
	['C' & 31] = 1,	 ['D' & 31] = 2,  ['E' & 31] = 5,  ['R' & 31] = 7,
	['S' & 31] = 10, ['T' & 31] = 13, ['U' & 31] = 14, ['X' & 31] = 15,
};

static void leave(struct scan *s, struct text t)
{
	(void)t;
	s->now.slow = true;
}

static void pass(struct scan *s, struct text t)
{
	if (t.p[0] != ':')
		s->now.slow = true;
}

static void read_uid(struct scan *s, struct text t)
{
	const char *host = s->opts->own_host;
	size_t n = host ? strlen(host) : 0;
	if (t.p[0] != ':') {
		s->odd = true;
		return;
	}
	struct text uid = text_trim((struct text){t.p + 1, t.n - 1});
	if (uid.n == 0) {
		s->now.slow = true;
		return;
	}
	/* libical takes escapes out, so that others may be equal to it */
	if (memchr(uid.p, '\\', uid.n))
		s->odd = true;
	if (!charset_is_clean(uid.p, uid.n))
		s->now.slow = true;
	s->now.uid = mix_bytes(MIX_START, uid.p, uid.n) | 1;
	s->now.said.own_uid = n > 0 && uid.n > n && uid.p[uid.n - n - 1] == '@' &&
			      memcmp(uid.p + uid.n - n, host, n) == 0;
}

static void read_start(struct scan *s, struct text t)
{
	note_time(s, WIRE_DTSTART, t, &s->start);
}

static void read_end(struct scan *s, struct text t)
{
	note_time(s, WIRE_DTEND, t, &s->finish);
}

static void read_duration(struct scan *s, struct text t)
{
	struct text value = {t.p + 1, t.n - 1};
	if (t.p[0] != ':' || !length_read(value, &s->duration_s, &s->duration_days) ||
	    s->duration_s < 0) {
		s->now.slow = true;
		return;
	}
	s->now.series = series_add(s->now.series, WIRE_DURATION, WIRE_FORM_NONE, s->duration_days,
				   s->duration_s, 0, 0);
}

/* One of the words, or the slow lane. */
struct word {
	const char *word;
	int value;
};
static bool read_word(struct scan *s, enum wire_property property, struct text t,
		      const struct word *words, int *out)
{
	for (; words->word; words++) {
		if (t.p[0] != ':' || t.n - 1 != strlen(words->word) ||
		    memcmp(t.p + 1, words->word, t.n - 1) != 0)
			continue;
		*out = words->value;
		s->now.series =
			series_add(s->now.series, property, WIRE_FORM_NONE, 0, words->value, 0, 0);
		return true;
	}
	s->now.slow = true;
	return false;
}

static void read_status(struct scan *s, struct text t)
{
	static const struct word words[] = {{"CONFIRMED", STATUS_CONFIRMED},
					    {"TENTATIVE", STATUS_TENTATIVE},
					    {"CANCELLED", STATUS_CANCELLED},
					    {NULL, 0}};
	int value;
	if (read_word(s, WIRE_STATUS, t, words, &value))
		s->now.said.status = (enum said_status)value;
}

static void read_transp(struct scan *s, struct text t)
{
	static const struct word words[] = {{"OPAQUE", 0}, {"TRANSPARENT", 1}, {NULL, 0}};
	int value;
	if (read_word(s, WIRE_TRANSP, t, words, &value))
		s->now.said.transparent = value == 1;
}

static void read_busy(struct scan *s, struct text t)
{
	static const struct word words[] = {{"BUSY", SAID_BUSY},
					    {"FREE", SAID_FREE},
					    {"TENTATIVE", SAID_TENTATIVE},
					    {"OOF", SAID_OOF},
					    {"WORKINGELSEWHERE", SAID_ELSEWHERE},
					    {NULL, 0}};
	int value;
	if (read_word(s, WIRE_BUSYSTATUS, t, words, &value))
		s->now.said.busy = (enum said_busy)value;
}

/* The value of a text, perhaps behind ;LANGUAGE=... */
static bool text_value(struct text t, struct text *out)
{
	const char *name = t.p - 1; /* of the name one byte is enough */
	struct content c;
	if (t.p[0] == ':') {
		*out = text_trim((struct text){t.p + 1, t.n - 1});
		return true;
	}
	if (!content_split((struct text){name, t.n + 1}, false, &c))
		return false;
	*out = c.value;
	return true;
}

/* Titles come again and again. The answer lives until the next call. */
static const struct title *look_at_title(struct scan *s, struct text t)
{
	struct title *known = &s->titles[mix_bytes(MIX_START, t.p, t.n) % TITLES];
	if (known->text.p && known->text.n == t.n && memcmp(known->text.p, t.p, t.n) == 0)
		return known;
	*known = (struct title){
		.text = in_joined(s, t) ? (struct text){NULL, 0} : t,
		.match = patterns_title(s->file->patterns, t.p, t.n),
		.word = title_find(t.p, t.n),
	};
	return known;
}

static void read_title(struct scan *s, struct text t)
{
	struct text title;
	if (!text_value(t, &title)) {
		s->now.slow = true;
		return;
	}
	const struct title *known = look_at_title(s, title);
	s->now.said.match |= known->match;
	if (s->title_word < 0)
		s->title_word = known->word;
}

static void read_categories(struct scan *s, struct text t)
{
	if (s->policy->lesson || t.p[0] != ':') /* a list: the sieve cuts it up */
		leave(s, t);
}

static inline bool name_byte(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
	       c == '-' || c == '_';
}

/* A property's row; NULL when it says nothing of time. A name of ours in small letters is for
 * the slow lane. */
static inline const struct row *row_of(struct scan *s, const char *p, size_t k)
{
	unsigned i = first_row[p[0] & 31];
	if (i-- == 0)
		return NULL;
	for (char letter = rows[i].name[0]; i < ROWS && rows[i].name[0] == letter; i++) {
		if (rows[i].n != k || ((rows[i].name[k - 1] ^ p[k - 1]) & ~0x20))
			continue;
		if (memcmp(rows[i].name, p, k) == 0)
			return &rows[i];
		if (strncasecmp(rows[i].name, p, k) == 0) {
			s->now.slow = true;
			s->odd = s->odd || rows[i].act == read_uid;
		}
	}
	return NULL;
}

/* Passes over the line; what has no value is complained of by the sieve. */
static inline void drop(struct scan *s, size_t k)
{
	bool colon =
		s->bytes[s->at + k] == ':' || memchr(s->bytes + s->at + k, ':', s->end - s->at - k);
	while (folded(s) && read_line(s))
		colon = colon || memchr(s->bytes + s->at, ':', s->end - s->at);
	if (!colon)
		s->now.slow = true;
}

/* The line as one. */
static struct text whole(struct scan *s)
{
	if (!folded(s))
		return (struct text){s->bytes + s->at, s->end - s->at};
	buf_clear(&s->joined);
	buf_add(&s->joined, s->bytes + s->at, s->end - s->at);
	while (folded(s) && read_line(s))
		buf_add(&s->joined, s->bytes + s->at + 1, s->end - s->at - 1);
	return (struct text){s->joined.v, s->joined.n};
}

/* Neither NAME: nor NAME; */
static void strange(struct scan *s, const char *p, size_t n)
{
	s->now.slow = true;
	if (n >= 3 && strncasecmp(p, "UID", 3) == 0 && (n == 3 || !name_byte(p[3])))
		s->odd = true;
	while (folded(s) && read_line(s))
		continue;
}

static inline void property(struct scan *s)
{
	const char *p = s->bytes + s->at;
	size_t n = s->end - s->at, k = 0;
	while (k < n && name_byte(p[k]))
		k++;
	if (k == 0 || k >= n || (p[k] != ':' && p[k] != ';')) {
		strange(s, p, n);
		return;
	}
	const struct row *row = row_of(s, p, k);
	if (!row || (s->now.slow && row->act != read_uid)) {
		drop(s, k);
		return;
	}
	struct text line = whole(s);
	unsigned bit = 1u << (row - rows);
	if (row->once && (s->seen & bit)) {
		s->now.slow = true;
		return;
	}
	s->seen |= bit;
	row->act(s, (struct text){line.p + k, line.n - k});
}

/* ---- components --------------------------------------------------------------------------- */

static bool counts(struct scan *s, int64_t depth)
{
	if (++s->components > (uint64_t)s->limits->components || depth > s->limits->nesting ||
	    depth > DEPTH_MAX)
		s->odd = true;
	return !s->odd;
}

/* A component that is passed over, up to its END. */
static void other(struct scan *s, struct text name, int64_t depth)
{
	struct text open[DEPTH_MAX + 1] = {name};
	int inner = 0;
	if (!counts(s, depth))
		return;
	while (!s->odd && read_line(s)) {
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
static bool set_span(struct scan *s)
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
	e->end = (a->form == WIRE_FORM_UTC ? later : slot_utc(&s->slots[a->zone], later)) +
		 s->duration_s - days * DAY_S;
	return true;
}

static void event_ends(struct scan *s, size_t components_before)
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

static void event(struct scan *s, size_t from, int line)
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
	while (!s->odd && read_line(s)) {
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
			property(s);
	}
	s->odd = true;
}

/* METHOD:CANCEL speaks for every event of its calendar. */
static void header(struct scan *s)
{
	static const char *const fine[] = {"METHOD:PUBLISH", "METHOD:REQUEST"};
	const char *p = s->bytes + s->at;
	struct text line = {p, s->end - s->at};
	bool told = line.n < 6 || strncasecmp(p, "METHOD", 6) != 0;
	for (size_t i = 0; i < sizeof fine / sizeof *fine && !told; i++)
		told = line.n == strlen(fine[i]) && memcmp(p, fine[i], line.n) == 0 && !folded(s);
	if (!told)
		s->odd = true;
	while (folded(s) && read_line(s))
		continue;
}

static void calendar(struct scan *s)
{
	struct lane_file *file = s->file;
	if (!counts(s, 1))
		return;
	file->uses = xgrow(file->uses, file->n_calendars, &file->cap_calendars, sizeof *file->uses);
	file->uses[file->n_calendars++] = 0;
	while (!s->odd && read_line(s)) {
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

static void stream(struct scan *s)
{
	bool any = false;
	while (!s->odd && read_line(s)) {
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
	struct scan s = {
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
