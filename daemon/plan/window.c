/* window.c -- from working hours, absences and busy sets to the windows of each open day.
 *
 * Everything is done on sorted spans of the whole range at once, one linear pass a step, and cut
 * into days at the end. Local clocks are only read where days and hours begin:
 *
 *   works of A   |-----------------|          |------ ...
 *   works of B       |-----------------|
 *   blocked A/B         |##|     |#######|             (buffer included)
 *   windows          |--|  |----|
 */
#include "plan/window.h"

#include "base/buf.h"

#define PATTERN_MARGIN_S (3 * 3600) /* more than two zones' clocks can shift against each other */

enum level window_least_blocking(const struct weights *weights)
{
	return weights->tentative == 0 ? LEVEL_TENTATIVE : LEVEL_BUSY;
}

int64_t window_buffer_s(const struct programme *programme)
{
	return (int64_t)programme->buffer_min * 60;
}

void window_add_hours(struct spanset *out, const struct work_hours *hours, size_t n,
		      const struct zone *zone, day_t date)
{
	unsigned bit = 1u << civil_weekday(date);
	for (size_t i = 0; i < n; i++) {
		if (!(hours[i].weekdays & bit))
			continue;
		utc_t start = zone_to_utc(zone, local_at(date, hours[i].from_min * 60));
		utc_t end = zone_to_utc(zone, local_at(date, hours[i].to_min * 60));
		if (start < end)
			spanset_add(out, start, end);
	}
}

/* Working hours are the person's own clock: abroad, one of our days can touch two of theirs. */
static void fill_available(struct member_time *time, const struct person *person,
			   const struct shared *shared)
{
	struct spanset works = {0}, absent = {0};
	const struct zone *zone = person->zone;
	day_t next = INT32_MIN;
	for (int d = 0; d < shared->past_day - shared->first_day; d++) {
		day_t first = zone_day_of(zone, shared->days[d].start);
		day_t last = zone_day_of(zone, shared->days[d].past - 1);
		for (day_t date = first > next ? first : next; date <= last; date++)
			window_add_hours(&works, person->works, person->n_works, zone, date);
		next = last + 1;
	}
	spanset_settle(&works);
	if (person->n_absent == 0) {
		time->available = works;
		return;
	}
	for (size_t i = 0; i < person->n_absent; i++)
		if (person->absent[i].first < person->absent[i].past)
			spanset_add(&absent, zone_day_start(zone, person->absent[i].first),
				    zone_day_start(zone, person->absent[i].past));
	spanset_settle(&absent);
	spanset_subtract(&works, &absent, &time->available);
	spanset_fini(&works);
	spanset_fini(&absent);
}

int window_known_days(const struct plan_task *task, const struct plan_member *member)
{
	const struct opendays *days = task->days;
	const struct zone *zone = task->programme->zone;
	if (days->n == 0 || member->known_until <= zone_day_start(zone, days->v[0]))
		return 0;
	if (member->known_until >= zone_day_start(zone, days->v[days->n - 1] + 1))
		return days->n;
	return opendays_before(days, zone_day_of(zone, member->known_until));
}

/* What the last known weeks had on one weekday, in seconds after the date's midnight on the
 * person's clock, so that it can be laid on any date of that weekday, summer time or not. */
struct pattern {
	bool built;
	int weeks; /* that it was made from; 0: nothing can be assumed */
	struct busyset busy;
};

static void pattern_build(struct pattern *pattern, const struct plan_task *task,
			  const struct plan_member *m, enum weekday weekday, int known_days)
{
	const struct zone *own = task->programme->zone, *theirs = m->person->zone;
	pattern->built = true;
	for (int d = known_days - 1; d >= 0 && pattern->weeks < task->programme->pattern_weeks;
	     d--) {
		day_t date = task->days->v[d];
		if (civil_weekday(date) != weekday)
			continue;
		pattern->weeks++;
		utc_t from = zone_day_start(own, date) - PATTERN_MARGIN_S;
		utc_t past = zone_day_start(own, date + 1) + PATTERN_MARGIN_S;
		for (size_t i = busyset_find(m->busy, from);
		     i < m->busy->n && m->busy->v[i].start < past; i++) {
			struct busy b = m->busy->v[i];
			if (b.start < from)
				b.start = from;
			if (b.end > past)
				b.end = past;
			busyset_add(&pattern->busy,
				    zone_to_local(theirs, b.start) - local_at(date, 0),
				    zone_to_local(theirs, b.end) - local_at(date, 0), b.level);
		}
	}
	busyset_settle(&pattern->busy);
}

static void add_clipped(struct busyset *set, struct busy b, utc_t from, utc_t past)
{
	if (b.start < from)
		b.start = from;
	if (b.end > past)
		b.end = past;
	if (b.start < b.end)
		busyset_add(set, b.start, b.end, b.level);
}

/* Behind the horizon: the weekday's pattern; without one, unknown. */
static void add_assumed(struct busyset *set, const struct plan_task *task,
			const struct plan_member *m, const struct shared *shared)
{
	struct pattern patterns[7] = {0};
	int known_days = window_known_days(task, m);
	for (int d = shared->first_day; d < shared->past_day; d++) {
		const struct shared_day *day = shared_day(shared, d);
		if (day->past <= m->known_until)
			continue;
		utc_t from = day->start > m->known_until ? day->start : m->known_until;
		day_t date = task->days->v[d];
		struct pattern *pattern = &patterns[civil_weekday(date)];
		if (!pattern->built)
			pattern_build(pattern, task, m, civil_weekday(date), known_days);
		if (pattern->weeks == 0)
			busyset_add(set, from, day->past, LEVEL_UNKNOWN);
		for (size_t i = 0; i < pattern->busy.n; i++) {
			struct busy b = pattern->busy.v[i];
			b.start = zone_to_utc(m->person->zone, local_at(date, 0) + b.start);
			b.end = zone_to_utc(m->person->zone, local_at(date, 0) + b.end);
			add_clipped(set, b, from, day->past);
		}
	}
	for (int w = 0; w < 7; w++)
		busyset_fini(&patterns[w].busy);
}

static void add_known(struct busyset *out, const struct busyset *set, utc_t known_until, utc_t from,
		      utc_t past)
{
	for (size_t i = busyset_find(set, from); i < set->n && set->v[i].start < past; i++) {
		struct busy b = set->v[i];
		/* behind the horizon unknown means: assume; before it, unknown is not free */
		if (b.level == LEVEL_UNKNOWN && b.end > known_until)
			b.end = known_until;
		if (b.start < b.end)
			busyset_add(out, b.start, b.end, b.level);
	}
}

static bool is_engaged(const struct plan_member *member)
{
	return member->engaged && member->engaged->n;
}

static void fill_busy(struct member_time *time, const struct plan_task *task,
		      const struct plan_member *m, const struct shared *shared)
{
	int64_t buffer_s = m->no_pause ? 0 : window_buffer_s(task->programme);
	enum level least = window_least_blocking(task->weights);
	utc_t from = shared->days[0].start - buffer_s;
	utc_t past = shared->days[shared->past_day - shared->first_day - 1].past + buffer_s;
	bool tentative = false;
	add_known(&time->busy, m->busy, m->known_until, from, past);
	if (m->known_until < past)
		add_assumed(&time->busy, task, m, shared);
	busyset_settle(&time->busy);
	if (is_engaged(m)) {
		spanset_from_busy(&time->held_up, &time->busy, least, buffer_s);
		add_known(&time->busy, m->engaged, m->known_until, from, past);
		busyset_settle(&time->busy);
	}
	for (size_t i = 0; i < time->busy.n && !tentative; i++)
		tentative = time->busy.v[i].level < least;
	spanset_from_busy(&time->blocked, &time->busy, least, buffer_s);
	if (tentative)
		spanset_from_busy(&time->tentative, &time->busy, LEVEL_TENTATIVE, buffer_s);
}

static void add_window(struct shared *shared, utc_t start, utc_t end)
{
	if (shared->n_windows == shared->cap_windows)
		shared->windows = xgrow(shared->windows, shared->n_windows, &shared->cap_windows,
					sizeof *shared->windows);
	shared->windows[shared->n_windows++] = (struct span){start, end};
}

static void cut_into_days(struct shared *shared, const struct spanset *free)
{
	size_t i = 0;
	for (int d = 0; d < shared->past_day - shared->first_day; d++) {
		struct shared_day *day = &shared->days[d];
		day->first = shared->n_windows;
		while (i < free->n && free->v[i].end <= day->start)
			i++;
		for (; i < free->n && free->v[i].start < day->past; i++) {
			utc_t start = free->v[i].start, end = free->v[i].end;
			add_window(shared, start > day->start ? start : day->start,
				   end < day->past ? end : day->past);
			if (end > day->past)
				break; /* goes on tomorrow */
		}
		day->n = shared->n_windows - day->first;
	}
}

/* What is left of @both when each member's @blocked is taken away, cut into days. */
static void make_windows(struct shared *shared, const struct spanset *both,
			 const struct spanset *blocked_a, const struct spanset *blocked_b)
{
	struct spanset less = {0}, free = {0};
	spanset_subtract(both, blocked_a, &less);
	spanset_subtract(&less, blocked_b, &free);
	cut_into_days(shared, &free);
	spanset_fini(&less);
	spanset_fini(&free);
}

/* The windows just made become `around`. */
static void set_around(struct shared *shared)
{
	for (int d = 0; d < shared->past_day - shared->first_day; d++) {
		shared->days[d].around_first = shared->days[d].first;
		shared->days[d].around_n = shared->days[d].n;
	}
	shared->around = shared->windows;
	shared->n_around = shared->n_windows;
}

const struct span *shared_around(const struct shared *shared, const struct shared_day *day,
				 const struct span *window)
{
	const struct span *around = shared->around + day->around_first;
	for (size_t i = 0; i < day->around_n; i++)
		if (around[i].start <= window->start && window->end <= around[i].end)
			return &around[i];
	return window; /* not reached: taking more away never makes a window longer */
}

void shared_init_days(struct shared *shared, const struct plan_task *task, int first_day,
		      int past_day)
{
	*shared = (struct shared){.first_day = first_day, .past_day = past_day};
	if (first_day >= past_day)
		return;
	shared->days = xcalloc((size_t)(past_day - first_day), sizeof *shared->days);
	for (int d = first_day; d < past_day; d++) {
		struct shared_day *day = &shared->days[d - first_day];
		day->start = zone_day_start(task->programme->zone, task->days->v[d]);
		day->past = zone_day_start(task->programme->zone, task->days->v[d] + 1);
	}
}

void member_time_init(struct member_time *time, const struct plan_task *task,
		      const struct plan_member *member, const struct shared *days)
{
	*time = (struct member_time){0};
	if (days->first_day >= days->past_day)
		return;
	fill_available(time, member->person, days);
	fill_busy(time, task, member, days);
}

void member_time_fini(struct member_time *time)
{
	spanset_fini(&time->available);
	busyset_fini(&time->busy);
	spanset_fini(&time->blocked);
	spanset_fini(&time->held_up);
	spanset_fini(&time->tentative);
}

void shared_init(struct shared *shared, const struct plan_task *task, int first_day, int past_day)
{
	shared_init_days(shared, task, first_day, past_day);
	utc_t a = task->members[0].known_until, b = task->members[1].known_until;
	shared->known_until = a < b ? a : b;
	if (first_day >= past_day)
		return;
	for (int m = 0; m < 2; m++)
		member_time_init(&shared->members[m], task, &task->members[m], shared);
	struct spanset both = {0};
	const struct member_time *a_time = &shared->members[0], *b_time = &shared->members[1];
	bool a_engaged = is_engaged(&task->members[0]), b_engaged = is_engaged(&task->members[1]);
	spanset_intersect(&a_time->available, &b_time->available, &both);
	if (a_engaged || b_engaged) {
		make_windows(shared, &both, a_engaged ? &a_time->held_up : &a_time->blocked,
			     b_engaged ? &b_time->held_up : &b_time->blocked);
		set_around(shared);
		shared->windows = NULL;
		shared->n_windows = shared->cap_windows = 0;
	}
	make_windows(shared, &both, &a_time->blocked, &b_time->blocked);
	if (!shared->around)
		set_around(shared);
	spanset_fini(&both);
}

void shared_fini(struct shared *shared)
{
	for (int m = 0; m < 2; m++)
		member_time_fini(&shared->members[m]);
	xfree(shared->days);
	if (shared->around != shared->windows)
		xfree(shared->around);
	xfree(shared->windows);
	*shared = (struct shared){0};
}
