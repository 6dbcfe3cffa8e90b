/* zone_tzid.c -- what calendars write as TZID -> a zone we hold.
 *
 * Producers write IANA names behind a path of their own, Windows names, what a Windows user reads
 * in a list ("(UTC+01:00) Amsterdam, Berlin, ..."), or an offset. Nothing here touches a file:
 * the text is only compared with lists of names. */
#include "cal/zone.h"

#include "base/buf.h"
#include "cal/zone_table.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

enum { TZID_MAX = 255, SEGMENTS_MAX = 16 };

struct text {
	const char *p;
	size_t n;
};

static struct text trim(struct text t)
{
	while (t.n > 0 && strchr(" \t\"'", t.p[0]))
		t.p++, t.n--;
	while (t.n > 0 && strchr(" \t\"'", t.p[t.n - 1]))
		t.n--;
	return t;
}

static bool equal(struct text t, const char *s)
{
	return strlen(s) == t.n && strncasecmp(t.p, s, t.n) == 0;
}

static bool ends_in(struct text t, const char *s)
{
	size_t n = strlen(s);
	return t.n > n && strncasecmp(t.p + t.n - n, s, n) == 0;
}

static bool drop_end(struct text *t, const char *s)
{
	if (!ends_in(*t, s))
		return false;
	t->n -= strlen(s);
	return true;
}

/* Trimmed; false for what is no name at all: too long, control bytes, "." or ".." as a part. */
static bool clean(const char *tzid, size_t n, struct text *out)
{
	if (n > TZID_MAX)
		return false;
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)tzid[i] < 0x20 || tzid[i] == 0x7f)
			return false;
	struct text t = trim((struct text){tzid, n});
	for (size_t i = 0, part = 0; i <= t.n; i++) {
		if (i < t.n && t.p[i] != '/')
			continue;
		size_t length = i - part;
		if ((length == 1 || length == 2) && memcmp(t.p + part, "..", length) == 0)
			return false;
		part = i + 1;
	}
	*out = t;
	return t.n > 0;
}

/* ---- IANA names ----------------------------------------------------------------------------- */

/* "Europe/Amsterdam 1" -> "Europe/Amsterdam" */
static struct text without_number(struct text t)
{
	size_t n = t.n;
	while (n > 0 && isdigit((unsigned char)t.p[n - 1]))
		n--;
	if (n == t.n || n == 0 || t.p[n - 1] != ' ')
		return t;
	return trim((struct text){t.p, n});
}

/* Names that stand for no place on earth say nothing, though files have them. */
static const struct zone *known(struct text t)
{
	if (equal(t, "Factory") || equal(t, "posixrules"))
		return NULL;
	return zone_by_any_case(t.p, t.n);
}

static bool has_prefix(struct text t)
{
	return t.p[0] == '/' || memmem(t.p, t.n, "://", 3);
}

/* The longest end that is a name: "/freeassociation.sourceforge.net/Europe/Paris" is Europe/Paris.
 * A name without area ("UTC") counts only behind what is surely a prefix. */
static const struct zone *behind_prefix(struct text t)
{
	bool prefix = has_prefix(t);
	for (size_t i = 0; i < t.n; i++) {
		if (t.p[i] != '/')
			continue;
		struct text rest = {t.p + i + 1, t.n - i - 1};
		if (rest.n == 0 || (!prefix && !memchr(rest.p, '/', rest.n)))
			continue;
		const struct zone *zone = known(rest);
		if (zone)
			return zone;
	}
	return NULL;
}

static const struct zone *iana(struct text t)
{
	const struct zone *zone = known(t);
	if (!zone) {
		t = without_number(t);
		zone = known(t);
	}
	return zone ? zone : behind_prefix(t);
}

const struct zone *zone_by_tzid_iana(const char *tzid, size_t n)
{
	struct text t;
	return clean(tzid, n, &t) ? iana(t) : NULL;
}

/* ---- Windows names -------------------------------------------------------------------------- */

static const struct zone *windows(struct text t)
{
	const char *name = winzone_to_iana(t.p, t.n);
	return name ? zone_by_name(name) : NULL;
}

/* @t and " Standard Time" */
static const struct zone *windows_standard(struct text t)
{
	static const char end[] = " Standard Time";
	char name[TZID_MAX + sizeof end];
	memcpy(name, t.p, t.n);
	memcpy(name + t.n, end, sizeof end - 1);
	return windows((struct text){name, t.n + sizeof end - 1});
}

static const struct zone *windows_any(struct text t)
{
	const struct zone *zone = windows(t);
	if (zone)
		return zone;
	if (drop_end(&t, " Daylight Time") || drop_end(&t, " Summer Time"))
		return windows_standard(t);
	const char *slash = memrchr(t.p, '/', t.n);
	if (slash && has_prefix(t))
		return windows((struct text){slash + 1, t.n - (size_t)(slash + 1 - t.p)});
	return NULL;
}

/* ---- offsets -------------------------------------------------------------------------------- */

static size_t digits(struct text t)
{
	size_t n = 0;
	while (n < t.n && isdigit((unsigned char)t.p[n]))
		n++;
	return n;
}

static int two(const char *p)
{
	return (p[0] - '0') * 10 + (p[1] - '0');
}

/* "+1" "+01" "+0100" "+130" "+01:00" "+01.00" "+013045" at the start of @t: seconds, and how
 * many bytes they took (0: none). */
static size_t read_offset(struct text t, int *out)
{
	if (t.n < 2 || (t.p[0] != '+' && t.p[0] != '-'))
		return 0;
	struct text rest = {t.p + 1, t.n - 1};
	size_t n = digits(rest), used = n;
	char d[8] = "000000";
	if (n == 0 || n == 5 || n > 6)
		return 0;
	memcpy(d + (n % 2), rest.p, n);
	if (n <= 2 && rest.n >= n + 3 && (rest.p[n] == ':' || rest.p[n] == '.') &&
	    digits((struct text){rest.p + n + 1, rest.n - n - 1}) == 2) {
		memcpy(d + 2, rest.p + n + 1, 2);
		used = n + 3;
	}
	int seconds = two(d) * 3600 + two(d + 2) * 60 + two(d + 4);
	if (two(d + 2) > 59 || two(d + 4) > 59 || seconds > DAY_S)
		return 0;
	*out = t.p[0] == '-' ? -seconds : seconds;
	return used + 1;
}

/* "UTC+01:00", "GMT +0100", "+0100", "UTC" at the start of @t; bytes, or 0. */
static size_t read_label(struct text t, int *out)
{
	size_t n = 0;
	if (t.n >= 3 && (strncasecmp(t.p, "UTC", 3) == 0 || strncasecmp(t.p, "GMT", 3) == 0))
		n = 3;
	size_t blank = n > 0 && n < t.n && t.p[n] == ' ';
	size_t offset = read_offset((struct text){t.p + n + blank, t.n - n - blank}, out);
	if (offset > 0)
		return n + blank + offset;
	*out = 0;
	return n;
}

static const struct zone *by_offset(struct text t)
{
	if (t.n > 2 && t.p[0] == '(' && t.p[t.n - 1] == ')')
		t = (struct text){t.p + 1, t.n - 2};
	int east_s;
	if (equal(t, "Z"))
		return zone_utc();
	size_t n = read_label(t, &east_s);
	return n > 0 && n == t.n ? zone_fixed(east_s) : NULL;
}

/* ---- display names -------------------------------------------------------------------------- */

/* What Windows shows where no IANA name and no Windows name has the same word. */
static const struct {
	const char *shown, *iana;
} aliases[] = {
	{"Alaska", "America/Anchorage"},
	{"Arizona", "America/Phoenix"},
	{"Astana", "Asia/Almaty"},
	{"Baja California", "America/Tijuana"},
	{"Brasilia", "America/Sao_Paulo"},
	{"Coordinated Universal Time", "UTC"},
	{"Hawaii", "Pacific/Honolulu"},
	{"Indiana (East)", "America/Indiana/Indianapolis"},
	{"International Date Line West", "Etc/GMT+12"},
	{"Marquesas Islands", "Pacific/Marquesas"},
	{"Nuku'alofa", "Pacific/Tongatapu"},
	{"Port Louis", "Indian/Mauritius"},
	{"Saint Pierre and Miquelon", "America/Miquelon"},
	{"Salvador", "America/Bahia"},
	{"Saskatchewan", "America/Regina"},
	{"Solomon Is.", "Pacific/Guadalcanal"},
	{"Sri Jayawardenepura", "Asia/Colombo"},
	{"West Central Africa", "Africa/Lagos"},
	{"Yukon", "America/Whitehorse"},
};

struct wanted {
	bool has_offset;
	int east_s;
	const struct zone *found;
};

/* Is @east_s one of the zone's offsets in our years? Shown offsets are often old ones. */
static bool has_offset(const struct zone *zone, int east_s)
{
	const utc_t from = (utc_t)civil_to_day(2005, 1, 1) * DAY_S;
	const utc_t to = (utc_t)civil_to_day(2040, 1, 1) * DAY_S;
	utc_t at = from, when;
	int before, after;
	if (zone_offset(zone, from) == east_s)
		return true;
	while (zone_next_transition(zone, at, &when, &before, &after) && when < to) {
		if (after == east_s)
			return true;
		at = when + 1;
	}
	return false;
}

/* As a zone_each_of_city callback: goes on until one fits. */
static bool not_wanted(void *ctx, const char *name, const struct zone *zone)
{
	(void)name;
	struct wanted *w = ctx;
	if (zone && (!w->has_offset || has_offset(zone, w->east_s)))
		w->found = zone;
	return w->found == NULL;
}

static struct text without_remark(struct text t)
{
	const char *open = memchr(t.p, '(', t.n);
	return open ? trim((struct text){t.p, (size_t)(open - t.p)}) : t;
}

static const struct zone *by_segment(struct text t, bool cities_only, struct wanted w)
{
	for (size_t i = 0; i < sizeof aliases / sizeof *aliases; i++)
		if (equal(t, aliases[i].shown))
			(void)not_wanted(&w, NULL, zone_by_name(aliases[i].iana));
	t = without_remark(t);
	if (w.found || t.n == 0)
		return w.found;
	struct text bare = t;
	(void)(drop_end(&bare, " Islands") || drop_end(&bare, " Island") ||
	       drop_end(&bare, " Is.") || drop_end(&bare, " Time"));
	zone_each_of_city(bare.p, bare.n, not_wanted, &w);
	if (!w.found && !cities_only)
		(void)not_wanted(&w, NULL, windows_standard(t));
	if (!w.found && !cities_only && bare.n != t.n)
		(void)not_wanted(&w, NULL, windows_standard(bare));
	return w.found;
}

/* Cuts at , ; : and " / ", a backslash before them is an escape of iCalendar texts. */
static size_t split(struct text t, struct text out[SEGMENTS_MAX])
{
	size_t n = 0, from = 0;
	for (size_t i = 0; i <= t.n && n < SEGMENTS_MAX; i++) {
		bool slash = i > 0 && i + 1 < t.n && t.p[i] == '/' && t.p[i - 1] == ' ' &&
			     t.p[i + 1] == ' ';
		if (i < t.n && !slash && !strchr(",;:", t.p[i]))
			continue;
		size_t end = i > from && t.p[i - 1] == '\\' ? i - 1 : i;
		struct text part = trim((struct text){t.p + from, end - from});
		if (part.n > 0)
			out[n++] = part;
		from = i + 1;
	}
	return n;
}

static const struct zone *by_display_name(struct text t)
{
	struct wanted any = {0}, same = {0};
	struct text rest = t, label = t;
	bool open = t.p[0] == '(';
	label.p += open;
	label.n -= open;
	size_t n = read_label(label, &same.east_s);
	if (n > 0 && n < label.n && label.p[n] == (open ? ')' : ' ')) {
		same.has_offset = true;
		rest = trim((struct text){label.p + n + 1, label.n - n - 1});
	}
	struct text parts[SEGMENTS_MAX];
	size_t count = split(rest, parts);
	const struct zone *zone = NULL;
	for (size_t i = 0; i < count && !zone; i++)
		zone = by_segment(parts[i], false, same);
	/* Offsets in old display names are not those of today; then the city alone decides. */
	for (size_t i = 0; i < count && !zone && same.has_offset; i++)
		zone = by_segment(parts[i], true, any);
	return zone;
}

static const struct zone *any_way(struct text t)
{
	static const struct zone *(*const ways[])(struct text t) = {iana, windows_any, by_offset,
								    by_display_name};
	const struct zone *zone = NULL;
	for (size_t i = 0; i < sizeof ways / sizeof *ways && !zone; i++)
		zone = ways[i](t);
	return zone;
}

const struct zone *zone_by_tzid(const char *tzid, size_t n)
{
	struct text t;
	if (!clean(tzid, n, &t))
		return NULL;
	const struct zone *zone = any_way(t);
	/* The number stays while it may be meant: "Russia Time Zone 10". */
	struct text bare = without_number(t);
	return zone || bare.n == t.n ? zone : any_way(bare);
}
