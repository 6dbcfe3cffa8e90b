/* http_forward.c -- whom a proxy speaks for.
 *
 * X-Forwarded-For is a list to which every hop adds, at its end, whom it got the request from. What
 * stands in front of the first hop that we do not trust is only somebody's word. */
#include "io/http_conn.h"

#include <string.h>

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

void http_forwarded(const struct networks *proxies, struct http_request *request)
{
	const char *list = http_field(request, "x-forwarded-for");
	const char *end = list ? list + strlen(list) : NULL;
	while (end && networks_have(proxies, &request->client)) {
		const char *begin = end, *comma;
		while (begin > list && begin[-1] != ',')
			begin--;
		comma = begin > list ? begin - 1 : NULL;
		while (begin < end && is_blank(*begin))
			begin++;
		while (end > begin && is_blank(end[-1]))
			end--;
		if (!address_parse(begin, (size_t)(end - begin), &request->client))
			return; /* "unknown": the last that is known answers for it */
		end = comma;
	}
}
