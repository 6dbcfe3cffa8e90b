/* fuzz_control.c -- any line as a command: its words, quoted again, are the same words. */
#include "fuzz.h"

#include "base/parse.h"
#include "io/control.h"

#include <string.h>

const char fuzz_corpus[] = "tests/fuzz/corpus/control";

enum { WORDS = 128 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *words[WORDS], *again[WORDS];
	size_t n = 0, n_again = 0;
	struct err err = {0};
	char *line = xmalloc(size + 1);
	if (size)
		memcpy(line, data, size);
	line[size] = '\0'; /* what stands behind a NUL is refused before this */
	if (!parse_words(line, words, WORDS, &n, &err)) {
		PROMISE(err.code == ERR_USAGE && err.text[0]);
		xfree(line);
		return 0;
	}
	struct buf quoted = {0};
	bool plain = true;
	for (size_t i = 0; i < n; i++) {
		plain = plain && !strpbrk(words[i], "\r\n");
		control_quote(&quoted, words[i]);
	}
	if (plain) { /* line ends are not carried: a line is a command */
		PROMISE(n == 0 || parse_words(quoted.v, again, WORDS, &n_again, &err));
		PROMISE(n == n_again);
		for (size_t i = 0; i < n; i++)
			PROMISE(strcmp(words[i], again[i]) == 0);
	}
	buf_fini(&quoted);
	xfree(line);
	return 0;
}
