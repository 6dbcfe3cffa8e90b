/* serve/agent.h -- which calendar client asks, by its User-Agent (RFC 9110 section 10.1.5), in one
 * word of ours. Pure. Any thread. */
#ifndef SERVE_AGENT_H
#define SERVE_AGENT_H

#include <stdbool.h>

/* "thunderbird", "google", ... ; "other" when it is none that we know, "none" without the field
 * (@user_agent NULL or empty). A static word, lower case: never a byte of the client's. */
const char *agent_family(const char *user_agent);
/* Whether it is one of which is known that it reads gzip when it asks for it. */
bool agent_takes_gzip(const char *user_agent);

#endif
