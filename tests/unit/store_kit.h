/* store_kit.h -- what the store's tests share: a folder of their own, a small roster, sessions,
 * and SQL from outside the product's code. */
#ifndef STORE_KIT_H
#define STORE_KIT_H

#include "store/audit.h"
#include "store/ledger.h"
#include "store/links.h"
#include "store/obligations.h"
#include "store/people.h"
#include "store/schema.h"
#include "store/sessions.h"
#include "store/sources.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define KIT	   __attribute__((unused)) static
#define MUST(call) kit_must((call), #call, &err, __FILE__, __LINE__)
#define HOUR	   3600
#define NEW_YEAR   1767225600 /* 2026-01-01T00:00:00Z */
#define KIT_FOLDER "/tmp/tandem-store-XXXXXX"

KIT char kit_folder[64];
KIT char kit_path[96];

KIT void kit_must(bool ok, const char *call, const struct err *err, const char *file, int line)
{
	if (ok)
		return;
	print_error("%s: %s\n", call, err->text);
	_fail(file, line);
}

/* *err says so, in these words. */
KIT void kit_says(const struct err *err, enum err_code code, const char *part)
{
	if (err->code != code || !strstr(err->text, part))
		fail_msg("expected %s \"%s\", got %s \"%s\"", err_word(code), part,
			 err_word(err->code), err->text);
}

KIT int kit_setup(void **state)
{
	(void)state;
	memcpy(kit_folder, KIT_FOLDER, sizeof KIT_FOLDER);
	assert_non_null(mkdtemp(kit_folder));
	snprintf(kit_path, sizeof kit_path, "%s/store.db", kit_folder);
	return 0;
}

KIT int kit_teardown(void **state)
{
	(void)state;
	char command[128];
	snprintf(command, sizeof command, "rm -rf '%s'", kit_folder);
	return system(command);
}

KIT struct db *kit_open(void)
{
	struct err err;
	struct db *db = db_open(kit_path, &err);
	if (!db)
		fail_msg("db_open: %s", err.text);
	return db;
}

KIT int64_t kit_number(struct db *db, const char *sql)
{
	sqlite3_stmt *stmt;
	assert_int_equal(sqlite3_prepare_v2(db->handle, sql, -1, &stmt, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
	int64_t number = sqlite3_column_int64(stmt, 0);
	sqlite3_finalize(stmt);
	return number;
}

KIT void kit_does(struct db *db, const char *sql)
{
	int rc = sqlite3_exec(db->handle, sql, NULL, NULL, NULL);
	if (rc != SQLITE_OK)
		fail_msg("%s: %s", sql, sqlite3_errmsg(db->handle));
}

/* SQLite refuses @sql, naming @part. */
KIT void kit_refuses(struct db *db, const char *sql, const char *part)
{
	int rc = sqlite3_exec(db->handle, sql, NULL, NULL, NULL);
	if (rc == SQLITE_OK || !strstr(sqlite3_errmsg(db->handle), part))
		fail_msg("%s: expected a refusal with \"%s\", got %d %s", sql, part, rc,
			 sqlite3_errmsg(db->handle));
}

/* A roster of the given persons and duos ("a-b" has members a and b). NULL ends both lists. */
KIT struct roster kit_roster(const char *const *persons, const char *const *duos)
{
	struct roster r = {0};
	r.programme.zone = zone_by_name("Europe/Amsterdam");
	assert_non_null(r.programme.zone);
	size_t n = 0, m = 0;
	while (persons[n])
		n++;
	while (duos[m])
		m++;
	r.persons = xcalloc(n, sizeof *r.persons);
	r.duos = xcalloc(m, sizeof *r.duos);
	for (; r.n_persons < n; r.n_persons++) {
		struct person *p = &r.persons[r.n_persons];
		snprintf(p->id, sizeof p->id, "%s", persons[r.n_persons]);
		p->name = xasprintf("Name of %s", p->id);
	}
	for (; r.n_duos < m; r.n_duos++) {
		struct duo *d = &r.duos[r.n_duos];
		snprintf(d->id, sizeof d->id, "%s", duos[r.n_duos]);
		const char *dash = strchr(d->id, '-');
		assert_non_null(dash);
		memcpy(d->members[0], d->id, (size_t)(dash - d->id));
		snprintf(d->members[1], sizeof d->members[1], "%s", dash + 1);
		d->topic = xasprintf("Topic of %s", d->id);
	}
	return r;
}

KIT void kit_apply(struct db *db, struct roster *roster, utc_t now)
{
	struct err err;
	struct buf bundle = {0};
	buf_adds(&bundle, "bundle");
	MUST(people_apply(db, roster, &bundle, now, &err));
	buf_fini(&bundle);
}

/* anna, bram, cato, dirk; duos anna-bram, anna-cato, cato-dirk */
KIT struct db *kit_people(void)
{
	static const char *const persons[] = {"anna", "bram", "cato", "dirk", NULL};
	static const char *const duos[] = {"anna-bram", "anna-cato", "cato-dirk", NULL};
	struct db *db = kit_open();
	struct roster roster = kit_roster(persons, duos);
	kit_apply(db, &roster, NEW_YEAR);
	roster_fini(&roster);
	return db;
}

/* A session of @duo with both members, from @hour (after new year, UTC) on for @minutes. */
KIT struct session kit_session(const char *duo, enum state state, int hour, int minutes)
{
	struct session s = {.kind = KIND_WORK,
			    .state = state,
			    .start = NEW_YEAR + hour * HOUR,
			    .sequence = -1,
			    .created_at = NEW_YEAR,
			    .last_modified = NEW_YEAR,
			    .n_attendees = 2};
	s.end = s.start + minutes * 60;
	snprintf(s.duo, sizeof s.duo, "%s", duo);
	s.attendees = xcalloc(2, sizeof *s.attendees);
	const char *dash = strchr(duo, '-');
	memcpy(s.attendees[0], duo, (size_t)(dash - duo));
	snprintf(s.attendees[1], sizeof s.attendees[1], "%s", dash + 1);
	return s;
}

/* Inserts one and returns its number. */
KIT int64_t kit_book(struct db *db, const char *duo, enum state state, int hour, int minutes)
{
	struct err err;
	struct session s = kit_session(duo, state, hour, minutes);
	MUST(sessions_insert(db, &s, &err));
	int64_t id = s.id;
	session_fini(&s);
	return id;
}

/* Whether the store's file, or its log, has these bytes anywhere. */
KIT bool kit_file_has(const char *what)
{
	static const char *const suffixes[] = {"", "-wal"};
	bool has = false;
	for (int i = 0; i < 2; i++) {
		char *path = xasprintf("%s%s", kit_path, suffixes[i]), block[65536];
		struct buf bytes = {0};
		FILE *f = fopen(path, "rb");
		for (size_t n; f && (n = fread(block, 1, sizeof block, f)) > 0;)
			buf_add(&bytes, block, n);
		if (f)
			fclose(f);
		has = has || (bytes.n && memmem(bytes.v, bytes.n, what, strlen(what)));
		buf_fini(&bytes);
		xfree(path);
	}
	return has;
}

KIT void kit_same_text(const char *a, const char *b)
{
	if (!a || !b)
		assert_true(a == b);
	else
		assert_string_equal(a, b);
}

KIT void kit_same_session(const struct session *a, const struct session *b)
{
	assert_int_equal(a->id, b->id);
	assert_string_equal(a->duo, b->duo);
	assert_int_equal(a->kind, b->kind);
	assert_int_equal(a->state, b->state);
	assert_int_equal(a->start, b->start);
	assert_int_equal(a->end, b->end);
	assert_int_equal(a->n_attendees, b->n_attendees);
	for (size_t i = 0; i < a->n_attendees; i++)
		assert_string_equal(a->attendees[i], b->attendees[i]);
	assert_int_equal(a->pinned, b->pinned);
	assert_int_equal(a->assumed, b->assumed);
	assert_int_equal(a->sequence, b->sequence);
	assert_int_equal(a->created_at, b->created_at);
	assert_int_equal(a->last_modified, b->last_modified);
	assert_int_equal(a->cancelled_at, b->cancelled_at);
	assert_string_equal(a->expert, b->expert);
	assert_string_equal(a->room, b->room);
	kit_same_text(a->reason, b->reason);
}

#endif
