/* fuzz_gate.c -- any bytes as the head of an HTTP request: a verdict that more bytes do not
 * change, and offsets that lie inside the head. */
#include "fuzz.h"

#include "io/gate.h"

#include <string.h>

const char fuzz_corpus[] = "tests/fuzz/corpus/gate";

enum { HEAD = 16384, FIELDS = 100, BODY = 65536 };

static enum gate_result ask(const char *p, size_t n, struct gate_head *head, int *status)
{
	const char *why = NULL;
	/* a copy of exactly this length, so that a step beyond it is seen */
	char *copy = malloc(n ? n : 1);
	PROMISE(copy);
	memcpy(copy, p, n);
	enum gate_result result = gate_check(copy, n, HEAD, FIELDS, BODY, head, status, &why);
	PROMISE(result != GATE_BAD || (why && *status >= 400 && *status < 600));
	free(copy);
	return result;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *p = (const char *)data;
	struct gate_head head = {0}, again = {0};
	int status = 0, status_again = 0;
	enum gate_result result = ask(p, size, &head, &status);
	if (result == GATE_OK) {
		PROMISE(head.head_n <= size && head.head_n >= 4);
		PROMISE(memcmp(p + head.head_n - 4, "\r\n\r\n", 4) == 0);
		PROMISE(head.target_at + head.target_n <= head.head_n);
		PROMISE(head.path_at >= head.target_at &&
			head.path_at <= head.target_at + head.target_n);
		PROMISE(head.content_length <= BODY && !(head.chunked && head.content_length >= 0));
		PROMISE(!memchr(p, '\0', head.head_n));
		PROMISE(ask(p, head.head_n, &again, &status_again) == GATE_OK);
		PROMISE(again.head_n == head.head_n && again.path_at == head.path_at);
	}
	/* what came in parts is judged as the whole; a part is never taken for one */
	for (size_t n = size < 64 ? 0 : size - 64; n < size; n++) {
		enum gate_result part = ask(p, n, &again, &status_again);
		PROMISE(part != GATE_OK || (result == GATE_OK && again.head_n == head.head_n));
		PROMISE(part != GATE_BAD || result == GATE_BAD);
	}
	return 0;
}
