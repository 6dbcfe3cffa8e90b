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

/* The whole answer to @words goes @out; returns the exit status. */
static int ask(const char *path, char **words, int n, const char *flags, struct buf *out)
{
	struct buf line = {0};
	struct err err = {0};
	buf_adds(&line, flags);
	for (int i = 0; i < n; i++)
		control_quote(&line, words[i]);
	bool ok = control_ask(path, buf_str(&line), out, &err);
	if (!ok)
		(void)fprintf(stderr, "tandemctl: %s\n", err.text);
	buf_fini(&line);
	return ok ? 0 : err_exit_status(err.code);
}

/* `--svg FILE`: the picture comes over the socket, and it is here that the file is opened, when
 * all of it has come. The words without the two are asked afterwards, for what is printed. */
static int take_picture(const char *path, char **words, int *n)
{
	char dash[] = "-";
	int at = 0;
	while (at < *n && strcmp(words[at], "--svg") != 0)
		at++;
	if (at + 1 >= *n || strcmp(words[at + 1], "-") == 0)
		return 0; /* "-": the picture is what is printed */
	const char *file = words[at + 1];
	struct buf svg = {0};
	words[at + 1] = dash;
	int status = ask(path, words, *n, "", &svg);
	FILE *to = status ? NULL : fopen(file, "wb");
	if (!status && (!to || fwrite(buf_str(&svg), 1, svg.n, to) != svg.n)) {
		(void)fprintf(stderr, "tandemctl: %s cannot be written: %m\n", file);
		status = 74;
	}
	if (to && fclose(to) != 0 && !status) {
		(void)fprintf(stderr, "tandemctl: %s cannot be written: %m\n", file);
		status = 74;
	}
	buf_fini(&svg);
	memmove(words + at, words + at + 2, (size_t)(*n - at - 2) * sizeof *words);
	*n -= 2;
	return status;
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
	char flags[32];
	(void)snprintf(flags, sizeof flags, "%s%s", json ? "--json " : "",
		       dry_run ? "--dry-run " : "");
	char *path = socket_path(socket, conf);
	char **words = argv + i;
	int n = argc - i;
	struct buf out = {0};
	int status = take_picture(path, words, &n);
	if (!status)
		status = ask(path, words, n, flags, &out);
	if (out.n)
		(void)fwrite(out.v, 1, out.n, stdout);
	if (fflush(stdout) != 0)
		status = status ? status : 74;
	xfree(path);
	buf_fini(&out);
	return status;
}
