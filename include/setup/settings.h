/* setup/settings.h -- tandemd.conf as one table: a row is section, key, type with unit, default
 * as text, range, whether a reload takes it, and a line of help. Parsing, `tandemctl config`,
 * the sample file and the manual page all walk the rows. */
#ifndef SETUP_SETTINGS_H
#define SETUP_SETTINGS_H

#include "base/buf.h"
#include "base/err.h"
#include "cal/timetable.h"
#include "plan/model.h"

struct settings {
	/* [server] */
	char *listen;	     /* "127.0.0.1:8340" */
	char *url;	     /* how people reach us, no trailing slash */
	char *trusted_proxy; /* networks_parse reads it */
	int64_t max_connections, max_connections_per_address;
	int64_t head_timeout_s, idle_timeout_s;
	int64_t max_head_bytes, max_fields, max_body_bytes, min_rate_bytes_s, max_misses, max_posts;
	/* [store] */
	char *store_path;
	char *key_path; /* link key; default: beside the store */
	/* [control] */
	char *socket;
	char *admins; /* unix user names, blanks between */
	/* [roster] */
	char *roster_file;
	bool roster_watch;
	int64_t hold_sessions, hold_percent; /* a reload that cancels more is held back */
	/* [planner] */
	struct weights weights;
	int64_t solver_threads; /* 0: one a processor */
	/* [import] */
	struct import_limits import;
	int64_t unit_cache_bytes; /* of all sources together */
	int64_t import_threads, imports_at_once, watch_folders;
	struct { /* timetables by URL */
		int64_t timeout_ms, connect_ms, redirects, per_host, at_once, backoff_s;
	} fetch;
	/* [feeds] */
	char *feed_host; /* of UIDs, at first start; default: the host of url */
	int64_t tombstone_s, past_s, ahead_s, retired_s;
	int64_t feed_bytes;	   /* finished feeds kept in memory */
	int64_t feed_queue;	   /* feeds that are being made, or wait for it */
	int64_t stale_s, unused_s; /* feed health: work/health.h */
	int64_t large_bytes, large_events;
	int64_t links_per_owner;
	/* [mail] */
	struct {
		char *mode, *spool, *server, *user, *password_file, *ca_file, *tls;
		char *from; /* "Name <address>" or the address alone */
		int64_t timeout_ms, retry_s, retry_max_s, give_up_s;
		int64_t settle_s, grace_s, ahead_s; /* when it is told, and what */
		int64_t digest_from, per_minute;
	} mail;
	/* [log] */
	char *log_level, *log_format;
	char *base_dir; /* of the file: relative paths count from here */
};

/* Reads @path; relative paths in it count from its folder. Every fault goes to @faults; false
 * when there was any (then *out is untouched). */
bool settings_load(const char *path, struct settings *out, struct faults *faults) NODISCARD;
/* The same for who wants to look on after a fault: *out is set in any case, what is faulty in it
 * has its default or is NULL. */
bool settings_read(const char *path, struct settings *out, struct faults *faults) NODISCARD;
void settings_fini(struct settings *settings);
/* What a reload takes over: the reloadable rows of @fresh, copied; all others stay as they run.
 * Texts of @running that were borrowed before are gone afterwards. */
/* The url that runs then; xfree. One that follows `listen` stays with the address that is listened
 * on. */
char *settings_url(const struct settings *running, const struct settings *fresh);
void settings_take_reloadable(struct settings *running, const struct settings *fresh);

enum mail_mode { MAIL_OFF, MAIL_SPOOL, MAIL_SMTP };
enum mail_mode settings_mail_mode(const struct settings *settings);
/* What encryption of a server by smtp:// is asked for: none, if it offers it, or no mail without. */
enum mail_tls { MAIL_TLS_NO, MAIL_TLS_OFFERED, MAIL_TLS_REQUIRED };
enum mail_tls settings_mail_tls(const struct settings *settings);

/* The running values, one `section.key = value` per call. @changed: the value differs from the
 * default; @reloadable: a reload takes it, else a restart does. */
typedef void settings_each_fn(void *ctx, const char *section, const char *key, const char *value,
			      const char *fallback, bool reloadable, const char *help);
void settings_each(const struct settings *settings, settings_each_fn *each, void *ctx);

#endif
