/* tick.c -- see the header. One timer; while time is being lived through it fires at once. */
#include "work/tick.h"

#include "base/clock.h"
#include "base/log.h"
#include "work/change.h"
#include "work/importer.h"
#include "work/mailer.h"
#include "work/replan.h"

#include <stdio.h>
#include <string.h>

enum { EVERY_MS = 1000, AT_ONCE_MS = 1 };

struct idle_waiter {
	tick_done_fn *done;
	void *ctx;
	struct idle_waiter *next;
};

struct ticker {
	uv_timer_t timer;
	struct world *world;
	day_t today;
	bool day_known;
	bool settling; /* a confirm or midnight change is under way */
	uint64_t seen; /* publication version that confirm_at was computed for */
	utc_t confirm_at;
	struct {
		bool active;
		bool run_after; /* the clock runs on from the target, else it is frozen */
		utc_t target;
		tick_done_fn *done;
		void *ctx;
	} advance;
	struct idle_waiter *waiters;
};

struct settle {
	struct change change;
	utc_t now;
	bool midnight;
	int64_t keep_s;		  /* what sessions were */
	struct clock_state clock; /* where a restart goes on */
	bool moving;		  /* the clock is: it is stored with what its time brought */
};

static const struct programme *programme_of(const struct world *world)
{
	return &world->now->roster->roster.programme;
}

/* ---- held, assumed ---- */

static bool is_due(const struct session *s, const struct programme *programme, utc_t now)
{
	return s->state == STATE_BOOKED && s->end + programme->confirm_after_s <= now;
}

static utc_t next_confirm(struct ticker *t)
{
	const struct publication *p = t->world->now;
	if (t->seen == p->version)
		return t->confirm_at;
	t->seen = p->version;
	t->confirm_at = UTC_MAX;
	for (size_t i = 0; i < p->n_duos; i++)
		for (size_t k = 0; k < p->duos[i]->sessions.n; k++) {
			const struct session *s = &p->duos[i]->sessions.v[k];
			utc_t at = s->end + programme_of(t->world)->confirm_after_s;
			if (s->state == STATE_BOOKED && at < t->confirm_at)
				t->confirm_at = at;
		}
	return t->confirm_at;
}

static bool hold_one(struct desk *desk, const struct session *was, struct err *err)
{
	struct session is = *was;
	char what[48];
	const struct zone *zone = desk_publication(desk)->roster->roster.programme.zone;
	is.state = STATE_HELD;
	is.assumed = true;
	(void)snprintf(what, sizeof what, "session held s%lld", (long long)is.id);
	if (!desk_save_session(desk, &is, was, err) ||
	    !desk_audit(desk, "planner", "tick", what, NULL, NULL, NULL, err))
		return false;
	for (size_t a = 0; a < is.n_attendees; a++) {
		struct entry entry = {
			.session = is.id,
			.kind = is.kind,
			.minutes = (int32_t)((is.end - is.start) / 60),
			.day = zone_day_of(zone, is.start),
			.at = desk_now(desk),
			.assumed = true,
		};
		memcpy(entry.person, is.attendees[a], sizeof entry.person);
		memcpy(entry.duo, is.duo, sizeof entry.duo);
		if (!ledger_add(desk_db(desk), &entry, err))
			return false;
	}
	return true;
}

/* A restart in the middle of an advance goes on from here, not from a time before what was done. */
static bool put_clock(struct desk *desk, struct clock_state state, struct err *err)
{
	char text[64];
	int n = snprintf(text, sizeof text, "%s %lld", state.frozen ? "frozen" : "running",
			 (long long)state.value);
	return db_meta_put(desk_db(desk), "clock", text, (size_t)n, err);
}

static bool settle_apply(struct change *change, struct desk *desk, struct err *err)
{
	const struct settle *settle = (const struct settle *)change;
	const struct publication *p = desk_publication(desk);
	for (size_t i = 0; i < p->n_duos; i++)
		for (size_t k = 0; k < p->duos[i]->sessions.n; k++) {
			const struct session *s = &p->duos[i]->sessions.v[k];
			if (is_due(s, &p->roster->roster.programme, settle->now) &&
			    !hold_one(desk, s, err))
				return false;
		}
	if (settle->midnight) {
		desk_touch_day(desk);
		if (!pasts_prune(desk_db(desk), settle->now - settle->keep_s, err))
			return false;
	}
	return !settle->moving || put_clock(desk, settle->clock, err);
}

static void settle_done(struct change *change, const struct err *err)
{
	struct settle *settle = (struct settle *)change;
	struct world *world = change->world;
	world->ticker->settling = false;
	if (err)
		log_event(LOG_ERROR, "tick", "error", err->text);
	else if (settle->midnight) {
		replan_all(world);
		replan_go(world);
		mailer_reconcile(world);
	}
	xfree(settle);
}

static void settle_start(struct world *world, utc_t now, bool midnight)
{
	struct settle *settle = xcalloc(1, sizeof *settle);
	struct err err;
	*settle = (struct settle){.change = {.apply = settle_apply, .done = settle_done},
				  .now = now,
				  .midnight = midnight,
				  .keep_s = world->settings.unused_s,
				  .moving = world->ticker->advance.active};
	settle->clock = world->ticker->advance.run_after
				? (struct clock_state){false, now - clock_real()}
				: (struct clock_state){true, now};
	world->ticker->settling = change_post(world, &settle->change, &err);
	if (!world->ticker->settling)
		xfree(settle);
}

/* ---- a moment ---- */

static void tick(struct world *world, utc_t now)
{
	struct ticker *t = world->ticker;
	day_t today = zone_day_of(programme_of(world)->zone, now);
	bool midnight = t->day_known && today != t->today;
	if (!t->settling && (midnight || next_confirm(t) <= now)) {
		settle_start(world, now, midnight);
		if (t->settling) {
			t->today = today;
			t->day_known = true;
		}
	} else if (!t->day_known) {
		t->today = today;
		t->day_known = true;
	}
	if (!t->advance.active)
		importer_tick(world, now, false);
	else if (midnight)
		importer_tick(world, now, true);
	replan_go(world);
	mailer_tick(world, now);
}

static void answer_idle(struct ticker *t)
{
	while (t->waiters && world_idle(t->world) && !t->settling) {
		struct idle_waiter *w = t->waiters;
		t->waiters = w->next;
		w->done(w->ctx, NULL);
		xfree(w);
	}
}

/* ---- time lived through ---- */

struct clock_change {
	struct change change;
	struct clock_state state;
	tick_done_fn *done;
	void *ctx;
};

static bool clock_apply(struct change *change, struct desk *desk, struct err *err)
{
	return put_clock(desk, ((const struct clock_change *)change)->state, err);
}

static void clock_stored(struct change *change, const struct err *err)
{
	struct clock_change *c = (struct clock_change *)change;
	if (c->done)
		c->done(c->ctx, err);
	xfree(c);
}

static bool store_clock(struct world *world, tick_done_fn *done, void *ctx, struct err *err)
{
	struct clock_change *c = xcalloc(1, sizeof *c);
	*c = (struct clock_change){.change = {.apply = clock_apply, .done = clock_stored},
				   .state = clock_state(),
				   .done = done,
				   .ctx = ctx};
	if (change_post(world, &c->change, err))
		return true;
	xfree(c);
	return false;
}

static void advance_end(struct ticker *t)
{
	struct err err = {0};
	t->advance.active = false;
	if (t->advance.run_after)
		clock_run_from(t->advance.target);
	else
		clock_freeze(t->advance.target);
	if (!store_clock(t->world, t->advance.done, t->advance.ctx, &err))
		t->advance.done(t->advance.ctx, &err);
}

static utc_t next_deadline(struct ticker *t, utc_t now)
{
	const struct zone *zone = programme_of(t->world)->zone;
	utc_t midnight = zone_day_start(zone, zone_day_of(zone, now) + 1);
	utc_t confirm = next_confirm(t);
	utc_t mail = mailer_next(t->world);
	utc_t next = confirm > now && confirm < midnight ? confirm : midnight;
	return mail > now && mail < next ? mail : next;
}

static void advance_step(struct ticker *t)
{
	utc_t now = clock_now();
	importer_retry(t->world);
	mailer_tick(t->world, now);
	if (t->settling || !world_idle(t->world))
		return;
	if (now >= t->advance.target) {
		advance_end(t);
		return;
	}
	utc_t next = next_deadline(t, now);
	clock_freeze(next < t->advance.target ? next : t->advance.target);
	tick(t->world, clock_now());
}

static void set_timer(struct ticker *t);

static void on_timer(uv_timer_t *timer)
{
	struct ticker *t = timer->data;
	if (t->world->stopping)
		return;
	if (t->advance.active)
		advance_step(t);
	else
		tick(t->world, clock_now());
	answer_idle(t);
	set_timer(t);
}

static void set_timer(struct ticker *t)
{
	bool hurry = t->advance.active || t->waiters;
	(void)uv_timer_start(&t->timer, on_timer, hurry ? AT_ONCE_MS : EVERY_MS, 0);
}

bool ticker_advance(struct world *world, int64_t seconds, tick_done_fn *done, void *ctx,
		    struct err *err)
{
	struct ticker *t = world->ticker;
	if (t->advance.active)
		return err_set(err, ERR_CONFLICT, "the clock is being moved already");
	t->advance.active = true;
	t->advance.run_after = !clock_state().frozen;
	t->advance.target = clock_now() + seconds;
	t->advance.done = done;
	t->advance.ctx = ctx;
	clock_freeze(clock_now());
	set_timer(t);
	return true;
}

bool ticker_when_idle(struct world *world, tick_done_fn *done, void *ctx)
{
	struct idle_waiter *w = xcalloc(1, sizeof *w), **end = &world->ticker->waiters;
	*w = (struct idle_waiter){done, ctx, NULL};
	while (*end)
		end = &(*end)->next;
	*end = w;
	set_timer(world->ticker);
	return true;
}

struct ticker *ticker_new(struct world *world)
{
	struct ticker *t = xcalloc(1, sizeof *t);
	t->world = world;
	t->timer.data = t;
	(void)uv_timer_init(world->loop, &t->timer);
	return t;
}

void ticker_start(struct world *world)
{
	(void)uv_timer_start(&world->ticker->timer, on_timer, AT_ONCE_MS, 0);
}

void ticker_stop(struct world *world)
{
	struct ticker *t = world->ticker;
	struct err err;
	(void)err_set(&err, ERR_UNAVAILABLE, "tandemd is stopping");
	if (t->advance.active) {
		t->advance.active = false;
		t->advance.done(t->advance.ctx, &err);
	}
	while (t->waiters) {
		struct idle_waiter *w = t->waiters;
		t->waiters = w->next;
		w->done(w->ctx, &err);
		xfree(w);
	}
	uv_close((uv_handle_t *)&t->timer, NULL);
}

void ticker_free(struct ticker *ticker)
{
	xfree(ticker);
}
