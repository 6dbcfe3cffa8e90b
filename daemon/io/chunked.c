/* chunked.c -- the chunked coding (RFC 9112, 7.1) as a machine that takes any piece of bytes.
 *
 *        hex          ;            CR          LF                data          CR       LF
 *   SIZE ----> SIZE -----> EXT ---------> SIZE_LF ---> DATA ------------> DATA_CR -> DATA_LF -> SIZE
 *                                            | size 0
 *                                            +-------> TRAILER <--> TRAILER_LF --empty line--> done
 */
#include "io/chunked.h"

enum { SIZE, EXT, SIZE_LF, DATA, DATA_CR, DATA_LF, TRAILER, TRAILER_LF };
enum { EXTRAS_MAX = 4096, DIGITS_MAX = 8 };

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static bool is_text(char c)
{
	return c == '\t' || ((unsigned char)c >= ' ' && c != 0x7f);
}

static enum chunked_result size_byte(struct chunked *c, char byte)
{
	int digit = hex_value(byte);
	if (digit >= 0 && c->digits < DIGITS_MAX) {
		c->left = c->left * 16 + digit;
		c->digits++;
		return CHUNKED_MORE;
	}
	if (c->digits == 0 || (byte != ';' && byte != '\r'))
		return CHUNKED_BAD;
	c->state = byte == ';' ? EXT : SIZE_LF;
	return CHUNKED_MORE;
}

static enum chunked_result extra_byte(struct chunked *c, char byte)
{
	if (byte == '\r') {
		c->state = c->state == EXT ? SIZE_LF : TRAILER_LF;
		return CHUNKED_MORE;
	}
	c->empty = false;
	return is_text(byte) && ++c->extras <= EXTRAS_MAX ? CHUNKED_MORE : CHUNKED_BAD;
}

/* Every byte but data. */
static enum chunked_result frame_byte(struct chunked *c, char byte, int64_t room)
{
	switch (c->state) {
	case SIZE: return size_byte(c, byte);
	case SIZE_LF:
		if (byte != '\n')
			return CHUNKED_BAD;
		c->state = c->left > 0 ? DATA : TRAILER;
		c->empty = true;
		return c->left > room ? CHUNKED_TOO_LONG : CHUNKED_MORE;
	case DATA_CR: c->state = DATA_LF; return byte == '\r' ? CHUNKED_MORE : CHUNKED_BAD;
	case DATA_LF:
		c->state = SIZE;
		c->digits = 0;
		return byte == '\n' ? CHUNKED_MORE : CHUNKED_BAD;
	case TRAILER_LF:
		if (byte != '\n')
			return CHUNKED_BAD;
		if (c->empty)
			return CHUNKED_DONE;
		c->state = TRAILER;
		c->empty = true;
		return CHUNKED_MORE;
	default: return extra_byte(c, byte);
	}
}

enum chunked_result chunked_feed(struct chunked *c, const char *bytes, size_t n, size_t *used,
				 struct buf *body, int64_t max_body)
{
	enum chunked_result got = CHUNKED_MORE;
	size_t at = 0;
	while (at < n && got == CHUNKED_MORE) {
		if (c->state != DATA) {
			got = frame_byte(c, bytes[at++], max_body - (int64_t)body->n);
			continue;
		}
		size_t k = n - at;
		if ((int64_t)k > c->left)
			k = (size_t)c->left;
		buf_add(body, bytes + at, k);
		c->left -= (int64_t)k;
		at += k;
		if (c->left == 0)
			c->state = DATA_CR;
	}
	*used = at;
	return got;
}
