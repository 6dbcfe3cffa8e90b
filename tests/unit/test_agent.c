/* test_agent.c -- clients are known by the User-Agent that they really send, and no byte of it
 * comes out. */
#include "serve/agent.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const struct {
	const char *user_agent, *family;
	bool gzip;
} cases[] = {
	{"Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Thunderbird/128.5.0",
	 "thunderbird", true},
	{"Evolution/3.46.4", "evolution", true},
	{"Mozilla/5.0 (compatible; Google-Calendar-Importer; http://www.google.com/calendar)",
	 "google", true},
	{"Google-Calendar-Importer", "google", true},
	{"Microsoft Office/16.0 (Windows NT 10.0; Microsoft Outlook 16.0.5134; Pro)", "outlook",
	 false},
	{"Microsoft.Exchange/15.20 (Calendar)", "outlook", false},
	{"ICSx5/2.2.3 (ktor; okhttp) Android/14", "icsx5", true},
	{"Nextcloud Webcal Service", "nextcloud", true},
	{"macOS/14.1 (23B74) CalendarAgent/993", "apple", true},
	{"iOS/17.1 (21B74) dataaccessd/1.0", "apple", true},
	{"vdirsyncer/0.19.1", "vdirsyncer", true},
	{"curl/7.88.1", "curl", true},
	{"Mozilla/5.0 (X11; Linux x86_64) Chrome/120.0", "browser", true},
	{"python-requests/2.28.1", "other", true},
	{"DAVx5/4.4", "other", true},
	{"Mozilla/4.0 (compatible; MSIE 7.0; Windows NT 6.1; ms-office; MSOffice 14)", "outlook",
	 false},
	{"Mozilla/4.0 (compatible; ms-office; MSOffice rmj)", "outlook", false},
	{"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Outlook/1.2024", "outlook",
	 false},
	{"Outlook-iOS/711.2620504.prod.iphone (3.34.0)", "outlook", false},
	{"Mozilla/4.0 (compatible; MSIE 8.0; Windows NT 6.1)", "browser", false},
	{"Mozilla/4.08 [en] (WinNT; U)", "browser", false},
	{"THUNDERBIRD/1", "thunderbird", true},
	{"mozilla/5.0 OUTLOOK", "outlook", false},
	{"Python-urllib/3.11", "other", false},
	{"\nfeed status=200 token=x", "other", false},
	{"", "none", false},
	{NULL, "none", false},
};

static void families(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		assert_string_equal(agent_family(cases[i].user_agent), cases[i].family);
		assert_int_equal(agent_takes_gzip(cases[i].user_agent), cases[i].gzip);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(families)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
