/* work/body.h -- what feeds say, before anybody asks for their bytes: whether an owner's feeds say
 * something else than before, and since when (Last-Modified, which only grows and survives a
 * restart). Store thread.
 *
 * What a feed says is told by a key: what stands in front of its events, and of each event the
 * session or obligation and when that was changed last. It is cheap, where the bytes of a large feed are not. */
#ifndef WORK_BODY_H
#define WORK_BODY_H

#include "setup/settings.h"
#include "work/publication.h"

/* The feeds of @owners, each named once, in @p, which is being built, after the sessions of these
 * duos and persons, and nothing else, changed from what they are in @was. Those of the programme change with any duo. */
bool body_note(struct publication *p, const struct publication *was, struct db *db,
	       const id_text *owners, size_t n, utc_t now, struct err *err) NODISCARD;
/* Everybody's, whatever changed, a day that has begun too. At the start (@was NULL) too: finds back the Last-Modified that
 * was published. */
bool body_note_all(struct publication *p, const struct publication *was, struct db *db, utc_t now,
		   struct err *err) NODISCARD;

/* What stands in feeds, as [feeds] has it. */
struct feed_limits body_limits(const struct settings *settings);
/* The host in UIDs: fixed in the store at first start. xfree. */
bool body_host(struct db *db, const struct settings *settings, char **host,
	       struct err *err) NODISCARD;

#endif
