/* import_fetch.c -- see the header. */
#include "work/import_fetch.h"

#include "base/hash.h"

#include <string.h>

_Static_assert(FETCH_ETAG_MAX == SOURCE_ETAG_MAX && FETCH_DATE_MAX == SOURCE_DATE_MAX,
	       "what is fetched fits the store");

#define DOUBLINGS_MAX 20

static void key_of(const struct source *source, const struct programme *programme, char out[33])
{
	struct buf b = {0};
	char config[33];
	const struct policy *p = &source->policy;
	import_config_hash(source, programme, config);
	buf_addf(&b, "%s|%s|%s|%s|%d", config, p->user_agent ? p->user_agent : "",
		 p->auth_file ? p->auth_file : "", p->ca_file ? p->ca_file : "", p->allow_private);
	hash_text(b.v, b.n, out);
	buf_fini(&b);
}

bool import_fetch_init(struct import_fetch *fetch, const struct source *source,
		       const struct programme *programme, const struct source_record *last)
{
	struct import_fetch fresh = {0};
	bool started = fetch->key[0] != '\0';
	if (source->url)
		key_of(source, programme, fresh.key);
	if (strcmp(fetch->key, fresh.key) == 0)
		return false;
	if (!started) {
		memcpy(fresh.hash, last->hash, sizeof fresh.hash);
		memcpy(fresh.etag, last->etag, sizeof fresh.etag);
		memcpy(fresh.last_modified, last->last_modified_text, sizeof fresh.last_modified);
		fresh.not_before = last->not_before;
	}
	*fetch = fresh;
	return source->url != NULL;
}

void import_fetch_start(struct world *world, const struct import_fetch *fetch,
			const struct source *source, const struct programme *programme,
			const struct source_record *last, fetch_done_fn *done, void *ctx)
{
	const struct settings *s = &world->settings;
	struct fetch_limits limits = {
		.body_bytes = s->import.body_bytes,
		.timeout_ms = s->fetch.timeout_ms,
		.connect_ms = s->fetch.connect_ms,
		.redirects = s->fetch.redirects,
		.per_host = s->fetch.per_host,
		.at_once = s->fetch.at_once,
	};
	struct fetch_request request = {
		.url = source->url,
		.user_agent = source->policy.user_agent,
		.auth_file = source->policy.auth_file,
		.ca_file = source->policy.ca_file,
		.allow_private = source->policy.allow_private,
	};
	char config[33];
	import_config_hash(source, programme, config);
	/* read another way, or not at all so far: the bytes are needed */
	if (last->fetched_at && strcmp(config, last->config_hash) == 0 &&
	    strcmp(fetch->hash, last->hash) == 0) {
		request.etag = fetch->etag;
		request.last_modified = fetch->last_modified;
	}
	fetcher_start(world->fetcher, &request, &limits, done, ctx);
}

bool import_fetch_is_nothing(const struct fetch_answer *answer, const struct source *source,
			     const struct source_record *last)
{
	return answer->outcome == FETCH_UNCHANGED && last->state == SOURCE_FRESH && !last->error &&
	       last->failures == 0 && source->policy.horizon != HORIZON_FIXED;
}

/* The same for everybody on every run, and spread over the last tenth. */
static utc_t a_little_before(const struct source *source, utc_t now, int64_t wait_s)
{
	struct buf b = {0};
	buf_addf(&b, "%s|%lld", source->id, (long long)now);
	int64_t early = (int64_t)(hash_u64(b.v, b.n) % (uint64_t)(wait_s / 10 + 1));
	buf_fini(&b);
	return now + wait_s - early;
}

/* The usual interval after the first failure, twice that after the second, and so on. */
static int64_t back_off(const struct source *source, int64_t failures, int64_t wish_s,
			int64_t backoff_s)
{
	int64_t wait_s = source->policy.refresh_s;
	int64_t most_s = wait_s > backoff_s ? wait_s : backoff_s;
	for (int64_t i = 1; i < failures && i < DOUBLINGS_MAX && wait_s < most_s; i++)
		wait_s *= 2;
	if (wait_s < wish_s)
		wait_s = wish_s;
	return wait_s < most_s ? wait_s : most_s;
}

utc_t import_fetch_settle(struct import_fetch *fetch, const struct fetch_answer *answer,
			  const struct source *source, enum import_outcome outcome,
			  const struct source_record *last, int64_t backoff_s, utc_t now,
			  struct source_record *record)
{
	if (outcome == IMPORT_FAILED) {
		record->failures = last->failures + 1;
		int64_t wait_s =
			back_off(source, record->failures, answer->retry_after_s, backoff_s);
		record->not_before = fetch->not_before = a_little_before(source, now, wait_s);
		return fetch->not_before;
	}
	record->failures = 0;
	record->not_before = fetch->not_before = 0;
	if (answer->outcome == FETCH_BODY && outcome != IMPORT_QUARANTINED) {
		memcpy(record->etag, answer->etag, sizeof record->etag);
		memcpy(record->last_modified_text, answer->last_modified,
		       sizeof record->last_modified_text);
		memcpy(fetch->etag, answer->etag, sizeof fetch->etag);
		memcpy(fetch->last_modified, answer->last_modified, sizeof fetch->last_modified);
		memcpy(fetch->hash, record->hash, sizeof fetch->hash);
	}
	return a_little_before(source, now, source->policy.refresh_s);
}
