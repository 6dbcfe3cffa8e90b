/* Slots of three and more against brute force: every way to choose days, every start of a day,
 * every party asked for every five minutes. */
#include "plan/party.h"

#include "plan_world.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define STEP 5 /* minutes; every edge in these worlds is a multiple */

enum { ROUNDS = 1500, PARTIES_MAX = 4, DAYS_MAX = 30, STANDING_MAX = 3 };

static uint64_t seed;

/* Two worlds of two persons on one programme. */
struct party_world {
	struct world two[2];
	struct plan_member parties[PARTIES_MAX];
	struct party_standing standing[STANDING_MAX];
	struct span yields[2];
	uint8_t taken[DAYS_MAX];
	struct party_task task;
};

static void random_parties(struct party_world *x)
{
	static const char *const ids[] = {"anna", "bram", "jan", "b-12"};
	struct world *w = &x->two[0];
	for (size_t i = 0; i < x->task.n_parties; i++) {
		struct world *of = &x->two[i / 2];
		int m = (int)(i % 2);
		utc_t known = UTC_MAX;
		world_person(of, m);
		world_timetable(of, m, world_random(of, 45));
		(void)snprintf(of->persons[m].id, sizeof of->persons[m].id, "%s", ids[i]);
		if (world_chance(w, 25))
			known = world_at(w, w->programme.start, 0) +
				(utc_t)world_random(w, 21 * 24 * 4) * 900;
		if (world_chance(w, 2))
			known = UTC_MIN;
		x->parties[i] = (struct plan_member){
			.person = &of->persons[m], .busy = &of->busy[m], .known_until = known};
	}
}

static void random_standing(struct party_world *x)
{
	struct world *w = &x->two[0];
	int days = (int)(w->programme.past - w->programme.start);
	for (int i = 0; i < STANDING_MAX && world_chance(w, 40); i++) {
		day_t date = w->programme.start + i * days / STANDING_MAX +
			     (day_t)world_random(w, (uint32_t)(days / STANDING_MAX));
		utc_t at = world_at(w, date, 510 + STEP * (int)world_random(w, 90));
		x->standing[x->task.n_standing++] = (struct party_standing){
			.id = 10 + i,
			.state = world_chance(w, 70) ? STATE_BOOKED : STATE_PROVISIONAL,
			.stand = world_chance(w, 40) ? STAND_FIXED : STAND_MOVABLE,
			.start = at,
			.end = at + x->task.length_min * 60,
		};
	}
	for (int i = 0; i < 2 && world_chance(w, 50); i++) {
		utc_t at = world_at(w, w->programme.start + 7 * i + 2, 600);
		x->yields[x->task.n_yields++] = (struct span){at, at + 7200};
	}
	for (int d = 0; d < w->days.n; d++)
		x->taken[d] = world_chance(w, 10);
}

static void party_world(struct party_world *x, uint64_t round_seed)
{
	*x = (struct party_world){0};
	struct world *w = &x->two[0];
	for (int i = 0; i < 2; i++)
		x->two[i] = (struct world){.seed = round_seed,
					   .state = round_seed + (uint64_t)i,
					   .weights = weights_default};
	world_programme(w, 2 + (int)world_random(w, 2));
	x->two[1].programme = w->programme;
	opendays_init(&w->days, &w->programme);
	if (world_chance(w, 20))
		w->weights.tentative = 0;
	if (world_chance(w, 20))
		w->weights.even = world_random(w, 4);
	x->task = (struct party_task){
		.programme = &w->programme,
		.days = &w->days,
		.weights = &w->weights,
		.prefer = w->programme.prefer,
		.n_prefer = w->programme.n_prefer,
		.parties = x->parties,
		.n_parties = 2 + world_random(w, PARTIES_MAX - 1),
		.first_day = world_chance(w, 50) ? 0 : (int)world_random(w, 5),
		.past_day = w->days.n,
		.n = (int)world_random(w, 4),
		.length_min = 30 + 15 * (int)world_random(w, 6),
		.standing = x->standing,
		.taken = x->taken,
		.yields = x->yields,
		.earliest = world_at(w, w->programme.start, 0) - DAY_S,
	};
	if (world_chance(w, 30))
		x->task.past_day = w->days.n / 2;
	if (world_chance(w, 40))
		x->task.earliest += (utc_t)world_random(w, 10 * 24) * 3600;
	random_parties(x);
	random_standing(x);
}

static void party_world_fini(struct party_world *x)
{
	for (int i = 0; i < 2; i++) {
		busyset_fini(&x->two[i].busy[0]);
		busyset_fini(&x->two[i].busy[1]);
	}
	opendays_fini(&x->two[0].days);
}

/* ---- the stupid model -------------------------------------------------------------------- */

static enum level level_of(struct party_world *x, size_t party, utc_t at)
{
	struct world *w = &x->two[0];
	w->task.members[0] = x->parties[party];
	return model_level(w, 0, at);
}

static bool free_at(struct party_world *x, utc_t at, bool *tentative)
{
	const struct programme *p = x->task.programme;
	enum level least = x->task.weights->tentative ? LEVEL_BUSY : LEVEL_TENTATIVE;
	for (size_t i = 0; i < x->task.n_parties; i++) {
		if (!model_works(x->parties[i].person, at))
			return false;
		for (int b = -p->buffer_min; b <= p->buffer_min; b += STEP) {
			/* a span ends before the moment at which it ends: [at + b, at + b + STEP) */
			if (b == p->buffer_min && b > 0)
				continue;
			enum level level = level_of(x, i, at + b * 60);
			if (level >= least)
				return false;
			*tentative |= level == LEVEL_TENTATIVE;
		}
		if (p->buffer_min && level_of(x, i, at + p->buffer_min * 60) >= least)
			return false;
		if (p->buffer_min && level_of(x, i, at + p->buffer_min * 60) == LEVEL_TENTATIVE)
			*tentative = true;
	}
	return true;
}

struct model_slots { /* of one day, by five minutes after its start */
	utc_t start;
	int n;
	bool free[26 * 60 / STEP], tentative[26 * 60 / STEP];
};

static void model_slots(struct party_world *x, int day, struct model_slots *m)
{
	const struct programme *p = x->task.programme;
	day_t date = x->task.days->v[day];
	*m = (struct model_slots){.start = zone_day_start(p->zone, date)};
	m->n = (int)((zone_day_start(p->zone, date + 1) - m->start) / 60 / STEP);
	for (int i = 0; i < m->n; i++)
		m->free[i] = free_at(x, m->start + i * STEP * 60, &m->tentative[i]);
}

/* What [start, end) costs; false when it cannot be. */
static bool model_cost(const struct party_world *x, const struct model_slots *m, utc_t start,
		       utc_t end, int64_t *cost)
{
	const struct party_task *t = &x->task;
	const struct programme *p = t->programme;
	bool tentative = false, lunch = false;
	int outside = 0;
	if (start < t->earliest || start < m->start || end > m->start + m->n * STEP * 60)
		return false;
	for (utc_t at = start; at < end; at += STEP * 60) {
		int i = (int)((at - m->start) / 60 / STEP);
		local_t local = zone_to_local(p->zone, at);
		int minute = local_second(local) / 60;
		bool liked = t->n_prefer == 0;
		if (!m->free[i])
			return false;
		tentative |= m->tentative[i];
		lunch |= p->lunch_from_min <= minute && minute < p->lunch_to_min;
		for (size_t k = 0; k < t->n_prefer; k++)
			liked |= (t->prefer[k].weekdays >> civil_weekday(local_day(local)) & 1) &&
				 t->prefer[k].from_min <= minute && minute < t->prefer[k].to_min;
		outside += !liked;
	}
	*cost = (outside ? t->weights->outside_prefer : 0) + (lunch ? t->weights->lunch : 0) +
		(tentative ? t->weights->tentative : 0);
	for (size_t i = 0; i < t->n_yields; i++)
		if (t->yields[i].start < end && start < t->yields[i].end)
			*cost += t->weights->move;
	return true;
}

/* The cheapest price of a day, keeping what is booked earning w_move; false: none. */
static bool model_day_price(const struct party_world *x, const struct model_slots *m, int day,
			    int64_t *price)
{
	const struct party_task *t = &x->task;
	const struct programme *p = t->programme;
	bool found = false;
	int n = p->n_starts ? (int)p->n_starts : 24 * 60 / p->start_grid_min;
	for (int i = 0; i < n + (int)t->n_standing; i++) {
		int64_t cost;
		const struct party_standing *s = i < n ? NULL : &t->standing[i - n];
		if (s && (s->stand == STAND_FIXED || s->state != STATE_BOOKED))
			continue;
		int minute = p->n_starts && i < n ? p->starts[i] : i * p->start_grid_min;
		utc_t start = s ? s->start : world_at(&x->two[0], t->days->v[day], minute);
		utc_t end = start + t->length_min * 60;
		if (!model_cost(x, m, start, end, &cost))
			continue;
		for (size_t k = 0; k < t->n_standing; k++)
			if (t->standing[k].stand == STAND_MOVABLE &&
			    t->standing[k].state == STATE_BOOKED && t->standing[k].start == start) {
				cost -= t->weights->move;
				break;
			}
		if (!found || cost < *price)
			*price = cost;
		found = true;
	}
	return found;
}

static int standing_day(const struct party_world *x, const struct party_standing *s)
{
	day_t date = zone_day_of(x->task.programme->zone, s->start);
	int day = 0, at = -1;
	for (; day < x->task.days->n && x->task.days->v[day] <= date; day++)
		at = day;
	return at < 0 && x->task.days->n ? 0 : at;
}

struct brute {
	int days; /* of the period */
	bool fixed[DAYS_MAX], can[DAYS_MAX];
	int64_t price[DAYS_MAX], even, best;
	bool any;
};

/* Every choice of at most @left days from @day on. */
static void brute_from(struct brute *b, int day, int last, int left, int64_t cost)
{
	if (day == b->days) {
		int64_t gap = b->days - last;
		int64_t all = cost + b->even * gap * gap + (int64_t)left * 1000000;
		if (!b->any || all < b->best)
			b->best = all;
		b->any = true;
		return;
	}
	int64_t gap = day - last;
	if (b->fixed[day]) {
		brute_from(b, day + 1, day, left, cost + b->even * gap * gap);
		return;
	}
	brute_from(b, day + 1, last, left, cost);
	if (left && b->can[day])
		brute_from(b, day + 1, day, left - 1, cost + b->price[day] + b->even * gap * gap);
}

static int64_t brute_force(struct party_world *x, struct model_slots *slots)
{
	const struct party_task *t = &x->task;
	struct brute b = {.days = t->past_day - t->first_day,
			  .even = t->weights->even > 0 ? t->weights->even : 1};
	int want = t->n;
	for (size_t i = 0; i < t->n_standing; i++) {
		if (t->standing[i].stand != STAND_FIXED)
			continue;
		int day = standing_day(x, &t->standing[i]) - t->first_day;
		want--;
		if (day >= 0 && day < b.days)
			b.fixed[day] = true;
	}
	for (int d = 0; d < b.days; d++)
		b.can[d] =
			!t->taken[d + t->first_day] &&
			model_day_price(x, &slots[d + t->first_day], d + t->first_day, &b.price[d]);
	brute_from(&b, 0, -1, want > 0 ? want : 0, 0);
	return b.best;
}

static void check_sessions(struct party_world *x, const struct model_slots *slots,
			   const struct party_plan *plan)
{
	const struct party_task *t = &x->task;
	int n = 0, last = -1;
	for (size_t i = 0; i < plan->n; i++) {
		const struct party_session *s = &plan->v[i];
		int64_t cost;
		utc_t known = UTC_MAX;
		if (i)
			assert_true(plan->v[i - 1].start <= s->start);
		if (s->fixed)
			continue;
		n++;
		assert_true(s->day > last);
		last = s->day;
		assert_false(t->taken[s->day]);
		assert_true(t->first_day <= s->day && s->day < t->past_day);
		assert_int_equal(s->end - s->start, t->length_min * 60);
		if (!model_cost(x, &slots[s->day], s->start, s->end, &cost))
			fail_msg("a session where nobody can be");
		assert_int_equal(cost, s->cost.total);
		assert_int_equal(s->cost.outside_prefer + s->cost.lunch + s->cost.tentative +
					 s->cost.yield,
				 cost);
		for (size_t k = 0; k < t->n_parties; k++)
			known = x->parties[k].known_until < known ? x->parties[k].known_until
								  : known;
		assert_int_equal(s->provisional, s->end > known);
	}
	assert_true(n + plan->missing >= 0);
	assert_int_equal(plan->missing > 0, plan->reason != NULL);
}

static void as_good_as_every_choice(void **state)
{
	(void)state;
	int placed = 0, missing = 0;
	for (uint64_t round = 0; round < ROUNDS; round++) {
		struct party_world x;
		static struct model_slots slots[DAYS_MAX];
		struct party_plan plan;
		party_world(&x, seed + round);
		for (int d = 0; d < x.task.days->n; d++)
			model_slots(&x, d, &slots[d]);
		party_make(&x.task, &plan);
		check_sessions(&x, slots, &plan);
		int64_t got = (int64_t)plan.missing * 1000000 + plan.cost_even + plan.cost_slots;
		int64_t booked = 0;
		for (size_t i = 0; i < x.task.n_standing; i++)
			booked += x.standing[i].stand == STAND_MOVABLE &&
				  x.standing[i].state == STATE_BOOKED;
		got += plan.cost_move - booked * x.task.weights->move;
		if (x.task.first_day < x.task.past_day) {
			int64_t want = brute_force(&x, slots);
			if (got != want)
				fail_msg("rerun: test_party %llu: %lld points, the best are %lld",
					 (unsigned long long)(seed + round), (long long)got,
					 (long long)want);
		}
		assert_int_equal(plan.cost_total,
				 plan.cost_even + plan.cost_slots + plan.cost_move);
		placed += (int)plan.n;
		missing += plan.missing;
		party_plan_fini(&plan);
		party_world_fini(&x);
	}
	print_message("%d placed, %d without a slot\n", placed, missing);
	assert_true(placed > ROUNDS / 4 && missing > 0);
}

/* The ranked starts are all there are, and each fits. */
static void slots_are_all_and_ranked(void **state)
{
	(void)state;
	for (uint64_t round = 0; round < 30; round++) {
		struct party_world x;
		party_world(&x, seed + 1000 + round);
		x.task.n_standing = 0;
		for (int d = 0; d < x.task.days->n; d++) {
			static struct model_slots m;
			struct party_slots got;
			size_t n = 0;
			model_slots(&x, d, &m);
			party_slots(&x.task, d, &got);
			for (size_t i = 0; i < got.n; i++) {
				int64_t cost;
				struct err err;
				assert_true(
					model_cost(&x, &m, got.v[i].start, got.v[i].end, &cost));
				assert_int_equal(cost, got.v[i].cost.total);
				if (i)
					assert_true(got.v[i - 1].cost.total < cost ||
						    (got.v[i - 1].cost.total == cost &&
						     got.v[i - 1].start < got.v[i].start));
				assert_int_equal(
					party_fits(&x.task, got.v[i].start, got.v[i].end, &err),
					!got.v[i].provisional);
			}
			const struct programme *p = x.task.programme;
			int starts = p->n_starts ? (int)p->n_starts : 24 * 60 / p->start_grid_min;
			for (int i = 0; i < starts; i++) {
				int minute = p->n_starts ? p->starts[i] : i * p->start_grid_min;
				utc_t at = world_at(&x.two[0], x.task.days->v[d], minute);
				int64_t cost;
				n += model_cost(&x, &m, at, at + x.task.length_min * 60, &cost);
			}
			assert_int_equal(got.n, n);
			party_slots_fini(&got);
		}
		party_world_fini(&x);
	}
}

/* ---- a plain year ------------------------------------------------------------------------ */

static void plain(struct party_world *x)
{
	*x = (struct party_world){0};
	for (int i = 0; i < 2; i++)
		world_plain(&x->two[i], 7 + (uint64_t)i, 40, 0);
	(void)snprintf(x->two[1].persons[0].id, sizeof x->two[1].persons[0].id, "jan");
	for (int i = 0; i < 3; i++)
		x->parties[i] = x->two[i / 2].task.members[i % 2];
	x->task = (struct party_task){
		.programme = &x->two[0].programme,
		.days = &x->two[0].days,
		.weights = &x->two[0].weights,
		.parties = x->parties,
		.n_parties = 3,
		.first_day = 0,
		.past_day = x->two[0].days.n,
		.n = 3,
		.length_min = 120,
		.standing = x->standing,
		.yields = x->yields,
		.earliest = world_at(&x->two[0], x->two[0].programme.start, 0),
	};
}

static void plain_fini(struct party_world *x)
{
	opendays_fini(&x->two[1].days);
	party_world_fini(x);
}

static void three_of_a_free_year_are_its_quarters(void **state)
{
	(void)state;
	struct party_world x;
	struct party_plan plan;
	plain(&x);
	assert_int_equal(x.task.past_day, 200);
	party_make(&x.task, &plan);
	assert_int_equal(plan.n, 3);
	assert_int_equal(plan.missing, 0);
	const int days[] = {49, 99, 149}; /* -1 .. 200 in four; 50.25 each: the first are shorter */
	for (int i = 0; i < 3; i++)
		assert_in_range(plan.v[i].day, days[i], days[i] + 1);
	assert_int_equal(plan.cost_slots, 0);
	/* one that was held early leaves two for the rest */
	x.standing[0] = (struct party_standing){
		.id = 5,
		.state = STATE_HELD,
		.stand = STAND_FIXED,
		.start = world_at(&x.two[0], x.task.days->v[20], 600),
	};
	x.standing[0].end = x.standing[0].start + 7200;
	x.task.n_standing = 1;
	x.task.earliest = world_at(&x.two[0], x.task.days->v[30], 0);
	party_plan_fini(&plan);
	party_make(&x.task, &plan);
	assert_int_equal(plan.n, 3);
	assert_true(plan.v[0].fixed);
	assert_int_equal(plan.v[0].kept_id, 5);
	assert_in_range(plan.v[1].day, 79, 81);
	assert_in_range(plan.v[2].day, 139, 141);
	party_plan_fini(&plan);
	plain_fini(&x);
}

static void what_is_booked_stays_until_moving_pays(void **state)
{
	(void)state;
	struct party_world x;
	struct party_plan plan;
	plain(&x);
	x.task.n = 1;
	/* off the middle by d days costs 2 d^2: 7 days are cheaper than moving, 8 are not */
	for (int off = 7; off <= 8; off++) {
		x.standing[0] = (struct party_standing){
			.id = 9,
			.state = STATE_BOOKED,
			.stand = STAND_MOVABLE,
			.start = world_at(&x.two[0], x.task.days->v[99 + off], 603), /* no grid */
		};
		x.standing[0].end = x.standing[0].start + 7200;
		x.task.n_standing = 1;
		party_make(&x.task, &plan);
		assert_int_equal(plan.n, 1);
		assert_int_equal(plan.v[0].kept_id, off == 7 ? 9 : 0);
		assert_int_equal(plan.cost_move, off == 7 ? 0 : 120);
		party_plan_fini(&plan);
	}
	plain_fini(&x);
}

static void who_is_in_the_way_is_said(void **state)
{
	(void)state;
	struct party_world x;
	struct party_plan plan;
	struct err err;
	plain(&x);
	x.two[1].works[0][0] = (struct work_hours){1u << TUE, 540, 600}; /* jan: Tuesdays 9 to 10 */
	party_make(&x.task, &plan);
	assert_int_equal(plan.n, 0);
	assert_int_equal(plan.missing, 3);
	assert_string_equal(plan.reason, "3 of 3 found no time of 2h that all share; 0 of the 200 "
					 "open days left have one; on 200 only jan is in the way");
	party_plan_fini(&plan);
	utc_t at = world_at(&x.two[0], x.task.days->v[1], 540); /* a Tuesday */
	assert_false(party_fits(&x.task, at, at + 7200, &err));
	assert_non_null(strstr(err.text, "jan works 09:00-10:00 on tue"));
	assert_true(party_fits(&x.task, at, at + 3600, &err));
	struct buf text = {0};
	party_explain_day(&x.task, 1, &text);
	assert_non_null(strstr(buf_str(&text), "jan can be asked 2026-09-01 09:00-10:00\n"));
	assert_non_null(strstr(buf_str(&text), "shared window: 2026-09-01 09:00-10:00\n"));
	buf_clear(&text);
	party_explain_day(&x.task, 2, &text);
	assert_non_null(
		strstr(buf_str(&text), "jan cannot be asked that day\nshared window: none"));
	buf_clear(&text);
	busyset_add(&x.two[1].busy[0], at, at + 1800, LEVEL_BUSY);
	busyset_settle(&x.two[1].busy[0]);
	party_explain_day(&x.task, 1, &text);
	assert_non_null(strstr(buf_str(&text), "jan is busy 2026-09-01 09:00-09:30\n"));
	assert_false(party_fits(&x.task, at, at + 3600, &err));
	assert_non_null(strstr(err.text, "jan is busy 2026-09-01 09:00-09:30"));
	x.parties[2].known_until = UTC_MIN;
	party_make(&x.task, &plan);
	assert_non_null(strstr(plan.reason, "the timetable of jan has not been read yet"));
	party_plan_fini(&plan);
	buf_fini(&text);
	plain_fini(&x);
}

static void nothing_to_do_and_nowhere_to_go(void **state)
{
	(void)state;
	struct party_world x;
	struct party_plan plan;
	plain(&x);
	x.task.n = 0;
	party_make(&x.task, &plan);
	assert_int_equal(plan.n + (size_t)plan.missing, 0);
	assert_null(plan.reason);
	party_plan_fini(&plan);
	x.task.n = 2;
	x.task.past_day = x.task.first_day;
	party_make(&x.task, &plan);
	assert_int_equal(plan.missing, 2);
	assert_non_null(plan.reason);
	party_plan_fini(&plan);
	x.task.past_day = 10;
	x.task.earliest = UTC_MAX - DAY_S;
	party_make(&x.task, &plan);
	assert_int_equal(plan.missing, 2);
	assert_int_equal(plan.n, 0);
	party_plan_fini(&plan);
	plain_fini(&x);
}

int main(int argc, char **argv)
{
	seed = world_seed(argc, argv);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_good_as_every_choice),
		cmocka_unit_test(slots_are_all_and_ranked),
		cmocka_unit_test(three_of_a_free_year_are_its_quarters),
		cmocka_unit_test(what_is_booked_stays_until_moving_pays),
		cmocka_unit_test(who_is_in_the_way_is_said),
		cmocka_unit_test(nothing_to_do_and_nowhere_to_go),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
