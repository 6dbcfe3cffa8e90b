/* fuzz_ini.c -- any bytes as an INI file: as such, as tandemd.conf, as a roster, and as the bundle
 * of a roster that the store kept. Faults are sentences; nothing of a faulty file is kept. */
#include "fuzz.h"

#include "setup/ini.h"
#include "setup/roster.h"
#include "setup/settings.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

const char fuzz_corpus[] = "tests/fuzz/corpus/ini";

static bool closed(void *ctx, const char *bytes, size_t n, const struct zone *zone,
		   struct day_range **ranges, size_t *n_ranges, struct err *err)
{
	(void)ctx;
	(void)bytes;
	(void)n;
	PROMISE(zone);
	*ranges = NULL;
	*n_ranges = 0;
	return err_set(err, ERR_PARSE, "not a calendar");
}

static void check_faults(const struct faults *faults, bool fine)
{
	PROMISE(fine || faults->n > 0);
	for (size_t i = 0; i < faults->n; i++)
		for (const char *p = faults->v[i]; *p; p++)
			PROMISE((unsigned char)*p >= ' ' && *p != 0x7F);
}

static void as_ini(const char *p, size_t n)
{
	struct ini_file file = {0};
	struct findings findings = {0};
	struct faults faults = {0};
	ini_read(p, n, "fuzz.ini", 0, &file, &findings);
	for (size_t i = 0; i < file.n; i++)
		for (size_t k = 0; k < file.v[i].n; k++)
			PROMISE(file.v[i].v[k].key && file.v[i].v[k].line > 0);
	(void)findings_tell(&findings, &faults);
	check_faults(&faults, true);
	faults_fini(&faults);
	ini_fini(&file);
}

static void as_settings(const char *p, size_t n)
{
	char path[64];
	struct settings settings = {0};
	struct faults faults = {0};
	int fd = memfd_create("fuzz", MFD_CLOEXEC);
	PROMISE(fd >= 0 && (n == 0 || write(fd, p, n) == (ssize_t)n));
	(void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	bool fine = settings_load(path, &settings, &faults);
	check_faults(&faults, fine);
	if (fine)
		settings_fini(&settings);
	faults_fini(&faults);
	(void)close(fd);
}

static void as_roster(const struct roster_bundle *bundle)
{
	struct roster roster = {0};
	struct faults faults = {0};
	bool fine = roster_parse(bundle, closed, NULL, &roster, &faults);
	check_faults(&faults, fine);
	if (fine)
		roster_fini(&roster);
	faults_fini(&faults);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *p = (const char *)data;
	struct roster_bundle bundle = {0};
	as_ini(p, size);
	as_settings(p, size);
	buf_addf(&bundle.bytes, "tandemd roster 1\ni 10 %zu\nroster.ini", size);
	buf_add(&bundle.bytes, p, size);
	buf_addc(&bundle.bytes, '\n');
	as_roster(&bundle);
	buf_clear(&bundle.bytes);
	buf_add(&bundle.bytes, p, size);
	as_roster(&bundle);
	roster_bundle_fini(&bundle);
	return 0;
}
