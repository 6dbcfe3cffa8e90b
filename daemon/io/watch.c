/* watch.c -- uv_fs_event on folders, looked after.
 *
 * Every path has two folders: the one that it lies in, and the path itself, in case it is a
 * directory. A folder is probed (one stat in libuv's pool) when it is new, when something says
 * that it may be another one now, and, if paths lie in it, from time to time:
 *
 *   probe -> a directory, a new one -> uv_fs_event (again); what depends on it has changed
 *         -> the same directory     -> nothing
 *         -> a file or nothing      -> no uv_fs_event; what depended on it has changed
 *
 * An event marks a path; when it has been quiet for a moment it is told. */
#include "io/watch.h"

#include "base/buf.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

const struct watch_pace watch_pace_default = {300, 2000, 2000, WATCH_FOLDERS_MAX};

enum { PROBES = 16 }; /* at once: libuv's pool has four threads, and others need it */

struct folder {
	struct watch *watch;
	uv_fs_event_t event;
	uv_fs_t probe;
	char *path;
	bool is_parent; /* paths lie in it */
	bool has_event; /* event is initialised */
	bool armed;	/* and running */
	bool left_out;	/* there was no room for it */
	bool known;	/* was probed before */
	bool wanted;	/* to be probed (again) */
	bool probing;	/* the probe is under way */
	bool dead;	/* nobody needs it: freed when nothing is under way */
	bool needed;	/* while paths are replaced */
	uint64_t device, inode;
};

struct target {
	char *path;
	size_t index;	  /* the caller's */
	uint64_t told_at; /* loop time at which it is told; 0: it is quiet */
	uint64_t since;	  /* first event since it was told last */
};

struct watch {
	uv_loop_t *loop;
	struct watch_pace pace;
	uv_timer_t quiet, patrol;
	watch_fn *changed;
	void *ctx;
	struct target *targets; /* by path */
	size_t n_targets;
	struct folder **folders; /* by path */
	size_t n_folders, cap_folders;
	size_t probe_at, patrol_at; /* where the rounds go on */
	size_t wanted, probing, armed, left_out;
	size_t open; /* handles and probes that must end before memory goes */
	bool closing;
};

static void free_if_done(struct watch *w)
{
	if (!w->closing || w->open > 0)
		return;
	for (size_t i = 0; i < w->n_targets; i++)
		xfree(w->targets[i].path);
	xfree(w->targets);
	xfree(w->folders);
	xfree(w);
}

/* ---- what changed ------------------------------------------------------------------------- */

static size_t first_target(const struct watch *w, const char *path)
{
	size_t lo = 0, hi = w->n_targets;
	while (lo < hi) {
		size_t mid = (lo + hi) / 2;
		if (strcmp(w->targets[mid].path, path) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static void on_quiet(uv_timer_t *timer);

static void mark(struct watch *w, struct target *t)
{
	uint64_t now = uv_now(w->loop);
	if (t->told_at == 0)
		t->since = now;
	t->told_at = now + w->pace.quiet_ms;
	if (t->told_at > t->since + w->pace.patience_ms)
		t->told_at = t->since + w->pace.patience_ms;
	if (!uv_is_active((uv_handle_t *)&w->quiet))
		(void)uv_timer_start(&w->quiet, on_quiet, w->pace.quiet_ms, 0);
}

/* All that have this path; false when none has. */
static bool mark_path(struct watch *w, const char *path)
{
	size_t i = first_target(w, path), first = i;
	for (; i < w->n_targets && strcmp(w->targets[i].path, path) == 0; i++)
		mark(w, &w->targets[i]);
	return i > first;
}

static void go_on_probing(struct watch *w);

static void want_probe(struct folder *f)
{
	if (f->wanted || f->dead)
		return;
	f->wanted = true;
	f->watch->wanted++;
}

static struct folder *find_folder(const struct watch *w, const char *path, size_t *at)
{
	size_t lo = 0, hi = w->n_folders;
	while (lo < hi) {
		size_t mid = (lo + hi) / 2;
		int order = strcmp(w->folders[mid]->path, path);
		if (order == 0)
			return w->folders[mid];
		if (order < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (at)
		*at = lo;
	return NULL;
}

static void mark_folder(struct folder *f)
{
	struct watch *w = f->watch;
	size_t n = strlen(f->path);
	(void)mark_path(w, f->path);
	if (!f->is_parent)
		return;
	char *prefix = xasprintf("%s/", strcmp(f->path, "/") == 0 ? "" : f->path);
	n = strlen(prefix);
	for (size_t i = first_target(w, prefix);
	     i < w->n_targets && strncmp(w->targets[i].path, prefix, n) == 0; i++)
		if (!strchr(w->targets[i].path + n, '/')) {
			struct folder *self = find_folder(w, w->targets[i].path, NULL);
			mark(w, &w->targets[i]);
			if (self) /* what was a directory there went with it */
				want_probe(self);
		}
	xfree(prefix);
}

static void on_quiet(uv_timer_t *timer)
{
	struct watch *w = timer->data;
	uint64_t now = uv_now(w->loop), next = UINT64_MAX;
	for (size_t i = 0; i < w->n_targets; i++) {
		struct target *t = &w->targets[i];
		if (t->told_at != 0 && t->told_at <= now) {
			t->told_at = 0;
			w->changed(w->ctx, t->index);
			if (w->closing)
				return;
		} else if (t->told_at != 0 && t->told_at < next) {
			next = t->told_at;
		}
	}
	if (next != UINT64_MAX)
		(void)uv_timer_start(&w->quiet, on_quiet, next - now, 0);
}

/* ---- probing ------------------------------------------------------------------------------ */

static bool is_calendar(const char *name)
{
	size_t n = strlen(name);
	return n > 4 && name[0] != '.' && strcasecmp(name + n - 4, ".ics") == 0;
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash ? slash + 1 : path;
}

static void on_event(uv_fs_event_t *event, const char *name, int events, int status)
{
	struct folder *f = event->data;
	struct watch *w = f->watch;
	if (status < 0 || !name) {
		mark_folder(f);
		want_probe(f);
		go_on_probing(w);
		return;
	}
	if ((events & UV_RENAME) && strcmp(name, base_name(f->path)) == 0)
		want_probe(f); /* perhaps the folder itself: then the name is its own */
	if (is_calendar(name))
		(void)mark_path(w, f->path);
	char *path = xasprintf("%s/%s", strcmp(f->path, "/") == 0 ? "" : f->path, name);
	if (mark_path(w, path)) {
		struct folder *self = find_folder(w, path, NULL);
		if (self && (events & UV_RENAME))
			want_probe(self); /* a directory may have come or gone */
	}
	xfree(path);
	go_on_probing(w);
}

static void set_left_out(struct folder *f, bool yes)
{
	f->watch->left_out += (size_t)yes - (size_t)f->left_out;
	f->left_out = yes;
}

static void disarm(struct folder *f)
{
	set_left_out(f, false);
	if (!f->armed)
		return;
	(void)uv_fs_event_stop(&f->event);
	f->armed = false;
	f->watch->armed--;
}

static void arm(struct folder *f, const uv_stat_t *st)
{
	struct watch *w = f->watch;
	disarm(f);
	if (w->armed >= w->pace.folders) {
		set_left_out(f, true);
		return;
	}
	if (!f->has_event && uv_fs_event_init(w->loop, &f->event) == 0) {
		f->has_event = true;
		f->event.data = f;
		w->open++;
	}
	/* refused when the kernel has no more watches for us: tried again on the next patrol */
	f->armed = f->has_event && uv_fs_event_start(&f->event, on_event, f->path, 0) == 0;
	w->armed += f->armed;
	f->device = st->st_dev;
	f->inode = st->st_ino;
}

static void free_folder(struct folder *f)
{
	struct watch *w = f->watch;
	xfree(f->path);
	xfree(f);
	free_if_done(w);
}

static void probed(uv_fs_t *probe)
{
	struct folder *f = probe->data;
	struct watch *w = f->watch;
	bool is_directory = probe->result == 0 && S_ISDIR(probe->statbuf.st_mode);
	bool same = is_directory && f->armed && f->device == probe->statbuf.st_dev &&
		    f->inode == probe->statbuf.st_ino;
	bool was = f->armed;
	f->probing = false;
	w->probing--;
	w->open--;
	if (f->dead) {
		uv_fs_req_cleanup(probe);
		if (!f->has_event) /* else event_closed does it */
			free_folder(f);
		return;
	}
	if (is_directory && !same)
		arm(f, &probe->statbuf);
	else if (!is_directory)
		disarm(f);
	uv_fs_req_cleanup(probe);
	/* one that never could be watched is not news each time */
	if (f->known && !same && (was || f->armed))
		mark_folder(f);
	f->known = true;
	go_on_probing(w);
}

static void start_probe(struct folder *f)
{
	struct watch *w = f->watch;
	f->wanted = false;
	w->wanted--;
	f->probe.data = f;
	if (uv_fs_stat(w->loop, &f->probe, f->path, probed) != 0)
		return;
	f->probing = true;
	w->probing++;
	w->open++;
}

static void go_on_probing(struct watch *w)
{
	for (size_t i = 0; i < w->n_folders && w->wanted > 0 && w->probing < PROBES; i++) {
		w->probe_at = (w->probe_at + 1) % w->n_folders;
		struct folder *f = w->folders[w->probe_at];
		if (f->wanted && !f->probing)
			start_probe(f);
	}
}

static void on_patrol(uv_timer_t *timer)
{
	struct watch *w = timer->data;
	size_t asked = 0;
	for (size_t i = 0; i < w->n_folders && asked < WATCH_PATROL_FOLDERS; i++) {
		w->patrol_at = (w->patrol_at + 1) % w->n_folders;
		if (!w->folders[w->patrol_at]->is_parent)
			continue;
		want_probe(w->folders[w->patrol_at]);
		asked++;
	}
	go_on_probing(w);
}

/* ---- what is watched ---------------------------------------------------------------------- */

static void event_closed(uv_handle_t *handle)
{
	struct folder *f = handle->data;
	f->has_event = false;
	f->watch->open--;
	if (!f->probing)
		free_folder(f);
}

/* It is in no list any more. */
static void drop_folder(struct folder *f)
{
	disarm(f);
	f->dead = true;
	f->watch->wanted -= f->wanted;
	f->wanted = false;
	if (f->has_event)
		uv_close((uv_handle_t *)&f->event, event_closed);
	else if (!f->probing)
		free_folder(f);
}

static void need_folder(struct watch *w, const char *path, bool is_parent)
{
	size_t at = 0;
	struct folder *f = find_folder(w, path, &at);
	if (!f) {
		f = xcalloc(1, sizeof *f);
		f->watch = w;
		f->path = xstrdup(path);
		w->folders = xgrow(w->folders, w->n_folders, &w->cap_folders, sizeof *w->folders);
		memmove(w->folders + at + 1, w->folders + at,
			(w->n_folders - at) * sizeof *w->folders);
		w->folders[at] = f;
		w->n_folders++;
		want_probe(f);
	}
	f->needed = true;
	f->is_parent |= is_parent;
}

static int by_path(const void *a, const void *b)
{
	const struct target *x = a, *y = b;
	int order = strcmp(x->path, y->path);
	return order ? order : (x->index > y->index) - (x->index < y->index);
}

/* Without slashes at the end, so that it has a name in a folder. */
static char *trimmed(const char *path)
{
	size_t n = strlen(path);
	while (n > 1 && path[n - 1] == '/')
		n--;
	return xstrndup(path, n);
}

static void need_folders_of(struct watch *w, const char *path)
{
	const char *slash = strrchr(path, '/');
	if (!slash)
		return;
	char *parent = slash == path ? xstrdup("/") : xstrndup(path, (size_t)(slash - path));
	need_folder(w, parent, true);
	need_folder(w, path, false);
	xfree(parent);
}

void watch_set(struct watch *w, const char *const *paths, size_t n)
{
	struct target *old = w->targets;
	size_t n_old = w->n_targets, kept = 0;
	w->targets = xcalloc(n, sizeof *w->targets);
	w->n_targets = 0;
	for (size_t i = 0; i < n; i++)
		if (paths[i])
			w->targets[w->n_targets++] =
				(struct target){.path = trimmed(paths[i]), .index = i};
	if (w->n_targets > 0)
		qsort(w->targets, w->n_targets, sizeof *w->targets, by_path);
	for (size_t i = 0; i < w->n_folders; i++)
		w->folders[i]->needed = w->folders[i]->is_parent = false;
	for (size_t i = 0; i < w->n_targets; i++)
		need_folders_of(w, w->targets[i].path);
	for (size_t i = 0; i < w->n_folders; i++) {
		if (w->folders[i]->needed)
			w->folders[kept++] = w->folders[i];
		else
			drop_folder(w->folders[i]);
	}
	w->n_folders = kept;
	w->probe_at = w->patrol_at = 0;
	for (size_t i = 0; i < n_old; i++) { /* what was about to be told still is */
		if (old[i].told_at != 0)
			(void)mark_path(w, old[i].path);
		xfree(old[i].path);
	}
	xfree(old);
	go_on_probing(w);
}

size_t watch_folders(const struct watch *w)
{
	return w->armed;
}

size_t watch_left_out(const struct watch *w)
{
	return w->left_out;
}

struct watch *watch_new(uv_loop_t *loop, const struct watch_pace *pace, watch_fn *changed,
			void *ctx)
{
	struct watch *w = xcalloc(1, sizeof *w);
	w->loop = loop;
	w->pace = *pace;
	if (!w->pace.folders)
		w->pace.folders = WATCH_FOLDERS_MAX;
	w->changed = changed;
	w->ctx = ctx;
	w->quiet.data = w->patrol.data = w;
	(void)uv_timer_init(loop, &w->quiet);
	(void)uv_timer_init(loop, &w->patrol);
	(void)uv_timer_start(&w->patrol, on_patrol, pace->patrol_ms, pace->patrol_ms);
	w->open = 2;
	return w;
}

static void timer_closed(uv_handle_t *handle)
{
	struct watch *w = handle->data;
	w->open--;
	free_if_done(w);
}

void watch_close(struct watch *w)
{
	if (!w || w->closing)
		return;
	w->closing = true;
	uv_close((uv_handle_t *)&w->quiet, timer_closed);
	uv_close((uv_handle_t *)&w->patrol, timer_closed);
	for (size_t i = 0; i < w->n_folders; i++)
		drop_folder(w->folders[i]);
	w->n_folders = 0;
}
