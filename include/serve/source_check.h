/* serve/source_check.h -- `tandemctl source check`: what a calendar would mean as a source,
 * before anything is configured. Local: needs no daemon (design 8). */
#ifndef SERVE_SOURCE_CHECK_H
#define SERVE_SOURCE_CHECK_H

#include <stdbool.h>
#include <stddef.h>

/* @words: what was typed after tandemctl, with or without "source check" in front. Data on
 * stdout, everything else on stderr; returns the exit status. One thread only: it forks. */
int source_check_main(char **words, size_t n, bool json);

#endif
