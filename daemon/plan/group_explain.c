/* group_explain.c -- who could come to a group moment, who could not, and why, in sentences. */
#include "plan/group.h"

#include "plan/reasons.h"
#include "plan/window.h"

const char *group_why_word(enum group_why why)
{
	static const char *const words[] = {
		[GROUP_BUSY] = "busy",
		[GROUP_ABSENT] = "absent",
		[GROUP_NOT_WORKING] = "not working",
		[GROUP_UNKNOWN] = "unknown",
		[GROUP_NO_HOURS] = "no hours",
		[GROUP_NOT_ASKED] = "not asked",
	};
	return words[why];
}

/* One member on one open day, dressed as a task for two of which the first is meant. */
struct one {
	struct plan_task task;
	struct shared shared;
};

static bool one_init(struct one *one, const struct group_task *task, size_t member, utc_t start,
		     utc_t end)
{
	const struct zone *zone = task->programme->zone;
	day_t date = zone_day_of(zone, start);
	int day = opendays_number(task->days, date);
	one->task = (struct plan_task){
		.programme = task->programme,
		.days = task->days,
		.weights = task->weights,
		.members = {task->members[member], task->members[member]},
		.now = task->now,
	};
	if (task->called_off)
		one->task.called_off[0] = task->called_off[member];
	if (day < 0 || end > zone_day_start(zone, date + 1))
		return false;
	shared_init_days(&one->shared, &one->task, day, day + 1);
	member_time_init(&one->shared.members[0], &one->task, &task->members[member], &one->shared);
	return true;
}

/* The same order as the sentence of reason_member, so that word and sentence agree. */
static enum group_why word_of(const struct one *one, utc_t start, utc_t end, bool assume)
{
	const struct plan_member *m = &one->task.members[0];
	const struct member_time *time = &one->shared.members[0];
	int64_t buffer_s = window_buffer_s(one->task.programme);
	enum level least = window_least_blocking(one->task.weights);
	bool horizon = end > m->known_until && (!assume || m->known_until <= UTC_MIN);
	if (reason_absence(&one->task, 0, start, end))
		return GROUP_ABSENT;
	if (!spanset_covers(&time->available, start, end))
		return GROUP_NOT_WORKING;
	for (size_t i = busyset_find(&time->busy, start - buffer_s);
	     i < time->busy.n && time->busy.v[i].start < end + buffer_s; i++) {
		const struct busy *b = &time->busy.v[i];
		if (b->level >= least && !(horizon && b->start >= m->known_until))
			return b->level == LEVEL_UNKNOWN ? GROUP_UNKNOWN : GROUP_BUSY;
	}
	return GROUP_UNKNOWN;
}

bool group_why(const struct group_task *task, size_t member, utc_t start, utc_t end, bool assume,
	       enum group_why *why, struct buf *out)
{
	struct one one = {0};
	struct buf text = {0};
	bool found;
	if (one_init(&one, task, member, start, end)) {
		found = reason_member(&one.task, &one.shared, 0, start, end, assume, &text);
		*why = found ? word_of(&one, start, end, assume) : GROUP_NOT_ASKED;
	} else {
		found = true;
		*why = GROUP_NOT_WORKING;
		(void)reason_not_fit(&one.task, start, end, assume, &text);
	}
	if (out && found)
		buf_adds(out, buf_str(&text));
	buf_fini(&text);
	shared_fini(&one.shared);
	return found;
}

size_t group_who(const struct group_task *task, utc_t start, utc_t end, bool *out)
{
	size_t n = 0;
	for (size_t i = 0; i < task->n_members; i++) {
		enum group_why why;
		out[i] = (end - start) / 60 <= task->members[i].remaining_min &&
			 !group_why(task, i, start, end, false, &why, NULL);
		n += out[i];
	}
	return n;
}

/* ---- sentences --------------------------------------------------------------------------- */

void group_name(const struct group_moment *moment, struct buf *out)
{
	buf_adds(out, kind_word(moment->kind));
	if (moment->of > 1)
		buf_addf(out, " %d of %d", moment->number, moment->of);
}

static void add_place(const struct group_task *task, const struct group_place *place,
		      struct buf *out)
{
	reason_time(out, task->programme->zone, place->start, place->end);
	buf_addf(out, " with %zu of %zu%s", place->attend, task->n_members,
		 place->provisional ? " (not yet known of all)" : "");
}

static void add_next(const struct group_task *task, const struct group_moment *moment,
		     struct buf *out)
{
	if (!moment->n_next)
		return;
	group_name(moment, out);
	buf_adds(out, ": next best ");
	for (size_t i = 0; i < moment->n_next; i++) {
		buf_adds(out, i ? "; " : "");
		add_place(task, &moment->next[i], out);
	}
	buf_addc(out, '\n');
}

void group_explain(const struct group_task *task, const struct group_moment *moment,
		   struct buf *out)
{
	group_name(moment, out);
	buf_adds(out, ": ");
	if (!moment->placed) {
		buf_addf(out, "none, %s\n", moment->reason);
		add_next(task, moment, out);
		return;
	}
	bool stands = moment->was && moment->was->state != STATE_PROVISIONAL;
	if (stands)
		buf_addf(out, "s%lld, ", (long long)moment->was->id);
	buf_addf(out, "%s, ",
		 moment->provisional ? "provisional"
		 : stands	     ? state_word(moment->was->state)
				     : "to be booked");
	add_place(task, &moment->place, out);
	buf_addc(out, '\n');
	for (size_t i = 0; i < moment->n_missing; i++) {
		group_name(moment, out);
		buf_addf(out, ": missing: %s\n", moment->missing[i].text);
	}
	add_next(task, moment, out);
}
