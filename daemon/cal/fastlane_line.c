/* fastlane_line.c -- one line of an event: told by its name, read when it says when or whether. */
#include "cal/fastlane_scan.h"

#include "cal/charset.h"
#include "cal/series.h"

#include <string.h>
#include <strings.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

/* memcmp is a call; what is compared here is short. */
static inline bool same_bytes(const char *a, const char *b, size_t n)
{
	if (n < 8)
		return memcmp(a, b, n) == 0;
	for (size_t i = 0; i + 8 <= n; i += 8)
		if (mix_load(a + i) != mix_load(b + i))
			return false;
	return mix_load(a + n - 8) == mix_load(b + n - 8);
}

/* ---- values ------------------------------------------------------------------------------- */

#define EACH(byte) (0x0101010101010101u * (byte))

/* Whether all bytes of @v are digits where @mask has ones. */
static inline bool are_digits(uint64_t v, uint64_t mask)
{
	return (((v ^ EACH('0')) | ((v + EACH(6)) ^ EACH('0'))) & EACH(0xF0) & mask) == 0;
}

/* Dates come in pairs, start and end of a lesson are on one day, and the next one mostly is in
 * the same month. */
static inline bool read_day(struct lane_scan *s, const char *p)
{
	const uint64_t in_month = 0xFFFF000000000000u; /* first byte lowest */
	uint64_t v = mix_load(p);
	if (v == s->day_text)
		return true;
	int of_month = (int)((v >> 48 & 0xF) * 10 + (v >> 56 & 0xF));
	if (((v ^ s->day_text) & ~in_month) == 0 && are_digits(v, in_month) && of_month >= 1 &&
	    of_month <= 28) {
		s->day += of_month - s->day_of_month;
	} else {
		struct moment m;
		if (!moment_read((struct text){p, 8}, &m) || p[0] < '1' || p[0] > '2')
			return false;
		s->day = local_day(m.local);
	}
	s->day_text = v;
	s->day_of_month = of_month;
	return true;
}

/* YYYYMMDDTHHMMSS */
static inline bool read_local(struct lane_scan *s, const char *p, local_t *out)
{
	uint64_t v = mix_load(p + 7); /* the T is the second byte */
	if ((v >> 8 & 0xFF) != 'T' || !are_digits(v, ~(uint64_t)0xFFFF) || !read_day(s, p))
		return false;
	v = v >> 16 & EACH(0xF);
	v = v * 10 + (v >> 8);
	unsigned hour = v & 0xFF, minute = v >> 16 & 0xFF, second = v >> 32 & 0xFF;
	if (hour > 23 || minute > 59 || second > 59)
		return false;
	*out = local_at(s->day, (int)(hour * 3600 + minute * 60 + second));
	return true;
}

static bool in_joined(const struct lane_scan *s, struct text t)
{
	return s->joined.n > 0 && t.p >= s->joined.v && t.p < s->joined.v + s->joined.n;
}

static inline bool name_byte(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
	       c == '-' || c == '_';
}

/* A TZID that every reader reads alike: no quotes, no escapes, no path. */
static bool is_plain_name(struct text name)
{
	for (size_t i = 0; i < name.n; i++)
		if (!name_byte(name.p[i]) && !strchr(" ._+/", name.p[i]))
			return false;
	return sieve_is_zone_name(name) && name.p[0] != ' ' && name.p[name.n - 1] != ' ';
}

struct lane_slot *lane_slot_of(struct lane_scan *s, struct text params)
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
	bool same = zone && strlen(zone_name(zone)) == name.n &&
		    memcmp(zone_name(zone), name.p, name.n) == 0;
	if (!same && !is_plain_name(name))
		return NULL;
	struct lane_slot *slot = &s->slots[s->file->n_zones];
	*slot = (struct lane_slot){.params = params,
				   .zone = same ? zone : NULL,
				   .series = series_text(name.p, name.n)};
	s->file->names[s->file->n_zones] = name;
	s->file->zones[s->file->n_zones++] = slot->zone;
	return slot;
}

static inline bool read_zoned(struct lane_scan *s, struct lane_slot *slot, const char *p,
			      struct lane_time *out)
{
	if (!read_local(s, p, &out->local))
		return false;
	s->slot = slot;
	out->utc = slot->zone ? lane_utc(slot, out->local) : out->local;
	out->form = WIRE_FORM_LOCAL;
	out->zone = (uint8_t)(slot - s->slots);
	return true;
}

/* What stands behind DTSTART or DTEND: ";TZID=Europe/Amsterdam:20260901T083000" */
static inline bool read_time(struct lane_scan *s, struct text t, struct lane_time *out)
{
	static const char value_date[] = ";VALUE=DATE";
	struct lane_slot *slot = s->slot;
	if (slot && t.n == slot->params.n + 16 && t.p[slot->params.n] == ':' &&
	    same_bytes(t.p, slot->params.p, slot->params.n))
		return read_zoned(s, slot, t.p + slot->params.n + 1, out);
	const char *colon = memchr(t.p, ':', t.n);
	if (!colon)
		return false;
	struct text params = {t.p, (size_t)(colon - t.p)};
	size_t n = t.n - params.n - 1;
	bool is_date = params.n == sizeof value_date - 1 &&
		       memcmp(params.p, value_date, sizeof value_date - 1) == 0;
	if (params.n > 0 && !is_date) {
		slot = n == 15 ? lane_slot_of(s, params) : NULL;
		return slot && read_zoned(s, slot, colon + 1, out);
	}
	if (n == 8 && read_day(s, colon + 1)) {
		out->local = local_at(s->day, 0);
		out->utc = zone_day_start(s->opts->zone, s->day);
		out->form = WIRE_FORM_DATE;
		out->zone = LANE_DAY;
		return true;
	}
	if (!is_date && n == 15 && read_local(s, colon + 1, &out->local)) {
		out->utc = out->local;
		out->form = WIRE_FORM_LOCAL;
		out->zone = LANE_FLOATING;
		return true;
	}
	if (is_date || n != 16 || colon[16] != 'Z' || !read_local(s, colon + 1, &out->local))
		return false;
	out->utc = out->local;
	out->form = WIRE_FORM_UTC;
	out->zone = LANE_UTC;
	return true;
}

static inline void note_time(struct lane_scan *s, enum wire_property property, struct text t,
			     struct lane_time *out)
{
	if (!read_time(s, t, out)) {
		s->now->slow = true;
		return;
	}
	uint64_t tzid = out->zone < LANE_ZONES ? s->slots[out->zone].series : 0;
	s->now->series = series_add(s->now->series, property, out->form, out->local, -1, tzid, 0);
}

/* ---- lines of an event -------------------------------------------------------------------- */

/* @t: what stands behind the name. Only called while the event is not slow, but for UID. */
typedef void line_fn(struct lane_scan *s, struct text t);
static line_fn read_uid, read_start, read_end, read_duration, read_status, read_transp, read_busy,
	read_title, read_categories, pass, leave;

/* By first letter: rows of one letter stand together, and their lengths in the table behind. */
static const struct lane_row {
	char name[32];
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
static const struct {
	uint8_t row;
	uint32_t lengths; /* bits */
} letters[32] = {
	['C' & 31] = {0, 1 << 10},
	['D' & 31] = {1, 1 << 5 | 1 << 7 | 1 << 8},
	['E' & 31] = {4, 1 << 6},
	['R' & 31] = {6, 1 << 5 | 1 << 13},
	['S' & 31] = {9, 1 << 6 | 1 << 7 | 1 << 8},
	['T' & 31] = {12, 1 << 6},
	['U' & 31] = {13, 1 << 3},
	['X' & 31] = {14, 1 << 26},
};

static void leave(struct lane_scan *s, struct text t)
{
	(void)t;
	s->now->slow = true;
}

static void pass(struct lane_scan *s, struct text t)
{
	if (t.p[0] != ':')
		s->now->slow = true;
}

/* Bytes from '!' to '~' without a backslash: nothing to trim, to refuse or to unescape. The last
 * eight are looked at as a whole, some of them a second time. */
static inline bool uid_is_plain(struct text t)
{
	const uint64_t ones = 0x0101010101010101u, top = 0x8080808080808080u;
	if (t.n < 8)
		return false; /* few: the long way is short */
	for (size_t i = 0;; i = i + 8 <= t.n - 8 ? i + 8 : t.n - 8) {
		uint64_t v;
		memcpy(&v, t.p + i, 8);
		uint64_t slashes = v ^ (ones * '\\'); /* a zero byte for each */
		uint64_t zero = (slashes - ones) & ~slashes;
		if (((v | (v + ones) | zero) & top) || ((v + ones * 0x5F) & top) != top)
			return false;
		if (i == t.n - 8)
			return true;
	}
}

static void read_uid(struct lane_scan *s, struct text t)
{
	size_t n = s->own_host.n;
	if (t.p[0] != ':') {
		s->odd = true;
		return;
	}
	struct text uid = {t.p + 1, t.n - 1};
	if (!uid_is_plain(uid)) {
		uid = text_trim(uid);
		/* libical takes escapes out, so that others may be equal to it */
		if (uid.n > 0 && memchr(uid.p, '\\', uid.n))
			s->odd = true;
		if (uid.n == 0 || !charset_is_clean(uid.p, uid.n))
			s->now->slow = true;
		if (uid.n == 0)
			return;
	}
	s->now->uid = mix_bytes(MIX_START, uid.p, uid.n) | 1;
	s->now->said.own_uid = n > 0 && uid.n > n && uid.p[uid.n - n - 1] == '@' &&
			       memcmp(uid.p + uid.n - n, s->own_host.p, n) == 0;
}

static void read_start(struct lane_scan *s, struct text t)
{
	note_time(s, WIRE_DTSTART, t, &s->start);
}

static void read_end(struct lane_scan *s, struct text t)
{
	note_time(s, WIRE_DTEND, t, &s->finish);
}

static void read_duration(struct lane_scan *s, struct text t)
{
	struct text value = {t.p + 1, t.n - 1};
	if (t.p[0] != ':' || !length_read(value, &s->duration_s, &s->duration_days) ||
	    s->duration_s < 0) {
		s->now->slow = true;
		return;
	}
	s->now->series = series_add(s->now->series, WIRE_DURATION, WIRE_FORM_NONE, s->duration_days,
				    s->duration_s, 0, 0);
}

/* One of the words, or the slow lane. */
struct word {
	const char *word;
	int value;
};
static bool read_word(struct lane_scan *s, enum wire_property property, struct text t,
		      const struct word *words, int *out)
{
	for (; words->word; words++) {
		if (t.p[0] != ':' || t.n - 1 != strlen(words->word) ||
		    memcmp(t.p + 1, words->word, t.n - 1) != 0)
			continue;
		*out = words->value;
		s->now->series =
			series_add(s->now->series, property, WIRE_FORM_NONE, 0, words->value, 0, 0);
		return true;
	}
	s->now->slow = true;
	return false;
}

static void read_status(struct lane_scan *s, struct text t)
{
	static const struct word words[] = {{"CONFIRMED", STATUS_CONFIRMED},
					    {"TENTATIVE", STATUS_TENTATIVE},
					    {"CANCELLED", STATUS_CANCELLED},
					    {NULL, 0}};
	int value;
	if (read_word(s, WIRE_STATUS, t, words, &value))
		s->now->said.status = (enum said_status)value;
}

static void read_transp(struct lane_scan *s, struct text t)
{
	static const struct word words[] = {{"OPAQUE", 0}, {"TRANSPARENT", 1}, {NULL, 0}};
	int value;
	if (read_word(s, WIRE_TRANSP, t, words, &value))
		s->now->said.transparent = value == 1;
}

static void read_busy(struct lane_scan *s, struct text t)
{
	static const struct word words[] = {{"BUSY", SAID_BUSY},
					    {"FREE", SAID_FREE},
					    {"TENTATIVE", SAID_TENTATIVE},
					    {"OOF", SAID_OOF},
					    {"WORKINGELSEWHERE", SAID_ELSEWHERE},
					    {NULL, 0}};
	int value;
	if (read_word(s, WIRE_BUSYSTATUS, t, words, &value))
		s->now->said.busy = (enum said_busy)value;
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
static const struct lane_title *look_at_title(struct lane_scan *s, struct text t)
{
	/* its ends are enough: who makes many alike gains nothing */
	uint64_t hash = t.n < 8 ? mix_bytes(MIX_START, t.p, t.n)
				: mix_fold(mix_load(t.p) ^ MIX_START,
					   mix_load(t.p + t.n - 8) ^ (uint64_t)t.n << 32);
	struct lane_title *known = NULL;
	for (unsigned i = 0; i < 4; i++) {
		known = &s->titles[(hash + i) % LANE_TITLES];
		if (!known->text.p)
			break;
		if (known->text.n == t.n && same_bytes(known->text.p, t.p, t.n))
			return known;
	}
	*known = (struct lane_title){
		.text = in_joined(s, t) ? (struct text){NULL, 0} : t,
		.match = patterns_title(s->file->patterns, t.p, t.n),
		.word = title_find(t.p, t.n),
	};
	return known;
}

static void read_title(struct lane_scan *s, struct text t)
{
	struct text title;
	if (!text_value(t, &title)) {
		s->now->slow = true;
		return;
	}
	const struct lane_title *known = look_at_title(s, title);
	s->now->said.match |= known->match;
	if (s->title_word < 0)
		s->title_word = known->word;
}

static void read_categories(struct lane_scan *s, struct text t)
{
	if (s->policy->lesson || t.p[0] != ':') /* a list: the sieve cuts it up */
		leave(s, t);
}

/* @room: bytes that may be read. */
static inline size_t name_length(const char *p, size_t n, size_t room)
{
	size_t k = 0;
#ifdef __SSE2__
	if (room >= 16) { /* what ends a line is no name byte */
		__m128i v = _mm_loadu_si128((const __m128i *)(const void *)p);
		__m128i small = _mm_or_si128(v, _mm_set1_epi8(0x20));
		__m128i letter = _mm_and_si128(_mm_cmpgt_epi8(small, _mm_set1_epi8('a' - 1)),
					       _mm_cmplt_epi8(small, _mm_set1_epi8('z' + 1)));
		__m128i digit = _mm_and_si128(_mm_cmpgt_epi8(v, _mm_set1_epi8('0' - 1)),
					      _mm_cmplt_epi8(v, _mm_set1_epi8('9' + 1)));
		__m128i other = _mm_or_si128(_mm_cmpeq_epi8(v, _mm_set1_epi8('-')),
					     _mm_cmpeq_epi8(v, _mm_set1_epi8('_')));
		__m128i name = _mm_or_si128(_mm_or_si128(letter, digit), other);
		k = (size_t)__builtin_ctz(~(unsigned)_mm_movemask_epi8(name));
		if (k < 16)
			return k;
	}
#endif
	while (k < n && name_byte(p[k]))
		k++;
	return k;
}

/* A property's row; NULL when it says nothing of time. A name of ours in small letters is for
 * the slow lane. */
static inline const struct lane_row *row_of(struct lane_scan *s, const char *p, size_t k,
					    size_t room)
{
	if (k > 31 || !(letters[p[0] & 31].lengths >> k & 1))
		return NULL;
	unsigned i = letters[p[0] & 31].row;
	for (char letter = rows[i].name[0]; i < ROWS && rows[i].name[0] == letter; i++) {
		if (rows[i].n != k || ((rows[i].name[k - 1] ^ p[k - 1]) & ~0x20))
			continue;
		/* eight bytes at once, of which those behind the name do not count */
		if (k <= 8 && room >= 8
			    ? (mix_load(rows[i].name) ^ mix_load(p)) << (64 - 8 * k) == 0
			    : memcmp(rows[i].name, p, k) == 0)
			return &rows[i];
		if (strncasecmp(rows[i].name, p, k) == 0) {
			s->now->slow = true;
			s->odd = s->odd || rows[i].act == read_uid;
		}
	}
	return NULL;
}

/* Passes over the line; what has no value is complained of by the sieve. */
static inline void drop(struct lane_scan *s, size_t k)
{
	bool colon =
		s->bytes[s->at + k] == ':' || memchr(s->bytes + s->at + k, ':', s->end - s->at - k);
	while (lane_folded(s) && lane_next(s))
		colon = colon || memchr(s->bytes + s->at, ':', s->end - s->at);
	if (!colon)
		s->now->slow = true;
}

/* The line as one. */
static struct text whole(struct lane_scan *s)
{
	if (!lane_folded(s))
		return (struct text){s->bytes + s->at, s->end - s->at};
	buf_clear(&s->joined);
	buf_add(&s->joined, s->bytes + s->at, s->end - s->at);
	while (lane_folded(s) && lane_next(s))
		buf_add(&s->joined, s->bytes + s->at + 1, s->end - s->at - 1);
	return (struct text){s->joined.v, s->joined.n};
}

/* Neither NAME: nor NAME; */
static void strange(struct lane_scan *s, const char *p, size_t n)
{
	s->now->slow = true;
	if (n >= 3 && strncasecmp(p, "UID", 3) == 0 && (n == 3 || !name_byte(p[3])))
		s->odd = true;
	if (n < 3 && lane_folded(s) && strncasecmp(p, "UID", n) == 0)
		s->odd = true; /* the rest of the name may be folded on */
	while (lane_folded(s) && lane_next(s))
		continue;
}

/* Names in small letters are for the slow lane: they get no shape. */
static void learn(struct lane_scan *s, const char *p, size_t k, const struct lane_row *row)
{
	struct lane_shape made = {.row = row, .k = (uint8_t)k, .next = LANE_SHAPES};
	char head[sizeof made.head] = {0}, mask[sizeof made.mask] = {0};
	if (k >= sizeof head)
		return;
	for (size_t i = 0; i <= k; i++) {
		if (p[i] >= 'a' && p[i] <= 'z')
			return;
		head[i] = p[i];
		mask[i] = '\xFF';
	}
	memcpy(made.head, head, sizeof head);
	memcpy(made.mask, mask, sizeof mask);
	uint8_t at = 0;
	while (at < LANE_SHAPES - 1 && s->shapes[at].k > 0 &&
	       memcmp(s->shapes[at].head, made.head, sizeof made.head) != 0)
		at++; /* the last one is for whoever comes when there are many */
	struct lane_shape *shape = &s->shapes[at];
	if (memcmp(shape->head, made.head, sizeof made.head) != 0)
		*shape = made;
	s->shapes[s->shape].next = at;
	s->shape = at;
}

/* @k: bytes of the name, behind which stands a colon or a semicolon. */
static inline void act(struct lane_scan *s, const struct lane_row *row, size_t k)
{
	if (!row || (s->now->slow && row->act != read_uid)) {
		drop(s, k);
		return;
	}
	struct text line = whole(s);
	unsigned bit = 1u << (row - rows);
	if (row->once && (s->seen & bit)) {
		s->now->slow = true;
		return;
	}
	s->seen |= bit;
	row->act(s, (struct text){line.p + k, line.n - k});
}

void lane_property_known(struct lane_scan *s, const struct lane_shape *shape)
{
	act(s, shape->row, shape->k);
}

void lane_property(struct lane_scan *s)
{
	const char *p = s->bytes + s->at;
	size_t n = s->end - s->at, k = name_length(p, n, s->n - s->at);
	if (k == 0 || k >= n || (p[k] != ':' && p[k] != ';')) {
		strange(s, p, n);
		return;
	}
	const struct lane_row *row = row_of(s, p, k, s->n - s->at);
	learn(s, p, k, row);
	act(s, row, k);
}

/* ---- for keys ----------------------------------------------------------------------------- */

enum lane_name lane_name(struct text line)
{
	size_t k = 0;
	while (k < line.n && name_byte(line.p[k]))
		k++;
	if (k == 0 || k == line.n || !memchr(line.p + k, ':', line.n - k) ||
	    (line.p[k] != ':' && line.p[k] != ';'))
		return LANE_NAME_STRANGE;
	for (int i = 0; i < ROWS; i++) {
		if (rows[i].n != k || strncasecmp(rows[i].name, line.p, k) != 0)
			continue;
		return rows[i].act == read_uid	   ? LANE_NAME_UID
		       : rows[i].act == read_title ? LANE_NAME_TITLE
		       : rows[i].act == pass	   ? LANE_NAME_SEQUENCE
						   : LANE_NAME_KEPT;
	}
	return LANE_NAME_NONE;
}

bool lane_title_is_plain(struct text line)
{
	const char *colon = memchr(line.p, ':', line.n);
	return !colon || title_find(colon + 1, line.n - (size_t)(colon + 1 - line.p)) < 0;
}
