/* fuzz_fields.c -- any bytes as the value of a field that somebody sends: a tag list, a date, a list
 * of codings, an address, a list of networks. Whatever it says, it says nothing that is not there. */
#include "fuzz.h"

#include "base/address.h"
#include "base/http_date.h"
#include "serve/agent.h"
#include "serve/conditions.h"

#include <string.h>

const char fuzz_corpus[] = "tests/fuzz/corpus/fields";

static void dates(const char *text)
{
	utc_t now = 1795478400, at = 1, again = 1;
	char back[HTTP_DATE_TEXT];
	if (!http_date_parse(text, now, &at))
		return;
	http_date_text(at, back);
	PROMISE(strlen(back) == 29);
	PROMISE(http_date_parse(back, now, &again) && again == at);
}

static void addresses(const char *text, size_t n)
{
	struct address address, again;
	struct networks networks;
	struct err err;
	char back[ADDRESS_TEXT];
	if (address_parse(text, n, &address)) {
		PROMISE(address_text(&address, back));
		PROMISE(address_parse(back, strlen(back), &again));
		PROMISE(address_equal(&address, &again));
	}
	if (networks_parse(text, &networks, &err)) {
		for (size_t i = 0; i < networks.n; i++)
			PROMISE(networks_have(&networks, &networks.v[i].first));
		networks_fini(&networks);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* a copy of exactly this length, so that a step beyond it is seen */
	char *text = malloc(size + 1);
	PROMISE(text);
	memcpy(text, data, size);
	text[size] = '\0';
	PROMISE(!etag_listed(text, "tag") || strstr(text, "\"tag\"") || strchr(text, '*'));
	PROMISE(!accepts_gzip(text) || strcasestr(text, "gzip") || strchr(text, '*'));
	(void)agent_takes_gzip(text);
	dates(text);
	addresses(text, size);
	free(text);
	return 0;
}
