/* fastlane.c -- what surrounds the scan: UIDs that occur twice, and what is left for others. */
#include "cal/fastlane.h"

#include "base/buf.h"
#include "base/hash.h"
#include "base/mix.h"
#include "cal/contentline.h"
#include "cal/fastlane_scan.h"
#include "cal/unitcache.h"
#include "cal/wire.h"

#include <string.h>

void lane_file_fini(struct lane_file *file)
{
	patterns_free(file->patterns);
	xfree(file->v);
	xfree(file->uses);
	xfree(file->skips);
	xfree(file->homes);
	lane_groups_fini(&file->groups);
	*file = (struct lane_file){0};
}

/* ---- UIDs --------------------------------------------------------------------------------- */

struct uid_table { /* open addressing; events by the hash of their UID */
	struct lane_event **v;
	size_t mask;
	uint64_t seed; /* who writes a calendar does not know the places in it */
};

static void note_uid(struct uid_table *table, struct lane_event *event)
{
	for (size_t i = mix_number(table->seed, event->uid) & table->mask;;
	     i = (i + 1) & table->mask) {
		struct lane_event *other = table->v[i];
		if (!other) {
			table->v[i] = event;
			return;
		}
		if (other->uid == event->uid) {
			other->slow = event->slow = true;
			return;
		}
	}
}

/* Runs of taken events, one after another in the file, become one skip. */
static void set_skips(struct lane_file *file, bool all)
{
	const struct lane_event *before = NULL;
	file->n_slow = file->n_skips = 0;
	for (size_t i = 0; i < file->n_events; i++) {
		const struct lane_event *e = &file->v[i];
		if (!all && e->slow && !(file->units && file->units->v[e->unit].known)) {
			file->n_slow++;
			continue;
		}
		if (!before || before->from + before->n != e->from) {
			file->skips = xgrow(file->skips, file->n_skips, &file->cap_skips,
					    sizeof *file->skips);
			file->skips[file->n_skips++] =
				(struct sieve_skip){.from = e->from, .to = e->from};
		}
		struct sieve_skip *skip = &file->skips[file->n_skips - 1];
		skip->to += e->n;
		skip->lines += e->lines;
		skip->events++;
		skip->components += e->components;
		before = e;
	}
}

void lane_skip_all(struct lane_file *file)
{
	set_skips(file, true);
}

/* Without a cache nobody asks again for what goes the slow way. */
static void drop_slow(struct lane_file *file)
{
	size_t kept = 0;
	for (size_t i = 0; i < file->n_events; i++)
		if (!file->v[i].slow)
			file->v[kept++] = file->v[i];
	if (file->n_slow > 0)
		file->v = xrealloc(file->v, kept * sizeof *file->v);
	file->n_events = file->cap = kept;
	file->n_slow = 0;
}

void lane_settle(struct lane_file *files, size_t n, const struct policy *policy,
		 const struct timetable_opts *opts, struct lane_units *units)
{
	size_t events = 0, room = 16;
	for (size_t i = 0; i < n; i++)
		events += files[i].n_events;
	while (room < 2 * events)
		room *= 2;
	struct uid_table table = {xcalloc(room, sizeof(struct lane_event *)), room - 1,
				  hash_seed()};
	for (size_t i = 0; i < n; i++) {
		for (size_t k = 0; k < files[i].n_events; k++)
			if (files[i].v[k].uid != 0)
				note_uid(&table, &files[i].v[k]);
	}
	if (opts->units)
		lane_units_find(units, files, n, policy, opts);
	for (size_t i = 0; i < n; i++) {
		files[i].units = opts->units ? units : NULL;
		set_skips(&files[i], false);
		if (!opts->units)
			drop_slow(&files[i]);
	}
	xfree(table.v);
}

/* ---- what is left ------------------------------------------------------------------------- */

bool lane_sieve(const struct lane_file *file, const struct timetable_opts *opts, struct sieved *out,
		struct err *err)
{
	const struct import_limits *limits = opts->limits ? opts->limits : &import_limits_default;
	return sieve_rest(file->bytes, file->n, file->patterns, limits,
			  (struct sieve_skips){file->skips, file->n_skips, file->bom}, out, err);
}

static void put_header(struct wire_writer *w, enum wire_kind kind, enum wire_property property,
		       struct text text)
{
	struct wire_item item = {
		.kind = kind, .property = property, .text = text.p, .text_n = text.n};
	wire_put(w, &item);
}

static bool plain_zone(struct text t)
{
	for (size_t i = 0; i < t.n; i++)
		if (!strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+-/",
			    t.p[i]))
			return false;
	return t.n > 0;
}

static bool wire_line(struct wire_writer *w, struct text line)
{
	static const char zone[] = "X-WR-TIMEZONE:", method[] = "METHOD:";
	struct text none = {"", 0};
	if (line.n > sizeof zone - 1 && memcmp(line.p, zone, sizeof zone - 1) == 0) {
		struct text name = {line.p + sizeof zone - 1, line.n - (sizeof zone - 1)};
		put_header(w, WIRE_PROPERTY, WIRE_ZONE, name);
		return plain_zone(name);
	}
	if (line.n > sizeof method - 1 && memcmp(line.p, method, sizeof method - 1) == 0) {
		bool cancel = line.n == sizeof method - 1 + 6 &&
			      memcmp(line.p + sizeof method - 1, "CANCEL", 6) == 0;
		struct text word = cancel ? (struct text){"CANCEL", 6} : (struct text){"OTHER", 5};
		put_header(w, WIRE_PROPERTY, WIRE_METHOD, word);
		return true;
	}
	if (text_is(line, "BEGIN:VCALENDAR"))
		put_header(w, WIRE_CALENDAR, 0, none);
	else if (!text_is(line, "END:VCALENDAR"))
		return false;
	return true;
}

bool lane_wire(const struct buf *text, struct buf *wire)
{
	struct buf out = {0};
	struct wire_writer w = {.out = &out};
	const char *p = buf_str(text), *end = p + text->n;
	bool fine = true;
	while (fine && p < end) {
		const char *cr = memchr(p, '\r', (size_t)(end - p));
		fine = cr && end - cr >= 2 && wire_line(&w, (struct text){p, (size_t)(cr - p)});
		p = cr ? cr + 2 : end;
	}
	put_header(&w, WIRE_DONE, 0, (struct text){"", 0});
	if (fine) {
		*wire = out;
		return true;
	}
	buf_fini(&out);
	return false;
}
