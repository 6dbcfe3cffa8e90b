/* base/err.h -- the one way a function says why it failed. */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include <stdbool.h>
#include <stddef.h>

#define NODISCARD __attribute__((warn_unused_result))

/* code, word shown to people and scripts, exit status (sysexits), HTTP status */
#define ERR_CODES(X)                                                                               \
	X(USAGE, "usage", 64, 400)                                                                 \
	X(PARSE, "parse", 65, 422)                                                                 \
	X(LIMIT, "limit", 65, 413)                                                                 \
	X(NOTFOUND, "not-found", 66, 404)                                                          \
	X(UNAVAILABLE, "unavailable", 69, 503)                                                     \
	X(BUG, "bug", 70, 500)                                                                     \
	X(IO, "io", 74, 502)                                                                       \
	X(STORE, "store", 74, 500)                                                                 \
	X(CONFLICT, "conflict", 75, 409)                                                           \
	X(DENIED, "denied", 77, 403)                                                               \
	X(CONFIG, "config", 78, 422)

enum err_code {
	ERR_NONE = 0,
#define X(NAME, word, exit, http) ERR_##NAME,
	ERR_CODES(X)
#undef X
};

struct err {
	enum err_code code;
	char text[400]; /* one sentence; never empty when code != ERR_NONE; innermost cause last */
};

/* Both always return false, so that a failing function can end in
 * `return err_set(...)` or `return err_wrap(...)`. Texts that are too long end in "...",
 * never inside a UTF-8 character. */
bool err_set(struct err *err, enum err_code code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* Puts context and ": " in front of the text that a callee left in @err; keeps its code. */
bool err_wrap(struct err *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

const char *err_word(enum err_code code);
int err_exit_status(enum err_code code);
int err_http_status(enum err_code code);
/* The code whose word is @word (as read from a control socket); ERR_BUG if nobody's. */
enum err_code err_from_word(const char *word);

/* Every fault of a file at once: a growing list of finished sentences of the form
 * `file:line: sentence`. Zero-initialised is empty. At most FAULTS_MAX are kept; the last
 * then says how many more there are. */
#define FAULTS_MAX 500
struct faults {
	char **v;
	size_t n;
	size_t dropped; /* found after FAULTS_MAX */
};
/* @line 0: the file as a whole. Control characters in the text become '?'. */
void faults_add(struct faults *faults, const char *file, int line, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
void faults_fini(struct faults *faults);

#endif
