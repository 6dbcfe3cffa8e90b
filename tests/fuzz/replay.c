/* replay.c -- a fuzz target without a fuzzer: runs the files and folders given, or its own corpus
 * (from the project's root). */
#include "fuzz.h"

#include "base/buf.h"

#include <dirent.h>
#include <string.h>
#include <sys/stat.h>

static void run_file(const char *path)
{
	struct buf bytes = {0};
	char block[65536];
	FILE *f = fopen(path, "r");
	if (!f) {
		perror(path);
		exit(1);
	}
	for (size_t n; (n = fread(block, 1, sizeof block, f)) > 0;)
		buf_add(&bytes, block, n);
	(void)fclose(f);
	/* exactly as many bytes as there are, so that AddressSanitizer sees a step beyond */
	uint8_t *copy = xmalloc(bytes.n);
	if (bytes.n)
		memcpy(copy, bytes.v, bytes.n);
	(void)LLVMFuzzerTestOneInput(copy, bytes.n);
	xfree(copy);
	buf_fini(&bytes);
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static size_t run(const char *path)
{
	struct dirent **list;
	struct stat st;
	if (stat(path, &st) == 0 && !S_ISDIR(st.st_mode)) {
		run_file(path);
		return 1;
	}
	int n = scandir(path, &list, visible, by_name);
	if (n < 0) {
		perror(path);
		exit(1);
	}
	for (int i = 0; i < n; i++) {
		char *file = xasprintf("%s/%s", path, list[i]->d_name);
		run_file(file);
		xfree(file);
		free(list[i]);
	}
	free(list);
	return (size_t)n;
}

int main(int argc, char **argv)
{
	size_t n = 0;
	for (int i = 1; i < argc; i++)
		n += run(argv[i]);
	char *folders = xstrdup(fuzz_corpus), *rest = folders;
	for (char *one; argc == 1 && (one = strsep(&rest, " "));)
		n += run(one);
	xfree(folders);
	(void)printf("%zu inputs\n", n);
	return n == 0; /* a corpus that is gone proves nothing */
}
