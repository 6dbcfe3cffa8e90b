/* test_links_time.c -- a token that is known and one that is not are looked up in the same steps:
 * counted, instruction by instruction, so that nothing depends on how busy the machine is. */
#include "store_kit.h"

#include "base/hash.h"
#include "work/publication.h"

#include <signal.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LINKS = 300, CASES = 64 };

static struct links_part *some_links(size_t n)
{
	static const unsigned char key[32] = {8, 3, 4};
	struct link_list list = {0};
	for (size_t i = 0; i < n; i++) {
		list.v = xgrow(list.v, list.n, &list.cap, sizeof *list.v);
		list.v[list.n++] = (struct link){.id = (int64_t)i + 1,
						 .kind = (enum link_kind)(i % LINK_KIND_COUNT),
						 .owner = "anna",
						 .generation = 1};
	}
	return links_part_new(&list, key);
}

static void every_token_is_found_and_no_other(void **state)
{
	(void)state;
	for (size_t n = 0; n <= LINKS; n = n < 20 ? n + 1 : n + 40) {
		struct links_part *part = some_links(n);
		for (size_t i = 0; i < n; i++) {
			char token[2 * TOKEN_TEXT];
			strcpy(token, part->tokens[i].token);
			assert_int_equal(links_part_find(part, token, TOKEN_TEXT - 1), i);
			assert_int_equal(links_part_find(part, token, TOKEN_TEXT - 2), -1);
			strcat(token, "x");
			assert_int_equal(links_part_find(part, token, TOKEN_TEXT), -1);
			strcat(token, part->tokens[i].token);
			assert_int_equal(links_part_find(part, token + 1, TOKEN_TEXT - 1), -1);
			for (size_t k = 0; k < TOKEN_TEXT - 1; k++) {
				strcpy(token, part->tokens[i].token);
				token[k] = token[k] == 'A' ? 'B' : 'A';
				assert_int_equal(links_part_find(part, token, TOKEN_TEXT - 1), -1);
			}
		}
		assert_int_equal(links_part_find(part, "", 0), -1);
		char nothing[TOKEN_TEXT] = {0}; /* as an empty place of the table */
		assert_int_equal(links_part_find(part, nothing, TOKEN_TEXT - 1), -1);
		links_part_unref(part);
	}
}

/* Even cases are known tokens, odd ones are not: some differ in one letter, some in all. */
static void case_token(const struct links_part *part, int i, char token[TOKEN_TEXT])
{
	memcpy(token, part->tokens[(i * 37) % LINKS].token, TOKEN_TEXT);
	if (i % 4 == 1)
		token[i % (TOKEN_TEXT - 1)] ^= 1;
	else if (i % 4 == 3)
		for (int k = 0; k < TOKEN_TEXT - 1; k++)
			token[k] = (char)('a' + (i * 7 + k * 5) % 26);
}

static _Noreturn void child(const struct links_part *part)
{
	char tokens[CASES][TOKEN_TEXT];
	volatile int found = 0;
	for (int i = 0; i < CASES; i++)
		case_token(part, i, tokens[i]);
	if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0)
		_exit(77);
	for (int i = 0; i < CASES; i++) {
		(void)raise(SIGUSR1);
		int at = links_part_find(part, tokens[i], TOKEN_TEXT - 1);
		(void)raise(SIGUSR2);
		found += at >= 0;
	}
	_exit(found == CASES / 2 ? 0 : 1);
}

/* Runs on from one stop to the next; the signal that stopped it, 0 when it has ended (*status). */
static int next_stop(pid_t pid, enum __ptrace_request how, int *status)
{
	assert_int_equal(ptrace(how, pid, NULL, NULL), 0);
	assert_int_equal(waitpid(pid, status, 0), pid);
	return WIFSTOPPED(*status) ? WSTOPSIG(*status) : 0;
}

static void the_same_steps_for_each(void **state)
{
	(void)state;
#ifdef TANDEM_TSAN
	skip(); /* its own book-keeping takes other steps each time */
#endif
	struct links_part *part = some_links(LINKS);
	long steps[CASES] = {0};
	int status, stopped;
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		child(part);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 77) {
		links_part_unref(part);
		print_message("no process may be traced here\n");
		skip();
	}
	for (int i = 0; i < CASES; i++) {
		assert_true(WIFSTOPPED(status) && WSTOPSIG(status) == SIGUSR1);
		do
			steps[i]++;
		while ((stopped = next_stop(pid, PTRACE_SINGLESTEP, &status)) == SIGTRAP);
		assert_int_equal(stopped, SIGUSR2);
		(void)next_stop(pid, PTRACE_CONT, &status);
	}
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	print_message("%ld instructions for each of %d tokens\n", steps[0], CASES);
	assert_true(steps[0] > 100);
	for (int i = 1; i < CASES; i++)
		assert_int_equal(steps[i], steps[0]);
	links_part_unref(part);
}

int main(void)
{
	hash_init();
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_token_is_found_and_no_other),
		cmocka_unit_test(the_same_steps_for_each),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
