/* io/control.h -- the control socket: one line in, data lines and a verdict out (design 8).
 *
 * Checks the peer's uid before a byte is read: 0, the daemon's own, or one of @admins; at most
 * 16 clients, 4,096 bytes a line, 5 s for a line. Several lines on one connection are answered
 * in turn. SIGPIPE is ignored from control_new on. Loop thread only. */
#ifndef IO_CONTROL_H
#define IO_CONTROL_H

#include "base/buf.h"
#include "base/err.h"

#include <sys/types.h>
#include <uv.h>

enum {
	CONTROL_CLIENTS = 16,
	CONTROL_LINE_MAX = 4096, /* bytes, without the newline */
	CONTROL_WORDS_MAX = 128,
	CONTROL_ANSWER_MAX = 64 * 1024 * 1024, /* a longer answer becomes `err limit` */
};

struct control;
/* @words: the line, split and unquoted, at least one, valid UTF-8 without control characters;
 * borrowed until the handler returns. */
typedef void control_handler_fn(void *ctx, uint64_t request_id, uid_t uid, char **words,
				size_t n_words);

/* Binds @path with mode 0660; a stale socket file (nobody answers) is replaced; one that lives, or
 * a file that is no socket, is a fault. @admins: Unix user names or uids, blanks or commas between;
 * an unknown one is a fault. */
struct control *control_new(uv_loop_t *loop, const char *path, const char *admins,
			    control_handler_fn *handler, void *ctx, struct err *err) NODISCARD;
/* Sends each line of @data behind a TAB, then "ok" (err NULL) or "err WORD SENTENCE". Exactly
 * once per request id; quietly nothing when the client has gone. */
void control_answer(struct control *control, uint64_t request_id, const struct buf *data,
		    const struct err *err);
/* Takes no new lines, answers what is in flight (at most some 3 s long), closes all, removes the
 * socket file, calls @closed. Then the control is gone: no control_answer any more. NULL is fine
 * (and @closed is not called). */
void control_close(struct control *control, void (*closed)(void *ctx), void *ctx);

/* The client's side, blocking, for tandemctl: sends @line, writes the data lines (without their
 * TAB) to @out, returns the verdict in @err (ERR_NONE when ok). ERR_UNAVAILABLE when nobody
 * listens. Data lines that came before an error are in @out, too. */
bool control_ask(const char *path, const char *line, struct buf *out, struct err *err) NODISCARD;
/* Adds @word to a line, a blank before it unless it is the first, quoted where needed. Line ends
 * and control characters cannot be carried: the daemon refuses them. */
void control_quote(struct buf *line, const char *word);

#endif
