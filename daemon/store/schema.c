/* schema.c -- the tables and what they refuse by themselves.
 *
 * Persons and duos have a number besides their id, so that a duo that is renamed keeps its
 * append-only past without a single row of it being written again. attendee repeats a session's
 * times and whether it counts (booked or held); triggers keep these copies true and refuse a
 * second session at once for a person, whoever writes. The words of kinds and states are those
 * of plan/model; a test holds them together. */
#include "store/schema.h"

/* clang-format off */

#define ID(column) \
	"(" column " GLOB '[a-z0-9]*' AND " column " NOT GLOB '*[^a-z0-9-]*'" \
	" AND length(" column ") <= 32)"
#define FLAG(column) column " INTEGER NOT NULL CHECK (" column " = 0 OR " column " = 1)"
/* Chains of OR: IN with more than two words builds a table of them in every statement, and that
 * was a third of what a booking cost. */
#define KIND \
	"kind TEXT NOT NULL CHECK (kind = 'work' OR kind = 'visit' OR kind = 'expert'" \
	" OR kind = 'intervisie' OR kind = 'steering' OR kind = 'evaluation' OR kind = 'solo')"
#define STATE \
	"state TEXT NOT NULL CHECK (state = 'provisional' OR state = 'booked' OR state = 'held'" \
	" OR state = 'missed' OR state = 'cancelled')"
#define LIVE(row) "(" row ".state = 'booked' OR " row ".state = 'held')"
/* years 1900 to 2200, what base/parse reads */
#define MOMENT(column) "(" column " BETWEEN -2208988800 AND 7289568000)"
/* A session lasts at most a day, so that the search for a clash looks at a day, not at a life. */
#define CLASH \
	"SELECT RAISE(ABORT, '" SCHEMA_OVERLAP "') WHERE NEW.live = 1 AND EXISTS" \
	" (SELECT 1 FROM attendee a WHERE a.person = NEW.person AND a.live = 1" \
	" AND a.start_at < NEW.end_at AND a.start_at > NEW.start_at - 86400" \
	" AND a.end_at > NEW.start_at AND a.session <> NEW.session);"
#define COPIES \
	"SELECT RAISE(ABORT, 'an attendee has the times and state of the session')" \
	" WHERE NOT EXISTS (SELECT 1 FROM session s WHERE s.id = NEW.session" \
	" AND s.start_at = NEW.start_at AND s.end_at = NEW.end_at" \
	" AND " LIVE("s") " = NEW.live);"

static const char version_1[] =
	"CREATE TABLE meta ("
	" key TEXT PRIMARY KEY CHECK (length(key) BETWEEN 1 AND 64),"
	" value BLOB NOT NULL) STRICT, WITHOUT ROWID;"

	"CREATE TABLE roster ("
	" one INTEGER PRIMARY KEY CHECK (one = 1),"
	" loaded_at INTEGER NOT NULL,"
	" bundle BLOB NOT NULL) STRICT;"

	"CREATE TABLE person ("
	" num INTEGER PRIMARY KEY,"
	" id TEXT NOT NULL UNIQUE CHECK " ID("id") ","
	" name TEXT,"
	" retired_at INTEGER) STRICT;"

	"CREATE TABLE duo ("
	" num INTEGER PRIMARY KEY,"
	" id TEXT NOT NULL UNIQUE CHECK " ID("id") ","
	" topic TEXT,"
	" member_a INTEGER NOT NULL REFERENCES person (num),"
	" member_b INTEGER NOT NULL REFERENCES person (num),"
	" retired_at INTEGER,"
	" CHECK (member_a <> member_b)) STRICT;"

	/* AUTOINCREMENT: a number once given is never given again */
	"CREATE TABLE session ("
	" id INTEGER PRIMARY KEY AUTOINCREMENT,"
	" duo INTEGER REFERENCES duo (num),"
	" " KIND ","
	" " STATE ","
	" start_at INTEGER NOT NULL CHECK " MOMENT("start_at") ","
	" end_at INTEGER NOT NULL,"
	" local_start TEXT NOT NULL CHECK (local_start GLOB '[12][0-9][0-9][0-9]-*T[0-2][0-9]:*'),"
	" zone TEXT NOT NULL CHECK (length(zone) BETWEEN 1 AND 64),"
	" " FLAG("pinned") ","
	" " FLAG("assumed") ","
	" sequence INTEGER NOT NULL CHECK (sequence BETWEEN -1 AND 2147483647),"
	" created_at INTEGER NOT NULL,"
	" last_modified INTEGER NOT NULL,"
	" cancelled_at INTEGER NOT NULL,"
	" reason TEXT,"
	" CHECK (end_at > start_at), CHECK (end_at - start_at <= 86400),"
	" CHECK (duo IS NOT NULL OR kind = 'expert' OR kind = 'intervisie' OR kind = 'steering'"
	"  OR kind = 'evaluation'),"
	" CHECK (state = 'cancelled' OR cancelled_at = 0)) STRICT;"
	"CREATE INDEX session_duo ON session (duo);"

	"CREATE TABLE attendee ("
	" session INTEGER NOT NULL REFERENCES session (id) ON DELETE CASCADE,"
	" person INTEGER NOT NULL REFERENCES person (num),"
	" start_at INTEGER NOT NULL,"
	" end_at INTEGER NOT NULL,"
	" " FLAG("live") ","
	" PRIMARY KEY (session, person),"
	" CHECK (end_at > start_at)) STRICT, WITHOUT ROWID;"
	"CREATE INDEX attendee_person ON attendee (person, start_at, end_at, live);"

	"CREATE TRIGGER attendee_new BEFORE INSERT ON attendee BEGIN " COPIES CLASH " END;"
	"CREATE TRIGGER attendee_changed BEFORE UPDATE ON attendee BEGIN " COPIES CLASH " END;"
	"CREATE TRIGGER session_takes_attendees AFTER UPDATE OF start_at, end_at, state ON session"
	" BEGIN UPDATE attendee SET start_at = NEW.start_at, end_at = NEW.end_at,"
	"  live = " LIVE("NEW") " WHERE session = NEW.id; END;"
	"CREATE TRIGGER session_grows BEFORE UPDATE ON session BEGIN"
	" SELECT RAISE(ABORT, 'the number of a session never changes') WHERE NEW.id <> OLD.id;"
	" SELECT RAISE(ABORT, 'the sequence of a session never falls')"
	"  WHERE NEW.sequence < OLD.sequence;"
	" SELECT RAISE(ABORT, 'last_modified of a session never falls')"
	"  WHERE NEW.last_modified < OLD.last_modified; END;"
	"CREATE TRIGGER session_stays BEFORE DELETE ON session WHEN OLD.sequence >= 0 BEGIN"
	" SELECT RAISE(ABORT, 'a published session is never deleted'); END;"

	"CREATE TABLE ledger ("
	" id INTEGER PRIMARY KEY AUTOINCREMENT,"
	" person INTEGER NOT NULL REFERENCES person (num),"
	" duo INTEGER REFERENCES duo (num),"
	" session INTEGER REFERENCES session (id),"
	" corrects INTEGER REFERENCES ledger (id),"
	" " KIND ","
	" minutes INTEGER NOT NULL CHECK (minutes BETWEEN -600000 AND 600000),"
	" day INTEGER NOT NULL,"
	" at INTEGER NOT NULL,"
	" " FLAG("assumed") ","
	" text TEXT,"
	" CHECK (minutes >= 0 OR corrects IS NOT NULL)) STRICT;"
	"CREATE INDEX ledger_person ON ledger (person);"
	"CREATE INDEX ledger_session ON ledger (session) WHERE session IS NOT NULL;"
	"CREATE INDEX ledger_corrects ON ledger (corrects) WHERE corrects IS NOT NULL;"
	"CREATE TRIGGER ledger_corrects_own BEFORE INSERT ON ledger"
	" WHEN NEW.corrects IS NOT NULL BEGIN"
	" SELECT RAISE(ABORT, 'a correction is of an entry of the same person') WHERE NOT EXISTS"
	"  (SELECT 1 FROM ledger WHERE id = NEW.corrects AND person = NEW.person); END;"
	"CREATE TRIGGER ledger_fixed BEFORE UPDATE ON ledger BEGIN"
	" SELECT RAISE(ABORT, 'the ledger is append-only'); END;"
	"CREATE TRIGGER ledger_kept BEFORE DELETE ON ledger BEGIN"
	" SELECT RAISE(ABORT, 'the ledger is append-only'); END;"

	"CREATE TABLE link ("
	" id INTEGER PRIMARY KEY AUTOINCREMENT,"
	" kind TEXT NOT NULL"
	"  CHECK (kind = 'me' OR kind = 'feed' OR kind = 'busy' OR kind = 'report'),"
	" owner TEXT NOT NULL CHECK " ID("owner") ","
	" label TEXT NOT NULL,"
	" generation INTEGER NOT NULL CHECK (generation BETWEEN 0 AND 2147483647),"
	" created_at INTEGER NOT NULL,"
	" revoked_at INTEGER NOT NULL,"
	" used_at INTEGER NOT NULL,"
	" agent TEXT) STRICT;"
	"CREATE INDEX link_owner ON link (owner);"
	"CREATE TRIGGER link_grows BEFORE UPDATE ON link BEGIN"
	" SELECT RAISE(ABORT, 'the generation of a link never falls')"
	"  WHERE NEW.generation < OLD.generation OR NEW.id <> OLD.id; END;"

	"CREATE TABLE body ("
	" owner TEXT NOT NULL CHECK " ID("owner") ","
	" variant TEXT NOT NULL CHECK (length(variant) BETWEEN 1 AND 7),"
	" etag TEXT NOT NULL CHECK (length(etag) <= 32),"
	" last_modified INTEGER NOT NULL,"
	" PRIMARY KEY (owner, variant)) STRICT, WITHOUT ROWID;"
	"CREATE TRIGGER body_grows BEFORE UPDATE ON body BEGIN"
	" SELECT RAISE(ABORT, 'last_modified of a feed never falls')"
	"  WHERE NEW.last_modified < OLD.last_modified; END;"

	"CREATE TABLE source ("
	" id TEXT PRIMARY KEY CHECK " ID("id") ","
	" state TEXT NOT NULL CHECK (state = 'never' OR state = 'fresh' OR state = 'stale'"
	"  OR state = 'failed' OR state = 'quarantined'),"
	" fetched_at INTEGER NOT NULL,"
	" tried_at INTEGER NOT NULL,"
	" horizon INTEGER NOT NULL,"
	" hash TEXT NOT NULL CHECK (length(hash) <= 32),"
	" config_hash TEXT NOT NULL CHECK (length(config_hash) <= 32),"
	" refused_hash TEXT NOT NULL CHECK (length(refused_hash) <= 32),"
	" " FLAG("rejected") ","
	" error TEXT,"
	" events INTEGER NOT NULL CHECK (events >= 0),"
	" skipped INTEGER NOT NULL CHECK (skipped >= 0),"
	" warnings BLOB NOT NULL) STRICT, WITHOUT ROWID;"
	/* apart from its source, so that a fetch that brought nothing new does not write it again */
	"CREATE TABLE timetable ("
	" source TEXT PRIMARY KEY REFERENCES source (id) ON DELETE CASCADE,"
	" busy BLOB NOT NULL,"
	" occurrences BLOB NOT NULL,"
	" quarantine BLOB NOT NULL) STRICT;"

	"CREATE TABLE audit ("
	" id INTEGER PRIMARY KEY AUTOINCREMENT,"
	" at INTEGER NOT NULL,"
	" who TEXT NOT NULL,"
	" way TEXT NOT NULL,"
	" what TEXT NOT NULL,"
	" old TEXT, new TEXT, why TEXT) STRICT;"
	"CREATE INDEX audit_at ON audit (at);"
	"CREATE TRIGGER audit_fixed BEFORE UPDATE ON audit BEGIN"
	" SELECT RAISE(ABORT, 'the audit log is append-only'); END;"
	"CREATE TRIGGER audit_kept BEFORE DELETE ON audit BEGIN"
	" SELECT RAISE(ABORT, 'the audit log is append-only'); END;"

	"PRAGMA application_id = 1415867748;" /* SCHEMA_APPLICATION_ID */
	"PRAGMA user_version = 1;";

/* What conditional requests and back-off need of a source by URL, so that a restart neither fetches
 * everything again nor storms a server that is in trouble. */
static const char version_2[] =
	"ALTER TABLE source ADD COLUMN etag TEXT NOT NULL DEFAULT '' CHECK (length(etag) <= 255);"
	"ALTER TABLE source ADD COLUMN last_modified_text TEXT NOT NULL DEFAULT ''"
	" CHECK (length(last_modified_text) <= 63);"
	"ALTER TABLE source ADD COLUMN failures INTEGER NOT NULL DEFAULT 0 CHECK (failures >= 0);"
	"ALTER TABLE source ADD COLUMN not_before INTEGER NOT NULL DEFAULT 0;"
	"PRAGMA user_version = 2;";

/* The expert and the room that a session takes. An expert is in one place at a time, as persons
 * are, and the store refuses it like theirs; how many sessions a room holds is the roster's to say,
 * and may become less than what is booked: that is asked when one is booked or moved. */
#define EXPERT_FREE \
	" BEGIN SELECT RAISE(ABORT, '" SCHEMA_EXPERT_OVERLAP "') WHERE EXISTS" \
	" (SELECT 1 FROM session o WHERE o.expert = NEW.expert AND " LIVE("o") \
	" AND o.start_at < NEW.end_at AND o.start_at > NEW.start_at - 86400" \
	" AND o.end_at > NEW.start_at AND o.id <> NEW.id); END;"

static const char version_3[] =
	"ALTER TABLE session ADD COLUMN expert TEXT CHECK (expert IS NULL OR " ID("expert") ");"
	"ALTER TABLE session ADD COLUMN room TEXT CHECK (room IS NULL OR " ID("room") ");"
	"CREATE INDEX session_expert ON session (expert, start_at) WHERE expert IS NOT NULL;"
	"CREATE INDEX session_room ON session (room, start_at) WHERE room IS NOT NULL;"
	"CREATE TRIGGER session_expert_new BEFORE INSERT ON session"
	" WHEN NEW.expert IS NOT NULL AND " LIVE("NEW") EXPERT_FREE
	"CREATE TRIGGER session_expert_changed BEFORE UPDATE OF expert, start_at, end_at, state"
	" ON session WHEN NEW.expert IS NOT NULL AND " LIVE("NEW") EXPERT_FREE
	"CREATE TABLE room ("
	" id TEXT PRIMARY KEY CHECK " ID("id") ","
	" capacity INTEGER NOT NULL CHECK (capacity >= 1)) STRICT, WITHOUT ROWID;"
	"PRAGMA user_version = 3;";

/* Days that people call off. What was said stays on record: it can be taken back, once. */
static const char version_4[] =
	"CREATE TABLE absence ("
	" id INTEGER PRIMARY KEY AUTOINCREMENT,"
	" person INTEGER NOT NULL REFERENCES person (num),"
	" first_day INTEGER NOT NULL,"
	" past_day INTEGER NOT NULL," /* the day after the last */
	" at INTEGER NOT NULL,"
	" removed_at INTEGER NOT NULL DEFAULT 0,"
	" reason TEXT,"
	" CHECK (past_day > first_day)) STRICT;"
	"CREATE INDEX absence_person ON absence (person) WHERE removed_at = 0;"
	"CREATE TRIGGER absence_fixed BEFORE UPDATE ON absence"
	" WHEN OLD.removed_at <> 0 OR NEW.id <> OLD.id OR NEW.person <> OLD.person"
	"  OR NEW.first_day <> OLD.first_day OR NEW.past_day <> OLD.past_day OR NEW.at <> OLD.at"
	"  OR NEW.reason IS NOT OLD.reason BEGIN"
	" SELECT RAISE(ABORT, 'an absence is only ever taken back'); END;"
	"CREATE TRIGGER absence_kept BEFORE DELETE ON absence BEGIN"
	" SELECT RAISE(ABORT, 'an absence is taken back, not deleted'); END;"
	"PRAGMA user_version = 4;";

/* Who attended a session when it was published and does not any more: her feed takes the event back,
 * it does not just lose it. Not rows of attendee, which are who comes: that no query has to leave
 * them out again is worth a table. */
static const char version_5[] =
	"CREATE TABLE departure ("
	" session INTEGER NOT NULL REFERENCES session (id) ON DELETE CASCADE,"
	" person INTEGER NOT NULL REFERENCES person (num),"
	" at INTEGER NOT NULL CHECK " MOMENT("at") ","
	" PRIMARY KEY (session, person)) STRICT, WITHOUT ROWID;"
	"CREATE INDEX departure_person ON departure (person);"
	"CREATE TRIGGER departure_known BEFORE INSERT ON departure BEGIN"
	" SELECT RAISE(ABORT, 'who attends a session has not left it') WHERE EXISTS"
	"  (SELECT 1 FROM attendee a WHERE a.session = NEW.session AND a.person = NEW.person);"
	" SELECT RAISE(ABORT, 'nobody can have known of a session that was never published')"
	"  WHERE NOT EXISTS (SELECT 1 FROM session s WHERE s.id = NEW.session"
	"  AND s.sequence >= 0); END;"
	"CREATE TRIGGER departure_ends AFTER INSERT ON attendee BEGIN"
	" DELETE FROM departure WHERE session = NEW.session AND person = NEW.person; END;"
	"PRAGMA user_version = 5;";

/* What lies in quarantine is time, as everything else is. Before, its bytes were kept, with every
 * title in them: they go, from the copy of the old store too, and from the log (schema_migrate).
 * Their sources are as before them: what is still offered is read again, and held again. */
#define HELD_AS_TIME 6
#define FORGET_BYTES \
	"UPDATE source SET refused_hash = '', rejected = 0," \
	" error = CASE WHEN state = 'quarantined' THEN NULL ELSE error END," \
	" state = CASE WHEN state = 'quarantined' THEN 'fresh' ELSE state END" \
	" WHERE EXISTS (SELECT 1 FROM timetable t WHERE t.source = id" \
	"  AND length(t.quarantine) > 0);" \
	"UPDATE timetable SET quarantine = x'' WHERE length(quarantine) > 0;"

static const char version_6[] =
	"CREATE TABLE held ("
	" source TEXT PRIMARY KEY REFERENCES source (id) ON DELETE CASCADE,"
	" config_hash TEXT NOT NULL CHECK (length(config_hash) <= 32),"
	" horizon INTEGER NOT NULL,"
	" events INTEGER NOT NULL CHECK (events >= 0),"
	" skipped INTEGER NOT NULL CHECK (skipped >= 0),"
	" warnings BLOB NOT NULL,"
	" busy BLOB NOT NULL,"
	" occurrences BLOB NOT NULL) STRICT;"
	FORGET_BYTES
	"ALTER TABLE timetable DROP COLUMN quarantine;"
	"PRAGMA user_version = 6;";

/* What a link is for and how its feed is made. changes: how often that changed what the feed says;
 * the feed's times grow by it. */
static const char version_7[] =
	"ALTER TABLE link ADD COLUMN client TEXT NOT NULL DEFAULT 'other'"
	" CHECK (client IN ('apple', 'android', 'google', 'outlook', 'thunderbird', 'gnome',"
	" 'nextcloud', 'other'));"
	"ALTER TABLE link ADD COLUMN alarm_min INTEGER NOT NULL DEFAULT -1"
	" CHECK (alarm_min BETWEEN -1 AND 40320);"
	"ALTER TABLE link ADD COLUMN obligations TEXT NOT NULL DEFAULT 'events'"
	" CHECK (obligations IN ('events', 'todos', 'none'));"
	"ALTER TABLE link ADD COLUMN changes INTEGER NOT NULL DEFAULT 0"
	" CHECK (changes BETWEEN 0 AND 1000);"
	"CREATE TRIGGER link_changes_grow BEFORE UPDATE ON link BEGIN"
	" SELECT RAISE(ABORT, 'the changes of a link never become fewer')"
	"  WHERE NEW.changes < OLD.changes; END;"
	"PRAGMA user_version = 7;";

/* What each link fetched last, and what published sessions were before they changed: together they
 * say what a calendar still shows. A published session is never deleted, nor does it change its
 * duo: its number and its duo's are copies that need no watching. */
static const char version_8[] =
	"CREATE TABLE session_was ("
	" id INTEGER PRIMARY KEY AUTOINCREMENT,"
	" session INTEGER NOT NULL,"
	" duo INTEGER REFERENCES duo (num),"
	" at INTEGER NOT NULL,"
	" shown TEXT NOT NULL CHECK (shown = 'no' OR shown = 'on' OR shown = 'off'),"
	" " FLAG("text") ","
	" start_at INTEGER NOT NULL CHECK " MOMENT("start_at") ","
	" end_at INTEGER NOT NULL,"
	" room TEXT CHECK (room IS NULL OR " ID("room") "),"
	" CHECK (end_at > start_at)) STRICT;"
	"CREATE INDEX session_was_duo ON session_was (duo, session);"
	"CREATE TRIGGER session_was_fixed BEFORE UPDATE ON session_was BEGIN"
	" SELECT RAISE(ABORT, 'what a session was does not change'); END;"
	"CREATE TABLE session_who ("
	" was INTEGER NOT NULL REFERENCES session_was (id) ON DELETE CASCADE,"
	" person INTEGER NOT NULL REFERENCES person (num),"
	" " FLAG("came") ","
	" PRIMARY KEY (was, person)) STRICT, WITHOUT ROWID;"
	"ALTER TABLE link ADD COLUMN seen_at INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE link ADD COLUMN seen_version INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE link ADD COLUMN seen_change INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE link ADD COLUMN seen_session INTEGER NOT NULL DEFAULT 0;"
	"PRAGMA user_version = 8;";

/* What a duo owes at a date. Published as soon as it is there, so it is never deleted, and its day
 * or state never changes under the same sequence: clients would not see it.
 *
 * A duo's obligations are shown to its members. Who was one and is not any more is remembered, so
 * that her feed takes them back; since when is written with the members themselves, and what
 * everybody is shown changes with them. */
#define MEMBERS_CHANGE \
	"NOT ((NEW.member_a = OLD.member_a OR NEW.member_a = OLD.member_b)" \
	" AND (NEW.member_b = OLD.member_a OR NEW.member_b = OLD.member_b))"
#define LEFT(member) \
	"INSERT INTO duo_left (duo, person, at) SELECT NEW.num, OLD." member ", NEW.members_at" \
	" WHERE OLD." member " <> NEW.member_a AND OLD." member " <> NEW.member_b;"

static const char version_9[] =
	"CREATE TABLE obligation ("
	" id INTEGER PRIMARY KEY AUTOINCREMENT,"
	" duo INTEGER NOT NULL REFERENCES duo (num),"
	" kind TEXT NOT NULL CHECK (kind = 'plan' OR kind = 'reflection' OR kind = 'evaluation'),"
	" ordinal INTEGER NOT NULL CHECK (ordinal >= 1),"
	" due INTEGER NOT NULL CHECK (due BETWEEN -25567 AND 84370)," /* MOMENT's years, in days */
	" state TEXT NOT NULL CHECK (state = 'open' OR state = 'done' OR state = 'cancelled'),"
	" sequence INTEGER NOT NULL CHECK (sequence BETWEEN 0 AND 2147483647),"
	" created_at INTEGER NOT NULL,"
	" last_modified INTEGER NOT NULL,"
	" cancelled_at INTEGER NOT NULL,"
	" done_at INTEGER NOT NULL,"
	" done_by TEXT,"
	" reason TEXT,"
	" UNIQUE (duo, kind, ordinal),"
	" CHECK ((state = 'cancelled') = (cancelled_at <> 0)),"
	" CHECK ((state = 'done') = (done_at <> 0)),"
	" CHECK (state = 'done' OR done_by IS NULL)) STRICT;"
	"CREATE TRIGGER obligation_grows BEFORE UPDATE ON obligation BEGIN"
	" SELECT RAISE(ABORT, 'an obligation stays what it was made for')"
	"  WHERE NEW.id <> OLD.id OR NEW.duo <> OLD.duo OR NEW.kind <> OLD.kind"
	"  OR NEW.ordinal <> OLD.ordinal OR NEW.created_at <> OLD.created_at;"
	" SELECT RAISE(ABORT, 'the sequence of an obligation never falls')"
	"  WHERE NEW.sequence < OLD.sequence;"
	" SELECT RAISE(ABORT, 'an obligation changes under a new sequence')"
	"  WHERE NEW.sequence = OLD.sequence AND (NEW.due <> OLD.due OR NEW.state <> OLD.state);"
	" SELECT RAISE(ABORT, 'last_modified of an obligation never falls')"
	"  WHERE NEW.last_modified < OLD.last_modified; END;"
	"CREATE TRIGGER obligation_stays BEFORE DELETE ON obligation BEGIN"
	" SELECT RAISE(ABORT, 'a published obligation is never deleted'); END;"

	"CREATE TABLE duo_left ("
	" duo INTEGER NOT NULL REFERENCES duo (num),"
	" person INTEGER NOT NULL REFERENCES person (num),"
	" at INTEGER NOT NULL CHECK " MOMENT("at") ","
	" PRIMARY KEY (duo, person)) STRICT, WITHOUT ROWID;"
	"CREATE INDEX duo_left_person ON duo_left (person);"
	"CREATE INDEX duo_member_a ON duo (member_a);"
	"CREATE INDEX duo_member_b ON duo (member_b);"
	"ALTER TABLE duo ADD COLUMN members_at INTEGER NOT NULL DEFAULT 0;"
	"CREATE TRIGGER duo_members AFTER UPDATE OF member_a, member_b ON duo"
	" WHEN " MEMBERS_CHANGE " BEGIN"
	" DELETE FROM duo_left WHERE duo = NEW.num"
	"  AND (person = NEW.member_a OR person = NEW.member_b);"
	" " LEFT("member_a")
	" " LEFT("member_b")
	" UPDATE obligation SET sequence = sequence + 1,"
	"  last_modified = max(NEW.members_at, last_modified + 1) WHERE duo = NEW.num; END;"
	"PRAGMA user_version = 9;";

/* Mail: what each person is to be told of each session, and what she was. One row, since all that
 * counts is the last word; the index is the queue. */
static const char version_10[] =
	"CREATE TABLE mail ("
	" id INTEGER PRIMARY KEY AUTOINCREMENT,"
	" person INTEGER NOT NULL REFERENCES person (num),"
	" session INTEGER NOT NULL REFERENCES session (id),"
	" state TEXT NOT NULL CHECK (state = 'queued' OR state = 'sending' OR state = 'sent'"
	"  OR state = 'failed' OR state = 'dropped'),"
	" kind TEXT NOT NULL CHECK (kind = '' OR kind = 'request' OR kind = 'cancel'"
	"  OR kind = 'note'),"
	" version INTEGER NOT NULL,"
	" " FLAG("announced") ","
	" attempts INTEGER NOT NULL CHECK (attempts >= 0),"
	" queued_at INTEGER NOT NULL,"
	" not_before INTEGER NOT NULL,"
	" soon INTEGER NOT NULL,"
	" tried_at INTEGER NOT NULL,"
	" " FLAG("was_on") ","
	" was_start INTEGER NOT NULL,"
	" was_end INTEGER NOT NULL,"
	" answer TEXT,"
	" address TEXT CHECK (length(address) BETWEEN 3 AND 254),"
	" sequence INTEGER NOT NULL CHECK (sequence BETWEEN 0 AND 2147483647),"
	" modified INTEGER NOT NULL,"
	" end_at INTEGER NOT NULL,"
	" key TEXT NOT NULL CHECK (length(key) <= 32),"
	" UNIQUE (person, session)) STRICT;"
	"CREATE INDEX mail_queue ON mail (not_before, soon, id) WHERE state = 'queued';"
	"CREATE INDEX mail_session ON mail (session);"
	/* a calendar that has seen a version is never told an older one */
	"CREATE TRIGGER mail_grows BEFORE UPDATE OF sequence ON mail"
	" WHEN NEW.address IS OLD.address AND NEW.sequence < OLD.sequence BEGIN"
	" SELECT RAISE(ABORT, 'the sequence of an invitation never falls'); END;"
	"PRAGMA user_version = 10;";

const struct migration schema_migrations[] = {
	{1, version_1},
	{2, version_2},
	{3, version_3},
	{4, version_4},
	{5, version_5},
	{6, version_6},
	{7, version_7},
	{8, version_8},
	{9, version_9},
	{10, version_10},
};
/* clang-format on */
const size_t schema_n_migrations = sizeof schema_migrations / sizeof *schema_migrations;

/* Ours, or nothing yet? */
static bool identify(struct db *db, int newest, int64_t *version, struct err *err)
{
	int64_t id, tables;
	if (!sql_one(db, SQL_APPLICATION_ID, SQL_NONE, &id, err) ||
	    !sql_one(db, SQL_USER_VERSION, SQL_NONE, version, err) ||
	    !sql_one(db, SQL_SCHEMA_COUNT, SQL_NONE, &tables, err))
		return false;
	bool fresh = id == 0 && *version == 0 && tables == 0;
	if (!fresh && (id != SCHEMA_APPLICATION_ID || *version < 1))
		return err_set(err, ERR_STORE,
			       "%s is a database of another program (application id %lld); "
			       "name another file as the store's path",
			       db->path, (long long)id);
	if (*version > newest)
		return err_set(err, ERR_STORE,
			       "%s was written by a newer tandemd (store version %lld, this one "
			       "knows %d); start that version, or restore an older copy",
			       db->path, (long long)*version, newest);
	return true;
}

/* All of the step or nothing: its transaction covers user_version too. */
static bool step(struct db *db, const struct migration *m, struct err *err)
{
	if (!db_begin(db, err))
		return false;
	int64_t version;
	int rc = sqlite3_exec(db->handle, m->sql, NULL, NULL, NULL);
	bool ok = rc == SQLITE_OK || sql_fail(db, rc, err);
	if (ok && sql_one(db, SQL_USER_VERSION, SQL_NONE, &version, err)) {
		if (version == m->to)
			return db_commit(db, err);
		err_set(err, ERR_BUG, "the migration to %d ends at %lld", m->to,
			(long long)version);
	}
	db_rollback(db);
	return false;
}

/* A copy is a whole store, but for what no store may keep. */
static bool forget_in_copy(const char *copy, struct err *err)
{
	static const char sql[] = "PRAGMA secure_delete = ON; BEGIN;" FORGET_BYTES "COMMIT;";
	sqlite3 *handle = NULL;
	int rc = sqlite3_open_v2(copy, &handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(handle, sql, NULL, NULL, NULL);
	int closed = sqlite3_close(handle); /* the last one: its log goes too */
	rc = rc == SQLITE_OK ? closed : rc;
	return rc == SQLITE_OK ||
	       err_set(err, ERR_STORE, "cannot write %s: %s", copy, sqlite3_errstr(rc));
}

static bool keep_copy(struct db *db, int64_t version, struct err *err)
{
	char *copy = xasprintf("%s.before-%lld", db->path, (long long)version);
	bool ok =
		db_backup(db, copy, err) && (version >= HELD_AS_TIME || forget_in_copy(copy, err));
	if (ok) {
		xfree(db->copy);
		db->copy = copy;
		return true;
	}
	xfree(copy);
	return err_wrap(err, "before migrating a copy is made, and that failed");
}

bool schema_identify(struct db *db, const struct migration *list, size_t n, struct err *err)
{
	int64_t version;
	return identify(db, list[n - 1].to, &version, err);
}

bool schema_migrate(struct db *db, const struct migration *list, size_t n, struct err *err)
{
	int64_t version;
	int newest = list[n - 1].to;
	if (!identify(db, newest, &version, err))
		return false;
	if (version > 0 && version < newest && !keep_copy(db, version, err))
		return false;
	for (size_t i = 0; i < n; i++) {
		db->forgets |= version > 0 && list[i].to == HELD_AS_TIME && version < HELD_AS_TIME;
		if (list[i].to > version && !step(db, &list[i], err))
			return err_wrap(err, "migrating %s to version %d", db->path, list[i].to);
	}
	return true;
}
