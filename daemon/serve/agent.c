/* agent.c -- clients by a word in their User-Agent. The first row that fits counts: most of them
 * claim to be Mozilla, too. */
#include "serve/agent.h"

#include <stddef.h>
#include <string.h>

static const struct {
	const char *holds, *family;
} families[] = {
	{"Thunderbird/", "thunderbird"},
	{"Evolution", "evolution"}, /* evolution-data-server, GNOME Calendar by it */
	{"Google-Calendar-Importer", "google"},
	{"Outlook", "outlook"},
	{"Microsoft.Exchange", "outlook"}, /* Outlook on the web subscribes by the server */
	{"Microsoft Office", "outlook"},
	{"ICSx5", "icsx5"},
	{"Nextcloud", "nextcloud"},
	{"CalendarAgent", "apple"}, /* macOS */
	{"dataaccessd", "apple"},   /* iOS */
	{"vdirsyncer", "vdirsyncer"},
	{"curl/", "curl"},
	{"Mozilla/", "browser"},
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
