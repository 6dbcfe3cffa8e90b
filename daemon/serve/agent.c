/* agent.c -- clients by a word in their User-Agent. The first row that fits counts: most of them
 * claim to be Mozilla, too. */
#include "serve/agent.h"

#include <stddef.h>
#include <string.h>

enum { PLAIN, GZIP };

/* Of clients that nobody knows nothing is believed; Outlook asks for gzip and then shows nothing. */
static const struct {
	const char *holds, *family; /* in small letters */
	int reads;
} families[] = {
	{"thunderbird/", "thunderbird", GZIP},
	{"evolution", "evolution", GZIP}, /* evolution-data-server, GNOME Calendar by it */
	{"google-calendar-importer", "google", GZIP},
	{"outlook", "outlook", PLAIN},
	{"microsoft.exchange", "outlook", PLAIN}, /* Outlook on the web subscribes by the server */
	{"microsoft office", "outlook", PLAIN},
	{"msoffice", "outlook", PLAIN}, /* older ones claim to be a browser */
	{"ms-office", "outlook", PLAIN},
	{"icsx5", "icsx5", GZIP},
	{"nextcloud", "nextcloud", GZIP},
	{"calendaragent", "apple", GZIP}, /* macOS */
	{"dataaccessd", "apple", GZIP},	  /* iOS */
	{"vdirsyncer", "vdirsyncer", GZIP},
	{"curl/", "curl", GZIP},
	{"python-requests/", "other", GZIP},
	{"aiohttp/", "other", GZIP},
	{"davx5", "other", GZIP},
	{"msie", "browser", PLAIN},
	{"mozilla/4", "browser", PLAIN},
	{"mozilla/", "browser", GZIP},
};

/* The row that fits @user_agent; -1: none. Its first bytes say it: a copy in small letters is searched
 * several times as fast as one where each letter may be either. */
static int row_of(const char *user_agent)
{
	char small[512];
	size_t n = 0;
	for (; user_agent && user_agent[n] && n < sizeof small - 1; n++) {
		char c = user_agent[n];
		small[n] = c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
	}
	small[n] = '\0';
	for (size_t i = 0; n > 0 && i < sizeof families / sizeof *families; i++)
		if (strstr(small, families[i].holds))
			return (int)i;
	return -1;
}

const char *agent_family(const char *user_agent)
{
	int i = row_of(user_agent);
	if (i >= 0)
		return families[i].family;
	return user_agent && *user_agent ? "other" : "none";
}

bool agent_takes_gzip(const char *user_agent)
{
	int i = row_of(user_agent);
	return i >= 0 && families[i].reads == GZIP;
}
