/* zone_cache.c -- the system's zones by name, each loaded once.
 *
 * The names in the zone folder are listed once, sorted without regard to case, and never change
 * afterwards; beside each is an atomic pointer. A name that is not in the list is no zone and
 * costs no system call, so no name that an outsider writes is ever opened as a path. Loading takes
 * the lock; finding what is loaded does not. */
#include "cal/zone.h"

#include "base/buf.h"
#include "cal/zone_table.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	NAMES_MAX = 4000, /* Debian has 600 */
	DEPTH_MAX = 3,	  /* America/Argentina/Ushuaia */
	FIXED_MAX = 200,  /* different fixed offsets a process ever meets */
	PATH_BYTES = 512,
};

struct entry {
	char name[ZONE_NAME_MAX + 1];
	_Atomic(const struct zone *) zone;
	atomic_bool tried; /* loaded, or not a zone */
};

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* Written once by list_zones, read by all. */
static char folder[PATH_BYTES - ZONE_NAME_MAX - 2];
static struct entry *entries; /* by name, any case */
static size_t n_entries;
static const struct entry **by_city; /* places only, by their last part */
static size_t n_by_city;
static char version[32] = "unknown";
static struct zone *utc;

static _Atomic(const struct zone *) fixed[FIXED_MAX];
static atomic_size_t n_fixed;

/* ---- names ---------------------------------------------------------------------------------- */

static int fold_char(char c)
{
	return c == '_' ? ' ' : tolower((unsigned char)c);
}

/* As strcmp of @a against the @n bytes at @b, any case, '_' and ' ' alike. */
static int compare_names(const char *a, const char *b, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		int d = fold_char(a[i]) - fold_char(b[i]);
		if (d != 0 || a[i] == '\0')
			return d;
	}
	return a[n] != '\0';
}

static const char *city_of(const struct entry *entry)
{
	const char *slash = strrchr(entry->name, '/');
	return slash ? slash + 1 : entry->name;
}

static int compare_entries(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	return compare_names(x->name, y->name, strlen(y->name));
}

static int compare_cities(const void *a, const void *b)
{
	const struct entry *x = *(const struct entry *const *)a;
	const struct entry *y = *(const struct entry *const *)b;
	int d = compare_names(city_of(x), city_of(y), strlen(city_of(y)));
	return d ? d : strcmp(x->name, y->name);
}

/* The folder also holds lists ("zone.tab", "tzdata.zi"), the machine's own zone ("localtime", a
 * link out of the folder), and all zones twice more, once with leap seconds. */
static bool is_zone_file_name(const char *name)
{
	static const char *const others[] = {"localtime", "posix", "right"};
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		if (strcmp(name, others[i]) == 0)
			return false;
	return isalpha((unsigned char)*name) &&
	       name[strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				 "0123456789_+-")] == '\0';
}

/* "US/Central" and "Australia/North" end in no city. */
static bool is_place(const char *name)
{
	static const char *const areas[] = {"Africa/", "America/",  "Antarctica/", "Arctic/",
					    "Asia/",   "Atlantic/", "Australia/",  "Europe/",
					    "Indian/", "Pacific/"};
	static const char *const regions[] = {"Australia/North", "Australia/South",
					      "Australia/West"};
	for (size_t i = 0; i < sizeof regions / sizeof *regions; i++)
		if (strcmp(name, regions[i]) == 0)
			return false;
	for (size_t i = 0; i < sizeof areas / sizeof *areas; i++)
		if (strncmp(name, areas[i], strlen(areas[i])) == 0)
			return true;
	return false;
}

static void list_folder(const char *prefix, int depth, size_t *cap)
{
	char path[PATH_BYTES];
	(void)snprintf(path, sizeof path, "%s/%s", folder, prefix);
	DIR *dir = opendir(path);
	if (!dir)
		return;
	struct dirent *d;
	while ((d = readdir(dir)) && n_entries < NAMES_MAX) {
		struct stat st;
		char name[ZONE_NAME_MAX + 1];
		int n = snprintf(name, sizeof name, "%s%s%s", prefix, *prefix ? "/" : "",
				 d->d_name);
		if (n < 0 || n > ZONE_NAME_MAX || !is_zone_file_name(d->d_name) ||
		    fstatat(dirfd(dir), d->d_name, &st, 0) != 0)
			continue;
		if (S_ISDIR(st.st_mode) && depth < DEPTH_MAX) {
			list_folder(name, depth + 1, cap);
		} else if (S_ISREG(st.st_mode)) {
			entries = xgrow(entries, n_entries, cap, sizeof *entries);
			struct entry *e = memset(&entries[n_entries++], 0, sizeof *entries);
			memcpy(e->name, name, sizeof name);
		}
	}
	(void)closedir(dir);
}

/* "# version 2024a" is the first line of tzdata.zi. */
static void read_version(void)
{
	char path[PATH_BYTES], line[64] = "";
	(void)snprintf(path, sizeof path, "%s/tzdata.zi", folder);
	FILE *f = fopen(path, "re");
	if (!f)
		return;
	if (fgets(line, sizeof line, f))
		(void)sscanf(line, "# version %31[A-Za-z0-9.-]", version);
	(void)fclose(f);
}

static void list_zones(void)
{
	utc = zone_new_fixed("UTC", 0);
	const char *tzdir = getenv("TZDIR");
	if (!tzdir || *tzdir != '/' || strlen(tzdir) >= sizeof folder)
		tzdir = "/usr/share/zoneinfo";
	(void)snprintf(folder, sizeof folder, "%s", tzdir);
	size_t cap = 0;
	list_folder("", 1, &cap);
	if (n_entries == 0)
		return;
	qsort(entries, n_entries, sizeof *entries, compare_entries);
	by_city = xmalloc(n_entries * sizeof *by_city);
	for (size_t i = 0; i < n_entries; i++)
		if (is_place(entries[i].name))
			by_city[n_by_city++] = &entries[i];
	qsort(by_city, n_by_city, sizeof *by_city, compare_cities);
	read_version();
}

/* ---- loading -------------------------------------------------------------------------------- */

/* At most ZONE_FILE_MAX + 1 bytes, one more than a zone may have. */
static bool read_file(const char *name, unsigned char **bytes, size_t *n)
{
	char path[PATH_BYTES];
	(void)snprintf(path, sizeof path, "%s/%s", folder, name);
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return false;
	unsigned char *v = xmalloc(ZONE_FILE_MAX + 1);
	size_t have = 0;
	ssize_t got = 0;
	while (have <= ZONE_FILE_MAX && (got = read(fd, v + have, ZONE_FILE_MAX + 1 - have)) > 0)
		have += (size_t)got;
	(void)close(fd);
	if (got < 0) {
		xfree(v);
		return false;
	}
	*bytes = v;
	*n = have;
	return true;
}

static const struct zone *load(struct entry *entry)
{
	unsigned char *bytes = NULL;
	size_t n = 0;
	struct zone *zone = NULL;
	struct err
		err; /* a file that is no zone is no zone: the caller says which name is unknown */
	if (read_file(entry->name, &bytes, &n) && !zone_read(entry->name, bytes, n, &zone, &err))
		zone = NULL;
	xfree(bytes);
	return zone;
}

static const struct zone *zone_of(const struct entry *found)
{
	struct entry *entry = (struct entry *)(uintptr_t)found; /* the pointers in it are atomic */
	if (!atomic_load_explicit(&entry->tried, memory_order_acquire)) {
		(void)pthread_mutex_lock(&lock);
		if (!atomic_load_explicit(&entry->tried, memory_order_relaxed)) {
			atomic_store_explicit(&entry->zone, load(entry), memory_order_relaxed);
			atomic_store_explicit(&entry->tried, true, memory_order_release);
		}
		(void)pthread_mutex_unlock(&lock);
	}
	return atomic_load_explicit(&entry->zone, memory_order_relaxed);
}

static const struct entry *find(const char *name, size_t n)
{
	size_t low = 0, high = n_entries;
	while (low < high) {
		size_t mid = low + (high - low) / 2;
		int d = compare_names(entries[mid].name, name, n);
		if (d == 0)
			return &entries[mid];
		if (d < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return NULL;
}

/* ---- the doors ------------------------------------------------------------------------------ */

const struct zone *zone_utc(void)
{
	(void)pthread_once(&once, list_zones);
	return utc;
}

const struct zone *zone_by_any_case(const char *name, size_t n)
{
	const struct zone *builtin = zone_utc();
	if (n == 0 || n > ZONE_NAME_MAX || memchr(name, '\0', n))
		return NULL;
	if (compare_names("UTC", name, n) == 0)
		return builtin;
	const struct entry *entry = find(name, n);
	return entry ? zone_of(entry) : NULL;
}

const struct zone *zone_by_name(const char *iana)
{
	const struct zone *zone = zone_by_any_case(iana, strnlen(iana, ZONE_NAME_MAX + 1));
	return zone && strcmp(zone->name, iana) == 0 ? zone : NULL;
}

void zone_each_of_city(const char *city, size_t n,
		       bool (*each)(void *ctx, const char *name, const struct zone *zone),
		       void *ctx)
{
	(void)zone_utc();
	size_t low = 0, high = n_by_city;
	while (low < high) {
		size_t mid = low + (high - low) / 2;
		if (compare_names(city_of(by_city[mid]), city, n) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	for (; low < n_by_city && compare_names(city_of(by_city[low]), city, n) == 0; low++) {
		const struct zone *zone = zone_of(by_city[low]);
		if (zone && !each(ctx, by_city[low]->name, zone))
			return;
	}
}

static const struct zone *find_fixed(size_t n, int east_s)
{
	for (size_t i = 0; i < n; i++) {
		const struct zone *zone = atomic_load_explicit(&fixed[i], memory_order_relaxed);
		if (zone->offset[0] == east_s)
			return zone;
	}
	return NULL;
}

/* "UTC+0100": without a colon, which a TZID parameter could not hold unquoted. */
static struct zone *new_fixed(int east_s)
{
	char name[24];
	int s = east_s < 0 ? -east_s : east_s;
	int n = snprintf(name, sizeof name, "UTC%c%02d%02d", east_s < 0 ? '-' : '+', s / 3600,
			 s / 60 % 60);
	if (s % 60)
		(void)snprintf(name + n, sizeof name - (size_t)n, "%02d", s % 60);
	return zone_new_fixed(name, east_s);
}

const struct zone *zone_fixed(int east_s)
{
	if (east_s == 0)
		return zone_utc();
	if (east_s < -DAY_S || east_s > DAY_S)
		return NULL;
	const struct zone *zone =
		find_fixed(atomic_load_explicit(&n_fixed, memory_order_acquire), east_s);
	if (zone)
		return zone;
	(void)pthread_mutex_lock(&lock);
	size_t n = atomic_load_explicit(&n_fixed, memory_order_relaxed);
	zone = find_fixed(n, east_s);
	if (!zone && n < FIXED_MAX) {
		zone = new_fixed(east_s);
		atomic_store_explicit(&fixed[n], zone, memory_order_relaxed);
		atomic_store_explicit(&n_fixed, n + 1, memory_order_release);
	}
	(void)pthread_mutex_unlock(&lock);
	return zone;
}

const char *zone_data_version(void)
{
	(void)zone_utc();
	return version;
}
