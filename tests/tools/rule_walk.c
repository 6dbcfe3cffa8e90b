/* rule_walk.c -- lines "DTSTART RRULE FROM UNTIL" on stdin -> one line each with the instances.
 *
 * DTSTART is 20260105T090000 or 20260105 (a DATE); FROM (included) and UNTIL (not included) are
 * 20260105T090000. An UNTIL of the rule in UTC is read as if the event's zone were UTC. A line
 * that cannot be walked gives "error WORD SENTENCE"; over a limit the instances so far and then
 * "limit"; "unmatched" stands last where the rule never matches. */
#include "cal/rule.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool date_only;

static bool moment(const char *text, local_t *out)
{
	int y, m, d, hour = 0, minute = 0, second = 0;
	int n = sscanf(text, "%4d%2d%2dT%2d%2d%2d", &y, &m, &d, &hour, &minute, &second);
	if ((n != 3 && n != 6) || !civil_valid(y, m, d))
		return false;
	*out = local_at(civil_to_day(y, m, d), hour * 3600 + minute * 60 + second);
	return true;
}

static bool print(void *ctx, local_t at)
{
	(void)ctx;
	struct civil c = civil_from_day(local_day(at));
	int s = local_second(at);
	printf("%04d%02d%02d", c.year, c.month, c.day);
	if (!date_only)
		printf("T%02d%02d%02d", s / 3600, s / 60 % 60, s % 60);
	putchar(' ');
	return true;
}

static void walk_line(char *line)
{
	char *words[4];
	int n = 0;
	for (char *w = strtok(line, " \t\n"); w && n < 4; w = strtok(NULL, " \t\n"))
		words[n++] = w;
	local_t start, from, until;
	struct err err = {0};
	struct rule rule;
	if (n != 4 || !moment(words[0], &start) || !moment(words[2], &from) ||
	    !moment(words[3], &until)) {
		printf("error usage DTSTART RRULE FROM UNTIL\n");
		return;
	}
	date_only = strchr(words[0], 'T') == NULL;
	if (!rule_parse(words[1], strlen(words[1]), &rule, &err)) {
		printf("error %s %s\n", err_word(err.code), err.text);
		return;
	}
	bool matched = true;
	local_t rule_until = rule.until_form == RULE_UNTIL_UTC ? rule.until : 0;
	if (!rule_walk(&rule, start, date_only, from, until, rule_until, NULL, print, NULL,
		       &matched, &err))
		printf("%s ", err.code == ERR_LIMIT ? "limit" : err.text);
	printf("%s\n", matched ? "" : "unmatched");
}

int main(void)
{
	char line[8192];
	while (fgets(line, sizeof line, stdin)) {
		walk_line(line);
		fflush(stdout);
	}
	return 0;
}
