/* fetch_url.c -- see the header. */
#include "io/fetch_url.h"

#include "base/buf.h"

#include <curl/curl.h>
#include <string.h>
#include <strings.h>

static char *take(CURLU *u, CURLUPart part, unsigned flags)
{
	char *value = NULL;
	if (curl_url_get(u, part, &value, flags) != CURLUE_OK)
		return NULL;
	char *copy = xstrdup(value);
	curl_free(value);
	return copy;
}

static void small_letters(char *text)
{
	for (; text && *text; text++)
		if (*text >= 'A' && *text <= 'Z')
			*text = (char)(*text | 0x20);
}

bool fetch_url_read(const char *text, struct fetch_url *out)
{
	struct fetch_url url = {0};
	bool webcal = strncasecmp(text, "webcal:", 7) == 0 || strncasecmp(text, "webcals:", 8) == 0;
	char *address = webcal ? xasprintf("http%s", text + 6) : xstrdup(text);
	CURLU *u = curl_url();
	bool ok =
		u && curl_url_set(u, CURLUPART_URL, address, CURLU_NON_SUPPORT_SCHEME) == CURLUE_OK;
	if (ok) {
		url.scheme = take(u, CURLUPART_SCHEME, 0);
		url.host = take(u, CURLUPART_HOST, 0);
		url.port = take(u, CURLUPART_PORT, CURLU_DEFAULT_PORT);
		url.user = take(u, CURLUPART_USER, CURLU_URLDECODE);
		url.password = take(u, CURLUPART_PASSWORD, CURLU_URLDECODE);
		(void)curl_url_set(u, CURLUPART_USER, NULL, 0);
		(void)curl_url_set(u, CURLUPART_PASSWORD, NULL, 0);
		(void)curl_url_set(u, CURLUPART_FRAGMENT, NULL, 0);
		url.rest = take(u, CURLUPART_URL, CURLU_NO_DEFAULT_PORT);
		small_letters(url.scheme);
		small_letters(url.host);
	}
	curl_url_cleanup(u);
	xfree(address);
	if (ok && url.scheme && url.rest) {
		*out = url;
		return true;
	}
	fetch_url_fini(&url);
	return false;
}

void fetch_url_fini(struct fetch_url *url)
{
	char *const all[] = {url->scheme, url->host,	 url->port,
			     url->user,	  url->password, url->rest};
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		xfree(all[i]);
	*url = (struct fetch_url){0};
}

bool fetch_url_is_web(const struct fetch_url *url)
{
	return url->host && *url->host && url->port &&
	       (strcmp(url->scheme, "http") == 0 || strcmp(url->scheme, "https") == 0);
}
