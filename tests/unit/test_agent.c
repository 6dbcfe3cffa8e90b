/* test_agent.c -- clients are known by the User-Agent that they really send, and no byte of it
 * comes out. */
#include "serve/agent.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const struct {
	const char *user_agent, *family;
} cases[] = {
	{"Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Thunderbird/128.5.0",
	 "thunderbird"},
	{"Evolution/3.46.4", "evolution"},
	{"Mozilla/5.0 (compatible; Google-Calendar-Importer; http://www.google.com/calendar)",
	 "google"},
	{"Google-Calendar-Importer", "google"},
	{"Microsoft Office/16.0 (Windows NT 10.0; Microsoft Outlook 16.0.5134; Pro)", "outlook"},
	{"Microsoft.Exchange/15.20 (Calendar)", "outlook"},
	{"ICSx5/2.2.3 (ktor; okhttp) Android/14", "icsx5"},
	{"Nextcloud Webcal Service", "nextcloud"},
	{"macOS/14.1 (23B74) CalendarAgent/993", "apple"},
	{"iOS/17.1 (21B74) dataaccessd/1.0", "apple"},
	{"vdirsyncer/0.19.1", "vdirsyncer"},
	{"curl/7.88.1", "curl"},
	{"Mozilla/5.0 (X11; Linux x86_64) Chrome/120.0", "browser"},
	{"Python-urllib/3.11", "other"},
	{"\nfeed status=200 token=x", "other"},
	{"", "none"},
	{NULL, "none"},
};

static void families(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		assert_string_equal(agent_family(cases[i].user_agent), cases[i].family);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(families)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
