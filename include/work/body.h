/* work/body.h -- finished feed bodies of a publication: who needs one, when it is rendered, and
 * its Last-Modified, which only grows and survives a restart. Store thread. */
#ifndef WORK_BODY_H
#define WORK_BODY_H

#include "setup/settings.h"
#include "work/publication.h"

/* Renders the bodies of @owner that have an open link into @p, which is being built; a body whose
 * bytes are the same stays the same object. */
bool body_render(struct publication *p, struct db *db, const char *owner, utc_t now,
		 struct err *err) NODISCARD;
bool body_render_all(struct publication *p, struct db *db, utc_t now, struct err *err) NODISCARD;
/* A day has begun: renders those that show other sessions now. */
bool body_render_due(struct publication *p, struct db *db, utc_t now, struct err *err) NODISCARD;
/* At start: renders all, and finds back the Last-Modified that was published. */
bool body_restore_all(struct publication *p, struct db *db, utc_t now, struct err *err) NODISCARD;

/* The host in UIDs: fixed in the store at first start. xfree. */
bool body_host(struct db *db, const struct settings *settings, char **host,
	       struct err *err) NODISCARD;

#endif
