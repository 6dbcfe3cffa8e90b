/* sql.c -- every statement of the store, and the one place that runs them and reads SQLite's
 * codes. */
#include "store/sql.h"

#include "base/parse.h"

#include <assert.h>
#include <string.h>

#define SESSION_COLUMNS                                                                            \
	"s.id, d.id, s.kind, s.state, s.start_at, s.end_at, s.pinned, s.assumed, s.sequence, "     \
	"s.created_at, s.last_modified, s.cancelled_at, s.reason, s.expert, s.room "               \
	"FROM session s LEFT JOIN duo d ON d.num = s.duo "
#define PAST_COLUMNS                                                                               \
	"w.id, w.session, d.id, w.at, w.shown, w.text, w.start_at, w.end_at, w.room "              \
	"FROM session_was w LEFT JOIN duo d ON d.num = w.duo "
#define LEDGER_COLUMNS                                                                             \
	"l.id, p.id, d.id, l.session, l.corrects, l.kind, l.minutes, l.day, l.at, l.assumed, "     \
	"l.text FROM ledger l JOIN person p ON p.num = l.person LEFT JOIN duo d ON d.num = l.duo "
#define ABSENCE_COLUMNS                                                                            \
	"x.id, p.id, x.first_day, x.past_day, x.at, x.reason FROM absence x "                      \
	"JOIN person p ON p.num = x.person "

#define MAIL_COLUMNS                                                                               \
	"m.id, p.id, m.session, d.id, m.state, m.kind, m.version, m.announced, m.attempts, "       \
	"m.queued_at, m.not_before, m.soon, m.tried_at, m.was_on, m.was_start, m.was_end, "        \
	"m.answer, m.address, m.sequence, m.modified, m.end_at, m.key FROM mail m "                \
	"CROSS JOIN person p ON p.num = m.person CROSS JOIN session s ON s.id = m.session "        \
	"LEFT JOIN duo d ON d.num = s.duo "
#define OBLIGATION_COLUMNS                                                                         \
	"o.duo, o.id, o.kind, o.ordinal, o.due, o.state, o.sequence, o.created_at, "               \
	"o.last_modified, o.cancelled_at, o.done_at, o.done_by, o.reason FROM obligation o "
#define OWER_COLUMNS                                                                               \
	"d.num, d.id, a.id, b.id FROM duo d CROSS JOIN person a ON a.num = d.member_a "            \
	"CROSS JOIN person b ON b.num = d.member_b "

static const char *const texts[] = {
	[SQL_BEGIN] = "BEGIN IMMEDIATE",
	[SQL_COMMIT] = "COMMIT",
	[SQL_ROLLBACK] = "ROLLBACK",
	[SQL_SAVE] = "SAVEPOINT request",
	[SQL_RELEASE] = "RELEASE request",
	[SQL_UNDO] = "ROLLBACK TO request",
	[SQL_STEP_SAVE] = "SAVEPOINT step",
	[SQL_STEP_RELEASE] = "RELEASE step",
	[SQL_STEP_UNDO] = "ROLLBACK TO step",

	[SQL_APPLICATION_ID] = "PRAGMA application_id",
	[SQL_USER_VERSION] = "PRAGMA user_version",
	[SQL_SCHEMA_COUNT] = "SELECT count(*) FROM sqlite_schema",
	[SQL_JOURNAL_WAL] = "PRAGMA journal_mode = WAL",

	[SQL_META_GET] = "SELECT value FROM meta WHERE key = ?1",
	[SQL_META_PUT] = "INSERT INTO meta (key, value) VALUES (?1, ?2)"
			 " ON CONFLICT (key) DO UPDATE SET value = excluded.value",

	/* unchanged rows are not written again: a reload touches what it changes */
	[SQL_PERSON_PUT] =
		"INSERT INTO person (id, name) VALUES (?1, ?2) ON CONFLICT (id) DO UPDATE"
		" SET name = excluded.name, retired_at = NULL"
		" WHERE name IS NOT excluded.name OR retired_at IS NOT NULL",
	[SQL_PERSON_RETIRE] = "UPDATE person SET retired_at = ?2 WHERE id = ?1",
	[SQL_PERSONS_HERE] = "SELECT id FROM person WHERE retired_at IS NULL ORDER BY id",
	[SQL_PERSON_NUM] = "SELECT num FROM person WHERE id = ?1",
	[SQL_PERSONS_RETIRED] = "SELECT id, name, retired_at FROM person"
				" WHERE retired_at IS NOT NULL ORDER BY id",
	[SQL_DUO_PUT] = "INSERT INTO duo (id, topic, member_a, member_b, members_at)"
			" VALUES (?1, ?2, ?3, ?4, ?5)"
			" ON CONFLICT (id) DO UPDATE SET topic = excluded.topic,"
			" member_a = excluded.member_a, member_b = excluded.member_b,"
			" members_at = excluded.members_at, retired_at = NULL"
			" WHERE topic IS NOT excluded.topic OR member_a <> excluded.member_a"
			" OR member_b <> excluded.member_b OR retired_at IS NOT NULL",
	[SQL_DUO_RETIRE] = "UPDATE duo SET retired_at = ?2 WHERE id = ?1",
	[SQL_DUOS_HERE] = "SELECT id FROM duo WHERE retired_at IS NULL ORDER BY id",
	[SQL_DUO_NUM] = "SELECT num FROM duo WHERE id = ?1",
	[SQL_DUO_RENAME] = "UPDATE duo SET id = ?2 WHERE id = ?1",
	[SQL_DUOS_RETIRED] =
		"SELECT d.id, d.topic, d.retired_at, a.id, b.id FROM duo d"
		" JOIN person a ON a.num = d.member_a JOIN person b ON b.num = d.member_b"
		" WHERE d.retired_at IS NOT NULL ORDER BY d.id",
	[SQL_LINK_RENAME] = "UPDATE link SET owner = ?2 WHERE owner = ?1",
	[SQL_BODY_RENAME] = "UPDATE body SET owner = ?2 WHERE owner = ?1",
	[SQL_ROSTER_GET] = "SELECT bundle, loaded_at FROM roster",
	[SQL_ROSTER_PUT] = "INSERT INTO roster (one, loaded_at, bundle) VALUES (1, ?1, ?2)"
			   " ON CONFLICT (one) DO UPDATE SET loaded_at = excluded.loaded_at,"
			   " bundle = excluded.bundle",

	[SQL_SESSION_INSERT] =
		"INSERT INTO session (duo, kind, state, start_at, end_at, local_start, zone,"
		" pinned, assumed, sequence, created_at, last_modified, cancelled_at, reason,"
		" expert, room) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13,"
		" ?14, ?15, ?16)",
	/* the local hour is written down when a session gets its place, and only then */
	[SQL_SESSION_UPDATE] =
		"UPDATE session SET duo = ?1, kind = ?2, state = ?3, end_at = ?5, pinned = ?8,"
		" local_start = CASE WHEN start_at = ?4 THEN local_start ELSE ?6 END,"
		" zone = CASE WHEN start_at = ?4 THEN zone ELSE ?7 END, start_at = ?4,"
		" assumed = ?9, sequence = ?10, created_at = ?11, last_modified = ?12,"
		" cancelled_at = ?13, reason = ?14, expert = ?15, room = ?16 WHERE id = ?17",
	[SQL_SESSIONS_STAMP] =
		"UPDATE session SET last_modified = max(?2, last_modified + 1),"
		" sequence = sequence + ?3 WHERE id IN (SELECT value FROM json_each(?1))",
	[SQL_SESSION_PARK] = "UPDATE session SET state = 'provisional'"
			     " WHERE id = ?1 AND (state = 'booked' OR state = 'held')",
	[SQL_SESSION_DELETE] = "DELETE FROM session WHERE id = ?1 AND state = 'provisional'",
	[SQL_SESSION_GET] = "SELECT " SESSION_COLUMNS "WHERE s.id = ?1",
	[SQL_SESSIONS_ALL] = "SELECT " SESSION_COLUMNS "ORDER BY s.id",
	[SQL_SESSIONS_DUO] = "SELECT " SESSION_COLUMNS "WHERE s.duo IS ?1 ORDER BY s.id",
	/* VALUES: a SELECT in front of triggers goes through a table of its own, 4 us each */
	[SQL_ATTENDEE_INSERT] = "INSERT INTO attendee (session, person, start_at, end_at, live)"
				" VALUES (?1, ?2, ?3, ?4, ?5)",
	[SQL_ATTENDEE_DELETE] = "DELETE FROM attendee WHERE session = ?1",
	[SQL_ATTENDEES_GET] = "SELECT a.session, p.id FROM attendee a JOIN person p"
			      " ON p.num = a.person WHERE a.session = ?1",
	[SQL_ATTENDEES_ALL] = "SELECT a.session, p.id FROM attendee a CROSS JOIN person p"
			      " ON p.num = a.person ORDER BY a.session, a.person",
	[SQL_ATTENDEES_DUO] =
		"SELECT a.session, p.id FROM session s CROSS JOIN attendee a ON a.session = s.id"
		" CROSS JOIN person p ON p.num = a.person WHERE s.duo IS ?1"
		" ORDER BY s.id, a.person",
	[SQL_DEPARTURE_PUT] = "INSERT INTO departure (session, person, at)"
			      " SELECT id, ?2, ?3 FROM session WHERE id = ?1 AND sequence >= 0",
	[SQL_DEPARTURES_GET] = "SELECT x.session, p.id, x.at FROM departure x JOIN person p"
			       " ON p.num = x.person WHERE x.session = ?1 ORDER BY p.id",
	[SQL_DEPARTURES_ALL] = "SELECT x.session, p.id, x.at FROM departure x CROSS JOIN person p"
			       " ON p.num = x.person ORDER BY x.session, p.id",
	[SQL_DEPARTURES_DUO] =
		"SELECT x.session, p.id, x.at FROM session s"
		" CROSS JOIN departure x ON x.session = s.id"
		" CROSS JOIN person p ON p.num = x.person WHERE s.duo IS ?1 ORDER BY s.id, p.id",
	[SQL_DUOS_OF] = "SELECT d.id FROM person p"
			" CROSS JOIN attendee a ON a.person = p.num"
			" CROSS JOIN session s ON s.id = a.session"
			" LEFT JOIN duo d ON d.num = s.duo WHERE p.id = ?1"
			" UNION SELECT d.id FROM person p"
			" CROSS JOIN departure x ON x.person = p.num"
			" CROSS JOIN session s ON s.id = x.session"
			" LEFT JOIN duo d ON d.num = s.duo WHERE p.id = ?1 ORDER BY 1",
	[SQL_CLASH] = "SELECT a.session, a.start_at, a.end_at FROM person p"
		      " CROSS JOIN attendee a ON a.person = p.num AND a.live = 1 WHERE p.id = ?1"
		      " AND a.start_at < ?3 AND a.start_at > ?2 - 86400 AND a.end_at > ?2"
		      " AND a.session <> ?4 ORDER BY a.start_at LIMIT 1",
	[SQL_CLASH_EXPERT] = "SELECT id, start_at, end_at FROM session WHERE expert = ?1"
			     " AND (state = 'booked' OR state = 'held') AND start_at < ?3"
			     " AND start_at > ?2 - 86400 AND end_at > ?2 AND id <> ?4"
			     " ORDER BY start_at LIMIT 1",
	[SQL_ROOM_PUT] = "INSERT INTO room (id, capacity) VALUES (?1, ?2) ON CONFLICT (id)"
			 " DO UPDATE SET capacity = excluded.capacity"
			 " WHERE capacity <> excluded.capacity",
	[SQL_ROOM_CAPACITY] = "SELECT capacity FROM room WHERE id = ?1",
	[SQL_ROOM_TAKEN] = "SELECT start_at, end_at FROM session WHERE room = ?1"
			   " AND (state = 'booked' OR state = 'held') AND start_at < ?3"
			   " AND start_at > ?2 - 86400 AND end_at > ?2 ORDER BY start_at, id",
	[SQL_BUDGET] = "SELECT (SELECT coalesce(sum(minutes), 0) FROM ledger WHERE person = ?1),"
		       " (SELECT coalesce(sum((a.end_at - a.start_at) / 60), 0) FROM attendee a"
		       " CROSS JOIN session s ON s.id = a.session"
		       " WHERE a.person = ?1 AND a.live = 1 AND s.state = 'booked')",

	/* Text: who speaks there (expert, others), why it is off, or nothing that the row knows of,
	 * a name or a topic. A session that changes places with others is parked meanwhile. */
	[SQL_PAST_INSERT] =
		"INSERT INTO session_was (session, duo, at, shown, text, start_at, end_at, room)"
		" SELECT id, duo, ?2, CASE WHEN sequence < 0 THEN 'no' WHEN state = 'cancelled'"
		" THEN 'off' ELSE 'on' END, said, start_at, end_at, room FROM (SELECT *,"
		" (expert IS NOT ?7 OR ?9 OR (?5 AND reason IS NOT ?8) OR (start_at = ?3"
		" AND end_at = ?4 AND room IS ?6 AND reason IS ?8 AND pinned = ?11"
		" AND assumed = ?12 AND (state = ?10 OR state = 'provisional'))) AS said"
		" FROM session WHERE id = ?1) WHERE sequence < 0 OR said OR start_at <> ?3"
		" OR end_at <> ?4 OR (state = 'cancelled') <> ?5 OR room IS NOT ?6"
		" RETURNING id, shown <> 'no'",
	[SQL_PASTS_INSERT_TEXT] =
		"INSERT INTO session_was (session, duo, at, shown, text, start_at, end_at, room)"
		" SELECT id, duo, max(?2, last_modified + 1), CASE WHEN state = 'cancelled'"
		" THEN 'off' ELSE 'on' END, 1, start_at, end_at, room FROM session"
		" WHERE id IN (SELECT value FROM json_each(?1)) ORDER BY id",
	[SQL_PAST_WHO_INSERT] = "INSERT INTO session_who (was, person, came) VALUES (?1, ?2, ?3)",
	[SQL_PASTS_ALL] = "SELECT " PAST_COLUMNS "ORDER BY w.session, w.id",
	[SQL_PASTS_DUO] = "SELECT " PAST_COLUMNS "WHERE w.duo IS ?1 ORDER BY w.session, w.id",
	[SQL_PAST_WHOS_ALL] = "SELECT x.was, p.id, x.came FROM session_who x"
			      " JOIN session_was w ON w.id = x.was JOIN person p"
			      " ON p.num = x.person ORDER BY w.session, w.id, p.id",
	[SQL_PAST_WHOS_DUO] = "SELECT x.was, p.id, x.came FROM session_was w"
			      " CROSS JOIN session_who x ON x.was = w.id"
			      " CROSS JOIN person p ON p.num = x.person WHERE w.duo IS ?1"
			      " ORDER BY w.session, w.id, p.id",
	/* numbers are never given again, so that the smallest one tells what has been forgotten */
	[SQL_PAST_MARK] =
		"SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'session_was'), 0),"
		" coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'session'), 0),"
		" coalesce((SELECT min(id) - 1 FROM session_was),"
		" (SELECT seq FROM sqlite_sequence WHERE name = 'session_was'), 0)",
	[SQL_PAST_PRUNE] = "DELETE FROM session_was WHERE id < coalesce((SELECT id FROM session_was"
			   " WHERE at >= ?1 ORDER BY id LIMIT 1), 9223372036854775807)",

	[SQL_LEDGER_INSERT] =
		"INSERT INTO ledger (person, duo, session, corrects, kind, minutes, day, at,"
		" assumed, text) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
	[SQL_LEDGER_GET] = "SELECT " LEDGER_COLUMNS "WHERE l.id = ?1",
	[SQL_LEDGER_ALL] = "SELECT " LEDGER_COLUMNS "ORDER BY l.id",
	[SQL_LEDGER_PERSON] = "SELECT " LEDGER_COLUMNS "WHERE l.person = ?1 ORDER BY l.id",

	[SQL_ABSENCE_INSERT] = "INSERT INTO absence (person, first_day, past_day, at, reason)"
			       " VALUES (?1, ?2, ?3, ?4, ?5)",
	[SQL_ABSENCE_REMOVE] = "UPDATE absence SET removed_at = ?2"
			       " WHERE id = ?1 AND removed_at = 0",
	[SQL_ABSENCES_ALL] = "SELECT " ABSENCE_COLUMNS "WHERE x.removed_at = 0"
			     " ORDER BY p.id, x.first_day, x.id",
	[SQL_ABSENCES_PERSON] = "SELECT " ABSENCE_COLUMNS "WHERE x.removed_at = 0 AND x.person = ?1"
				" ORDER BY x.first_day, x.id",

	[SQL_OBLIGATION_INSERT] =
		"INSERT INTO obligation (duo, kind, ordinal, due, state, sequence, created_at,"
		" last_modified, cancelled_at, done_at, done_by, reason)"
		" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
	[SQL_OBLIGATION_UPDATE] =
		"UPDATE obligation SET due = ?2, state = ?3, sequence = ?4, last_modified = ?5,"
		" cancelled_at = ?6, done_at = ?7, done_by = ?8, reason = ?9 WHERE id = ?1",
	[SQL_OBLIGATIONS_STAMP] = "UPDATE obligation SET last_modified = max(?2, last_modified + 1)"
				  " WHERE id IN (SELECT value FROM json_each(?1))",
	[SQL_OBLIGATIONS_ALL] = "SELECT " OBLIGATION_COLUMNS "ORDER BY o.duo, o.kind, o.ordinal",
	[SQL_OBLIGATIONS_DUO] =
		"SELECT " OBLIGATION_COLUMNS "WHERE o.duo = ?1 ORDER BY o.kind, o.ordinal",
	[SQL_OWERS_ALL] = "SELECT " OWER_COLUMNS "WHERE EXISTS (SELECT 1 FROM obligation o"
			  " WHERE o.duo = d.num) ORDER BY d.num",
	[SQL_OWERS_DUO] = "SELECT " OWER_COLUMNS "WHERE d.num = ?1",
	[SQL_OWERS_LEFT_ALL] = "SELECT x.duo, p.id, x.at FROM duo_left x CROSS JOIN person p"
			       " ON p.num = x.person ORDER BY x.duo, p.id",
	[SQL_OWERS_LEFT_DUO] = "SELECT x.duo, p.id, x.at FROM duo_left x CROSS JOIN person p"
			       " ON p.num = x.person WHERE x.duo = ?1 ORDER BY p.id",
	[SQL_OWED_BY] = "SELECT d.id FROM person p CROSS JOIN duo d ON d.member_a = p.num"
			" WHERE p.id = ?1 UNION"
			" SELECT d.id FROM person p CROSS JOIN duo d ON d.member_b = p.num"
			" WHERE p.id = ?1 UNION"
			" SELECT d.id FROM person p CROSS JOIN duo_left x ON x.person = p.num"
			" CROSS JOIN duo d ON d.num = x.duo WHERE p.id = ?1 ORDER BY 1",

	[SQL_LINKS_ALL] = "SELECT id, kind, owner, label, generation, created_at, revoked_at,"
			  " used_at, agent, client, alarm_min, obligations, changes,"
			  " seen_at, seen_version, seen_change, seen_session"
			  " FROM link ORDER BY id",
	[SQL_LINK_GET] = "SELECT id FROM link WHERE id = ?1",
	[SQL_LINK_OPEN] = "SELECT id FROM link WHERE id = ?1 AND revoked_at = 0",
	[SQL_LINK_INSERT] =
		"INSERT INTO link (kind, owner, label, generation, created_at, revoked_at,"
		" used_at, agent, client, alarm_min, obligations)"
		" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
	[SQL_LINK_SET] =
		"UPDATE link SET label = ?2, client = ?3, alarm_min = ?4, obligations = ?5,"
		" changes = changes + (alarm_min <> ?4 OR obligations <> ?5)"
		" WHERE id = ?1 AND revoked_at = 0"
		" AND changes + (alarm_min <> ?4 OR obligations <> ?5) <= ?6",
	/* a link that is shut stays shut since when it was */
	[SQL_LINK_REVOKE] = "UPDATE link SET revoked_at = ?2 WHERE id = ?1 AND revoked_at = 0",
	/* whoever has the new secret has fetched nothing yet */
	[SQL_LINK_ROTATE] = "UPDATE link SET generation = generation + 1, used_at = 0,"
			    " agent = NULL, seen_at = 0, seen_version = 0, seen_change = 0,"
			    " seen_session = 0 WHERE owner = ?1 AND revoked_at = 0"
			    " AND (?2 OR kind = 'feed' OR kind = 'busy')",
	[SQL_LINK_USED] = "UPDATE link SET used_at = ?2, agent = ?3 WHERE id = ?1"
			  " AND generation = ?4",
	[SQL_LINK_SEEN] = "UPDATE link SET seen_at = ?2, seen_version = ?3, seen_change = ?4,"
			  " seen_session = ?5 WHERE id = ?1 AND generation = ?6",
	[SQL_BODIES_ALL] = "SELECT owner, variant, etag, last_modified FROM body"
			   " ORDER BY owner, variant",
	[SQL_BODY_PUT] = "INSERT INTO body (owner, variant, etag, last_modified)"
			 " VALUES (?1, ?2, ?3, ?4) ON CONFLICT (owner, variant) DO UPDATE"
			 " SET etag = excluded.etag, last_modified = excluded.last_modified",

	[SQL_SOURCES_ALL] =
		"SELECT s.id, s.state, s.fetched_at, s.tried_at, s.horizon, s.hash,"
		" s.config_hash, s.refused_hash, s.rejected, s.error, s.events, s.skipped,"
		" s.warnings, t.busy, t.occurrences, s.etag, s.last_modified_text,"
		" s.failures, s.not_before, h.config_hash, h.horizon, h.events, h.skipped,"
		" h.warnings, h.busy, h.occurrences FROM source s"
		" JOIN timetable t ON t.source = s.id"
		" LEFT JOIN held h ON h.source = s.id ORDER BY s.id",
	[SQL_SOURCE_PUT] =
		"INSERT INTO source (id, state, fetched_at, tried_at, horizon, hash, config_hash,"
		" refused_hash, rejected, error, events, skipped, warnings, etag,"
		" last_modified_text, failures, not_before) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7,"
		" ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)"
		" ON CONFLICT (id) DO UPDATE SET state = excluded.state,"
		" fetched_at = excluded.fetched_at, tried_at = excluded.tried_at,"
		" horizon = excluded.horizon, hash = excluded.hash,"
		" config_hash = excluded.config_hash, refused_hash = excluded.refused_hash,"
		" rejected = excluded.rejected, error = excluded.error,"
		" events = excluded.events, skipped = excluded.skipped,"
		" warnings = excluded.warnings, etag = excluded.etag,"
		" last_modified_text = excluded.last_modified_text,"
		" failures = excluded.failures, not_before = excluded.not_before",
	[SQL_SOURCE_DELETE] = "DELETE FROM source WHERE id = ?1",
	[SQL_TIMETABLE_PUT] = "INSERT INTO timetable (source, busy, occurrences)"
			      " VALUES (?1, ?2, ?3) ON CONFLICT (source) DO UPDATE SET"
			      " busy = excluded.busy, occurrences = excluded.occurrences"
			      " WHERE busy <> excluded.busy OR occurrences <> excluded.occurrences",
	[SQL_HELD_PUT] =
		"INSERT INTO held (source, config_hash, horizon, events, skipped, warnings, busy,"
		" occurrences) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)"
		" ON CONFLICT (source) DO UPDATE SET config_hash = excluded.config_hash,"
		" horizon = excluded.horizon, events = excluded.events,"
		" skipped = excluded.skipped, warnings = excluded.warnings,"
		" busy = excluded.busy, occurrences = excluded.occurrences"
		" WHERE config_hash <> excluded.config_hash OR horizon <> excluded.horizon"
		" OR events <> excluded.events OR skipped <> excluded.skipped"
		" OR warnings <> excluded.warnings OR busy <> excluded.busy"
		" OR occurrences <> excluded.occurrences",
	[SQL_HELD_DELETE] = "DELETE FROM held WHERE source = ?1",
	/* whether titles of lessons stand in it (store/pack) */
	[SQL_TIMETABLE_NAMES] = "SELECT count(*) FROM (SELECT occurrences FROM timetable"
				" WHERE source = ?1 UNION ALL"
				" SELECT occurrences FROM held WHERE source = ?1)"
				" WHERE substr(occurrences, 3, 1) = CAST('l' AS BLOB)",

	[SQL_MAIL_ALL] = "SELECT " MAIL_COLUMNS "ORDER BY p.id, m.session",
	[SQL_MAIL_GET] = "SELECT " MAIL_COLUMNS "WHERE m.person ="
			 " (SELECT num FROM person WHERE id = ?1) AND m.session = ?2",
	[SQL_MAIL_BY_ID] = "SELECT " MAIL_COLUMNS "WHERE m.id = ?1",
	[SQL_MAIL_WAITING] = "SELECT " MAIL_COLUMNS "WHERE m.person ="
			     " (SELECT num FROM person WHERE id = ?1) AND m.state = 'queued'"
			     " ORDER BY m.session",
	[SQL_MAIL_NEXT] = "SELECT p.id, m.not_before FROM mail m"
			  " CROSS JOIN person p ON p.num = m.person WHERE m.state = 'queued'"
			  " ORDER BY m.not_before, m.soon, m.id LIMIT 1",
	[SQL_MAIL_COUNT] = "SELECT state, count(*) FROM mail GROUP BY state",
	[SQL_MAIL_PUT] =
		"INSERT INTO mail (person, session, state, kind, version, announced, attempts,"
		" queued_at, not_before, soon, tried_at, was_on, was_start, was_end, answer,"
		" address, sequence, modified, end_at, key) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7,"
		" ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20)"
		" ON CONFLICT (person, session) DO UPDATE SET state = excluded.state,"
		" kind = excluded.kind, version = excluded.version,"
		" announced = excluded.announced, attempts = excluded.attempts,"
		" queued_at = excluded.queued_at, not_before = excluded.not_before,"
		" soon = excluded.soon, tried_at = excluded.tried_at, was_on = excluded.was_on,"
		" was_start = excluded.was_start, was_end = excluded.was_end,"
		" answer = excluded.answer, address = excluded.address,"
		" sequence = excluded.sequence, modified = excluded.modified,"
		" end_at = excluded.end_at, key = excluded.key",
	[SQL_MAIL_DELETE] = "DELETE FROM mail WHERE id = ?1",
	[SQL_MAIL_RECOVER] = "UPDATE mail SET state = 'queued' WHERE state = 'sending'",
	[SQL_MAIL_PRUNE] = "DELETE FROM mail WHERE state <> 'queued' AND state <> 'sending'"
			   " AND tried_at < ?1 AND (address IS NULL OR end_at < ?1)",

	[SQL_AUDIT_INSERT] = "INSERT INTO audit (at, who, way, what, old, new, why)"
			     " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
	[SQL_AUDIT_SINCE] = "SELECT id, at, who, way, what, old, new, why FROM audit"
			    " WHERE at >= ?1 ORDER BY id",
};
_Static_assert(sizeof texts / sizeof *texts == SQL_COUNT, "a text for every statement");

/* What SQLite's codes mean for people; the first that fits. The disk's failures end the group. */
static const struct {
	int rc; /* extended or primary */
	enum err_code code;
	bool ends_group;
	const char *sentence; /* NULL: SQLite's own words, they are a trigger's */
} meanings[] = {
	{SQLITE_FULL, ERR_STORE, true,
	 "the disk is full; nothing was changed; make room and try again"},
	{SQLITE_IOERR, ERR_STORE, true, "the disk failed; nothing was changed"},
	{SQLITE_NOMEM, ERR_STORE, true, "the store is out of memory; nothing was changed"},
	{SQLITE_CORRUPT, ERR_STORE, true, "the store is damaged; restore a backup"},
	{SQLITE_NOTADB, ERR_STORE, true, "this is no database of ours, or it is damaged"},
	{SQLITE_CANTOPEN, ERR_STORE, false, "the store cannot be opened"},
	{SQLITE_READONLY, ERR_STORE, false, "the store may not be written"},
	{SQLITE_PERM, ERR_STORE, false, "the store may not be opened"},
	{SQLITE_BUSY, ERR_STORE, false, "another program keeps the store locked; try again"},
	{SQLITE_LOCKED, ERR_STORE, false, "another program keeps the store locked; try again"},
	{SQLITE_TOOBIG, ERR_LIMIT, false, "more than the store takes in one piece"},
	{SQLITE_CONSTRAINT_TRIGGER, ERR_CONFLICT, false, NULL},
	{SQLITE_CONSTRAINT_FOREIGNKEY, ERR_CONFLICT, false,
	 "it refers to what the store does not know, or is referred to itself"},
	{SQLITE_CONSTRAINT, ERR_BUG, false, "the store refuses this"},
	{0, ERR_STORE, false, "the store failed"},
};

bool sql_fail(struct db *db, int rc, struct err *err)
{
	size_t i = 0;
	while (meanings[i].rc && meanings[i].rc != rc && meanings[i].rc != (rc & 0xff))
		i++;
	const char *said = db->handle ? sqlite3_errmsg(db->handle) : sqlite3_errstr(rc);
	if (meanings[i].sentence)
		err_set(err, meanings[i].code, "%s (%s: %s)", meanings[i].sentence, db->path, said);
	else
		err_set(err, meanings[i].code, "%s", said);
	if (db->in_group && meanings[i].ends_group && !db->lost) {
		db->lost = true;
		db->why = *err;
		db->zone = NULL;
		/* SQLite has rolled back already, or does so now; there is nothing to do
		 * about a failure of that. */
		if (db->handle && !sqlite3_get_autocommit(db->handle))
			(void)sql_control(db, SQL_ROLLBACK);
	}
	return false;
}

static sqlite3_stmt *prepared(struct db *db, enum sql which, int *rc)
{
	*rc = SQLITE_OK;
	if (!db->statements[which])
		*rc = sqlite3_prepare_v3(db->handle, texts[which], -1, SQLITE_PREPARE_PERSISTENT,
					 &db->statements[which], NULL);
	return db->statements[which];
}

int sql_control(struct db *db, enum sql which)
{
	int rc;
	sqlite3_stmt *stmt = prepared(db, which, &rc);
	if (!stmt)
		return rc;
	rc = sqlite3_step(stmt);
	int end = sqlite3_reset(stmt);
	return rc == SQLITE_DONE || rc == SQLITE_ROW ? SQLITE_OK : end ? end : rc;
}

static int bind(sqlite3_stmt *stmt, int i, const struct sql_value *v)
{
	switch (v->type) {
	case SQL_TYPE_NULL: return sqlite3_bind_null(stmt, i);
	case SQL_TYPE_INT: return sqlite3_bind_int64(stmt, i, v->i);
	case SQL_TYPE_TEXT: return sqlite3_bind_text(stmt, i, v->p, -1, SQLITE_STATIC);
	case SQL_TYPE_BLOB:
		/* a NULL pointer would bind NULL: an empty blob is bytes, none of them */
		return sqlite3_bind_blob64(stmt, i, v->n ? v->p : "", v->n, SQLITE_STATIC);
	}
	return SQLITE_MISUSE;
}

sqlite3_stmt *sql_query(struct db *db, enum sql which, const struct sql_value *values, size_t n,
			struct err *err)
{
	assert(pthread_equal(db->thread, pthread_self()));
	if (db->lost) {
		*err = db->why;
		return NULL;
	}
	if (!db->handle) {
		err_set(err, ERR_STORE, "the store %s is closed after a failure of the disk",
			db->path);
		return NULL;
	}
	int rc;
	sqlite3_stmt *stmt = prepared(db, which, &rc);
	if (!stmt) {
		sql_fail(db, rc, err);
		return NULL;
	}
	assert((size_t)sqlite3_bind_parameter_count(stmt) == n);
	for (size_t i = 0; i < n; i++) {
		rc = bind(stmt, (int)i + 1, &values[i]);
		if (rc != SQLITE_OK) {
			sql_fail(db, rc, err);
			sql_end(stmt);
			return NULL;
		}
	}
	return stmt;
}

enum sql_step sql_next(struct db *db, sqlite3_stmt *stmt, struct err *err)
{
	int rc = sqlite3_step(stmt);
	if (rc == SQLITE_ROW)
		return SQL_STEP_ROW;
	if (rc != SQLITE_DONE) {
		/* the message is gone after the reset, the transaction is ended after it */
		int end = sqlite3_reset(stmt);
		sql_fail(db, end ? end : rc, err);
	}
	sql_end(stmt);
	return rc == SQLITE_DONE ? SQL_STEP_DONE : SQL_STEP_FAILED;
}

void sql_end(sqlite3_stmt *stmt)
{
	(void)sqlite3_reset(stmt);
	(void)sqlite3_clear_bindings(stmt);
}

bool sql_each(struct db *db, enum sql which, const struct sql_value *values, size_t n,
	      sql_row_fn *row, void *ctx, struct err *err)
{
	sqlite3_stmt *stmt = sql_query(db, which, values, n, err);
	enum sql_step step = SQL_STEP_FAILED;
	while (stmt && (step = sql_next(db, stmt, err)) == SQL_STEP_ROW)
		if (!row(stmt, ctx, err)) {
			sql_end(stmt);
			return false;
		}
	return step == SQL_STEP_DONE;
}

bool sql_run(struct db *db, enum sql which, const struct sql_value *values, size_t n,
	     struct err *err)
{
	bool own = !db->in_group;
	if (own && !db_begin(db, err))
		return false;
	sqlite3_stmt *stmt = sql_query(db, which, values, n, err);
	bool ok = stmt && sql_next(db, stmt, err) == SQL_STEP_DONE;
	if (!own)
		return ok;
	if (ok)
		return db_commit(db, err);
	db_rollback(db);
	return false;
}

char *sql_id_list(const int64_t *ids, size_t n)
{
	struct buf out = {0};
	for (size_t i = 0; i < n; i++)
		buf_addf(&out, "%c%lld", i ? ',' : '[', (long long)ids[i]);
	buf_adds(&out, n ? "]" : "[]");
	return buf_take(&out);
}

size_t sql_changed(const struct db *db)
{
	return (size_t)sqlite3_changes64(db->handle);
}

bool sql_one(struct db *db, enum sql which, const struct sql_value *values, size_t n, int64_t *out,
	     struct err *err)
{
	sqlite3_stmt *stmt = sql_query(db, which, values, n, err);
	if (!stmt)
		return false;
	switch (sql_next(db, stmt, err)) {
	case SQL_STEP_FAILED: return false;
	case SQL_STEP_DONE: return err_set(err, ERR_NOTFOUND, "there is no such row");
	case SQL_STEP_ROW: break;
	}
	*out = sqlite3_column_int64(stmt, 0);
	sql_end(stmt);
	return true;
}

bool sql_enter(struct db *db, bool *own_group, struct err *err)
{
	*own_group = !db->in_group;
	return *own_group ? db_begin(db, err) : sql_run(db, SQL_STEP_SAVE, SQL_NONE, err);
}

bool sql_leave(struct db *db, bool own_group, bool ok, struct err *err)
{
	if (ok)
		return own_group ? db_commit(db, err)
				 : sql_run(db, SQL_STEP_RELEASE, SQL_NONE, err);
	if (own_group) {
		db_rollback(db);
	} else if (!db->lost) {
		db->zone = NULL;
		(void)sql_control(db, SQL_STEP_UNDO);
		(void)sql_control(db, SQL_STEP_RELEASE);
	}
	return false;
}

bool sql_prepare_all(struct db *db, struct err *err)
{
	int rc;
	for (int i = 0; i < SQL_COUNT; i++)
		if (!prepared(db, (enum sql)i, &rc)) {
			sql_fail(db, rc, err);
			return err_wrap(err, "statement %d", i);
		}
	return true;
}

/* ---- columns ---------------------------------------------------------------------------------- */

static bool damaged(sqlite3_stmt *stmt, int column, struct err *err)
{
	const char *name = sqlite3_column_name(stmt, column);
	return err_set(err, ERR_STORE, "the store is damaged: a value of \"%s\" cannot be",
		       name ? name : "?");
}

bool sql_column_chars(sqlite3_stmt *stmt, int column, char *out, size_t size, struct err *err)
{
	const char *text = (const char *)sqlite3_column_text(stmt, column);
	size_t n = (size_t)sqlite3_column_bytes(stmt, column);
	if (!text) {
		out[0] = '\0';
		return true;
	}
	if (n >= size || strlen(text) != n)
		return damaged(stmt, column, err);
	memcpy(out, text, n + 1);
	return true;
}

bool sql_column_id(sqlite3_stmt *stmt, int column, id_text out, struct err *err)
{
	id_text id;
	if (!sql_column_chars(stmt, column, id, sizeof id, err))
		return false;
	if (!parse_is_id(id))
		return damaged(stmt, column, err);
	memcpy(out, id, sizeof id);
	return true;
}

bool sql_column_int(sqlite3_stmt *stmt, int column, int64_t min, int64_t max, int64_t *out,
		    struct err *err)
{
	int64_t i = sqlite3_column_int64(stmt, column);
	if (i < min || i > max)
		return damaged(stmt, column, err);
	*out = i;
	return true;
}

char *sql_column_text(sqlite3_stmt *stmt, int column)
{
	const char *text = (const char *)sqlite3_column_text(stmt, column);
	return text ? xstrdup(text) : NULL;
}

bool sql_column_kind(sqlite3_stmt *stmt, int column, enum kind *out, struct err *err)
{
	const char *text = (const char *)sqlite3_column_text(stmt, column);
	return (text && kind_from_word(text, out)) || damaged(stmt, column, err);
}

bool sql_column_state(sqlite3_stmt *stmt, int column, enum state *out, struct err *err)
{
	const char *text = (const char *)sqlite3_column_text(stmt, column);
	return (text && state_from_word(text, out)) || damaged(stmt, column, err);
}

static bool num(struct db *db, enum sql which, const char *noun, const char *id, int64_t *out,
		struct err *err)
{
	if (sql_one(db, which, SQL_VALUES(sql_text(id)), out, err))
		return true;
	if (err->code == ERR_NOTFOUND)
		err_set(err, ERR_NOTFOUND, "the store knows no %s %s", noun, id);
	return false;
}

bool sql_person_num(struct db *db, const char *id, int64_t *out, struct err *err)
{
	return num(db, SQL_PERSON_NUM, "person", id, out, err);
}

bool sql_duo_num(struct db *db, const char *id, int64_t *out, struct err *err)
{
	return num(db, SQL_DUO_NUM, "duo", id, out, err);
}
