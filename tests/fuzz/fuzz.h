/* fuzz.h -- what the fuzz targets share. Each tests/fuzz/fuzz_NAME.c is one function over bytes;
 * `make fuzz` links it with libFuzzer, `make check` with replay.c, which runs the inputs in
 * fuzz_corpus. A broken promise ends the program: that is what a fuzzer finds. */
#ifndef TESTS_FUZZ_H
#define TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
/* Folders of inputs, from the project's root, blanks between; tests/fuzz/run.sh reads it too. */
extern const char fuzz_corpus[];

#define PROMISE(what)                                                                              \
	do {                                                                                       \
		if (!(what)) {                                                                     \
			(void)fprintf(stderr, "%s:%d: broken: %s\n", __FILE__, __LINE__, #what);   \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

#endif
