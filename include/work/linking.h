/* work/linking.h -- links made, changed, shut and given new secrets: one change, whoever asks, on
 * the control socket or by a page. What may be is decided on the store thread, by what is there
 * then. */
#ifndef WORK_LINKING_H
#define WORK_LINKING_H

#include "work/change.h"

enum linking_what { LINKING_NEW, LINKING_SET, LINKING_REVOKE, LINKING_ROTATE };
enum { /* bits: what LINKING_SET sets */
       LINKING_LABEL = 1,
       LINKING_CLIENT = 2,
       LINKING_ALARM = 4,
       LINKING_OBLIGATIONS = 8
};

/* What a link or an owner's links looked like, as a word that a form carries: who changes what has
 * changed meanwhile is told. */
#define LINKING_MARK 17

/* Why it was not done, for who says it in other words than *err. */
enum linking_why {
	LINKING_OTHER, /* err.code says more */
	LINKING_STALE,
	LINKING_NAMESAKE,
	LINKING_FULL,	 /* as many links as may be */
	LINKING_FOREIGN, /* not hers */
	LINKING_GONE,	 /* there is none, or none any more */
	LINKING_WORN	 /* its options have changed too often */
};

struct linking {
	struct change change; /* first */
	enum linking_what what;
	char who[40];	 /* for the audit log */
	const char *way; /* "control" or "page" */
	const char
		*member; /* who asks by her own page, or NULL: it may be anybody's link; borrowed */
	int64_t limit;	 /* open links of one owner */
	/* NEW: as it shall be, its id and alarm set afterwards; SET: its id, and what is in @set;
	 * REVOKE: its id; ROTATE: its owner. After SET and REVOKE: the link as it then is. The label
	 * is owned. */
	struct link link;
	unsigned set;
	bool pages;		 /* ROTATE: the links to pages, too */
	char mark[LINKING_MARK]; /* "": whatever it looks like by now */
	/* what came of it */
	enum linking_why why;
	size_t n;     /* ROTATE: how many */
	bool nothing; /* it was so already: nothing was changed or written down */
};
/* change.done and change.dry_run are the caller's to set; then change_post(@linking->change). */
void linking_init(struct linking *linking, enum linking_what what);
void linking_fini(struct linking *linking);

/* 1 to 100 bytes of text, without control characters (a link is a line). */
bool linking_label_ok(const char *label, struct err *err) NODISCARD;
/* "none", or a duration as people write it. */
bool linking_alarm(const char *text, int32_t *alarm_min, struct err *err) NODISCARD;

/* A feed of her own or of a duo of hers: what she may change. */
bool linking_is_hers(const struct publication *p, const struct link *link, const char *person);
/* Whether the owner is @person or a duo of hers. */
bool linking_may_own(const struct publication *p, const char *owner, const char *person);

/* The same of many links, at a string comparison or two each. Borrowed of the publication and of
 * @person; linking_owners_fini afterwards. */
struct linking_owners {
	const char **v; /* herself, then her duos by id */
	size_t n, cap;
};
void linking_owners_init(struct linking_owners *out, const struct publication *p,
			 const char *person);
void linking_owners_fini(struct linking_owners *owners);
bool linking_owners_have(const struct linking_owners *owners, const struct link *link);

void linking_mark(const struct link *link, char out[LINKING_MARK]);
/* Of all open links of @owner, those to pages too. */
void linking_mark_all(const struct link_list *links, const char *owner, char out[LINKING_MARK]);

#endif
