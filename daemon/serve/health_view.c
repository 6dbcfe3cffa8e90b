/* health_view.c -- see the header. */
#include "serve/health_view.h"

#include "serve/html.h"
#include "serve/texts.h"

#include <stdio.h>

struct health_limits health_limits_of(const struct settings *settings)
{
	return (struct health_limits){settings->stale_s, settings->unused_s, settings->retired_s};
}

/* ---- counts ---- */

void health_count_keys(struct json *json, const struct health_count *count)
{
	for (int i = 0; i < HEALTH_STATES; i++)
		json_int(json, health_state_word((enum health_state)i), (int64_t)count->n[i]);
}

void health_count_text(const struct health_count *count, struct buf *out)
{
	for (int i = 0; i < HEALTH_STATES; i++)
		buf_addf(out, " %s %zu", health_state_word((enum health_state)i), count->n[i]);
}

/* ---- JSON ---- */

static void place_json(struct json *json, const char *key, utc_t start, utc_t end, const char *room)
{
	json_object(json, key);
	json_utc(json, "start", start);
	json_utc(json, "end", end);
	json_text(json, "room", *room ? room : NULL);
	json_end(json, '}');
}

static void row_json(struct json *json, const struct health_row *row)
{
	char id[24];
	const struct session *s = row->session;
	(void)snprintf(id, sizeof id, "s%lld", (long long)s->id);
	json_object(json, NULL);
	json_text(json, "id", id);
	json_text(json, "why", health_why_word(row->why));
	json_utc(json, "since", row->at);
	if (row->why == HEALTH_NEW)
		json_null(json, "was");
	else
		place_json(json, "was", row->start, row->end, row->room);
	if (row->why == HEALTH_CANCELLED || row->why == HEALTH_LEFT)
		json_null(json, "now");
	else
		place_json(json, "now", s->start, s->end, s->room);
	json_end(json, '}');
}

void health_keys(struct json *json, const struct health_use *use, const struct health *health,
		 utc_t now)
{
	size_t shown = health->n < HEALTH_SHOWN ? health->n : HEALTH_SHOWN;
	json_text(json, "state", health_state_word(health->state));
	json_utc(json, "seen_at", use->seen_at);
	json_utc(json, "seen_version", use->seen.last_modified);
	json_int(json, "stale_s", health->since && now > health->since ? now - health->since : 0);
	json_array(json, "sessions");
	for (size_t i = 0; i < shown; i++)
		row_json(json, &health->v[i]);
	json_end(json, ']');
	json_int(json, "sessions_more", (int64_t)(health->n - shown));
}

/* ---- for people ---- */

void health_ago(int64_t seconds, enum language language, struct buf *out)
{
	static const struct {
		int64_t seconds;
		enum text one, many;
	} units[] = {{DAY_S, TEXT_DAY_AGO, TEXT_DAYS_AGO},
		     {3600, TEXT_HOUR_AGO, TEXT_HOURS_AGO},
		     {60, TEXT_MINUTE_AGO, TEXT_MINUTES_AGO}};
	for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
		int64_t n = seconds / units[i].seconds;
		if (n < 1)
			continue;
		buf_addf(out, "%lld %s", (long long)n,
			 text_of(n == 1 ? units[i].one : units[i].many, language));
		return;
	}
	buf_adds(out, text_of(TEXT_JUST_NOW, language));
}

struct page {
	const struct publication *p;
	const struct zone *zone;
	enum language language;
	struct buf *out;
};

static const char *say(const struct page *page, enum text text)
{
	return text_of(text, page->language);
}

static void when(const struct page *page, utc_t start, utc_t end, const char *room)
{
	char iso[CIVIL_TEXT];
	struct buf text = {0};
	text_when(start, end, page->zone, page->language, &text);
	html_element(page->out, "time", buf_str(&text), "datetime", utc_text(start, iso), NULL);
	if (*room)
		html_textf(page->out, " (%s)", publication_name(page->p, room));
	buf_fini(&text);
}

/* "toont nog di 24 november 2026 13:00-15:00; dat is nu wo 25 november 2026 10:00-12:00" */
static void item(const struct page *page, const struct health_row *row)
{
	const struct session *s = row->session;
	static const enum text first[] = {[HEALTH_NEW] = TEXT_FEED_MISSES,
					  [HEALTH_MOVED] = TEXT_FEED_SHOWS,
					  [HEALTH_CANCELLED] = TEXT_FEED_SHOWS,
					  [HEALTH_LEFT] = TEXT_FEED_SHOWS,
					  [HEALTH_TEXT] = TEXT_FEED_OLD_TEXT};
	bool is_new = row->why == HEALTH_NEW;
	html_open(page->out, "li", NULL);
	html_textf(page->out, "%s ", say(page, first[row->why]));
	when(page, is_new ? s->start : row->start, is_new ? s->end : row->end,
	     is_new ? s->room : row->room);
	if (row->why == HEALTH_MOVED) {
		html_textf(page->out, "; %s ", say(page, TEXT_FEED_NOW));
		when(page, s->start, s->end, s->room);
	} else if (row->why == HEALTH_CANCELLED || row->why == HEALTH_LEFT) {
		html_textf(
			page->out, "; %s",
			say(page, row->why == HEALTH_LEFT ? TEXT_FEED_LEFT : TEXT_FEED_CANCELLED));
	}
	html_close(page->out, "li");
}

void health_html(const struct health_use *use, const struct health *health,
		 const struct publication *p, const struct zone *zone, enum language language,
		 utc_t now, struct buf *out)
{
	enum { ITEMS = 10 };
	static const enum text sentences[] = {[HEALTH_FRESH] = TEXT_FEED_FRESH,
					      [HEALTH_BEHIND] = TEXT_FEED_BEHIND,
					      [HEALTH_STALE] = TEXT_FEED_STALE,
					      [HEALTH_UNUSED] = TEXT_FEED_UNUSED,
					      [HEALTH_NEVER] = TEXT_FEED_NEVER};
	struct page page = {p, zone, language, out};
	struct buf ago = {0};
	html_open(out, "p", "class", health->state == HEALTH_STALE ? "feed clash" : "feed", NULL);
	if (use->seen_at) {
		health_ago(now - use->seen_at, language, &ago);
		html_textf(out, "%s %s. ", say(&page, TEXT_FEED_CAME), buf_str(&ago));
	}
	html_text(out, say(&page, sentences[health->state]));
	html_close(out, "p");
	if (health->n) {
		html_open(out, "ul", "class", "feed", NULL);
		for (size_t i = 0; i < health->n && i < ITEMS; i++)
			item(&page, &health->v[i]);
		if (health->n > ITEMS) {
			html_open(out, "li", NULL);
			html_textf(out, "+%zu", health->n - ITEMS);
			html_close(out, "li");
		}
		html_close(out, "ul");
	}
	html_newline(out);
	buf_fini(&ago);
}
