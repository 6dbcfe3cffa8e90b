/* tandemctl.c -- the command line: sends its words to the control socket and prints the answer.
 * It knows no command but the few local ones, so it cannot drift from the daemon. */
#include "base/hash.h"
#include "io/cage.h"
#include "io/control.h"
#include "serve/source_check.h"
#include "setup/settings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static _Noreturn void usage(void)
{
	(void)fprintf(
		stderr,
		"usage: tandemctl [-s SOCKET | -c FILE] [--json] [--dry-run] COMMAND ...\n"
		"  tandemctl help                 lists the daemon's commands\n"
		"  tandemctl source check WHAT    reads a timetable here, without the daemon\n");
	exit(64);
}

/* -s, else the socket of -c's file, else $TANDEM_SOCKET, else the usual place. */
static char *socket_path(const char *socket, const char *conf)
{
	struct settings settings = {0};
	struct faults faults = {0};
	if (socket)
		return xstrdup(socket);
	if (conf) {
		if (!settings_load(conf, &settings, &faults)) {
			for (size_t i = 0; i < faults.n; i++)
				(void)fprintf(stderr, "%s\n", faults.v[i]);
			exit(78);
		}
		char *path = xstrdup(settings.socket);
		settings_fini(&settings);
		return path;
	}
	const char *env = getenv("TANDEM_SOCKET");
	return xstrdup(env && *env ? env : "/run/tandemd/control");
}

int main(int argc, char **argv)
{
	const char *socket = NULL, *conf = NULL;
	bool json = false, dry_run = false;
	int i = 1;
	memory_init();
	cage_main_if_asked(argc, argv);
	for (; i < argc && argv[i][0] == '-'; i++) {
		if (strcmp(argv[i], "-s") == 0 && i + 1 < argc)
			socket = argv[++i];
		else if (strcmp(argv[i], "-c") == 0 && i + 1 < argc)
			conf = argv[++i];
		else if (strcmp(argv[i], "--json") == 0)
			json = true;
		else if (strcmp(argv[i], "--dry-run") == 0)
			dry_run = true;
		else
			usage();
	}
	if (i == argc)
		usage();
	hash_init();
	if (argc - i >= 2 && strcmp(argv[i], "source") == 0 && strcmp(argv[i + 1], "check") == 0)
		return source_check_main(argv + i + 2, (size_t)(argc - i - 2), json);
	struct buf line = {0}, out = {0};
	struct err err = {0};
	if (json)
		buf_adds(&line, "--json ");
	if (dry_run)
		buf_adds(&line, "--dry-run ");
	for (int first = i; i < argc; i++) {
		if (i > first)
			buf_addc(&line, ' ');
		control_quote(&line, argv[i]);
	}
	char *path = socket_path(socket, conf);
	bool ok = control_ask(path, buf_str(&line), &out, &err);
	if (out.n)
		(void)fwrite(out.v, 1, out.n, stdout);
	if (!ok)
		(void)fprintf(stderr, "tandemctl: %s\n", err.text);
	int status = ok ? 0 : err_exit_status(err.code);
	if (fflush(stdout) != 0)
		status = status ? status : 74;
	xfree(path);
	buf_fini(&line);
	buf_fini(&out);
	return status;
}
