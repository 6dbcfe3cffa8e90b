/* agent.c -- clients by a word in their User-Agent. The first row that fits counts: most of them
 * claim to be Mozilla, too. */
#include "serve/agent.h"

#include <stddef.h>
#include <string.h>

enum { PLAIN, GZIP };

/* Of clients that nobody knows nothing is believed; Outlook asks for gzip and then shows nothing. */
static const struct {
	const char *holds, *family;
	int reads;
} families[] = {
	{"Thunderbird/", "thunderbird", GZIP},
	{"Evolution", "evolution", GZIP}, /* evolution-data-server, GNOME Calendar by it */
	{"Google-Calendar-Importer", "google", GZIP},
	{"Outlook", "outlook", PLAIN},
	{"Microsoft.Exchange", "outlook", PLAIN}, /* Outlook on the web subscribes by the server */
	{"Microsoft Office", "outlook", PLAIN},
	{"MSOffice", "outlook", PLAIN}, /* older ones claim to be a browser */
	{"ms-office", "outlook", PLAIN},
	{"ICSx5", "icsx5", GZIP},
	{"Nextcloud", "nextcloud", GZIP},
	{"CalendarAgent", "apple", GZIP}, /* macOS */
	{"dataaccessd", "apple", GZIP},	  /* iOS */
	{"vdirsyncer", "vdirsyncer", GZIP},
	{"curl/", "curl", GZIP},
	{"python-requests/", "other", GZIP},
	{"aiohttp/", "other", GZIP},
	{"DAVx5", "other", GZIP},
	{"MSIE", "browser", PLAIN},
	{"Mozilla/4", "browser", PLAIN},
	{"Mozilla/", "browser", GZIP},
};

const char *agent_family(const char *user_agent)
{
	if (!user_agent || !*user_agent)
		return "none";
	for (size_t i = 0; i < sizeof families / sizeof *families; i++)
		if (strcasestr(user_agent, families[i].holds))
			return families[i].family;
	return "other";
}

bool agent_takes_gzip(const char *user_agent)
{
	for (size_t i = 0; user_agent && i < sizeof families / sizeof *families; i++)
		if (strcasestr(user_agent, families[i].holds))
			return families[i].reads == GZIP;
	return false;
}
